//! Sending changes: each is kept on the device and told to the other tabs when it is made, and one tab sends for all.
//!
//! What was not answered when a page closed is painted and sent by the next one; the server does an operation once, however
//! often it comes. A change that is refused gives its text back before the device forgets it.
//!
//! Must not know: how a change is made, see `acts`.

use leptos::{prelude::*, task::spawn_local};
use model::{
    Body, Command, Done, Envelope, Instant, OpId, PersonId, Refusal, Stamp, Stream, TaskAnswer, merge, merged,
};
use wire::Wire;

use crate::{
    api,
    data::{
        Client, Concern,
        boards::LiveBoard,
        drafts::{Drafts, Field},
        hold,
        keep::{self, Word},
        outbox::{Entry, Made, Next, Outcome, Then},
        socket,
    },
    dom, ids, net,
};

/// The form in which changes are kept. Another form is not read, and not thrown away either.
const VERSION: u32 = 1;

/// What other tabs are told of a change that was thrown away.
const DISCARDED: &str = "";

/// A change as the device keeps it.
#[derive(Debug, PartialEq, Wire)]
struct Kept {
    v: u32,
    at: Instant,
    envelope: Envelope,
}

impl Kept {
    fn write(envelope: &Envelope, at: Instant) -> String {
        wire::to_string(&Self { v: VERSION, at, envelope: envelope.clone() })
    }

    /// Nothing when it is of a version that this page does not know.
    fn read(text: &str) -> Option<Self> {
        wire::from_str(text).ok().filter(|kept: &Self| kept.v == VERSION)
    }
}

/// What came of a change, for other tabs: the number of its last event, or the refusal.
fn write_result(result: &Result<Done, Refusal>) -> String {
    match result {
        Ok(done) => done.last.to_string(),
        Err(refusal) => wire::to_string(refusal),
    }
}

/// The same, read. The events themselves come with the feed.
fn read_result(text: &str, of: &Command) -> Result<Done, Refusal> {
    match text.parse() {
        Ok(last) => Ok(Done { stream: Stream::Project(of.project()), first: last, last, events: Vec::new() }),
        Err(_) => Err(wire::from_str(text).unwrap_or(Refusal::Outdated)),
    }
}

impl Client {
    /// Begins to keep what this person does. In the browser only, once per page.
    pub(super) fn begin_keeping(&self, person: PersonId) {
        let client = self.clone();
        keep::begin(person, move |word| client.heed(word));
    }

    fn heed(&self, word: Word) {
        match word {
            Word::Entry(text) => self.wait_too(&text),
            Word::Over(op, result) => self.over_elsewhere(op, &result),
            Word::Drafts => self.drafts.refill(),
            Word::Lead => {
                hold(&self.outbox).lead();
                self.send();
            }
            Word::Go => self.go_on(),
            Word::Lost => self.is_kept.set(false),
            Word::Kept => self.is_kept.set(true),
            Word::Offer => self.can_install.set(true),
            Word::Bye => dom::go("/signin"),
        }
    }

    /// Sends a change that no board can paint yet, and calls `then` with what came of it.
    pub(crate) fn ask(&self, command: Command, then: Then) {
        self.post(Envelope { op: ids::op(), command }, Some(then));
    }

    pub(super) fn post(&self, envelope: Envelope, then: Option<Then>) {
        let at = ids::now();
        keep::add(envelope.op, &Kept::write(&envelope, at));
        hold(&self.outbox).push(envelope, at, Made::Here, then);
        self.send();
    }

    /// Looks at each change that waits, in order.
    pub(crate) fn each_waiting(&self, look: impl FnMut(&Entry)) {
        hold(&self.outbox).waiting().iter().for_each(look);
    }

    /// A change waits that was made before this page was opened, or in another tab.
    fn wait_too(&self, text: &str) {
        let Some(Kept { at, envelope, .. }) = Kept::read(text) else {
            return self.unreadable.update(|all| all.push(text.to_owned()));
        };
        if !hold(&self.outbox).push(envelope.clone(), at, Made::Elsewhere, None) {
            return;
        }
        self.mine_waits(&envelope.command);
        if let Some(board) = self.boards.get(envelope.command.project()) {
            self.paint_waiting(&board, envelope, at);
        }
        self.send();
    }

    /// Paints what waits for a board that has just been opened.
    pub(super) fn paint_all_waiting(&self, board: &LiveBoard) {
        let waiting = hold(&self.outbox).of(board.project());
        for (envelope, at) in waiting {
            self.paint_waiting(board, envelope, at);
        }
    }

