//! Every task that is started has an owner that stops it and hears its panic.

use futures::FutureExt;
use std::{future::Future, panic::AssertUnwindSafe};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The owner of background tasks. Clones own the same tasks.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// An owner without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The sign that it is time to end; tasks watch it.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Starts a task. A panic in it ends it alone, and is told in the log under `name`.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let watched = async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tracing::error!(task.name = name, "the task {name} panicked and has ended");
            }
        };
        self.tracker.spawn(watched);
    }

    /// Gives the sign to end and waits until all have.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
