//! Who is told what: the one place that says which event makes a notice for whom, and what an inbox shows of it.
//!
//! Whatever tells people something (the inbox; mail and reminders later) asks [`notice`], so that they all agree.
//!
//! Must not know: how a notice gets to its person.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    event::Event,
    id::{PersonId, ProjectId, TaskId},
    pages::Me,
    people::{Category, Hue, PersonCard, Priority},
    text::{Key, Name, Title},
    when::Instant,
};

/// Why somebody is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A task was assigned to them.
    Assigned,
    /// They are meant in a text.
    Mentioned,
    /// Somebody said something about a task that they follow.
    Commented,
    /// A task that they follow has another status.
    Moved,
    /// A task of theirs is due at another time.
    Due,
}

impl NoticeKind {
    const ALL: [Self; 5] = [Self::Assigned, Self::Mentioned, Self::Commented, Self::Moved, Self::Due];

    /// The number under which it is stored.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The kind that is stored under a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What somebody has to do with the task of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// It is assigned to them.
    pub is_assignee: bool,
    /// They hear of it, see [`crate::Task::is_watched_by`].
    pub watches: bool,
    /// They were meant in the text before this version of it.
    pub was_mentioned: bool,
}

/// What an event that somebody else has caused tells a person; nothing if it does not concern them. Each event is told once,
/// for the strongest reason.
#[must_use]
pub fn notice(event: &Event, person: PersonId, part: Part) -> Option<NoticeKind> {
    let is_new = |mentions: &[PersonId]| mentions.contains(&person) && !part.was_mentioned;
    match event {
        Event::TaskAssigned { person: who, .. } => (*who == person).then_some(NoticeKind::Assigned),
        Event::TaskCreated { assignees, .. } if assignees.contains(&person) => Some(NoticeKind::Assigned),
        Event::TaskCreated { mentions, .. }
        | Event::TaskDescribed { mentions, .. }
        | Event::CommentEdited { mentions, .. } => is_new(mentions).then_some(NoticeKind::Mentioned),
        Event::CommentAdded { mentions, .. } if is_new(mentions) => Some(NoticeKind::Mentioned),
        Event::CommentAdded { .. } => part.watches.then_some(NoticeKind::Commented),
        Event::TaskMoved { from, to, .. } => (from != to && part.watches).then_some(NoticeKind::Moved),
        Event::DueSet { .. } => part.is_assignee.then_some(NoticeKind::Due),
        _ => None,
    }
}

/// Whom an event names.
#[must_use]
pub fn named(event: &Event) -> Vec<PersonId> {
    match event {
        Event::TaskAssigned { person, .. } => vec![*person],
        Event::TaskCreated { assignees, mentions, .. } => assignees.iter().chain(mentions).copied().collect(),
        Event::TaskDescribed { mentions, .. }
        | Event::CommentAdded { mentions, .. }
        | Event::CommentEdited { mentions, .. } => mentions.clone(),
        _ => Vec::new(),
    }
}

/// One thing that somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Notice {
    /// The number of its event in the project.
    pub seq: i64,
    /// Why.
    pub kind: NoticeKind,
    /// Who did it.
    pub by: PersonId,
    /// When.
    pub at: Instant,
    /// Whether the reader has seen it.
    pub is_read: bool,
    /// The words that belong to it, cut off; or the status to which a task went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub what: Option<String>,
}

/// A task with what its reader is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Noticed {
    /// Which.
    pub task: TaskId,
    /// Its project.
    pub project: ProjectId,
    /// The project's key.
    pub key: Key,
    /// The project's name.
    pub name: Name,
    /// The project's colour.
    pub hue: Hue,
    /// Its number.
    pub number: u32,
    /// What it is called.
    pub title: Title,
    /// Its status.
    pub status: Name,
    /// What the status means.
    pub category: Category,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// The notices, newest first.
    pub notices: Vec<Notice>,
}

impl Noticed {
    /// Whether there is something in it that the reader has not seen.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.notices.iter().any(|notice| !notice.is_read)
    }

    /// The number of its newest event.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.notices.iter().map(|notice| notice.seq).fold(0, i64::max)
    }
}

