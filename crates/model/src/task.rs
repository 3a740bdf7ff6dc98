//! A task as a board knows it.
//!
//! Must not know: long texts, how it is painted.

use crate::{
    id::{LabelId, PersonId, StatusId, TaskId},
    people::{Priority, set_in},
    rank::Rank,
    text::Title,
    when::{Due, Instant},
};

/// A task as the board knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its number in the project, as in `MUS-42`; 0 until the server has given one.
    pub number: u32,
    /// Its title.
    pub title: Title,
    /// Which column it is in.
    pub status: StatusId,
    /// Where in the column.
    pub rank: Rank,
    /// When it is due.
    pub due: Option<Due>,
    /// How urgent it is, if somebody said so.
    pub priority: Option<Priority>,
    /// Who does it, sorted by id.
    pub assignees: Vec<PersonId>,
    /// Its labels, sorted by id.
    pub labels: Vec<LabelId>,
    /// What it is a part of.
    pub parent: Option<TaskId>,
    /// Who said that they want to hear of it or not, sorted by id. For all others it follows from their part in it.
    pub watch: Vec<(PersonId, bool)>,
    /// How many comments it has.
    pub n_comments: u32,
    /// The version of its description; 0 for none.
    pub text_version: u32,
    /// Who wrote that version; the creator while there is none.
    pub text_by: PersonId,
    /// Who created it.
    pub created_by: PersonId,
    /// When.
    pub created_at: Instant,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Since when it is in the trash.
    pub trashed_at: Option<Instant>,
}

impl Task {
    /// Whether it is shown in its column: neither archived nor in the trash.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !self.is_archived && self.trashed_at.is_none()
    }

    /// What a person said about hearing of it; nothing if they said nothing.
    #[must_use]
    pub fn said_to_watch(&self, person: PersonId) -> Option<bool> {
        self.watch.iter().find(|(p, _)| *p == person).map(|(_, on)| *on)
    }

    /// Whether a person hears of it. Who is not in the project any more does not, whatever stands here.
    #[must_use]
    pub fn is_watched_by(&self, person: PersonId) -> bool {
        self.said_to_watch(person).unwrap_or_else(|| self.created_by == person || self.assignees.contains(&person))
    }

    /// Who hears of it, sorted by id.
    #[must_use]
    pub fn watchers(&self) -> Vec<PersonId> {
        let mut watchers = self.assignees.clone();
        set_in(&mut watchers, self.created_by, true);
        for (person, on) in &self.watch {
            set_in(&mut watchers, *person, *on);
        }
        watchers
    }

    pub(crate) fn set_watch(&mut self, person: PersonId, to: Option<bool>) {
        self.watch.retain(|(p, _)| *p != person);
        if let Some(on) = to {
            let place = self.watch.iter().take_while(|(p, _)| *p < person).count();
            self.watch.insert(place, (person, on));
        }
    }
}
