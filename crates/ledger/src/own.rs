//! Entries about the log itself: values that were erased, and epochs that begin.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value as SqlValue};
use store::{Insert, all, get, insert_all, run};
use uuid::Uuid;

use crate::{
    Actor, Change, Commitment, Hash, Leaf, LedgerError, Object, Outcome, TreeHead, Value, append,
    checkpoint::{EPOCH_RESTART, epoch},
    seal::{Sealed, seal},
};

/// The family of these entries.
pub(crate) const KIND: &str = "ledger";
const ERASE: &str = "erase";
/// How many erased values one entry names.
const PER_ENTRY: usize = 200;

/// Which value of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// What a field was.
    Old,
    /// What a field became.
    New,
    /// A private value beside the changes.
    Beside,
}

impl Side {
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Old => 0,
            Self::New => 1,
            Self::Beside => 2,
        }
    }

    pub(crate) const fn from_code(code: i16) -> Option<Self> {
        match code {
            0 => Some(Self::Old),
            1 => Some(Self::New),
            2 => Some(Self::Beside),
            _ => None,
        }
    }
}

/// Where a value belongs: the id of the entry, the side, the field.
pub(crate) type Place = ([u8; 16], Side, String);

/// A private value as it is kept, with the salt of its [commitment](crate::Commitment).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The id of the entry that it belongs to.
    pub entry: [u8; 16],
    /// Which value of it.
    pub side: Side,
    /// The field.
    pub field: String,
    /// Whose value it is: it goes when they are erased.
    pub person: Option<[u8; 16]>,
    /// The salt.
    pub salt: [u8; 32],
    /// The value, sealed as the caller likes; the commitment is to what it opens to.
    pub value: Vec<u8>,
}

impl Kept {
    /// The commitment to what the value opens to: of the person's id, behind its length, and the value. So neither can be
    /// changed without its being seen.
    #[must_use]
    pub fn commitment(&self, opened: &[u8]) -> Commitment {
        let person = self.person.as_ref().map_or(&[][..], |id| &id[..]);
        let length = u8::from(self.person.is_some()) * 16;
        Commitment::of(&self.salt, &[&[length], person, opened].concat())
    }

    /// Reads `entry, side, field, person, salt, value`; `None` for what is nothing of the kind.
    pub(crate) fn read(row: &QueryResult) -> Option<Self> {
        Some(Self {
            entry: get::<Uuid>(row, 0).ok()?.into_bytes(),
            side: Side::from_code(get(row, 1).ok()?)?,
            field: get(row, 2).ok()?,
            person: get::<Option<Uuid>>(row, 3).ok()?.map(Uuid::into_bytes),
            salt: get::<Vec<u8>>(row, 4).ok()?.try_into().ok()?,
            value: get(row, 5).ok()?,
        })
    }
}

/// The rows that keep private values, to be written in the transaction that appends their entries.
#[must_use]
pub fn keep(values: Vec<Kept>) -> Insert {
    let row = |kept: Kept| {
        vec![
            Uuid::from_bytes(kept.entry).into(),
            kept.side.code().into(),
            kept.field.into(),
            kept.person.map(Uuid::from_bytes).into(),
            kept.salt.to_vec().into(),
            kept.value.into(),
        ]
    };
    let head = "INSERT INTO ledger_private (entry, side, field, person, salt, value)";
    Insert::new(head, values.into_iter().map(row).collect())
}

/// Whose values are erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erase {
    /// All of a person.
    Person([u8; 16]),
    /// Those of one entry, by its id.
    Entry([u8; 16]),
}

/// On whose word something is done to the log, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// When, in microseconds since 1970 UTC.
    pub at_us: i64,
    /// Who.
    pub actor: Actor<'a>,
    /// In which session.
    pub session: Option<Hash>,
}

impl By<'_> {
    fn leaf(self, entry: [u8; 16], action: &str, object: Object<'_>, changes: Vec<Change<'_>>) -> Vec<u8> {
        let Self { at_us, actor, session } = self;
        let (request, private) = (None, Vec::new());
        let outcome = Outcome::Done;
        Leaf {
            kind: KIND,
            entry,
            at_us,
            actor,
            session,
            action,
            object,
            project: None,
            outcome,
            changes,
            request,
            private,
        }
        .encode()
    }
}

