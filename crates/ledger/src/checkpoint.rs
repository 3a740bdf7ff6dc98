//! Checkpoints: what the tree is at a moment, signed; and receipts of what was anchored.
//!
//! A checkpoint is only ever signed for a tree that is an extension of the last one, and of what anchors remember.

use sea_orm::{ConnectionTrait, DbErr};
use store::{all, get, one, run};

use crate::{
    LedgerError, NoteError, PublicKey, Signer, TreeHead,
    hashes::{Hashes, number},
    leaf_hash,
    note::open,
    seal::{frontier, lock, size},
};

/// A signed checkpoint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The entries that it covers.
    pub size: u64,
    /// When it was signed, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The signed note.
    pub note: String,
}

/// The action of an entry of the log itself, with which an epoch begins.
pub(crate) const EPOCH_RESTART: &str = "epoch_restart";

/// Signs the tree if it has grown since the last checkpoint: `None` if it has not, or if somebody else is at it.
///
/// `anchored` are the newest checkpoints that anchors outside of the database remember.
///
/// # Errors
///
/// [`LedgerError::Fork`] when the tree is no extension of the last checkpoint or of what is anchored, or the last checkpoint
/// is not by one of our keys. Nothing was signed then.
pub async fn sign(
    tx: &impl ConnectionTrait,
    signer: &Signer,
    at_ms: i64,
    anchored: &[TreeHead],
) -> Result<Option<Checkpoint>, LedgerError> {
    if !lock(tx).await? {
        return Ok(None);
    }
    let size = size(tx).await?;
    let (Some(name), epoch) = (name(tx).await?, epoch(tx).await?) else { return Ok(None) };
    let mut count = 0;
    let mut covered = 0;
    if let Some((last, note)) = last(tx).await? {
        let head = TreeHead::of_note(&note)?;
        let is_of_this_epoch = head.name_and_epoch() == Some((name.as_str(), epoch));
        if is_of_this_epoch && open(&note, &signer.public(&name)).is_err() {
            return Err(LedgerError::Fork { signed: head.size, size });
        }
        extends(tx, size, &head).await?;
        (count, covered) = (last + 1, head.size);
    }
    for head in anchored.iter().filter(|head| head.name_and_epoch() == Some((name.as_str(), epoch))) {
        extends(tx, size, head).await?;
    }
    if size == covered {
        return Ok(None);
    }
    let root = frontier(tx, size).await?.root();
    let head = TreeHead { origin: format!("{name}/{epoch}"), size, root, at_ms: Some(at_ms) };
    let note = signer.sign(&name, &head.text());
    let keys: Vec<String> = signer.public(&name).iter().map(ToString::to_string).collect();
    let sql = "INSERT INTO ledger_checkpoints (number, size, at, keys, note) VALUES ($1, $2, $3, $4, $5)";
    let values = [count.into(), number(size).into(), at_ms.into(), keys.join("\n").into(), note.clone().into()];
    run(tx, sql, values).await?;
    Ok(Some(Checkpoint { size, at_ms, note }))
}

/// The newest checkpoint.
///
/// # Errors
///
/// The database's.
pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<Checkpoint>, DbErr> {
    let sql = "SELECT size, at, note FROM ledger_checkpoints ORDER BY number DESC LIMIT 1";
    let read = |row| {
        Ok::<_, DbErr>(Checkpoint {
            size: get::<i64>(&row, 0)?.unsigned_abs(),
            at_ms: get(&row, 1)?,
            note: get(&row, 2)?,
        })
    };
    one(db, sql, []).await?.map(read).transpose()
}

/// The name of the log, made of its first entry: every installation has one of its own, and it can be checked. `None` as long
/// as there is no entry.
///
/// # Errors
///
/// The database's.
pub async fn name(db: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let row = one(db, "SELECT body FROM ledger_entries WHERE position = 0", []).await?;
    row.map(|row| Ok(name_of(&get::<Vec<u8>>(&row, 0)?))).transpose()
}

pub(crate) fn name_of(first: &[u8]) -> String {
    format!("muster/{}", &leaf_hash(first).to_string()[..16])
}

