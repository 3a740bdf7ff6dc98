//! A board on which somebody works: what is confirmed, what is painted, and what waits in between.
//!
//! The definition that the tests hold: `painted` is `confirmed` with every waiting command folded over it again. It is
//! kept up by repairing only what an event or a waiting command touches.
//!
//! Must not know: the network, storage, how it is painted.

use crate::{
    board::{Board, Touched},
    command::{Command, Envelope},
    decide::{Facts, Said, Stamp, decide},
    event::Recorded,
    id::{CommentId, OpId, PersonId},
    refusal::Refusal,
    text::Key,
};

/// A command that was painted and is not confirmed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What is asked.
    pub command: Command,
    /// Who asked and when, by the page's clock.
    pub stamp: Stamp,
}

/// A confirmed board, a painted one, and the commands that make the difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    confirmed: Board,
    painted: Board,
    waiting: Vec<Pending>,
}

/// What a page knows when it predicts: its board. That a person exists, a key is free, or a comment is there as the command
/// says, is left to the server.
struct Predicted<'a>(&'a Board, &'a Pending);

impl Facts for Predicted<'_> {
    fn board(&self) -> Option<&Board> {
        Some(self.0)
    }
    fn knows(&self, _: PersonId) -> bool {
        true
    }
    fn has_key(&self, _: &Key) -> bool {
        false
    }
    fn comment(&self, _: CommentId) -> Option<Said> {
        let (Command::EditComment { task, base, .. } | Command::RemoveComment { task, base, .. }) = &self.1.command
        else {
            return None;
        };
        Some(Said { task: *task, by: self.1.stamp.actor, version: *base, is_removed: false })
    }
}

impl Desk {
    /// A desk over a board as the server told it.
    #[must_use]
    pub fn new(confirmed: Board) -> Self {
        Self { painted: confirmed.clone(), confirmed, waiting: Vec::new() }
    }

    /// What is on the screen.
    #[must_use]
    pub const fn painted(&self) -> &Board {
        &self.painted
    }

    /// What the server has told.
    #[must_use]
    pub const fn confirmed(&self) -> &Board {
        &self.confirmed
    }

    /// What waits for the server, in order.
    #[must_use]
    pub fn waiting(&self) -> &[Pending] {
        &self.waiting
    }

    /// Paints a command at once and keeps it waiting.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that the server would give, as far as the board tells. Then nothing is painted or kept.
    pub fn dispatch(&mut self, envelope: Envelope, stamp: Stamp) -> Result<Touched, Refusal> {
        debug_assert_eq!(envelope.op, stamp.op);
        let pending = Pending { command: envelope.command, stamp };
        let touched = paint(&mut self.painted, &pending)?;
        self.waiting.push(pending);
        Ok(touched)
    }

    /// Keeps a command waiting that was dispatched before, over another board perhaps, and paints it if that is possible. What
    /// this board refuses is the server's to judge.
    pub fn resume(&mut self, envelope: Envelope, stamp: Stamp) -> Touched {
        let pending = Pending { command: envelope.command, stamp };
        let touched = paint(&mut self.painted, &pending).unwrap_or_default();
        self.waiting.push(pending);
        touched
    }

    /// Folds a frame of the feed in. Commands whose events are in it wait no more.
    pub fn confirm(&mut self, frame: &[Recorded]) -> Touched {
        let mut touched = Touched::default();
        for recorded in frame {
            touched.add(self.confirmed.apply(recorded));
        }
        let done = |p: &Pending| frame.iter().any(|r| r.op == Some(p.stamp.op));
        self.repaint(touched, done)
    }

    /// The server has dealt with a command without an event that is still to come: it refused it, or all was so already.
    pub fn settle(&mut self, op: OpId) -> Touched {
        self.repaint(Touched::default(), |p| p.stamp.op == op)
    }

    /// Starts over from another snapshot; what waits is painted over it again.
    pub fn replace(&mut self, confirmed: Board) {
        self.painted = confirmed.clone();
        self.confirmed = confirmed;
        for pending in &self.waiting {
            // What the new board refuses is the server's to judge: it stays in the outbox, unpainted.
            let _ = paint(&mut self.painted, pending);
        }
    }

    fn repaint(&mut self, mut touched: Touched, done: impl Fn(&Pending) -> bool) -> Touched {
        // All that any waiting command could have painted, the finished ones included, must be laid anew.
        for pending in &self.waiting {
            touched.add(reach(&self.confirmed, &self.painted, pending));
        }
        self.waiting.retain(|p| !done(p));
        for id in &touched.tasks {
            for board in [&self.painted, &self.confirmed] {
                if let Some(task) = board.task(*id) {
                    touched.columns.push(task.status);
                }
            }
            match self.confirmed.task(*id) {
                Some(task) => self.painted.put(task.clone()),
                None => drop(self.painted.take(*id)),
            }
        }
        if touched.members {
            self.painted.members.clone_from(&self.confirmed.members);
        }
        if touched.project {
            let (to, from) = (&mut self.painted, &self.confirmed);
            (to.key, to.name, to.hue) = (from.key.clone(), from.name.clone(), from.hue);
            to.is_archived = from.is_archived;
            to.statuses.clone_from(&from.statuses);
            to.labels.clone_from(&from.labels);
        }
        self.painted.seq = self.confirmed.seq;
        self.painted.next_number = self.confirmed.next_number;
        for pending in &self.waiting {
            if let Ok(more) = paint(&mut self.painted, pending) {
                touched.add(more);
            }
        }
        touched
    }
}

/// What a waiting command may have painted.
fn reach(confirmed: &Board, painted: &Board, pending: &Pending) -> Touched {
    let mut touched = Touched::default();
    if let Some(task) = pending.command.task() {
        touched.tasks.push(task);
        touched.columns.extend([confirmed, painted].iter().filter_map(|b| b.task(task)).map(|t| t.status));
        return touched;
    }
    (touched.members, touched.project) = (true, true);
    match &pending.command {
        Command::RemoveStatus { status, to, .. } => {
            touched.columns.extend([*status, *to]);
            touched.tasks.extend(confirmed.places(*status));
        }
        Command::RemoveLabel { label, .. } => touched.tasks.extend(confirmed.labelled(*label)),
        _ => {}
    }
    touched
}

fn paint(board: &mut Board, pending: &Pending) -> Result<Touched, Refusal> {
    let changes = decide(&Predicted(board, pending), &pending.command, &pending.stamp)?;
    let mut touched = Touched::default();
    for change in changes {
        let Stamp { op, actor, at, .. } = pending.stamp;
        let mut event = change.event;
        if let crate::Event::TaskCreated { number, .. } = &mut event {
            *number = 0; // the server numbers; until then the task says New
        }
        let text = change.text.map(String::from);
        touched.add(board.apply(&Recorded { seq: 0, op: Some(op), actor, at, event, text, html: None }));
    }
    Ok(touched)
}
