//! Time that moves when it is told to, and chance that can be repeated.

use model::{
    Instant,
    testing::{Random, START_MS},
};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use crate::{Chance, Clock};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct MovingClock(AtomicI64);

impl Default for MovingClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_MS))
    }
}

impl MovingClock {
    /// Moves it on by milliseconds.
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for MovingClock {
    fn now(&self) -> Instant {
        Instant::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// The same bytes for the same seed. Not for secrets.
#[derive(Debug)]
pub struct SeededChance(Mutex<Random>);

impl SeededChance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(Random::new(seed)))
    }

    /// Asks the source for something.
    pub fn with<T>(&self, ask: impl FnOnce(&mut Random) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        self.with(|random| random.fill(bytes));
    }
}
