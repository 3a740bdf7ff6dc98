//! The schema of Muster, for SQLite and PostgreSQL, forward only.
//!
//! Must not know: code of the domain. A released migration is never edited: it is expand, move, contract, in different
//! releases, because the old binary still runs while the new schema is there.
//!
//! Both engines read one text; [`ddl`] puts in the few words in which they differ.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{
    MigrationTrait, async_trait,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

mod m20261122_000001_skeleton;
mod m20261123_000002_projects_and_tasks;
mod m20261123_000003_search;
mod m20261123_000004_inbox;
mod m20261123_000005_status_at;
mod m20261123_000006_jobs;
mod m20261123_000007_ledger;
mod m20261123_000008_mail;
mod m20261123_000009_people;
mod m20261123_000010_factors;
mod m20261123_000011_presence;
mod m20261123_000012_keys;
mod m20261123_000013_audit_checks;
mod m20261123_000014_exports;
mod m20261123_000015_upkeep;
mod m20261123_000017_anchors;

/// All migrations, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_skeleton::Migration),
            Box::new(m20261123_000002_projects_and_tasks::Migration),
            Box::new(m20261123_000003_search::Migration),
            Box::new(m20261123_000004_inbox::Migration),
            Box::new(m20261123_000005_status_at::Migration),
            Box::new(m20261123_000006_jobs::Migration),
            Box::new(m20261123_000007_ledger::Migration),
            Box::new(m20261123_000008_mail::Migration),
            Box::new(m20261123_000009_people::Migration),
            Box::new(m20261123_000010_factors::Migration),
            Box::new(m20261123_000011_presence::Migration),
            Box::new(m20261123_000012_keys::Migration),
            Box::new(m20261123_000013_audit_checks::Migration),
            Box::new(m20261123_000014_exports::Migration),
            Box::new(m20261123_000015_upkeep::Migration),
            Box::new(m20261123_000017_anchors::Migration),
        ]
    }
}

/// Runs statements that are separated by `;` at the end of a line, with the engine's own words put in:
/// `$uuid`, `$bytes` and `$order` (a text that compares byte by byte) are types, `$number` a whole number that may be a key, `$identity` a growing key, and
/// `$clustered` ends a table whose rows lie in the order of its key.
///
/// # Errors
///
/// [`DbErr`] of the first statement that failed; the caller's transaction is then rolled back.
pub async fn ddl(db: &impl ConnectionTrait, text: &str) -> Result<(), DbErr> {
    let words = match db.get_database_backend() {
        DbBackend::Postgres => [
            ("$uuid", "UUID"),
            ("$bytes", "BYTEA"),
            ("$order", "TEXT COLLATE \"C\""),
            ("$number", "BIGINT"),
            ("$identity", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("$clustered", ""),
        ],
        _ => [
            ("$uuid", "BLOB"),
            ("$bytes", "BLOB"),
            ("$order", "TEXT"),
            ("$number", "INTEGER"),
            ("$identity", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("$clustered", "WITHOUT ROWID"),
        ],
    };
    let text = words.iter().fold(text.to_owned(), |text, (word, own)| text.replace(word, own));
    for statement in text.split(";\n").map(str::trim).filter(|s| !s.is_empty()) {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
