//! What somebody typed and has not sent, or has sent and got back: per field, kept on the device until it is sent or thrown
//! away.
//!
//! A draft is a signal that the field shows directly, so that a text that comes back with a refusal stands in its field
//! again. Nothing is read from storage while painting: an effect loads it once the page lives, and again when the device
//! has brought what it keeps.

use leptos::prelude::*;
use model::{Command, CommentId, Envelope, StatusId, TaskId};
use std::sync::{Arc, Mutex};

use crate::{
    data::{hold, keep},
    live::effect,
};

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The quick new task of a status.
    Quick(StatusId),
    /// The title of a task while it is edited.
    Title(TaskId),
    /// The description of a task while it is edited; see [`Edit`].
    Description(TaskId),
    /// The comment that is being written on a task.
    Comment(TaskId),
    /// A comment that is being written anew; see [`Edit`].
    Said(CommentId),
    /// The new part of a task.
    Part(TaskId),
    /// The title in the dialog "New task".
    NewTitle,
    /// The description in the dialog "New task".
    NewText,
}

impl Field {
    /// The name under which the device keeps it, among the other things of the person.
    fn key(self) -> String {
        match self {
            Self::Quick(status) => format!("quick:{status}"),
            Self::Title(task) => format!("title:{task}"),
            Self::Description(task) => format!("text:{task}"),
            Self::Comment(task) => format!("comment:{task}"),
            Self::Said(comment) => format!("said:{comment}"),
            Self::Part(task) => format!("part:{task}"),
            Self::NewTitle => "new:title".to_owned(),
            Self::NewText => "new:text".to_owned(),
        }
    }
}

/// A description or comment that is being edited: the text, and what the writer had before their eyes when they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Its version.
    pub(crate) base: u32,
    /// Its text, as it was saved; empty when it is not known any more.
    pub(crate) from: String,
    /// The text as it is typed.
    pub(crate) text: String,
}

impl Edit {
    /// As it is kept in a draft: the version and the length of the old text on the first line, then both texts.
    pub(crate) fn write(&self) -> String {
        format!("{} {}\n{}{}", self.base, self.from.len(), self.from, self.text)
    }

    /// From a draft; nothing when there is none.
    pub(crate) fn read(draft: &str) -> Option<Self> {
        let (head, texts) = draft.split_once('\n')?;
        let (base, length) = head.split_once(' ')?;
        let (from, text) = texts.split_at_checked(length.parse().ok()?)?;
        Some(Self { base: base.parse().ok()?, from: from.to_owned(), text: text.to_owned() })
    }
}

/// The texts that were asked for; a page has a handful.
type Fields = Vec<(Field, ArcRwSignal<String>)>;

/// All drafts of this page.
#[derive(Clone, Default)]
pub(crate) struct Drafts {
    fields: Arc<Mutex<Fields>>,
    /// New tasks as they were typed, the last ones: more may have stood in the line than their titles.
    lines: Arc<Mutex<Vec<(TaskId, String)>>>,
}

/// How many lines are kept until their tasks are surely stored.
const MOST_LINES: usize = 50;

impl Drafts {
    /// The text of a field, empty at first; an effect of the caller's owner fills in what was kept.
    pub(crate) fn field(&self, field: Field) -> ArcRwSignal<String> {
        let signal = self.signal(field);
        let filled = signal.clone();
        effect(move || fill(field, &filled));
        signal
    }

    /// The device has brought what it keeps: fields that were asked for before are filled now.
    pub(crate) fn refill(&self) {
        let fields = hold(&self.fields).clone();
        for (field, signal) in fields {
            fill(field, &signal);
        }
    }

    fn signal(&self, field: Field) -> ArcRwSignal<String> {
        let mut fields = hold(&self.fields);
        if let Some((_, signal)) = fields.iter().find(|(known, _)| *known == field) {
            return signal.clone();
        }
        let signal = ArcRwSignal::new(String::new());
        fields.push((field, signal.clone()));
        signal
    }

    /// What is typed now; empty when it was sent or thrown away.
    pub(crate) fn set(&self, field: Field, text: String) {
        keep::set_draft(&field.key(), &text);
        self.signal(field).set(text);
    }

    /// Puts a text that was refused back. If something new stands there already, both are kept.
    fn give_back(&self, field: Field, text: &str) {
        let now = self.signal(field).get_untracked();
        self.set(field, beside(text, &now));
    }

    /// A task was created with this line.
    pub(crate) fn sent(&self, command: &Command, line: String) {
        if let Some(task) = command.task() {
            let mut lines = hold(&self.lines);
            lines.push((task, line));
            if lines.len() > MOST_LINES {
                lines.remove(0);
            }
        }
    }

    /// The line with which this command created a task.
    fn line(&self, command: &Command) -> Option<String> {
        let Command::CreateTask { task, .. } = command else { return None };
        let mut lines = hold(&self.lines);
        let place = lines.iter().position(|(id, _)| id == task)?;
        Some(lines.remove(place).1)
    }

    /// An editor holds one text with its version: the one that is open now wins.
    fn give_edit_back(&self, field: Field, edit: &Edit) {
        if self.signal(field).get_untracked().is_empty() {
            self.set(field, edit.write());
        }
    }

    /// A text that was given back is saved after all; whatever else is typed there stays.
    pub(crate) fn take_edit(&self, field: Field, text: &str) {
        if Edit::read(&self.signal(field).get_untracked()).is_some_and(|edit| edit.text == text) {
            self.set(field, String::new());
        }
    }

    /// A description was saved over this text: it is kept until the server has taken it, to compare with if it does not.
    pub(crate) fn saved_over(task: TaskId, from: &str) {
        // What waits already was made from an older text, and is the beginning of what is compared.
        if Self::from_of(task).is_empty() {
            keep::set_draft(&from_key(task), from);
        }
    }

