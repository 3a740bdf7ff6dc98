//! What a socket is given to send: frames that all share, and items of its own.
//!
//! Must not know: how items other than events are written on the wire; that is the host's.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::feed::Entry;
use crate::keys::{CloseCode, Reason, StreamKey};
use crate::limits::Limits;

/// Some contiguous entries of one stream, encoded once for every socket.
#[derive(Debug)]
pub struct Frame {
    /// Whose entries these are.
    pub stream: StreamKey,
    /// The short name of the stream on this node, as told in [`Item::Joined`].
    pub ch: u32,
    /// The number of the first entry.
    pub first: i64,
    /// The number of the last entry.
    pub last: i64,
    /// `{"t":"events","ch":<n>,"events":[…]}`, valid UTF-8. Cloning it copies no text.
    pub text: Bytes,
}

impl Frame {
    /// Encodes the start of `entries`: as many as a frame may hold, at least one. `None` if there are none.
    pub(crate) fn encode<'a>(
        stream: StreamKey,
        ch: u32,
        entries: impl Iterator<Item = &'a Entry>,
        limits: &Limits,
    ) -> Option<Self> {
        let mut taken: Vec<&Entry> = Vec::new();
        let mut bytes = 0;
        for entry in entries {
            if !taken.is_empty()
                && (taken.len() == limits.frame_entries || bytes + entry.json.len() > limits.frame_bytes)
            {
                break;
            }
            bytes += entry.json.len();
            taken.push(entry);
        }
        let (first, last) = (taken.first()?.seq, taken.last()?.seq);

        let mut text = String::with_capacity(bytes + taken.len() + 48);
        // Writing to a String cannot fail.
        let _ = write!(text, r#"{{"t":"events","ch":{ch},"events":["#);
        for (n, entry) in taken.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            text.push_str(&entry.json);
        }
        text.push_str("]}");
        Some(Self { stream, ch, first, last, text: Bytes::from(text) })
    }
}

/// One thing to send, or to do, for one socket, in this order.
#[derive(Clone, Debug)]
pub enum Item {
    /// Entries of a joined stream. The first number is always the last one this socket was given, plus one.
    Events(std::sync::Arc<Frame>),
    /// The stream is joined; what comes after `since` follows.
    Joined {
        /// Which stream.
        stream: StreamKey,
        /// Its short name in the frames that follow.
        ch: u32,
        /// Its newest number when access was decided.
        head: i64,
    },
    /// Too far behind to be told one by one: take a snapshot. Entries go on after `head`.
    Resync {
        /// Which stream.
        stream: StreamKey,
        /// The number the snapshot has at least to contain.
        head: i64,
    },
    /// Access ended: nothing of this stream follows.
    Gone {
        /// Which stream.
        stream: StreamKey,
        /// The feed's word for why.
        reason: Reason,
    },
    /// Close the socket with this code. Nothing follows.
    Close(CloseCode),
}

impl Item {
    /// The stream it speaks of.
    #[must_use]
    pub fn stream(&self) -> Option<StreamKey> {
        match self {
            Self::Events(frame) => Some(frame.stream),
            Self::Joined { stream, .. } | Self::Resync { stream, .. } | Self::Gone { stream, .. } => Some(*stream),
            Self::Close(_) => None,
        }
    }

    /// What it counts against a queue's bytes. The small items count nothing: there are at most a few for each stream.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Events(frame) => frame.text.len(),
            Self::Joined { .. } | Self::Resync { .. } | Self::Gone { .. } | Self::Close(_) => 0,
        }
    }
}
