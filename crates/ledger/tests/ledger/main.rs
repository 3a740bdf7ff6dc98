//! The ledger over both engines: sealing, signing, proofs, what is found when somebody edits the database, and what is not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod export;
mod faults;
mod guards;
mod killed;
mod kit;
mod queries;
mod seals;
mod signs;
mod tamper;
