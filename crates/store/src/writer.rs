//! The batching writer: takes what is queued, runs it in one transaction, commits once, then answers all.
//!
//! One transaction per command costs a disk flush each; a batch shares it. There is no timer: while one batch commits,
//! the next one gathers, so a single client waits for nothing and sixty-four share a flush.
//!
//! A batch that fails is rolled back and each item runs alone once, so that one bad item cannot hurt its neighbours.
//! Work is therefore repeatable: it leaves no trace but through the transaction.

use futures::FutureExt;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    engine::{Engine, Store, StoreError},
    tasks::Tasks,
};

/// The most items of one transaction.
const BATCH: usize = 128;
/// How many items may wait per writer and lane; more are refused with [`StoreError::Full`].
const WAITING: usize = 4096;
/// After so many batches of people in a row, one item of the background has its turn.
const PATIENCE: u32 = 8;
/// How often an item that runs alone is tried again after a deadlock or a serialization failure.
const TRIES: u32 = 4;

/// Who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A person. Goes first.
    People,
    /// Nobody: jobs, sealing, rotation. Short turns, when no person waits.
    Background,
}

/// What a writer does with its items.
pub trait Work: Send + Sync + 'static {
    /// One piece of work.
    type Item: Send + Sync + 'static;
    /// What its sender hears after the commit.
    type Answer: Send + 'static;

    /// Runs all items, in order, in one transaction; answers one for each. May be called again with the same items.
    fn run(
        &self,
        tx: &DatabaseTransaction,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, DbErr>> + Send;

    /// Runs all items without a transaction, where one statement (as [`crate::insert_if`]) can do it: `None` when it
    /// cannot, or when it turned out that nothing may be written like this. Then, or after an error, the same items go to
    /// [`Work::run`]. Asked on PostgreSQL only, where each statement of a transaction is a journey.
    fn run_at_once(
        &self,
        db: &DatabaseConnection,
        items: &[Self::Item],
    ) -> impl Future<Output = Result<Option<Vec<Self::Answer>>, DbErr>> + Send;

    /// Which of the side-by-side writers an item goes to. Items that lock the same rows should share one.
    fn shard(&self, item: &Self::Item) -> u64;

    /// The batch is durable, after so long with the engine; nobody has been answered yet. What the work wants to remember of it
    /// (and may only remember now) travels in the answers.
    fn committed(&self, answers: &mut [Self::Answer], took: Duration);
}

struct Queued<W: Work> {
    item: W::Item,
    answer: oneshot::Sender<Result<W::Answer, StoreError>>,
}

struct Queues<W: Work> {
    people: mpsc::Sender<Queued<W>>,
    background: mpsc::Sender<Queued<W>>,
}

/// Counts since the start, for metrics.
#[derive(Debug, Default)]
pub struct WriterStats {
    /// Transactions that were committed.
    pub batches: AtomicU64,
    /// Items in them.
    pub items: AtomicU64,
    /// Batches of these that were one statement, without a transaction around it.
    pub at_once: AtomicU64,
    /// Batches that failed and ran again one by one.
    pub fallbacks: AtomicU64,
}

/// Runs [`Work`] in batches. On SQLite there is one writer, on PostgreSQL several side by side.
pub struct Writer<W: Work> {
    work: Arc<W>,
    queues: Vec<Queues<W>>,
    stats: Arc<WriterStats>,
}

impl<W: Work> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("writers", &self.queues.len()).finish_non_exhaustive()
    }
}

