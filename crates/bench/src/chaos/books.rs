//! Reads what the database holds in the end, straight from its tables, and lets the product's own command verify the audit log.
//!
//! Must not know: what should be in it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use ledger::{Leaf, Outcome};
use model::{Instant, OpId, Recorded, Stream};
use sea_orm::sqlx::{self, Connection, PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use super::history::{Books, Op};
use crate::home::Home;

/// Reads all of it.
pub async fn read(url: &str) -> Result<Books> {
    let mut db = PgConnection::connect(url).await?;
    let mut books = Books { heads: heads(&mut db).await?, ..Books::default() };
    let by_id: BTreeMap<Uuid, Stream> = books.heads.keys().map(|stream| (stream.uuid(), *stream)).collect();
    let events = "SELECT stream, seq, op, actor, at, payload FROM events ORDER BY stream, seq";
    for row in sqlx::query(events).fetch_all(&mut db).await? {
        let stream = by_id.get(&row.try_get::<Uuid, _>(0)?).context("an event of no stream")?;
        books.feed.entry(*stream).or_default().push(recorded(&row)?);
    }
    let ops = "SELECT op, actor, stream_kind, stream, first_seq, last_seq FROM ops";
    for row in sqlx::query(ops).fetch_all(&mut db).await? {
        let stream = stream_of(row.try_get(2)?, row.try_get(3)?)?;
        let (op, actor) = (row.try_get::<Uuid, _>(0)?.into(), row.try_get::<Uuid, _>(1)?.into());
        books.ops.push(Op { op, actor, stream, first: row.try_get(4)?, last: row.try_get(5)? });
    }
    for row in sqlx::query("SELECT body FROM ledger_entries").fetch_all(&mut db).await? {
        let body: Vec<u8> = row.try_get(0)?;
        let leaf = Leaf::decode(&body)?;
        match leaf.request {
            Some(op) if leaf.kind == "command" && leaf.outcome == Outcome::Done => {
                books.logged.push(OpId::from(Uuid::from_bytes(op)));
            }
            _ => books.n_other_entries += 1,
        }
    }
    let unsealed: i64 = sqlx::query_scalar("SELECT count(*) FROM ledger_pending").fetch_one(&mut db).await?;
    books.n_unsealed = usize::try_from(unsealed)?;
    db.close().await?;
    Ok(books)
}

/// Where each stream ends now.
pub async fn heads(db: &mut PgConnection) -> Result<BTreeMap<Stream, i64>> {
    let rows = sqlx::query("SELECT kind, id, seq FROM streams").fetch_all(db).await?;
    rows.iter().map(|row| Ok((stream_of(row.try_get(0)?, row.try_get(1)?)?, row.try_get(2)?))).collect()
}

/// Runs `muster audit verify` against the anchors of all nodes; returns how many entries it counted, and what it said.
///
/// # Errors
///
/// When it finds anything wrong; then with what it said.
pub fn verify(home: &Home) -> Result<(usize, String)> {
    let mut anchors: Vec<PathBuf> = vec![home.folder().join("audit.anchor")];
    for entry in fs::read_dir(home.folder())?.flatten() {
        anchors.push(entry.path().join("audit.anchor"));
    }
    let mut command = home.command(home.folder());
    command.args(["audit", "verify"]);
    for anchor in anchors.iter().filter(|anchor| anchor.exists()) {
        command.arg("--anchor").arg(anchor);
    }
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        bail!("muster audit verify ended with {}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let n = said.split("is whole: ").nth(1).and_then(|rest| rest.split(' ').next());
    Ok((n.with_context(|| format!("muster audit verify said {said:?}"))?.parse()?, said))
}

fn recorded(row: &PgRow) -> Result<Recorded> {
    Ok(Recorded {
        seq: row.try_get(1)?,
        op: row.try_get::<Option<Uuid>, _>(2)?.map(OpId::from),
        actor: row.try_get::<Uuid, _>(3)?.into(),
        at: Instant::from_ms(row.try_get(4)?),
        event: serde_json::from_str(row.try_get(5)?)?,
        text: None,
        html: None,
    })
}

/// A stream by the number of its kind and its id, as they are stored.
fn stream_of(kind: i16, id: Uuid) -> Result<Stream> {
    Ok(match kind {
        1 => Stream::Instance,
        2 => Stream::Project(id.into()),
        3 => Stream::Person(id.into()),
        _ => bail!("a stream of kind {kind}"),
    })
}
