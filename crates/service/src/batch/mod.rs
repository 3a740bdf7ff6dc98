//! What the writer does with a batch: load what the commands need, decide each in memory, then write what changed, all
//! of it together.
//!
//! A command is decided over a [`partial::Partial`] board, which its events are folded into at once, so that the next command of
//! the batch sees them. Rows, events, operations and leaves are written at the end, many in one statement. A refusal
//! leaves no trace, because nothing was written yet: no savepoint per command is needed. What the database refuses (an
//! id that exists elsewhere) fails the batch, and the writer then runs each command alone.
//!
//! When all that the commands need is still in memory, a batch is decided before the database is asked anything, and
//! goes there as one statement: it locks the streams, looks whether they and the sessions are as remembered, and writes
//! all or nothing. Otherwise the batch begins anew in a transaction. An operation that was done before is known by its
//! row, which the statement then cannot insert; the transaction finds the answer.

mod book;
mod differs;
mod leaves;
mod memory;
mod note;
mod opening;
mod partial;
mod rows;

use ledger::Hash;
use model::{Done, Envelope, Instant, Refusal, Stream};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use std::{sync::Arc, time::Duration};
use store::Work;
use tokio::sync::Notify;
use vault::Vault;

use crate::{
    Outside,
    account::{Claim, Errand, Ran},
    audit, export,
    feed::{Feed, stream_key},
    inbox, keys, notify, people, post, prune,
};
pub(crate) use book::Book;
use book::Closed;
#[cfg(feature = "kit")]
pub(crate) use leaves::IS_LEFT_OUT;
use memory::Memory;
pub(crate) use note::{By, Note, Typed, told};
pub(crate) use partial::{due, priority, project_row};
pub(crate) use rows::Field;

/// One piece of work.
#[derive(Debug)]
pub(crate) enum Item {
    /// A person's command.
    Command(Box<Ordered>),
    /// Something about accounts.
    Errand(Box<Errand>),
    /// Something about the people of the installation.
    People(Box<people::Order>),
    /// Something about inboxes.
    Inbox(Box<inbox::Work>),
    /// What somebody wishes to be told.
    Wish(notify::Wish),
    /// What a job that tells people has made.
    Posting(Box<notify::Posting>),
    /// What became of a mail.
    Sent(Box<post::Sent>),
    /// Something of the queue of jobs.
    Turn(Box<jobs::Turn>),
    /// Something about the audit log.
    Audit(Box<audit::Work>),
    /// Something about an export.
    Export(Box<export::Work>),
    /// Something about the vault's keys.
    Keys(Box<keys::Work>),
    /// Something that is old and goes.
    Prune(Box<prune::Work>),
}

/// A command with who claims to give it, and when it came in.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) claim: Claim,
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
    Turn(jobs::TurnAnswer),
    Audit(audit::Worked),
    Done,
}

/// A reply, and what may be done and remembered only after the commit. The first answer of a batch carries it for all.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// How long the batch was with the engine.
    pub(crate) took: Duration,
    closed: Closed,
}

/// What is rung after a commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bells {
    /// Something has happened in a project.
    pub(crate) news: Arc<Notify>,
    /// Jobs were enqueued.
    pub(crate) jobs: jobs::Bell,
    /// Entries of the audit log wait to be sealed.
    pub(crate) leaves: Arc<Notify>,
}

/// Runs batches of items.
pub(crate) struct Batches {
    hub: Arc<live::Hub<Feed>>,
    outside: Outside,
    vault: Arc<Vault>,
    memory: Memory,
    bells: Bells,
}

impl Batches {
    pub(crate) fn new(hub: Arc<live::Hub<Feed>>, vault: Arc<Vault>, outside: Outside, bells: Bells) -> Self {
        Self { hub, vault, outside, memory: Memory::default(), bells }
    }
}

impl Item {
    fn streams(&self) -> Vec<Stream> {
        match self {
            Self::Command(ordered) => ordered.envelope.command.streams(ordered.claim.person),
            Self::Errand(errand) => errand.streams(),
            Self::People(order) => order.streams(),
            Self::Inbox(work) => work.streams(),
            Self::Keys(work) => work.streams(),
            Self::Prune(work) => work.streams(),
            Self::Wish(_) | Self::Posting(_) | Self::Sent(_) | Self::Audit(_) | Self::Export(_) | Self::Turn(_) => {
                Vec::new()
            }
        }
    }
}

