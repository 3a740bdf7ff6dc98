//! Enqueuing and taking back, inside the caller's transaction.
//!
//! Must not know: who works on it. Nothing here begins a transaction: a job is there exactly if what it follows from is.
//!
//! A duplicate is found by a unique index and not by looking first, which would be a race. Jobs with keys are written in the order
//! of their keys: two transactions that write the same keys in two orders wait for each other for ever on PostgreSQL.

use std::{collections::HashMap, time::Duration};

use sea_orm::{ConnectionTrait, DbErr, Value};
use store::{Insert, Row, insert_returning, padded};
use uuid::Uuid;

use crate::{
    Job, Moment, Scope, Unique,
    row::{Failure, StateName, all, get, run, small},
};

/// How often a key is looked up that was taken when the job was written and free a moment later.
const LOOKS: u32 = 5;

/// A job that is to be enqueued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    id: Uuid,
    queue: &'static str,
    name: &'static str,
    args: String,
    priority: u8,
    max_attempts: u16,
    unique: Option<Unique>,
    replace: Option<Replace>,
    at: Moment,
    now: Moment,
}

/// What of a job that waits under the same key is overwritten by a new one. A job that is being run is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Its arguments; it keeps its time.
    Args,
    /// Its time, so that it waits until nothing came for a while ("debounce"); it keeps its arguments.
    Time,
    /// Its arguments, time and priority.
    All,
}

/// What became of a job that was to be enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enqueued {
    /// It waits, under its own id.
    New(Uuid),
    /// It is a duplicate of this one, which may have been [replaced](NewJob::replace).
    Existing(Uuid),
}

impl Enqueued {
    /// The id of the job that is there now.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

impl NewJob {
    /// A job to be done as soon as possible, under an id that no job has yet.
    ///
    /// # Errors
    ///
    /// [`DbErr::Json`] if its arguments cannot be written as JSON.
    pub fn of<C, J: Job<C>>(job: &J, id: Uuid, now: Moment) -> Result<Self, DbErr> {
        Ok(Self {
            id,
            queue: J::QUEUE,
            name: J::NAME,
            args: serde_json::to_string(job).map_err(|e| DbErr::Json(e.to_string()))?,
            priority: 0,
            max_attempts: J::MAX_ATTEMPTS.max(1),
            unique: job.unique(),
            replace: None,
            at: now,
            now,
        })
    }

    /// Not before this moment.
    #[must_use]
    pub const fn at(mut self, moment: Moment) -> Self {
        self.at = moment;
        self
    }

    /// Not before so long from now.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        let at = self.now.plus(pause);
        self.at(at)
    }

    /// How urgent it is: 0 goes first (and is the default), 9 goes last; more counts as 9.
    #[must_use]
    pub const fn priority(mut self, priority: u8) -> Self {
        self.priority = if priority > 9 { 9 } else { priority };
        self
    }

    /// Overwrite the job that waits under the same key, instead of leaving it as it is. Without a key it means nothing.
    #[must_use]
    pub const fn replace(mut self, what: Replace) -> Self {
        self.replace = Some(what);
        self
    }

    /// Its id, under which it is enqueued if it is not a duplicate.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    fn key(&self) -> Option<String> {
        let Unique { key, scope } = self.unique.as_ref()?;
        Some(match scope {
            Scope::WhileWaiting | Scope::WhileUnfinished | Scope::ForEver => key.clone(),
            Scope::PerPeriod(period) => {
                let period = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
                format!("{key}@{}", self.now.as_millis().div_euclid(period))
            }
        })
    }

    fn row(self) -> Row {
        let key = self.key();
        let state = if self.at <= self.now { StateName::Available } else { StateName::Scheduled };
        vec![
            self.id.into(),
            self.queue.into(),
            self.name.into(),
            self.args.into(),
            state.code().into(),
            i16::from(self.priority).into(),
            0_i16.into(),
            small(self.max_attempts).into(),
            key.clone().into(),
            key.into(),
            scope_code(self.unique.as_ref()).into(),
            self.now.as_millis().into(),
            self.at.as_millis().into(),
            "[]".into(),
        ]
    }
}

/// The number under which a scope is stored. 1 is free from the claim on, 1 and 2 when the job has ended.
const fn scope_code(unique: Option<&Unique>) -> i16 {
    let Some(unique) = unique else { return 0 };
    match unique.scope {
        Scope::WhileWaiting => 1,
        Scope::WhileUnfinished => 2,
        Scope::PerPeriod(_) => 3,
        Scope::ForEver => 4,
    }
}

const INSERT: &str = "INSERT INTO jobs (id, queue, name, args, state, priority, attempt, max_attempts, unique_key, \
    unique_as, unique_scope, inserted_at, scheduled_at, errors)";
const OR_NOTHING: &str = "ON CONFLICT DO NOTHING RETURNING id";

