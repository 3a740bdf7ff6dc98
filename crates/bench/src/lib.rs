//! The load run of `cargo xtask bench`: Muster as it is released, with its anchors beside it in the same run.
//!
//! Everything that is measured runs on one core, and the load on another. Rounds are interleaved, A B A B; a figure is
//! the median of the rounds, and its ratio is to the anchor of the same round, because machines and disks differ from
//! one minute to the next. The way through it: [`measures`] start [`subject`]s ([`anchors`] and the [`product`]), put a
//! [`crowd`] of sockets or [`callers`] over HTTP upon them, and write into a [`report`], which the terminal and a [`document`] print.
//!
//! [`chaos`] is no measure: there, three processes and fifty clients are troubled for some minutes, and nothing may get lost.
//!
//! Must not know: the inside of the product. It is a client like any other; only the [`queue`] of jobs is also measured by itself,
//! and [`chaos`] reads the feed and the audit log from their tables.

pub mod anchors;
pub mod callers;
pub mod chaos;
pub mod crowd;
pub mod document;
pub mod functions;
pub mod home;
pub mod ids;
pub mod line;
pub mod machine;
pub mod measures;
pub mod postgres;
pub mod product;
pub mod queue;
pub mod report;
pub mod storm;
pub mod subject;
pub mod visitors;
pub mod wire;
