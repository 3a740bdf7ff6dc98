//! The canonical leaf: what an entry says, and the one way in which it is written.
//!
//! Must not know: where leaves are stored, and which kinds, actions and fields there are. The format is in the crate
//! documentation. Invariant: what decodes, encodes to the same bytes.

use std::convert::Infallible;

use minicbor::{Decoder, Encoder, data::Type, decode, encode};

use crate::{Commitment, Hash};

const VERSION: u64 = 1;

/// One entry of the ledger. All text is kept as given; nothing personal may be in it, only ids and commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The family of the entry, such as `command` or `sign_in`.
    pub kind: &'a str,
    /// The id of the entry itself.
    pub entry: [u8; 16],
    /// When it happened, in microseconds since 1970-01-01T00:00:00 UTC.
    pub at_us: i64,
    /// Who did it.
    pub actor: Actor<'a>,
    /// A hash of the session it was done in; never the session's own secret.
    pub session: Option<Hash>,
    /// What was done or tried.
    pub action: &'a str,
    /// To what it was done.
    pub object: Object<'a>,
    /// The project, or whatever group of entries is read together, that it belongs to.
    pub project: Option<[u8; 16]>,
    /// How it ended.
    pub outcome: Outcome,
    /// What became different.
    pub changes: Vec<Change<'a>>,
    /// The id of the request that it was part of.
    pub request: Option<[u8; 16]>,
    /// Private values that belong to the entry but are no change, such as a network address.
    pub private: Vec<Private<'a>>,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// What sort of actor, such as `person` or `system`.
    pub kind: &'a str,
    /// Which one; `None` for those that have no id, such as a visitor who has not signed in.
    pub id: Option<[u8; 16]>,
}

/// What something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// What sort of object, such as `task`.
    pub kind: &'a str,
    /// Which one; `None` for what there is only one of.
    pub id: Option<[u8; 16]>,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed, and nothing was done.
    Refused,
    /// It was allowed but did not succeed, and nothing was done.
    Failed,
}

/// One field that became different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Its name.
    pub field: &'a str,
    /// What it was.
    pub old: Value<'a>,
    /// What it is now.
    pub new: Value<'a>,
}

/// The value of a field before or after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// There was none.
    Absent,
    /// A value that anybody who may read the log may read for ever, such as a status id.
    Public(&'a str),
    /// A value that may have to be erased one day.
    Committed(Commitment),
}

/// A private value beside the changes, by its commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Private<'a> {
    /// Its name.
    pub field: &'a str,
    /// What binds it to the entry.
    pub commitment: Commitment,
}

/// Why bytes are not a leaf.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// A later program wrote it, or nobody did. It must not be passed over: what it says is unknown.
    #[error("a leaf of version {0}; this program knows version 1")]
    UnknownVersion(u64),
    /// Not the CBOR of a leaf.
    #[error("not a leaf")]
    Malformed(#[source] decode::Error),
    /// A whole leaf, and something after it.
    #[error("{0} bytes after the end of the leaf")]
    TrailingBytes(usize),
    /// A leaf that says the same in other bytes than those it must have.
    #[error("a leaf that is not in its canonical form")]
    NotCanonical,
}

