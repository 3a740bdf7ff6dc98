//! The queue of jobs by itself: over a database, in a process of its own, running jobs that do nothing.
//!
//! Must not know: the product around it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use jobs::{Desk, Job, Moment, NewJob, Outcome, Outside, OwnDesk, Registry, Run, Runner, Turn};
use migration::MigratorTrait;
use serde::{Deserialize, Serialize};
use store::{Options, Store, Tasks};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::report::percentile;

/// How many jobs run at once.
const AT_ONCE: u16 = 64;
/// How many enqueue at once, and how many jobs each in one transaction.
const N_PRODUCERS: u32 = 4;
const BATCH: u32 = 50;
/// From one job to the next when the time to its start is measured.
const PACE: Duration = Duration::from_millis(10);

/// What a run gave.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rate {
    /// Jobs per second, from the first that is enqueued to the last that is finished.
    pub per_s: f64,
    /// The middle time from the call that enqueues a job to its start, in milliseconds.
    pub p50_ms: f64,
    /// The time that one in a hundred takes longer.
    pub p99_ms: f64,
}

/// When each job began.
#[derive(Clone, Default)]
struct Began(Arc<Mutex<Vec<(u32, Instant)>>>);

impl Began {
    fn note(&self, n: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((n, Instant::now()));
    }

    fn take(&self) -> Vec<(u32, Instant)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn n(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Does nothing.
#[derive(Serialize, Deserialize)]
struct Nothing {
    n: u32,
}

impl Job<Began> for Nothing {
    const NAME: &'static str = "nothing";
    const QUEUE: &'static str = "bench";

    async fn run(self, began: &Began, _: &Run) -> Outcome {
        began.note(self.n);
        Outcome::Done
    }
}

/// The real clock, and ids that this process makes only once.
struct System(AtomicU32);

impl Outside for System {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn id(&self) -> Uuid {
        let mut random = [0; 10];
        random[..4].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        random[4..8].copy_from_slice(&std::process::id().to_be_bytes());
        let now = u64::try_from(self.now().as_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid()
    }
}

/// A queue that is served by this process.
struct Served {
    store: Store,
    desk: Arc<OwnDesk>,
    outside: Arc<System>,
    began: Began,
}

impl Served {
    async fn enqueue(&self, numbers: impl Iterator<Item = u32>) -> Result<()> {
        let (id, now) = (|| self.outside.id(), self.outside.now());
        let new = numbers.map(|n| NewJob::of::<Began, _>(&Nothing { n }, id(), now));
        self.desk.write(Turn::Enqueue(new.collect::<Result<_, _>>()?)).await?;
        Ok(())
    }

    /// Waits until so many have begun and all have ended.
    async fn until_done(&self, n: usize) -> Result<()> {
        while self.began.n() < n || self.n_open().await? > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    async fn n_open(&self) -> Result<u64> {
        let queues = jobs::admin::queues(self.store.reader(), &BTreeSet::new()).await?;
        Ok(queues.iter().flat_map(|queue| &queue.counts[..4]).sum())
    }

    async fn throughput(self: &Arc<Self>, n_jobs: u32) -> Result<f64> {
        let (start, share) = (Instant::now(), n_jobs / N_PRODUCERS);
        let mut producers = JoinSet::new();
        for producer in 0..N_PRODUCERS {
            let served = self.clone();
            producers.spawn(async move {
                for first in (0..share).step_by(BATCH as usize) {
                    let numbers = first..(first + BATCH).min(share);
                    served.enqueue(numbers.map(|n| producer * share + n)).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(producer) = producers.join_next().await {
            producer??;
        }
        let n = share * N_PRODUCERS;
        self.until_done(n as usize).await?;
        let per_s = f64::from(n) / start.elapsed().as_secs_f64();
        let mut ran: Vec<u32> = self.began.take().into_iter().map(|(n, _)| n).collect();
        ran.sort_unstable();
        ran.dedup();
        ensure!(ran.len() == n as usize, "{} of {n} jobs ran", ran.len());
        Ok(per_s)
    }

    /// The times from the call to the start, in milliseconds.
    async fn latencies(&self, n_jobs: u32) -> Result<Vec<f64>> {
        let mut called = Vec::new();
        let mut pace = tokio::time::interval(PACE);
        for n in 0..n_jobs {
            pace.tick().await;
            called.push(Instant::now());
            self.enqueue(std::iter::once(n)).await?;
        }
        self.until_done(n_jobs as usize).await?;
        let began = self.began.take();
        Ok(began.iter().map(|(n, at)| at.duration_since(called[*n as usize]).as_secs_f64() * 1e3).collect())
    }
}

/// Enqueues and runs so many jobs as fast as it goes, then so many one after the other.
///
/// # Errors
///
/// When the database cannot be reached, or a job does not run exactly once.
pub fn run(url: &str, n_jobs: u32, n_paced: u32) -> Result<Rate> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let store = Store::open(&Options::new(url)).await?;
        store.migrate(async |tx| migration::Migrator::up(tx, None).await).await?;
        let (writing, serving) = (Tasks::new(), Tasks::new());
        let desk = Arc::new(OwnDesk::start(&store, &writing));
        let served = Served { store, desk, outside: Arc::new(System(AtomicU32::new(0))), began: Began::default() };
        let Served { store, desk, outside, began } = &served;
        let registry = Registry::new().with::<Nothing>();
        Runner::new(store.clone(), desk.clone(), registry, began.clone(), outside.clone())
            .bell(desk.bell())
            .limit(Nothing::QUEUE, AT_ONCE)
            .start(&serving);
        let served = Arc::new(served);
        let per_s = served.throughput(n_jobs).await?;
        let mut times = served.latencies(n_paced).await?;
        serving.stop().await;
        writing.stop().await;
        served.store.close().await?;
        Ok(Rate { per_s, p50_ms: percentile(&mut times, 50.0), p99_ms: percentile(&mut times, 99.0) })
    })
}
