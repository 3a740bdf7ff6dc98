//! Leases: keeping them, taking them away when they are over, giving them back.
//!
//! Must not know: how long a lease is.

use sea_orm::{ConnectionTrait, DbErr, Value};
use uuid::Uuid;

use super::settle::{COLUMNS, Executing};
use crate::{
    Event, Moment, Owner,
    row::{all, count, get, lock},
};

/// A job that a process has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which job.
    pub id: Uuid,
    /// Which attempt.
    pub attempt: u16,
    /// Somebody wants it to end, and why.
    pub cancel_reason: Option<String>,
}

pub(super) async fn renew(tx: &impl ConnectionTrait, owner: Owner, until: Moment) -> Result<Vec<Held>, DbErr> {
    let sql = "UPDATE jobs SET lease_until = $1 WHERE state = 3 AND lease_owner = $2 \
               RETURNING id, attempt, cancel_reason";
    let rows = all(tx, sql, [until.as_millis().into(), owner.uuid().into()] as [Value; 2]).await?;
    let held =
        rows.iter().map(|row| Ok(Held { id: get(row, 0)?, attempt: count(row, 1)?, cancel_reason: get(row, 2)? }));
    held.collect()
}

pub(super) async fn rescue(tx: &impl ConnectionTrait, now: Moment, chances: &[f64]) -> Result<u64, DbErr> {
    let sql = format!("{COLUMNS} WHERE state = 3 AND lease_until <= $1 ORDER BY lease_until LIMIT $2 {}", lock(tx));
    let limit = i64::try_from(chances.len()).unwrap_or(i64::MAX);
    let mut n = 0;
    for (row, chance) in all(tx, &sql, [now.as_millis().into(), limit.into()] as [Value; 2]).await?.iter().zip(chances)
    {
        n += u64::from(Executing::read(row)?.settle(tx, Event::LeaseExpired, now, *chance).await?);
    }
    Ok(n)
}

pub(super) async fn release(
    tx: &impl ConnectionTrait,
    owner: Owner,
    ids: Option<&[Uuid]>,
    now: Moment,
) -> Result<u64, DbErr> {
    let sql = format!("{COLUMNS} WHERE state = 3 AND lease_owner = $1 {}", lock(tx));
    let mut n = 0;
    for row in all(tx, &sql, [owner.uuid().into()]).await? {
        let job = Executing::read(&row)?;
        if ids.is_none_or(|ids| ids.contains(&job.id)) {
            n += u64::from(job.settle(tx, Event::Released(owner), now, 0.0).await?);
        }
    }
    Ok(n)
}
