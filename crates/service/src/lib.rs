//! The use cases of Muster: the one door through which everything changes ([`execute`]), the questions that pages ask
//! ([`query`]), and accounts ([`account`]).
//!
//! Must not know: HTTP, Leptos. Must not decide: what follows from a command is `model`'s.
//!
//! Invariants: a change, its events, its operation and its ledger entry are one transaction. Nobody is answered and
//! nothing is published before the commit has returned. Nothing here reads the clock or draws chance but through
//! [`Cx`].

pub mod account;
pub mod audit;
pub mod backup;
mod batch;
mod context;
pub mod demo;
mod directory;
pub mod doctor;
mod execute;
pub mod export;
mod feed;
pub mod inbox;
pub mod keys;
#[cfg(feature = "kit")]
pub mod kit;
pub mod mails;
mod markdown;
pub mod notify;
pub mod people;
mod post;
pub mod presence;
mod prune;
pub mod query;
pub mod queue;
pub mod sample;
mod search;
mod settings;
mod sql;
pub mod zones;

pub use account::Actor;
pub use context::{Chance, Clock, Cx, Inner, Outside, SystemChance, SystemClock};
pub use execute::execute;
pub use feed::{Feed, person_key, session_key, stream_key, stream_of_key};
pub use markdown::rendered;
pub use post::Post;
pub use prune::TRASH_DAYS;
