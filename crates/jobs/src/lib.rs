//! A durable job queue on SQLite and PostgreSQL: what must happen later happens, once, on time, and people can see it.
//!
//! A job is a row. It is [enqueued](enqueue) in the transaction of what it follows from, so that it is there exactly if that is.
//! A [`Runner`] in each process claims what is due, under a [`Lease`], runs it, and writes down what came out of it:
//!
//! - A run that fails is retried after a growing, scattered pause ([`backoff`]), up to [`Job::MAX_ATTEMPTS`] times, and is then
//!   discarded, keeping its errors.
//! - A job that is not ready may [snooze](Outcome::Snooze): it comes again later and no attempt is used up.
//! - When the process dies, the lease expires, and the run counts as failed; a job that kills its process is therefore discarded in
//!   the end, never retried for ever.
//! - A result counts only from the holder of the lease, in the attempt that it was given. What a process reports that lost its
//!   lease changes nothing. A job is done at least once; its effects in the same database can be done exactly once, see
//!   [`Run::done_in`].
//! - A [unique](Unique) key is a constraint of the database, taken while the job waits, while it is unfinished, for a period or for
//!   ever. A duplicate is no error, and may [replace](NewJob::replace) what waits.
//! - A [`Crontab`] enqueues a job in each slot of each entry, once, whatever processes there are.
//!
//! Must not know: what jobs do, the domain, and whose transaction it writes in. Nothing here begins one: all that a runner writes
//! is a [`Turn`], handed to a [`Desk`]. Nothing reads a clock or draws chance but through [`Outside`], except for the pauses
//! between two looks and the time that a run may take. What follows from what is decided by [`State::next`] alone.
//!
//! ```
//! use std::sync::Arc;
//!
//! use migration::MigratorTrait;
//! use muster_jobs::{
//!     Desk, Job, Moment, NewJob, Outcome, Outside, OwnDesk, Registry, Run, Turn,
//!     kit::{Drain, Drained, MovingOutside, drain},
//! };
//! use serde::{Deserialize, Serialize};
//! use store::{Options, Store, Tasks};
//!
//! #[derive(Serialize, Deserialize)]
//! struct WaterPlants {
//!     room: u32,
//! }
//!
//! /// What the jobs of this program may use.
//! #[derive(Clone)]
//! struct House {
//!     tap_works: bool,
//! }
//!
//! impl Job<House> for WaterPlants {
//!     const NAME: &'static str = "water_plants";
//!     const QUEUE: &'static str = "household";
//!
//!     async fn run(self, house: &House, _: &Run) -> Outcome {
//!         if house.tap_works { Outcome::Done } else { Outcome::retry("no water") }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = store::kit::Database::new(store::Engine::Sqlite).await;
//! # let url = folder.url();
//! let (store, tasks) = (Store::open(&Options::new(url)).await?, Tasks::new());
//! store.migrate(async |tx| migration::Migrator::up(tx, None).await).await?;
//! let desk = OwnDesk::start(&store, &tasks);
//! let outside = Arc::new(MovingOutside::at(Moment::from_millis(1_800_000_000_000), 1));
//!
//! let job = NewJob::of::<House, _>(&WaterPlants { room: 3 }, outside.id(), outside.now())?;
//! desk.write(Turn::Enqueue(vec![job])).await?; // or `enqueue(&tx, vec![job])`, beside other rows
//!
//! // A program starts a `Runner` once; a test may run what waits by hand.
//! let registry = Registry::new().with::<WaterPlants>();
//! let program = (&registry, &House { tap_works: true });
//! let drained = drain("household", Drain::default(), &desk, program, outside).await;
//! assert_eq!(drained, Drained { done: 1, ..Drained::default() });
//! # tasks.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod admin;
mod backoff;
mod cron;
mod desk;
mod enqueue;
mod job;
#[cfg(feature = "kit")]
pub mod kit;
mod moment;
mod outside;
#[cfg(test)]
mod plans;
mod registry;
mod row;
mod run;
mod runner;
mod state;
mod turn;

pub use backoff::{LONGEST_BACKOFF, backoff};
pub use cron::{Announced, CatchUp, Cron, CronError, Crontab, DueSlot, ON_TIME, Slot};
pub use desk::{Bell, Desk, OwnDesk};
pub use enqueue::{Enqueued, NewJob, Replace, cancel_waiting, enqueue};
pub use job::{DEFAULT_TIMEOUT, Job, Outcome, Scope, Unique};
pub use moment::Moment;
pub use outside::Outside;
pub use registry::Registry;
pub use row::{Failure, KEPT_ERRORS, StateName};
pub use run::{Run, Ticket};
pub use runner::{CANCEL_GRACE, DEFAULT_LIMIT, Runner, Times};
pub use state::{Conditions, Event, Lease, Owner, State};
pub use turn::{
    Claimed, Filter, Finished, Held, ORDER_LIMIT, Order, PRUNE_LIMIT, Retention, STAGE_LIMIT, Serve, Served, Turn,
    TurnAnswer, Want, Which,
};
