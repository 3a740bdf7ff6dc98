//! How a page changes something: painted at once, sent, and remembered with what takes it back.
//!
//! Must not know: how a command is decided or inverted; the model does both.

use model::{Command, Envelope, NoInverse, Refusal, Stamp, inverse};
use std::sync::Arc;

use crate::{
    data::{
        Client,
        boards::LiveBoard,
        hold,
        toasts::Offer,
        undo::{Before, Step, Way},
    },
    ids,
};
use leptos::prelude::Update;

impl Client {
    /// Paints a change of a project at once, sends it, and remembers how it is taken back.
    ///
    /// A refusal means that the page itself knows why not: nothing was painted or sent.
    pub(crate) fn dispatch(&self, board: &LiveBoard, command: Command) -> Result<(), Refusal> {
        let (step, why_not) = self.carry_out(board, command, false)?;
        hold(&self.history).did(String::new(), step.into_iter().collect(), why_not);
        Ok(())
    }

    /// The same, and a refusal is told at once as a message.
    pub(crate) fn dispatch_or_tell(&self, board: &LiveBoard, command: Command) -> bool {
        match self.dispatch(board, command) {
            Ok(()) => true,
            Err(refusal) => {
                self.tell_refusal(&refusal);
                false
            }
        }
    }

    /// Creates a task that is called so, and tells it with an offer to take it back; a refusal is the caller's to show.
    pub(crate) fn create(&self, board: &LiveBoard, command: Command, called: String) -> Result<(), Refusal> {
        let (step, _) = self.carry_out(board, command, false)?;
        let said = called + " created.";
        let deed = hold(&self.history).did(said.clone(), step.into_iter().collect(), None);
        self.offer_to_turn(Way::Undo, deed, said);
        Ok(())
    }

    /// Does all of this as one deed, and tells `said` (a sentence) in a message with an offer to take it back. The message
    /// is heard as well as seen. What is refused is told; says whether nothing was.
    pub(crate) fn act(&self, board: &LiveBoard, commands: Vec<Command>, said: impl Into<String>) -> bool {
        self.do_all(board, commands, said.into())
    }

    fn do_all(&self, board: &LiveBoard, commands: Vec<Command>, mut said: String) -> bool {
        let (n_all, mut n_done, mut steps, mut why_not) = (commands.len(), 0_usize, Vec::new(), None);
        for command in commands {
            match self.carry_out(board, command, false) {
                Ok((step, why)) => {
                    n_done += 1;
                    steps.extend(step);
                    why_not = why_not.or(why);
                }
                Err(refusal) => self.tell_refusal(&refusal),
            }
        }
        if n_done == 0 {
            return n_all == 0;
        }
        if n_done < n_all {
            said = format!("{n_done} of {n_all} changes were made.");
        }
        if let Some(NoInverse(why)) = why_not {
            hold(&self.history).did(said.clone(), Vec::new(), why_not);
            self.tell(said + " " + why);
        } else {
            let deed = hold(&self.history).did(said.clone(), steps, None);
            self.offer_to_turn(Way::Undo, deed, said);
        }
        n_done == n_all
    }

    /// Takes back what was done last.
    pub(crate) fn undo(&self) {
        self.turn(Way::Undo, None);
    }

    /// Does again what was taken back last.
    pub(crate) fn redo(&self) {
        self.turn(Way::Redo, None);
    }

    fn turn(&self, way: Way, which: Option<u32>) {
        let deed = hold(&self.history).take(way, which);
        let Some(mut deed) = deed else {
            return self.tell(if way == Way::Undo { "There is nothing to undo." } else { "There is nothing to redo." });
        };
        self.toasts.update(|all| all.retain(|t| t.offer.as_ref().is_none_or(|offer| offer.deed != Some(deed.id))));
        if let Some(NoInverse(why)) = deed.why_not {
            return self.tell(why);
        }
        let (mut steps, mut why_not, mut refused, mut n_done) = (Vec::new(), None, None, 0_usize);
        while let Some(step) = deed.steps.pop() {
            for back in step.back {
                let Some(board) = self.boards.get(step.project) else {
                    // It is out of sight; what comes of it is seen when somebody looks there again.
                    self.post(Envelope { op: ids::op(), command: back }, None);
                    n_done += 1;
                    continue;
                };
                match self.carry_out(&board, back.clone(), true) {
                    Ok((again, why)) => {
                        hold(&self.history).keep_up(way, &mut deed.steps, &step.done, &back);
                        n_done += 1;
                        steps.extend(again);
                        why_not = why_not.or(why);
                    }
                    Err(refusal) => {
                        refused = Some(refusal);
                        break;
                    }
                }
            }
        }
        if let Some(refusal) = refused {
            self.tell_refusal(&refusal);
        }
        if n_done > 0 {
            let (word, next) = match way {
                Way::Undo => ("Undone", Way::Redo),
                Way::Redo => ("Done again", Way::Undo),
            };
            let text = if deed.said.is_empty() { word.to_owned() + "." } else { word.to_owned() + ": " + &deed.said };
            let can_turn = !steps.is_empty() && why_not.is_none();
            let id = hold(&self.history).keep(next, deed.said, steps, why_not);
            if can_turn {
                self.offer_to_turn(next, id, text);
            } else {
                self.tell(text);
            }
        }
    }

    fn offer_to_turn(&self, way: Way, deed: u32, text: String) {
        let client = self.clone();
        let act = Arc::new(move || client.turn(way, Some(deed)));
        let name = if way == Way::Undo { "Undo" } else { "Redo" };
        self.toast(text, false, Some(Offer { name, act, deed: Some(deed) }));
    }

    /// Paints and sends one command. Answers what was done if anything is another than before, and why it cannot be taken
    /// back if it cannot.
    fn carry_out(
        &self,
        board: &LiveBoard,
        command: Command,
        is_return: bool,
    ) -> Result<(Option<Step>, Option<NoInverse>), Refusal> {
        let (actor, role) = self.hand().ok_or(Refusal::SignIn)?;
        // Texts from before a newer snapshot are not at hand.
        let opened = command.task().filter(|task| !board.lacks_page(*task)).and_then(|task| board.opened(task));
        let back = board.read(|board| inverse(&command, &Before { board, me: actor, opened }));
        let envelope = Envelope { op: ids::op(), command };
        let stamp = Stamp { op: envelope.op, actor, role, at: ids::now() };
        let is_change = board.dispatch(envelope.clone(), stamp)?;
        let (op, project, done) = (envelope.op, board.project(), envelope.command.clone());
        self.post(envelope, None);
        Ok(match back {
            _ if !is_change => (None, None),
            Ok(back) => (Some(Step { op, project, done, back, is_return }), None),
            Err(why) => (None, Some(why)),
        })
    }
}
