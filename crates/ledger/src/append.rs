//! The rows with which leaves are appended to the log, to be written in the transaction of the change that they tell about.
//!
//! Must not know: what a leaf says, and when the transaction commits. The table is
//! `ledger_pending(id bigint identity primary key, body bytes not null)`; creating it is the migration's work.

use store::Insert;

/// The rows that append these leaves, in their order, to those that wait for their position in the log.
///
/// They must be written by the transaction that makes the change, best in the same statement: then no change is without its
/// entry, and no entry without its change. The bodies are stored as they are; see [`Leaf::encode`](crate::Leaf::encode).
#[must_use]
pub fn append(leaves: Vec<Vec<u8>>) -> Insert {
    Insert::new("INSERT INTO ledger_pending (body)", leaves.into_iter().map(|body| vec![body.into()]).collect())
}
