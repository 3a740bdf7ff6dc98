//! What this tab has done: so that it can be taken back, and then done again.
//!
//! A deed is remembered with the commands that take it back, worked out before it was done. To take something back is an
//! ordinary deed as well: what takes *that* back is what does it again.
//!
//! Must not know: how a change is painted or sent, and how anything is told.

use model::{Board, Body, Command, CommentId, NoInverse, OpId, Past, PersonId, ProjectId, Said, TaskId, Told, rebase};

use crate::data::opened::Opened;

/// How many deeds are remembered.
const MOST: usize = 100;

/// Which way through what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Back.
    Undo,
    /// Forth again.
    Redo,
}

/// One command that was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) op: OpId,
    pub(crate) project: ProjectId,
    pub(crate) done: Command,
    /// What takes it back, in order.
    pub(crate) back: Vec<Command>,
    /// Whether it took something back or did it again. Then nobody has typed its texts.
    pub(crate) is_return: bool,
}

/// What somebody did at once: one command, or the same with many tasks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deed {
    pub(crate) id: u32,
    /// The sentence that told it; empty when none did.
    pub(crate) said: String,
    pub(crate) steps: Vec<Step>,
    /// Why it cannot be taken back. It is remembered all the same, so that whoever asks is told, and nothing that was done
    /// before it is taken back instead.
    pub(crate) why_not: Option<NoInverse>,
}

/// What was done and what was taken back, the last at the end.
#[derive(Default)]
pub(crate) struct History {
    done: Vec<Deed>,
    undone: Vec<Deed>,
    last_id: u32,
}

impl History {
    fn stack(&mut self, way: Way) -> &mut Vec<Deed> {
        match way {
            Way::Undo => &mut self.done,
            Way::Redo => &mut self.undone,
        }
    }

    /// Somebody did something anew; what was taken back before cannot be done again on top of it.
    pub(crate) fn did(&mut self, said: String, steps: Vec<Step>, why_not: Option<NoInverse>) -> u32 {
        self.undone.clear();
        self.keep(Way::Undo, said, steps, why_not)
    }

    /// Remembers a deed that [`Way::Undo`] will take back, or [`Way::Redo`] do again. Answers its id.
    pub(crate) fn keep(&mut self, way: Way, said: String, steps: Vec<Step>, why_not: Option<NoInverse>) -> u32 {
        self.last_id += 1;
        let id = self.last_id;
        if !steps.is_empty() || why_not.is_some() {
            let stack = self.stack(way);
            stack.push(Deed { id, said, steps, why_not });
            if stack.len() > MOST {
                stack.remove(0);
            }
        }
        id
    }

    /// Takes out the last deed, or the one with this id.
    pub(crate) fn take(&mut self, way: Way, id: Option<u32>) -> Option<Deed> {
        let stack = self.stack(way);
        match id {
            None => stack.pop(),
            Some(id) => stack.iter().position(|deed| deed.id == id).map(|place| stack.remove(place)),
        }
    }

    /// `back` has taken `done` back: what waits behind it is kept true.
    pub(crate) fn keep_up(&mut self, way: Way, steps: &mut [Step], done: &Command, back: &Command) {
        let others = self.stack(way).iter_mut().flat_map(|deed| &mut deed.steps);
        rebase(steps.iter_mut().chain(others).flat_map(|step| &mut step.back), done, back);
    }

    /// The server has refused this: there is nothing to take back. Says whether it was a [return](Step::is_return).
    pub(crate) fn refused(&mut self, op: OpId) -> bool {
        let mut is_return = false;
        for stack in [&mut self.done, &mut self.undone] {
            for deed in stack.iter_mut() {
                deed.steps.retain(|step| {
                    is_return |= step.op == op && step.is_return;
                    step.op != op
                });
            }
            stack.retain(|deed| !deed.steps.is_empty() || deed.why_not.is_some());
        }
        is_return
    }
}

/// How a board was before a command.
pub(crate) struct Before<'a> {
    pub(crate) board: &'a Board,
    pub(crate) me: PersonId,
    /// The task of the command with its texts, if they are at hand.
    pub(crate) opened: Option<Opened>,
}

