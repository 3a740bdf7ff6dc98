//! The kinds of commands: what tables go over, and what each command is about.
//!
//! Must not know: what a command carries beyond its object.

use uuid::Uuid;

use crate::{
    command::Command,
    id::{ProjectId, TaskId},
};

/// The kinds of commands, for tables over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of the command of the same name")]
pub enum CommandKind {
    CreateProject,
    RenameProject,
    ColourProject,
    ArchiveProject,
    RemoveSample,
    AddStatus,
    ChangeStatus,
    MoveStatus,
    RemoveStatus,
    PutLabel,
    RemoveLabel,
    AddMember,
    ChangeMember,
    RemoveMember,
    CreateTask,
    RenameTask,
    DescribeTask,
    MoveTask,
    SetDue,
    SetPriority,
    LabelTask,
    SetParent,
    Assign,
    Unassign,
    Watch,
    ArchiveTask,
    TrashTask,
    AddComment,
    EditComment,
    RemoveComment,
}

impl CommandKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::CreateProject,
        Self::RenameProject,
        Self::ColourProject,
        Self::ArchiveProject,
        Self::RemoveSample,
        Self::AddStatus,
        Self::ChangeStatus,
        Self::MoveStatus,
        Self::RemoveStatus,
        Self::PutLabel,
        Self::RemoveLabel,
        Self::AddMember,
        Self::ChangeMember,
        Self::RemoveMember,
        Self::CreateTask,
        Self::RenameTask,
        Self::DescribeTask,
        Self::MoveTask,
        Self::SetDue,
        Self::SetPriority,
        Self::LabelTask,
        Self::SetParent,
        Self::Assign,
        Self::Unassign,
        Self::Watch,
        Self::ArchiveTask,
        Self::TrashTask,
        Self::AddComment,
        Self::EditComment,
        Self::RemoveComment,
    ];

    /// The name in the ledger: a past deed, dotted by its object.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::CreateProject => "project.create",
            Self::RenameProject => "project.rename",
            Self::ColourProject => "project.colour",
            Self::ArchiveProject => "project.archive",
            Self::RemoveSample => "project.remove_sample",
            Self::AddStatus => "status.add",
            Self::ChangeStatus => "status.change",
            Self::MoveStatus => "status.move",
            Self::RemoveStatus => "status.remove",
            Self::PutLabel => "label.put",
            Self::RemoveLabel => "label.remove",
            Self::AddMember => "member.add",
            Self::ChangeMember => "member.change",
            Self::RemoveMember => "member.remove",
            Self::CreateTask => "task.create",
            Self::RenameTask => "task.rename",
            Self::DescribeTask => "task.describe",
            Self::MoveTask => "task.move",
            Self::SetDue => "task.due",
            Self::SetPriority => "task.priority",
            Self::LabelTask => "task.label",
            Self::SetParent => "task.parent",
            Self::Assign => "task.assign",
            Self::Unassign => "task.unassign",
            Self::Watch => "task.watch",
            Self::ArchiveTask => "task.archive",
            Self::TrashTask => "task.trash",
            Self::AddComment => "comment.add",
            Self::EditComment => "comment.edit",
            Self::RemoveComment => "comment.remove",
        }
    }
}

