//! Finding entries: by project, person, object, action and time, the newest first, in pages.
//!
//! Pages are stable while entries arrive: a page begins behind the last entry of the one before, by its time and position,
//! and neither ever changes.

use std::fmt::Write as _;

use sea_orm::{ConnectionTrait, DbErr, Value};
use store::{all, get, one};
use uuid::Uuid;

use crate::{Entry, Kept, LedgerError, TreeHead, checkpoint::Checkpoint, hashes::number, proof::inclusion};

/// Which entries. What is `None` is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this project.
    pub project: Option<Uuid>,
    /// By this person.
    pub actor: Option<Uuid>,
    /// About this object.
    pub object: Option<Uuid>,
    /// Of this action.
    pub action: Option<String>,
    /// From this moment on, in microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// Before this moment.
    pub until_us: Option<i64>,
}

/// Where a page ended: the next one begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time of its last entry.
    pub at_us: i64,
    /// Its position.
    pub position: u64,
}

/// Some entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries, the newest first.
    pub entries: Vec<Entry>,
    /// Where to go on, if there are more.
    pub next: Option<Cursor>,
}

/// A page of the entries that fit, of those that are sealed.
///
/// # Errors
///
/// The database's.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u16,
) -> Result<Page, DbErr> {
    let mut values: Vec<Value> = Vec::new();
    let mut sql = String::from("SELECT position, body, at FROM ledger_entries WHERE true");
    let mut put = |condition: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            values.push(value);
            // Writing to a String cannot fail, here and below.
            let _ = write!(sql, "{condition}${}", values.len());
        }
    };
    put(" AND project = ", filter.project.map(Into::into));
    put(" AND actor = ", filter.actor.map(Into::into));
    put(" AND object = ", filter.object.map(Into::into));
    put(" AND action = ", filter.action.clone().map(Into::into));
    put(" AND at >= ", filter.from_us.map(Into::into));
    put(" AND at < ", filter.until_us.map(Into::into));
    if let Some(Cursor { at_us, position }) = after {
        values.extend([at_us.into(), number(position).into()]);
        let _ = write!(sql, " AND (at, position) < (${}, ${})", values.len() - 1, values.len());
    }
    // One more than asked for tells whether there are more.
    values.push((i64::from(limit) + 1).into());
    let _ = write!(sql, " ORDER BY at DESC, position DESC LIMIT ${}", values.len());
    let mut rows = all(db, &sql, values).await?;
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    let entries = rows.iter().map(Entry::read).collect::<Result<Vec<_>, _>>()?;
    let last = rows.last().filter(|_| has_more).zip(entries.last());
    let next = last.map(|(row, entry)| Ok::<_, DbErr>(Cursor { at_us: get(row, 2)?, position: entry.position }));
    Ok(Page { next: next.transpose()?, entries })
}

/// One entry.
///
/// # Errors
///
/// The database's.
pub async fn entry(db: &impl ConnectionTrait, position: u64) -> Result<Option<Entry>, DbErr> {
    let sql = "SELECT position, body FROM ledger_entries WHERE position = $1";
    one(db, sql, [number(position).into()]).await?.map(|row| Entry::read(&row)).transpose()
}

/// All actions that there are entries of, in their order. It jumps through the index from one to the next, so it takes as long
/// as there are actions, not entries.
///
/// # Errors
///
/// The database's.
pub async fn actions(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "WITH RECURSIVE found(action) AS (SELECT min(action) FROM ledger_entries UNION ALL \
               SELECT (SELECT min(e.action) FROM ledger_entries e WHERE e.action > found.action) FROM found \
               WHERE found.action IS NOT NULL) SELECT action FROM found WHERE action IS NOT NULL";
    all(db, sql, []).await?.iter().map(|row| get(row, 0)).collect()
}

/// The private values of an entry that were not erased.
///
/// # Errors
///
/// The database's.
pub async fn kept(db: &impl ConnectionTrait, entry: [u8; 16]) -> Result<Vec<Kept>, DbErr> {
    let sql =
        "SELECT entry, side, field, person, salt, value FROM ledger_private WHERE entry = $1 ORDER BY side, field";
    let rows = all(db, sql, [Uuid::from_bytes(entry).into()]).await?;
    Ok(rows.iter().filter_map(Kept::read).collect())
}

/// The first checkpoint that covers an entry.
///
/// # Errors
///
/// The database's.
pub async fn covering(db: &impl ConnectionTrait, position: u64) -> Result<Option<Checkpoint>, DbErr> {
    let sql = "SELECT size, at, note FROM ledger_checkpoints WHERE size > $1 ORDER BY size LIMIT 1";
    let row = one(db, sql, [number(position).into()]).await?;
    let read = |row| {
        let size = get::<i64>(&row, 0)?.unsigned_abs();
        Ok::<_, DbErr>(Checkpoint { size, at_ms: get(&row, 1)?, note: get(&row, 2)? })
    };
    row.map(read).transpose()
}

/// The proof that an entry is in the log, as C2SP tlog-proof, with the entry's bytes as `extra`: whoever has the log's public
/// key can check it without anything else. `None` while no checkpoint covers the entry.
///
/// # Errors
///
/// [`LedgerError::NoEntry`] when there is no such entry; the database's.
pub async fn proof_text(db: &impl ConnectionTrait, position: u64) -> Result<Option<String>, LedgerError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let Some(Entry { body, .. }) = entry(db, position).await? else {
        return Err(LedgerError::NoEntry { position, size: crate::size(db).await? });
    };
    let Some(Checkpoint { note, .. }) = covering(db, position).await? else { return Ok(None) };
    let size = TreeHead::of_note(&note)?.size;
    let hashes = inclusion(db, position, size).await?;
    let path: String = hashes.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
    Ok(Some(format!("c2sp.org/tlog-proof@v1\nextra {}\nindex {position}\n{path}\n{note}", STANDARD.encode(body))))
}
