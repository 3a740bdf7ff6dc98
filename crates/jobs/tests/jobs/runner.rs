//! Running: outcomes, leases, limits, stopping.

use std::time::Duration;

use muster_jobs::{
    Desk, Enqueued, Filter, Finished, Moment, Order, Outcome, Outside, Owner, Serve, StateName, Turn, TurnAnswer, Want,
    Which,
};
use uuid::Uuid;

use crate::house::{Does, House, KeyScope, START, act, both_engines};

const NONE: [Uuid; 0] = [];

async fn serve(house: &House, owner: Owner, finished: Vec<Finished>, n: u64) -> muster_jobs::Served {
    let now = house.outside.now();
    let serve = Serve {
        owner,
        now,
        lease_until: now.plus(Duration::from_secs(30)),
        finished,
        stage: Some(now),
        names: vec!["act"],
        wants: vec![Want { queue: "default", n }],
    };
    match house.desk.write(Turn::Serve(serve)).await.unwrap() {
        TurnAnswer::Served(served) => served,
        other => panic!("{other:?}"),
    }
}

async fn rescue(house: &House) -> u64 {
    match house.desk.write(Turn::Rescue { now: house.outside.now(), chances: vec![0.5; 10] }).await.unwrap() {
        TurnAnswer::Changed(n) => n,
        other => panic!("{other:?}"),
    }
}

fn end(id: Uuid, attempt: u16, outcome: Outcome) -> Finished {
    Finished { id, attempt, outcome, chance: 0.5 }
}

