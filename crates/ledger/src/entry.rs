//! A sealed entry as it lies in the database: its bytes, and what of them stands beside in columns, to be searched.

use sea_orm::{DbErr, QueryResult, Value};
use store::get;
use uuid::Uuid;

use crate::{Leaf, Outcome};

/// What of a leaf stands in columns of its own. It must say what the leaf says; only the leaf is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// When it happened, in microseconds since 1970-01-01T00:00:00 UTC.
    pub at_us: i64,
    /// The family.
    pub kind: String,
    /// What sort of actor.
    pub actor_kind: String,
    /// Who.
    pub actor: Option<Uuid>,
    /// What was done or tried.
    pub action: String,
    /// To what sort of thing.
    pub object_kind: String,
    /// To which.
    pub object: Option<Uuid>,
    /// In which project.
    pub project: Option<Uuid>,
    /// How it ended.
    pub outcome: i16,
}

/// The columns in their order.
pub(crate) const COLUMNS: [&str; 9] =
    ["at", "kind", "actor_kind", "actor", "action", "object_kind", "object", "project", "outcome"];

impl Projection {
    /// That of a leaf.
    #[must_use]
    pub fn of(leaf: &Leaf<'_>) -> Self {
        Self {
            at_us: leaf.at_us,
            kind: leaf.kind.to_owned(),
            actor_kind: leaf.actor.kind.to_owned(),
            actor: leaf.actor.id.map(Uuid::from_bytes),
            action: leaf.action.to_owned(),
            object_kind: leaf.object.kind.to_owned(),
            object: leaf.object.id.map(Uuid::from_bytes),
            project: leaf.project.map(Uuid::from_bytes),
            outcome: leaf.outcome.number(),
        }
    }

    pub(crate) fn values(&self) -> [Value; COLUMNS.len()] {
        let text = |text: &str| Value::from(text);
        [
            self.at_us.into(),
            text(&self.kind),
            text(&self.actor_kind),
            self.actor.into(),
            text(&self.action),
            text(&self.object_kind),
            self.object.into(),
            self.project.into(),
            self.outcome.into(),
        ]
    }

    /// The columns from `first` on that do not say what this says.
    pub(crate) fn differs(&self, row: &QueryResult, first: usize) -> Option<&'static str> {
        fn is<T: sea_orm::TryGetable + PartialEq>(row: &QueryResult, place: usize, value: &T) -> bool {
            get::<T>(row, place).is_ok_and(|found| found == *value)
        }
        let same = [
            is(row, first, &self.at_us),
            is(row, first + 1, &self.kind),
            is(row, first + 2, &self.actor_kind),
            is(row, first + 3, &self.actor),
            is(row, first + 4, &self.action),
            is(row, first + 5, &self.object_kind),
            is(row, first + 6, &self.object),
            is(row, first + 7, &self.project),
            is(row, first + 8, &self.outcome),
        ];
        same.iter().position(|same| !same).map(|column| COLUMNS[column])
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its position.
    pub position: u64,
    /// Its bytes; see [`Leaf::decode`].
    pub body: Vec<u8>,
}

impl Entry {
    /// Reads `position, body` from the first columns of a row.
    pub(crate) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self { position: get::<i64>(row, 0)?.unsigned_abs(), body: get(row, 1)? })
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// When its bytes are no leaf.
    pub fn leaf(&self) -> Result<Leaf<'_>, crate::LeafError> {
        Leaf::decode(&self.body)
    }
}

/// The name of an outcome, as people and exports read it.
impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}
