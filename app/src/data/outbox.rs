//! The changes that wait for the server: in order, one request at a time, each at most once answered.
//!
//! All tabs of a person hold the same changes, and one of them [leads](Outbox::lead): it sends for all. The others hear what
//! came of it. That they survive the page is the device's part, see [`crate::data::sending`].
//!
//! Must not know: the network, storage, boards. It says what to send next, and hears what came of it.

use model::{Answer, Done, Envelope, Instant, OpId, ProjectId, Refusal};

use crate::data::backoff::wait_ms;

/// The most changes in one request (as the server accepts them).
const MOST: usize = 50;
/// How often a change that the server fails at is sent before it counts as refused.
const PATIENCE: u32 = 5;

/// What to call when a change is answered.
pub(crate) type Then = Box<dyn FnOnce(&Result<Done, Refusal>) + Send>;

/// Where a change was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// On this page.
    Here,
    /// In another tab, or before this page was opened.
    Elsewhere,
}

/// A change that waits.
pub(crate) struct Entry {
    pub(crate) envelope: Envelope,
    /// When it was made, by the page's clock.
    pub(crate) at: Instant,
    pub(crate) then: Option<Then>,
    made: Made,
    failures: u32,
}

/// What has come of one change.
pub(crate) struct Outcome {
    pub(crate) envelope: Envelope,
    pub(crate) then: Option<Then>,
    pub(crate) made: Made,
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
    waiting: Vec<Entry>,
    in_flight: Vec<OpId>,
    attempt: u32,
    /// Whether this tab sends.
    leads: bool,
    /// Send one by one: a request was refused as a whole, and it has to be found out which change it was.
    singly: bool,
    stopped: bool,
}

impl Outbox {
    /// Puts a change at the end; says whether it was not there yet.
    pub(crate) fn push(&mut self, envelope: Envelope, at: Instant, made: Made, then: Option<Then>) -> bool {
        let is_new = self.place(envelope.op).is_none();
        if is_new {
            self.waiting.push(Entry { envelope, at, then, made, failures: 0 });
        }
        is_new
    }

    /// All that waits, in order.
    pub(crate) fn waiting(&self) -> &[Entry] {
        &self.waiting
    }

    /// What waits for a project, in order.
    pub(crate) fn of(&self, project: ProjectId) -> Vec<(Envelope, Instant)> {
        let of = self.waiting.iter().filter(|e| e.envelope.command.project() == project);
        of.map(|e| (e.envelope.clone(), e.at)).collect()
    }

    /// How many changes are not answered.
    pub(crate) fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Throws everything away: for signing out.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// This tab sends from now on.
    pub(crate) fn lead(&mut self) {
        self.leads = true;
    }

    /// Whether this tab sends.
    pub(crate) const fn leads(&self) -> bool {
        self.leads
    }

    /// Goes on after a stop.
    pub(crate) fn resume(&mut self) {
        self.stopped = false;
        self.attempt = 0;
    }

    /// Takes out a change that was answered in another tab.
    pub(crate) fn ended(&mut self, op: OpId, result: Result<Done, Refusal>) -> Option<Outcome> {
        let place = self.place(op)?;
        Some(self.waiting.remove(place).ends(result))
    }

    /// Takes out a change that was never sent; nothing when it may be on its way.
    pub(crate) fn discard(&mut self, op: OpId) -> Option<Outcome> {
        if self.in_flight.contains(&op) { None } else { self.ended(op, Err(Refusal::NotFound)) }
    }

    /// The next request, or nothing while one is on its way, nothing waits, or another tab sends.
    pub(crate) fn begin(&mut self) -> Option<Vec<Envelope>> {
        if !self.leads || !self.in_flight.is_empty() || self.stopped || self.waiting.is_empty() {
            return None;
        }
        let n = if self.singly { 1 } else { MOST };
        let mut batch: Vec<Envelope> = Vec::new();
        for Entry { envelope, .. } in self.waiting.iter().take(n) {
            // The first may be refused because somebody else was faster. The second, which counts on it, would then fit to
            // what they wrote, and replace it unseen.
            let text = envelope.command.text_of();
            if text.is_some() && batch.iter().any(|e| e.command.text_of() == text) {
                break;
            }
            batch.push(envelope.clone());
        }
        self.in_flight = batch.iter().map(|e| e.op).collect();
        Some(batch)
    }

    /// The answer to the request that [`Outbox::begin`] gave.
    pub(crate) fn answered(&mut self, answer: Result<Vec<Answer>, Refusal>, random: f64) -> (Vec<Outcome>, Next) {
        let sent = std::mem::take(&mut self.in_flight);
        match answer {
            Ok(answers) => self.answered_each(sent, answers, random),
            Err(refusal) => self.refused_whole(&sent, refusal, random),
        }
    }

    fn place(&self, op: OpId) -> Option<usize> {
        self.waiting.iter().position(|e| e.envelope.op == op)
    }