both_engines! {
    async fn what_comes_out_of_a_run_is_in_its_row(house) {
        let cases = [
            (Does::Done, StateName::Completed, 1, None),
            (Does::Fail, StateName::Retryable, 1, Some("it failed")),
            (Does::Cancel, StateName::Cancelled, 1, Some("there is no point")),
            (Does::Snooze, StateName::Scheduled, 0, None),
            (Does::Panic, StateName::Retryable, 1, Some("it panicked")),
            (Does::Hang, StateName::Retryable, 1, Some("it took longer than 0.02 s")),
        ];
        let tasks = house.start();
        for (n, (does, state, attempt, told)) in (1..).zip(cases) {
            let id = house.give(act(n, does)).await;
            house.world.until_began(n, 1).await;
            let seen = house.until(id, state).await;
            assert_eq!(seen.attempt, attempt, "{does:?}");
            assert_eq!(seen.errors.first().map(|e| e.message.as_str()), told, "{does:?}");
        }
        tasks.stop().await;
    }

    async fn a_job_that_fails_always_is_discarded_after_its_last_attempt_with_all_its_errors(house) {
        let tasks = house.start();
        let id = house.give(act(1, Does::Fail)).await;
        for attempt in 1..=3 {
            house.world.until_began(1, attempt).await;
            house.until(id, if attempt < 3 { StateName::Retryable } else { StateName::Discarded }).await;
            house.outside.advance(Duration::from_mins(2));
        }
        let seen = house.look(id).await;
        assert_eq!(seen.attempt, 3);
        assert_eq!(seen.errors.iter().map(|e| e.attempt).collect::<Vec<_>>(), [3, 2, 1]);
        tasks.stop().await;
        assert_eq!(house.world.n_began(1), 3);
    }

    async fn a_snooze_uses_up_no_attempt_however_often(house) {
        let tasks = house.start();
        let id = house.give(act(1, Does::Snooze)).await;
        for n in 1..=30 {
            house.world.until_began(1, n).await;
            let seen = house.until(id, StateName::Scheduled).await;
            assert_eq!(seen.attempt, 0);
            house.outside.advance(Duration::from_mins(1));
        }
        tasks.stop().await;
    }

    async fn jobs_are_claimed_by_priority_then_time_then_id(house) {
        let at = |seconds: i64| Moment::from_millis(START.as_millis() - seconds * 1_000);
        let jobs = [(1, 5, 9), (2, 0, 1), (3, 0, 5), (4, 0, 5)];
        let jobs = jobs.map(|(n, priority, ago)| house.job(&act(n, Does::Done)).priority(priority).at(at(ago))).to_vec();
        let ids: Vec<Uuid> = house.enqueue(jobs).await.into_iter().map(Enqueued::id).collect();
        let claimed: Vec<Uuid> = serve(house, Owner([1; 16]), vec![], 10).await.claimed.iter().map(|job| job.id).collect();
        assert_eq!(claimed, [ids[2], ids[3], ids[1], ids[0]]);
    }

    async fn a_zombies_result_is_ignored(house) {
        let id = house.give(act(1, Does::Done)).await;
        let (zombie, other) = (Owner([1; 16]), Owner([2; 16]));
        assert_eq!(serve(house, zombie, vec![], 1).await.claimed[0].attempt, 1);
        assert_eq!(rescue(house).await, 0);
        house.outside.advance(Duration::from_secs(31));
        assert_eq!(rescue(house).await, 1);
        let seen = house.look(id).await;
        assert_eq!((seen.state, seen.attempt), (StateName::Retryable, 1));
        assert_eq!(seen.errors[0].message, "the process that ran it is gone");
        for outcome in [Outcome::Done, Outcome::retry("no")] {
            assert_eq!(serve(house, zombie, vec![end(id, 1, outcome)], 0).await.finished, NONE);
        }
        house.outside.advance(Duration::from_mins(1));
        assert_eq!(serve(house, other, vec![], 1).await.claimed[0].attempt, 2);
        // Neither who had it before nor who has it now can end another attempt than the one that runs.
        for (owner, attempt) in [(zombie, 1), (zombie, 2), (other, 1)] {
            for outcome in [Outcome::Done, Outcome::Snooze(Duration::ZERO)] {
                assert_eq!(serve(house, owner, vec![end(id, attempt, outcome)], 0).await.finished, NONE);
            }
        }
        assert_eq!(house.look(id).await.state, StateName::Executing);
        assert_eq!(serve(house, other, vec![end(id, 2, Outcome::Done)], 0).await.finished, [id]);
        assert_eq!(house.look(id).await.state, StateName::Completed);
    }

    async fn a_job_whose_process_dies_every_time_is_discarded_after_its_last_attempt(house) {
        let id = house.give(act(1, Does::Done)).await;
        for attempt in 1..=3_u8 {
            assert_eq!(serve(house, Owner([attempt; 16]), vec![], 1).await.claimed[0].attempt, u16::from(attempt));
            house.outside.advance(Duration::from_secs(31));
            assert_eq!(rescue(house).await, 1);
            house.outside.advance(Duration::from_mins(1));
        }
        assert_eq!(house.look(id).await.state, StateName::Discarded);
        assert_eq!(serve(house, Owner([9; 16]), vec![], 1).await.claimed, []);
    }

    async fn a_runner_keeps_its_leases_and_one_that_was_held_up_keeps_them_too(house) {
        let tasks = house.start();
        let id = house.give(act(1, Does::Wait)).await;
        house.world.until_began(1, 1).await;
        for _ in 0..10 {
            house.outside.advance(Duration::from_secs(40));
            // One look of the runner lies between two rings.
            house.desk.bell().ring();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        house.world.open(1);
        assert_eq!(house.until(id, StateName::Completed).await.attempt, 1);
        assert_eq!(house.world.n_began(1), 1);
        tasks.stop().await;
    }

    async fn a_stop_waits_for_what_ends_in_time_and_gives_back_the_rest_at_once(house) {
        let tasks = house.start();
        let (quick, slow) = (house.give(act(1, Does::Wait)).await, house.give(act(2, Does::Deaf)).await);
        house.world.until_began(1, 1).await;
        house.world.until_began(2, 1).await;
        let late = async {
            tasks.stopping().cancelled().await;
            house.world.open(1);
        };
        futures::join!(tasks.stop(), late);
        assert_eq!(house.look(quick).await.state, StateName::Completed);
        let seen = house.look(slow).await;
        assert_eq!((seen.state, seen.attempt), (StateName::Available, 0));
    }

    async fn a_digest_whose_change_arrives_during_its_run_is_not_lost(house) {
        let tasks = house.start();
        let first = house.give(act(1, Does::Wait).key("digest", KeyScope::Waiting)).await;
        house.world.until_began(1, 1).await;
        let second = house.give(act(2, Does::Done).key("digest", KeyScope::Waiting)).await;
        assert_ne!(first, second);
        house.until(second, StateName::Completed).await;
        house.world.open(1);
        house.until(first, StateName::Completed).await;
        tasks.stop().await;
    }

    async fn a_retry_that_finds_its_key_taken_is_superseded(house) {
        let me = Owner([1; 16]);
        let first = house.give(act(1, Does::Done).key("digest", KeyScope::Waiting)).await;
        assert_eq!(serve(house, me, vec![], 1).await.claimed.len(), 1);
        house.give(act(2, Does::Done).key("digest", KeyScope::Waiting)).await;
        assert_eq!(serve(house, me, vec![end(first, 1, Outcome::retry("no"))], 0).await.finished, [first]);
        let seen = house.look(first).await;
        assert_eq!((seen.state, seen.key), (StateName::Cancelled, None));
        let told: Vec<&str> = seen.errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(told, ["superseded by a newer job with the same key", "no"]);
    }

    async fn a_queue_is_paused_resumed_and_scaled_while_it_runs(house) {
        let queue = || "default".to_owned();
        let tasks = house.start();
        house.order(Order::Scale { queue: queue(), per_node: Some(2) }).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        for n in 1..=5 {
            house.give(act(n, Does::Wait)).await;
        }
        house.world.until_began(2, 1).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        let began = |world: &crate::house::World| (1..=5).filter(|n| world.n_began(*n) > 0).count();
        assert_eq!(began(&house.world), 2);
        house.order(Order::Scale { queue: queue(), per_node: Some(4) }).await;
        house.world.until_began(4, 1).await;
        house.order(Order::Pause { queue: queue(), now: START }).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        house.world.open(4);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!((began(&house.world), house.world.ended().len()), (4, 4));
        house.order(Order::Resume { queue: queue() }).await;
        house.world.until_began(5, 1).await;
        tasks.stop().await;
    }

    async fn a_running_job_is_told_to_end_and_one_that_does_not_listen_is_broken_off(house) {
        let tasks = house.start();
        let (listens, deaf) = (house.give(act(1, Does::UntilCancelled)).await, house.give(act(2, Does::Deaf)).await);
        house.world.until_began(1, 1).await;
        house.world.until_began(2, 1).await;
        let which = Which::All(Filter { state: Some(StateName::Executing), ..Filter::default() });
        let order = Order::Cancel { which, reason: "nobody wants it".to_owned(), now: START };
        assert_eq!(house.order(order).await, 2);
        for id in [listens, deaf] {
            let seen = house.until(id, StateName::Cancelled).await;
            assert_eq!(seen.errors[0].message, "nobody wants it");
        }
        tasks.stop().await;
    }
}
