//! What a run of a job knows about itself.
//!
//! Must not know: what the job does, or how it was claimed.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbErr, Value};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Moment, Outside, Owner,
    row::{run, small},
};

/// One run of one job.
#[derive(Clone)]
pub struct Run {
    id: Uuid,
    attempt: u16,
    max_attempts: u16,
    owner: Owner,
    cancelled: CancellationToken,
    outside: Arc<dyn Outside>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl Run {
    pub(crate) fn new(id: Uuid, attempt: u16, max_attempts: u16, owner: Owner, outside: Arc<dyn Outside>) -> Self {
        Self { id, attempt, max_attempts, owner, cancelled: CancellationToken::new(), outside }
    }

    /// The job's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The number of this attempt; the first is 1.
    #[must_use]
    pub const fn attempt(&self) -> u16 {
        self.attempt
    }

    /// Whether a failure of this attempt is the end.
    #[must_use]
    pub const fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }

    /// The sign that somebody does not want the job any more, or that its lease is lost. A job that is long should watch it and
    /// end; what does not end within [`CANCEL_GRACE`](crate::CANCEL_GRACE) is broken off.
    #[must_use]
    pub fn cancelled(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// What finishes this job in a transaction of its own effects, wherever that is run.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        Ticket { id: self.id, attempt: self.attempt, owner: self.owner, at: self.outside.now() }
    }

    /// [`Ticket::done_in`].
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn done_in(&self, tx: &impl ConnectionTrait) -> Result<bool, DbErr> {
        self.ticket().done_in(tx).await
    }
}

/// The right to finish one run, which can be handed to whoever runs the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    id: Uuid,
    attempt: u16,
    owner: Owner,
    at: Moment,
}

impl Ticket {
    /// Finishes the job in this transaction, so that its effects and its end are there together or not at all. The job then
    /// answers [`Outcome::Done`](crate::Outcome::Done), which changes nothing more.
    ///
    /// Call it first: `false` says that the lease is lost and somebody else does this job or has done it. Then write nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn done_in(&self, tx: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let sql = format!("{DONE} WHERE id = $2 AND attempt = $3 AND lease_owner = $4 AND state = 3");
        let values: [Value; 4] =
            [self.at.as_millis().into(), self.id.into(), small(self.attempt).into(), self.owner.uuid().into()];
        Ok(run(tx, &sql, values).await? > 0)
    }
}

/// Completes what is being run: `$1` is the time. Only where the lease is still the caller's.
pub(crate) const DONE: &str = "UPDATE jobs SET state = 5, finished_at = $1, lease_owner = NULL, lease_until = NULL, \
    cancel_reason = NULL, unique_key = CASE WHEN unique_scope IN (1, 2) THEN NULL ELSE unique_key END";
