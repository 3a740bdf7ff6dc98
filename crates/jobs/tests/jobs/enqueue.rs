//! Enqueuing: within the caller's transaction, once per key.

use std::time::Duration;

use futures::future::join_all;
use muster_jobs::{Enqueued, Replace, StateName, assert_enqueued, cancel_waiting, enqueue, refute_enqueued};
use sea_orm::DbErr;

use crate::house::{Does, KeyScope, act, both_engines};

both_engines! {
    async fn a_rollback_leaves_no_job(house) {
        let job = house.job(&act(1, Does::Done));
        let failed = house.store.migrate(async |tx| {
            enqueue(tx, vec![job.clone()]).await?;
            Err(DbErr::Custom("the caller's own work failed".into()))
        });
        assert!(failed.await.is_err());
        refute_enqueued!(house.store.reader(), "act");
        house.store.migrate(async |tx| enqueue(tx, vec![job.clone()]).await.map(|_| ())).await.unwrap();
        assert_enqueued!(house.store.reader(), "act", { "n": 1 }, at: crate::house::START);
    }

    async fn a_thousand_concurrent_unique_enqueues_make_one_row(house) {
        let all = (0..1_000).map(|n| house.enqueue(vec![house.job(&act(n, Does::Done).key("one", KeyScope::Unfinished))]));
        let answers: Vec<Enqueued> = join_all(all).await.into_iter().flatten().collect();
        assert_eq!(house.n_jobs().await, 1);
        assert_eq!(answers.iter().filter(|a| matches!(a, Enqueued::New(_))).count(), 1);
        assert!(answers.iter().all(|a| a.id() == answers[0].id()));
    }

    async fn keys_in_two_orders_do_not_wait_for_each_other(house) {
        let keys: Vec<String> = (0..40).map(|n| format!("key-{n}")).collect();
        let jobs = |n: u32, keys: &mut dyn Iterator<Item = &String>| {
            keys.map(|key| house.job(&act(n, Does::Done).key(key, KeyScope::Unfinished))).collect::<Vec<_>>()
        };
        let all = (0..20).map(|n| {
            let jobs = if n % 2 == 0 { jobs(n, &mut keys.iter()) } else { jobs(n, &mut keys.iter().rev()) };
            house.enqueue(jobs)
        });
        for answers in join_all(all).await {
            assert_eq!(answers.len(), 40);
        }
        assert_eq!(house.n_jobs().await, 40);
    }

    async fn duplicates_in_one_call_are_found_too(house) {
        let jobs = [1, 2, 3].map(|n| house.job(&act(n, Does::Done).key("same", KeyScope::Waiting)));
        let answers = house.enqueue(jobs.to_vec()).await;
        let first = jobs[0].id();
        assert_eq!(answers, [Enqueued::New(first), Enqueued::Existing(first), Enqueued::Existing(first)]);
    }

    async fn a_waiting_duplicate_is_replaced_as_the_caller_says(house) {
        let (now, later) = (crate::house::START, crate::house::START.plus(Duration::from_mins(5)));
        let give = async |n: u32, replace: Option<Replace>| {
            let job = house.job(&act(n, Does::Done).key("mail", KeyScope::Waiting)).at(later.plus(Duration::from_secs(n.into())));
            house.enqueue(vec![if let Some(what) = replace { job.replace(what) } else { job }]).await[0]
        };
        let first = give(1, None).await.id();
        let cases = [
            (2, None, 1, 1),
            (3, Some(Replace::Args), 3, 1),
            (4, Some(Replace::Time), 3, 4),
            (5, Some(Replace::All), 5, 5),
        ];
        for (n, replace, args, time) in cases {
            assert_eq!(give(n, replace).await, Enqueued::Existing(first));
            assert_enqueued!(house.store.reader(), "act", { "n": args }, at: later.plus(Duration::from_secs(time)));
        }
        assert_eq!(house.n_jobs().await, 1);
        assert!(house.look(first).await.at > now);
    }

    async fn a_key_is_free_when_its_scope_ends(house) {
        let give = async |scope| {
            let given = house.enqueue(vec![house.job(&act(1, Does::Done).key(&format!("{scope:?}"), scope))]).await[0];
            matches!(given, Enqueued::New(_))
        };
        let scopes = [KeyScope::Waiting, KeyScope::Unfinished, KeyScope::Minute, KeyScope::Ever];
        for scope in scopes {
            assert!(give(scope).await);
            assert!(!give(scope).await);
        }
        let tasks = house.start();
        while house.world.n_began(1) < 4 {
            tokio::task::yield_now().await;
        }
        tasks.stop().await;
        let mut free = Vec::new();
        for scope in scopes {
            free.push(give(scope).await);
        }
        assert_eq!(free, [true, true, false, false]);
        house.outside.advance(Duration::from_mins(1));
        assert!(give(KeyScope::Minute).await);
        assert!(!give(KeyScope::Ever).await);
    }

    async fn what_waits_can_be_taken_back_by_its_key(house) {
        let waits = house.give(act(1, Does::Done).key("news-of-7", KeyScope::Waiting)).await;
        let other = house.give(act(2, Does::Done).key("news-of-8", KeyScope::Waiting)).await;
        let now = crate::house::START;
        for n in [1, 0] {
            let cancel = async |tx: &sea_orm::DatabaseTransaction| {
                assert_eq!(cancel_waiting(tx, "news-of-7", "it was read", now).await?, n);
                Ok(())
            };
            house.store.migrate(cancel).await.unwrap();
        }
        let seen = house.look(waits).await;
        assert_eq!((seen.state, seen.key), (StateName::Cancelled, None));
        assert_eq!(seen.errors[0].message, "it was read");
        assert_eq!(house.look(other).await.state, StateName::Available);
        assert!(matches!(
            house.enqueue(vec![house.job(&act(3, Does::Done).key("news-of-7", KeyScope::Waiting))]).await[0],
            Enqueued::New(_)
        ));
    }
}
