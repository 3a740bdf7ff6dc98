//! Forgetting what is old: each night, a short piece of work at a time, so that nobody who works then waits for it.
//!
//! What is kept for how long stands in [`rules`]; the trash is emptied by [`trash`], because people's pages have to hear of that.
//! `docs/jobs.md` tells people. Jobs that ended and slots of the crontab are forgotten by the queue itself, checks of the audit
//! log by the next one, and limits and sign-ins that wait for a code by the next sign-in.
//!
//! Must not know: what the rows mean that go.

mod rules;
mod trash;

use jobs::{Job, Outcome, Run, Scope, Unique};
use model::{Instant, Refusal, Stream};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Lane;

use crate::{
    Cx,
    batch::{Book, Item},
    context::refuse,
    export,
};
pub use rules::TRASH_DAYS;
#[cfg(feature = "kit")]
pub(crate) use rules::questions;
use rules::{RULES, Rule};
pub(crate) use trash::erase_project;

const DAY_MS: i64 = 86_400_000;
/// A first night may have years to forget, at some thousand rows a second.
const TIMEOUT: Duration = Duration::from_hours(4);

/// Forgets what is old.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Prune {}

impl Job<Cx> for Prune {
    const NAME: &'static str = "prune";
    const QUEUE: &'static str = "upkeep";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: Self::NAME.into(), scope: Scope::WhileUnfinished })
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        let mut failed = None;
        // One kind of thing that cannot be forgotten does not keep the others.
        for rule in &RULES {
            failed = failed.or(sweep(cx, run, rule).await.err());
        }
        failed = failed.or(export::expire(cx).await.err());
        failed = failed.or(trash::empty(cx, run).await.err());
        failed.map_or(Outcome::Done, Outcome::retry)
    }
}

/// Deletes what a rule finds, as long as it finds something.
async fn sweep(cx: &Cx, run: &Run, rule: &'static Rule) -> Result<(), Refusal> {
    let before = cx.now().plus_ms(-rule.kept_days * DAY_MS);
    while rule.is_any(cx.store.reader(), before).await.map_err(|e| refuse(&e))? {
        go_on(run)?;
        cx.write(Lane::Background, Item::Prune(Box::new(Work::Sweep { rule, before }))).await?;
    }
    Ok(())
}

/// Ends what is not wanted any more. What is left is found the next night.
fn go_on(run: &Run) -> Result<(), Refusal> {
    if run.cancelled().is_cancelled() { Err(Refusal::Busy { after_s: 1 }) } else { Ok(()) }
}

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// Delete some of what a rule finds.
    Sweep { rule: &'static Rule, before: Instant },
    /// Delete tasks of one project for good.
    Purge(trash::Purge),
}

impl Work {
    /// The streams that hear of it.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            Self::Sweep { .. } => Vec::new(),
            Self::Purge(purge) => purge.streams(),
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        match self {
            Self::Sweep { rule, before } => rule.sweep(book.tx()?, *before).await,
            Self::Purge(purge) => purge.run(book).await,
        }
    }
}
