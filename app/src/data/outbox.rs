//! The changes that wait for the server: in order, one request at a time, each at most once answered.
//!
//! Kept in memory: leaving the page while something waits asks first.
//!
//! Must not know: the network, boards. It says what to send next, and hears what came of it.

use model::{Answer, Done, Envelope, Refusal};
use std::collections::VecDeque;

use crate::data::backoff::wait_ms;

/// The most changes in one request (as the server accepts them).
const MOST: usize = 50;
/// How often a change that the server fails at is sent before it counts as refused.
const PATIENCE: u32 = 5;

/// What to call when a change is answered.
pub(crate) type Then = Box<dyn FnOnce(&Result<Done, Refusal>) + Send>;

/// A change that waits.
pub(crate) struct Entry {
    pub(crate) envelope: Envelope,
    pub(crate) then: Option<Then>,
    failures: u32,
}

/// What has come of one change.
pub(crate) struct Outcome {
    pub(crate) envelope: Envelope,
    pub(crate) then: Option<Then>,
    pub(crate) result: Result<Done, Refusal>,
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Send what is left.
    Now,
    /// Wait so many milliseconds, or for a sign of the server.
    After(u64),
    /// Nothing until somebody has signed in.
    Stop,
}

/// The waiting changes.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Entry>,
    in_flight: usize,
    attempt: u32,
    /// Send one by one: a request was refused as a whole, and it has to be found out which change it was.
    singly: bool,
    stopped: bool,
}

impl Outbox {
    /// Puts a change at the end.
    pub(crate) fn push(&mut self, envelope: Envelope, then: Option<Then>) {
        self.waiting.push_back(Entry { envelope, then, failures: 0 });
    }

    /// How many changes are not answered.
    pub(crate) fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Throws everything away: for signing out.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Goes on after a stop.
    pub(crate) fn resume(&mut self) {
        self.stopped = false;
        self.attempt = 0;
    }

    /// The next request, or nothing while one is on its way or nothing waits.
    pub(crate) fn begin(&mut self) -> Option<Vec<Envelope>> {
        if self.in_flight > 0 || self.stopped || self.waiting.is_empty() {
            return None;
        }
        self.in_flight = if self.singly { 1 } else { self.waiting.len().min(MOST) };
        Some(self.waiting.iter().take(self.in_flight).map(|e| e.envelope.clone()).collect())
    }

    /// The answer to the request that [`Outbox::begin`] gave.
    pub(crate) fn answered(&mut self, answer: Result<Vec<Answer>, Refusal>, random: f64) -> (Vec<Outcome>, Next) {
        let sent = std::mem::take(&mut self.in_flight);
        match answer {
            Ok(answers) => self.answered_each(sent, answers, random),
            Err(refusal) => self.refused_whole(sent, refusal, random),
        }
    }

    fn answered_each(&mut self, sent: usize, answers: Vec<Answer>, random: f64) -> (Vec<Outcome>, Next) {
        let mut outcomes = Vec::with_capacity(sent);
        let mut again = Vec::new();
        let entries: Vec<Entry> = self.waiting.drain(..sent.min(self.waiting.len())).collect();
        for (mut entry, answer) in entries.into_iter().zip(answers) {
            match answer {
                Answer::Done(done) => outcomes.push(entry.ends(Ok(done))),
                Answer::Refused(refusal) if refusal.is_passing() && entry.failures + 1 < PATIENCE => {
                    entry.failures += 1;
                    again.push(entry);
                }
                Answer::Refused(refusal) => outcomes.push(entry.ends(Err(refusal))),
            }
        }
        let next = if again.is_empty() {
            self.attempt = 0;
            Next::Now
        } else {
            self.later(None, random)
        };
        for entry in again.into_iter().rev() {
            self.waiting.push_front(entry);
        }
        if outcomes.len() > 1 {
            self.singly = false;
        }
        (outcomes, next)
    }

    fn refused_whole(&mut self, sent: usize, refusal: Refusal, random: f64) -> (Vec<Outcome>, Next) {
        match refusal {
            Refusal::SignIn | Refusal::WrongCredentials => {
                self.stopped = true;
                (Vec::new(), Next::Stop)
            }
            Refusal::Offline => (Vec::new(), self.later(None, random)),
            Refusal::TooMany { after_s } | Refusal::Busy { after_s } => {
                (Vec::new(), self.later(Some(u64::from(after_s) * 1000), random))
            }
            refusal if sent > 1 => {
                // One of them is at fault. The others must not suffer for it.
                self.singly = true;
                let next = if matches!(refusal, Refusal::Fault { .. }) { self.later(None, random) } else { Next::Now };
                (Vec::new(), next)
            }
            refusal => {
                let Some(mut entry) = self.waiting.pop_front() else { return (Vec::new(), Next::Now) };
                entry.failures += 1;
                if refusal.is_passing() && entry.failures < PATIENCE {
                    self.waiting.push_front(entry);
                    return (Vec::new(), self.later(None, random));
                }
                self.attempt = 0;
                (vec![entry.ends(Err(refusal))], Next::Now)
            }
        }
    }

