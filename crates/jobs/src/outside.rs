//! Where time, chance and ids come from. Nothing else in this crate reads a clock or draws.
//!
//! Must not know: what they are used for.

use uuid::Uuid;

use crate::Moment;

/// The outside world, as a queue sees it. A program hands in its own, and a test one that it moves.
pub trait Outside: Send + Sync + 'static {
    /// Now. All processes that share a database should agree on it within a few seconds.
    fn now(&self) -> Moment;

    /// A number drawn evenly from 0 to 1. Scatters the pauses of failed jobs.
    fn chance(&self) -> f64;

    /// An id that nobody else has. Jobs are listed in the order of their ids, so one that grows with time (a `UUIDv7`) is best.
    fn id(&self) -> Uuid;
}
