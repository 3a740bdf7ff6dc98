//! One job whose run has ended, one way or another: reading it with its lock, deciding, and writing what follows.
//!
//! Must not know: why the run ended; that is the event.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use uuid::Uuid;

use crate::{
    Conditions, Event, Lease, Moment, Owner, State,
    row::{Failure, StateName, count, get, one, read_errors, run, small, with_error},
};

/// What is read of a job that is being run.
pub(super) const COLUMNS: &str = "SELECT id, attempt, max_attempts, lease_owner, lease_until, unique_scope, unique_as, \
    cancel_reason, errors FROM jobs";

/// A job that is being run, by whomever.
pub(super) struct Executing {
    pub(super) id: Uuid,
    pub(super) attempt: u16,
    pub(super) lease: Lease,
    max_attempts: u16,
    scope: i16,
    key: Option<String>,
    cancel_reason: Option<String>,
    errors: Vec<Failure>,
}

impl Executing {
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let lease = Lease { owner: Owner::from(get::<Uuid>(row, 3)?), until: Moment::from_millis(get(row, 4)?) };
        Ok(Self {
            id: get(row, 0)?,
            attempt: count(row, 1)?,
            max_attempts: count(row, 2)?,
            lease,
            scope: get(row, 5)?,
            key: get(row, 6)?,
            cancel_reason: get(row, 7)?,
            errors: read_errors(&get::<String>(row, 8)?),
        })
    }

    /// Writes what follows from the event; answers whether anything did.
    pub(super) async fn settle(
        self,
        tx: &impl ConnectionTrait,
        event: Event,
        now: Moment,
        chance: f64,
    ) -> Result<bool, DbErr> {
        let conditions = Conditions { now, max_attempts: self.max_attempts, chance };
        let state = State::Executing { attempt: self.attempt, lease: self.lease };
        let told = match &event {
            Event::Finished { outcome, .. } => Failure::of(outcome, now, self.attempt),
            Event::LeaseExpired => Some(Failure::new(now, self.attempt, GONE)),
            Event::Released(_) | Event::Due | Event::Claimed(_) | Event::Cancelled(_) => None,
        };
        let Some(next) = state.next(event, &conditions) else { return Ok(false) };
        let (next, ended) = match self.must_end(tx, &next).await? {
            Some(reason) => {
                let state = State::Cancelled { at: now, attempts: attempts(&next), reason: reason.clone() };
                (state, Some(Failure::new(now, self.attempt, &reason)))
            }
            None => (next, None),
        };
        let mut errors = self.errors.clone();
        errors.splice(0..0, told);
        self.write(tx, &next, with_error(errors, ended)?).await?;
        Ok(true)
    }

    /// Why a job that would wait again must not: somebody cancelled it meanwhile, or a newer one has its key.
    async fn must_end(&self, tx: &impl ConnectionTrait, next: &State) -> Result<Option<String>, DbErr> {
        if !is_waiting(next) {
            return Ok(None);
        }
        if let Some(reason) = &self.cancel_reason {
            return Ok(Some(reason.clone()));
        }
        // The other scopes have kept the key during the run.
        let (1, Some(key)) = (self.scope, &self.key) else { return Ok(None) };
        let taken = one(tx, "SELECT 1 FROM jobs WHERE unique_key = $1", [key.clone().into()]).await?;
        Ok(taken.map(|_| SUPERSEDED.to_owned()))
    }

    async fn write(&self, tx: &impl ConnectionTrait, next: &State, errors: String) -> Result<(), DbErr> {
        let (name, at) = match next {
            State::Scheduled { at, .. } => (StateName::Scheduled, Some(*at)),
            State::Available { .. } => (StateName::Available, None),
            State::Executing { .. } => (StateName::Executing, None),
            State::Retryable { at, .. } => (StateName::Retryable, Some(*at)),
            State::Completed { at, .. } => (StateName::Completed, Some(*at)),
            State::Discarded { at, .. } => (StateName::Discarded, Some(*at)),
            State::Cancelled { at, .. } => (StateName::Cancelled, Some(*at)),
        };
        let at = at.map(Moment::as_millis);
        let (scheduled, finished) = if is_waiting(next) { (at, None) } else { (None, at) };
        let key = if is_waiting(next) || self.scope > 2 { self.key.clone() } else { None };
        let values: [Value; 7] = [
            self.id.into(),
            name.code().into(),
            small(attempts(next)).into(),
            scheduled.into(),
            finished.into(),
            key.into(),
            errors.into(),
        ];
        run(tx, WRITE, values).await.map(|_| ())
    }
}

/// What is told of a job whose lease is over.
const GONE: &str = "the process that ran it is gone";
/// What is told of a job that would wait again beside a newer one.
pub(crate) const SUPERSEDED: &str = "superseded by a newer job with the same key";

const WRITE: &str = "UPDATE jobs SET state = $2, attempt = $3, scheduled_at = coalesce($4, scheduled_at), \
    finished_at = $5, unique_key = $6, errors = $7, lease_owner = NULL, lease_until = NULL, cancel_reason = NULL \
    WHERE id = $1";

const fn is_waiting(state: &State) -> bool {
    match state {
        State::Scheduled { .. } | State::Available { .. } | State::Retryable { .. } => true,
        State::Executing { .. } | State::Completed { .. } | State::Discarded { .. } | State::Cancelled { .. } => false,
    }
}

const fn attempts(state: &State) -> u16 {
    match state {
        State::Executing { attempt: attempts, .. }
        | State::Scheduled { attempts, .. }
        | State::Available { attempts }
        | State::Retryable { attempts, .. }
        | State::Completed { attempts, .. }
        | State::Discarded { attempts, .. }
        | State::Cancelled { attempts, .. } => *attempts,
    }
}
