//! What is written about exports: that somebody asked, how far one is, what became of it.

use jobs::{NewJob, Ticket};
use ledger::Outcome;
use model::{Instant, ProjectId};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{Format, KEPT_MS, What};
use crate::{
    Actor,
    batch::{Book, By, Note, told},
    sql::{padded, run},
};

pub(super) const WAITING: i16 = 1;
pub(super) const RUNNING: i16 = 2;
pub(super) const READY: i16 = 3;
pub(super) const FAILED: i16 = 4;

/// What the log calls the fetching of a file.
pub(super) const FETCH: &str = "export.fetch";
/// What it calls the end of an export that is wanted no more.
pub(super) const REMOVE: &str = "export.remove";

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// Somebody asks for one.
    Begin(Box<Asked>),
    /// So many rows are written, of so many.
    Progress { export: Uuid, n_done: u64, n_all: u64 },
    /// The file is there.
    Ready { ticket: Ticket, export: Uuid, n_done: u64, bytes: u64, at: Instant },
    /// It cannot be made, for this reason.
    Failed { export: Uuid, reason: String, at: Instant },
    /// It is wanted no more.
    Remove { export: Uuid, by: Actor, at: Instant },
    /// Their time is over.
    Forget { exports: Vec<Uuid> },
    /// Somebody fetched the file.
    Fetched { export: Uuid, by: Actor, at: Instant },
}

/// An export that somebody asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(super) id: Uuid,
    pub(super) by: Actor,
    pub(super) what: What,
    pub(super) format: Format,
    pub(super) at: Instant,
    pub(super) job: NewJob,
}

impl Work {
    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let tx = book.tx()?;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        match self {
            Self::Begin(asked) => {
                let Asked { id, by, what, format, at, job } = &**asked;
                let sql = "INSERT INTO exports (id, person, what, project, format, state, n_done, created_at) \
                           VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
                let values = [
                    (*id).into(),
                    by.person.into(),
                    what.code().into(),
                    what.project().map(ProjectId::uuid).into(),
                    format.code().into(),
                    WAITING.into(),
                    (*at).into(),
                ];
                run(tx, sql, values).await?;
                let about = what.project().map_or(("export", *id), |project| ("project", project.uuid()));
                note(book, by, begins(*what), about, format.ending(), *at);
                book.enqueue(vec![job.clone()]).await
            }
            Self::Progress { export, n_done, n_all } => {
                let sql = "UPDATE exports SET state = $2, n_done = $3, n_all = $4 WHERE id = $1 AND state IN ($2, $5)";
                let values =
                    [(*export).into(), RUNNING.into(), number(*n_done).into(), number(*n_all).into(), WAITING.into()];
                run(tx, sql, values).await.map(drop)
            }
            Self::Ready { ticket, export, n_done, bytes, at } => {
                if !ticket.done_in(tx).await? {
                    return Ok(());
                }
                let sql = "UPDATE exports SET state = $2, n_done = $3, bytes = $4, finished_at = $5, expires_at = $6 WHERE id = $1";
                let values = [
                    (*export).into(),
                    READY.into(),
                    number(*n_done).into(),
                    number(*bytes).into(),
                    (*at).into(),
                    at.plus_ms(KEPT_MS).into(),
                ];
                run(tx, sql, values).await.map(drop)
            }
            Self::Failed { export, reason, at } => {
                let sql = "UPDATE exports SET state = $2, reason = $3, finished_at = $4, expires_at = $5 WHERE id = $1";
                let until = at.plus_ms(KEPT_MS);
                let values = [(*export).into(), FAILED.into(), reason.clone().into(), (*at).into(), until.into()];
                run(tx, sql, values).await.map(drop)
            }
            Self::Remove { export, by, at } => {
                let sql = "DELETE FROM exports WHERE id = $1 AND person = $2";
                if run(tx, sql, [(*export).into(), by.person.into()]).await? > 0 {
                    note(book, by, REMOVE, ("export", *export), "", *at);
                }
                Ok(())
            }
            Self::Forget { exports } => {
                let (list, values) = padded(exports, 1);
                run(tx, &format!("DELETE FROM exports WHERE id IN {list}"), values).await.map(drop)
            }
            Self::Fetched { export, by, at } => {
                note(book, by, FETCH, ("export", *export), "", *at);
                Ok(())
            }
        }
    }
}

/// What the log calls the asking for an export.
pub(super) const fn begins(what: What) -> &'static str {
    if matches!(what, What::ProjectLog(_)) { "export.audit" } else { "export.create" }
}

fn note(book: &mut Book<'_>, by: &Actor, action: &str, (kind, id): (&str, Uuid), format: &str, at: Instant) {
    let changes = if format.is_empty() { vec![] } else { vec![told("format", format)] };
    let (by, object) = (By::actor(by), (kind, Some(id)));
    book.note(Note { kind: "export", by, at, action, object, outcome: Outcome::Done, changes });
}