    fn paint_waiting(&self, board: &LiveBoard, envelope: Envelope, at: Instant) {
        if let Some((actor, role)) = self.hand() {
            let stamp = Stamp { op: envelope.op, actor, role, at };
            board.resume(envelope, stamp);
        }
    }

    /// Sends what waits, unless a request is on its way or another tab sends.
    pub(crate) fn send(&self) {
        let batch = {
            let mut outbox = hold(&self.outbox);
            self.n_waiting.set(outbox.n_waiting());
            outbox.begin()
        };
        let (Some(batch), Some((person, _))) = (batch, self.hand()) else { return };
        let client = self.clone();
        spawn_local(async move {
            let answer = net::execute(person, &batch).await;
            client.hear(answer);
        });
    }

    /// Sends what waits after somebody has signed in again, or does not want to wait; in whichever tab sends.
    pub(crate) fn resume(&self) {
        keep::go();
        self.go_on();
    }

    fn go_on(&self) {
        hold(&self.outbox).resume();
        if self.concern.get_untracked() == Some(Concern::SignedOut) {
            self.concern.set(None);
        }
        socket::reconnect();
        self.send();
    }

    fn hear(&self, answer: Result<Vec<model::Answer>, Refusal>) {
        let is_lost = matches!(answer, Err(Refusal::Offline));
        let (outcomes, next) = hold(&self.outbox).answered(answer, ids::chance());
        for outcome in outcomes {
            let (op, result) = (outcome.envelope.op, write_result(&outcome.result));
            self.end(outcome);
            // Its text is a draft by now, if it was refused.
            keep::end(op, &result);
        }
        self.n_waiting.set(hold(&self.outbox).n_waiting());
        if is_lost {
            socket::doubt();
        }
        match next {
            Next::Now => self.send(),
            Next::After(ms) => {
                let client = self.clone();
                dom::after(ms, move || client.send());
            }
            Next::Stop => self.concern.set(Some(Concern::SignedOut)),
        }
    }

    fn over_elsewhere(&self, op: OpId, result: &str) {
        if result == DISCARDED {
            self.drop_waiting(op);
            return;
        }
        let outcome = {
            let mut outbox = hold(&self.outbox);
            let command = outbox.waiting().iter().find(|e| e.envelope.op == op).map(|e| e.envelope.command.clone());
            command.and_then(|command| outbox.ended(op, read_result(result, &command)))
        };
        if let Some(outcome) = outcome {
            self.end(outcome);
            self.n_waiting.set(hold(&self.outbox).n_waiting());
        }
    }

    /// A change was answered.
    fn end(&self, outcome: Outcome) {
        let project = outcome.envelope.command.project();
        let board = self.boards.get(project);
        // Each tab has painted it; one of them speaks, and it need not be there any more in which it was made.
        let is_mine = outcome.made == Made::Here || hold(&self.outbox).leads();
        match &outcome.result {
            Ok(done) => {
                if let Some(board) = &board
                    && done.stream == Stream::Project(project)
                {
                    board.answered(outcome.envelope.op, done);
                }
            }
            Err(refusal) if is_mine => {
                self.take_back(board.as_ref(), &outcome.envelope, refusal, outcome.then.is_none());
            }
            Err(_) => {
                if let Some(board) = &board {
                    board.refused(outcome.envelope.op);
                }
            }
        }
        if let (Ok(_), Command::DescribeTask { task, text, .. }) = (&outcome.result, &outcome.envelope.command) {
            Drafts::taken(*task, text.as_str(), self.later_of_text(&outcome.envelope.command).is_some());
        }
        if let Some(then) = outcome.then {
            then(&outcome.result);
        }
    }

    /// A painted change was refused: it goes from the screen, its text back into the field, the reason to the reader.
    fn take_back(&self, board: Option<&LiveBoard>, envelope: &Envelope, refusal: &Refusal, tell: bool) {
        let is_return = hold(&self.history).refused(envelope.op);
        let mut newest = envelope.clone();
        if matches!(refusal, Refusal::TextChanged { .. }) {
            // What was written on top of it later has all of its words.
            while let Some(later) = self.later_of_text(&envelope.command) {
                let Some(dropped) = self.drop_waiting(later) else { break };
                keep::end(later, DISCARDED);
                newest.command.retype(dropped.command);
            }
        }
        // Nobody has typed the texts of a return. But those of a removed comment are nowhere else.
        if !is_return || matches!(envelope.command, Command::EditComment { .. }) {
            self.drafts.give_all_back(&newest);
        }
        if let Some(board) = board {
            board.refused(envelope.op);
        }
        if matches!(refusal, Refusal::TextChanged { .. }) && !is_return && self.mend(&newest, refusal, tell) {
            return;
        }
        if tell {
            self.tell_refusal(refusal);
        }
    }

