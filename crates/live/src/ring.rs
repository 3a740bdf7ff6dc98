//! The newest entries of one stream, encoded, so that catching up does not read the table.
//!
//! Must not know: sockets, tasks, the feed. Invariant: the entries are contiguous, `floor + 1 ..= sent`.

use std::collections::VecDeque;

use crate::feed::Entry;

#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// The number before the first entry that is kept.
    floor: i64,
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Ring {
    /// An empty ring that goes on after `seq`.
    pub(crate) fn after(seq: i64) -> Self {
        Self { floor: seq, ..Self::default() }
    }

    pub(crate) fn floor(&self) -> i64 {
        self.floor
    }

    /// The number of the newest entry, also when it is not kept any more.
    pub(crate) fn sent(&self) -> i64 {
        self.floor + signed(self.entries.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the next entries. The caller has checked that they follow on [`sent`](Self::sent).
    pub(crate) fn append(&mut self, run: Vec<Entry>) {
        debug_assert!(run.first().is_none_or(|entry| entry.seq == self.sent() + 1));
        self.bytes += run.iter().map(|entry| entry.json.len()).sum::<usize>();
        self.entries.extend(run);
    }

    /// Adds older entries in front; anything that does not end at the floor is left out.
    pub(crate) fn prepend(&mut self, older: VecDeque<Entry>) {
        for entry in older.into_iter().rev() {
            if entry.seq != self.floor {
                return;
            }
            self.bytes += entry.json.len();
            self.floor -= 1;
            self.entries.push_front(entry);
        }
    }

    /// Lets the oldest go until no more than `entries` and `bytes` are left.
    pub(crate) fn trim(&mut self, entries: usize, bytes: usize) {
        while self.entries.len() > entries || self.bytes > bytes {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.json.len();
            self.floor += 1;
        }
    }

    /// Keeps its place, and no entry.
    pub(crate) fn forget(&mut self) {
        *self = Self::after(self.sent());
    }

    /// The entries after `cursor`, oldest first. The caller has checked that `floor <= cursor <= sent`.
    pub(crate) fn entries_after(&self, cursor: i64) -> impl Iterator<Item = &Entry> {
        let skip = usize::try_from(cursor - self.floor).unwrap_or(0).min(self.entries.len());
        self.entries.range(skip..)
    }
}

/// A length as a difference of sequence numbers.
pub(crate) fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
