//! Verifies the log in a database.
//!
//! Nothing that is read is believed to be of its type: who edits a database may put anything into it.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, TryGetable};
use store::{all, get, one};
use uuid::Uuid;

use crate::{
    Against, Fault, Finding, Hash, Leaf, Verified,
    hashes::{STRIDE, number},
    own::Kept,
    verify::{AnchorRow, CheckpointRow, Committed, Verifier},
};

/// How many entries are read at once.
const PAGE: usize = 2048;

/// How a kept private value is opened: `None` when it cannot be.
pub type Opener<'a> = &'a (dyn Fn(&Kept) -> Option<Vec<u8>> + Send + Sync);

/// Verifies the whole log that a transaction sees, which should be one of a single moment: entries and their columns, nodes,
/// checkpoints, receipts, private values, and what the anchors say. Answers what it found; an error says that it could not be
/// looked at.
///
/// # Errors
///
/// The database's.
pub async fn verify(
    db: &impl ConnectionTrait,
    against: Against,
    opener: Opener<'_>,
) -> Result<Result<Verified, Finding>, DbErr> {
    match walk(db, Verifier::new(against), opener).await {
        Ok(verified) => Ok(Ok(verified)),
        Err(Stop::Finding(finding)) => Ok(Err(finding)),
        Err(Stop::Database(error)) => Err(error),
    }
}

