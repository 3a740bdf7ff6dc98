//! The jobs of this installation: which there are, when those of the clock come, and how the queue is served.
//!
//! The queue itself is `jobs`'; what a job does stands where it belongs.

mod desk;

pub use desk::{Asked, Desk, Wanted, desk, order, state};
use jobs::{Cron, CronError, Crontab, Job, NewJob, Registry, Runner, Slot, Turn, TurnAnswer};
pub use jobs::{
    Filter, Moment, StateName, Which,
    admin::{CronLine, Listed, QueueCounts},
};
use model::Instant;
use sea_orm::DbErr;
use std::sync::Arc;
use store::{Lane, StoreError, Tasks};
use uuid::Uuid;

use crate::{
    Cx, Outside,
    audit::{CheckLog, MailCheckpoint, SendCheckpoint},
    batch::{Item, Reply},
    export::MakeExport,
    keys::Reseal,
    notify::{NoticeMail, Reminder, Reminders, Summaries, Summary},
    post::SendMail,
    prune::Prune,
};

/// Mail servers do not like many connections from one sender.
const MAILS_AT_ONCE: u16 = 4;
/// There is one rotation at a time.
const ROTATIONS_AT_ONCE: u16 = 1;

/// An export keeps a processor busy, and a snapshot open.
const EXPORTS_AT_ONCE: u16 = 2;

/// A moment, as the queue writes it.
pub(crate) const fn moment(at: Instant) -> Moment {
    Moment::from_millis(at.ms())
}

/// All jobs that there are.
pub(crate) fn registry() -> Registry<Cx> {
    Registry::new()
        .with::<SendMail>()
        .with::<NoticeMail>()
        .with::<Reminders>()
        .with::<Reminder>()
        .with::<Summaries>()
        .with::<Summary>()
        .with::<CheckLog>()
        .with::<SendCheckpoint>()
        .with::<MailCheckpoint>()
        .with::<MakeExport>()
        .with::<Reseal>()
        .with::<Prune>()
}

/// What comes by the clock. What a slot missed, the next one finds.
fn crontab() -> Result<Crontab, CronError> {
    fn make<J: Job<Cx>>(job: J) -> impl Fn(Slot) -> Result<NewJob, DbErr> {
        move |slot| NewJob::of::<Cx, J>(&job, slot.id, slot.now)
    }
    Crontab::new([
        Cron::new("reminders", "* * * * *", make(Reminders {})),
        // No zone is off by less than a quarter of an hour.
        Cron::new("summaries", "*/15 * * * *", make(Summaries {})),
        Cron::new("check_audit_log", "20 3 * * *", make(CheckLog {})),
        Cron::new("mail_checkpoint", "40 5 * * *", make(MailCheckpoint {})),
        Cron::new("prune", "40 3 * * *", make(Prune {})),
    ])
}

/// Serves the queue from now on, until `tasks` stop. They must be stopped before the owner of the writer.
///
/// # Errors
///
/// Never, as long as the crontab above can be read.
pub fn serve(cx: &Cx, tasks: &Tasks) -> Result<(), CronError> {
    Runner::new(cx.store.clone(), cx.clone(), registry(), cx.clone(), Arc::new(cx.outside.clone()))
        .bell(cx.bells.jobs.clone())
        .limit("mail", MAILS_AT_ONCE)
        .limit("export", EXPORTS_AT_ONCE)
        .limit(crate::keys::QUEUE, ROTATIONS_AT_ONCE)
        .crontab(crontab()?)
        .start(tasks);
    Ok(())
}

/// Enqueues what the clock brings, as if its moment were now.
///
/// # Errors
///
/// The database's.
#[cfg(feature = "kit")]
pub(crate) async fn strike(cx: &Cx) -> Result<(), StoreError> {
    let (now, id) = (moment(cx.now()), || cx.new_id());
    let jobs = vec![
        NewJob::of::<Cx, _>(&Reminders {}, id(), now)?,
        NewJob::of::<Cx, _>(&Summaries {}, id(), now)?,
        NewJob::of::<Cx, _>(&MailCheckpoint {}, id(), now)?,
    ];
    jobs::Desk::write(cx, Turn::Enqueue(jobs)).await.map(|_| ())
}

/// Enqueues what the night brings that forgets what is old.
///
/// # Errors
///
/// The database's.
#[cfg(feature = "kit")]
pub(crate) async fn forget(cx: &Cx) -> Result<(), StoreError> {
    let jobs = vec![NewJob::of::<Cx, _>(&Prune {}, cx.new_id(), moment(cx.now()))?];
    jobs::Desk::write(cx, Turn::Enqueue(jobs)).await.map(|_| ())
}

impl jobs::Desk for Cx {
    async fn write(&self, turn: Turn) -> Result<TurnAnswer, StoreError> {
        match self.put(Lane::Background, Item::Turn(Box::new(turn))).await?.reply {
            Reply::Turn(answer) => Ok(answer),
            Reply::Command(_) | Reply::Errand(_) | Reply::Audit(_) | Reply::Done => Err(StoreError::Stopped),
        }
    }
}

impl jobs::Outside for Outside {
    fn now(&self) -> Moment {
        moment(self.clock.now())
    }

    fn chance(&self) -> f64 {
        f64::from(u32::from_be_bytes(self.random())) / f64::from(u32::MAX)
    }

    fn id(&self) -> Uuid {
        model::new_id(self.clock.now(), self.random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crontab_can_be_read() {
        assert_eq!(crontab().unwrap().entries().count(), 5);
    }
}
