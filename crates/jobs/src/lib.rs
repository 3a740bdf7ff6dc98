//! The vocabulary of a durable job queue: what a job is, what can come out of a run, and which state follows from it.
//!
//! Everything here is pure. Nothing reads a clock, draws a random number, or touches a database: the moment and the chance are
//! arguments, so that a rule can be tested by a table instead of by waiting. A queue stores [`State`] in a row, asks
//! [`State::next`] what becomes of it, and writes the answer under a lease.
//!
//! The rules are those that Oban made popular:
//!
//! - A run that fails is retried after a growing, scattered pause ([`backoff`]), up to [`Job::MAX_ATTEMPTS`] times, and is then
//!   discarded, keeping its last error.
//! - A job that is not ready may [snooze](Outcome::Snooze): it comes again later and no attempt is used up.
//! - Whoever runs a job holds a [`Lease`]. When the process dies, the lease expires, and the run counts as failed; a job that
//!   kills its process is therefore discarded in the end, never retried for ever.
//! - A result counts only from the holder of the lease, in the attempt that it was given. What a process reports that lost its
//!   lease changes nothing.
//!
//! ```
//! use std::time::Duration;
//!
//! use muster_jobs::{Conditions, Event, Job, Lease, Moment, Outcome, Owner, State};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct WaterPlants {
//!     room: String,
//! }
//!
//! /// What the jobs of this program may use.
//! struct House {
//!     tap_works: bool,
//! }
//!
//! impl Job<House> for WaterPlants {
//!     const NAME: &'static str = "water_plants";
//!     const QUEUE: &'static str = "household";
//!
//!     async fn run(self, house: &House) -> Outcome {
//!         if house.tap_works { Outcome::Done } else { Outcome::retry("no water") }
//!     }
//! }
//!
//! // A worker takes a lease on a waiting job …
//! let (me, now) = (Owner([1; 16]), Moment::from_millis(1_000_000));
//! let lease = Lease { owner: me, until: now.plus(Duration::from_secs(30)) };
//! let conditions = Conditions { now, max_attempts: <WaterPlants as Job<House>>::MAX_ATTEMPTS, chance: 0.5 };
//! let executing = State::Available { attempts: 0 }.next(Event::Claimed(lease), &conditions).unwrap();
//!
//! // … runs it …
//! let job = WaterPlants { room: "kitchen".to_owned() };
//! let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! let outcome = runtime.block_on(job.run(&House { tap_works: false }));
//!
//! // … and writes down what follows: half of 15 + 2^1 seconds from now, it may be tried again.
//! let finished = Event::Finished { owner: me, attempt: 1, outcome };
//! assert_eq!(
//!     executing.next(finished, &conditions),
//!     Some(State::Retryable {
//!         at: now.plus(Duration::from_millis(8_500)),
//!         attempts: 1,
//!         error: "no water".to_owned(),
//!     })
//! );
//! # Ok::<(), std::io::Error>(())
//! ```

mod backoff;
mod job;
mod moment;
mod state;

pub use backoff::{LONGEST_BACKOFF, backoff};
pub use job::{DEFAULT_TIMEOUT, Job, Outcome, Scope, Unique};
pub use moment::Moment;
pub use state::{Conditions, Event, Lease, Owner, State};
