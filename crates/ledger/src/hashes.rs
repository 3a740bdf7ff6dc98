//! The stored hashes of the tree, as far as a question needs them.
//!
//! Must not know: entries. Stored are the hashes of all entries, and those of complete subtrees of 16, 256, 4096 … of them:
//! a fifteenth more rows instead of as many again, because what lies between is made from at most eight stored hashes.
//! What is complete never changes, so the root of every earlier size can still be computed.

use std::{collections::HashMap, ops::Range};

use sea_orm::ConnectionTrait;
use store::{all, get};

use crate::{Hash, LedgerError, root, tree::node_hash};

/// Every so many levels are stored.
pub(crate) const STRIDE: u32 = 4;
/// How many hashes of a stored level make one of the next.
pub(crate) const WIDTH: u64 = 1 << STRIDE;

/// Hashes of complete subtrees, by their level (a multiple of [`STRIDE`]; 0 for entries) and place.
#[derive(Debug, Default)]
pub(crate) struct Hashes(HashMap<(u32, u64), Hash>);

impl Hashes {
    /// Those around some positions of a tree of `size` entries: enough for the roots of trees that end there, and for
    /// proofs about them.
    pub(crate) async fn load(db: &impl ConnectionTrait, size: u64, points: &[u64]) -> Result<Self, LedgerError> {
        let mut hashes = Self::default();
        for level in stored_levels(size) {
            let mut blocks: Vec<u64> = points.iter().map(|point| (point >> level) / WIDTH * WIDTH).collect();
            blocks.sort_unstable();
            blocks.dedup();
            for block in blocks {
                let range = block..(block + WIDTH).min(size >> level);
                if !range.is_empty() {
                    hashes.read(db, level, range).await?;
                }
            }
        }
        Ok(hashes)
    }

    async fn read(&mut self, db: &impl ConnectionTrait, level: u32, places: Range<u64>) -> Result<(), LedgerError> {
        let bounds = [number(places.start), number(places.end)];
        let rows = if level == 0 {
            let sql = "SELECT position, hash FROM ledger_entries WHERE position >= $1 AND position < $2";
            all(db, sql, bounds.map(Into::into)).await?
        } else {
            let sql = "SELECT place, hash FROM ledger_nodes WHERE level = $1 AND place >= $2 AND place < $3";
            let level = i16::try_from(level).unwrap_or(i16::MAX);
            all(db, sql, [level.into(), bounds[0].into(), bounds[1].into()]).await?
        };
        for row in rows {
            let place = get::<i64>(&row, 0)?.unsigned_abs();
            let hash = get::<Vec<u8>>(&row, 1)?.try_into().map_err(|_| LedgerError::Damaged { level, place })?;
            self.0.insert((level, place), Hash(hash));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn of_leaves(leaves: &[Hash]) -> Self {
        let mut frontier = crate::frontier::Frontier::default();
        let mut hashes = Self::default();
        for (place, leaf) in leaves.iter().enumerate() {
            hashes.0.insert((0, place as u64), *leaf);
            for (level, place, hash) in frontier.push(*leaf) {
                hashes.0.insert((level, place), hash);
            }
        }
        hashes
    }

    pub(crate) fn stored(&self, level: u32, place: u64) -> Result<Hash, LedgerError> {
        self.0.get(&(level, place)).copied().ok_or(LedgerError::Damaged { level, place })
    }

    /// The hash of a complete subtree of any level.
    fn complete(&self, level: u32, place: u64) -> Result<Hash, LedgerError> {
        let below = level % STRIDE;
        let first = place << below;
        let parts: Result<Vec<Hash>, _> =
            (first..first + (1 << below)).map(|place| self.stored(level - below, place)).collect();
        Ok(root(&parts?))
    }

    /// The root of the tree over a range of entries, as RFC 6962 computes `MTH(D[a:b])`: `a` must be a multiple of the least
    /// power of two that is not under the range's length, as it is for all that the RFC asks.
    pub(crate) fn root_of(&self, range: Range<u64>) -> Result<Hash, LedgerError> {
        let mut parts = Vec::new();
        let mut start = range.start;
        while start < range.end {
            // The largest complete subtree that begins here and fits.
            let level = (range.end - start).ilog2().min(start.trailing_zeros());
            parts.push(self.complete(level, start >> level)?);
            start += 1 << level;
        }
        let last = parts.pop();
        Ok(last.map_or_else(|| root(&[]), |last| parts.iter().rfold(last, |right, left| node_hash(left, &right))))
    }
}

/// The levels that have complete subtrees in a tree of this size, as far as they are stored.
pub(crate) fn stored_levels(size: u64) -> impl Iterator<Item = u32> {
    (0..u64::BITS).step_by(STRIDE as usize).take_while(move |level| size >> level > 0)
}

/// A position as SQL has it. No log has more than 2^63 entries.
pub(crate) fn number(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
