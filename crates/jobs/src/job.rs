//! What a job is to the queue: a name, arguments that can be stored, and a way to run.
//!
//! Must not know: how jobs are stored, claimed or counted.

use std::{fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::Run;

/// How long a run may take if its job does not say otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// Something to be done later, at least once, by any process that shares the database.
///
/// The value itself is the arguments: it is stored in serialized form, and a process of a later version may run it. It is stored
/// in clear and shown to administrators, so it holds ids and never what is personal; that is kept in rows which their owner seals.
/// `C` is what the jobs of a program may use while they run.
pub trait Job<C>: Serialize + DeserializeOwned + Send + 'static {
    /// By what the queue finds the type again. Stored with each job, so it must never change its meaning.
    const NAME: &'static str;
    /// The queue it waits in. Queues have limits of their own.
    const QUEUE: &'static str;
    /// How often it may be started, the first time included.
    const MAX_ATTEMPTS: u16 = 20;

    /// With what other jobs this one would be a duplicate; by default, with none.
    fn unique(&self) -> Option<Unique> {
        None
    }

    /// How long a run may take before it is broken off and counts as failed; `None` is for ever.
    fn timeout(&self) -> Option<Duration> {
        Some(DEFAULT_TIMEOUT)
    }

    /// Does it. A panic counts as [`Outcome::Retry`].
    ///
    /// It may run more than once, also after it succeeded (the process can die before that is written), so the effect of two
    /// runs must be that of one.
    ///
    /// A job that writes to the database should be finished in the transaction of its effects, see [`Run::done_in`].
    fn run(self, context: &C, run: &Run) -> impl Future<Output = Outcome> + Send;
}

/// What came out of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed, and another attempt may succeed. Shown to administrators, so without personal data.
    Retry(String),
    /// It can never succeed or is no longer wanted; no further attempt. Shown to administrators, so without personal data.
    Cancel(String),
    /// Not yet: come again after this time. Uses up no attempt.
    Snooze(Duration),
}

impl Outcome {
    /// [`Outcome::Retry`], told in the words of `error`.
    pub fn retry(error: impl fmt::Display) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Which jobs are the same job, and for how long that matters. A duplicate is not enqueued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unique {
    /// Equal keys are duplicates, also of jobs with another name: begin with what it is about. Stored in clear: hash what is
    /// personal.
    pub key: String,
    /// How long the key is taken.
    pub scope: Scope,
}

/// How long a [`Unique`] key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Until the job starts. What changes during the run then finds the key free and is not lost: for digests and indexes.
    WhileWaiting,
    /// Until the job is completed, discarded or cancelled: for what must not run twice at once.
    WhileUnfinished,
    /// Until the current period ends. Periods are counted from the beginning of 1970, UTC.
    PerPeriod(Duration),
    /// As long as the row exists.
    ForEver,
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Greet {
        name: String,
    }

    impl Job<String> for Greet {
        const NAME: &'static str = "greet";
        const QUEUE: &'static str = "default";

        async fn run(self, greeting: &String, _: &Run) -> Outcome {
            Outcome::Cancel(format!("{greeting}, {}", self.name))
        }
    }

    #[test]
    fn a_job_that_says_nothing_has_twenty_attempts_of_a_minute_and_no_duplicates() {
        let job = Greet { name: String::new() };
        assert_eq!(<Greet as Job<String>>::MAX_ATTEMPTS, 20);
        assert_eq!(job.timeout(), Some(Duration::from_mins(1)));
        assert_eq!(job.unique(), None);
    }
}
