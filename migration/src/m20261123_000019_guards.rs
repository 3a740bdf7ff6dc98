//! On PostgreSQL the guards of the sealed entries and of their tree look at a statement at once. Called for each row, they took as
//! long as the insert itself, and the seal takes hundreds of rows in one statement.
//!
//! Private values lose theirs there: what may not come twice is what the primary key refuses, and what would write over a row
//! (`ON CONFLICT DO UPDATE`) is an update, which another guard refuses. On SQLite nothing changes: its triggers are for rows.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The trait's own signature leaves the lifetime out; writing it would make another signature.
    #[expect(elided_lifetimes_in_paths, reason = "as in the trait")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for (table, in_order) in
            [("ledger_entries", Some(ENTRIES)), ("ledger_nodes", Some(NODES)), ("ledger_private", None)]
        {
            for statement in statements(table, in_order) {
                db.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

/// What comes in goes on from what is there: nothing between, and the one before the first is there.
const ENTRIES: &str = "NOT EXISTS (SELECT 1 FROM news HAVING count(*) > 0 AND (count(*) <> max(position) - min(position) + 1 \
     OR (min(position) <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.position = min(news.position) - 1))))";

/// The same on each level.
const NODES: &str = "NOT EXISTS (SELECT 1 FROM news GROUP BY level HAVING count(*) <> max(place) - min(place) + 1 \
     OR (min(place) <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_nodes n WHERE n.level = news.level AND n.place = min(news.place) - 1)))";

fn statements(table: &str, in_order: Option<&str>) -> Vec<String> {
    let (trigger, function) = (format!("guard_{table}__insert"), format!("guard_{table}_order"));
    let mut statements = vec![format!("DROP TRIGGER {trigger} ON {table}"), format!("DROP FUNCTION {function}()")];
    if let Some(in_order) = in_order {
        statements.push(format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF ({in_order}) THEN RETURN NULL; \
             END IF; RAISE EXCEPTION '{table}: entries of the ledger are only ever added'; END $guard$"
        ));
        statements.push(format!(
            "CREATE TRIGGER {trigger} AFTER INSERT ON {table} REFERENCING NEW TABLE AS news \
             FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        ));
        statements.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"));
    }
    statements
}
