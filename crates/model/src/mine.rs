//! The tasks of one person across all projects, as a page asks for them.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    board::Status,
    command::NewStatus,
    id::{ProjectId, StatusId, TaskId},
    pages::Me,
    people::{Hue, Priority, ProjectRole},
    text::{Key, Name, Title},
    when::Due,
};

/// An open task of the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct MyTask {
    /// Which.
    pub id: TaskId,
    /// Its project.
    pub project: ProjectId,
    /// Its number in the project.
    pub number: u32,
    /// What it is called.
    pub title: Title,
    /// Where it stands.
    pub status: StatusId,
    /// When it is due.
    pub due: Option<Due>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// How many comments it has.
    pub n_comments: u32,
    /// How many parts it has.
    pub n_parts: u32,
    /// How many of them are done.
    pub n_done: u32,
}

/// A project in which the reader may have tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct MyProject {
    /// Its id.
    pub id: ProjectId,
    /// Its short key.
    pub key: Key,
    /// Its name.
    pub name: Name,
    /// Its colour.
    pub hue: Hue,
    /// What the reader is in it; nothing for an Admin who is not a member.
    pub role: Option<ProjectRole>,
    /// The last event of its stream that is in this answer.
    pub seq: i64,
    /// Its statuses in order.
    pub statuses: Vec<NewStatus>,
}

impl MyProject {
    /// Its statuses as a board has them.
    #[must_use]
    pub fn statuses(&self) -> Vec<Status> {
        self.statuses.iter().map(Status::from).collect()
    }
}

/// The open tasks of the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct MyTasks {
    /// Who is looking.
    pub me: Me,
    /// The projects that the reader may see and that are not archived, by id.
    pub projects: Vec<MyProject>,
    /// The tasks: what is due first comes first, what has no date last.
    pub tasks: Vec<MyTask>,
    /// Whether there are more than these.
    pub is_cut: bool,
}
