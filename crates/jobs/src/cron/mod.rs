//! The crontab: entries that enqueue a job in each of their slots, once, whatever processes there are.
//!
//! On each tick every process works out which slots are due since the newest one that was run, and writes them together with
//! their jobs. `cron_slots(name, slot_at)` is the guard: whoever inserts a slot enqueues its job, in the same transaction, and
//! nobody else can. Two processes, a doubled tick or a crash cannot run a slot twice, and nobody has to be the leader.
//!
//! Must not know: what the jobs do.

mod expression;
mod metronome;
mod table;
mod write;

pub use expression::CronError;
pub(crate) use metronome::Metronome;
pub(crate) use table::Ticker;
pub use table::{CatchUp, Cron, Crontab, ON_TIME, Slot};
pub use write::{Announced, DueSlot};
pub(crate) use write::{announce, state, tick};
