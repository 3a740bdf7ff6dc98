//! The beat by which the crontab is looked at, from `tokio-cron-scheduler`.
//!
//! Must not know: what is due. That scheduler takes a zone's offset when a job is added and keeps it over a change to summer time,
//! forgets what it missed, and runs everything in each process; so nothing depends on it but that it beats. A beat that is lost or
//! doubled changes nothing.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};

const EVERY_SECOND: &str = "* * * * * *";

/// Beats once a second until it is stopped.
pub(crate) struct Metronome {
    beat: Arc<Notify>,
    scheduler: Option<JobScheduler>,
}

impl Metronome {
    pub(crate) async fn start() -> Self {
        let beat = Arc::new(Notify::new());
        let scheduler = match schedule(beat.clone()).await {
            Ok(scheduler) => Some(scheduler),
            Err(error) => {
                tracing::error!(%error, "the metronome of the crontab did not start; the crontab is looked at with the queue");
                None
            }
        };
        Self { beat, scheduler }
    }

    /// Waits for the next beat.
    pub(crate) async fn beat(&self) {
        self.beat.notified().await;
    }

    pub(crate) async fn stop(mut self) {
        if let Some(scheduler) = &mut self.scheduler
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::warn!(%error, "the metronome of the crontab did not stop in order");
        }
    }
}

async fn schedule(beat: Arc<Notify>) -> Result<JobScheduler, tokio_cron_scheduler::JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    scheduler.add(Job::new(EVERY_SECOND, move |_, _| beat.notify_one())?).await?;
    scheduler.start().await?;
    Ok(scheduler)
}
