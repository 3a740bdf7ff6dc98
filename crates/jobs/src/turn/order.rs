//! What administrators want: jobs again, ended or gone, and queues paused or wider.
//!
//! Must not know: who may want it.

use sea_orm::{ConnectionTrait, DbErr, Value};
use std::fmt::Write as _;
use uuid::Uuid;

use crate::{
    Moment,
    enqueue::CANCEL,
    row::{Failure, StateName, run},
};

/// The most jobs that one order changes. Whoever means all of them gives it again as long as it changes so many.
pub const ORDER_LIMIT: u64 = 500;

/// Which jobs are meant. Empty means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<StateName>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this type.
    pub name: Option<String>,
}

/// The jobs of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(Uuid),
    /// The first [`ORDER_LIMIT`] of these.
    All(Filter),
}

/// What an administrator wants. Jobs in other states than the order is for are left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Do them now: what waits for its next attempt or its time, and what was discarded or cancelled, which is then given one
    /// more attempt if it has none left. Not where another job has its key by now.
    Retry {
        /// Which.
        which: Which,
        /// What time it is.
        now: Moment,
    },
    /// End them. What is being run is asked to end.
    Cancel {
        /// Which.
        which: Which,
        /// Why, for those who look at it later.
        reason: String,
        /// What time it is.
        now: Moment,
    },
    /// Delete them, unless they are being run.
    Delete {
        /// Which.
        which: Which,
    },
    /// Claim nothing more of a queue, on any node. What is being run goes on.
    Pause {
        /// Which queue.
        queue: String,
        /// What time it is.
        now: Moment,
    },
    /// Claim again.
    Resume {
        /// Which queue.
        queue: String,
    },
    /// Run so many jobs of a queue at once on each node; `None` is what the program says.
    Scale {
        /// Which queue.
        queue: String,
        /// How many.
        per_node: Option<u16>,
    },
}

impl Filter {
    /// The condition in SQL, its values numbered from `first` on.
    pub(crate) fn sql(&self, first: usize) -> (String, Vec<Value>) {
        let (mut sql, mut values) = ("true".to_owned(), Vec::new());
        let asked: [(&str, Option<Value>); 3] = [
            ("state", self.state.map(|state| state.code().into())),
            ("queue", self.queue.clone().map(Value::from)),
            ("name", self.name.clone().map(Value::from)),
        ];
        for (column, value) in asked {
            let Some(value) = value else { continue };
            // Writing to a String cannot fail.
            let _ = write!(sql, " AND {column} = ${}", first + values.len());
            values.push(value);
        }
        (sql, values)
    }
}

impl Which {
    /// The ids in these states, as a list in SQL.
    fn sql(&self, states: &str, first: usize) -> (String, Vec<Value>) {
        let (condition, values) = match self {
            Self::One(id) => (format!("id = ${first}"), vec![(*id).into()]),
            Self::All(filter) => filter.sql(first),
        };
        let sql =
            format!("(SELECT id FROM jobs WHERE {condition} AND state IN ({states}) ORDER BY id LIMIT {ORDER_LIMIT})");
        (sql, values)
    }
}

impl Order {
    pub(super) async fn run(&self, tx: &impl ConnectionTrait) -> Result<u64, DbErr> {
        match self {
            Self::Retry { which, now } => retry(tx, which, *now).await,
            Self::Cancel { which, reason, now } => cancel(tx, which, reason, *now).await,
            Self::Delete { which } => {
                let (ids, values) = which.sql("1, 2, 4, 5, 6, 7", 1);
                run(tx, &format!("DELETE FROM jobs WHERE id IN {ids} AND state <> 3"), values).await
            }
            Self::Pause { queue, now } => {
                let sql = "INSERT INTO queue_settings (queue, paused_at) VALUES ($1, $2) \
                           ON CONFLICT (queue) DO UPDATE SET paused_at = excluded.paused_at";
                run(tx, sql, [queue.clone().into(), now.as_millis().into()] as [Value; 2]).await
            }
            Self::Resume { queue } => {
                let sql = "UPDATE queue_settings SET paused_at = NULL WHERE queue = $1";
                run(tx, sql, [queue.clone().into()]).await
            }
            Self::Scale { queue, per_node } => {
                let sql = "INSERT INTO queue_settings (queue, per_node) VALUES ($1, $2) \
                           ON CONFLICT (queue) DO UPDATE SET per_node = excluded.per_node";
                run(tx, sql, [queue.clone().into(), per_node.map(i32::from).into()] as [Value; 2]).await
            }
        }
    }
}

/// A key that was free since is taken again, by the oldest of those that want it; the others stay as they are.
async fn retry(tx: &impl ConnectionTrait, which: &Which, now: Moment) -> Result<u64, DbErr> {
    let (ids, values) = which.sql("1, 4, 6, 7", 2);
    let sql = format!(
        "UPDATE jobs SET state = 2, scheduled_at = $1, finished_at = NULL, unique_key = unique_as, \
         max_attempts = CASE WHEN attempt >= max_attempts THEN attempt + 1 ELSE max_attempts END \
         WHERE id IN {ids} AND state IN (1, 4, 6, 7) AND (unique_as IS NULL OR id = (SELECT coalesce(\
         (SELECT h.id FROM jobs h WHERE h.unique_key = jobs.unique_as), \
         (SELECT o.id FROM jobs o WHERE o.unique_as = jobs.unique_as AND o.id IN {ids} ORDER BY o.id LIMIT 1))))"
    );
    let values = std::iter::once(now.as_millis().into()).chain(values);
    run(tx, &sql, values).await
}

async fn cancel(tx: &impl ConnectionTrait, which: &Which, reason: &str, now: Moment) -> Result<u64, DbErr> {
    let told = Failure::new(now, 0, reason).to_json()?;
    let (ids, values) = which.sql("3", 2);
    let sql = format!("UPDATE jobs SET cancel_reason = $1 WHERE id IN {ids} AND state = 3");
    let asked = run(tx, &sql, std::iter::once(reason.into()).chain(values)).await?;
    let (ids, values) = which.sql("1, 2, 4", 3);
    let sql = format!("{CANCEL} WHERE id IN {ids} AND state IN (1, 2, 4)");
    let ended = run(tx, &sql, [now.as_millis().into(), told.into()].into_iter().chain(values)).await?;
    Ok(asked + ended)
}
