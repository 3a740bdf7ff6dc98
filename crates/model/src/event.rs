//! What became true. Events are for ever: past tense, in full, people by id only, long texts by reference.
//!
//! Read leniently: an unknown field is ignored. Validation is for commands.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    command::{Label, NewStatus},
    id::{CommentId, LabelId, OpId, PersonId, ProjectId, SessionId, StatusId, StreamKind, TaskId},
    people::{Hue, Priority, ProjectRole, Role},
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
    /// A person may do more or less in the installation.
    RoleChanged { person: PersonId, from: Role, to: Role },
    /// A person cannot come in any more.
    PersonDisabled { person: PersonId },
    /// They can again.
    PersonEnabled { person: PersonId },
    /// A person has given up their account; their name is nobody's any more.
    PersonLeft { person: PersonId },
    /// A project exists. Its name is told only to its members.
    ProjectCreated { project: ProjectId },
    /// A project is gone, with all that was in it.
    ProjectRemoved { project: ProjectId },
    /// The team that works here is called so; nothing: it has no name.
    TeamNamed { name: Option<Name> },

    // a person
    /// They are a member of a project now, or with another role.
    ProjectGained { project: ProjectId, role: ProjectRole },
    /// They are not a member any more.
    ProjectLost { project: ProjectId },
    /// Notices came, or were dealt with: so many tasks have some that they have not read.
    InboxChanged { unread: u32 },
    /// One of their sessions is over.
    SessionEnded { session: SessionId },

    // a project
    /// It began, like this.
    ProjectOpened {
        key: Key,
        name: Name,
        hue: Hue,
        statuses: Vec<NewStatus>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[wire(optional)]
        is_sample: bool,
    },
    /// It has another name.
    ProjectRenamed { from: Name, to: Name },
    /// It has another colour.
    ProjectColoured { from: Hue, to: Hue },
    /// It is archived, or is not any more.
    ProjectArchived { on: bool },
    /// There is a status more, behind so many others.
    StatusAdded { status: NewStatus, place: u32 },
    /// A status is called or means something else.
    StatusChanged { from: NewStatus, to: NewStatus },
    /// A status has another place among the others.
    StatusMoved { status: StatusId, from: u32, to: u32 },
    /// A status is gone; its tasks are at the end of another, in their order.
    StatusRemoved { status: NewStatus, place: u32, to: StatusId },
    /// A label is new (from nothing), changed, or gone, also from all tasks (to nothing).
    LabelSet { from: Option<Label>, to: Option<Label> },
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        priority: Option<Priority>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        labels: Vec<LabelId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        parent: Option<TaskId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        mentions: Vec<PersonId>,
    },
    /// A task has another title.
    TaskRenamed { task: TaskId, from: Title, to: Title },
    /// A task has another description: this version, whose text travels beside the event.
    TaskDescribed {
        task: TaskId,
        version: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        mentions: Vec<PersonId>,
    },
    /// A task is at another place.
    TaskMoved { task: TaskId, from: StatusId, to: StatusId, rank: Rank },
    /// A task is due at another time.
    DueSet { task: TaskId, from: Option<Due>, to: Option<Due> },
    /// A person is responsible for a task.
    TaskAssigned { task: TaskId, person: PersonId },
    /// A person is not responsible any more.
    TaskUnassigned { task: TaskId, person: PersonId },
    /// A task is more or less urgent.
    PrioritySet { task: TaskId, from: Option<Priority>, to: Option<Priority> },
    /// A label is on a task, or is not any more.
    TaskLabelled { task: TaskId, label: LabelId, on: bool },
    /// A task is a part of another.
    ParentSet { task: TaskId, from: Option<TaskId>, to: Option<TaskId> },
    /// A person wants to hear of a task or not; nothing: as it follows from their part in it.
    WatchSet { task: TaskId, person: PersonId, from: Option<bool>, to: Option<bool> },
    /// A task is archived, or is not any more.
    TaskArchived { task: TaskId, on: bool },
    /// A task is in the trash, or is not any more.
    TaskTrashed { task: TaskId, on: bool },
    /// A task is gone for ever, with all that was said about it. Nobody does this: it had been in the trash for long.
    TaskPurged { task: TaskId },
    /// Somebody said something; the words travel beside the event.
    CommentAdded {
        comment: CommentId,
        task: TaskId,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        mentions: Vec<PersonId>,
    },
    /// A comment reads otherwise: this version, whose text travels beside the event. `back`: it had been removed.
    CommentEdited {
        comment: CommentId,
        task: TaskId,
        version: u32,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[wire(optional)]
        back: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        mentions: Vec<PersonId>,
    },
    /// A comment is gone, with all its texts; that counts as a version.
    CommentRemoved { comment: CommentId, task: TaskId, version: u32 },
}

impl Event {
    /// The kind of stream on which it appears.
    #[must_use]
    pub const fn stream_kind(&self) -> StreamKind {
        match self {
            Self::PersonJoined { .. }
            | Self::PersonLeft { .. }
            | Self::RoleChanged { .. }
            | Self::PersonDisabled { .. }
            | Self::PersonEnabled { .. }
            | Self::ProjectCreated { .. }
            | Self::ProjectRemoved { .. }
            | Self::TeamNamed { .. } => StreamKind::Instance,
            Self::ProjectGained { .. }
            | Self::ProjectLost { .. }
            | Self::InboxChanged { .. }
            | Self::SessionEnded { .. } => StreamKind::Person,
            Self::ProjectOpened { .. }
            | Self::ProjectRenamed { .. }
            | Self::ProjectColoured { .. }
            | Self::ProjectArchived { .. }
            | Self::StatusAdded { .. }
            | Self::StatusChanged { .. }
            | Self::StatusMoved { .. }
            | Self::StatusRemoved { .. }
            | Self::LabelSet { .. }
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
            | Self::PrioritySet { .. }
            | Self::TaskLabelled { .. }
            | Self::ParentSet { .. }
            | Self::WatchSet { .. }
            | Self::TaskArchived { .. }
            | Self::TaskTrashed { .. }
            | Self::TaskPurged { .. }
            | Self::CommentAdded { .. }
            | Self::CommentEdited { .. }
            | Self::CommentRemoved { .. } => StreamKind::Project,
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
            | Self::PrioritySet { task, .. }
            | Self::TaskLabelled { task, .. }
            | Self::ParentSet { task, .. }
            | Self::WatchSet { task, .. }
            | Self::TaskArchived { task, .. }
            | Self::TaskTrashed { task, .. }
            | Self::TaskPurged { task }
            | Self::CommentAdded { task, .. }
            | Self::CommentEdited { task, .. }
            | Self::CommentRemoved { task, .. } => Some(*task),
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
    /// The same as HTML that is safe to be shown: made by the server for whoever reads it, and stored nowhere.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    #[wire(name = "h", optional)]
    pub html: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
pub(crate) const fn is_zero(n: &u32) -> bool {
    *n == 0
}