const fn or_replace(what: Replace) -> &'static str {
    match what {
        Replace::Args => {
            "ON CONFLICT (unique_key) DO UPDATE SET args = excluded.args WHERE jobs.state IN (1, 2, 4) RETURNING id"
        }
        Replace::Time => {
            "ON CONFLICT (unique_key) DO UPDATE SET state = excluded.state, scheduled_at = excluded.scheduled_at \
             WHERE jobs.state IN (1, 2, 4) RETURNING id"
        }
        Replace::All => {
            "ON CONFLICT (unique_key) DO UPDATE SET args = excluded.args, state = excluded.state, \
             scheduled_at = excluded.scheduled_at, priority = excluded.priority \
             WHERE jobs.state IN (1, 2, 4) RETURNING id"
        }
    }
}

/// Enqueues jobs in the caller's transaction, and answers for each, in their order, what became of it. A duplicate is no error.
///
/// Whoever serves the queue in this process should be woken by its [`Bell`](crate::Bell) after the commit.
///
/// # Errors
///
/// The database's; then the transaction must be rolled back.
pub async fn enqueue(db: &impl ConnectionTrait, jobs: Vec<NewJob>) -> Result<Vec<Enqueued>, DbErr> {
    let wanted: Vec<(Uuid, Option<String>)> = jobs.iter().map(|job| (job.id, job.key())).collect();
    let mut jobs = jobs;
    jobs.sort_by_cached_key(NewJob::key);
    let mut found: HashMap<Uuid, Uuid> = HashMap::with_capacity(jobs.len());
    for _ in 0..LOOKS {
        write(db, &jobs, &mut found).await?;
        jobs.retain(|job| !found.contains_key(&job.id));
        look(db, &jobs, &mut found).await?;
        jobs.retain(|job| !found.contains_key(&job.id));
        if jobs.is_empty() {
            let answer = |(id, _): &(Uuid, Option<String>)| match found.get(id) {
                Some(there) if there == id => Enqueued::New(*id),
                Some(there) => Enqueued::Existing(*there),
                None => Enqueued::Existing(*id),
            };
            return Ok(wanted.iter().map(answer).collect());
        }
    }
    Err(DbErr::Custom("a key of a job was taken and free by turns; try again".into()))
}

/// Writes what is not there yet; `found` learns under which id each written one waits.
async fn write(db: &impl ConnectionTrait, jobs: &[NewJob], found: &mut HashMap<Uuid, Uuid>) -> Result<(), DbErr> {
    for alike in jobs.chunk_by(|a, b| a.replace.is_none() && b.replace.is_none()) {
        let tail = match alike {
            [NewJob { replace: Some(what), unique: Some(_), .. }] => or_replace(*what),
            _ => OR_NOTHING,
        };
        let rows = alike.iter().cloned().map(NewJob::row).collect();
        for row in insert_returning(db, Insert { head: INSERT, tail, rows }).await? {
            let there: Uuid = get(&row, 0)?;
            // A replaced job answers with its own id, and there is one in the statement then.
            let asked = if alike.len() == 1 { alike[0].id } else { there };
            found.insert(asked, there);
        }
    }
    Ok(())
}

/// Looks up which jobs have the keys of these.
async fn look(db: &impl ConnectionTrait, jobs: &[NewJob], found: &mut HashMap<Uuid, Uuid>) -> Result<(), DbErr> {
    let keys: Vec<String> = jobs.iter().filter_map(NewJob::key).collect();
    if !keys.is_empty() {
        let (marks, values) = padded(&keys, 1);
        let sql = format!("SELECT unique_key, id FROM jobs WHERE unique_key IN {marks}");
        let mut holders = HashMap::new();
        for row in all(db, &sql, values).await? {
            holders.insert(get::<String>(&row, 0)?, get::<Uuid>(&row, 1)?);
        }
        let holder = |job: &NewJob| Some((job.id, *holders.get(&job.key()?)?));
        found.extend(jobs.iter().filter_map(holder));
    }
    if let Some(job) = jobs.iter().find(|job| job.unique.is_none()) {
        return Err(DbErr::Custom(format!("a job with the id {} is there already", job.id)));
    }
    Ok(())
}

/// Cancels the job that waits under this key, in the caller's transaction; answers how many that were (none or one). What is being
/// run goes on. For keys of a [period](Scope::PerPeriod) there is nothing to cancel by.
///
/// # Errors
///
/// The database's.
pub async fn cancel_waiting(db: &impl ConnectionTrait, key: &str, reason: &str, now: Moment) -> Result<u64, DbErr> {
    let sql = format!("{CANCEL} WHERE unique_key = $3 AND state IN (1, 2, 4)");
    let told = Failure::new(now, 0, reason).to_json()?;
    run(db, &sql, [now.as_millis().into(), told.into(), key.into()] as [Value; 3]).await
}

/// Ends what waits: `$1` is the time, `$2` what is told about it. Only for rows in the states 1, 2, 4.
pub(crate) const CANCEL: &str = "UPDATE jobs SET state = 7, finished_at = $1, \
    errors = '[' || $2 || CASE WHEN errors = '[]' THEN ']' ELSE ',' || substr(errors, 2) END, \
    unique_key = CASE WHEN unique_scope IN (1, 2) THEN NULL ELSE unique_key END";