    /// What a description that was saved began with; empty when nothing is known of it.
    pub(crate) fn from_of(task: TaskId) -> String {
        keep::draft(&from_key(task))
    }

    /// The server has taken this text of the description; more of it waits, or not.
    pub(crate) fn taken(task: TaskId, text: &str, more_waits: bool) {
        if !Self::from_of(task).is_empty() || more_waits {
            keep::set_draft(&from_key(task), if more_waits { text } else { "" });
        }
    }

    /// Puts all texts of a refused change back into the fields from which they came.
    pub(crate) fn give_all_back(&self, refused: &Envelope) {
        let line = self.line(&refused.command);
        for (field, text) in texts(refused) {
            match field {
                Field::Description(task) => {
                    let base = if let Command::DescribeTask { base, .. } = &refused.command { *base } else { 0 };
                    self.give_edit_back(field, &Edit { base, from: Self::from_of(task), text });
                }
                Field::Said(_) => self.give_edit_back(field, &Edit { text, ..Edit::default() }),
                Field::Quick(_) | Field::NewTitle => self.give_back(field, line.as_deref().unwrap_or(&text)),
                _ => self.give_back(field, &text),
            }
        }
    }
}

fn from_key(task: TaskId) -> String {
    format!("from:{task}")
}

/// What is typed now is never replaced.
fn fill(field: Field, signal: &ArcRwSignal<String>) {
    if signal.with_untracked(String::is_empty) {
        let kept = keep::draft(&field.key());
        if !kept.is_empty() {
            signal.set(kept);
        }
    }
}

fn beside(refused: &str, now: &str) -> String {
    if now.trim().is_empty() || now == refused { refused.to_owned() } else { format!("{refused}\n{now}") }
}

/// The texts of a change, each with the field in which somebody typed it.
pub(crate) fn texts(envelope: &Envelope) -> Vec<(Field, String)> {
    match &envelope.command {
        Command::CreateTask { title, text: None, parent: Some(parent), .. } => {
            vec![(Field::Part(*parent), title.to_string())]
        }
        Command::CreateTask { title, text: None, status, .. } => vec![(Field::Quick(*status), title.to_string())],
        Command::CreateTask { title, text: Some(text), .. } => {
            vec![(Field::NewTitle, title.to_string()), (Field::NewText, text.to_string())]
        }
        Command::RenameTask { task, title, .. } => vec![(Field::Title(*task), title.to_string())],
        Command::DescribeTask { task, text, .. } => vec![(Field::Description(*task), text.to_string())],
        Command::AddComment { task, text, .. } => vec![(Field::Comment(*task), text.to_string())],
        Command::EditComment { comment, text, .. } => vec![(Field::Said(*comment), text.to_string())],
        Command::CreateProject { .. }
        | Command::AddMember { .. }
        | Command::ChangeMember { .. }
        | Command::RemoveMember { .. }
        | Command::RenameProject { .. }
        | Command::ColourProject { .. }
        | Command::ArchiveProject { .. }
        | Command::RemoveSample { .. }
        | Command::AddStatus { .. }
        | Command::ChangeStatus { .. }
        | Command::MoveStatus { .. }
        | Command::RemoveStatus { .. }
        | Command::PutLabel { .. }
        | Command::RemoveLabel { .. }
        | Command::SetPriority { .. }
        | Command::LabelTask { .. }
        | Command::SetParent { .. }
        | Command::Watch { .. }
        | Command::ArchiveTask { .. }
        | Command::TrashTask { .. }
        | Command::RemoveComment { .. }
        | Command::MoveTask { .. }
        | Command::SetDue { .. }
        | Command::Assign { .. }
        | Command::Unassign { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Body, Instant, Title, new_id};

    macro_rules! id {
        ($n:literal) => {
            new_id(Instant::from_ms(1), [$n; 10])
        };
    }

    #[test]
    fn fields_do_not_share_their_drafts() {
        let comment = Field::Comment(id!(3));
        assert_ne!(comment.key(), Field::Comment(id!(4)).key());
        assert_ne!(comment.key(), Field::Title(id!(3)).key());
    }

    #[test]
    fn an_edited_description_comes_back_with_its_version() {
        let edit = Edit { base: 7, from: "ein\nä".into(), text: "one\n\ntwo".into() };
        assert_eq!(Edit::read(&edit.write()), Some(edit));
        for broken in ["", "7", "7\ntext", "7 900\ntext", "7 x\ntext"] {
            assert_eq!(Edit::read(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn a_refused_text_is_put_beside_what_was_typed_meanwhile() {
        assert_eq!(beside("old", ""), "old");
        assert_eq!(beside("old", "new"), "old\nnew");
        assert_eq!(beside("old", "old"), "old");
    }

    #[test]
    fn a_refused_task_brings_its_whole_line_back_once() {
        let drafts = Drafts::default();
        let command = Command::CreateTask {
            project: id!(1),
            task: id!(2),
            title: Title::try_from("Call Ana").unwrap(),
            text: None,
            status: id!(3),
            due: None,
            assignees: Vec::new(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        };
        drafts.sent(&command, "Call Ana fri !high".into());
        assert_eq!(drafts.line(&command).as_deref(), Some("Call Ana fri !high"));
        assert_eq!(drafts.line(&command), None);
    }

    #[test]
    fn a_refused_comment_goes_back_to_its_task() {
        let text = Body::try_from("Hello").unwrap();
        let command = Command::AddComment { project: id!(1), task: id!(2), comment: id!(3), text };
        assert_eq!(texts(&Envelope { op: id!(4), command }), [(Field::Comment(id!(2)), "Hello".to_owned())]);
    }
}