    fn answered_each(&mut self, sent: Vec<OpId>, answers: Vec<Answer>, random: f64) -> (Vec<Outcome>, Next) {
        let (mut outcomes, mut is_passing) = (Vec::with_capacity(sent.len()), false);
        for (op, answer) in sent.into_iter().zip(answers) {
            // What another tab has ended meanwhile is not here any more.
            let Some(place) = self.place(op) else { continue };
            let result = match answer {
                Answer::Done(done) => Ok(done),
                Answer::Refused(refusal) if refusal.is_passing() && self.is_tried_again(place) => {
                    is_passing = true;
                    continue;
                }
                Answer::Refused(refusal) => Err(refusal),
            };
            outcomes.push(self.waiting.remove(place).ends(result));
        }
        if outcomes.len() > 1 {
            self.singly = false;
        }
        if is_passing {
            return (outcomes, self.later(None, random));
        }
        self.attempt = 0;
        (outcomes, Next::Now)
    }

    /// Counts a failure; whether there is patience left.
    fn is_tried_again(&mut self, place: usize) -> bool {
        let Some(entry) = self.waiting.get_mut(place) else { return false };
        entry.failures += 1;
        entry.failures < PATIENCE
    }

    fn refused_whole(&mut self, sent: &[OpId], refusal: Refusal, random: f64) -> (Vec<Outcome>, Next) {
        match refusal {
            Refusal::SignIn | Refusal::WrongCredentials => {
                self.stopped = true;
                (Vec::new(), Next::Stop)
            }
            Refusal::Offline => (Vec::new(), self.later(None, random)),
            Refusal::TooMany { after_s } | Refusal::Busy { after_s } => {
                (Vec::new(), self.later(Some(u64::from(after_s) * 1000), random))
            }
            refusal if sent.len() > 1 => {
                // One of them is at fault. The others must not suffer for it.
                self.singly = true;
                let next = if matches!(refusal, Refusal::Fault { .. }) { self.later(None, random) } else { Next::Now };
                (Vec::new(), next)
            }
            refusal => {
                let Some(place) = sent.first().and_then(|op| self.place(*op)) else { return (Vec::new(), Next::Now) };
                if refusal.is_passing() && self.is_tried_again(place) {
                    return (Vec::new(), self.later(None, random));
                }
                self.attempt = 0;
                (vec![self.waiting.remove(place).ends(Err(refusal))], Next::Now)
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
    fn ops(&self) -> Vec<OpId> {
        self.waiting.iter().map(|e| e.envelope.op).collect()
    }
}

impl Entry {
    fn ends(self, result: Result<Done, Refusal>) -> Outcome {
        Outcome { envelope: self.envelope, then: self.then, made: self.made, result }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Command, Stream, new_id};

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
        outbox.lead();
        (1..=n).for_each(|n| assert!(outbox.push(envelope(n), Instant::from_ms(1), Made::Here, None)));
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
        outbox.push(envelope(3), Instant::from_ms(1), Made::Here, None);
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

    #[test]
    fn two_changes_of_one_text_are_not_sent_together() {
        let describe = |n: u8, base| {
            let at = Instant::from_ms(1);
            let text = model::Body::try_from("Text").unwrap();
            let command = Command::DescribeTask { project: new_id(at, [1; 10]), task: new_id(at, [2; 10]), base, text };
            Envelope { op: op(n), command }
        };
        let mut outbox = outbox(1);
        outbox.push(describe(2, 0), Instant::from_ms(1), Made::Here, None);
        outbox.push(describe(3, 1), Instant::from_ms(1), Made::Here, None);
        let ops: Vec<OpId> = outbox.begin().unwrap().iter().map(|e| e.op).collect();
        assert_eq!(ops, [op(1), op(2)]);
    }

    #[test]
    fn only_the_tab_that_leads_sends_and_the_others_hold_the_same() {
        let mut outbox = Outbox::default();
        assert!(outbox.push(envelope(1), Instant::from_ms(1), Made::Here, None));
        assert!(!outbox.push(envelope(1), Instant::from_ms(1), Made::Here, None), "heard twice");
        assert_eq!(outbox.begin(), None);
        outbox.lead();
        assert_eq!(outbox.begin().unwrap(), [envelope(1)]);
    }

    #[test]
    fn what_another_tab_heard_the_answer_of_is_over_here_too_even_on_its_way() {
        let mut outbox = outbox(3);
        outbox.begin().unwrap();
        assert!(outbox.ended(op(2), Err(Refusal::MayNot)).is_some());
        assert!(outbox.ended(op(2), Err(Refusal::MayNot)).is_none());
        let (outcomes, _) = outbox.answered(Ok(vec![done(), done(), done()]), 0.5);
        assert_eq!(ended(&outcomes), [op(1), op(3)]);
        assert_eq!(outbox.n_waiting(), 0);
    }

    #[test]
    fn a_change_is_thrown_away_only_while_it_is_surely_not_sent() {
        let mut outbox = outbox(1);
        outbox.begin().unwrap();
        outbox.push(envelope(2), Instant::from_ms(1), Made::Here, None);
        assert!(outbox.discard(op(1)).is_none());
        assert!(outbox.discard(op(2)).is_some());
        assert_eq!(outbox.ops(), [op(1)]);
    }
}
