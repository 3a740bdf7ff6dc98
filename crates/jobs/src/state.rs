//! The life of a job: its states, and which one follows from what happens.
//!
//! Must not know: SQL, clocks, what the job does. Invariant: only a [`State::Executing`] job has a lease, and the final states
//! (completed, discarded, cancelled) are never left.

use uuid::Uuid;

use crate::{Moment, Outcome, backoff};

/// Where a job is in its life, with what it must know there. `attempts` counts the runs that were started and count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its time: it was enqueued for later, or it snoozed.
    Scheduled {
        /// When it becomes available.
        at: Moment,
        /// Attempts used so far.
        attempts: u16,
    },
    /// Any worker may take it.
    Available {
        /// Attempts used so far.
        attempts: u16,
    },
    /// A worker runs it.
    Executing {
        /// The number of this attempt; the first is 1.
        attempt: u16,
        /// Who runs it, and until when that is believed.
        lease: Lease,
    },
    /// It failed and waits for its next attempt.
    Retryable {
        /// When it becomes available.
        at: Moment,
        /// Attempts used so far.
        attempts: u16,
        /// Why the last one failed.
        error: String,
    },
    /// It is done.
    Completed {
        /// When.
        at: Moment,
        /// Attempts it took.
        attempts: u16,
    },
    /// It failed as often as it may.
    Discarded {
        /// When.
        at: Moment,
        /// Attempts it took.
        attempts: u16,
        /// Why the last one failed.
        error: String,
    },
    /// Somebody stopped it, or it found out itself that it is pointless.
    Cancelled {
        /// When.
        at: Moment,
        /// Attempts it took.
        attempts: u16,
        /// Why.
        reason: String,
    },
}

/// The process that runs a job: an id of its own for each start, so that a restarted process is another owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(pub [u8; 16]);

impl Owner {
    pub(crate) const fn uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl From<Uuid> for Owner {
    fn from(id: Uuid) -> Self {
        Self(id.into_bytes())
    }
}

/// The right to run a job and to say what came out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Who has it.
    pub owner: Owner,
    /// When it ends, if it is not renewed.
    pub until: Moment,
}

/// What can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time went on.
    Due,
    /// A worker took it.
    Claimed(Lease),
    /// A run ended.
    Finished {
        /// Who ran it.
        owner: Owner,
        /// Which attempt it was.
        attempt: u16,
        /// What came out of it.
        outcome: Outcome,
    },
    /// The lease may be over, and nobody said what came out of the run.
    LeaseExpired,
    /// The process stops in good order and gives the job back, unfinished.
    Released(Owner),
    /// Somebody does not want it any more. A running job is asked to stop by its worker, and ends with [`Outcome::Cancel`].
    Cancelled(String),
}

/// What a decision about a job depends on, beside the job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// What time it is.
    pub now: Moment,
    /// How often this job may be started, see [`Job::MAX_ATTEMPTS`](crate::Job::MAX_ATTEMPTS).
    pub max_attempts: u16,
    /// Evenly drawn from 0 to 1; scatters the pause after a failure, see [`backoff`].
    pub chance: f64,
}

impl State {
    /// The state that follows when `event` happens, or `None` if it does not concern a job in this state: then nothing may be
    /// written. So it is with the result of a worker that lost its lease.
    #[must_use]
    pub fn next(&self, event: Event, conditions: &Conditions) -> Option<Self> {
        let now = conditions.now;
        match (self, event) {
            (Self::Scheduled { at, attempts } | Self::Retryable { at, attempts, .. }, Event::Due) if *at <= now => {
                Some(Self::Available { attempts: *attempts })
            }
            (Self::Available { attempts }, Event::Claimed(lease)) => {
                Some(Self::Executing { attempt: attempts.saturating_add(1), lease })
            }
            (Self::Executing { attempt, lease }, Event::Finished { owner, attempt: of, outcome })
                if lease.owner == owner && *attempt == of =>
            {
                Some(after(outcome, *attempt, conditions))
            }
            (Self::Executing { attempt, lease }, Event::LeaseExpired) if lease.until <= now => {
                Some(after(Outcome::retry("the process that ran it is gone"), *attempt, conditions))
            }
            // Being stopped is not the job's fault, so it uses up no attempt.
            (Self::Executing { attempt, lease }, Event::Released(owner)) if lease.owner == owner => {
                Some(Self::Available { attempts: attempt.saturating_sub(1) })
            }
            (
                Self::Scheduled { attempts, .. } | Self::Available { attempts } | Self::Retryable { attempts, .. },
                Event::Cancelled(reason),
            ) => Some(Self::Cancelled { at: now, attempts: *attempts, reason }),
            (
                Self::Scheduled { .. }
                | Self::Available { .. }
                | Self::Executing { .. }
                | Self::Retryable { .. }
                | Self::Completed { .. }
                | Self::Discarded { .. }
                | Self::Cancelled { .. },
                Event::Due
                | Event::Claimed(_)
                | Event::Finished { .. }
                | Event::LeaseExpired
                | Event::Released(_)
                | Event::Cancelled(_),
            ) => None,
        }
    }
}

