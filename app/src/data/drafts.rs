//! What somebody typed and has not sent, or has sent and got back: per field, for this tab, over a reload.
//!
//! A draft is a signal that the field shows directly, so that a text that comes back with a refusal stands in its field
//! again. Nothing is read from storage while painting: an effect loads it once the page lives.

use leptos::prelude::*;
use model::{Command, CommentId, Envelope, PersonId, StatusId, TaskId};
use std::sync::{Arc, Mutex};

use crate::{data::hold, dom, live::effect};

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
    /// The name under which it is stored for a person. Another person in the same tab must not find it.
    fn key(self, person: PersonId) -> String {
        let field = match self {
            Self::Quick(status) => format!("quick:{status}"),
            Self::Title(task) => format!("title:{task}"),
            Self::Description(task) => format!("text:{task}"),
            Self::Comment(task) => format!("comment:{task}"),
            Self::Said(comment) => format!("said:{comment}"),
            Self::Part(task) => format!("part:{task}"),
            Self::NewTitle => "new:title".to_owned(),
            Self::NewText => "new:text".to_owned(),
        };
        format!("muster:{person}:{field}")
    }
}

/// A description or comment that is being edited: the text, and the version that the writer had before their eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) base: u32,
    pub(crate) text: String,
}

impl Edit {
    /// As it is kept in a draft: the version on the first line.
    pub(crate) fn write(&self) -> String {
        format!("{}\n{}", self.base, self.text)
    }

    /// From a draft; nothing when there is none.
    pub(crate) fn read(draft: &str) -> Option<Self> {
        let (base, text) = draft.split_once('\n')?;
        Some(Self { base: base.parse().ok()?, text: text.to_owned() })
    }
}

/// The texts that were asked for; a page has a handful.
type Fields = Vec<(Field, ArcRwSignal<String>)>;

/// All drafts of this tab.
#[derive(Clone, Default)]
pub(crate) struct Drafts {
    person: Arc<Mutex<Option<PersonId>>>,
    fields: Arc<Mutex<Fields>>,
    /// New tasks as they were typed, the last ones: more may have stood in the line than their titles.
    lines: Arc<Mutex<Vec<(TaskId, String)>>>,
}

/// How many lines are kept until their tasks are surely stored.
const MOST_LINES: usize = 50;

impl Drafts {
    /// Whose they are. Without a person nothing is stored.
    pub(crate) fn belong_to(&self, person: PersonId) {
        *hold(&self.person) = Some(person);
    }

    fn key(&self, field: Field) -> Option<String> {
        hold(&self.person).map(|person| field.key(person))
    }

    /// The text of a field, empty at first; an effect of the caller's owner fills in what was kept.
    pub(crate) fn field(&self, field: Field) -> ArcRwSignal<String> {
        let signal = self.signal(field);
        let (drafts, filled) = (self.clone(), signal.clone());
        effect(move || {
            let kept = drafts.key(field).and_then(|key| dom::stored(&key));
            if let Some(kept) = kept
                && filled.with_untracked(String::is_empty)
            {
                filled.set(kept);
            }
        });
        signal
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
        if let Some(key) = self.key(field) {
            dom::store(&key, &text);
        }
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

    /// Puts all texts of a refused change back into the fields from which they came.
    pub(crate) fn give_all_back(&self, refused: &Envelope) {
        let line = self.line(&refused.command);
        for (field, text) in texts(refused) {
            match field {
                Field::Quick(_) | Field::NewTitle => self.give_back(field, line.as_deref().unwrap_or(&text)),
                // An editor holds one text with its version: the one that is open now wins.
                Field::Description(_) | Field::Said(_) if !self.signal(field).get_untracked().is_empty() => {}
                _ => self.give_back(field, &text),
            }
        }
    }
}

fn beside(refused: &str, now: &str) -> String {
    if now.trim().is_empty() || now == refused { refused.to_owned() } else { format!("{refused}\n{now}") }
}

/// The texts of a change, each with the field in which somebody typed it.
fn texts(envelope: &Envelope) -> Vec<(Field, String)> {
    match &envelope.command {
        Command::CreateTask { title, text: None, parent: Some(parent), .. } => {
            vec![(Field::Part(*parent), title.to_string())]
        }
        Command::CreateTask { title, text: None, status, .. } => vec![(Field::Quick(*status), title.to_string())],
        Command::CreateTask { title, text: Some(text), .. } => {
            vec![(Field::NewTitle, title.to_string()), (Field::NewText, text.to_string())]
        }
        Command::RenameTask { task, title, .. } => vec![(Field::Title(*task), title.to_string())],
        Command::DescribeTask { task, base, text, .. } => {
            vec![(Field::Description(*task), Edit { base: *base, text: text.to_string() }.write())]
        }
        Command::AddComment { task, text, .. } => vec![(Field::Comment(*task), text.to_string())],
        Command::EditComment { comment, base, text, .. } => {
            vec![(Field::Said(*comment), Edit { base: *base, text: text.to_string() }.write())]
        }
        Command::CreateProject { .. }
        | Command::AddMember { .. }
        | Command::ChangeMember { .. }
        | Command::RemoveMember { .. }
        | Command::RenameProject { .. }
        | Command::ColourProject { .. }
        | Command::ArchiveProject { .. }
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
    fn two_people_in_one_tab_do_not_share_drafts() {
        let (ana, ben) = (id!(1), id!(2));
        let field = Field::Comment(id!(3));
        assert_ne!(field.key(ana), field.key(ben));
        assert_ne!(field.key(ana), Field::Title(id!(3)).key(ana));
    }

    #[test]
    fn an_edited_description_comes_back_with_its_version() {
        let edit = Edit { base: 7, text: "one\n\ntwo".into() };
        assert_eq!(Edit::read(&edit.write()), Some(edit));
        assert_eq!(Edit::read(""), None);
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