    fn later(&mut self, at_least_ms: Option<u64>, random: f64) -> Next {
        let wait = wait_ms(self.attempt, random);
        self.attempt += 1;
        Next::After(at_least_ms.unwrap_or(0) + wait)
    }

    /// The operations that wait, in order.
    #[cfg(test)]
    fn ops(&self) -> Vec<model::OpId> {
        self.waiting.iter().map(|e| e.envelope.op).collect()
    }
}

impl Entry {
    fn ends(self, result: Result<Done, Refusal>) -> Outcome {
        Outcome { envelope: self.envelope, then: self.then, result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Command, Instant, OpId, Stream, new_id};

    fn envelope(n: u8) -> Envelope {
        let id = |n| [n; 10];
        let at = Instant::from_ms(1);
        let command = Command::SetDue { project: new_id(at, id(1)), task: new_id(at, id(n)), due: None };
        Envelope { op: op(n), command }
    }

    fn op(n: u8) -> OpId {
        new_id(Instant::from_ms(2), [n; 10])
    }

    fn outbox(n: u8) -> Outbox {
        let mut outbox = Outbox::default();
        (1..=n).for_each(|n| outbox.push(envelope(n), None));
        outbox
    }

    fn done() -> Answer {
        Answer::Done(Done { stream: Stream::Instance, first: 0, last: 0, events: Vec::new() })
    }

    fn ended(outcomes: &[Outcome]) -> Vec<OpId> {
        outcomes.iter().map(|o| o.envelope.op).collect()
    }

    #[test]
    fn one_request_is_on_its_way_at_a_time_with_all_that_waits_in_order() {
        let mut outbox = outbox(2);
        let ops: Vec<OpId> = outbox.begin().unwrap().iter().map(|e| e.op).collect();
        assert_eq!(ops, [op(1), op(2)]);
        outbox.push(envelope(3), None);
        assert_eq!(outbox.begin(), None);
        let (outcomes, next) = outbox.answered(Ok(vec![done(), done()]), 0.5);
        assert_eq!((ended(&outcomes), next), (vec![op(1), op(2)], Next::Now));
        assert_eq!(outbox.begin().unwrap(), [envelope(3)]);
    }

    #[test]
    fn a_request_holds_at_most_fifty() {
        assert_eq!(outbox(60).begin().unwrap().len(), 50);
    }

    #[test]
    fn nothing_is_lost_and_the_order_stays_when_no_answer_comes() {
        let mut outbox = outbox(3);
        for attempt in 0..5 {
            assert_eq!(outbox.begin().unwrap().len(), 3);
            let (outcomes, next) = outbox.answered(Err(Refusal::Offline), 1.0);
            assert!(outcomes.is_empty());
            assert_eq!(next, Next::After(wait_ms(attempt, 1.0)));
        }
        assert_eq!(outbox.ops(), [op(1), op(2), op(3)]);
    }

    #[test]
    fn a_busy_server_is_given_the_time_it_asks_for() {
        let mut outbox = outbox(1);
        outbox.begin().unwrap();
        let (_, next) = outbox.answered(Err(Refusal::Busy { after_s: 3 }), 0.5);
        assert_eq!(next, Next::After(3100));
    }

    #[test]
    fn a_session_that_is_over_stops_everything_and_keeps_it() {
        let mut outbox = outbox(2);
        outbox.begin().unwrap();
        let (outcomes, next) = outbox.answered(Err(Refusal::SignIn), 0.5);
        assert!(outcomes.is_empty());
        assert_eq!((next, outbox.begin()), (Next::Stop, None));
        outbox.resume();
        assert_eq!(outbox.begin().unwrap().len(), 2);
    }

    #[test]
    fn a_refused_change_ends_and_the_others_go_on() {
        let mut outbox = outbox(2);
        outbox.begin().unwrap();
        let (outcomes, _) = outbox.answered(Ok(vec![Answer::Refused(Refusal::MayNot), done()]), 0.5);
        assert_eq!(outcomes[0].result, Err(Refusal::MayNot));
        assert!(outcomes[1].result.is_ok());
        assert_eq!(outbox.n_waiting(), 0);
    }

    #[test]
    fn a_request_that_is_refused_as_a_whole_is_taken_apart_to_find_the_change_at_fault() {
        let mut outbox = outbox(2);
        outbox.begin().unwrap();
        assert_eq!(outbox.answered(Err(Refusal::TooLarge), 0.5).1, Next::Now);
        assert_eq!(outbox.begin().unwrap().len(), 1);
        let (outcomes, _) = outbox.answered(Err(Refusal::TooLarge), 0.5);
        assert_eq!(ended(&outcomes), [op(1)]);
        assert_eq!(outbox.ops(), [op(2)]);
    }

    #[test]
    fn a_change_at_which_the_server_fails_again_and_again_does_not_block_the_others_for_ever() {
        let mut outbox = outbox(1);
        for failure in 1..=PATIENCE {
            outbox.begin().unwrap();
            let fault = Refusal::Fault { reference: "7f".into() };
            let (outcomes, _) = outbox.answered(Err(fault), 0.5);
            assert_eq!(outcomes.len(), usize::from(failure == PATIENCE));
        }
        assert_eq!(outbox.n_waiting(), 0);
    }
}