impl Command {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::CreateProject { .. } => CommandKind::CreateProject,
            Self::RenameProject { .. } => CommandKind::RenameProject,
            Self::ColourProject { .. } => CommandKind::ColourProject,
            Self::ArchiveProject { .. } => CommandKind::ArchiveProject,
            Self::RemoveSample { .. } => CommandKind::RemoveSample,
            Self::AddStatus { .. } => CommandKind::AddStatus,
            Self::ChangeStatus { .. } => CommandKind::ChangeStatus,
            Self::MoveStatus { .. } => CommandKind::MoveStatus,
            Self::RemoveStatus { .. } => CommandKind::RemoveStatus,
            Self::PutLabel { .. } => CommandKind::PutLabel,
            Self::RemoveLabel { .. } => CommandKind::RemoveLabel,
            Self::AddMember { .. } => CommandKind::AddMember,
            Self::ChangeMember { .. } => CommandKind::ChangeMember,
            Self::RemoveMember { .. } => CommandKind::RemoveMember,
            Self::CreateTask { .. } => CommandKind::CreateTask,
            Self::RenameTask { .. } => CommandKind::RenameTask,
            Self::DescribeTask { .. } => CommandKind::DescribeTask,
            Self::MoveTask { .. } => CommandKind::MoveTask,
            Self::SetDue { .. } => CommandKind::SetDue,
            Self::SetPriority { .. } => CommandKind::SetPriority,
            Self::LabelTask { .. } => CommandKind::LabelTask,
            Self::SetParent { .. } => CommandKind::SetParent,
            Self::Assign { .. } => CommandKind::Assign,
            Self::Unassign { .. } => CommandKind::Unassign,
            Self::Watch { .. } => CommandKind::Watch,
            Self::ArchiveTask { .. } => CommandKind::ArchiveTask,
            Self::TrashTask { .. } => CommandKind::TrashTask,
            Self::AddComment { .. } => CommandKind::AddComment,
            Self::EditComment { .. } => CommandKind::EditComment,
            Self::RemoveComment { .. } => CommandKind::RemoveComment,
        }
    }

    /// The project it is about.
    #[must_use]
    pub const fn project(&self) -> ProjectId {
        match self {
            Self::CreateProject { project, .. }
            | Self::RenameProject { project, .. }
            | Self::ColourProject { project, .. }
            | Self::ArchiveProject { project, .. }
            | Self::RemoveSample { project }
            | Self::AddStatus { project, .. }
            | Self::ChangeStatus { project, .. }
            | Self::MoveStatus { project, .. }
            | Self::RemoveStatus { project, .. }
            | Self::PutLabel { project, .. }
            | Self::RemoveLabel { project, .. }
            | Self::AddMember { project, .. }
            | Self::ChangeMember { project, .. }
            | Self::RemoveMember { project, .. }
            | Self::CreateTask { project, .. }
            | Self::RenameTask { project, .. }
            | Self::DescribeTask { project, .. }
            | Self::MoveTask { project, .. }
            | Self::SetDue { project, .. }
            | Self::SetPriority { project, .. }
            | Self::LabelTask { project, .. }
            | Self::SetParent { project, .. }
            | Self::Assign { project, .. }
            | Self::Unassign { project, .. }
            | Self::Watch { project, .. }
            | Self::ArchiveTask { project, .. }
            | Self::TrashTask { project, .. }
            | Self::AddComment { project, .. }
            | Self::EditComment { project, .. }
            | Self::RemoveComment { project, .. } => *project,
        }
    }

    /// The task it is about.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::CreateProject { .. }
            | Self::RenameProject { .. }
            | Self::ColourProject { .. }
            | Self::ArchiveProject { .. }
            | Self::RemoveSample { .. }
            | Self::AddStatus { .. }
            | Self::ChangeStatus { .. }
            | Self::MoveStatus { .. }
            | Self::RemoveStatus { .. }
            | Self::PutLabel { .. }
            | Self::RemoveLabel { .. }
            | Self::AddMember { .. }
            | Self::ChangeMember { .. }
            | Self::RemoveMember { .. } => None,
            Self::CreateTask { task, .. }
            | Self::RenameTask { task, .. }
            | Self::DescribeTask { task, .. }
            | Self::MoveTask { task, .. }
            | Self::SetDue { task, .. }
            | Self::SetPriority { task, .. }
            | Self::LabelTask { task, .. }
            | Self::SetParent { task, .. }
            | Self::Assign { task, .. }
            | Self::Unassign { task, .. }
            | Self::Watch { task, .. }
            | Self::ArchiveTask { task, .. }
            | Self::TrashTask { task, .. }
            | Self::AddComment { task, .. }
            | Self::EditComment { task, .. }
            | Self::RemoveComment { task, .. } => Some(*task),
        }
    }

    /// What it is about: the sort of thing, as the ledger names it, and its id. Comments belong to their task.
    #[must_use]
    pub fn object(&self) -> (&'static str, Uuid) {
        match self {
            Self::AddStatus { status, .. } | Self::ChangeStatus { status, .. } => ("status", status.id.uuid()),
            Self::MoveStatus { status, .. } | Self::RemoveStatus { status, .. } => ("status", status.uuid()),
            Self::PutLabel { label, .. } => ("label", label.id.uuid()),
            Self::RemoveLabel { label, .. } => ("label", label.uuid()),
            Self::AddMember { person, .. } | Self::ChangeMember { person, .. } | Self::RemoveMember { person, .. } => {
                ("person", person.uuid())
            }
            _ => match self.task() {
                Some(task) => ("task", task.uuid()),
                None => ("project", self.project().uuid()),
            },
        }
    }
}
