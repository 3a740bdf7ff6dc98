//! A look at the queue through a reader: whether there is anything to write. An idle process does nothing else.
//!
//! Must not know: what is written then.

use std::{collections::HashMap, fmt::Write as _};

use sea_orm::{ConnectionTrait, DbErr, Value};
use store::padded;

use crate::{
    Moment, Owner,
    row::{all, get, one},
};

/// What there is to do.
#[derive(Debug, Default)]
pub(super) struct Glance {
    /// Something is due that has waited for its time.
    pub(super) is_due: bool,
    /// A lease is over.
    pub(super) is_expired: bool,
    /// A job of this process is to end.
    pub(super) is_cancelled: bool,
    /// The queues in which something is available that this process can run.
    pub(super) waiting: Vec<String>,
    /// What people have set.
    pub(super) settings: HashMap<String, Setting>,
}

/// What people have set about a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) is_paused: bool,
    pub(super) per_node: Option<u16>,
}

impl Glance {
    pub(super) async fn take(
        db: &impl ConnectionTrait,
        (owner, now): (Owner, Moment),
        queues: &[&'static str],
        names: &[&'static str],
    ) -> Result<Self, DbErr> {
        let mut glance = Self { settings: settings(db).await?, ..Self::default() };
        if queues.is_empty() {
            return Ok(glance);
        }
        let sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state IN (1, 4) AND scheduled_at <= $1) THEN 1 ELSE 0 END, \
            CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 3 AND lease_until <= $1) THEN 1 ELSE 0 END, \
            CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 3 AND lease_owner = $2 AND cancel_reason IS NOT NULL) \
            THEN 1 ELSE 0 END";
        let values: [Value; 2] = [now.as_millis().into(), owner.uuid().into()];
        if let Some(row) = one(db, sql, values).await? {
            let is = |place| Ok::<_, DbErr>(get::<i32>(&row, place)? == 1);
            (glance.is_due, glance.is_expired, glance.is_cancelled) = (is(0)?, is(1)?, is(2)?);
        }
        let (marks, known) = padded(names, queues.len() + 1);
        let mut sql = "SELECT q.column1 FROM (VALUES ".to_owned();
        for place in 1..=queues.len() {
            // Writing to a String cannot fail.
            let _ = write!(sql, "{}(${place})", if place == 1 { "" } else { ", " });
        }
        let _ = write!(
            sql,
            ") AS q WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 2 AND queue = q.column1 AND name IN {marks})"
        );
        let values = queues.iter().map(|queue| Value::from(*queue)).chain(known);
        for row in all(db, &sql, values).await? {
            glance.waiting.push(get(&row, 0)?);
        }
        Ok(glance)
    }
}

async fn settings(db: &impl ConnectionTrait) -> Result<HashMap<String, Setting>, DbErr> {
    let mut settings = HashMap::new();
    for row in all(db, "SELECT queue, paused_at, per_node FROM queue_settings", []).await? {
        let per_node = get::<Option<i32>>(&row, 2)?.map(|n| u16::try_from(n).unwrap_or(u16::MAX));
        let setting = Setting { is_paused: get::<Option<i64>>(&row, 1)?.is_some(), per_node };
        settings.insert(get(&row, 0)?, setting);
    }
    Ok(settings)
}
