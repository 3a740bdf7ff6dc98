//! Since when a task is in its status: what was finished when is counted by it.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The trait's own signature leaves the lifetime out; writing it would make another signature.
    #[expect(elided_lifetimes_in_paths, reason = "as in the trait")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let part = if db.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        crate::ddl(
            db,
            &SCHEMA.replace("$from", &part.replace("$part", "from")).replace("$to", &part.replace("$part", "to")),
        )
        .await
    }
}

/// What the older binary writes meanwhile has none, and counts from its creation. What is there already is told by the feed;
/// a move within a column is none.
const SCHEMA: &str = "
ALTER TABLE tasks ADD COLUMN status_at BIGINT;
UPDATE tasks SET status_at = coalesce((SELECT max(e.at) FROM events e WHERE e.task = tasks.id
    AND e.payload LIKE '{\"task_moved\"%' AND $from <> $to), created_at);
";

const POSTGRES: &str = "CAST(e.payload AS json) -> 'task_moved' ->> '$part'";
const SQLITE: &str = "json_extract(e.payload, '$.task_moved.$part')";
