//! The schema of Muster, for SQLite and PostgreSQL, forward only.
//!
//! Must not know: code of the domain. A released migration is never edited: it is expand, move, contract, in different
//! releases, because the old binary still runs while the new schema is there.
//!
//! Both engines read one text; [`ddl`] puts in the few words in which they differ.
//!
//! `released.txt` has a sum of each migration that must not be edited any more; a test holds them to it.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait,
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
mod m20261123_000019_guards;
mod m20261123_000020_samples;

/// A migration that is one text for both engines.
struct Text {
    name: &'static str,
    text: &'static str,
}

impl MigrationName for Text {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Text {
    // The trait's own signature leaves the lifetime out; writing it would make another signature.
    #[expect(elided_lifetimes_in_paths, reason = "as in the trait")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager.get_connection(), self.text).await
    }
}

/// The `SCHEMA` of a file, under the file's name.
macro_rules! text {
    ($file:ident) => {
        Box::new(Text { name: stringify!($file), text: $file::SCHEMA })
    };
}

/// All migrations, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            text!(m20261122_000001_skeleton),
            text!(m20261123_000002_projects_and_tasks),
            Box::new(m20261123_000003_search::Migration),
            text!(m20261123_000004_inbox),
            Box::new(m20261123_000005_status_at::Migration),
            text!(m20261123_000006_jobs),
            Box::new(m20261123_000007_ledger::Migration),
            text!(m20261123_000008_mail),
            text!(m20261123_000009_people),
            text!(m20261123_000010_factors),
            text!(m20261123_000011_presence),
            text!(m20261123_000012_keys),
            text!(m20261123_000013_audit_checks),
            text!(m20261123_000014_exports),
            text!(m20261123_000015_upkeep),
            text!(m20261123_000017_anchors),
            Box::new(m20261123_000019_guards::Migration),
            text!(m20261123_000020_samples),
        ]
    }
}

/// A text in the words of an engine. What a word stands for never changes: released migrations are made of them.
///
/// `$uuid`, `$bytes` and `$order` (a text that compares byte by byte) are types, `$number` a whole number that may be a key, `$identity`
/// a growing key, and `$clustered` ends a table whose rows lie in the order of its key.
#[must_use]
pub fn in_words_of(engine: DbBackend, text: &str) -> String {
    let words = match engine {
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
    words.iter().fold(text.to_owned(), |text, (word, own)| text.replace(word, own))
}

/// Runs statements that are separated by `;` at the end of a line, [in the words of the engine](in_words_of).
///
/// # Errors
///
/// [`DbErr`] of the first statement that failed; the caller's transaction is then rolled back.
pub async fn ddl(db: &impl ConnectionTrait, text: &str) -> Result<(), DbErr> {
    let text = in_words_of(db.get_database_backend(), text);
    for statement in text.split(";\n").map(str::trim).filter(|s| !s.is_empty()) {
        db.execute_unprepared(statement).await?;
    }
    Ok(())
}
