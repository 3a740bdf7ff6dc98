//! The use cases over both engines. Each test has a database of its own, which is checked to be whole in the end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod accounts;
mod audit;
mod by_mail;
mod concurrent;
mod door;
mod inbox;
mod killed;
mod live;
mod markdown;
mod mine;
mod nodes;
mod notify;
mod overview;
mod permissions;
mod privacy;
mod random;
mod search;
mod strangers;
mod zones;