impl Past for Before<'_> {
    fn board(&self) -> &Board {
        self.board
    }

    fn me(&self) -> PersonId {
        self.me
    }

    fn text(&self, task: TaskId) -> Option<Body> {
        let text = if self.board.task(task)?.text_version == 0 { None } else { self.opened.as_ref()?.text.clone() };
        Body::try_from(text.unwrap_or_default()).ok()
    }

    fn comment(&self, comment: CommentId) -> Option<(Said, Option<Body>)> {
        let opened = self.opened.as_ref()?;
        let told = opened.page.told.iter().filter_map(|told| match told {
            Told::Said(said) => Some(said),
            Told::Happened(_) => None,
        });
        let found = opened.waiting.iter().chain(told).find(|c| c.id == comment)?;
        let said = Said { task: opened.page.task, by: found.by, version: found.version, is_removed: found.is_removed };
        Some((said, found.text.clone().and_then(|text| Body::try_from(text).ok())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};

    macro_rules! id {
        ($n:expr) => {
            new_id(Instant::from_ms(1), [$n; 10])
        };
    }

    fn describe(base: u32) -> Command {
        Command::DescribeTask { project: id!(1), task: id!(2), base, text: Body::try_from("Text").unwrap() }
    }

    fn due() -> Command {
        Command::SetDue { project: id!(1), task: id!(2), due: None }
    }

    fn step(n: u8, done: Command, back: Command) -> Step {
        Step { op: id!(n), project: id!(1), done, back: vec![back], is_return: false }
    }

    fn did(history: &mut History, n: u8) -> u32 {
        history.did(n.to_string(), vec![step(n, due(), due())], None)
    }

    fn said(deed: Option<Deed>) -> String {
        deed.map_or_else(String::new, |deed| deed.said)
    }

    #[test]
    fn the_last_deed_is_taken_back_first_and_a_named_one_whenever_it_is_named() {
        let mut history = History::default();
        let first = did(&mut history, 1);
        did(&mut history, 2);
        did(&mut history, 3);
        assert_eq!(said(history.take(Way::Undo, None)), "3");
        assert_eq!(said(history.take(Way::Undo, Some(first))), "1");
        assert_eq!(history.take(Way::Undo, Some(first)), None);
        assert_eq!(said(history.take(Way::Undo, None)), "2");
        assert_eq!(history.take(Way::Undo, None), None);
    }

    #[test]
    fn what_was_taken_back_is_forgotten_when_something_new_is_done() {
        let mut history = History::default();
        history.keep(Way::Redo, "before".into(), vec![step(1, due(), due())], None);
        did(&mut history, 2);
        assert_eq!(history.take(Way::Redo, None), None);
    }

    #[test]
    fn what_cannot_be_taken_back_stands_before_what_was_done_earlier() {
        let mut history = History::default();
        did(&mut history, 1);
        history.did("2".into(), Vec::new(), Some(NoInverse("Because.")));
        assert_eq!(history.take(Way::Undo, None).unwrap().why_not, Some(NoInverse("Because.")));
        assert_eq!(said(history.take(Way::Undo, None)), "1");
    }

    #[test]
    fn a_deed_that_changed_nothing_is_not_remembered() {
        let mut history = History::default();
        history.did("Nothing".into(), Vec::new(), None);
        assert_eq!(history.take(Way::Undo, None), None);
    }

    #[test]
    fn the_oldest_deed_is_forgotten_when_there_are_too_many() {
        let mut history = History::default();
        for n in 0..=u8::try_from(MOST).unwrap() {
            did(&mut history, n);
        }
        let all: Vec<String> = std::iter::from_fn(|| history.take(Way::Undo, None)).map(|deed| deed.said).collect();
        assert_eq!((all.len(), all.first().unwrap().as_str(), all.last().unwrap().as_str()), (MOST, "100", "1"));
    }

    #[test]
    fn a_refused_command_is_not_taken_back_and_the_rest_of_its_deed_is() {
        let mut history = History::default();
        let mut back = step(2, due(), due());
        back.is_return = true;
        history.did("both".into(), vec![step(1, due(), due()), back], None);
        assert!(!history.refused(id!(1)));
        assert!(history.refused(id!(2)));
        assert!(!history.refused(id!(2)));
        assert_eq!(history.take(Way::Undo, None), None);
    }

    #[test]
    fn an_earlier_text_waits_for_the_version_that_a_later_one_leaves_behind() {
        let mut history = History::default();
        history.did("first".into(), vec![step(1, describe(0), describe(1))], None);
        history.did("second".into(), vec![step(2, describe(1), describe(2))], None);
        let mut second = history.take(Way::Undo, None).unwrap();
        let step = second.steps.pop().unwrap();
        // The description has version 3 once the second edit is taken back.
        history.keep_up(Way::Undo, &mut second.steps, &step.done, &step.back[0]);
        assert_eq!(history.take(Way::Undo, None).unwrap().steps[0].back, [describe(3)]);
    }
}
