//! What the keys write: pieces of work in a batch, each a short one.

use jobs::{NewJob, Ticket};
use ledger::{Kept, Outcome, Side};
use model::{Instant, PersonId, Stream};
use sea_orm::{ConnectionTrait, DbErr, Value as SqlValue};
use store::insert_all;
use uuid::Uuid;
use vault::{Fingerprint, KeyId};

use super::{
    count,
    nodes::{self, Node},
    register::{How, Sealed},
    rotation::{self, Pace},
};
use crate::{
    account::{self, Actor},
    batch::{self, Book},
    sql::run,
};

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// A server says which keys it has, and what the database has not known of them is written down.
    Announce { node: Node, at: Instant, loaded: Option<String> },
    /// A server stops.
    Leave { node: Uuid },
    /// A step was taken, or refused.
    Note(Note),
    /// All values are to be sealed again under a key.
    Begin { rotation: Uuid, key: KeyId, pace: Pace, job: NewJob, note: Note },
    /// A re-encryption whose server died goes on now.
    GoOn { job: NewJob },
    /// Some values were sealed again.
    Swap { rotation: Uuid, swaps: Swaps, failed: u64, after: Uuid, at: Instant },
    /// A rotation goes to a column, from its beginning; with the first one a pass begins.
    Turn { rotation: Uuid, place: &'static str, is_new_pass: bool, at: Instant },
    /// A rotation is over.
    End { rotation: Uuid, key: KeyId, ticket: Ticket, at: Instant },
    /// Sessions end: all, or those that began before a moment.
    EndSessions { before: Option<Instant>, note: Note },
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An Admin, in the browser.
    Admin(Actor),
    /// Somebody at the machine itself.
    Operator,
    /// A server, by itself.
    Server,
}

/// An entry of the audit log.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) by: By,
    pub(crate) action: &'static str,
    pub(crate) outcome: Outcome,
    /// What became different, in words that name no secret: the field and its value.
    pub(crate) told: Vec<(&'static str, String)>,
    pub(crate) at: Instant,
}

impl Note {
    pub(crate) fn write(&self, book: &mut Book<'_>) {
        let by = match &self.by {
            By::Admin(actor) => batch::By::actor(actor),
            By::Operator => batch::By::OPERATOR,
            By::Server => batch::By::SERVER,
        };
        let changes = self.told.iter().map(|(field, value)| batch::told(field, value)).collect();
        let (kind, object) = ("keys", ("keys", None));
        book.note(batch::Note { kind, by, at: self.at, action: self.action, object, outcome: self.outcome, changes });
    }
}

/// Values that are put in the place of others, if those are still there.
#[derive(Debug)]
pub(crate) enum Swaps {
    /// Of a column: the row, what it held, what it holds now.
    Column(&'static Sealed, Vec<(Uuid, Vec<u8>, Vec<u8>)>),
    /// Of private values of the audit log: as they were, and the new value.
    Private(Vec<(Kept, Vec<u8>)>),
    /// Of the index of addresses: the old index, the new one, and whose it is.
    Index(KeyId, Vec<(Vec<u8>, Vec<u8>, PersonId)>),
}

impl Work {
    /// The streams that keep others out while it runs.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            // Whoever looks whether an address is taken holds it, too: no index moves under their eyes.
            Self::Swap { swaps: Swaps::Index(..), .. } => vec![Stream::Instance],
            _ => Vec::new(),
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let tx = book.tx()?;
        match self {
            Self::Announce { node, at, loaded } => {
                nodes::announce(tx, node, *at).await?;
                if let Some(ring) = loaded {
                    let told = vec![("server", node.name.clone()), ("keys", ring.clone())];
                    let (by, outcome) = (By::Server, Outcome::Done);
                    Note { by, action: "keys_load", outcome, told, at: *at }.write(book);
                }
            }
            Self::Leave { node } => {
                run(tx, "DELETE FROM vault_nodes WHERE id = $1", [(*node).into()]).await?;
            }
            Self::Note(note) => note.write(book),
            Self::Begin { rotation, key, pace, job, note } => {
                let left = count::elsewhere(&count::count(tx).await?, *key);
                if rotation::begin(tx, *rotation, *key, *pace, left, note.at).await? {
                    note.write(book);
                }
                book.enqueue(vec![job.clone()]).await?;
            }
            Self::GoOn { job } => book.enqueue(vec![job.clone()]).await?,
            Self::Swap { rotation, swaps, failed, after, at } => {
                let wanted = swaps.len();
                let done = swaps.run(tx).await?;
                let skipped = wanted.saturating_sub(done);
                rotation::went_on(tx, *rotation, (done, skipped, *failed), *after, *at).await?;
            }
            Self::Turn { rotation, place, is_new_pass, at } => {
                rotation::turn(tx, *rotation, place, *is_new_pass, *at).await?;
            }
            Self::End { rotation, key, ticket, at } => {
                // Somebody else does this job, or nobody wants it any more.
                if ticket.done_in(tx).await? {
                    let left = count::elsewhere(&count::count(tx).await?, *key);
                    rotation::end(tx, *rotation, *at).await?;
                    let told = vec![("key", key.to_string()), ("left", left.to_string())];
                    let (by, outcome) = (By::Server, Outcome::Done);
                    Note { by, action: "keys_rotated", outcome, told, at: *at }.write(book);
                }
            }
            Self::EndSessions { before, note } => {
                account::end_everybody(book, *before, note.at).await?;
                note.write(book);
            }
        }
        Ok(())
    }
}

