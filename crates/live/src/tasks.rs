//! The tasks of a hub: each has an owner that stops it and hears its panic.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinSet;

use crate::lock;

/// After a panic, before the task begins again: a fault that lasts must not turn a core.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Dropping it aborts what still runs.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// `None` once stopped.
    set: Mutex<Option<JoinSet<()>>>,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { set: Mutex::new(Some(JoinSet::new())) }
    }

    /// Runs a task; false if the tasks were stopped and it does not run.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        let mut set = lock(&self.set);
        let Some(set) = set.as_mut() else { return false };
        // Those that ended only wait to be counted.
        while set.try_join_next().is_some() {}
        set.spawn(task);
        true
    }

    /// Waits for all of them; they have been told to end. None begins after this.
    pub(crate) async fn stop(&self) {
        let set = lock(&self.set).take();
        if let Some(mut set) = set {
            while set.join_next().await.is_some() {}
        }
    }
}

/// Begins `task` again when it panics: a fault in one turn must not end all later ones.
pub(crate) async fn through_panics<T: Future<Output = ()>>(name: &str, mut task: impl FnMut() -> T) {
    while AssertUnwindSafe(task()).catch_unwind().await.is_err() {
        tracing::error!(task = name, "the task {name} panicked; it begins again in a second");
        tokio::time::sleep(AFTER_PANIC).await;
    }
}
