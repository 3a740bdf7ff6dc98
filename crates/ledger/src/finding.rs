//! What a verifier is asked, and what it answers.

use crate::{Hash, PublicKey};

/// What is wrong. The number is the exit code of `muster audit verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fault {
    /// An entry's bytes are no leaf, or are not those of its hash.
    Body = 10,
    /// A column does not say what the signed or hashed bytes beside it say.
    Column = 11,
    /// A row is missing, doubled, or stands where another belongs.
    Gap = 12,
    /// A stored hash of a subtree is not that of its entries.
    Node = 13,
    /// A signature is wrong, or by nobody who is trusted.
    Signature = 14,
    /// The entries are not those that were signed or anchored.
    Fork = 15,
    /// The log is shorter than it was when it was signed or anchored.
    Truncated = 16,
    /// Entries wait for too long to be sealed or signed.
    Stale = 17,
    /// A private value is not the one that its entry commits to.
    Commitment = 18,
    /// A private value is gone, and no entry says that it was erased.
    Vanished = 19,
}

impl Fault {
    /// The exit code.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        self as u8
    }

    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Body,
        Self::Column,
        Self::Gap,
        Self::Node,
        Self::Signature,
        Self::Fork,
        Self::Truncated,
        Self::Stale,
        Self::Commitment,
        Self::Vanished,
    ];
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{told}")]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// The first position that is bad, or may be: all before it is whole.
    pub position: u64,
    /// The last position that the finding is about; the bad one lies between the two.
    pub upto: u64,
    /// A sentence for people.
    pub told: String,
}

impl Finding {
    pub(crate) fn at(fault: Fault, position: u64, told: impl Into<String>) -> Self {
        Self { fault, position, upto: position, told: told.into() }
    }
}

/// What a log is verified against.
#[derive(Clone, Debug, Default)]
pub struct Against {
    /// The keys that are trusted. Without any, the log's own are believed, and who wrote it is not known.
    pub keys: Vec<PublicKey>,
    /// Signed notes that anchors remember.
    pub anchors: Vec<String>,
    /// The newest epoch that is known to have been begun on purpose: a later one that says that entries are lost is a finding.
    /// `None` takes each at its word, and remarks on it. Whoever can write into the database can begin one.
    pub epoch: Option<u32>,
    /// Now, in milliseconds since 1970 UTC, to see what waits for too long; `None` for a log that is at rest.
    pub now_ms: Option<i64>,
}

/// A log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The name of the log; empty as long as there are no entries.
    pub name: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// How many of them are covered by a checkpoint, and when that was signed.
    pub signed: Option<(u64, i64)>,
    /// How many are covered by the newest anchor that was shown.
    pub anchored: Option<u64>,
    /// How many private values are what their entries commit to.
    pub n_private: u64,
    /// How many were erased.
    pub n_erased: u64,
    /// Whether signatures were checked with keys that were given from outside.
    pub is_trusted: bool,
    /// What somebody should know all the same, such as an epoch that was begun anew.
    pub remarks: Vec<String>,
}
