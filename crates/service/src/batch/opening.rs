//! What is read when a batch begins: where its streams stand, who is signed in, and what was answered before.

use model::{Done, Instant, OpId, PersonId, Stream};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

use crate::{
    account::{Claim, Session, living},
    batch::{Item, Ordered},
    sql::{all, get, id, padded, stream_of},
};

/// Where a stream stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) numbered: i64,
}

/// What was answered to an operation.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) hash: Vec<u8>,
    pub(super) stream: Stream,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Stored {
    /// The answer to a repeat: the events are in the feed.
    pub(super) fn done(&self) -> Done {
        Done { stream: self.stream, first: self.first, last: self.last, events: Vec::new() }
    }
}

pub(super) fn commands(items: &[Item]) -> impl Iterator<Item = &Ordered> {
    items.iter().filter_map(|item| match item {
        Item::Command(ordered) => Some(&**ordered),
        _ => None,
    })
}

/// Locks the streams' rows and reads where they stand. Those that do not exist yet are left out.
pub(super) async fn lock(tx: &DatabaseTransaction, streams: &[Stream]) -> Result<BTreeMap<Stream, Head>, DbErr> {
    if streams.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<Uuid> = streams.iter().map(|s| s.uuid()).collect();
    let (list, values) = padded(&ids, 1);
    // SQLite's transaction holds the only write lock already. PostgreSQL locks in the order of the rows.
    let lock = if tx.get_database_backend() == DbBackend::Postgres { "FOR NO KEY UPDATE" } else { "" };
    let sql = format!("SELECT id, kind, seq, numbered FROM streams WHERE id IN {list} ORDER BY kind, id {lock}");
    let mut heads = BTreeMap::new();
    for row in all(tx, &sql, values).await? {
        if let Some(stream) = stream_of(get(&row, 1)?, id(&row, 0)?) {
            heads.insert(stream, Head { seq: get(&row, 2)?, numbered: get(&row, 3)? });
        }
    }
    Ok(heads)
}

/// The sessions of this batch that live. That one is used is noted here, now and then.
pub(super) async fn signed_in(tx: &DatabaseTransaction, items: &[Item]) -> Result<Vec<Session>, DbErr> {
    let claims: Vec<Claim> = commands(items).map(|c| c.claim).collect();
    // What came in last decides for all: they differ by the moments that they waited for each other.
    let now = commands(items).map(|c| c.at).max().unwrap_or(Instant::from_ms(0));
    let sessions = living(tx, &claims, now).await?;
    for session in sessions.iter().filter(|s| s.is_stale(now)) {
        session.touch(tx, now).await?;
    }
    Ok(sessions)
}

/// What the operations of this batch were answered before, if they were. Comes after the lock, so that it sees what
/// somebody else did under it.
pub(super) async fn answered(
    tx: &DatabaseTransaction,
    items: &[Item],
) -> Result<HashMap<(PersonId, OpId), Stored>, DbErr> {
    let ops: Vec<OpId> = commands(items).map(|c| c.envelope.op).collect();
    let mut found = HashMap::new();
    if ops.is_empty() {
        return Ok(found);
    }
    let (list, values) = padded(&ops, 1);
    let sql = format!("SELECT op, actor, hash, stream_kind, stream, first_seq, last_seq FROM ops WHERE op IN {list}");
    for row in all(tx, &sql, values).await? {
        if let Some(stream) = stream_of(get(&row, 3)?, id(&row, 4)?) {
            let stored = Stored { hash: get(&row, 2)?, stream, first: get(&row, 5)?, last: get(&row, 6)? };
            found.insert((id(&row, 1)?, id(&row, 0)?), stored);
        }
    }
    Ok(found)
}
