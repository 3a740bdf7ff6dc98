//! Ids that are the same in every run and spread like real ones.

use model::{Instant, new_id};

/// The id with this number: as `UUIDv7`, one per millisecond from a fixed moment.
#[must_use]
pub fn id<T: From<uuid::Uuid>>(n: u64) -> T {
    // An odd multiplier reaches each value once, in all bits: the ids compress as badly as random ones.
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    new_id(Instant::from_ms(1_790_000_000_000 + i64::try_from(n).unwrap_or(0)), random)
}

/// Hands out ids, each once.
#[derive(Debug, Default)]
pub struct Ids(u64);

impl Ids {
    /// The next one.
    pub fn fresh<T: From<uuid::Uuid>>(&mut self) -> T {
        self.0 += 1;
        id(self.0)
    }
}