impl<'a> Leaf<'a> {
    /// The bytes that are stored and hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::with_capacity(512));
        match self.write(&mut encoder) {
            Ok(()) => encoder.into_writer(),
            Err(error) => unreachable!("a vector refuses no byte: {error}"),
        }
    }

    /// Reads a leaf from its stored bytes. The texts are borrowed from them.
    ///
    /// # Errors
    ///
    /// A [`LeafError`] for anything that [`encode`](Self::encode) would not have written.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let mut decoder = Decoder::new(bytes);
        let n_fields = definite_array(&mut decoder).map_err(LeafError::Malformed)?;
        let version = decoder.u64().map_err(LeafError::Malformed)?;
        if version != VERSION {
            return Err(LeafError::UnknownVersion(version));
        }
        let leaf = Self::read(&mut decoder, n_fields).map_err(LeafError::Malformed)?;
        if decoder.position() < bytes.len() {
            return Err(LeafError::TrailingBytes(bytes.len() - decoder.position()));
        }
        // The decoder takes longer forms of numbers and lengths too. Comparing with our own form finds them all.
        if leaf.encode() == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        e.array(N_FIELDS)?.u64(VERSION)?.str(self.kind)?.bytes(&self.entry)?.i64(self.at_us)?;
        write_named(e, self.actor.kind, self.actor.id)?;
        write_optional(e, self.session.map(|hash| hash.0))?;
        e.str(self.action)?;
        write_named(e, self.object.kind, self.object.id)?;
        write_optional(e, self.project)?;
        e.i16(self.outcome.number())?;
        e.array(self.changes.len() as u64)?;
        for Change { field, old, new } in &self.changes {
            e.array(3)?.str(field)?;
            old.write(e)?;
            new.write(e)?;
        }
        write_optional(e, self.request)?;
        e.array(self.private.len() as u64)?;
        for Private { field, commitment } in &self.private {
            e.array(2)?.str(field)?.bytes(&commitment.0)?;
        }
        Ok(())
    }

    /// Reads what comes after the version, in the order of the format (in which the fields of a struct literal are evaluated).
    fn read(d: &mut Decoder<'a>, n_fields: u64) -> Result<Self, decode::Error> {
        expect_length(d, n_fields, N_FIELDS)?;
        Ok(Self {
            kind: d.str()?,
            entry: fixed(d)?,
            at_us: d.i64()?,
            actor: read_named(d).map(|(kind, id)| Actor { kind, id })?,
            session: optional(d)?.map(Hash),
            action: d.str()?,
            object: read_named(d).map(|(kind, id)| Object { kind, id })?,
            project: optional(d)?,
            outcome: Outcome::read(d)?,
            changes: list(d, |d| {
                array_of(d, 3)?;
                Ok(Change { field: d.str()?, old: Value::read(d)?, new: Value::read(d)? })
            })?,
            request: optional(d)?,
            private: list(d, |d| {
                array_of(d, 2)?;
                Ok(Private { field: d.str()?, commitment: Commitment(fixed(d)?) })
            })?,
        })
    }
}

/// The version and the twelve fields of a leaf.
const N_FIELDS: u64 = 13;

impl Outcome {
    pub(crate) const fn number(self) -> i16 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Failed => 2,
        }
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        let at = d.position();
        match d.u8()? {
            0 => Ok(Self::Done),
            1 => Ok(Self::Refused),
            2 => Ok(Self::Failed),
            _ => Err(decode::Error::message("unknown outcome").at(at)),
        }
    }
}

impl<'a> Value<'a> {
    fn write(self, e: &mut Encoder<Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
        match self {
            Self::Absent => e.null()?,
            Self::Public(text) => e.str(text)?,
            Self::Committed(commitment) => e.bytes(&commitment.0)?,
        };
        Ok(())
    }

    fn read(d: &mut Decoder<'a>) -> Result<Self, decode::Error> {
        match d.datatype()? {
            Type::Null => d.null().map(|()| Self::Absent),
            Type::String => d.str().map(Self::Public),
            Type::Bytes => fixed(d).map(|bytes| Self::Committed(Commitment(bytes))),
            other => Err(decode::Error::type_mismatch(other).at(d.position())),
        }
    }
}

fn write_named(e: &mut Encoder<Vec<u8>>, kind: &str, id: Option<[u8; 16]>) -> Result<(), encode::Error<Infallible>> {
    e.array(2)?.str(kind)?;
    write_optional(e, id)
}

fn write_optional<const N: usize>(
    e: &mut Encoder<Vec<u8>>,
    bytes: Option<[u8; N]>,
) -> Result<(), encode::Error<Infallible>> {
    match bytes {
        Some(bytes) => e.bytes(&bytes)?,
        None => e.null()?,
    };
    Ok(())
}