/// The epoch that the log is in.
///
/// # Errors
///
/// The database's.
pub async fn epoch(db: &impl ConnectionTrait) -> Result<u32, DbErr> {
    let sql = "SELECT CAST(count(*) AS BIGINT) FROM ledger_entries WHERE action = $1 AND kind = 'ledger'";
    let row = one(db, sql, [EPOCH_RESTART.into()]).await?;
    let n = row.map_or(Ok(0), |row| get::<i64>(&row, 0))?;
    Ok(u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1))
}

/// Notes that an anchor has taken a checkpoint, with a signed receipt. This is for people; what proves is with the anchor.
///
/// # Errors
///
/// The database's.
pub async fn note_anchored(
    tx: &impl ConnectionTrait,
    signer: &Signer,
    sink: &str,
    size: u64,
    at_ms: i64,
) -> Result<(), LedgerError> {
    let Some(name) = name(tx).await? else { return Ok(()) };
    if !lock(tx).await? {
        // Whoever signs at this moment is about to anchor too; the next round notes it.
        return Ok(());
    }
    let known = "SELECT 1 FROM ledger_anchors WHERE sink = $1 AND size >= $2 LIMIT 1";
    if one(tx, known, [sink.into(), number(size).into()]).await?.is_some() {
        return Ok(());
    }
    let note = signer.sign(&name, &receipt(&name, sink, size, at_ms));
    let sql = "INSERT INTO ledger_anchors (number, sink, size, at, note) \
               SELECT coalesce(max(number) + 1, 0), $1, $2, $3, $4 FROM ledger_anchors";
    run(tx, sql, [sink.into(), number(size).into(), at_ms.into(), note.into()]).await?;
    Ok(())
}

/// What a sink has taken last, as its newest receipt tells. This is for people; what proves is with the anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What people call the sink.
    pub sink: String,
    /// How many entries the checkpoint covers that it took last.
    pub size: u64,
    /// When that was, in milliseconds since 1970 UTC.
    pub at_ms: i64,
}

/// The newest receipt of each sink, by name. It jumps through an index from one sink to the next, so it takes as long as there
/// are sinks, not receipts.
///
/// # Errors
///
/// The database's.
pub async fn receipts(db: &impl ConnectionTrait) -> Result<Vec<Receipt>, DbErr> {
    let sql = "WITH RECURSIVE found(sink) AS (SELECT min(sink) FROM ledger_anchors UNION ALL \
               SELECT (SELECT min(a.sink) FROM ledger_anchors a WHERE a.sink > found.sink) FROM found \
               WHERE found.sink IS NOT NULL) \
               SELECT a.sink, a.size, a.at FROM found JOIN ledger_anchors a ON a.sink = found.sink \
               WHERE a.size = (SELECT max(b.size) FROM ledger_anchors b WHERE b.sink = found.sink) ORDER BY a.sink, a.at";
    let mut newest: Vec<Receipt> = Vec::new();
    for row in all(db, sql, []).await? {
        let receipt = Receipt { sink: get(&row, 0)?, size: get::<i64>(&row, 1)?.unsigned_abs(), at_ms: get(&row, 2)? };
        newest.pop_if(|before| before.sink == receipt.sink);
        newest.push(receipt);
    }
    Ok(newest)
}

/// The lines of a receipt.
pub(crate) fn receipt(name: &str, sink: &str, size: u64, at_ms: i64) -> String {
    format!("{name}/anchored\n{sink}\n{size}\n{at_ms}\n")
}

/// The keys that signed a checkpoint, as its row tells.
pub(crate) fn keys_of(text: &str) -> Result<Vec<PublicKey>, NoteError> {
    text.lines().map(PublicKey::parse).collect()
}

async fn last(tx: &impl ConnectionTrait) -> Result<Option<(i64, String)>, DbErr> {
    let sql = "SELECT number, note FROM ledger_checkpoints ORDER BY number DESC LIMIT 1";
    one(tx, sql, []).await?.map(|row| Ok((get(&row, 0)?, get(&row, 1)?))).transpose()
}

async fn extends(tx: &impl ConnectionTrait, size: u64, head: &TreeHead) -> Result<(), LedgerError> {
    let fork = LedgerError::Fork { signed: head.size, size };
    if head.size > size {
        return Err(fork);
    }
    let hashes = Hashes::load(tx, size, &[head.size]).await?;
    if hashes.root_of(0..head.size)? == head.root { Ok(()) } else { Err(fork) }
}
