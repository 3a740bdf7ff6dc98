//! The database as a whole: bringing its schema up to date, a copy of it beside a running server, and taking one in.
//!
//! Must not know: what is in the tables, and where a copy is kept. Keys are in no copy: who finds one reads nobody's name.

use migration::{Migrator, MigratorTrait};
use model::Instant;
use sea_orm::{ConnectionTrait, DbErr};
use std::io::{BufRead, Write};
use store::{
    CopyError, Store,
    copy::{FORMAT, Head, Reader},
};

/// What a migration leaves to say that it was done. It is made again by the migrations themselves.
const DONE: &str = "seaql_migrations";

/// Why a copy was not taken in. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The copy or the database.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The copy is of a newer version.
    #[error(
        "the copy is of a newer version of Muster, with the schema {0}: restore it with that version or a later one"
    )]
    Newer(String),
}

/// What was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many rows.
    pub rows: u64,
    /// When the copy was made, in UTC milliseconds.
    pub made_ms: i64,
}

/// Brings the schema up to date; answers the names of the changes that were made.
///
/// # Errors
///
/// The database's; the schema is then as it was.
pub async fn migrate(store: &Store) -> Result<Vec<String>, DbErr> {
    let mut made = Vec::new();
    let done = &mut made;
    store
        .migrate(async |tx| {
            // Of a database without a schema no migration asks whether it is there.
            Migrator::install(tx).await?;
            done.extend(Migrator::get_pending_migrations(tx).await?.iter().map(|change| change.name().to_owned()));
            Migrator::up(tx, None).await
        })
        .await?;
    Ok(made)
}

/// The changes of the schema that are still to be made, by name.
///
/// # Errors
///
/// The database's.
pub async fn pending(store: &Store) -> Result<Vec<String>, DbErr> {
    let pending = Migrator::get_pending_migrations_read_only(store.reader()).await?;
    Ok(pending.iter().map(|change| change.name().to_owned()).collect())
}

/// Writes all that there is at this moment, while others go on writing; answers how many rows.
///
/// # Errors
///
/// [`CopyError`]; what was written is then no copy.
pub async fn write(store: &Store, now: Instant, out: &mut (impl Write + Send)) -> Result<u64, CopyError> {
    let moment = store.snapshot().await?;
    let schema =
        Migrator::get_applied_migrations_read_only(&*moment).await?.last().map(|change| change.name().to_owned());
    let head = Head { format: FORMAT, schema: schema.unwrap_or_default(), at_ms: now.ms() };
    store::copy::write(&moment, &head, &[DONE], out).await
}

/// Takes in a copy: makes the schema that it needs in an empty database, puts its rows there, and brings both up to date.
///
/// # Errors
///
/// [`RestoreError`]; nothing was changed then.
pub async fn restore(store: &Store, copy: impl BufRead + Send) -> Result<Restored, RestoreError> {
    let reader = Reader::begin(copy)?;
    let Head { schema, at_ms: made_ms, .. } = reader.head().clone();
    let place = Migrator::migrations().iter().position(|change| change.name() == schema);
    let steps = place.and_then(|place| u32::try_from(place + 1).ok()).ok_or(RestoreError::Newer(schema))?;
    let mut outcome = Ok(0);
    let told = &mut outcome;
    let changed = store
        .migrate(async |tx| {
            if let Some(table) = first_table(tx).await? {
                *told = Err(CopyError::NotEmpty(table));
                return Err(DbErr::Custom("not empty".into()));
            }
            Migrator::up(tx, Some(steps)).await?;
            *told = reader.load(tx, &[DONE]).await;
            if told.is_err() {
                return Err(DbErr::Custom("rolled back".into()));
            }
            Migrator::up(tx, None).await
        })
        .await;
    let rows = outcome?;
    changed.map_err(CopyError::from)?;
    Ok(Restored { rows, made_ms })
}

/// A table, when there is a schema already.
async fn first_table(db: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    use sea_orm::DbBackend;
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1 LIMIT 1"
        }
        _ => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1 LIMIT 1",
    };
    store::one(db, sql, []).await?.map(|row| row.try_get_by_index(0)).transpose()
}
