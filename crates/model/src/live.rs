//! The frames of the live channel: JSON texts with a tag `t`, one WebSocket per page on `GET /live`.
//!
//! Unknown fields are ignored. A frame with an unknown tag from the server means that the page should take a snapshot.
//! The first frame of a client is `hello`, within ten seconds. After `joined` come the events after `since`, in order and
//! without gaps; the client checks `seq == last + 1` and joins again otherwise.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    event::Recorded,
    id::{PersonId, ProjectId, Stream, TaskId},
};

/// The version of the protocol that this code speaks.
pub const PROTO: u32 = 2;
/// The version from which on a client knows [`ServerFrame::People`].
pub const PROTO_PEOPLE: u32 = 2;
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
    /// What this page is doing now, instead of what it said before. For a project that it follows.
    Focus {
        /// Where.
        project: ProjectId,
        /// What it is doing there.
        at: At,
    },
    /// The page is in no project any more.
    Blur {},
    /// Are you there?
    Ping {
        /// Comes back in the pong.
        n: u32,
    },
}

/// How busy somebody is with something; the later is the more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The page is open and nobody has looked at it for a while.
    Idle,
    /// Looking at it.
    #[default]
    Viewing,
    /// Writing in a field that was opened for it.
    Editing,
    /// Writing at this moment. Holds for three seconds unless it is said again, and is viewing then.
    Typing,
}

/// A field of a task that is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title.
    Title,
    /// The description.
    Description,
    /// A new comment.
    Comment,
}

/// What a page is doing in a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Wire)]
pub struct At {
    /// The task that is open; none: the project as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub task: Option<TaskId>,
    /// The field that is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub field: Option<Field>,
    /// How.
    pub mode: Mode,
}

/// Somebody who is in a project, by all of their pages together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Present {
    /// Who.
    pub person: PersonId,
    /// What their pages are doing, each thing once; at least one.
    pub at: Vec<At>,
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
        /// Who is in it now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        people: Vec<Present>,
    },
    /// What happened, contiguous, perhaps several changes in one frame.
    Events {
        /// The channel of the stream.
        ch: u32,
        /// The events.
        events: Vec<Recorded>,
    },
    /// Who is in a project, as far as it is another than before.
    People {
        /// Which.
        stream: Stream,
        /// Whether whoever is not named here is not there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[wire(optional)]
        all: bool,
        /// Those who came, or are doing something else now.
        here: Vec<Present>,
        /// Those who are not there any more.
        left: Vec<PersonId>,
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
            ServerFrame::Joined { stream, ch: 1, head: 7, people: Vec::new() },
            ServerFrame::Events { ch: 1, events: Vec::new() },
            ServerFrame::People { stream, all: true, here: Vec::new(), left: Vec::new() },
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
