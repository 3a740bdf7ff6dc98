//! The test kit: a clock that the test moves, one job by hand, a queue emptied by hand, and what to assert about the rows.
//!
//! For tests of this and other crates, behind the feature `kit`. What fails in here fails the test, by a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test's helper fails by panicking"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::ConnectionTrait;
use serde_json::Value as Json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    Desk, Finished, Job, Moment, Outcome, Outside, Owner, Registry, Run, Serve, StateName, Turn, TurnAnswer, Want,
    registry,
    row::{all, get},
};

/// A clock that stands until it is moved, and chance that can be repeated.
#[derive(Debug)]
pub struct MovingOutside {
    now: AtomicI64,
    seed: u16,
    drawn: AtomicU64,
}

impl MovingOutside {
    /// A clock that stands at this moment. Those who share a database need different seeds.
    pub const fn at(now: Moment, seed: u16) -> Self {
        Self { now: AtomicI64::new(now.as_millis()), seed, drawn: AtomicU64::new(0) }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.now.fetch_add(i64::try_from(by.as_millis()).expect("a time that can be written"), Ordering::SeqCst);
    }

    /// Sets it.
    pub fn set(&self, now: Moment) {
        self.now.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Outside for MovingOutside {
    fn now(&self) -> Moment {
        Moment::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn chance(&self) -> f64 {
        let n = self.drawn.fetch_add(1, Ordering::SeqCst) + u64::from(self.seed);
        // Multiples of the golden ratio, without their whole part.
        (f64::from(u32::try_from(n % 1_000_000).unwrap()) * 0.618_033_988_749_894_9).fract()
    }

    fn id(&self) -> Uuid {
        let mut random = [0; 10];
        random[..2].copy_from_slice(&self.seed.to_be_bytes());
        random[2..].copy_from_slice(&self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let now = u64::try_from(self.now().as_millis()).expect("a time after 1970");
        uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid()
    }
}

/// Runs a job here and now, from its arguments as they would be stored. A panic of the job is a panic.
pub async fn perform<C: Clone, J: Job<C>>(job: &J, context: &C, outside: Arc<dyn Outside>) -> Outcome {
    let args = serde_json::to_string(job).expect("a job's arguments can be written as JSON");
    let owner = Owner::from(outside.id());
    let run = Run::new(outside.id(), 1, J::MAX_ATTEMPTS, owner, outside);
    registry::perform::<C, J>(args, context.clone(), run).await
}

/// How to empty a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// Also what waits for its time, as if that were now.
    pub with_scheduled: bool,
    /// No more than so many runs.
    pub limit: usize,
}

impl Default for Drain {
    fn default() -> Self {
        Self { with_scheduled: false, limit: 10_000 }
    }
}

/// How many runs came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// [`Outcome::Done`].
    pub done: usize,
    /// [`Outcome::Retry`], also by a panic.
    pub retried: usize,
    /// [`Outcome::Cancel`].
    pub cancelled: usize,
    /// [`Outcome::Snooze`].
    pub snoozed: usize,
}

/// Runs what is available in a queue, one after the other, also what that enqueues, until nothing is left.
pub async fn drain<C: Clone + Send + Sync + 'static>(
    queue: &'static str,
    options: Drain,
    desk: &impl Desk,
    (registry, context): (&Registry<C>, &C),
    outside: Arc<dyn Outside>,
) -> Drained {
    let (owner, mut drained, mut finished) = (Owner::from(outside.id()), Drained::default(), Vec::new());
    for n in 0.. {
        let now = outside.now();
        let serve = Serve {
            owner,
            now,
            lease_until: now.plus(Duration::from_secs(30)),
            finished: std::mem::take(&mut finished),
            stage: Some(if options.with_scheduled { Moment::from_millis(i64::MAX) } else { now }),
            names: registry.names(),
            wants: vec![Want { queue, n: u64::from(n < options.limit) }],
        };
        let Ok(TurnAnswer::Served(served)) = desk.write(Turn::Serve(serve)).await else {
            panic!("the queue could not be served")
        };
        let Some(job) = served.claimed.into_iter().next() else { break };
        let run = Run::new(job.id, job.attempt, job.max_attempts, owner, outside.clone());
        let (_, work) = registry.start(&job.name, job.args, context.clone(), run).expect("only known jobs are claimed");
        let mut alone = JoinSet::new();
        alone.spawn(work);
        let ended = alone.join_next().await.expect("a task that was spawned");
        let outcome = ended.unwrap_or_else(|_| Outcome::retry("it panicked"));
        match &outcome {
            Outcome::Done => drained.done += 1,
            Outcome::Retry(_) => drained.retried += 1,
            Outcome::Cancel(_) => drained.cancelled += 1,
            Outcome::Snooze(_) => drained.snoozed += 1,
        }
        finished.push(Finished { id: job.id, attempt: job.attempt, outcome, chance: outside.chance() });
    }
    drained
}

/// A job that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its id.
    pub id: Uuid,
    /// Its type.
    pub name: String,
    /// Its arguments.
    pub args: Json,
    /// When it is due.
    pub at: Moment,
}

