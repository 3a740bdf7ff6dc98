//! What Admins see of the jobs and order about them.

use jobs::{Failure, StateName};
use jobs::{
    Filter, Order, Turn, Which,
    admin::{self, CronLine, Listed, Minute, Page, QueueCounts},
};
use model::{Refusal, Role};
use uuid::Uuid;

use super::{crontab, moment};
use crate::{
    Actor, Cx,
    context::{fault, refuse, refuse_store},
};

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
    /// Reads the query of an address, such as `?state=retryable&queue=mail`. What is not known there is not asked.
    #[must_use]
    pub fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "state" => asked.state = state(value),
                "queue" => asked.queue = Some(value.to_owned()),
                "after" => asked.after = value.parse().ok(),
                _ => {}
            }
        }
        asked
    }

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

fn is_admin(actor: &Actor) -> Result<(), Refusal> {
    if actor.role == Role::Admin { Ok(()) } else { Err(Refusal::NotFound) }
}

/// The jobs of the installation.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, asked: Asked) -> Result<Desk, Refusal> {
    is_admin(actor)?;
    let (db, now) = (cx.store.reader(), moment(cx.now()));
    let queues = admin::queues(db).await.map_err(|e| refuse(&e))?;
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
    is_admin(actor)?;
    let now = moment(cx.now());
    let order = match wanted {
        Wanted::Retry(which) => Order::Retry { which, now },
        Wanted::Cancel(which) => Order::Cancel { which, reason: "an admin cancelled it".into(), now },
        Wanted::Delete(which) => Order::Delete { which },
        Wanted::Pause(queue) => Order::Pause { queue, now },
        Wanted::Resume(queue) => Order::Resume { queue },
    };
    jobs::Desk::write(cx, Turn::Order(order)).await.map(|_| ()).map_err(|e| refuse_store(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_what_it_knows() {
        let asked = Asked::read("?state=retryable&queue=mail&after=x&more=1");
        assert_eq!(asked, Asked { state: Some(StateName::Retryable), queue: Some("mail".into()), after: None });
        assert_eq!(Asked::read("?state=lost"), Asked::default());
    }
}
