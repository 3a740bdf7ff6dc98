//! What a person can ask to be changed. A command that exists is well-formed; whether it may happen is decided later.
//!
//! Ids of new things are in the command: the page makes them, so that it can paint before it is answered and repeat
//! after a lost answer.
//!
//! | command | what follows | taken back by |
//! |---|---|---|
//! | `CreateProject` | `ProjectCreated`, `ProjectOpened`, `MemberAdded`, `ProjectGained` | nothing: it is archived instead |
//! | `RemoveSample` | `MemberRemoved` for everybody, `ProjectRemoved`: its rows are erased | nothing: another one can be begun |
//! | `RenameProject`, `ColourProject`, `ArchiveProject { on }` | `ProjectRenamed`, `ProjectColoured`, `ProjectArchived` | the same with the old value |
//! | `AddStatus` | `StatusAdded` | `RemoveStatus` |
//! | `ChangeStatus` (name, category), `MoveStatus` | `StatusChanged`, `StatusMoved` | the same with the old value |
//! | `RemoveStatus { to }` | `StatusRemoved`: its tasks go to the end of `to`, in their order | `AddStatus`, and `MoveTask` for each of up to 200 tasks |
//! | `PutLabel` (adds or changes) | `LabelSet` | `PutLabel` or `RemoveLabel` |
//! | `RemoveLabel` | `LabelSet`: it goes from all tasks | `PutLabel`, and `LabelTask` for each of up to 200 tasks |
//! | `AddMember`, `ChangeMember`, `RemoveMember` | `MemberAdded`, `MemberChanged`, `MemberRemoved` | each other |
//! | `CreateTask` | `TaskCreated` | `TrashTask` |
//! | `RenameTask`, `SetDue`, `SetPriority`, `SetParent`, `Watch` | `TaskRenamed`, `DueSet`, `PrioritySet`, `ParentSet`, `WatchSet` | the same with the old value |
//! | `DescribeTask` | `TaskDescribed` | the same with the old text, based on the new version |
//! | `MoveTask` | `TaskMoved` | `MoveTask` behind the task that it stood behind |
//! | `LabelTask`, `ArchiveTask`, `TrashTask` (each `{ on }`) | `TaskLabelled`, `TaskArchived`, `TaskTrashed` | the same with the other `on` |
//! | `Assign`, `Unassign` | `TaskAssigned`, `TaskUnassigned` | each other |
//! | `AddComment` | `CommentAdded`, and `WatchSet` if the author watches from now on | `RemoveComment`, `Watch` |
//! | `EditComment` | `CommentEdited` | the same with the old text; `RemoveComment` if it brought the comment back |
//! | `RemoveComment` | `CommentRemoved`: its texts are erased | `EditComment` by its author, who brings it back with the text |

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::Wire;

