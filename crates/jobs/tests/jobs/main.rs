//! What the queue promises, on both engines. Each test has a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod house;

mod admin;
mod cron;
mod enqueue;
mod processes;
mod runner;
