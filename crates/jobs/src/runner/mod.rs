//! The runner: what serves the queues in one process.
//!
//! One task decides and writes; each job runs in a task of its own. While the one writes, others end, so that a busy process
//! finishes and claims many jobs in one transaction, and an idle one only reads.
//!
//! Must not know: what jobs do, or whose transaction a turn shares.

mod glance;
mod node;
mod workers;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use store::{Store, Tasks};

pub use workers::CANCEL_GRACE;

use crate::{Bell, Crontab, Desk, Outside, Registry};

/// How many jobs of a queue a process runs at once, if nobody says otherwise.
pub const DEFAULT_LIMIT: u16 = 10;

/// The times by which a runner works. The defaults are for production; tests have less patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// How often it looks for work that nobody rang for.
    pub poll: Duration,
    /// How long a claim holds without being renewed. By the clock of [`Outside`].
    pub lease: Duration,
    /// How often all leases of the process are renewed; less than a third of `lease`. By the clock of [`Outside`].
    pub renew: Duration,
    /// How long running jobs may go on when the process stops; then they are broken off and given back.
    pub stop: Duration,
    /// How long completed jobs are kept.
    pub keep_completed: Duration,
    /// How long discarded and cancelled jobs are kept.
    pub keep_failed: Duration,
    /// How long the slots of the crontab are remembered.
    pub keep_slots: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            lease: Duration::from_secs(30),
            renew: Duration::from_secs(10),
            stop: Duration::from_secs(15),
            keep_completed: Duration::from_hours(24),
            keep_failed: Duration::from_hours(7 * 24),
            keep_slots: Duration::from_hours(30 * 24),
        }
    }
}

/// What serves the queues in this process, before it is started.
pub struct Runner<C, D> {
    store: Store,
    desk: D,
    registry: Registry<C>,
    context: C,
    outside: Arc<dyn Outside>,
    bell: Bell,
    limits: BTreeMap<&'static str, u16>,
    times: Times,
    crontab: Crontab,
}

impl<C, D> std::fmt::Debug for Runner<C, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("limits", &self.limits).field("times", &self.times).finish_non_exhaustive()
    }
}

impl<C: Clone + Send + Sync + 'static, D: Desk> Runner<C, D> {
    /// A runner of these jobs, which reads from the store and writes at the desk.
    #[must_use]
    pub fn new(store: Store, desk: D, registry: Registry<C>, context: C, outside: Arc<dyn Outside>) -> Self {
        let (bell, limits, times, crontab) = (Bell::new(), BTreeMap::new(), Times::default(), Crontab::default());
        Self { store, desk, registry, context, outside, bell, limits, times, crontab }
    }

    /// Woken by this bell.
    #[must_use]
    pub fn bell(mut self, bell: Bell) -> Self {
        self.bell = bell;
        self
    }

    /// Runs so many jobs of a queue at once, instead of [`DEFAULT_LIMIT`]; with 0 it leaves the queue to others. What is set with
    /// [`Order::Scale`](crate::Order::Scale) goes before it.
    #[must_use]
    pub fn limit(mut self, queue: &'static str, at_once: u16) -> Self {
        self.limits.insert(queue, at_once);
        self
    }

    /// With other times.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// With a crontab.
    #[must_use]
    pub fn crontab(mut self, crontab: Crontab) -> Self {
        self.crontab = crontab;
        self
    }

    /// Starts it. `tasks` owns it: when they are stopped, it claims nothing more, waits for what runs, and gives back what does
    /// not end in time. What the desk writes with must outlive it, so its owner is stopped after this one.
    pub fn start(self, tasks: &Tasks) {
        tasks.spawn("jobs", node::Node::new(self).run(tasks.stopping()));
    }
}
