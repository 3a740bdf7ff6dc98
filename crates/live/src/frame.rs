//! What a socket is given to send: frames that all share, and items of its own.
//!
//! Must not know: how items other than events are written on the wire; that is the host's.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::feed::Entry;
use crate::keys::{CloseCode, Reason, StreamKey};
use crate::limits::Limits;
use crate::presence::People;

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
    /// The same as a whole WebSocket message, see [`text_message`].
    pub wire: Bytes,
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
        let wire = text_message(&text);
        let text = wire.slice(wire.len() - text.len()..);
        Some(Self { stream, ch, first, last, text, wire })
    }
}

/// A text as a whole WebSocket message of a server (RFC 6455, section 5.2). A server does not mask, so that these bytes
/// are the same for every socket, and a frame is put together once however many watch.
#[must_use]
pub fn text_message(text: &str) -> Bytes {
    const WHOLE_TEXT: u8 = 0x81;
    let mut message = Vec::with_capacity(text.len() + 10);
    message.push(WHOLE_TEXT);
    match (u8::try_from(text.len()), u16::try_from(text.len())) {
        (Ok(short @ 0..=125), _) => message.push(short),
        (_, Ok(medium)) => {
            message.push(126);
            message.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            message.push(127);
            message.extend_from_slice(&(text.len() as u64).to_be_bytes());
        }
    }
    message.extend_from_slice(text.as_bytes());
    message.into()
}

/// The way straight to a peer, beside the outbox: whatever follows on what was sent goes out from the thread of the pump,
/// without waking the socket's task for it. See [`SocketHandle::attach`](crate::SocketHandle::attach).
pub trait Line: Send + Sync {
    /// Sends the frame, unless something still waits before it: then nothing of it is taken, and `false` returned.
    ///
    /// It must not block. What of this one frame the peer cannot take now, the line keeps and sends later.
    fn try_send(&self, frame: &Frame) -> bool;
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
    /// Who is in the stream, as far as it is another than before. See
    /// [`SocketHandle::people`](crate::SocketHandle::people).
    People(People),
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
            Self::People(people) => Some(people.stream),
            Self::Close(_) => None,
        }
    }

    /// What it counts against a queue's bytes. The small items count nothing: there are at most a few for each stream.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Events(frame) => frame.text.len(),
            Self::Joined { .. } | Self::Resync { .. } | Self::People(_) | Self::Gone { .. } | Self::Close(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_its_length_in_the_shortest_form() {
        for (length, head) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (0xffff, &[0x81, 126, 0xff, 0xff]),
            (0x1_0000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let text = "x".repeat(length);
            let message = text_message(&text);
            assert_eq!((&message[..head.len()], &message[head.len()..]), (head, text.as_bytes()), "{length} bytes");
        }
    }
}