/// Erases private values for ever, and appends entries that say which. All proofs hold as before: the log has only their
/// commitments. Answers how many there were.
///
/// # Errors
///
/// The database's; the caller must then roll back.
pub async fn erase(
    tx: &impl ConnectionTrait,
    what: Erase,
    by: By<'_>,
    mut new_entry: impl FnMut() -> [u8; 16],
) -> Result<usize, DbErr> {
    let (find, remove, object) = match what {
        Erase::Person(id) => (
            "SELECT entry, side, field FROM ledger_private WHERE person = $1 ORDER BY entry, side, field",
            "DELETE FROM ledger_private WHERE person = $1",
            Object { kind: "person", id: Some(id) },
        ),
        Erase::Entry(id) => (
            "SELECT entry, side, field FROM ledger_private WHERE entry = $1 ORDER BY entry, side, field",
            "DELETE FROM ledger_private WHERE entry = $1",
            Object { kind: "entry", id: Some(id) },
        ),
    };
    let id: SqlValue = object.id.map(Uuid::from_bytes).into();
    let mut gone = Vec::new();
    for row in all(tx, find, [id.clone()]).await? {
        gone.push((format!("{}/{}", get::<Uuid>(&row, 0)?.simple(), get::<i16>(&row, 1)?), get::<String>(&row, 2)?));
    }
    let n = run(tx, remove, [id]).await?;
    if n != gone.len() as u64 {
        return Err(DbErr::Custom("values came in while they were erased; nothing was erased".into()));
    }
    let named = |(place, field): &'_ (String, String)| (place.clone(), field.clone());
    let leaves = gone.chunks(PER_ENTRY).map(|some| {
        let some: Vec<_> = some.iter().map(named).collect();
        let change = |(place, field)| Change { field, old: Value::Public(place), new: Value::Absent };
        let changes = some.iter().map(|(place, field)| change((place.as_str(), field.as_str()))).collect();
        by.leaf(new_entry(), ERASE, object, changes)
    });
    insert_all(tx, vec![append(leaves.collect())]).await?;
    Ok(gone.len())
}

/// What an entry says was erased.
pub(crate) fn erased(leaf: &Leaf<'_>) -> HashSet<Place> {
    if leaf.kind != KIND || leaf.action != ERASE {
        return HashSet::new();
    }
    let place = |change: &Change<'_>| {
        let Value::Public(place) = change.old else { return None };
        let (entry, side) = place.split_once('/')?;
        let side = Side::from_code(side.parse().ok()?)?;
        Some((Uuid::try_parse(entry).ok()?.into_bytes(), side, change.field.to_owned()))
    };
    leaf.changes.iter().filter_map(place).collect()
}

/// Begins a new epoch after an older copy of the database was brought back on purpose: seals what waits, and appends an entry
/// with the reason and with the newest anchored checkpoint, whose entries are lost. From then on the log is signed as one
/// of the new epoch, and a verifier who knows that anchor hears that they are lost instead of an alarm. What was anchored
/// beyond it stays one.
///
/// # Errors
///
/// The database's; the caller must then roll back.
pub async fn restart_epoch(
    tx: &impl ConnectionTrait,
    lost: Option<&TreeHead>,
    reason: &str,
    by: By<'_>,
    entry: [u8; 16],
) -> Result<u32, LedgerError> {
    seal_all(tx).await?;
    let old = epoch(tx).await?;
    let (from, to) = (old.to_string(), (old + 1).to_string());
    let lost = lost.map(|head| format!("{} {}", head.size, head.root));
    let mut changes = vec![
        Change { field: "epoch", old: Value::Public(&from), new: Value::Public(&to) },
        Change { field: "reason", old: Value::Absent, new: Value::Public(reason) },
    ];
    if let Some(lost) = &lost {
        changes.push(Change { field: "lost", old: Value::Public(lost), new: Value::Absent });
    }
    let leaf = by.leaf(entry, EPOCH_RESTART, Object { kind: "log", id: None }, changes);
    insert_all(tx, vec![append(vec![leaf])]).await?;
    seal_all(tx).await?;
    Ok(old + 1)
}

/// An epoch that begins with an entry: its number, and up to which size the one before is lost.
pub(crate) fn restarted(leaf: &Leaf<'_>) -> Option<(u32, u64)> {
    if leaf.kind != KIND || leaf.action != EPOCH_RESTART {
        return None;
    }
    let field = |name: &str| leaf.changes.iter().find(|change| change.field == name);
    let Value::Public(epoch) = field("epoch")?.new else { return None };
    let lost = match field("lost").map(|change| change.old) {
        Some(Value::Public(lost)) => lost.split(' ').next()?.parse().ok()?,
        _ => 0,
    };
    Some((epoch.parse().ok()?, lost))
}

async fn seal_all(tx: &impl ConnectionTrait) -> Result<(), LedgerError> {
    const AT_ONCE: u16 = 1000;
    loop {
        match seal(tx, AT_ONCE).await? {
            Sealed::Entries { n, .. } if n == u64::from(AT_ONCE) => {}
            Sealed::Entries { .. } => return Ok(()),
            Sealed::Elsewhere => {
                return Err(DbErr::Custom("entries are being sealed at this moment; try again".into()).into());
            }
        }
    }
}
