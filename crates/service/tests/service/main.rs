//! The use cases over both engines. Each test has a database of its own, which is checked to be whole in the end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod accounts;
mod addresses;
mod anchors;
mod audit;
mod audit_page;
mod backup;
mod by_mail;
mod closed;
mod concurrent;
mod door;
mod export;
mod factors;
mod inbox;
mod keys;
mod keys_killed;
mod killed;
mod limits;
mod live;
mod lost_phone;
mod mails;
mod markdown;
mod mine;
mod nodes;
mod notify;
mod overview;
mod people;
mod permissions;
mod plans;
mod presence;
mod privacy;
mod prune;
mod random;
mod sample;
mod search;
mod strangers;
mod table;
mod upgrade;
mod versions;
mod welcome;
mod zones;
