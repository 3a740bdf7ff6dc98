//! Finishing and claiming, in one go: a process that is busy writes once for all that ended and all that it takes next.
//!
//! Must not know: what is run, or why a result is what it is.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};
use std::fmt::Write as _;
use store::padded;
use uuid::Uuid;

use super::{
    Served,
    settle::{COLUMNS, Executing},
};
use crate::{
    Event, Moment, Outcome, Owner,
    row::{all, count, get, lock, lock_of, one, run, small},
    run::DONE,
};

/// The most jobs that become available in one turn.
pub const STAGE_LIMIT: u64 = 1_000;

/// What one process writes about the jobs that it runs.
#[derive(Clone, Debug)]
pub struct Serve {
    /// Which process.
    pub owner: Owner,
    /// What time it is.
    pub now: Moment,
    /// Until when what it claims is its own.
    pub lease_until: Moment,
    /// What has ended.
    pub finished: Vec<Finished>,
    /// Makes available what waited until then.
    pub stage: Option<Moment>,
    /// What it can run.
    pub names: Vec<&'static str>,
    /// How much of which queue it wants.
    pub wants: Vec<Want>,
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Which job.
    pub id: Uuid,
    /// Which attempt it was.
    pub attempt: u16,
    /// What came out of it.
    pub outcome: Outcome,
    /// Evenly drawn from 0 to 1; scatters the pause after a failure.
    pub chance: f64,
}

/// How many jobs a process can take from a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Which queue.
    pub queue: &'static str,
    /// At most so many.
    pub n: u64,
}

/// A job that was claimed, to be run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Which job.
    pub id: Uuid,
    /// Its queue.
    pub queue: &'static str,
    /// Its type.
    pub name: String,
    /// Its arguments, as JSON.
    pub args: String,
    /// Which attempt this is; the first is 1.
    pub attempt: u16,
    /// How many there may be.
    pub max_attempts: u16,
    /// When it should have begun.
    pub scheduled_at: Moment,
    priority: i16,
}

impl Serve {
    pub(super) async fn run(&self, tx: &impl ConnectionTrait) -> Result<Served, DbErr> {
        let mut served = Served { finished: self.complete(tx).await?, ..Served::default() };
        for ended in self.finished.iter().filter(|ended| ended.outcome != Outcome::Done) {
            if self.settle(tx, ended).await? {
                served.finished.push(ended.id);
            }
        }
        if let Some(until) = self.stage {
            served.staged = stage(tx, until).await?;
        }
        for want in self.wants.iter().filter(|want| want.n > 0 && !self.names.is_empty()) {
            served.claimed.extend(self.claim(tx, want).await?);
        }
        Ok(served)
    }

    /// Completes what is done, in one statement; answers which were still this process's own.
    async fn complete(&self, tx: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
        let done: Vec<&Finished> = self.finished.iter().filter(|ended| ended.outcome == Outcome::Done).collect();
        let Some(last) = done.last() else { return Ok(Vec::new()) };
        // Filled up to few lengths, so that the statements stay prepared. A row that is there twice is completed once.
        let fill = std::iter::repeat_n(last, done.len().next_power_of_two() - done.len());
        let mut values: Vec<Value> = vec![self.now.as_millis().into(), self.owner.uuid().into()];
        let mut rows = String::new();
        for ended in done.iter().chain(fill) {
            let comma = if rows.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(rows, "{comma}(${}, ${})", values.len() + 1, values.len() + 2);
            values.extend([ended.id.into(), small(ended.attempt).into()]);
        }
        let sql = format!(
            "{DONE} FROM (VALUES {rows}) AS f WHERE id = f.column1 AND attempt = f.column2 \
             AND state = 3 AND lease_owner = $2 RETURNING id"
        );
        all(tx, &sql, values).await?.iter().map(|row| get(row, 0)).collect()
    }

    async fn settle(&self, tx: &impl ConnectionTrait, ended: &Finished) -> Result<bool, DbErr> {
        let sql = format!("{COLUMNS} WHERE id = $1 AND state = 3 {}", lock(tx));
        let Some(row) = one(tx, &sql, [ended.id.into()]).await? else { return Ok(false) };
        let event = Event::Finished { owner: self.owner, attempt: ended.attempt, outcome: ended.outcome.clone() };
        Executing::read(&row)?.settle(tx, event, self.now, ended.chance).await
    }

    async fn claim(&self, tx: &impl ConnectionTrait, want: &Want) -> Result<Vec<Claimed>, DbErr> {
        let (next, mut values) = claim_question(tx.get_database_backend(), want.queue, want.n, &self.names);
        let n = values.len();
        let sql = format!(
            "WITH next AS MATERIALIZED ({next}) \
             UPDATE jobs SET state = 3, attempt = attempt + 1, attempted_at = ${}, lease_owner = ${}, lease_until = ${}, \
             unique_key = CASE WHEN unique_scope = 1 THEN NULL ELSE unique_key END FROM next WHERE id = next_id \
             RETURNING id, name, args, attempt, max_attempts, scheduled_at, priority",
            n + 1,
            n + 2,
            n + 3
        );
        values.extend([self.now.as_millis().into(), self.owner.uuid().into(), self.lease_until.as_millis().into()]);
        let mut claimed = Vec::new();
        for row in all(tx, &sql, values).await? {
            claimed.push(Claimed {
                id: get(&row, 0)?,
                queue: want.queue,
                name: get(&row, 1)?,
                args: get(&row, 2)?,
                attempt: count(&row, 3)?,
                max_attempts: count(&row, 4)?,
                scheduled_at: Moment::from_millis(get(&row, 5)?),
                priority: get(&row, 6)?,
            });
        }
        // An update answers in any order.
        claimed.sort_by_key(|job| (job.priority, job.scheduled_at, job.id));
        Ok(claimed)
    }
}

/// The question which jobs are claimed next, with its values.
pub(crate) fn claim_question(backend: DbBackend, queue: &str, n: u64, names: &[&'static str]) -> (String, Vec<Value>) {
    let (marks, known) = padded(names, 3);
    let sql = format!(
        "SELECT id AS next_id FROM jobs WHERE state = 2 AND queue = $1 AND name IN {marks} \
         ORDER BY priority, scheduled_at, id LIMIT $2 {}",
        lock_of(backend)
    );
    let mut values: Vec<Value> = vec![queue.into(), i64::try_from(n).unwrap_or(i64::MAX).into()];
    values.extend(known);
    (sql, values)
}

/// The question which jobs have waited long enough, with its values.
pub(crate) fn stage_question(backend: DbBackend, until: Moment) -> (String, Vec<Value>) {
    let sql = format!(
        "SELECT id AS due_id FROM jobs WHERE state IN (1, 4) AND scheduled_at <= $1 \
         ORDER BY scheduled_at, id LIMIT {STAGE_LIMIT} {}",
        lock_of(backend)
    );
    (sql, vec![until.as_millis().into()])
}

async fn stage(tx: &impl ConnectionTrait, until: Moment) -> Result<u64, DbErr> {
    let (due, values) = stage_question(tx.get_database_backend(), until);
    let sql = format!("WITH due AS MATERIALIZED ({due}) UPDATE jobs SET state = 2 FROM due WHERE id = due_id");
    run(tx, &sql, values).await
}