/// An inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Inbox {
    /// Whose.
    pub me: Me,
    /// Who appears in it, sorted by id.
    pub people: Vec<PersonCard>,
    /// The tasks, the one with the newest notice first.
    pub tasks: Vec<Noticed>,
    /// Whether there is more than was told.
    pub is_cut: bool,
}

/// What a reader does with notices: `POST /api/inbox`. Each is about what was there when they looked: `to` is the number of
/// the newest event they saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the same everywhere")]
pub enum Mark {
    /// Those of a task are read.
    Read { task: TaskId, to: i64 },
    /// They are not.
    Unread { task: TaskId, to: i64 },
    /// They are done with, and read.
    Archived { task: TaskId, to: i64 },
    /// They are in the inbox again.
    Back { task: TaskId, to: i64 },
    /// All that came until then are read.
    AllRead { at: Instant },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{CommentId, StatusId, new_id},
        rank::Rank,
    };

    #[test]
    fn each_event_tells_those_whom_it_concerns_and_nobody_else() {
        use NoticeKind::{Assigned, Commented, Due, Mentioned, Moved};
        let id = |n| Instant::from_ms(n);
        let [me, other]: [PersonId; 2] = [1, 2].map(|n| new_id(id(n), [1; 10]));
        let (task, comment): (TaskId, CommentId) = (new_id(id(3), [1; 10]), new_id(id(4), [1; 10]));
        let [todo, done]: [StatusId; 2] = [5, 6].map(|n| new_id(id(n), [1; 10]));
        let created = |assignees: &[PersonId], mentions: &[PersonId]| Event::TaskCreated {
            task,
            number: 1,
            title: Title::try_from("Soak").unwrap(),
            status: todo,
            rank: Rank::between(None, None),
            due: None,
            assignees: assignees.to_vec(),
            text_version: 1,
            priority: None,
            labels: vec![],
            parent: None,
            mentions: mentions.to_vec(),
        };
        let moved = |to| Event::TaskMoved { task, from: todo, to, rank: Rank::between(None, None) };
        let said = |mentions: &[PersonId]| Event::CommentAdded { comment, task, mentions: mentions.to_vec() };
        let edited = Event::CommentEdited { comment, task, version: 2, back: false, mentions: vec![me] };
        let described = Event::TaskDescribed { task, version: 2, mentions: vec![me] };
        let none = Part::default();
        let assignee = Part { is_assignee: true, watches: true, ..none };
        let watcher = Part { watches: true, ..none };
        let silent = Part { is_assignee: true, ..none };
        let mentioned = Part { was_mentioned: true, watches: true, ..none };
        for (event, part, expected) in [
            (Event::TaskAssigned { task, person: me }, assignee, Some(Assigned)),
            (Event::TaskAssigned { task, person: other }, watcher, None),
            (Event::TaskUnassigned { task, person: me }, watcher, None),
            (created(&[me], &[me]), assignee, Some(Assigned)),
            (created(&[other], &[me]), none, Some(Mentioned)),
            (created(&[other], &[]), none, None),
            (said(&[me]), watcher, Some(Mentioned)),
            (said(&[me]), none, Some(Mentioned)),
            (said(&[other]), watcher, Some(Commented)),
            (said(&[]), silent, None),
            (said(&[]), none, None),
            (edited.clone(), watcher, Some(Mentioned)),
            (edited, mentioned, None),
            (described.clone(), none, Some(Mentioned)),
            (described, mentioned, None),
            (moved(done), watcher, Some(Moved)),
            (moved(done), silent, None),
            (moved(todo), watcher, None),
            (Event::DueSet { task, from: None, to: None }, assignee, Some(Due)),
            (Event::DueSet { task, from: None, to: None }, silent, Some(Due)),
            (Event::DueSet { task, from: None, to: None }, watcher, None),
            (Event::CommentRemoved { comment, task, version: 2 }, watcher, None),
            (Event::TaskTrashed { task, on: true }, assignee, None),
        ] {
            assert_eq!(notice(&event, me, part), expected, "{event:?} {part:?}");
        }
    }

    #[test]
    fn stored_kinds_come_back() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(NoticeKind::from_code(0), None);
    }
}
