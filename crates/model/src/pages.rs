//! What pages get: the answers of questions.
//!
//! These carry names, because pages show them; the feed and the ledger never do.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    id::ProjectId,
    people::{Hue, PersonCard, ProjectRole, Role},
    snapshot::BoardSnapshot,
    task_page::TaskPage,
    text::{Email, Key, Name},
};

/// Who is looking, and from where their own feeds go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Me {
    /// Who.
    pub person: PersonCard,
    /// Their address.
    pub email: Email,
    /// Their role in the installation.
    pub role: Role,
    /// The last event of their own stream that is in this answer.
    pub person_seq: i64,
    /// The last event of the instance's stream that is in this answer.
    pub instance_seq: i64,
    /// How many tasks have notices that they have not read.
    #[serde(default, skip_serializing_if = "crate::event::is_zero")]
    #[wire(optional)]
    pub unread: u32,
    /// What the team that works here is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[wire(optional)]
    pub team: Option<Name>,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct ProjectCard {
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
    /// Tasks that are neither done nor cancelled.
    pub n_open: u32,
    /// Those of them that are assigned to the reader.
    pub n_mine: u32,
    /// How many members it has.
    pub n_members: u32,
    /// Whether it is archived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[wire(optional)]
    pub is_archived: bool,
}

/// The list of projects that the reader may see, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct HomePage {
    /// Who is looking.
    pub me: Me,
    /// The projects.
    pub projects: Vec<ProjectCard>,
}

/// A board with the names of everybody who appears on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct BoardPage {
    /// The board.
    pub board: BoardSnapshot,
    /// Who appears on it, sorted by id.
    pub people: Vec<PersonCard>,
}

/// A task with the names of everybody who appears in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct TaskAnswer {
    /// The task.
    pub page: TaskPage,
    /// Who appears in it, sorted by id.
    pub people: Vec<PersonCard>,
}