/// Why a walk ends early.
enum Stop {
    Finding(Finding),
    Database(DbErr),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

impl From<DbErr> for Stop {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

async fn walk(db: &impl ConnectionTrait, mut verifier: Verifier, opener: Opener<'_>) -> Result<Verified, Stop> {
    let sql = "SELECT number, size, at, keys, note FROM ledger_checkpoints ORDER BY number NULLS LAST";
    for row in all(db, sql, []).await? {
        let [number, size, at_ms] = [0, 1, 2].map(|place| cell(&row, place));
        verifier.checkpoint(&CheckpointRow { number, size, at_ms, keys: cell(&row, 3), note: cell(&row, 4) })?;
    }
    let sql = "SELECT number, sink, size, at, note FROM ledger_anchors ORDER BY number NULLS LAST";
    let mut furthest = 0;
    for (number, row) in (0..).zip(all(db, sql, []).await?) {
        let (sink, note) = (cell(&row, 1), cell(&row, 4));
        let receipt = AnchorRow { number: cell(&row, 0), sink, size: cell(&row, 2), at_ms: cell(&row, 3), note };
        furthest = verifier.receipt(number, &receipt)?.max(furthest);
    }
    verifier.begin()?;
    let n_nodes = entries(db, &mut verifier, opener).await?;
    let n_stored = count(db, "SELECT CAST(count(*) AS BIGINT) FROM ledger_nodes").await?;
    let size = verifier.size();
    if n_stored != n_nodes {
        let told = format!("{n_stored} nodes are stored where {n_nodes} belong to the entries");
        return Err(Finding { fault: Fault::Node, position: 0, upto: size.saturating_sub(1), told }.into());
    }
    if furthest > size && !verifier.has_remarks() {
        let told = format!("the log ends before entry #{size}, but {furthest} were anchored");
        return Err(Finding { fault: Fault::Truncated, position: size, upto: furthest - 1, told }.into());
    }
    // What was erased a moment ago is said by an entry that may still wait.
    let waiting = "SELECT body FROM ledger_pending ORDER BY id";
    let waiting = if verifier.misses() { all(db, waiting, []).await? } else { Vec::new() };
    for body in waiting.iter().filter_map(|row| cell::<Vec<u8>>(row, 0)) {
        verifier.waiting(&body);
    }
    let waits = waits_since(db).await?;
    let n_private = count(db, "SELECT CAST(count(*) AS BIGINT) FROM ledger_private").await?;
    // Values of entries that still wait are not looked at yet.
    let n_private = if waits.is_some() { None } else { Some(n_private) };
    Ok(verifier.end(n_private, waits)?)
}

/// Answers how many nodes belong to the entries.
async fn entries(db: &impl ConnectionTrait, verifier: &mut Verifier, opener: Opener<'_>) -> Result<u64, Stop> {
    let sql = "SELECT position, body, hash, at, kind, actor_kind, actor, action, object_kind, object, project, outcome \
               FROM ledger_entries WHERE position >= $1 ORDER BY position LIMIT $2";
    let (mut n_rows, mut n_nodes) = (0, 0);
    loop {
        let rows = all(db, sql, [number(verifier.size()).into(), number(PAGE as u64).into()]).await?;
        let (mut nodes, mut committed) = (Vec::new(), Vec::new());
        // What is wrong with a node is wrong before what is wrong with a later entry.
        let mut found = Ok(());
        for row in &rows {
            match entry(verifier, row) {
                Ok(seen) => {
                    nodes.extend(seen.0);
                    committed.extend(seen.1);
                }
                Err(finding) => {
                    found = Err(finding);
                    break;
                }
            }
        }
        n_nodes += nodes.len() as u64;
        compare_nodes(db, &nodes).await?;
        let kept = kept(db, &committed, opener).await?;
        verifier.private(committed, &kept)?;
        found?;
        n_rows += rows.len() as u64;
        if rows.len() < PAGE {
            break;
        }
    }
    let n_there = count(db, "SELECT CAST(count(*) AS BIGINT) FROM ledger_entries").await?;
    if n_there != n_rows {
        let told = format!("{n_there} entries are there, but {n_rows} have a position of their own");
        return Err(Finding::at(Fault::Gap, verifier.size(), told).into());
    }
    Ok(n_nodes)
}

type Node = (u32, u64, Hash);

fn entry(verifier: &mut Verifier, row: &QueryResult) -> Result<(Vec<Node>, Vec<Committed>), Finding> {
    let body: Option<Vec<u8>> = cell(row, 1);
    let hash: Option<Vec<u8>> = cell(row, 2);
    let position = verifier.size();
    let seen = verifier.entry(cell(row, 0), body.as_deref(), hash.as_deref())?;
    match seen.told.differs(row, 3) {
        None => Ok((seen.nodes, seen.committed)),
        Some(column) => {
            let told = format!("entry #{position}: the column {column} does not say what its bytes say");
            Err(Finding::at(Fault::Column, position, told))
        }
    }
}

/// Compares computed nodes, which are in the order of their entries, with the stored ones.
async fn compare_nodes(db: &impl ConnectionTrait, nodes: &[Node]) -> Result<(), Stop> {
    let mut first_bad: Option<(u64, Node)> = None;
    let top = nodes.iter().map(|node| node.0).max().unwrap_or(0);
    for level in (STRIDE..=top).step_by(STRIDE as usize) {
        let of_level: Vec<&Node> = nodes.iter().filter(|node| node.0 == level).collect();
        let (Some(first), Some(last)) = (of_level.first(), of_level.last()) else { continue };
        let sql =
            "SELECT place, hash FROM ledger_nodes WHERE level = $1 AND place >= $2 AND place <= $3 ORDER BY place";
        let of_sql = i16::try_from(level).unwrap_or(i16::MAX);
        let rows = all(db, sql, [of_sql.into(), number(first.1).into(), number(last.1).into()]).await?;
        for (at, node) in of_level.iter().enumerate() {
            let is_there = rows.get(at).is_some_and(|row| {
                cell::<i64>(row, 0) == Some(number(node.1)) && cell::<Vec<u8>>(row, 1).as_deref() == Some(&node.2.0[..])
            });
            // A row that is there twice pushes the others away.
            let found = rows.get(at).and_then(|row| cell::<i64>(row, 0)).map_or(node.1, i64::unsigned_abs);
            let start = node.1.min(found) << level;
            if !is_there {
                // The lowest level says most exactly where.
                first_bad = first_bad.or(Some((start, **node)));
                break;
            }
        }
        if rows.len() > of_level.len() && first_bad.is_none() {
            first_bad = Some((last.1 << level, **last));
        }
    }
    let Some((position, (level, ..))) = first_bad else { return Ok(()) };
    let told = format!("the stored hash of level {level} at {} is not that of its entries", position >> level);
    Err(Finding { fault: Fault::Node, position, upto: position + (1 << level) - 1, told }.into())
}

async fn kept(
    db: &impl ConnectionTrait,
    committed: &[Committed],
    opener: Opener<'_>,
) -> Result<Vec<(Kept, Option<Vec<u8>>)>, DbErr> {
    const AT_ONCE: usize = 64;
    let mut ids: Vec<Uuid> = committed.iter().map(|c| Uuid::from_bytes(c.place.0)).collect();
    ids.dedup();
    let mut kept = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let marks: Vec<String> = (1..=AT_ONCE).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT entry, side, field, person, salt, value FROM ledger_private WHERE entry IN ({})",
            marks.join(", ")
        );
        // One text for any number of them: the last id fills the list up.
        let values = (0..AT_ONCE).filter_map(|at| some.get(at).or(some.last()).map(|id| (*id).into()));
        for row in all(db, &sql, values).await? {
            // A row that cannot be read is as good as none: its entry misses it.
            if let Some(value) = Kept::read(&row) {
                let plain = opener(&value);
                kept.push((value, plain));
            }
        }
    }
    Ok(kept)
}

/// Since when the oldest entry waits, as it says itself.
async fn waits_since(db: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    let row = one(db, "SELECT body FROM ledger_pending ORDER BY id LIMIT 1", []).await?;
    let body: Option<Vec<u8>> = row.and_then(|row| cell(&row, 0));
    Ok(body.map(|body| Leaf::decode(&body).map_or(0, |leaf| leaf.at_us)))
}

async fn count(db: &impl ConnectionTrait, sql: &str) -> Result<u64, DbErr> {
    let row = one(db, sql, []).await?;
    row.map_or(Ok(0), |row| get::<i64>(&row, 0).map(i64::unsigned_abs))
}

/// The value of a column; `None` for one that is NULL or of another type.
fn cell<T: TryGetable>(row: &QueryResult, place: usize) -> Option<T> {
    get::<Option<T>>(row, place).ok().flatten()
}
