//! Where turns are written: the application's own writer, or one of the queue's own.
//!
//! Must not know: what a turn does.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use std::{sync::Arc, time::Duration};
use store::{Lane, Store, StoreError, Tasks, Work, Writer};
use tokio::sync::Notify;

use crate::{Turn, TurnAnswer};

/// Wakes the runner of this process. Clones wake the same one.
///
/// Ring it after the commit of what enqueued something; a ring before it only costs a look. One that is forgotten costs a second,
/// because the runner looks that often anyway.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// One that nobody hears yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rings. Many rings before the runner looks are one.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn heard(&self) {
        self.0.notified().await;
    }
}

/// Writes turns: each in a transaction, answered after its commit. It may share the transaction with other work.
pub trait Desk: Send + Sync + 'static {
    /// Does a turn; answers when it is durable.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the turn may or may not have been done.
    fn write(&self, turn: Turn) -> impl Future<Output = Result<TurnAnswer, StoreError>> + Send;
}

impl<D: Desk> Desk for Arc<D> {
    fn write(&self, turn: Turn) -> impl Future<Output = Result<TurnAnswer, StoreError>> + Send {
        (**self).write(turn)
    }
}

/// A desk over a [`Writer`] that does nothing else: for programs without one, tests and measurements.
#[derive(Debug)]
pub struct OwnDesk {
    writer: Writer<Turns>,
    bell: Bell,
}

impl OwnDesk {
    /// Starts the writer, which `tasks` owns. They must be stopped after the owner of the runner.
    #[must_use]
    pub fn start(store: &Store, tasks: &Tasks) -> Self {
        let bell = Bell::new();
        Self { writer: Writer::start(store, Turns { bell: bell.clone() }, tasks), bell }
    }

    /// Rings after each commit that brings work.
    #[must_use]
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }
}

impl Desk for OwnDesk {
    async fn write(&self, turn: Turn) -> Result<TurnAnswer, StoreError> {
        Ok(self.writer.write(Lane::People, (turn.brings_work(), turn)).await?.1)
    }
}

/// What the writer of an [`OwnDesk`] does.
#[derive(Debug)]
struct Turns {
    bell: Bell,
}

impl Work for Turns {
    /// With whether it brings work.
    type Item = (bool, Turn);
    type Answer = (bool, TurnAnswer);

    async fn run(&self, tx: &DatabaseTransaction, items: &[Self::Item]) -> Result<Vec<Self::Answer>, DbErr> {
        let mut answers = Vec::with_capacity(items.len());
        for (brings_work, turn) in items {
            answers.push((*brings_work, turn.run(tx).await?));
        }
        Ok(answers)
    }

    /// A turn is more than one statement.
    async fn run_at_once(&self, _: &DatabaseConnection, _: &[Self::Item]) -> Result<Option<Vec<Self::Answer>>, DbErr> {
        Ok(None)
    }

    fn shard(&self, (brings_work, _): &Self::Item) -> u64 {
        // What is enqueued does not wait for what is claimed.
        u64::from(*brings_work)
    }

    fn committed(&self, answers: &mut [Self::Answer], _: Duration) {
        if answers.iter().any(|(brings_work, _)| *brings_work) {
            self.bell.ring();
        }
    }
}