    /// What waits next for the same text.
    fn later_of_text(&self, command: &Command) -> Option<OpId> {
        let text = command.text_of()?;
        let outbox = hold(&self.outbox);
        outbox.waiting().iter().find(|e| e.envelope.command.text_of() == Some(text)).map(|e| e.envelope.op)
    }

    /// Somebody else was faster with a description. If they changed other lines, both changes are saved; otherwise the
    /// draft stays, for its writer to compare. Says whether it is being tried.
    fn mend(&self, refused: &Envelope, refusal: &Refusal, tell: bool) -> bool {
        let Command::DescribeTask { project, task, text, .. } = &refused.command else { return false };
        let (project, task, mine, from) = (*project, *task, text.to_string(), Drafts::from_of(*task));
        let (client, refusal) = (self.clone(), refusal.clone());
        if from.is_empty() {
            return false;
        }
        Drafts::taken(task, "", false);
        spawn_local(async move {
            let both = match api::task(project, task).await {
                Ok(TaskAnswer { page, .. }) => {
                    let text = merged(&merge(&from, page.text.as_deref().unwrap_or_default(), &mine));
                    text.and_then(|text| Body::try_from(text).ok()).map(|text| (page.text_version, text))
                }
                Err(_) => None,
            };
            match both {
                Some((base, text)) => {
                    client.drafts.take_edit(Field::Description(task), &mine);
                    Drafts::saved_over(task, &from);
                    client.post(
                        Envelope { op: ids::op(), command: Command::DescribeTask { project, task, base, text } },
                        None,
                    );
                    client.tell("Somebody else changed this description too. Both changes are saved.");
                }
                None if tell => client.tell_refusal(&refusal),
                None => {}
            }
        });
        true
    }

    /// Throws a change away that has not been sent, with what waits for the task that it would have created. Says whether
    /// it could still be thrown away.
    pub(crate) fn discard(&self, op: OpId) -> bool {
        let Some(envelope) = self.drop_waiting(op) else { return false };
        keep::end(op, DISCARDED);
        let created = if let Command::CreateTask { task, .. } = &envelope.command { Some(*task) } else { None };
        let depending: Vec<OpId> = {
            let outbox = hold(&self.outbox);
            let on_it = |e: &&Entry| created.is_some() && e.envelope.command.task() == created;
            outbox.waiting().iter().filter(on_it).map(|e| e.envelope.op).collect()
        };
        for op in depending {
            self.discard(op);
        }
        true
    }

    fn drop_waiting(&self, op: OpId) -> Option<Envelope> {
        let Outcome { envelope, .. } = hold(&self.outbox).discard(op)?;
        let _ = hold(&self.history).refused(op);
        if let Some(board) = self.boards.get(envelope.command.project()) {
            board.refused(op);
        }
        self.n_waiting.set(hold(&self.outbox).n_waiting());
        Some(envelope)
    }

    /// Signs out: whatever this device keeps of the person goes with it.
    pub(crate) fn sign_out(&self) {
        let client = self.clone();
        spawn_local(async move {
            match net::sign_out().await {
                Ok(()) | Err(Refusal::SignIn) => {
                    hold(&client.outbox).clear();
                    keep::wipe().await;
                    dom::go("/signin");
                }
                Err(refusal) => client.tell_refusal(&refusal),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::new_id;

    fn envelope() -> Envelope {
        let at = Instant::from_ms(1);
        let command = Command::SetDue { project: new_id(at, [1; 10]), task: new_id(at, [2; 10]), due: None };
        Envelope { op: new_id(at, [3; 10]), command }
    }

    #[test]
    fn a_kept_change_is_read_as_it_was_written_and_one_of_another_version_is_not() {
        let at = Instant::from_ms(1_790_000_000_000);
        let text = Kept::write(&envelope(), at);
        assert_eq!(Kept::read(&text), Some(Kept { v: VERSION, at, envelope: envelope() }));
        assert_eq!(Kept::read(&text.replace("\"v\":1", "\"v\":2")), None);
        assert_eq!(Kept::read("{\"v\":1,\"at\":1}"), None);
    }

    #[test]
    fn other_tabs_hear_what_came_of_a_change() {
        let command = envelope().command;
        let done = Done { stream: Stream::Project(command.project()), first: 7, last: 9, events: Vec::new() };
        let heard = read_result(&write_result(&Ok(done)), &command).unwrap();
        assert_eq!((heard.stream, heard.last), (Stream::Project(command.project()), 9));
        let refused = Err(Refusal::invalid("title", "Write a title."));
        assert_eq!(read_result(&write_result(&refused), &command), refused);
        assert_eq!(read_result("from another build", &command), Err(Refusal::Outdated));
    }
}
