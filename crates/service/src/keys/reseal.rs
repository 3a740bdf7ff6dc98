//! The job that seals everything again under the active key, while people work.
//!
//! It walks each column by the ids of its rows, and puts each new value in the place of the old one only if that is still there, so
//! that nobody's change is lost. How far it has come is written in the transaction of what it changed; whoever goes on after a
//! crash begins there. It passes all columns again until a pass changes nothing.
//!
//! It works in short turns: between two of them the queue can be paused, the server can stop, and another one can go on.

use jobs::{Job, NewJob, Outcome, Replace, Run, Scope, StateName, Unique};
use ledger::{Kept, Side};
use model::{Email, PersonId, Refusal};
use sea_orm::{DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Lane;
use tokio::time::Instant;
use uuid::Uuid;
use vault::prefix_of;

use super::{
    KeysError,
    register::{EMAIL, EMAIL_INDEX, How, PRIVATE, REGISTER, Sealed},
    rotation::{self, Pace, Rotation},
    work::{Swaps, Work},
    write,
};
use crate::{
    Cx,
    batch::Item,
    context::refuse,
    directory, queue,
    sql::{all, get, id, one},
};

/// The queue of this job. Pausing it pauses the re-encryption.
pub const QUEUE: &str = "keys";
/// Under what its job is known.
const KEY: &str = "keys:reencrypt";
/// How many values are sealed again in one transaction: some milliseconds, so that nobody waits for it.
const AT_ONCE: i64 = 200;
/// How long it works before others may have a turn.
const TURN: Duration = Duration::from_secs(5);
/// How long it waits for this server to get the ring that others have.
const WAIT: Duration = Duration::from_secs(5);

/// Seals everything again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reseal {}

impl Job<Cx> for Reseal {
    const NAME: &'static str = "reencrypt";
    const QUEUE: &'static str = QUEUE;
    /// Only a process that dies in its middle uses one up.
    const MAX_ATTEMPTS: u16 = 1000;

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: KEY.into(), scope: Scope::WhileUnfinished })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        let until = Instant::now() + TURN;
        loop {
            match step(cx, run).await {
                Ok(Step::Went) if Instant::now() < until && !run.cancelled().is_cancelled() => {}
                Ok(Step::Went) => return Outcome::Snooze(Duration::ZERO),
                Ok(Step::Waits) => return Outcome::Snooze(WAIT),
                Ok(Step::Over) => return Outcome::Done,
                Err(refusal) => return Outcome::retry(refusal),
            }
        }
    }
}

/// A job whose process died would wait longer each time; a re-encryption should not, so it is called back at once.
pub(super) async fn go_on(cx: &Cx) -> Result<(), KeysError> {
    let sql = "SELECT 1 FROM jobs j WHERE j.unique_key = $1 AND j.state = $2";
    let waits = one(cx.store.reader(), sql, [KEY.into(), StateName::Retryable.code().into()]).await;
    if waits.map_err(|e| refuse(&e))?.is_none() {
        return Ok(());
    }
    let job = NewJob::of::<Cx, _>(&Reseal {}, cx.new_id(), queue::moment(cx.now())).map_err(|e| refuse(&e))?;
    write(cx, Work::GoOn { job: job.replace(Replace::Time) }).await
}

/// What a step came to.
enum Step {
    /// There may be more to do.
    Went,
    /// Not now.
    Waits,
    /// Nothing is left to do.
    Over,
}

/// Some values of a column: what is to be swapped, how many could not be opened, and the last row that was looked at.
struct Found {
    swaps: Swaps,
    failed: u64,
    after: Uuid,
}

