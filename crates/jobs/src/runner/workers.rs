//! The jobs that run in this process: each in a task of its own, whose end is heard whatever it is.
//!
//! Must not know: the database.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::{self, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::{Claimed, Held, Moment, Outcome, Outside, Owner, Registry, Run};

/// How long a job that is to end may go on; then it is broken off.
pub const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// The jobs that run.
#[derive(Debug, Default)]
pub(super) struct Workers {
    tasks: JoinSet<Outcome>,
    running: HashMap<task::Id, Running>,
}

#[derive(Debug)]
struct Running {
    id: Uuid,
    attempt: u16,
    queue: &'static str,
    name: &'static str,
    began: Instant,
    cancelled: CancellationToken,
    task: task::AbortHandle,
    /// Since when it is to end, and why.
    asked: Option<(Instant, String)>,
    /// Somebody else has it: what comes out of it is of no interest.
    is_lost: bool,
}

/// A run that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) id: Uuid,
    pub(super) attempt: u16,
    pub(super) outcome: Outcome,
}

impl Workers {
    /// Runs a job; answers `false` for one whose name is not in the registry.
    pub(super) fn start<C: Clone + Send + Sync + 'static>(
        &mut self,
        job: Claimed,
        (registry, context): (&Registry<C>, &C),
        (owner, outside): (Owner, &Arc<dyn Outside>),
    ) -> bool {
        let run = Run::new(job.id, job.attempt, job.max_attempts, owner, outside.clone());
        let cancelled = run.cancelled();
        let Some((name, work)) = registry.start(&job.name, job.args, context.clone(), run) else { return false };
        waited(outside.now(), job.scheduled_at, job.queue, name);
        let span = tracing::info_span!(
            "job",
            job.id = %job.id,
            job.name = name,
            job.queue = job.queue,
            job.attempt = job.attempt,
            job.outcome = tracing::field::Empty
        );
        let work = async move {
            let outcome = work.await;
            tracing::Span::current().record("job.outcome", word(&outcome));
            outcome
        };
        let task = self.tasks.spawn(work.instrument(span));
        let running = Running {
            id: job.id,
            attempt: job.attempt,
            queue: job.queue,
            name,
            began: Instant::now(),
            cancelled,
            task: task.clone(),
            asked: None,
            is_lost: false,
        };
        self.running.insert(task.id(), running);
        true
    }

    /// How many jobs of a queue run.
    pub(super) fn n_of(&self, queue: &str) -> usize {
        self.running.values().filter(|running| running.queue == queue).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Waits for an end; for ever if nothing runs. What was lost ends unheard.
    pub(super) async fn ended(&mut self) -> Option<Ended> {
        match self.tasks.join_next_with_id().await {
            Some(end) => self.hear(end),
            None => std::future::pending().await,
        }
    }

    /// All that have ended by now.
    pub(super) fn all_ended(&mut self) -> Vec<Ended> {
        let mut all = Vec::new();
        while let Some(end) = self.tasks.try_join_next_with_id() {
            all.extend(self.hear(end));
        }
        all
    }

    fn hear(&mut self, end: Result<(task::Id, Outcome), JoinError>) -> Option<Ended> {
        let (task, outcome) = match end {
            Ok((task, outcome)) => (task, Ok(outcome)),
            Err(error) => (error.id(), Err(error)),
        };
        let running = self.running.remove(&task)?;
        let outcome = match (outcome, &running.asked) {
            (Ok(outcome), _) => outcome,
            (Err(error), Some((_, reason))) if error.is_cancelled() => Outcome::Cancel(reason.clone()),
            // What it said may hold anything; it went to the log.
            (Err(_), _) => Outcome::retry("it panicked"),
        };
        told(&running, &outcome);
        (!running.is_lost).then_some(Ended { id: running.id, attempt: running.attempt, outcome })
    }

    /// Compares what runs with what the process has by the database; answers what it has and does not run. What it has lost is
    /// broken off, what is to end is told so, or broken off when it was told long enough ago.
    pub(super) fn compare(&mut self, held: Vec<Held>) -> Vec<Uuid> {
        let mut held: HashMap<(Uuid, u16), Held> =
            held.into_iter().map(|held| ((held.id, held.attempt), held)).collect();
        for running in self.running.values_mut() {
            let Some(held) = held.remove(&(running.id, running.attempt)) else {
                running.is_lost = true;
                running.cancelled.cancel();
                running.task.abort();
                continue;
            };
            let Some(reason) = held.cancel_reason else { continue };
            running.cancelled.cancel();
            let (since, _) = running.asked.get_or_insert_with(|| (Instant::now(), reason));
            if since.elapsed() >= CANCEL_GRACE {
                running.task.abort();
            }
        }
        held.into_keys().map(|(id, _)| id).collect()
    }

    /// Whether something was told to end and has not.
    pub(super) fn is_ending(&self) -> bool {
        self.running.values().any(|running| running.asked.is_some() && !running.is_lost)
    }

    /// Breaks off everything.
    pub(super) async fn abort(&mut self) {
        self.tasks.shutdown().await;
        self.running.clear();
    }
}

/// How late a job begins.
fn waited(now: Moment, due: Moment, queue: &'static str, name: &'static str) {
    let ms = u64::try_from(now.as_millis().saturating_sub(due.as_millis())).unwrap_or(0);
    let waited = Duration::from_millis(ms);
    metrics::histogram!("muster_jobs_wait_seconds", "queue" => queue, "name" => name).record(waited);
}

/// How it ended, without why: that may hold anything.
const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Retry(_) => "retry",
        Outcome::Cancel(_) => "cancel",
        Outcome::Snooze(_) => "snooze",
    }
}

fn told(running: &Running, outcome: &Outcome) {
    let (queue, name, took) = (running.queue, running.name, running.began.elapsed());
    let word = word(outcome);
    metrics::counter!("muster_jobs_runs_total", "queue" => queue, "name" => name, "outcome" => word).increment(1);
    metrics::histogram!("muster_jobs_run_seconds", "queue" => queue, "name" => name).record(took);
    let (id, attempt) = (running.id, running.attempt);
    match outcome {
        Outcome::Done | Outcome::Snooze(_) => {
            tracing::debug!(job.id = %id, job.name = name, job.attempt = attempt, outcome = word, "job {name} has run");
        }
        Outcome::Retry(reason) | Outcome::Cancel(reason) => tracing::warn!(
            job.id = %id, job.name = name, job.attempt = attempt, outcome = word, reason, "job {name} did not succeed"
        ),
    }
}
