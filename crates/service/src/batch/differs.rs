//! What the audit log says of an event: each field that became different, with what it was and what it is.
//!
//! What somebody typed can be personal and may have to be erased one day, so the entry only commits to it. Everything else
//! stands in it: ids, dates, words of ours. Texts with versions of their own (descriptions, comments) are named by version.
//!
//! Must not know: commands, rows, how entries are written.

use model::{Due, Event, Name, Title};
use uuid::Uuid;

/// A value as an entry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Was {
    Nothing,
    /// Told to whoever reads the log.
    Open(String),
    /// Typed by somebody: kept apart.
    Typed(String),
}

/// A field that became different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Differs {
    pub(super) field: &'static str,
    pub(super) old: Was,
    pub(super) new: Was,
}

impl Differs {
    const fn between(field: &'static str, old: Was, new: Was) -> Self {
        Self { field, old, new }
    }

    const fn became(field: &'static str, new: Was) -> Self {
        Self::between(field, Was::Nothing, new)
    }

    const fn ended(field: &'static str, old: Was) -> Self {
        Self::between(field, old, Was::Nothing)
    }

    fn switched(field: &'static str, on: bool) -> Self {
        let word = |on| Was::Open(if on { "yes" } else { "no" }.to_owned());
        Self::between(field, word(!on), word(on))
    }

