//! Sealing: what waits gets its position in the log.
//!
//! Must not know: what entries tell, and when the transaction commits. Nothing here begins one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};
use store::{Insert, Row, get, insert_all, one, run};

use crate::{
    Hash, Leaf, LedgerError, Projection,
    frontier::Frontier,
    hashes::{Hashes, number},
    leaf_hash,
};

/// What a seal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// So many entries got their positions, and the log has `size` now.
    Entries {
        /// How many were sealed. As many as were asked for: there may be more.
        n: u64,
        /// The entries that the log has now.
        size: u64,
    },
    /// Somebody else is sealing at this moment.
    Elsewhere,
}

/// Gives up to `limit` of the entries that wait their positions, in the order of their identity.
///
/// Takes what this transaction sees and removes exactly those rows: identities commit out of order on PostgreSQL, and one
/// that comes late is taken the next time. Two sealers at once do no harm: the second goes away on PostgreSQL, and waits for
/// the transaction on SQLite.
///
/// # Errors
///
/// [`LedgerError::NotALeaf`] for what this program cannot read; [`LedgerError::Damaged`] when the tree cannot be gone on
/// with. The caller must then roll back.
pub async fn seal(tx: &impl ConnectionTrait, limit: u16) -> Result<Sealed, LedgerError> {
    if !lock(tx).await? {
        return Ok(Sealed::Elsewhere);
    }
    let (waiting, size) = (waiting(tx, limit).await?, size(tx).await?);
    if waiting.is_empty() {
        return Ok(Sealed::Entries { n: 0, size });
    }
    let mut frontier = frontier(tx, size).await?;
    let (mut entries, mut nodes) = (Vec::with_capacity(waiting.len()), Vec::new());
    for (row, body) in &waiting {
        let hash = leaf_hash(body);
        let leaf = Leaf::decode(body).map_err(|source| LedgerError::NotALeaf { row: *row, source })?;
        entries.push(entry_row(frontier.size(), hash, &Projection::of(&leaf), body.clone()));
        nodes.extend(frontier.push(hash).into_iter().map(|(level, place, hash)| node_row(level, place, hash)));
    }
    let n = waiting.len() as u64;
    take(tx, waiting.into_iter().map(|(id, _)| id).collect()).await?;
    let head = "INSERT INTO ledger_entries (position, body, hash, at, kind, actor_kind, actor, action, object_kind, \
                object, project, outcome)";
    let of_nodes = Insert::new("INSERT INTO ledger_nodes (level, place, hash)", nodes);
    insert_all(tx, vec![Insert::new(head, entries), of_nodes]).await?;
    Ok(Sealed::Entries { n, size: frontier.size() })
}

/// The rows that wait, in the order of their identity. All of them come as one: SQLite's driver takes as long to hand a row over
/// as the database takes to find it.
async fn waiting(tx: &impl ConnectionTrait, limit: u16) -> Result<Vec<(i64, Vec<u8>)>, LedgerError> {
    let sql = if tx.get_database_backend() == DbBackend::Postgres {
        "SELECT string_agg(id || ':' || length(body), ','), string_agg(body, '') \
         FROM (SELECT id, body FROM ledger_pending ORDER BY id LIMIT $1) AS waiting"
    } else {
        // In a database of UTF-8, as ours are, the bytes of a blob pass through `group_concat` as they are.
        "SELECT group_concat(id || ':' || length(body), ','), CAST(group_concat(body, '') AS BLOB) \
         FROM (SELECT id, body FROM ledger_pending ORDER BY id LIMIT $1)"
    };
    let Some(row) = one(tx, sql, [i64::from(limit).into()]).await? else { return Ok(Vec::new()) };
    let (Some(list), Some(bodies)) = (get::<Option<String>>(&row, 0)?, get::<Option<Vec<u8>>>(&row, 1)?) else {
        return Ok(Vec::new());
    };
    let cut = || DbErr::Custom("the entries that wait did not come in one piece".to_owned());
    let (mut waiting, mut rest) = (Vec::new(), &*bodies);
    for entry in list.split(',') {
        let (id, length) = entry.split_once(':').ok_or_else(cut)?;
        let (id, length) = (id.parse().map_err(|_| cut())?, length.parse().map_err(|_| cut())?);
        let (body, next) = rest.split_at_checked(length).ok_or_else(cut)?;
        waiting.push((id, body.to_vec()));
        rest = next;
    }
    if !rest.is_empty() {
        return Err(cut().into());
    }
    // Aggregates promise no order.
    waiting.sort_unstable_by_key(|(id, _)| *id);
    Ok(waiting)
}

/// How many entries the log has.
///
/// # Errors
///
/// The database's.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let row = one(db, "SELECT CAST(coalesce(max(position) + 1, 0) AS BIGINT) FROM ledger_entries", []).await?;
    row.map_or(Ok(0), |row| get::<i64>(&row, 0).map(i64::unsigned_abs))
}

pub(crate) async fn frontier(db: &impl ConnectionTrait, size: u64) -> Result<Frontier, LedgerError> {
    Frontier::of(&Hashes::load(db, size, &[size]).await?, size)
}

/// Keeps other sealers and signers out until the transaction ends; `false` if one is there. On SQLite there is only one
/// transaction that writes.
pub(crate) async fn lock(tx: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    // The number is arbitrary; it only has to be the same in every process.
    let row = one(tx, "SELECT pg_try_advisory_xact_lock(7824115002)", []).await?;
    row.map_or(Ok(false), |row| get(&row, 0))
}

fn entry_row(position: u64, hash: Hash, told: &Projection, body: Vec<u8>) -> Row {
    let mut row = vec![number(position).into(), body.into(), hash.0.to_vec().into()];
    row.extend(told.values());
    row
}

fn node_row(level: u32, place: u64, hash: Hash) -> Row {
    vec![i16::try_from(level).unwrap_or(i16::MAX).into(), number(place).into(), hash.0.to_vec().into()]
}

/// Removes exactly these rows.
async fn take(tx: &impl ConnectionTrait, ids: Vec<i64>) -> Result<(), DbErr> {
    let n = ids.len() as u64;
    let (sql, values): (_, Vec<Value>) = if tx.get_database_backend() == DbBackend::Postgres {
        ("DELETE FROM ledger_pending WHERE id = ANY($1)", vec![ids.into()])
    } else {
        // Nobody else writes meanwhile: between the first and the last there are no others.
        let bounds = [ids.first(), ids.last()].map(|id| id.copied().unwrap_or_default().into());
        ("DELETE FROM ledger_pending WHERE id >= $1 AND id <= $2", bounds.into())
    };
    let removed = run(tx, sql, values).await?;
    if removed == n {
        Ok(())
    } else {
        Err(DbErr::Custom(format!("{removed} of {n} waiting entries could be taken; the seal is given up")))
    }
}
