//! Telling people by mail: of what happened ([`notice`]), of what is due ([`reminder`]), and how things are ([`summary`]).
//!
//! Whom an event concerns is `model::notice`'s, and which way it goes to them `model::channels`'s: this asks both. A mail about
//! a task waits for some minutes, gathers what comes meanwhile, and is not sent if its reader has seen it all in the app.
//!
//! Must not know: how a mail is sent.

mod letters;
mod notice;
mod posting;
mod reminder;
mod summary;
mod unsubscribe;
mod wishes;

pub(crate) use notice::{NoticeMail, soon};
pub(crate) use posting::Posting;
pub(crate) use reminder::{Reminder, Reminders};
pub(crate) use summary::{Summaries, Summary};
pub use unsubscribe::unsubscribe;
pub(crate) use wishes::{Wish, Wishes, of, seen_in};
pub use wishes::{prefer, preferences};
