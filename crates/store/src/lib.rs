//! The two database engines under one roof: connections, read snapshots, and the batching [`Writer`].
//!
//! Must not know: what is stored. Tables, commands and events are the callers'.
//!
//! The only place that begins a transaction. sea-orm's own `begin()` is `DEFERRED` on SQLite, and a transaction that
//! reads and then writes fails there at once when somebody else wrote in between (code 517); a writer here begins
//! `IMMEDIATE`, and readers are read-only.

mod catalog;
pub mod copy;
mod engine;
#[cfg(feature = "kit")]
pub mod kit;
mod rows;
mod tasks;
mod word;
mod writer;

pub use copy::CopyError;
pub use engine::{Engine, Options, Snapshot, Store, StoreError, Sync};
pub use rows::{
    Condition, Insert, Row, all, get, insert_all, insert_if, insert_returning, one, padded, run, statement,
};
pub use tasks::Tasks;
pub use word::{LONGEST_WORD, Listener};
pub use writer::{Lane, Work, Writer, WriterStats};
