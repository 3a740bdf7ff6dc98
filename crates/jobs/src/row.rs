//! A job as a row: the numbers of its states, its errors, and reading columns.
//!
//! Must not know: which state follows; [`State`](crate::State) says that. The statements of this crate write states as numbers,
//! because an index over some states is only used for a condition in the same words.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, TryGetable, Value};
use serde::{Deserialize, Serialize};
use store::statement;

use crate::{Moment, Outcome};

/// How many errors of a job are kept.
pub const KEPT_ERRORS: usize = 20;
/// The longest message of an error that is kept, in characters.
const LONGEST_MESSAGE: usize = 1_000;

/// The name of a [`State`](crate::State), as lists and counts use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateName {
    /// Waits for its time.
    Scheduled,
    /// May be taken.
    Available,
    /// Is being run.
    Executing,
    /// Failed, and waits for its next attempt.
    Retryable,
    /// Is done.
    Completed,
    /// Failed as often as it may.
    Discarded,
    /// Was stopped.
    Cancelled,
}

impl StateName {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 7] = [
        Self::Scheduled,
        Self::Available,
        Self::Executing,
        Self::Retryable,
        Self::Completed,
        Self::Discarded,
        Self::Cancelled,
    ];

    /// The number under which it is stored.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Scheduled => 1,
            Self::Available => 2,
            Self::Executing => 3,
            Self::Retryable => 4,
            Self::Completed => 5,
            Self::Discarded => 6,
            Self::Cancelled => 7,
        }
    }

    /// The word for it, in lower case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Executing => "executing",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn read(code: i16) -> Result<Self, DbErr> {
        Self::ALL.into_iter().find(|name| name.code() == code).ok_or_else(|| damaged("the state of a job"))
    }
}

/// Why a run did not succeed, or why a job was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When, in milliseconds since the beginning of 1970, UTC.
    pub at: i64,
    /// Which attempt it was; 0 before the first.
    pub attempt: u16,
    /// What is told about it.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(at: Moment, attempt: u16, message: &str) -> Self {
        Self { at: at.as_millis(), attempt, message: message.chars().take(LONGEST_MESSAGE).collect() }
    }

    /// What is told of a run with this outcome, if anything is.
    pub(crate) fn of(outcome: &Outcome, at: Moment, attempt: u16) -> Option<Self> {
        match outcome {
            Outcome::Done | Outcome::Snooze(_) => None,
            Outcome::Retry(message) | Outcome::Cancel(message) => Some(Self::new(at, attempt, message)),
        }
    }

    pub(crate) fn to_json(&self) -> Result<String, DbErr> {
        serde_json::to_string(self).map_err(|e| DbErr::Json(e.to_string()))
    }
}

/// The list of a job's errors, newest first. A list that cannot be read is a job without errors: they are told, not relied on.
pub(crate) fn read_errors(json: &str) -> Vec<Failure> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The list with one more, in the form in which it is stored.
pub(crate) fn with_error(mut errors: Vec<Failure>, failure: Option<Failure>) -> Result<String, DbErr> {
    errors.splice(0..0, failure);
    errors.truncate(KEPT_ERRORS);
    serde_json::to_string(&errors).map_err(|e| DbErr::Json(e.to_string()))
}

pub(crate) async fn all(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(statement(db.get_database_backend(), sql, values)).await
}

pub(crate) async fn one(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, DbErr> {
    db.query_one_raw(statement(db.get_database_backend(), sql, values)).await
}

pub(crate) async fn run(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(db.execute_raw(statement(db.get_database_backend(), sql, values)).await?.rows_affected())
}

/// The value of a column, by its place.
pub(crate) fn get<T: TryGetable>(row: &QueryResult, place: usize) -> Result<T, DbErr> {
    row.try_get_by_index(place)
}

/// A number that is never negative, such as an attempt.
pub(crate) fn count(row: &QueryResult, place: usize) -> Result<u16, DbErr> {
    u16::try_from(get::<i16>(row, place)?).map_err(|_| damaged("a number"))
}

/// A number for a column of 16 bits; more than fits is the most that fits.
pub(crate) fn small(number: u16) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}

/// What is stored is not what this program writes.
pub(crate) fn damaged(what: &str) -> DbErr {
    DbErr::Custom(format!("{what} in the database is not what this version of Muster writes"))
}

/// The words that lock what is read against other processes. SQLite has one writer, and no words for it.
pub(crate) fn lock(db: &impl ConnectionTrait) -> &'static str {
    lock_of(db.get_database_backend())
}

/// The same by the engine.
pub(crate) fn lock_of(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_by_the_numbers_that_they_are_written_by() {
        for name in StateName::ALL {
            assert_eq!(StateName::read(name.code()).unwrap(), name);
        }
        assert!(StateName::read(0).is_err());
    }

    #[test]
    fn the_newest_errors_are_kept_and_the_newest_comes_first() {
        let mut json = "[]".to_owned();
        for attempt in 1..=25 {
            let failure = Failure::new(Moment::from_millis(attempt.into()), attempt, "no");
            json = with_error(read_errors(&json), Some(failure)).unwrap();
        }
        let attempts: Vec<u16> = read_errors(&json).iter().map(|e| e.attempt).collect();
        assert_eq!(attempts, (6..=25).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(Failure::new(Moment::from_millis(0), 1, &"ü".repeat(5_000)).message.chars().count(), 1_000);
    }
}
