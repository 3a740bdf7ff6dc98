//! Why the ledger did not do it.

use sea_orm::DbErr;

use crate::{LeafError, NoteError};

/// Why the ledger did not do it. Nothing was written then; the caller's transaction should be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// A row that waits is no leaf, or one of a later program. It is not sealed, and nothing behind it.
    #[error("row {row} of ledger_pending is no leaf that this program knows: {source}")]
    NotALeaf {
        /// Its identity.
        row: i64,
        /// What is wrong with it.
        source: LeafError,
    },
    /// A hash that the tree needs is not in the database, or is not a hash.
    #[error("the tree lacks its hash of level {level} at {place}; run `muster audit verify`")]
    Damaged {
        /// The level: the hash is of 2^level entries.
        level: u32,
        /// Which of its level, from 0.
        place: u64,
    },
    /// The tree is no extension of what was signed or anchored before: entries were changed or taken away, or an older copy
    /// of the database was brought back. Nothing is signed.
    #[error(
        "the ledger has {size} entries and is no extension of the {signed} that were signed before. Run `muster audit verify`; \
         if an older copy of the database was brought back on purpose, run `muster audit restart-epoch`"
    )]
    Fork {
        /// The size that was signed.
        signed: u64,
        /// The size there is.
        size: u64,
    },
    /// There is no such entry, or no such size.
    #[error("the ledger has no entry #{position}: it has {size}")]
    NoEntry {
        /// What was asked for.
        position: u64,
        /// How many there are.
        size: u64,
    },
    /// A checkpoint in the database cannot be read.
    #[error(transparent)]
    Note(#[from] NoteError),
}
