//! What the tests of mail share.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod certificate;
pub(crate) mod letters;
pub(crate) mod mails;
pub(crate) mod server;