async fn step(cx: &Cx, run: &Run) -> Result<Step, Refusal> {
    let began = Instant::now();
    let Some(rotation) = rotation::open(cx.store.reader()).await.map_err(|e| refuse(&e))? else {
        return Ok(Step::Over);
    };
    if cx.vault.ring().active() != rotation.key || is_paused(cx).await? {
        return Ok(Step::Waits);
    }
    let write = async |work| cx.write(Lane::Background, Item::Keys(Box::new(work))).await.map(drop);
    let (id, at) = (rotation.id, cx.now());
    let Some(found) = look(cx, &rotation).await.map_err(|e| refuse(&e))? else {
        let (place, is_new_pass) = match next(&rotation.place) {
            Some(place) => (place, false),
            // A pass has come to its end. What was changed in it is looked at again.
            None if rotation.n_changed > 0 => (FIRST, true),
            None => {
                write(Work::End { rotation: id, key: rotation.key, ticket: run.ticket(), at }).await?;
                return Ok(Step::Over);
            }
        };
        write(Work::Turn { rotation: id, place, is_new_pass, at }).await?;
        return Ok(Step::Went);
    };
    let Found { swaps, failed, after } = found;
    write(Work::Swap { rotation: id, swaps, failed, after, at }).await?;
    if rotation.pace == Pace::Routine {
        // It rests as long as it has worked: people get at least half of what the machine can do.
        tokio::time::sleep(began.elapsed()).await;
    }
    Ok(Step::Went)
}

/// The first column.
const FIRST: &str = REGISTER[0].column.name();

/// The column behind another one; the index of addresses comes last.
fn next(place: &str) -> Option<&'static str> {
    if place == EMAIL_INDEX {
        return None;
    }
    let at = REGISTER.iter().position(|sealed| sealed.column.name() == place);
    // A column that an older version of this program knew is passed from the beginning.
    let Some(at) = at else { return Some(FIRST) };
    Some(REGISTER.get(at + 1).map_or(EMAIL_INDEX, |sealed| sealed.column.name()))
}

async fn is_paused(cx: &Cx) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM queue_settings WHERE queue = $1 AND paused_at IS NOT NULL";
    one(cx.store.reader(), sql, [QUEUE.into()]).await.map(|row| row.is_some()).map_err(|e| refuse(&e))
}

/// The next values that are not under the key; nothing when the column has no more.
async fn look(cx: &Cx, rotation: &Rotation) -> Result<Option<Found>, DbErr> {
    if rotation.place == EMAIL_INDEX {
        return index(cx, rotation).await;
    }
    let Some(sealed) = REGISTER.iter().find(|sealed| sealed.column.name() == rotation.place) else { return Ok(None) };
    match sealed.how {
        How::Update => column(cx, rotation, sealed).await,
        How::LedgerPrivate => private(cx, rotation).await,
    }
}

/// What a value is in the log that cannot be sealed again. It stays as it is.
fn failed(column: &str, row: Uuid, error: vault::VaultError) {
    tracing::error!(row.id = %row, %error, "a value of {column} cannot be sealed again; it stays as it is");
}

