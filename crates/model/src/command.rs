//! What a person can ask to be changed. A command that exists is well-formed; whether it may happen is decided later.
//!
//! Ids of new things are in the command: the page makes them, so that it can paint before it is answered and repeat
//! after a lost answer.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    event::Recorded,
    id::{CommentId, OpId, PersonId, ProjectId, StatusId, Stream, TaskId},
    people::{Category, Hue, ProjectRole},
    refusal::Refusal,
    text::{Body, Key, Name, Title},
    when::Due,
};

/// A status of a project that is about to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct NewStatus {
    /// Its id.
    pub id: StatusId,
    /// What it is called.
    pub name: Name,
    /// What it means.
    pub category: Category,
}

/// Where in a status a task goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
    /// Behind this task; at the end if it is not in the status any more.
    After(TaskId),
}

/// A change that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Begins a project; who asks becomes its Lead.
    CreateProject {
        /// Its id.
        project: ProjectId,
        /// Its short key, unique in the installation.
        key: Key,
        /// Its name.
        name: Name,
        /// Its colour.
        hue: Hue,
        /// Its statuses in order, 1 to 20.
        statuses: Vec<NewStatus>,
    },
    /// Adds a person to a project.
    AddMember {
        /// The project.
        project: ProjectId,
        /// Whom.
        person: PersonId,
        /// As what.
        role: ProjectRole,
    },
    /// Changes what a member may do.
    ChangeMember {
        /// The project.
        project: ProjectId,
        /// Whom.
        person: PersonId,
        /// To what.
        role: ProjectRole,
    },
    /// Ends a membership. The person's assignments stay visible until somebody changes them.
    RemoveMember {
        /// The project.
        project: ProjectId,
        /// Whom.
        person: PersonId,
    },
    /// Creates a task at the end of a status.
    CreateTask {
        /// The project.
        project: ProjectId,
        /// Its id.
        task: TaskId,
        /// Its title.
        title: Title,
        /// Its description, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        text: Option<Body>,
        /// Where it begins.
        status: StatusId,
        /// When it is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        due: Option<Due>,
        /// Who does it; members of the project.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        assignees: Vec<PersonId>,
    },
    /// Gives a task another title.
    RenameTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The new title.
        title: Title,
    },
    /// Writes the description of a task.
    DescribeTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The version that the writer had before their eyes; 0 for none.
        base: u32,
        /// The whole new text.
        text: Body,
    },
    /// Moves a task to a place in a status.
    MoveTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The status.
        to: StatusId,
        /// The place in it.
        #[serde(default)]
        #[wire(default)]
        spot: Spot,
    },
    /// Sets or clears when a task is due.
    SetDue {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// When; nothing clears it.
        due: Option<Due>,
    },
    /// Makes a member responsible for a task.
    Assign {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Whom.
        person: PersonId,
    },
    /// Takes a person off a task.
    Unassign {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Whom.
        person: PersonId,
    },
    /// Says something about a task.
    AddComment {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Its id.
        comment: CommentId,
        /// The words; not blank.
        text: Body,
    },
}

/// The kinds of commands, for tables over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of the command of the same name")]
pub enum CommandKind {
    CreateProject,
    AddMember,
    ChangeMember,
    RemoveMember,
    CreateTask,
    RenameTask,
    DescribeTask,
    MoveTask,
    SetDue,
    Assign,
    Unassign,
    AddComment,
}

impl CommandKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::CreateProject,
        Self::AddMember,
        Self::ChangeMember,
        Self::RemoveMember,
        Self::CreateTask,
        Self::RenameTask,
        Self::DescribeTask,
        Self::MoveTask,
        Self::SetDue,
        Self::Assign,
        Self::Unassign,
        Self::AddComment,
    ];

    /// The name in the ledger: a past deed, dotted by its object.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::CreateProject => "project.create",
            Self::AddMember => "member.add",
            Self::ChangeMember => "member.change",
            Self::RemoveMember => "member.remove",
            Self::CreateTask => "task.create",
            Self::RenameTask => "task.rename",
            Self::DescribeTask => "task.describe",
            Self::MoveTask => "task.move",
            Self::SetDue => "task.due",
            Self::Assign => "task.assign",
            Self::Unassign => "task.unassign",
            Self::AddComment => "comment.add",
        }
    }
}

impl Command {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::CreateProject { .. } => CommandKind::CreateProject,
            Self::AddMember { .. } => CommandKind::AddMember,
            Self::ChangeMember { .. } => CommandKind::ChangeMember,
            Self::RemoveMember { .. } => CommandKind::RemoveMember,
            Self::CreateTask { .. } => CommandKind::CreateTask,
            Self::RenameTask { .. } => CommandKind::RenameTask,
            Self::DescribeTask { .. } => CommandKind::DescribeTask,
            Self::MoveTask { .. } => CommandKind::MoveTask,
            Self::SetDue { .. } => CommandKind::SetDue,
            Self::Assign { .. } => CommandKind::Assign,
            Self::Unassign { .. } => CommandKind::Unassign,
            Self::AddComment { .. } => CommandKind::AddComment,
        }
    }

    /// The project it is about.
    #[must_use]
    pub const fn project(&self) -> ProjectId {
        match self {
            Self::CreateProject { project, .. }
            | Self::AddMember { project, .. }
            | Self::ChangeMember { project, .. }
            | Self::RemoveMember { project, .. }
            | Self::CreateTask { project, .. }
            | Self::RenameTask { project, .. }
            | Self::DescribeTask { project, .. }
            | Self::MoveTask { project, .. }
            | Self::SetDue { project, .. }
            | Self::Assign { project, .. }
            | Self::Unassign { project, .. }
            | Self::AddComment { project, .. } => *project,
        }
    }

    /// The task it is about.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::CreateProject { .. }
            | Self::AddMember { .. }
            | Self::ChangeMember { .. }
            | Self::RemoveMember { .. } => None,
            Self::CreateTask { task, .. }
            | Self::RenameTask { task, .. }
            | Self::DescribeTask { task, .. }
            | Self::MoveTask { task, .. }
            | Self::SetDue { task, .. }
            | Self::Assign { task, .. }
            | Self::Unassign { task, .. }
            | Self::AddComment { task, .. } => Some(*task),
        }
    }

    /// The streams on which its events will appear, given who asks; they are locked before it is decided.
    #[must_use]
    pub fn streams(&self, actor: PersonId) -> Vec<Stream> {
        let project = Stream::Project(self.project());
        match self {
            Self::CreateProject { .. } => vec![Stream::Instance, project, Stream::Person(actor)],
            Self::AddMember { person, .. } | Self::ChangeMember { person, .. } | Self::RemoveMember { person, .. } => {
                vec![project, Stream::Person(*person)]
            }
            _ => vec![project],
        }
    }
}

/// A command with the id under which it is done once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Envelope {
    /// Made by the page.
    pub op: OpId,
    /// What is asked.
    pub command: Command,
}

/// What was done for a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct Done {
    /// The stream of the command's main events.
    pub stream: Stream,
    /// The first number it took there; 0 when nothing changed.
    pub first: i64,
    /// The last number it took there; 0 when nothing changed.
    pub last: i64,
    /// Its events on that stream. Empty when this repeats an older answer: the feed has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[wire(optional)]
    pub events: Vec<Recorded>,
}

/// The answer to one envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done and durable.
    Done(Done),
    /// It was not done.
    Refused(Refusal),
}