impl Swaps {
    fn len(&self) -> u64 {
        let n = match self {
            Self::Column(_, swaps) => swaps.len(),
            Self::Private(swaps) => swaps.len(),
            Self::Index(_, swaps) => swaps.len(),
        };
        n as u64
    }

    /// Puts in what is new; answers how many there were. A value that somebody has changed meanwhile stays as they left it.
    async fn run(&self, tx: &impl ConnectionTrait) -> Result<u64, DbErr> {
        match self {
            Self::Column(sealed, swaps) => {
                let Sealed { table, id, name, how, .. } = sealed;
                debug_assert_eq!(*how, How::Update);
                let values: Vec<SqlValue> = swaps
                    .iter()
                    .flat_map(|(row, old, new)| [(*row).into(), old.clone().into(), new.clone().into()])
                    .collect();
                let head = format!("UPDATE {table} SET {name} = v.column3");
                swap(tx, &head, &format!("{table}.{id} = v.column1 AND {table}.{name} = v.column2"), values, 3).await
            }
            Self::Index(key, swaps) => {
                let values: Vec<SqlValue> = swaps
                    .iter()
                    .flat_map(|(old, new, person)| [old.clone().into(), new.clone().into(), (*person).into()])
                    .collect();
                let head = format!("UPDATE user_email_index SET mac = v.column2, key_id = {key}");
                let fits = "user_email_index.mac = v.column1 AND user_email_index.person = v.column3";
                swap(tx, &head, fits, values, 3).await
            }
            Self::Private(swaps) => {
                let mut rows = Vec::with_capacity(swaps.len());
                for (old, new) in swaps {
                    let sql = "DELETE FROM ledger_private WHERE entry = $1 AND side = $2 AND field = $3 AND value = $4";
                    let side = match old.side {
                        Side::Old => 0_i16,
                        Side::New => 1,
                        Side::Beside => 2,
                    };
                    let values = [
                        Uuid::from_bytes(old.entry).into(),
                        side.into(),
                        old.field.clone().into(),
                        old.value.clone().into(),
                    ];
                    // One that was erased meanwhile must not come back.
                    if run(tx, sql, values).await? > 0 {
                        rows.push(Kept { value: new.clone(), ..old.clone() });
                    }
                }
                let n = rows.len() as u64;
                insert_all(tx, vec![ledger::keep(rows)]).await?;
                Ok(n)
            }
        }
    }
}

/// `UPDATE … FROM (VALUES …) AS v WHERE …`, which both engines read: one journey for many rows. The lists come in few lengths,
/// so that the statements stay prepared: the last row is repeated, and a row changes once.
async fn swap(
    tx: &impl ConnectionTrait,
    head: &str,
    fits: &str,
    mut values: Vec<SqlValue>,
    width: usize,
) -> Result<u64, DbErr> {
    let n = values.len() / width;
    if n == 0 {
        return Ok(0);
    }
    let last: Vec<SqlValue> = values[values.len() - width..].to_vec();
    for _ in n..n.next_power_of_two() {
        values.extend(last.iter().cloned());
    }
    let rows: Vec<String> = (0..values.len() / width)
        .map(|row| {
            let marks: Vec<String> = (1..=width).map(|place| format!("${}", row * width + place)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    run(tx, &format!("{head} FROM (VALUES {}) AS v WHERE {fits}", rows.join(", ")), values).await
}

/// A key as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub key: KeyId,
    /// Its fingerprint, 16 hexadecimal digits.
    pub fingerprint: String,
    /// When a server had it first.
    pub added_at: Instant,
    /// When it began to seal; nothing if it never did.
    pub promoted_at: Option<Instant>,
    /// Since when it opens nothing any more.
    pub retired_at: Option<Instant>,
}

/// The fingerprints of a ring, as texts.
pub(super) fn told(fingerprint: Fingerprint) -> String {
    fingerprint.to_string()
}
