//! The names the hub knows things by: streams, people, sessions, and the codes it hands on.
//!
//! Must not know: what kind of thing a stream belongs to, or where a key comes from. All of them are opaque bytes.

use std::fmt;

/// One stream: an ordered, gapless sequence of entries numbered 1, 2, 3 ….
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// A small number that keeps families of ids apart; the feed gives it its meaning.
    pub kind: u8,
    /// The id within that family.
    pub id: [u8; 16],
}

/// Whoever is behind a socket. Access is ended per person, and the number of sockets is limited per person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey(pub [u8; 16]);

/// The sign-in a socket was opened with. Ending it closes every socket that was opened with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub [u8; 16]);

/// One node of several, for as long as it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeKey(pub [u8; 8]);

/// Why access ended, in a code of the feed's own. The hub hands it on untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reason(pub u8);

/// A WebSocket close code (RFC 6455, section 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// This node stops, or what the person may do changed; come back, with jitter, here or elsewhere.
    pub const RESTART: Self = Self(1012);
    /// The session or the person behind the socket has ended.
    pub const SESSION_OVER: Self = Self(4401);
}

impl fmt::Display for StreamKey {
    /// `kind:hex`, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind)?;
        hex(f, &self.id)
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamKey({self})")
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(")?;
        hex(f, &self.0)?;
        f.write_str(")")
    }
}

impl fmt::Debug for SessionKey {
    /// Prints nothing of the key: a session's id does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([secret])")
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
