//! One opened task: its description, what was said, and what happened, folded from the same feed as the board.
//!
//! Must not know: how texts are shown. They are kept as they were typed.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    event::{Event, Recorded},
    id::{CommentId, PersonId, TaskId},
    when::Instant,
};

/// Something that somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Instant,
    /// The words; nothing when they were erased.
    pub text: Option<String>,
    /// The words as HTML that is safe to be shown; nothing until the server has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub html: Option<String>,
    /// Which version of the words this is: 1, and more after each edit.
    pub version: u32,
    /// Whether it was removed. What remains says that there was something.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[wire(optional)]
    pub is_removed: bool,
}

/// An entry of the task's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::large_enum_variant, reason = "most entries are of the large kind")
)]
pub enum Told {
    /// Somebody said something.
    Said(Comment),
    /// Something else happened.
    Happened(Recorded),
}

/// What the page of one task shows beside what the board knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct TaskPage {
    /// Which task.
    pub task: TaskId,
    /// The number of the project's last event that is in it.
    pub seq: i64,
    /// The version of the description; 0 for none.
    pub text_version: u32,
    /// The description; nothing when there is none or it was erased.
    pub text: Option<String>,
    /// The description as HTML that is safe to be shown; nothing until the server has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub html: Option<String>,
    /// History, oldest first. Only confirmed entries.
    pub told: Vec<Told>,
}

impl TaskPage {
    /// A task about which nothing is known yet.
    #[must_use]
    pub const fn new(task: TaskId) -> Self {
        Self { task, seq: 0, text_version: 0, text: None, html: None, told: Vec::new() }
    }

    /// Folds one event in; says whether it changed anything here. What has been seen is ignored.
    pub fn apply(&mut self, recorded: &Recorded) -> bool {
        if recorded.seq <= self.seq {
            return false;
        }
        self.seq = recorded.seq;
        if recorded.event.task() != Some(self.task) {
            return false;
        }
        match &recorded.event {
            Event::CommentAdded { comment, .. } => self.told.push(Told::Said(Comment {
                id: *comment,
                by: recorded.actor,
                at: recorded.at,
                text: recorded.text.clone(),
                html: recorded.html.clone(),
                version: 1,
                is_removed: false,
            })),
            Event::CommentEdited { comment, version, .. } => self.change(*comment, |c| {
                (c.version, c.is_removed) = (*version, false);
                c.text.clone_from(&recorded.text);
                c.html.clone_from(&recorded.html);
            }),
            Event::CommentRemoved { comment, version, .. } => self.change(*comment, |c| {
                (c.text, c.html) = (None, None);
                (c.version, c.is_removed) = (*version, true);
            }),
            // Who hears of a task is no part of its history.
            Event::WatchSet { .. } => return false,
            event => {
                let version = match event {
                    Event::TaskCreated { text_version, .. } => *text_version,
                    Event::TaskDescribed { version, .. } => *version,
                    _ => 0,
                };
                if version > 0 {
                    self.text_version = version;
                    self.text.clone_from(&recorded.text);
                    self.html.clone_from(&recorded.html);
                }
                self.told.push(Told::Happened(Recorded { text: None, html: None, ..recorded.clone() }));
            }
        }
        true
    }

    fn change(&mut self, id: CommentId, change: impl FnOnce(&mut Comment)) {
        let mut comments = self.told.iter_mut().filter_map(|told| match told {
            Told::Said(comment) => Some(comment),
            Told::Happened(_) => None,
        });
        if let Some(comment) = comments.find(|c| c.id == id) {
            change(comment);
        }
    }

    /// How many comments there are.
    #[must_use]
    pub fn n_comments(&self) -> usize {
        self.comments().filter(|c| !c.is_removed).count()
    }

    /// The comments, oldest first, with what remains of removed ones.
    pub fn comments(&self) -> impl Iterator<Item = &Comment> {
        self.told.iter().filter_map(|t| match t {
            Told::Said(comment) => Some(comment),
            Told::Happened(_) => None,
        })
    }

    /// Who appears in it, for the names.
    pub fn people(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.told.iter().map(|t| match t {
            Told::Said(comment) => comment.by,
            Told::Happened(recorded) => recorded.actor,
        })
    }
}
