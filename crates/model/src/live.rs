//! The frames of the live channel: JSON texts with a tag `t`, one WebSocket per page on `GET /live`.
//!
//! Unknown fields are ignored. A frame with an unknown tag from the server means that the page should take a snapshot.
//! The first frame of a client is `hello`, within ten seconds. After `joined` come the events after `since`, in order and
//! without gaps; the client checks `seq == last + 1` and joins again otherwise.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{event::Recorded, id::Stream};

/// The version of the protocol that this code speaks.
pub const PROTO: u32 = 1;
/// The longest frame that a client may send, in bytes.
pub const MAX_CLIENT_FRAME: usize = 64 * 1024;
/// How often the server sends a [`ServerFrame::Beat`], in milliseconds.
pub const BEAT_MS: u64 = 25_000;

/// Close codes (RFC 6455, section 7.4, and our own from 4000 on).
pub mod close {
    /// The server goes away for good.
    pub const GOING_AWAY: u16 = 1001;
    /// A frame was longer than allowed.
    pub const TOO_LARGE: u16 = 1009;
    /// The server restarts: come back, with jitter.
    pub const RESTART: u16 = 1012;
    /// The client did not read for too long.
    pub const TOO_SLOW: u16 = 1013;
    /// The session has ended.
    pub const SESSION_OVER: u16 = 4401;
    /// No `hello` came.
    pub const NO_HELLO: u16 = 4408;
    /// Too many frames.
    pub const TOO_MANY: u16 = 4429;
}

/// What a page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(tag = "t", rename_all = "snake_case")]
#[wire(tag = "t")]
pub enum ClientFrame {
    /// The first frame. The person's own stream and the instance's are joined by it.
    Hello {
        /// The protocol it speaks.
        proto: u32,
        /// The build of the page.
        build: String,
        /// The last event of the person's stream that it has.
        person_since: i64,
        /// The last event of the instance's stream that it has.
        instance_since: i64,
    },
    /// Start following a stream after a number.
    Join {
        /// Which.
        stream: Stream,
        /// The last event it has.
        since: i64,
    },
    /// Stop following a stream.
    Leave {
        /// Which.
        stream: Stream,
    },
    /// Are you there?
    Ping {
        /// Comes back in the pong.
        n: u32,
    },
}

/// Why a stream ended for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// They are not a member any more.
    Removed,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
#[serde(tag = "t", rename_all = "snake_case")]
#[wire(tag = "t")]
pub enum ServerFrame {
    /// The answer to `hello`.
    Welcome {
        /// The protocol it speaks.
        proto: u32,
        /// The build that it serves; another one than the page's asks for a reload.
        build: String,
        /// How often a beat comes, in milliseconds.
        beat_ms: u64,
    },
    /// A stream is followed; its events carry this channel number.
    Joined {
        /// Which.
        stream: Stream,
        /// Its number on this connection.
        ch: u32,
        /// Its last event now.
        head: i64,
    },
    /// What happened, contiguous, perhaps several changes in one frame.
    Events {
        /// The channel of the stream.
        ch: u32,
        /// The events.
        events: Vec<Recorded>,
    },
    /// Too far behind: take a snapshot and join from there.
    Resync {
        /// Which.
        stream: Stream,
        /// Its last event now.
        head: i64,
    },
    /// The stream has ended for this person: drop everything of it.
    Gone {
        /// Which.
        stream: Stream,
        /// Why.
        reason: Gone,
    },
    /// The server is alive.
    Beat {},
    /// The answer to `ping`.
    Pong {
        /// As in the ping.
        n: u32,
    },
    /// A frame was not accepted.
    Refused {
        /// The stream it was about, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        stream: Option<Stream>,
        /// A sentence.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_tagged_and_tolerate_unknown_fields() {
        let ping: ClientFrame = serde_json::from_str(r#"{"t":"ping","n":3,"later":true}"#).unwrap();
        assert_eq!(ping, ClientFrame::Ping { n: 3 });
        assert_eq!(serde_json::to_string(&ServerFrame::Beat {}).unwrap(), r#"{"t":"beat"}"#);
        assert!(serde_json::from_str::<ServerFrame>(r#"{"t":"new"}"#).is_err());
    }

    #[test]
    fn every_frame_of_the_server_is_read_as_it_was_written() {
        let stream = Stream::Instance;
        for frame in [
            ServerFrame::Welcome { proto: PROTO, build: "b".into(), beat_ms: BEAT_MS },
            ServerFrame::Joined { stream, ch: 1, head: 7 },
            ServerFrame::Events { ch: 1, events: Vec::new() },
            ServerFrame::Resync { stream, head: 9 },
            ServerFrame::Gone { stream, reason: Gone::Removed },
            ServerFrame::Beat {},
            ServerFrame::Pong { n: 3 },
            ServerFrame::Refused { stream: None, reason: "no".into() },
            ServerFrame::Refused { stream: Some(stream), reason: "no".into() },
        ] {
            let text = serde_json::to_string(&frame).unwrap();
            assert_eq!(serde_json::from_str::<ServerFrame>(&text).unwrap(), frame, "{text}");
        }
        assert!(serde_json::from_str::<ServerFrame>(r#"{"t":"joined","ch":1}"#).is_err());
    }
}
