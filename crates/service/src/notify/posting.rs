//! What jobs of this room write, each in one transaction with its own end: a mail, further jobs, how far they have come.

use jobs::{NewJob, Ticket};
use model::{Instant, PersonId, TaskId};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    batch::Book,
    post::{self, NewMail},
    sql::{instant, one, run},
};

/// What a job writes.
#[derive(Debug)]
pub(crate) struct Posting {
    ticket: Ticket,
    work: Work,
}

#[derive(Debug)]
pub(super) enum Work {
    /// A mail to somebody.
    Mail(NewMail),
    /// A mail about the notices of a task up to an event.
    Notices { mail: NewMail, person: PersonId, task: TaskId, to: i64, at: Instant },
    /// A clock went on to this moment, and these jobs came due.
    Clock { name: &'static str, at: Instant, jobs: Vec<NewJob> },
}

impl Posting {
    pub(super) const fn new(ticket: Ticket, work: Work) -> Self {
        Self { ticket, work }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let tx = book.tx()?;
        if !self.ticket.done_in(tx).await? {
            // Somebody else does this job.
            return Ok(());
        }
        match &self.work {
            Work::Mail(mail) => post::write(book, mail).await,
            Work::Notices { mail, person, task, to, at } => {
                let sql = "UPDATE notices SET mailed_at = $4 \
                           WHERE person = $1 AND task = $2 AND seq <= $3 AND mailed_at IS NULL";
                run(tx, sql, [(*person).into(), (*task).into(), (*to).into(), (*at).into()]).await?;
                post::write(book, mail).await
            }
            Work::Clock { name, at, jobs } => {
                let sql = "INSERT INTO clocks (name, at) VALUES ($1, $2) \
                           ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE clocks.at < excluded.at";
                run(tx, sql, [(*name).into(), (*at).into()]).await?;
                book.enqueue(jobs.clone()).await
            }
        }
    }
}

/// How far a clock has come; nothing if it never ran.
pub(super) async fn clock(db: &impl ConnectionTrait, name: &str) -> Result<Option<Instant>, DbErr> {
    let row = one(db, "SELECT at FROM clocks WHERE name = $1", [name.into()]).await?;
    row.map(|row| instant(&row, 0)).transpose()
}
