//! What somebody orders about the installation itself: the entry that says so, and what is to be done, in one transaction.

use jobs::{NewJob, Order, Turn};
use ledger::Outcome;
use model::Instant;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::{
    Actor, Cx,
    batch::{Book, By, Note, told},
};

/// An order.
#[derive(Debug)]
pub(crate) struct Act {
    by: Actor,
    at: Instant,
    action: &'static str,
    object: (&'static str, Option<Uuid>),
    said: Vec<(&'static str, String)>,
    jobs: Vec<NewJob>,
    order: Option<Order>,
}

impl Act {
    pub(crate) fn new(cx: &Cx, by: &Actor, action: &'static str, object: (&'static str, Option<Uuid>)) -> Self {
        Self { by: *by, at: cx.now(), action, object, said: Vec::new(), jobs: Vec::new(), order: None }
    }

    /// What else the entry says; nothing that is personal.
    pub(crate) fn saying(mut self, field: &'static str, value: impl Into<String>) -> Self {
        self.said.push((field, value.into()));
        self
    }

    /// Jobs that it brings.
    pub(crate) fn with_jobs(self, jobs: Vec<NewJob>) -> Self {
        Self { jobs, ..self }
    }

    /// What the queue is told to do.
    pub(crate) fn with_order(self, order: Order) -> Self {
        Self { order: Some(order), ..self }
    }

    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let Self { by, at, action, object, said, jobs, order } = self;
        let changes = said.iter().map(|(field, value)| told(field, value)).collect();
        let (kind, outcome) = ("admin", Outcome::Done);
        book.note(Note { kind, by: By::actor(by), at: *at, action, object: *object, outcome, changes });
        book.enqueue(jobs.clone()).await?;
        if let Some(order) = order {
            book.turn(&Turn::Order(order.clone())).await?;
        }
        Ok(())
    }
}
