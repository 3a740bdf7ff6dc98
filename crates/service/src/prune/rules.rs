//! What is kept for how long: the one list. Each rule finds its rows by an index, which a test holds it to.

use model::Instant;
use sea_orm::{ConnectionTrait, DbErr};

use crate::sql::{one, run};

/// How many days a task stays in the trash.
pub const TRASH_DAYS: i64 = 30;
/// The most rows of one piece of work.
const AT_ONCE: u16 = 500;

/// Rows that go when they are old.
#[derive(Debug)]
pub(crate) struct Rule {
    /// For how many days they are kept.
    pub(super) kept_days: i64,
    table: &'static str,
    /// The key by which a row is deleted.
    key: &'static str,
    /// Which rows are old; `$1` is the moment before which they are.
    when: &'static str,
    /// What becomes of them.
    deed: Deed,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Delete,
    /// This column is emptied.
    Empty(&'static str),
}

const fn gone(kept_days: i64, table: &'static str, key: &'static str, when: &'static str) -> Rule {
    Rule { kept_days, table, key, when, deed: Deed::Delete }
}

/// All rules.
pub(super) static RULES: [Rule; 8] = [
    gone(30, "sessions", "id", "revoked_at IS NOT NULL AND revoked_at < $1"),
    gone(30, "sessions", "id", "expires_at < $1"),
    // A used link expires like any other.
    gone(7, "tokens", "hash", "expires_at < $1"),
    gone(30, "invitations", "id", "expires_at < $1"),
    // What was put away was read then.
    gone(90, "notices", "person, stream, seq", "read_at IS NOT NULL AND read_at < $1"),
    // A page that was offline for longer is told to look before it sends.
    gone(90, "ops", "op, actor", "at < $1"),
    // As long as its job can be tried again.
    Rule {
        deed: Deed::Empty("content"),
        ..gone(7, "mails", "id", "failed_at IS NOT NULL AND content IS NOT NULL AND failed_at < $1")
    },
    gone(90, "mails", "id", "created_at < $1 AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)"),
];

impl Rule {
    /// The rows that are old, some of them.
    fn found(&self) -> String {
        let Self { table, key, when, .. } = self;
        format!("SELECT {key} FROM {table} WHERE {when} LIMIT {AT_ONCE}")
    }

    /// Whether it finds anything.
    pub(super) async fn is_any(&self, db: &impl ConnectionTrait, before: Instant) -> Result<bool, DbErr> {
        let sql = format!("SELECT 1 WHERE EXISTS ({})", self.found());
        Ok(one(db, &sql, [before.into()]).await?.is_some())
    }

    /// Does it to some of what it finds.
    pub(super) async fn sweep(&self, tx: &impl ConnectionTrait, before: Instant) -> Result<(), DbErr> {
        let (Self { table, key, .. }, found) = (self, self.found());
        let sql = match self.deed {
            Deed::Delete => format!("DELETE FROM {table} WHERE ({key}) IN ({found})"),
            Deed::Empty(column) => format!("UPDATE {table} SET {column} = NULL WHERE ({key}) IN ({found})"),
        };
        run(tx, &sql, [before.into()]).await.map(drop)
    }
}

/// The questions that the rules ask, each with the name of its table: for a test of their plans.
#[cfg(feature = "kit")]
pub(crate) fn questions() -> Vec<(&'static str, String)> {
    RULES.iter().map(|rule| (rule.table, rule.found())).collect()
}
