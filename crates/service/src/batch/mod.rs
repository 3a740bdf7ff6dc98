//! What the writer does with a batch: load what the commands need, decide each in memory, then write what changed, all
//! of it together.
//!
//! A command is decided over a [`Partial`] board, which its events are folded into at once, so that the next command of
//! the batch sees them. Rows, events, operations and leaves are written at the end, many in one statement. A refusal
//! leaves no trace, because nothing was written yet: no savepoint per command is needed. What the database refuses (an
//! id that exists elsewhere) fails the batch, and the writer then runs each command alone.

mod book;
mod partial;
mod rows;

use ledger::Hash;
use model::{Done, Envelope, Instant, ProjectId, Refusal, Stream};
use sea_orm::{DatabaseTransaction, DbErr};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::Work;

use crate::{
    Outside,
    account::{Actor, Errand, Ran},
    context::in_lock_order,
    feed::{Feed, stream_key},
};
pub(crate) use book::Book;
use partial::Partial;
pub(crate) use partial::{TASK, project_row, task as task_row};

/// How many boards stay in memory between batches.
const KEPT_BOARDS: usize = 512;

/// One piece of work.
#[derive(Debug)]
pub(crate) enum Item {
    /// A person's command.
    Command(Box<Ordered>),
    /// Something about accounts.
    Errand(Box<Errand>),
}

/// A command with who gave it, and when it came in.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) actor: Actor,
    pub(crate) envelope: Envelope,
    /// SHA-256 of the command: the same op with another content is refused.
    pub(crate) hash: [u8; 32],
    pub(crate) at: Instant,
}

/// What became of an item.
#[derive(Debug)]
pub(crate) enum Reply {
    Command(Result<Done, Refusal>),
    Errand(Result<Ran, Refusal>),
}

/// A reply, and what may be done and remembered only after the commit. The first answer of a batch carries it for all.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    heads: Vec<(Stream, i64)>,
    boards: Vec<Partial>,
}

/// Runs batches of items.
pub(crate) struct Batches {
    hub: Arc<live::Hub<Feed>>,
    outside: Outside,
    /// Boards of the last batches. One is used again only if its stream, now locked, is where the board left it.
    kept: Mutex<HashMap<ProjectId, Partial>>,
}

impl Batches {
    pub(crate) fn new(hub: Arc<live::Hub<Feed>>, outside: Outside) -> Self {
        Self { hub, outside, kept: Mutex::default() }
    }

    fn take_kept(&self, project: ProjectId) -> Option<Partial> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&project)
    }
}

impl Item {
    fn streams(&self) -> Vec<Stream> {
        match self {
            Self::Command(ordered) => ordered.envelope.command.streams(ordered.actor.person),
            Self::Errand(errand) => errand.streams(),
        }
    }
}

impl Work for Batches {
    type Item = Item;
    type Answer = Answer;

    async fn run(&self, tx: &DatabaseTransaction, items: &[Item]) -> Result<Vec<Answer>, DbErr> {
        let streams = in_lock_order(items.iter().flat_map(Item::streams).collect());
        let mut book = Book::open(tx, &self.outside, &streams, items, |project| self.take_kept(project)).await?;
        let mut replies = Vec::with_capacity(items.len());
        for item in items {
            replies.push(match item {
                Item::Command(ordered) => Reply::Command(book.command(ordered).await?),
                Item::Errand(errand) => Reply::Errand(errand.run(&mut book).await?),
            });
        }
        let (heads, boards) = book.close().await?;
        let mut answers: Vec<Answer> =
            replies.into_iter().map(|reply| Answer { reply, heads: Vec::new(), boards: Vec::new() }).collect();
        if let Some(first) = answers.first_mut() {
            (first.heads, first.boards) = (heads, boards);
        }
        Ok(answers)
    }

    fn shard(&self, item: &Item) -> u64 {
        // The project decides, so that what is sent in order for one project is done in order.
        let id = match item {
            Item::Command(ordered) => ordered.envelope.command.project().bytes(),
            Item::Errand(_) => [0; 16],
        };
        // The end of a UUIDv7 is its random part.
        id[8..].iter().fold(0, |sum, b| (sum << 8) | u64::from(*b))
    }

    fn committed(&self, answers: &mut [Answer]) {
        for answer in answers {
            for (stream, head) in answer.heads.drain(..) {
                self.hub.publish(stream_key(stream), head);
            }
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            for board in answer.boards.drain(..) {
                if kept.len() >= KEPT_BOARDS
                    && let Some(any) = kept.keys().next().copied()
                {
                    kept.remove(&any);
                }
                kept.insert(board.project(), board);
            }
        }
    }
}

/// A hash as the ledger takes it.
pub(crate) const fn ledger_hash(bytes: [u8; 32]) -> Hash {
    Hash(bytes)
}
