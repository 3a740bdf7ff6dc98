//! What whoever runs Muster has to know about the database, before something goes wrong. It is read and never changed.
//!
//! Must not know: what is done about it; that is told where people read it.

use model::Instant;
use sea_orm::{ConnectionTrait, DbErr};
use store::{Engine, Store};

use crate::{
    Cx,
    sql::{get, one},
};

/// How the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The engine and its version, for people.
    pub engine: String,
    /// How far its clock is ahead of the server's, in milliseconds. PostgreSQL has one of its own.
    pub ahead_ms: Option<i64>,
    /// Whether the role that serves people may switch off the guards of the audit log, as a superuser.
    pub is_superuser: bool,
}

/// Asks the engine about itself.
///
/// # Errors
///
/// The database's.
pub async fn database(store: &Store, now: impl Fn() -> Instant) -> Result<Database, DbErr> {
    let db = store.reader();
    if store.engine() == Engine::Sqlite {
        let version: String = value(db, "SELECT sqlite_version()").await?;
        return Ok(Database { engine: format!("SQLite {version}"), ahead_ms: None, is_superuser: false });
    }
    let version: String = value(db, "SELECT current_setting('server_version')").await?;
    let before = now().ms();
    let its: i64 = value(db, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").await?;
    let after = now().ms();
    // It looked at its clock at some moment between the two.
    let ahead = if its < before { its - before } else { (its - after).max(0) };
    let role = "SELECT rolsuper::int FROM pg_roles WHERE rolname = current_user";
    let is_superuser = value::<i32>(db, role).await? != 0;
    Ok(Database { engine: format!("PostgreSQL {version}"), ahead_ms: Some(ahead), is_superuser })
}

/// What waits, and what has gone wrong for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Entries of the audit log that are not sealed yet.
    pub entries: i64,
    /// When the newest entry of the log was made, in UTC milliseconds.
    pub newest_ms: Option<i64>,
    /// Jobs that were given up.
    pub discarded: i64,
    /// Jobs that have been due for longer than five minutes.
    pub late: i64,
}

/// Counts what waits.
///
/// # Errors
///
/// The database's.
pub async fn waiting(cx: &Cx) -> Result<Waiting, DbErr> {
    /// How long a job may be due before it counts as late.
    const LATE_MS: i64 = 5 * 60_000;
    let db = cx.store().reader();
    let newest: Option<i64> = value(db, "SELECT max(at_us) FROM ledger_entries").await?;
    let state = |name: jobs::StateName| name.code();
    let discarded = "SELECT count(*) FROM jobs WHERE state = $1";
    let late = "SELECT count(*) FROM jobs WHERE state = $1 AND scheduled_at < $2";
    let until = cx.now().plus_ms(-LATE_MS).ms();
    let count =
        async |sql, values: Vec<sea_orm::Value>| one(db, sql, values).await?.map_or(Ok(0), |row| get::<i64>(&row, 0));
    Ok(Waiting {
        entries: value(db, "SELECT count(*) FROM ledger_pending").await?,
        newest_ms: newest.map(|us| us / 1000),
        discarded: count(discarded, vec![state(jobs::StateName::Discarded).into()]).await?,
        late: count(late, vec![state(jobs::StateName::Available).into(), until.into()]).await?,
    })
}

async fn value<T: sea_orm::TryGetable>(db: &impl ConnectionTrait, sql: &str) -> Result<T, DbErr> {
    let row = one(db, sql, []).await?.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    get(&row, 0)
}