async fn column(cx: &Cx, rotation: &Rotation, sealed: &'static Sealed) -> Result<Option<Found>, DbErr> {
    let Sealed { table, id: key, name, .. } = sealed;
    let sql = format!(
        "SELECT {key}, {name} FROM {table} WHERE {key} > $1 AND {name} IS NOT NULL AND substr({name}, 1, 5) <> $2 \
         ORDER BY {key} LIMIT {AT_ONCE}"
    );
    let rows = all(cx.store.reader(), &sql, [rotation.after.into(), prefix_of(rotation.key).to_vec().into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let after: Uuid = id(last, 0)?;
    let (mut swaps, mut n_failed) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        let (at, old): (Uuid, Vec<u8>) = (id(row, 0)?, get(row, 1)?);
        match cx.vault.reseal(sealed.column, at.into_bytes(), &old) {
            Ok(Some(new)) => swaps.push((at, old, new)),
            Ok(None) => {}
            Err(error) => {
                failed(sealed.column.name(), at, error);
                n_failed += 1;
            }
        }
    }
    Ok(Some(Found { swaps: Swaps::Column(sealed, swaps), failed: n_failed, after }))
}

async fn private(cx: &Cx, rotation: &Rotation) -> Result<Option<Found>, DbErr> {
    // Whole entries: the values of one have no order among themselves.
    let sql = format!(
        "SELECT entry, side, field, person, salt, value FROM ledger_private WHERE substr(value, 1, 5) <> $2 AND entry IN \
         (SELECT DISTINCT entry FROM ledger_private WHERE entry > $1 AND substr(value, 1, 5) <> $2 \
          ORDER BY entry LIMIT {AT_ONCE}) ORDER BY entry"
    );
    let rows = all(cx.store.reader(), &sql, [rotation.after.into(), prefix_of(rotation.key).to_vec().into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let after: Uuid = id(last, 0)?;
    let (mut swaps, mut n_failed) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        let kept = kept(row)?;
        match cx.vault.reseal(PRIVATE, kept.entry, &kept.value) {
            Ok(Some(new)) => swaps.push((kept, new)),
            Ok(None) => {}
            Err(error) => {
                failed(PRIVATE.name(), Uuid::from_bytes(kept.entry), error);
                n_failed += 1;
            }
        }
    }
    Ok(Some(Found { swaps: Swaps::Private(swaps), failed: n_failed, after }))
}

fn kept(row: &QueryResult) -> Result<Kept, DbErr> {
    let damaged = || crate::sql::damaged("a private value of the audit log");
    Ok(Kept {
        entry: get::<Uuid>(row, 0)?.into_bytes(),
        side: match get::<i16>(row, 1)? {
            0 => Side::Old,
            1 => Side::New,
            2 => Side::Beside,
            _ => return Err(damaged()),
        },
        field: get(row, 2)?,
        person: get::<Option<Uuid>>(row, 3)?.map(Uuid::into_bytes),
        salt: get::<Vec<u8>>(row, 4)?.try_into().map_err(|_| damaged())?,
        value: get(row, 5)?,
    })
}

/// The index is made anew of the addresses. One whose address cannot be opened, or is not the one that it was made of, stays.
async fn index(cx: &Cx, rotation: &Rotation) -> Result<Option<Found>, DbErr> {
    let sql = format!(
        "SELECT i.person, i.mac, u.email FROM user_email_index i JOIN users u ON u.id = i.person \
         WHERE i.person > $1 AND i.key_id <> $2 ORDER BY i.person LIMIT {AT_ONCE}"
    );
    let key = i64::from(rotation.key.get());
    let rows = all(cx.store.reader(), &sql, [rotation.after.into(), key.into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let after: Uuid = id(last, 0)?;
    let (mut swaps, mut n_failed) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        let (person, old): (PersonId, Vec<u8>) = (id(row, 0)?, get(row, 1)?);
        let email = directory::open(&cx.vault, EMAIL, person, &get::<Vec<u8>>(row, 2)?);
        let Some(email) = email.and_then(|email| Email::try_from(email).ok()) else {
            n_failed += 1;
            continue;
        };
        let indexes = cx.vault.blind_all(EMAIL, email.canonical().as_bytes());
        match &indexes[..] {
            [new, others @ ..] if new.key == rotation.key && others.iter().any(|other| other.mac == old[..]) => {
                swaps.push((old, new.mac.to_vec(), person));
            }
            _ => {
                tracing::error!(person.id = %person, "the index of the address of person {person} is not of that address");
                n_failed += 1;
            }
        }
    }
    Ok(Some(Found { swaps: Swaps::Index(rotation.key, swaps), failed: n_failed, after }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_goes_through_every_column_and_the_index() {
        let mut place = FIRST;
        let mut passed = vec![place];
        while let Some(following) = next(place) {
            place = following;
            passed.push(place);
        }
        let mut all: Vec<&str> = REGISTER.iter().map(|sealed| sealed.column.name()).collect();
        all.push(EMAIL_INDEX);
        assert_eq!(passed, all);
        assert_eq!((next(""), next("users.forgotten")), (Some(FIRST), Some(FIRST)));
    }
}