use crate::{
    board::Status,
    event::Recorded,
    id::{CommentId, LabelId, OpId, PersonId, ProjectId, StatusId, Stream, TaskId},
    people::{Category, Hue, Priority, ProjectRole},
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

impl From<&Status> for NewStatus {
    fn from(status: &Status) -> Self {
        Self { id: status.id, name: status.name.clone(), category: status.category }
    }
}

/// A label of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Label {
    /// Its id.
    pub id: LabelId,
    /// What it is called; no other label of the project is called the same.
    pub name: Name,
    /// Its colour.
    pub hue: Hue,
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
        /// Whether it is there to be tried out, and can be removed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[wire(optional)]
        is_sample: bool,
    },
    /// Gives a project another name.
    RenameProject {
        /// The project.
        project: ProjectId,
        /// The new name.
        name: Name,
    },
    /// Gives a project another colour.
    ColourProject {
        /// The project.
        project: ProjectId,
        /// The new colour.
        hue: Hue,
    },
    /// Archives a project, or brings it back. While it is archived nothing in it changes but its members.
    ArchiveProject {
        /// The project.
        project: ProjectId,
        /// Whether it is archived from now on.
        on: bool,
    },
    /// Removes a project that is a sample, with all that is in it.
    RemoveSample {
        /// The project.
        project: ProjectId,
    },
    /// Adds a status.
    AddStatus {
        /// The project.
        project: ProjectId,
        /// The status, with a new id.
        status: NewStatus,
        /// How many statuses stand before it; more than there are means the end.
        place: u32,
    },
    /// Changes what a status is called and what it means.
    ChangeStatus {
        /// The project.
        project: ProjectId,
        /// The status as it will be.
        status: NewStatus,
    },
    /// Moves a status among the others.
    MoveStatus {
        /// The project.
        project: ProjectId,
        /// The status.
        status: StatusId,
        /// How many of the others stand before it; more than there are means the end.
        place: u32,
    },
    /// Removes a status; its tasks go to the end of another, in their order.
    RemoveStatus {
        /// The project.
        project: ProjectId,
        /// The status.
        status: StatusId,
        /// Where its tasks go.
        to: StatusId,
    },
    /// Adds a label, or changes the one that has this id.
    PutLabel {
        /// The project.
        project: ProjectId,
        /// The label as it will be.
        label: Label,
    },
    /// Removes a label from the project and from all its tasks.
    RemoveLabel {
        /// The project.
        project: ProjectId,
        /// The label.
        label: LabelId,
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
        /// How urgent it is, if somebody says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        priority: Option<Priority>,
        /// Its labels; of the project.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[wire(optional)]
        labels: Vec<LabelId>,
        /// The task that it is a part of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[wire(optional)]
        parent: Option<TaskId>,
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
    /// Says how urgent a task is.
    SetPriority {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// How urgent; nothing when nobody says so any more.
        priority: Option<Priority>,
    },
    /// Puts a label on a task or takes it off.
    LabelTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The label.
        label: LabelId,
        /// Whether it is on from now on.
        on: bool,
    },
    /// Makes a task a part of another, or of none.
    SetParent {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// What it becomes a part of.
        parent: Option<TaskId>,
    },
    /// Says whether who asks wants to hear of a task.
    Watch {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Yes or no; nothing leaves it to their part in the work: who created it or is assigned watches.
        on: Option<bool>,
    },
    /// Archives a task, or brings it back.
    ArchiveTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Whether it is archived from now on.
        on: bool,
    },
    /// Throws a task away, or brings it back. It is kept for 30 days.
    TrashTask {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// Whether it is in the trash from now on.
        on: bool,
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
    /// Writes one's own comment anew. Brings it back if it was removed.
    EditComment {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The comment.
        comment: CommentId,
        /// The version that the writer had before their eyes.
        base: u32,
        /// The whole new text; not blank.
        text: Body,
    },
    /// Removes a comment: one's own, or anybody's as a Lead. Its texts are erased.
    RemoveComment {
        /// The project.
        project: ProjectId,
        /// The task.
        task: TaskId,
        /// The comment.
        comment: CommentId,
        /// The version that was before the eyes.
        base: u32,
    },
}

impl Command {
    /// Takes over the text of a later change of the same text.
    pub fn retype(&mut self, later: Self) {
        if let (
            Self::DescribeTask { text, .. } | Self::EditComment { text, .. },
            Self::DescribeTask { text: newer, .. } | Self::EditComment { text: newer, .. },
        ) = (self, later)
        {
            *text = newer;
        }
    }

    /// The text that it replaces, by the id of the task or comment whose it is. A second change of it builds upon the first.
    #[must_use]
    pub fn text_of(&self) -> Option<uuid::Uuid> {
        match self {
            Self::DescribeTask { task, .. } => Some(task.uuid()),
            Self::EditComment { comment, .. } | Self::RemoveComment { comment, .. } => Some(comment.uuid()),
            _ => None,
        }
    }

    /// The text that it changes (a description by its task's id, or a comment), and the version that it starts from.
    pub(crate) const fn base(&mut self) -> Option<(Uuid, &mut u32)> {
        match self {
            Self::DescribeTask { task, base, .. } => Some((task.uuid(), base)),
            Self::EditComment { comment, base, .. } | Self::RemoveComment { comment, base, .. } => {
                Some((comment.uuid(), base))
            }
            _ => None,
        }
    }

    /// The streams on which its events will appear, given who asks; they are locked before it is decided.
    #[must_use]
    pub fn streams(&self, actor: PersonId) -> Vec<Stream> {
        let project = Stream::Project(self.project());
        match self {
            Self::CreateProject { .. } => vec![Stream::Instance, project, Stream::Person(actor)],
            Self::RemoveSample { .. } => vec![Stream::Instance, project],
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
