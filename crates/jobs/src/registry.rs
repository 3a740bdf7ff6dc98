//! Which jobs a program can run: from the name in a row to the type, and through its stored arguments to a run.
//!
//! Must not know: queues' rows, leases.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
};

use crate::{Job, Outcome, Run};

type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The job types of a program whose context is `C`.
///
/// A job whose name is not here is not claimed: in a rolling update an older process would otherwise fail, or put off, what a
/// newer one enqueued and can do.
#[derive(Debug)]
pub struct Registry<C> {
    jobs: BTreeMap<&'static str, Kind<C>>,
}

#[derive(Debug)]
struct Kind<C> {
    queue: &'static str,
    run: fn(String, C, Run) -> Running,
}

impl<C> Default for Registry<C> {
    fn default() -> Self {
        Self { jobs: BTreeMap::new() }
    }
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// Without any jobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this type, too. The later of two with the same name counts.
    #[must_use]
    pub fn with<J: Job<C>>(mut self) -> Self {
        let run = |args, context, run| -> Running { Box::pin(perform::<C, J>(args, context, run)) };
        self.jobs.insert(J::NAME, Kind { queue: J::QUEUE, run });
        self
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.jobs.keys().copied().collect()
    }

    /// The queues that its jobs are in.
    #[must_use]
    pub fn queues(&self) -> BTreeSet<&'static str> {
        self.jobs.values().map(|kind| kind.queue).collect()
    }

    /// The name as the program has it, and the run of a claimed job.
    pub(crate) fn start(&self, name: &str, args: String, context: C, run: Run) -> Option<(&'static str, Running)> {
        let (name, kind) = self.jobs.get_key_value(name)?;
        Some((name, (kind.run)(args, context, run)))
    }
}

/// Runs a job from its stored arguments, for as long as it may take.
pub(crate) async fn perform<C, J: Job<C>>(args: String, context: C, run: Run) -> Outcome {
    let job: J = match serde_json::from_str(&args) {
        Ok(job) => job,
        // The error's own words may quote the arguments.
        Err(e) => return Outcome::retry(format!("its arguments cannot be read, from column {} on", e.column())),
    };
    let Some(limit) = job.timeout() else { return job.run(&context, &run).await };
    match tokio::time::timeout(limit, job.run(&context, &run)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::retry(format!("it took longer than {} s", limit.as_secs_f64())),
    }
}
