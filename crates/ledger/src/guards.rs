//! The guards: triggers that refuse any change of what was written. They are looked for at every start.
//!
//! They are no proof, because who owns the database can take them away; they stop mistakes and what comes in through the
//! application's own role.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use store::{all, get};

const ALL: &[&str] = &["update", "delete", "truncate", "insert"];
const TABLES: [(&str, &[&str]); 6] = [
    ("ledger_entries", ALL),
    ("ledger_nodes", ALL),
    ("ledger_checkpoints", ALL),
    ("ledger_anchors", ALL),
    ("ledger_private", &["update", "truncate", "insert"]),
    ("ledger_pending", &["update", "truncate"]),
];

/// The guards that are missing, disabled or without effect, by name.
///
/// # Errors
///
/// The database's.
pub async fn guards(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let sql = if is_postgres {
        // 'A' is ENABLE ALWAYS: also where a session plays a replica.
        "SELECT t.tgname::text, c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
         JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgenabled = 'A' AND p.prosrc LIKE '%RAISE EXCEPTION%' \
         AND c.oid = to_regclass(c.relname::text)"
    } else {
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
    };
    let mut there = Vec::new();
    for row in all(db, sql, []).await? {
        there.push((get::<String>(&row, 0)?, get::<String>(&row, 1)?));
    }
    let mut missing = Vec::new();
    for (table, refused) in TABLES {
        // SQLite has no TRUNCATE. On PostgreSQL what comes in over a row is an update of it; on SQLite it is not.
        let is_one =
            |what: &str| if is_postgres { (table, what) != ("ledger_private", "insert") } else { what != "truncate" };
        for what in refused.iter().filter(|what| is_one(what)) {
            let name = format!("guard_{table}__{what}");
            if !there.iter().any(|(trigger, on)| *trigger == name && on == table) {
                missing.push(name);
            }
        }
    }
    Ok(missing)
}
