//! What each sink of checkpoints has taken last is asked each minute, and receipts are never deleted.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The trait's own signature leaves the lifetime out; writing it would make another signature.
    #[expect(elided_lifetimes_in_paths, reason = "as in the trait")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl(manager.get_connection(), SCHEMA).await
    }
}

const SCHEMA: &str = "
CREATE INDEX ix_ledger_anchors__sink ON ledger_anchors (sink, size);
";
