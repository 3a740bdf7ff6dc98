//! What became true. Events are for ever: past tense, in full, people by id only, long texts by reference.
//!
//! Read leniently: an unknown field is ignored. Validation is for commands.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    command::NewStatus,
    id::{CommentId, OpId, PersonId, ProjectId, StatusId, StreamKind, TaskId},
    people::{Hue, ProjectRole, Role},
    rank::Rank,
    text::{Key, Name, Title},
    when::{Due, Instant},
};

/// One thing that became true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say what the variant's sentence names")]
pub enum Event {
    // the instance
    /// A person has an account.
    PersonJoined { person: PersonId, role: Role },
    /// A project exists. Its name is told only to its members.
    ProjectCreated { project: ProjectId },

    // a person
    /// They are a member of a project now, or with another role.
    ProjectGained { project: ProjectId, role: ProjectRole },
    /// They are not a member any more.
    ProjectLost { project: ProjectId },

    // a project
    /// It began, like this.
    ProjectOpened { key: Key, name: Name, hue: Hue, statuses: Vec<NewStatus> },
    /// A person came in.
    MemberAdded { person: PersonId, role: ProjectRole },
    /// A member's role changed.
    MemberChanged { person: PersonId, from: ProjectRole, to: ProjectRole },
    /// A person is out.
    MemberRemoved { person: PersonId, role: ProjectRole },
    /// A task exists. With a description: `text_version` is 1 and the text travels beside the event.
    TaskCreated {
        task: TaskId,
        number: u32,
        title: Title,
        status: StatusId,
        rank: Rank,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        due: Option<Due>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        assignees: Vec<PersonId>,
        #[serde(default, skip_serializing_if = "is_zero")]
        #[wire(optional)]
        text_version: u32,
    },
    /// A task has another title.
    TaskRenamed { task: TaskId, from: Title, to: Title },
    /// A task has another description: this version, whose text travels beside the event.
    TaskDescribed { task: TaskId, version: u32 },
    /// A task is at another place.
    TaskMoved { task: TaskId, from: StatusId, to: StatusId, rank: Rank },
    /// A task is due at another time.
    DueSet { task: TaskId, from: Option<Due>, to: Option<Due> },
    /// A person is responsible for a task.
    TaskAssigned { task: TaskId, person: PersonId },
    /// A person is not responsible any more.
    TaskUnassigned { task: TaskId, person: PersonId },
    /// Somebody said something; the words travel beside the event.
    CommentAdded { comment: CommentId, task: TaskId },
}

impl Event {
    /// The kind of stream on which it appears.
    #[must_use]
    pub const fn stream_kind(&self) -> StreamKind {
        match self {
            Self::PersonJoined { .. } | Self::ProjectCreated { .. } => StreamKind::Instance,
            Self::ProjectGained { .. } | Self::ProjectLost { .. } => StreamKind::Person,
            Self::ProjectOpened { .. }
            | Self::MemberAdded { .. }
            | Self::MemberChanged { .. }
            | Self::MemberRemoved { .. }
            | Self::TaskCreated { .. }
            | Self::TaskRenamed { .. }
            | Self::TaskDescribed { .. }
            | Self::TaskMoved { .. }
            | Self::DueSet { .. }
            | Self::TaskAssigned { .. }
            | Self::TaskUnassigned { .. }
            | Self::CommentAdded { .. } => StreamKind::Project,
        }
    }

    /// Whose access to the stream ends with it. The few events for which a pump must stop and look.
    #[must_use]
    pub const fn ends_access_of(&self) -> Option<PersonId> {
        match self {
            Self::MemberRemoved { person, .. } => Some(*person),
            _ => None,
        }
    }

    /// The task it is about.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::TaskCreated { task, .. }
            | Self::TaskRenamed { task, .. }
            | Self::TaskDescribed { task, .. }
            | Self::TaskMoved { task, .. }
            | Self::DueSet { task, .. }
            | Self::TaskAssigned { task, .. }
            | Self::TaskUnassigned { task, .. }
            | Self::CommentAdded { task, .. } => Some(*task),
            _ => None,
        }
    }
}

/// An event with its place in the feed. The names are short because they travel with every change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct Recorded {
    /// Its number in the stream: 1, 2, 3 … without gaps. 0 in a prediction.
    #[serde(rename = "s")]
    #[wire(name = "s")]
    pub seq: i64,
    /// The operation it belongs to; none for what the server did by itself.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    #[wire(name = "o", optional)]
    pub op: Option<OpId>,
    /// Who did it.
    #[serde(rename = "a")]
    #[wire(name = "a")]
    pub actor: PersonId,
    /// When, by the server's clock.
    #[serde(rename = "t")]
    #[wire(name = "t")]
    pub at: Instant,
    /// What became true.
    #[serde(rename = "e")]
    #[wire(name = "e")]
    pub event: Event,
    /// The text that belongs to it, filled in when it is read; absent when there is none or it was erased.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    #[wire(name = "x", optional)]
    pub text: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}
