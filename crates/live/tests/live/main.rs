//! What the hub promises, against a feed in memory that the tests control. Time is paused where it matters, never slept.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod joining;
mod kit;
mod life;
mod line;
mod pace;
mod people;