impl Work for Batches {
    type Item = Item;
    type Answer = Answer;

    async fn run(&self, tx: &DatabaseTransaction, items: &[Item]) -> Result<Vec<Answer>, DbErr> {
        let mut book = Book::open(tx, (&self.outside, &self.vault), items, &self.memory).await?;
        let replies = replies(&mut book, items).await?;
        Ok(answers(replies, book.close().await?))
    }

    async fn run_at_once(&self, db: &DatabaseConnection, items: &[Item]) -> Result<Option<Vec<Answer>>, DbErr> {
        let Some(recalled) = self.memory.recall(items) else { return Ok(None) };
        let mut book = Book::recalled((&self.outside, &self.vault), recalled);
        let replies = replies(&mut book, items).await?;
        Ok(book.close_at_once(db).await?.map(|closed| answers(replies, closed)))
    }

    fn shard(&self, item: &Item) -> u64 {
        // The project decides, so that what is sent in order for one project is done in order.
        let id = match item {
            Item::Command(ordered) => ordered.envelope.command.project().bytes(),
            Item::Errand(_)
            | Item::People(_)
            | Item::Inbox(_)
            | Item::Wish(_)
            | Item::Posting(_)
            | Item::Sent(_)
            | Item::Audit(_)
            | Item::Export(_)
            | Item::Keys(_)
            | Item::Prune(_) => [0; 16],
            // Claims do not wait behind what is written in between.
            Item::Turn(_) => [1; 16],
        };
        // The end of a UUIDv7 is its random part.
        id[8..].iter().fold(0, |sum, b| (sum << 8) | u64::from(*b))
    }

    fn committed(&self, answers: &mut [Answer], took: Duration) {
        for answer in answers {
            answer.took = took;
            for (stream, head) in answer.closed.heads.drain(..) {
                self.hub.publish(stream_key(stream), head);
                if matches!(stream, Stream::Project(_)) {
                    self.bells.news.notify_one();
                }
            }
            if answer.closed.brings_jobs {
                self.bells.jobs.ring();
            }
            if answer.closed.has_leaves {
                self.bells.leaves.notify_one();
            }
            answer.closed.boards.drain(..).for_each(|board| self.memory.keep_board(board));
        }
    }
}

async fn replies(book: &mut Book<'_>, items: &[Item]) -> Result<Vec<Reply>, DbErr> {
    let mut replies = Vec::with_capacity(items.len());
    for item in items {
        replies.push(match item {
            Item::Command(ordered) => Reply::Command(book.command(ordered).await?),
            Item::Errand(errand) => Reply::Errand(errand.run(book).await?),
            Item::People(order) => Reply::Errand(order.run(book).await?),
            Item::Inbox(work) => done(work.run(book).await)?,
            Item::Wish(wish) => done(wish.run(book).await)?,
            Item::Posting(posting) => done(posting.run(book).await)?,
            Item::Sent(sent) => done(sent.run(book).await)?,
            Item::Turn(turn) => Reply::Turn(book.turn(turn).await?),
            Item::Audit(work) => Reply::Audit(work.run(book).await?),
            Item::Export(work) => done(work.run(book).await)?,
            Item::Keys(work) => done(work.run(book).await)?,
            Item::Prune(work) => done(work.run(book).await)?,
        });
    }
    Ok(replies)
}

fn done(result: Result<(), DbErr>) -> Result<Reply, DbErr> {
    result.map(|()| Reply::Done)
}

fn answers(replies: Vec<Reply>, closed: Closed) -> Vec<Answer> {
    let mut answers: Vec<Answer> =
        replies.into_iter().map(|reply| Answer { reply, took: Duration::ZERO, closed: Closed::default() }).collect();
    if let Some(first) = answers.first_mut() {
        first.closed = closed;
    }
    answers
}

/// A hash as the ledger takes it.
pub(crate) const fn ledger_hash(bytes: [u8; 32]) -> Hash {
    Hash(bytes)
}