fn read_named<'a>(d: &mut Decoder<'a>) -> Result<(&'a str, Option<[u8; 16]>), decode::Error> {
    array_of(d, 2)?;
    Ok((d.str()?, optional(d)?))
}

fn optional<const N: usize>(d: &mut Decoder<'_>) -> Result<Option<[u8; N]>, decode::Error> {
    if d.datatype()? == Type::Null { d.null().map(|()| None) } else { fixed(d).map(Some) }
}

fn fixed<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    let at = d.position();
    d.bytes()?.try_into().map_err(|_| decode::Error::message("a byte string of another length").at(at))
}

/// Makes no room in advance: the length is only a claim until the elements are there.
fn list<'a, T>(
    d: &mut Decoder<'a>,
    mut read: impl FnMut(&mut Decoder<'a>) -> Result<T, decode::Error>,
) -> Result<Vec<T>, decode::Error> {
    let n = definite_array(d)?;
    (0..n).map(|_| read(d)).collect()
}

fn array_of(d: &mut Decoder<'_>, expected: u64) -> Result<(), decode::Error> {
    let n = definite_array(d)?;
    expect_length(d, n, expected)
}

fn expect_length(d: &Decoder<'_>, n: u64, expected: u64) -> Result<(), decode::Error> {
    if n == expected { Ok(()) } else { Err(decode::Error::message("an array of another length").at(d.position())) }
}