impl<W: Work> Writer<W> {
    /// Starts the writers; `tasks` owns them.
    #[must_use]
    pub fn start(store: &Store, work: W, tasks: &Tasks) -> Self {
        let (work, stats) = (Arc::new(work), Arc::new(WriterStats::default()));
        let queues = (0..store.n_writers())
            .map(|_| {
                let (people, from_people) = mpsc::channel(WAITING);
                let (background, from_background) = mpsc::channel(WAITING);
                let turn = Turn { store: store.clone(), work: work.clone(), stats: stats.clone() };
                tasks.spawn("writer", turn.run(from_people, from_background, tasks.clone()));
                Queues { people, background }
            })
            .collect();
        Self { work, queues, stats }
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> &WriterStats {
        &self.stats
    }

    /// Does a piece of work; answers when it is durable. To drop the future does not undo or stop it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] when too much waits; the engine's error when it failed alone.
    pub async fn write(&self, lane: Lane, item: W::Item) -> Result<W::Answer, StoreError> {
        let shard = self.work.shard(&item) % self.queues.len() as u64;
        let queues = &self.queues[usize::try_from(shard).unwrap_or(0)];
        let queue = match lane {
            Lane::People => &queues.people,
            Lane::Background => &queues.background,
        };
        let (answer, hears) = oneshot::channel();
        queue.try_send(Queued { item, answer }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => StoreError::Full,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        hears.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// One writer.
struct Turn<W: Work> {
    store: Store,
    work: Arc<W>,
    stats: Arc<WriterStats>,
}

impl<W: Work> Turn<W> {
    async fn run(self, mut people: mpsc::Receiver<Queued<W>>, mut background: mpsc::Receiver<Queued<W>>, tasks: Tasks) {
        let stopping = tasks.stopping();
        let mut in_a_row = 0;
        loop {
            let mut batch = Vec::new();
            if in_a_row >= PATIENCE
                && let Ok(waited) = background.try_recv()
            {
                batch.push(waited);
            }
            in_a_row = if batch.is_empty() { in_a_row.saturating_add(1) } else { 0 };
            while batch.len() < BATCH
                && let Ok(next) = people.try_recv()
            {
                batch.push(next);
            }
            if batch.is_empty() {
                tokio::select! {
                    biased;
                    Some(next) = people.recv() => batch.push(next),
                    Some(next) = background.recv() => { batch.push(next); in_a_row = 0; }
                    () = stopping.cancelled() => return, // the queues are empty, or the branches above had won
                    else => return,
                }
                // Those who were woken by the same commit as the first are about to queue: let them in.
                tokio::task::yield_now().await;
                while batch.len() < BATCH
                    && let Ok(next) = people.try_recv()
                {
                    batch.push(next);
                }
            }
            self.serve(batch).await;
        }
    }

    async fn serve(&self, batch: Vec<Queued<W>>) {
        let (items, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|q| (q.item, q.answer)).unzip();
        if items.len() > 1 {
            match self.attempt(&items).await {
                Ok(done) => {
                    // Who does not listen any more has gone away; what they asked for is done all the same.
                    answers.into_iter().zip(done).for_each(|(waits, answer)| drop(waits.send(Ok(answer))));
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, items = items.len(), "a batch failed; each of its items runs alone");
                    self.stats.fallbacks.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        for (item, waits) in items.into_iter().zip(answers) {
            let _ = waits.send(self.alone(item).await);
        }
    }

    async fn alone(&self, item: W::Item) -> Result<W::Answer, StoreError> {
        let items = [item];
        let mut tries = 1;
        loop {
            match self.attempt(&items).await {
                Ok(mut done) => return done.pop().ok_or(StoreError::Stopped),
                Err(error) if tries < TRIES && is_passing(&error) => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn at_once(&self, items: &[W::Item]) -> Option<Vec<W::Answer>> {
        if self.store.engine() != Engine::Postgres {
            return None;
        }
        match self.work.run_at_once(self.store.writers(), items).await {
            Ok(answers) => answers,
            Err(error) => {
                tracing::debug!(%error, items = items.len(), "a batch failed in one statement; it gets a transaction");
                None
            }
        }
    }

    async fn attempt(&self, items: &[W::Item]) -> Result<Vec<W::Answer>, DbErr> {
        let began = Instant::now();
        let run = async {
            if let Some(answers) = self.at_once(items).await {
                self.stats.at_once.fetch_add(1, Ordering::Relaxed);
                return of_each(items, answers);
            }
            let tx = self.store.begin().await?;
            let answers = of_each(items, self.work.run(&tx, items).await?)?;
            tx.commit().await?;
            Ok(answers)
        };
        let mut result = AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a piece of work panicked; it was rolled back");
            Err(DbErr::Custom("the work panicked".into()))
        });
        if let Ok(answers) = &mut result {
            self.stats.batches.fetch_add(1, Ordering::Relaxed);
            self.stats.items.fetch_add(answers.len() as u64, Ordering::Relaxed);
            self.work.committed(answers, began.elapsed());
        }
        result
    }
}

fn of_each<I, A>(items: &[I], answers: Vec<A>) -> Result<Vec<A>, DbErr> {
    if answers.len() == items.len() {
        Ok(answers)
    } else {
        Err(DbErr::Custom("each item of a batch needs its answer".into()))
    }
}

/// Whether the same may succeed when it is tried again: a deadlock or a serialization failure on PostgreSQL
/// (SQLSTATE 40001 and 40P01), a busy database on SQLite (code 5).
fn is_passing(error: &DbErr) -> bool {
    let (DbErr::Exec(inner) | DbErr::Query(inner) | DbErr::Conn(inner)) = error else { return false };
    let sea_orm::RuntimeErr::SqlxError(inner) = inner else { return false };
    let code = inner.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("40001" | "40P01" | "5" | "517"))
}
