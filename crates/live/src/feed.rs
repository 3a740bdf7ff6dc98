//! What the hub asks of whoever keeps the streams.
//!
//! Must not know: tables, encodings, what an entry says. An entry is text to be relayed, with a number.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use crate::keys::{PersonKey, Reason, SessionKey, StreamKey};

/// Where the hub reads what is new.
///
/// Only committed entries may be visible, and in the order of their numbers: whoever can read number 7 can read 1 to 6.
pub trait Feed: Send + Sync + 'static {
    /// The entries of `stream` with a number greater than `after`, ascending, without gaps, at most `limit` of them.
    /// Empty when there are none yet.
    fn read(
        &self,
        stream: StreamKey,
        after: i64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Entry>, FeedError>> + Send;

    /// The highest number of each of `streams` (at most 500 at once); a stream that does not exist may be left out.
    ///
    /// Asked twice a second for everything that is watched, so that a lost call of [`publish`](crate::Hub::publish) costs
    /// half a second and not an event.
    fn heads(&self, streams: &[StreamKey]) -> impl Future<Output = Result<Vec<(StreamKey, i64)>, FeedError>> + Send;
}

/// One entry of a stream, encoded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number within the stream.
    pub seq: i64,
    /// A JSON value, relayed byte for byte.
    pub json: Arc<str>,
    /// Set on the few entries that change who may read on.
    pub signal: Option<Signal>,
}

/// What an entry does to those who watch. The hub applies it before it sends this entry or any later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// One person may not read this stream any more.
    AccessEnded {
        /// Whose sockets are told [`Gone`](crate::Item::Gone) and get nothing later.
        person: PersonKey,
        /// Handed on to them.
        reason: Reason,
    },
    /// Nobody may read this stream any more; who still may has to join anew.
    StreamEnded {
        /// Handed on to all who watch.
        reason: Reason,
    },
    /// A session ended: its sockets are closed, on every node where that person's stream is watched.
    SessionEnded {
        /// Whose sockets are closed with [`CloseCode::SESSION_OVER`](crate::CloseCode::SESSION_OVER).
        session: SessionKey,
    },
    /// What a person may do changed: all their sockets are closed, and whoever comes back is judged anew.
    PersonChanged {
        /// Whose sockets are closed with [`CloseCode::RESTART`](crate::CloseCode::RESTART).
        person: PersonKey,
    },
    /// A person was suspended or erased: all their sockets are closed.
    PersonEnded {
        /// Whose sockets are closed with [`CloseCode::SESSION_OVER`](crate::CloseCode::SESSION_OVER).
        person: PersonKey,
    },
    /// Earlier entries read differently from now on (something was erased): the encoded ones are forgotten.
    Redacted,
}

/// Why the feed could not answer. The hub keeps its place and asks again.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// What keeps the feed failed.
    #[error("the feed could not be read")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// No answer within five seconds.
    #[error("the feed did not answer in time")]
    TimedOut,
}
