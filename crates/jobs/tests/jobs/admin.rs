//! What people see and order, and what is deleted after a while.

use std::time::Duration;

use muster_jobs::{
    Desk, Filter, Order, Outcome, Registry, Retention, StateName, Turn, TurnAnswer, Which, admin,
    kit::{Drain, Drained, drain, perform},
};
use uuid::Uuid;

use crate::house::{Does, House, KeyScope, START, World, act, both_engines};

async fn run_all(house: &House) -> Drained {
    let registry = Registry::new().with::<crate::house::Act>();
    drain("default", Drain::default(), &house.desk, (&registry, &house.world), house.outside.clone()).await
}

both_engines! {
    async fn counts_lists_and_errors_tell_what_happened(house) {
        let mut ids = Vec::new();
        for (n, does) in [(1, Does::Done), (2, Does::Done), (3, Does::Cancel), (4, Does::Fail), (5, Does::Panic)] {
            ids.push(house.give(act(n, does)).await);
        }
        assert_eq!(run_all(house).await, Drained { done: 2, retried: 2, cancelled: 1, snoozed: 0 });
        house.order(Order::Pause { queue: "default".to_owned(), now: START }).await;
        house.order(Order::Scale { queue: "other".to_owned(), per_node: Some(3) }).await;
        let db = house.store.reader();
        let queues = admin::queues(db, &["default", "quiet"].into()).await.unwrap();
        let names: Vec<&str> = queues.iter().map(|queue| queue.queue.as_str()).collect();
        assert_eq!(names, ["default", "other", "quiet"], "with jobs, with settings only, and known only");
        assert_eq!((queues[0].counts, queues[0].paused_at), ([0, 0, 0, 2, 2, 0, 1], Some(START)));
        assert_eq!((queues[1].counts, queues[1].per_node), ([0; 7], Some(3)));
        let minutes = admin::throughput(db, START.plus(Duration::from_mins(2)), 4).await.unwrap();
        let completed: Vec<(u64, u64)> = minutes.iter().map(|minute| (minute.completed, minute.cancelled)).collect();
        assert_eq!(completed, [(0, 0), (2, 1), (0, 0), (0, 0)]);
        let details = admin::job(db, ids[2]).await.unwrap().unwrap();
        assert_eq!((details.job.state, details.errors[0].message.as_str()), (StateName::Cancelled, "there is no point"));
        assert_eq!(admin::job(db, Uuid::from_bytes([7; 16])).await.unwrap(), None);
    }

    async fn a_list_is_read_page_by_page_and_each_job_is_there_once(house) {
        let mut ids: Vec<Uuid> = Vec::new();
        for n in 0..25 {
            ids.push(house.give(act(n, Does::Done)).await);
        }
        let (mut read, mut after) = (Vec::new(), None);
        let filter = Filter { state: Some(StateName::Available), queue: Some("default".to_owned()), name: Some("act".to_owned()) };
        loop {
            let page = admin::page(house.store.reader(), &filter, after, 10).await.unwrap();
            read.extend(page.jobs.iter().map(|job| job.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(read, ids);
        let nothing = Filter { state: Some(StateName::Executing), ..Filter::default() };
        assert_eq!(admin::page(house.store.reader(), &nothing, None, 10).await.unwrap().jobs, []);
    }

    async fn jobs_are_retried_cancelled_and_deleted_by_filter(house) {
        let all = |state| Which::All(Filter { state: Some(state), ..Filter::default() });
        for n in 0..4 {
            house.give(act(n, Does::Cancel)).await;
        }
        run_all(house).await;
        assert_eq!(house.order(Order::Retry { which: all(StateName::Cancelled), now: START }).await, 4);
        let cancel = Order::Cancel { which: all(StateName::Available), reason: "enough".to_owned(), now: START };
        assert_eq!(house.order(cancel).await, 4);
        let page = admin::page(house.store.reader(), &Filter::default(), None, 10).await.unwrap();
        let details = admin::job(house.store.reader(), page.jobs[0].id).await.unwrap().unwrap();
        assert_eq!(details.errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>(), ["enough", "there is no point"]);
        assert_eq!(house.order(Order::Delete { which: Which::One(page.jobs[0].id) }).await, 1);
        assert_eq!(house.order(Order::Delete { which: all(StateName::Cancelled) }).await, 3);
        assert_eq!(house.n_jobs().await, 0);
    }

    async fn a_discarded_job_that_is_retried_has_one_more_attempt(house) {
        let id = house.give(act(1, Does::Fail)).await;
        for _ in 0..3 {
            run_all(house).await;
            house.outside.advance(Duration::from_mins(2));
        }
        assert_eq!(house.look(id).await.state, StateName::Discarded);
        assert_eq!(house.order(Order::Retry { which: Which::One(id), now: START }).await, 1);
        assert_eq!(run_all(house).await.retried, 1);
        let seen = house.look(id).await;
        assert_eq!((seen.state, seen.attempt, seen.errors.len()), (StateName::Discarded, 4, 4));
    }

    async fn of_several_jobs_with_one_key_only_one_is_retried(house) {
        for n in 0..3 {
            house.give(act(n, Does::Cancel).key("one", KeyScope::Unfinished)).await;
            run_all(house).await;
        }
        let which = Which::All(Filter { state: Some(StateName::Cancelled), ..Filter::default() });
        let retry = Order::Retry { which, now: START };
        assert_eq!(house.order(retry.clone()).await, 1);
        assert_eq!(house.order(retry).await, 0);
    }

    async fn what_ended_long_ago_is_deleted_and_what_is_younger_is_kept(house) {
        let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
        let mut ids = Vec::new();
        for does in [Does::Done, Does::Cancel, Does::Fail] {
            ids.push(house.give(act(1, does)).await);
        }
        run_all(house).await;
        let prune = async |age: Duration| {
            let now = START.plus(age);
            let before = |kept: Duration| muster_jobs::Moment::from_millis(now.as_millis() - i64::try_from(kept.as_millis()).unwrap());
            let retention = Retention { completed_before: before(day), failed_before: before(7 * day) };
            match house.desk.write(Turn::Prune(retention)).await.unwrap() {
                TurnAnswer::Changed(n) => n,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(prune(day).await, 0);
        assert_eq!(prune(day + hour).await, 1);
        assert_eq!(prune(7 * day).await, 0);
        assert_eq!(prune(7 * day + hour).await, 1);
        assert_eq!(prune(700 * day).await, 0);
        assert_eq!(house.look(ids[2]).await.state, StateName::Retryable);
    }

    async fn a_runner_deletes_what_is_old(house) {
        house.give(act(1, Does::Done)).await;
        run_all(house).await;
        house.outside.advance(Duration::from_hours(25));
        let tasks = house.start();
        while house.n_jobs().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tasks.stop().await;
    }

    async fn one_job_can_be_run_by_hand(house) {
        let outcome = perform::<World, _>(&act(1, Does::Snooze), &house.world, house.outside.clone()).await;
        assert_eq!(outcome, Outcome::Snooze(Duration::from_mins(1)));
        assert_eq!(house.n_jobs().await, 0);
    }
}
