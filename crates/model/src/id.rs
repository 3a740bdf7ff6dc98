//! Typed identifiers. Each kind of thing has its own, so that arguments cannot be swapped.
//!
//! Must not know: where ids come from. [`new_id`] builds a `UUIDv7` (RFC 9562, section 5.7) from a time and random
//! bytes that the caller brings.
//!
//! On the wire an id is 22 characters of base64url instead of 36 of hex: ids are most of an event's bytes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use uuid::Uuid;
use wire::{Fault, FromWire, Node, ToWire, write_text};

use crate::when::Instant;

/// A text that should have been an id and is not: wrong length or alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id")]
pub struct BadId;

impl From<BadId> for Fault {
    fn from(_: BadId) -> Self {
        Self::new("This is not an id.")
    }
}

fn encode(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn decode(text: &str) -> Result<Uuid, BadId> {
    let mut bytes = [0; 18];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(16) => Uuid::from_slice(&bytes[..16]).map_err(|_| BadId),
        _ => Err(BadId),
    }
}

#[inline(never)]
fn read(node: Node<'_>) -> Option<Uuid> {
    node.checked(decode(&node.text()?))
}

/// A `UUIDv7` from a time and ten random bytes: sorts by creation, and clients can make it without asking.
#[must_use]
pub fn new_id<T: From<Uuid>>(at: Instant, random: [u8; 10]) -> T {
    let ms = u64::try_from(at.ms()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid().into()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "db", derive(sea_orm::DeriveValueType))]
        pub struct $name(Uuid);

        impl $name {
            /// The sixteen bytes behind it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The sixteen bytes behind it, for keys and hashes.
            #[must_use]
            pub const fn bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                decode(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                decode(&text).map(Self).map_err(D::Error::custom)
            }
        }

        impl ToWire for $name {
            fn write(&self, out: &mut String) {
                write_text(out, &encode(self.0));
            }
        }

        impl FromWire for $name {
            fn read(node: Node<'_>) -> Option<Self> {
                read(node).map(Self)
            }
        }
    };
}

id!(/// A person who has, or had, an account.
    PersonId);
id!(/// A project.
    ProjectId);
id!(/// A status (a column of the board) of one project.
    StatusId);
id!(/// A task.
    TaskId);
id!(/// A label of one project.
    LabelId);
id!(/// A comment on a task.
    CommentId);
id!(/// An invitation; not the secret that its link carries.
    InvitationId);
id!(/// A signed-in session, as people see it in lists; not the secret that the cookie carries.
    SessionId);
id!(/// One attempt of a person to change something. Repeating it changes nothing more.
    OpId);

/// The three kinds of ordered feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// People, roles, projects, settings.
    Instance,
    /// One project: tasks, comments, members.
    Project,
    /// One person: memberships gained and lost, sessions.
    Person,
}

/// An ordered feed without gaps. Locks are taken in the order of this type: instance, projects by id, persons by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// The one stream of the whole installation.
    Instance,
    /// The stream of a project.
    Project(ProjectId),
    /// The stream of a person.
    Person(PersonId),
}

impl Stream {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(self) -> StreamKind {
        match self {
            Self::Instance => StreamKind::Instance,
            Self::Project(_) => StreamKind::Project,
            Self::Person(_) => StreamKind::Person,
        }
    }

    /// The key of its row: the thing's own id, and the nil UUID for the instance.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Instance => Uuid::nil(),
            Self::Project(id) => id.uuid(),
            Self::Person(id) => id.uuid(),
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance => f.write_str("i"),
            Self::Project(id) => write!(f, "p{id}"),
            Self::Person(id) => write!(f, "u{id}"),
        }
    }
}

impl FromStr for Stream {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_at_checked(1) {
            Some(("i", "")) => Ok(Self::Instance),
            Some(("p", id)) => id.parse().map(Self::Project),
            Some(("u", id)) => id.parse().map(Self::Person),
            _ => Err(BadId),
        }
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stream {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

impl ToWire for Stream {
    fn write(&self, out: &mut String) {
        write_text(out, &self.to_string());
    }
}

impl FromWire for Stream {
    fn read(node: Node<'_>) -> Option<Self> {
        node.checked(node.text()?.parse::<Self>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_22_characters_and_comes_back() {
        let id: TaskId = new_id(Instant::from_ms(1_790_000_000_000), [7; 10]);
        let text = id.to_string();
        assert_eq!(text.len(), 22);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early: TaskId = new_id(Instant::from_ms(1), [255; 10]);
        let late: TaskId = new_id(Instant::from_ms(2), [0; 10]);
        assert!(early < late);
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "abc", "0123456789012345678901x", "01234567890123456789!!", "012345678901234567890123456"] {
            assert_eq!(text.parse::<TaskId>(), Err(BadId), "{text:?}");
        }
    }

    #[test]
    fn a_stream_names_its_kind() {
        let project = Stream::Project(new_id(Instant::from_ms(5), [1; 10]));
        for stream in [Stream::Instance, project] {
            assert_eq!(stream.to_string().parse(), Ok(stream));
        }
        assert_eq!("x".parse::<Stream>(), Err(BadId));
    }
}
