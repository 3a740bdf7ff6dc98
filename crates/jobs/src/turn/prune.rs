//! Deleting what ended long ago, a batch at a time.
//!
//! Must not know: how often.

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{
    Moment,
    row::{lock, one, run},
};

/// The most jobs that are deleted in one turn.
pub const PRUNE_LIMIT: u64 = 1_000;

/// What may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Completed before this moment.
    pub completed_before: Moment,
    /// Discarded or cancelled before this moment.
    pub failed_before: Moment,
}

/// The question for jobs that ended before a moment.
pub(crate) const OLD: &str = "SELECT id FROM jobs WHERE finished_at IS NOT NULL AND state = $1 AND finished_at < $2 \
    ORDER BY finished_at";

impl Retention {
    /// Whether there is anything to delete.
    pub(crate) async fn is_any(&self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE finished_at IS NOT NULL AND state = 5 AND finished_at < $1) \
            OR EXISTS (SELECT 1 FROM jobs WHERE finished_at IS NOT NULL AND state IN (6, 7) AND finished_at < $2)";
        let values: [Value; 2] = [self.completed_before.as_millis().into(), self.failed_before.as_millis().into()];
        Ok(one(db, sql, values).await?.is_some())
    }

    pub(super) async fn run(&self, tx: &impl ConnectionTrait) -> Result<u64, DbErr> {
        let sql = format!("DELETE FROM jobs WHERE id IN ({OLD} LIMIT {PRUNE_LIMIT} {})", lock(tx));
        let mut n = 0;
        for (state, before) in [(5_i16, self.completed_before), (6, self.failed_before), (7, self.failed_before)] {
            n += run(tx, &sql, [state.into(), before.as_millis().into()] as [Value; 2]).await?;
        }
        Ok(n)
    }
}
