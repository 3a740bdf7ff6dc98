//! How far a re-encryption has come. One is open at a time; it is there as long as something may have to be sealed again.

use model::Instant;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;
use vault::KeyId;

use crate::sql::{damaged, get, id, instant, one, run};

/// How fast it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Beside people's work: it rests as long as it has worked.
    Routine,
    /// As fast as it can: somebody may have the old key.
    Emergency,
}

impl Pace {
    const fn code(self) -> i16 {
        match self {
            Self::Routine => 1,
            Self::Emergency => 2,
        }
    }

    const fn from_code(code: i16) -> Option<Self> {
        match code {
            1 => Some(Self::Routine),
            2 => Some(Self::Emergency),
            _ => None,
        }
    }
}

/// A re-encryption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Its id.
    pub id: Uuid,
    /// The key under which everything is sealed in the end.
    pub key: KeyId,
    /// How fast it goes.
    pub pace: Pace,
    /// When it began.
    pub began_at: Instant,
    /// When it did something last.
    pub seen_at: Instant,
    /// When it was over.
    pub ended_at: Option<Instant>,
    /// How many values were under other keys when it began.
    pub n_total: u64,
    /// How many it has sealed again.
    pub n_done: u64,
    /// How many somebody changed at the same moment. Theirs stayed, and were looked at again.
    pub n_skipped: u64,
    /// How many in this pass cannot be opened with any key that is there.
    pub n_failed: u64,
    /// How many were changed in this pass, by it or by others.
    pub(super) n_changed: u64,
    /// The column that it is in.
    pub(super) place: String,
    /// The last row of the column that it has passed.
    pub(super) after: Uuid,
}

const FIELDS: &str = "SELECT id, key_id, pace, began_at, seen_at, ended_at, n_total, n_done, n_skipped, n_failed, \
    n_changed, place, after FROM vault_rotations";

impl Rotation {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let n = |place| get::<i64>(row, place).map(|n| u64::try_from(n).unwrap_or(0));
        let key = u32::try_from(get::<i64>(row, 1)?).ok().and_then(KeyId::new);
        Ok(Self {
            id: id(row, 0)?,
            key: key.ok_or_else(|| damaged("a key's number"))?,
            pace: Pace::from_code(get(row, 2)?).ok_or_else(|| damaged("a pace"))?,
            began_at: instant(row, 3)?,
            seen_at: instant(row, 4)?,
            ended_at: get::<Option<i64>>(row, 5)?.map(Instant::from_ms),
            n_total: n(6)?,
            n_done: n(7)?,
            n_skipped: n(8)?,
            n_failed: n(9)?,
            n_changed: n(10)?,
            place: get(row, 11)?,
            after: id(row, 12)?,
        })
    }

    /// How much of it is done, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        match self.ended_at {
            Some(_) => 100,
            // What was written under the old key since it began makes it longer than it was thought to be.
            None => (self.n_done.min(self.n_total) * 100).checked_div(self.n_total).unwrap_or(100).min(99),
        }
    }
}

/// The newest one, whether it is open or over.
pub(super) async fn newest(db: &impl ConnectionTrait) -> Result<Option<Rotation>, DbErr> {
    let sql = format!("{FIELDS} ORDER BY began_at DESC, id DESC LIMIT 1");
    one(db, &sql, []).await?.map(|row| Rotation::read(&row)).transpose()
}

/// The one that is open.
pub(super) async fn open(db: &impl ConnectionTrait) -> Result<Option<Rotation>, DbErr> {
    Ok(newest(db).await?.filter(|rotation| rotation.ended_at.is_none()))
}

/// Begins one, and ends any other; answers whether it is new. One to the same key that is open goes on.
pub(super) async fn begin(
    tx: &impl ConnectionTrait,
    rotation: Uuid,
    key: KeyId,
    pace: Pace,
    n_total: u64,
    at: Instant,
) -> Result<bool, DbErr> {
    if let Some(open) = open(tx).await?.filter(|open| open.key == key) {
        let sql = "UPDATE vault_rotations SET pace = $2 WHERE id = $1";
        run(tx, sql, [open.id.into(), pace.code().into()]).await?;
        return Ok(open.pace != pace);
    }
    run(tx, "UPDATE vault_rotations SET ended_at = $1 WHERE ended_at IS NULL", [at.into()]).await?;
    let sql = "INSERT INTO vault_rotations (id, key_id, pace, began_at, seen_at, n_total, n_done, n_skipped, n_failed, \
               n_changed, place, after) VALUES ($1, $2, $3, $4, $4, $5, 0, 0, 0, 0, '', $6)";
    let n_total = i64::try_from(n_total).unwrap_or(i64::MAX);
    let key = i64::from(key.get());
    let values = [rotation.into(), key.into(), pace.code().into(), at.into(), n_total.into(), Uuid::nil().into()];
    run(tx, sql, values).await.map(|_| true)
}

/// Some values are done, skipped and failed, up to this row.
pub(super) async fn went_on(
    tx: &impl ConnectionTrait,
    rotation: Uuid,
    (done, skipped, failed): (u64, u64, u64),
    after: Uuid,
    at: Instant,
) -> Result<(), DbErr> {
    let n = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let sql = "UPDATE vault_rotations SET n_done = n_done + $2, n_skipped = n_skipped + $3, n_failed = n_failed + $4, \
               n_changed = n_changed + $2 + $3, after = $5, seen_at = $6 WHERE id = $1 AND ended_at IS NULL";
    let values = [rotation.into(), n(done).into(), n(skipped).into(), n(failed).into(), after.into(), at.into()];
    run(tx, sql, values).await.map(|_| ())
}

/// It goes to the beginning of a column; with a new pass, what is counted for each pass begins anew.
pub(super) async fn turn(
    tx: &impl ConnectionTrait,
    rotation: Uuid,
    place: &str,
    is_new_pass: bool,
    at: Instant,
) -> Result<(), DbErr> {
    let anew = if is_new_pass { ", n_failed = 0, n_changed = 0" } else { "" };
    let sql = format!(
        "UPDATE vault_rotations SET place = $2, after = $3, seen_at = $4{anew} WHERE id = $1 AND ended_at IS NULL"
    );
    run(tx, &sql, [rotation.into(), place.into(), Uuid::nil().into(), at.into()]).await.map(|_| ())
}

pub(super) async fn end(tx: &impl ConnectionTrait, rotation: Uuid, at: Instant) -> Result<(), DbErr> {
    let sql = "UPDATE vault_rotations SET ended_at = $2, seen_at = $2 WHERE id = $1 AND ended_at IS NULL";
    run(tx, sql, [rotation.into(), at.into()]).await.map(|_| ())
}