fn definite_array(d: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    let at = d.position();
    d.array()?.ok_or_else(|| decode::Error::message("an array of indefinite length").at(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::leaf_hash;

    fn full() -> Leaf<'static> {
        Leaf {
            kind: "command",
            entry: [1; 16],
            at_us: 1_795_867_200_000_000,
            actor: Actor { kind: "person", id: Some([2; 16]) },
            session: Some(Hash([3; 32])),
            action: "move_task",
            object: Object { kind: "task", id: Some([4; 16]) },
            project: Some([5; 16]),
            outcome: Outcome::Refused,
            changes: vec![
                Change { field: "status", old: Value::Public("open"), new: Value::Public("döne") },
                Change { field: "title", old: Value::Absent, new: Value::Committed(Commitment([6; 32])) },
            ],
            request: Some([7; 16]),
            private: vec![Private { field: "address", commitment: Commitment([8; 32]) }],
        }
    }

    fn bare() -> Leaf<'static> {
        Leaf {
            kind: "sign_in",
            entry: [1; 16],
            at_us: -1,
            actor: Actor { kind: "visitor", id: None },
            session: None,
            action: "sign_in",
            object: Object { kind: "instance", id: None },
            project: None,
            outcome: Outcome::Failed,
            changes: Vec::new(),
            request: None,
            private: Vec::new(),
        }
    }

    #[test]
    fn a_leaf_has_the_bytes_that_the_format_says() {
        // Written down from RFC 8949 by a second encoder, of fifteen lines of Python.
        let hex = "8d01677369676e5f696e500101010101010101010101010101010120826776697369746f72f6f6677369676e5f696e\
                   8268696e7374616e6365f6f60280f680";
        assert_eq!(crate::tree::Hex(&bare().encode()).to_string(), hex);
        let hashes = [bare(), full()].map(|leaf| leaf_hash(&leaf.encode()).to_string());
        assert_eq!(
            hashes,
            [
                "afe74e6588dd04349a48f045f35bd60b7446dbdbba9f0a9eb48babcd37f759ee",
                "ef2c54a906c8bde3f7d63ba1f48c379e7f7be0fe96aa59ecab4322f5b0afad2b"
            ]
        );
    }

    #[test]
    fn a_leaf_of_another_version_is_refused_loudly_whatever_else_it_holds() {
        let mut later = bare().encode();
        later[1] = 2;
        assert!(matches!(Leaf::decode(&later), Err(LeafError::UnknownVersion(2))));
        // One field, and a version of two bytes.
        assert!(matches!(Leaf::decode(&[0x81, 0x18, 0x63]), Err(LeafError::UnknownVersion(99))));
    }

    #[test]
    fn bytes_after_the_leaf_are_refused_with_their_number() {
        let mut longer = full().encode();
        longer.extend([0, 0, 0]);
        assert!(matches!(Leaf::decode(&longer), Err(LeafError::TrailingBytes(3))));
    }

    #[test]
    fn a_leaf_cut_short_anywhere_is_refused() {
        let whole = full().encode();
        for len in 0..whole.len() {
            assert!(matches!(Leaf::decode(&whole[..len]), Err(LeafError::Malformed(_))), "{len} bytes");
        }
    }

    #[test]
    fn the_same_leaf_in_other_bytes_is_refused() {
        let canonical = bare().encode();
        let mut long_version = canonical.clone();
        long_version.splice(1..2, [0x18, 1]);
        let mut long_text = canonical.clone();
        long_text.splice(2..3, [0x78, 7]);
        let mut long_list = canonical.clone();
        long_list.splice(canonical.len() - 1.., [0x98, 0]);
        for other in [long_version, long_text, long_list] {
            assert!(matches!(Leaf::decode(&other), Err(LeafError::NotCanonical)), "{other:02x?}");
        }
        let mut indefinite = canonical.clone();
        indefinite.splice(canonical.len() - 1.., [0x9f, 0xff]);
        assert!(matches!(Leaf::decode(&indefinite), Err(LeafError::Malformed(_))));
    }

    #[test]
    fn a_leaf_that_claims_a_huge_list_is_refused_at_once() {
        let mut claims = bare().encode();
        claims.truncate(claims.len() - 1);
        claims.extend([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert!(matches!(Leaf::decode(&claims), Err(LeafError::Malformed(_))));
    }

    #[test]
    fn every_flipped_bit_is_refused_or_reads_as_another_leaf() {
        let leaf = full();
        let bytes = leaf.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = Leaf::decode(&changed) {
                assert_ne!(read, leaf, "bit {bit}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_leaf_reads_back_as_it_was(
            (kind, action, actor, object) in any::<(String, String, String, String)>(),
            (entry, at_us, session) in any::<([u8; 16], i64, Option<[u8; 32]>)>(),
            (actor_id, object_id, project, request) in any::<(Option<[u8; 16]>, Option<[u8; 16]>, Option<[u8; 16]>, Option<[u8; 16]>)>(),
            outcome in prop_oneof![Just(Outcome::Done), Just(Outcome::Refused), Just(Outcome::Failed)],
            changes in proptest::collection::vec(any::<(String, Option<String>, [u8; 32])>(), 0..30),
        ) {
            let leaf = Leaf {
                kind: &kind,
                entry,
                at_us,
                actor: Actor { kind: &actor, id: actor_id },
                session: session.map(Hash),
                action: &action,
                object: Object { kind: &object, id: object_id },
                project,
                outcome,
                changes: changes
                    .iter()
                    .map(|(field, old, new)| Change {
                        field,
                        old: old.as_deref().map_or(Value::Absent, Value::Public),
                        new: Value::Committed(Commitment(*new)),
                    })
                    .collect(),
                request,
                private: changes
                    .iter()
                    .map(|(field, _, value)| Private { field, commitment: Commitment(*value) })
                    .collect(),
            };
            let bytes = leaf.encode();
            prop_assert_eq!(Leaf::decode(&bytes).unwrap(), leaf);
        }

        #[test]
        fn what_decodes_has_exactly_the_bytes_it_came_from(
            at in 0..269_usize,
            put in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut bytes = full().encode();
            let end = bytes.len().min(at + 2);
            bytes.splice(at..end, put);
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.encode(), bytes);
            }
        }
    }
}
