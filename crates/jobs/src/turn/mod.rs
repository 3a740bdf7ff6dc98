//! Turns: all that the queue writes on its own, as pieces of work for a writer.
//!
//! A turn is repeatable: it holds the time and the chance that it depends on, and leaves no trace but through the transaction.
//! Nothing here begins one. What a turn does to a job is what [`State::next`](crate::State::next) says, and only to jobs whose
//! state, owner and attempt are still what the turn takes them to be.
//!
//! Must not know: clocks, tasks, who runs the transaction.

mod lease;
mod order;
mod prune;
mod serve;
mod settle;

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

pub use lease::Held;
pub use order::{Filter, ORDER_LIMIT, Order, Which};
#[cfg(test)]
pub(crate) use prune::OLD;
pub use prune::{PRUNE_LIMIT, Retention};
pub use serve::{Claimed, Finished, STAGE_LIMIT, Serve, Want};
#[cfg(test)]
pub(crate) use serve::{claim_question, stage_question};

use crate::{
    Enqueued, Moment, NewJob, Owner,
    cron::{self, DueSlot},
    enqueue,
};

/// A piece of work for a writer.
#[derive(Clone, Debug)]
pub enum Turn {
    /// Enqueue jobs, for programs that have no transaction of their own for it.
    Enqueue(Vec<NewJob>),
    /// Finish what was run, make available what is due, and claim what is next.
    Serve(Serve),
    /// Keep the leases of a process.
    Renew {
        /// Whose.
        owner: Owner,
        /// Until when.
        until: Moment,
    },
    /// Take away the leases that are over.
    Rescue {
        /// What time it is.
        now: Moment,
        /// Evenly drawn from 0 to 1; each scatters the pause of one job, and so many are taken at most.
        chances: Vec<f64>,
    },
    /// Give back what a process has claimed and does not run.
    Release {
        /// Whose.
        owner: Owner,
        /// Which jobs; `None` is all of them.
        ids: Option<Vec<Uuid>>,
        /// What time it is.
        now: Moment,
    },
    /// Delete jobs that ended long ago.
    Prune(Retention),
    /// What is due by the crontab.
    Tick {
        /// The slots, each with its job.
        slots: Vec<DueSlot>,
        /// Slots before this moment may be forgotten.
        forget: Moment,
    },
    /// Note which entries the crontab of this process has.
    Announce(Vec<cron::Announced>),
    /// What an administrator wants.
    Order(Order),
}

/// What became of a [`Turn`].
#[derive(Clone, Debug)]
pub enum TurnAnswer {
    /// Of [`Turn::Enqueue`] and [`Turn::Tick`]: of each job. A slot that somebody else has run is not among them.
    Enqueued(Vec<Enqueued>),
    /// Of [`Turn::Serve`].
    Served(Served),
    /// Of [`Turn::Renew`]: what the process still has.
    Renewed(Vec<Held>),
    /// Of the others: how many rows were changed.
    Changed(u64),
}

/// What became of a [`Serve`].
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// What the process may run now, in the order of the queue.
    pub claimed: Vec<Claimed>,
    /// Results that counted.
    pub finished: Vec<Uuid>,
    /// How many jobs became available.
    pub staged: u64,
}

impl Turn {
    /// Does it, in the caller's transaction.
    ///
    /// # Errors
    ///
    /// The database's. On PostgreSQL this may be the violation of a unique key that was free a moment before; the same turn, tried
    /// again, then finds it taken.
    pub async fn run(&self, tx: &impl ConnectionTrait) -> Result<TurnAnswer, DbErr> {
        match self {
            Self::Enqueue(jobs) => enqueue(tx, jobs.clone()).await.map(TurnAnswer::Enqueued),
            Self::Serve(serve) => serve.run(tx).await.map(TurnAnswer::Served),
            Self::Renew { owner, until } => lease::renew(tx, *owner, *until).await.map(TurnAnswer::Renewed),
            Self::Rescue { now, chances } => lease::rescue(tx, *now, chances).await.map(TurnAnswer::Changed),
            Self::Release { owner, ids, now } => {
                lease::release(tx, *owner, ids.as_deref(), *now).await.map(TurnAnswer::Changed)
            }
            Self::Prune(retention) => retention.run(tx).await.map(TurnAnswer::Changed),
            Self::Tick { slots, forget } => cron::tick(tx, slots, *forget).await.map(TurnAnswer::Enqueued),
            Self::Announce(entries) => cron::announce(tx, entries).await.map(TurnAnswer::Changed),
            Self::Order(order) => order.run(tx).await.map(TurnAnswer::Changed),
        }
    }

    /// Whether jobs may be available after it that were not before, so that whoever serves the queue should be woken.
    #[must_use]
    pub const fn brings_work(&self) -> bool {
        match self {
            Self::Enqueue(_) | Self::Tick { .. } | Self::Order(_) => true,
            Self::Serve(_)
            | Self::Renew { .. }
            | Self::Rescue { .. }
            | Self::Release { .. }
            | Self::Prune(_)
            | Self::Announce(_) => false,
        }
    }
}
