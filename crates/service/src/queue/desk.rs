//! What Admins see of the jobs and order about them.

use jobs::{Failure, StateName};
use jobs::{
    Filter, Order, Which,
    admin::{self, CronLine, Listed, Minute, Page, QueueCounts},
};
use model::Refusal;
use uuid::Uuid;

use super::{crontab, moment, registry};
use crate::{
    Actor, Cx,
    audit::{self, Act, Work},
    context::{fault, refuse},
};
use store::Lane;

/// How many jobs are listed at once.
const LISTED: u16 = 30;
/// How many minutes back it is counted what ended.
const MINUTES: u16 = 60;
/// How many of a job's errors are shown.
const ERRORS: usize = 5;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Jobs in this state.
    pub state: Option<StateName>,
    /// Jobs of this queue.
    pub queue: Option<String>,
    /// Those before this one.
    pub after: Option<Uuid>,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter { state: self.state, queue: self.queue.clone(), name: None }
    }
}

/// A state by its word.
#[must_use]
pub fn state(word: &str) -> Option<StateName> {
    StateName::ALL.into_iter().find(|state| state.word() == word)
}

/// The jobs as an Admin sees them.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was asked for.
    pub asked: Asked,
    /// All queues.
    pub queues: Vec<QueueCounts>,
    /// What ended in each of the last minutes.
    pub minutes: Vec<Minute>,
    /// The jobs that were asked for, newest first.
    pub jobs: Vec<Listed>,
    /// What to ask for to see older ones.
    pub next: Option<Uuid>,
    /// What went wrong with those of them that did not succeed, newest first.
    pub errors: Vec<(Uuid, Vec<Failure>)>,
    /// What comes by the clock.
    pub crontab: Vec<CronLine>,
}

/// The jobs of the installation.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, asked: Asked) -> Result<Desk, Refusal> {
    actor.must_be_admin()?;
    let (db, now) = (cx.store.reader(), moment(cx.now()));
    let queues = admin::queues(db, &registry().queues()).await.map_err(|e| refuse(&e))?;
    let minutes = admin::throughput(db, now, MINUTES).await.map_err(|e| refuse(&e))?;
    let page = admin::page(db, &asked.filter(), asked.after, LISTED).await.map_err(|e| refuse(&e))?;
    let Page { jobs, next } = page;
    let mut errors = Vec::new();
    for job in &jobs {
        if matches!(job.state, StateName::Retryable | StateName::Discarded | StateName::Cancelled)
            && let Some(details) = admin::job(db, job.id).await.map_err(|e| refuse(&e))?
            && !details.errors.is_empty()
        {
            errors.push((job.id, details.errors.into_iter().take(ERRORS).collect()));
        }
    }
    let table = crontab().map_err(|e| fault(&e))?;
    let crontab = admin::crontab(db, &table, now).await.map_err(|e| refuse(&e))?;
    Ok(Desk { asked, queues, minutes, jobs, next, errors, crontab })
}

/// What an Admin wants to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Do them now.
    Retry(Which),
    /// End them.
    Cancel(Which),
    /// Forget them.
    Delete(Which),
    /// Begin no more of a queue.
    Pause(String),
    /// Begin again.
    Resume(String),
}

/// Does what an Admin wants; of many jobs up to five hundred at once.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn order(cx: &Cx, actor: &Actor, wanted: Wanted) -> Result<(), Refusal> {
    let now = moment(cx.now());
    let (action, order) = match wanted {
        Wanted::Retry(which) => ("jobs.retry", Order::Retry { which, now }),
        Wanted::Cancel(which) => ("jobs.cancel", Order::Cancel { which, reason: "an admin cancelled it".into(), now }),
        Wanted::Delete(which) => ("jobs.delete", Order::Delete { which }),
        Wanted::Pause(queue) => ("jobs.pause", Order::Pause { queue, now }),
        Wanted::Resume(queue) => ("jobs.resume", Order::Resume { queue }),
    };
    audit::counted(cx, actor, ("admin", action), None, actor.must_be_admin())?;
    let (job, said) = told(&order);
    let act = said
        .into_iter()
        .fold(Act::new(cx, actor, action, ("jobs", job)), |act, (field, value)| act.saying(field, value));
    let act = Work::Act(Box::new(act.with_order(order)));
    audit::work(cx, Lane::People, act).await.map(drop)
}

/// What the audit log says of an order: the job, or which jobs.
fn told(order: &Order) -> (Option<Uuid>, Vec<(&'static str, String)>) {
    let (Order::Retry { which, .. } | Order::Cancel { which, .. } | Order::Delete { which }) = order else {
        let queue = match order {
            Order::Pause { queue, .. } | Order::Resume { queue } => Some(queue.clone()),
            _ => None,
        };
        return (None, queue.map(|queue| ("queue", queue)).into_iter().collect());
    };
    match which {
        Which::One(job) => (Some(*job), Vec::new()),
        Which::All(filter) => {
            let state = filter.state.map(|state| ("state", state.word().to_owned()));
            let queue = filter.queue.clone().map(|queue| ("queue", queue));
            (None, state.into_iter().chain(queue).collect())
        }
    }
}