/// What waits in all queues, in the order of its time.
pub async fn waiting(db: &impl ConnectionTrait) -> Vec<Waiting> {
    let states = [StateName::Scheduled, StateName::Available, StateName::Retryable].map(|s| s.code().into());
    let sql = "SELECT id, name, args, scheduled_at FROM jobs WHERE state IN ($1, $2, $3) ORDER BY scheduled_at, id";
    let rows = all(db, sql, states).await.expect("the jobs can be read");
    let read = |row| Waiting {
        id: get(row, 0).unwrap(),
        name: get(row, 1).unwrap(),
        args: serde_json::from_str(&get::<String>(row, 2).unwrap()).unwrap(),
        at: Moment::from_millis(get(row, 3).unwrap()),
    };
    rows.iter().map(read).collect()
}

/// Those of a type whose arguments have everything that `args` has, and, if a moment is given, that are due within a second of it.
pub async fn enqueued(db: &impl ConnectionTrait, name: &str, args: &Json, at: Option<Moment>) -> Vec<Waiting> {
    let is_due = |job: &Waiting| at.is_none_or(|at| (job.at.as_millis() - at.as_millis()).abs() <= 1_000);
    let all = waiting(db).await.into_iter();
    all.filter(|job| job.name == name && has(&job.args, args) && is_due(job)).collect()
}

fn has(all: &Json, some: &Json) -> bool {
    match (all, some) {
        (Json::Object(all), Json::Object(some)) => {
            some.iter().all(|(name, value)| all.get(name).is_some_and(|there| has(there, value)))
        }
        (_, Json::Null) => true,
        _ => all == some,
    }
}

/// Asserts that a job waits: of this type, with (at least) these arguments, due at this moment, give or take a second.
///
/// ```ignore
/// assert_enqueued!(db, "send_mail");
/// assert_enqueued!(db, "send_mail", { "to": person });
/// assert_enqueued!(db, "send_mail", { "to": person }, at: tomorrow);
/// ```
#[macro_export]
macro_rules! assert_enqueued {
    ($db:expr, $name:expr $(,)?) => { $crate::assert_enqueued!(@ $db, $name, null, None) };
    ($db:expr, $name:expr, $args:tt $(,)?) => { $crate::assert_enqueued!(@ $db, $name, $args, None) };
    ($db:expr, $name:expr, $args:tt, at: $at:expr $(,)?) => { $crate::assert_enqueued!(@ $db, $name, $args, Some($at)) };
    (@ $db:expr, $name:expr, $args:tt, $at:expr) => {{
        let (db, name, args) = ($db, $name, $crate::kit::json!($args));
        let found = $crate::kit::enqueued(db, name, &args, $at).await;
        assert!(
            !found.is_empty(),
            "no {name} with {args} waits; what waits is {:#?}",
            $crate::kit::waiting(db).await
        );
        found
    }};
}

/// Asserts that no such job waits; see [`assert_enqueued!`].
#[macro_export]
macro_rules! refute_enqueued {
    ($db:expr, $name:expr $(,)?) => {
        $crate::refute_enqueued!($db, $name, null)
    };
    ($db:expr, $name:expr, $args:tt $(,)?) => {{
        let found = $crate::kit::enqueued($db, $name, &$crate::kit::json!($args), None).await;
        assert!(found.is_empty(), "nobody should have enqueued {found:#?}");
    }};
}

#[doc(hidden)]
pub use serde_json::json;
