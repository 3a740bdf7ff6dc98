//! Ids that are the same in every run and spread like real ones.

use model::{Instant, new_id};

/// The id with this number: as `UUIDv7`, one per millisecond from a fixed moment.
#[must_use]
pub fn id<T: From<uuid::Uuid>>(n: u64) -> T {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&mixed(2 * n).to_le_bytes());
    random[8..].copy_from_slice(&mixed(2 * n + 1).to_le_bytes()[..2]);
    new_id(Instant::from_ms(1_790_000_000_000 + i64::try_from(n).unwrap_or(0)), random)
}

/// `SplitMix64` (Steele, Lea, Flood 2014): each number once, and it compresses as badly as chance.
const fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Hands out ids, each once.
#[derive(Debug, Default)]
pub struct Ids(u64);

impl Ids {
    /// Those that begin behind this number, for one of several who need ids at once.
    #[must_use]
    pub const fn behind(number: u64) -> Self {
        Self(number)
    }

    /// The next one.
    pub fn fresh<T: From<uuid::Uuid>>(&mut self) -> T {
        self.0 += 1;
        id(self.0)
    }
}
