//! What people see of the queue: counts, throughput, lists, one job with its errors, the crontab. All of it only reads.
//!
//! Must not know: who may see it, or how it is shown.

use std::{collections::BTreeSet, time::Duration};

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use uuid::Uuid;

use crate::{
    Crontab, Failure, Filter, Moment, StateName,
    cron::state,
    row::{all, count, get, one, read_errors},
};

/// A queue, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCounts {
    /// Its name.
    pub queue: String,
    /// How many of its jobs are in which state, in the order of [`StateName::ALL`].
    pub counts: [u64; 7],
    /// Since when nothing is claimed of it.
    pub paused_at: Option<Moment>,
    /// How many jobs each node runs at once, if that was set.
    pub per_node: Option<u16>,
}

/// How many jobs ended in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// When it began.
    pub at: Moment,
    /// Completed.
    pub completed: u64,
    /// Discarded.
    pub discarded: u64,
    /// Cancelled.
    pub cancelled: u64,
}

/// A job in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// Its queue.
    pub queue: String,
    /// Its type.
    pub name: String,
    /// Its state.
    pub state: StateName,
    /// Runs that were started and count.
    pub attempt: u16,
    /// How many there may be.
    pub max_attempts: u16,
    /// When it was enqueued.
    pub inserted_at: Moment,
    /// When it is or was due.
    pub scheduled_at: Moment,
    /// When its last run began.
    pub attempted_at: Option<Moment>,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// It is being run, and somebody wants it to end.
    pub is_ending: bool,
}

/// A job with everything that is kept about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// As in a list.
    pub job: Listed,
    /// Its arguments, as JSON. They hold ids and nothing personal.
    pub args: String,
    /// 0 is the most urgent, 9 the least.
    pub priority: u16,
    /// The key that makes others its duplicates, also when it is free by now.
    pub unique_key: Option<String>,
    /// What went wrong, newest first; at most [`KEPT_ERRORS`](crate::KEPT_ERRORS).
    pub errors: Vec<Failure>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The newest first.
    pub jobs: Vec<Listed>,
    /// What to ask the next page with, if there is one.
    pub next: Option<Uuid>,
}

/// An entry of the crontab, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronLine {
    /// Its name.
    pub name: &'static str,
    /// When it is due.
    pub expression: String,
    /// In which zone.
    pub zone: String,
    /// The newest slot that was run.
    pub last: Option<Moment>,
    /// The next slot.
    pub next: Option<Moment>,
}

/// All queues by name: the `known` ones, see [`Registry::queues`](crate::Registry::queues), and those that have jobs or settings.
///
/// # Errors
///
/// The database's, as with all that follow.
pub async fn queues(db: &impl ConnectionTrait, known: &BTreeSet<&str>) -> Result<Vec<QueueCounts>, DbErr> {
    let sql = "SELECT q.queue, c.state, c.n, s.paused_at, s.per_node \
        FROM (SELECT queue FROM jobs UNION SELECT queue FROM queue_settings) q \
        LEFT JOIN (SELECT queue, state, count(*) AS n FROM jobs GROUP BY queue, state) c ON c.queue = q.queue \
        LEFT JOIN queue_settings s ON s.queue = q.queue ORDER BY q.queue, c.state";
    let mut queues: Vec<QueueCounts> = Vec::new();
    for row in all(db, sql, []).await? {
        let queue: String = get(&row, 0)?;
        if queues.last().is_none_or(|last| last.queue != queue) {
            let paused_at = moment(&row, 3)?;
            let per_node = get::<Option<i32>>(&row, 4)?.map(|n| u16::try_from(n).unwrap_or(u16::MAX));
            queues.push(QueueCounts { queue, counts: [0; 7], paused_at, per_node });
        }
        let (Some(last), Some(code)) = (queues.last_mut(), get::<Option<i16>>(&row, 1)?) else { continue };
        let place = StateName::ALL.into_iter().position(|name| name.code() == code);
        if let Some(n) = place.and_then(|place| last.counts.get_mut(place)) {
            *n = u64::try_from(get::<i64>(&row, 2)?).unwrap_or(0);
        }
    }
    for &name in known {
        if let Err(place) = queues.binary_search_by(|queue| queue.queue.as_str().cmp(name)) {
            queues
                .insert(place, QueueCounts { queue: name.to_owned(), counts: [0; 7], paused_at: None, per_node: None });
        }
    }
    Ok(queues)
}