/// What follows from a run that was attempt number `attempt`.
fn after(outcome: Outcome, attempt: u16, conditions: &Conditions) -> State {
    let now = conditions.now;
    match outcome {
        Outcome::Done => State::Completed { at: now, attempts: attempt },
        Outcome::Retry(error) if attempt >= conditions.max_attempts => {
            State::Discarded { at: now, attempts: attempt, error }
        }
        Outcome::Retry(error) => {
            let pause = backoff(attempt, conditions.chance);
            State::Retryable { at: now.plus(pause), attempts: attempt, error }
        }
        Outcome::Cancel(reason) => State::Cancelled { at: now, attempts: attempt, reason },
        Outcome::Snooze(pause) => State::Scheduled { at: now.plus(pause), attempts: attempt.saturating_sub(1) },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ME: Owner = Owner([1; 16]);
    const OTHER: Owner = Owner([2; 16]);
    const NOW: Moment = Moment::from_millis(1_000_000);
    const EARLIER: Moment = Moment::from_millis(999_999);
    const LATER: Moment = Moment::from_millis(1_000_001);
    const MINE: Lease = Lease { owner: ME, until: LATER };
    const EXPIRED: Lease = Lease { owner: ME, until: NOW };

    fn conditions(max_attempts: u16) -> Conditions {
        Conditions { now: NOW, max_attempts, chance: 1.0 }
    }

    fn finished(owner: Owner, attempt: u16, outcome: Outcome) -> Event {
        Event::Finished { owner, attempt, outcome }
    }

    fn states() -> Vec<(&'static str, State)> {
        vec![
            ("scheduled, due", State::Scheduled { at: NOW, attempts: 1 }),
            ("scheduled, early", State::Scheduled { at: LATER, attempts: 1 }),
            ("available", State::Available { attempts: 1 }),
            ("executing", State::Executing { attempt: 2, lease: MINE }),
            ("executing, expired", State::Executing { attempt: 2, lease: EXPIRED }),
            ("retryable, due", State::Retryable { at: EARLIER, attempts: 1, error: "e".into() }),
            ("retryable, early", State::Retryable { at: LATER, attempts: 1, error: "e".into() }),
            ("completed", State::Completed { at: EARLIER, attempts: 1 }),
            ("discarded", State::Discarded { at: EARLIER, attempts: 2, error: "e".into() }),
            ("cancelled", State::Cancelled { at: EARLIER, attempts: 1, reason: "r".into() }),
        ]
    }

    fn events() -> Vec<Event> {
        vec![
            Event::Due,
            Event::Claimed(MINE),
            finished(ME, 2, Outcome::Done),
            finished(OTHER, 2, Outcome::Done),
            finished(ME, 1, Outcome::Done),
            Event::LeaseExpired,
            Event::Released(ME),
            Event::Released(OTHER),
            Event::Cancelled("r".into()),
        ]
    }

    const fn word(state: Option<&State>) -> &'static str {
        match state {
            None => "-",
            Some(State::Scheduled { .. }) => "sched",
            Some(State::Available { .. }) => "avail",
            Some(State::Executing { .. }) => "exec",
            Some(State::Retryable { .. }) => "retry",
            Some(State::Completed { .. }) => "done",
            Some(State::Discarded { .. }) => "discard",
            Some(State::Cancelled { .. }) => "cancel",
        }
    }

    #[test]
    fn every_event_in_every_state_leads_where_the_grid_says() {
        let grid = "
            state              |due   |claim|done |other's|older|lease|give back|other's|cancel
            scheduled, due     |avail |-    |-    |-      |-    |-    |-        |-      |cancel
            scheduled, early   |-     |-    |-    |-      |-    |-    |-        |-      |cancel
            available          |-     |exec |-    |-      |-    |-    |-        |-      |cancel
            executing          |-     |-    |done |-      |-    |-    |avail    |-      |-
            executing, expired |-     |-    |done |-      |-    |retry|avail    |-      |-
            retryable, due     |avail |-    |-    |-      |-    |-    |-        |-      |cancel
            retryable, early   |-     |-    |-    |-      |-    |-    |-        |-      |cancel
            completed          |-     |-    |-    |-      |-    |-    |-        |-      |-
            discarded          |-     |-    |-    |-      |-    |-    |-        |-      |-
            cancelled          |-     |-    |-    |-      |-    |-    |-        |-      |-";
        let mut lines = grid.trim().lines().skip(1);
        for (name, state) in states() {
            let mut cells = lines.next().unwrap().split('|').map(str::trim);
            assert_eq!(cells.next(), Some(name));
            for event in events() {
                let next = state.next(event.clone(), &conditions(20));
                assert_eq!(word(next.as_ref()), cells.next().unwrap(), "{name}: {event:?}");
            }
            assert_eq!(cells.next(), None);
        }
        assert_eq!(lines.next(), None);
    }

    #[test]
    fn an_outcome_leads_to_its_state_with_what_belongs_there() {
        let at = |seconds| NOW.plus(Duration::from_secs(seconds));
        let cases = [
            (1, 3, Outcome::Done, State::Completed { at: NOW, attempts: 1 }),
            (1, 3, Outcome::retry("no"), State::Retryable { at: at(17), attempts: 1, error: "no".into() }),
            (2, 3, Outcome::retry("no"), State::Retryable { at: at(19), attempts: 2, error: "no".into() }),
            (3, 3, Outcome::retry("no"), State::Discarded { at: NOW, attempts: 3, error: "no".into() }),
            (3, 3, Outcome::Done, State::Completed { at: NOW, attempts: 3 }),
            (3, 3, Outcome::Cancel("gone".into()), State::Cancelled { at: NOW, attempts: 3, reason: "gone".into() }),
            (3, 3, Outcome::Snooze(Duration::from_secs(5)), State::Scheduled { at: at(5), attempts: 2 }),
        ];
        for (attempt, max, outcome, expected) in cases {
            let executing = State::Executing { attempt, lease: MINE };
            let next = executing.next(finished(ME, attempt, outcome.clone()), &conditions(max));
            assert_eq!(next, Some(expected), "attempt {attempt} of {max}: {outcome:?}");
        }
    }

    #[test]
    fn a_claim_counts_the_attempt_and_carries_the_lease() {
        let claimed = State::Available { attempts: 4 }.next(Event::Claimed(MINE), &conditions(20));
        assert_eq!(claimed, Some(State::Executing { attempt: 5, lease: MINE }));
    }

    #[test]
    fn a_job_that_kills_its_process_every_time_is_discarded_after_its_last_attempt() {
        let mut state = State::Available { attempts: 0 };
        for _ in 0..3 {
            state = state.next(Event::Claimed(EXPIRED), &conditions(3)).unwrap();
            state = state.next(Event::LeaseExpired, &conditions(3)).unwrap();
            if let State::Retryable { at, .. } = state {
                state = state.next(Event::Due, &Conditions { now: at, ..conditions(3) }).unwrap();
            }
        }
        let error = "the process that ran it is gone".to_owned();
        assert_eq!(state, State::Discarded { at: NOW, attempts: 3, error });
    }

    #[test]
    fn a_job_that_is_given_back_or_snoozes_has_as_many_attempts_as_before() {
        let conditions = conditions(1);
        let executing = State::Available { attempts: 0 }.next(Event::Claimed(MINE), &conditions).unwrap();
        assert_eq!(executing.next(Event::Released(ME), &conditions), Some(State::Available { attempts: 0 }));
        let snoozed = executing.next(finished(ME, 1, Outcome::Snooze(Duration::ZERO)), &conditions).unwrap();
        assert_eq!(snoozed, State::Scheduled { at: NOW, attempts: 0 });
        assert_eq!(snoozed.next(Event::Due, &conditions), Some(State::Available { attempts: 0 }));
    }
}