    fn is_different(&self) -> bool {
        self.old != self.new
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what is shown is small, and a borrow at each call would not be")]
fn open(value: impl ToString) -> Was {
    Was::Open(value.to_string())
}

fn id(id: Uuid) -> Was {
    open(id)
}

fn name(name: &Name) -> Was {
    Was::Typed(name.to_string())
}

fn title(title: &Title) -> Was {
    Was::Typed(title.as_str().to_owned())
}

fn maybe<T>(value: Option<T>, was: impl FnOnce(T) -> Was) -> Was {
    value.map_or(Was::Nothing, was)
}

/// A day as ISO 8601 writes it, or a moment in milliseconds since 1970 UTC with its zone.
fn due(due: &Due) -> Was {
    match due {
        Due::Day(day) => open(day),
        Due::At { instant, zone } => Was::Open(format!("{} {}", instant.ms(), zone.as_str())),
    }
}

/// What a task is from its beginning.
fn created(event: &Event) -> Vec<Differs> {
    let Event::TaskCreated { number, status, due: by, assignees, priority, labels, parent, .. } = event else {
        return Vec::new();
    };
    let mut all = vec![
        Differs::became("number", open(number)),
        Differs::became("status", id(status.uuid())),
        Differs::became("due", maybe(by.as_ref(), due)),
        Differs::became("priority", maybe(*priority, |priority| open(priority.word()))),
        Differs::became("parent", maybe(*parent, |parent| id(parent.uuid()))),
    ];
    all.extend(assignees.iter().map(|person| Differs::became("assignee", id(person.uuid()))));
    all.extend(labels.iter().map(|label| Differs::became("label", id(label.uuid()))));
    all
}

/// What an event says that became different.
pub(super) fn differs(event: &Event) -> Vec<Differs> {
    let all = match event {
        Event::PersonJoined { role, .. } => vec![Differs::became("role", open(role.word()))],
        Event::RoleChanged { from, to, .. } => vec![Differs::between("role", open(from.word()), open(to.word()))],
        Event::ProjectCreated { .. }
        | Event::ProjectRemoved { .. }
        | Event::TeamNamed { .. }
        | Event::PersonDisabled { .. }
        | Event::PersonEnabled { .. }
        | Event::PersonLeft { .. }
        | Event::SessionEnded { .. }
        | Event::ProjectGained { .. }
        | Event::ProjectLost { .. }
        | Event::TaskPurged { .. }
        | Event::InboxChanged { .. } => vec![],
        Event::ProjectOpened { key, name: called, is_sample, .. } => {
            let mut all = vec![Differs::became("key", open(key)), Differs::became("name", name(called))];
            all.extend(is_sample.then(|| Differs::became("sample", open("yes"))));
            all
        }
        Event::ProjectRenamed { from, to } => vec![Differs::between("name", name(from), name(to))],
        Event::ProjectColoured { from, to } => {
            vec![Differs::between("colour", open(from.number()), open(to.number()))]
        }
        Event::ProjectArchived { on } | Event::TaskArchived { on, .. } => vec![Differs::switched("archived", *on)],
        Event::StatusAdded { status, .. } => {
            vec![Differs::became("status", id(status.id.uuid())), Differs::became("name", name(&status.name))]
        }
        Event::StatusChanged { from, to } => vec![
            Differs::between("name", name(&from.name), name(&to.name)),
            Differs::between("category", open(from.category.word()), open(to.category.word())),
        ],
        Event::StatusMoved { from, to, .. } => vec![Differs::between("place", open(from + 1), open(to + 1))],
        Event::StatusRemoved { status, to, .. } => {
            vec![
                Differs::ended("name", name(&status.name)),
                Differs::between("status", id(status.id.uuid()), id(to.uuid())),
            ]
        }
        Event::LabelSet { from, to } => vec![
            Differs::between(
                "name",
                maybe(from.as_ref(), |label| name(&label.name)),
                maybe(to.as_ref(), |label| name(&label.name)),
            ),
            Differs::between(
                "colour",
                maybe(from.as_ref(), |label| open(label.hue.number())),
                maybe(to.as_ref(), |label| open(label.hue.number())),
            ),
        ],
        Event::MemberAdded { role, .. } => vec![Differs::became("role", open(role.word()))],
        Event::MemberChanged { from, to, .. } => vec![Differs::between("role", open(from.word()), open(to.word()))],
        Event::MemberRemoved { role, .. } => vec![Differs::ended("role", open(role.word()))],
        Event::TaskCreated { .. } => created(event),
        Event::TaskRenamed { from, to, .. } => vec![Differs::between("title", title(from), title(to))],
        Event::TaskDescribed { version, .. } => {
            vec![Differs::between("version", open(version.saturating_sub(1)), open(version))]
        }
        Event::TaskMoved { from, to, .. } => vec![Differs::between("status", id(from.uuid()), id(to.uuid()))],
        Event::DueSet { from, to, .. } => {
            vec![Differs::between("due", maybe(from.as_ref(), due), maybe(to.as_ref(), due))]
        }
        Event::TaskAssigned { person, .. } => vec![Differs::became("assignee", id(person.uuid()))],
        Event::TaskUnassigned { person, .. } => vec![Differs::ended("assignee", id(person.uuid()))],
        Event::PrioritySet { from, to, .. } => vec![Differs::between(
            "priority",
            maybe(*from, |priority| open(priority.word())),
            maybe(*to, |priority| open(priority.word())),
        )],
        Event::TaskLabelled { label, on: true, .. } => vec![Differs::became("label", id(label.uuid()))],
        Event::TaskLabelled { label, on: false, .. } => vec![Differs::ended("label", id(label.uuid()))],
        Event::ParentSet { from, to, .. } => vec![Differs::between(
            "parent",
            maybe(*from, |parent| id(parent.uuid())),
            maybe(*to, |parent| id(parent.uuid())),
        )],
        Event::WatchSet { person, from, to, .. } => {
            let word = |on| open(if on { "watches" } else { "does not watch" });
            vec![
                Differs::became("watcher", id(person.uuid())),
                Differs::between("watching", maybe(*from, word), maybe(*to, word)),
            ]
        }
        Event::TaskTrashed { on, .. } => vec![Differs::switched("in trash", *on)],
        Event::CommentAdded { comment, .. } => vec![Differs::became("comment", id(comment.uuid()))],
        Event::CommentEdited { comment, version, .. } => vec![
            Differs::became("comment", id(comment.uuid())),
            Differs::between("version", open(version.saturating_sub(1)), open(version)),
        ],
        Event::CommentRemoved { comment, .. } => vec![Differs::ended("comment", id(comment.uuid()))],
    };
    all.into_iter().filter(Differs::is_different).collect()
}