/// What ended in each of the last `n` minutes, the current one included, oldest first. What was pruned is not counted.
///
/// # Errors
///
/// The database's.
pub async fn throughput(db: &impl ConnectionTrait, now: Moment, n: u16) -> Result<Vec<Minute>, DbErr> {
    const MINUTE: i64 = 60_000;
    let first = now.as_millis().div_euclid(MINUTE) - i64::from(n.max(1)) + 1;
    let mut minutes: Vec<Minute> = (0..i64::from(n.max(1)))
        .map(|i| Minute { at: Moment::from_millis((first + i) * MINUTE), completed: 0, discarded: 0, cancelled: 0 })
        .collect();
    // The states are spelled out, and the condition too: so the index over what has ended is used.
    let sql = "SELECT finished_at / 60000, state, count(*) FROM jobs WHERE finished_at IS NOT NULL \
        AND state IN (5, 6, 7) AND finished_at >= $1 GROUP BY 1, 2";
    for row in all(db, sql, [(first * MINUTE).into()]).await? {
        let n = u64::try_from(get::<i64>(&row, 2)?).unwrap_or(0);
        let place = usize::try_from(get::<i64>(&row, 0)? - first).ok();
        let Some(minute) = place.and_then(|place| minutes.get_mut(place)) else { continue };
        match get::<i16>(&row, 1)? {
            5 => minute.completed = n,
            6 => minute.discarded = n,
            _ => minute.cancelled = n,
        }
    }
    Ok(minutes)
}

const LISTED: &str = "SELECT id, queue, name, state, attempt, max_attempts, inserted_at, scheduled_at, attempted_at, \
    finished_at, CASE WHEN cancel_reason IS NULL THEN 0 ELSE 1 END";

/// The jobs that pass the filter, the newest first, from the one after `after` on; at most `limit`.
///
/// # Errors
///
/// The database's.
pub async fn page(db: &impl ConnectionTrait, filter: &Filter, after: Option<Uuid>, limit: u16) -> Result<Page, DbErr> {
    let (sql, values) = page_question(filter, after, limit);
    let mut jobs = all(db, &sql, values).await?.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    let is_more = jobs.len() > usize::from(limit);
    jobs.truncate(limit.into());
    let next = jobs.last().map(|last| last.id).filter(|_| is_more);
    Ok(Page { jobs, next })
}

/// The question for a page, and one job more, with its values.
pub(crate) fn page_question(filter: &Filter, after: Option<Uuid>, limit: u16) -> (String, Vec<Value>) {
    let (mut condition, mut values) = filter.sql(1);
    if let Some(after) = after {
        values.push(after.into());
        condition = format!("{condition} AND id < ${}", values.len());
    }
    let one_more = i64::from(limit) + 1;
    values.push(one_more.into());
    let sql = format!("{LISTED} FROM jobs WHERE {condition} ORDER BY id DESC LIMIT ${}", values.len());
    (sql, values)
}

/// One job, or `None` if it is not there (any more).
///
/// # Errors
///
/// The database's.
pub async fn job(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Details>, DbErr> {
    let sql = format!("{LISTED}, args, priority, unique_as, errors FROM jobs WHERE id = $1");
    let Some(row) = one(db, &sql, [id.into()] as [Value; 1]).await? else { return Ok(None) };
    Ok(Some(Details {
        job: listed(&row)?,
        args: get(&row, 11)?,
        priority: count(&row, 12)?,
        unique_key: get(&row, 13)?,
        errors: read_errors(&get::<String>(&row, 14)?),
    }))
}

/// The crontab of this program, with the last and the next slot of each entry.
///
/// # Errors
///
/// The database's.
pub async fn crontab(db: &impl ConnectionTrait, crontab: &Crontab, now: Moment) -> Result<Vec<CronLine>, DbErr> {
    let states = state(db).await?;
    let line = |entry: &crate::Cron| CronLine {
        name: entry.name,
        expression: entry.expression.clone(),
        zone: entry.zone.clone(),
        last: states.get(entry.name).and_then(|state| state.last),
        next: crontab.next_slot(entry.name, now),
    };
    Ok(crontab.entries().map(line).collect())
}

/// How long the oldest available job of any queue has waited, as a sign that nobody runs it.
///
/// # Errors
///
/// The database's.
pub async fn oldest_wait(db: &impl ConnectionTrait, now: Moment) -> Result<Duration, DbErr> {
    let row = one(db, "SELECT min(scheduled_at) FROM jobs WHERE state = 2", []).await?;
    let oldest = row.map(|row| get::<Option<i64>>(&row, 0)).transpose()?.flatten();
    let ms = oldest.map_or(0, |oldest| now.as_millis().saturating_sub(oldest));
    Ok(Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
}

fn listed(row: &QueryResult) -> Result<Listed, DbErr> {
    Ok(Listed {
        id: get(row, 0)?,
        queue: get(row, 1)?,
        name: get(row, 2)?,
        state: StateName::read(get(row, 3)?)?,
        attempt: count(row, 4)?,
        max_attempts: count(row, 5)?,
        inserted_at: Moment::from_millis(get(row, 6)?),
        scheduled_at: Moment::from_millis(get(row, 7)?),
        attempted_at: moment(row, 8)?,
        finished_at: moment(row, 9)?,
        is_ending: get::<i32>(row, 10)? == 1,
    })
}

fn moment(row: &QueryResult, place: usize) -> Result<Option<Moment>, DbErr> {
    Ok(get::<Option<i64>>(row, place)?.map(Moment::from_millis))
}
