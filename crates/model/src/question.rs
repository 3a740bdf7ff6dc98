//! What a page may ask of the server, and what it is told: the other of the two doors, beside commands.
//!
//! One type for all questions keeps the page's program small: there is one request to write and one answer to read.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    found::Found,
    id::{CommentId, PersonId, ProjectId, TaskId},
    inbox::Inbox,
    mine::MyTasks,
    pages::{BoardPage, HomePage, Me, TaskAnswer},
    people::PersonCard,
    text::Key,
    when::ZoneName,
    zone::Zone,
};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Who is looking. Answered by [`Reply::Nothing`].
    Me,
    /// The projects that the reader may see.
    Home,
    /// The board of a project. One that is not there, or not for the reader, is answered by [`Reply::Nothing`].
    Board {
        /// Its key.
        key: Key,
    },
    /// The open tasks of the reader in all projects.
    MyTasks,
    /// What the reader is told of their tasks.
    Inbox,
    /// Tasks whose title, description or comments have words that begin with each of the words of a text.
    Search {
        /// The words; none find nothing.
        text: String,
    },
    /// How a project goes on. Answered by [`Reply::Drawn`], and only by those who can draw.
    Overview {
        /// Which.
        project: ProjectId,
    },
    /// One task with its description and history.
    Task {
        /// Its project.
        project: ProjectId,
        /// Which.
        task: TaskId,
    },
    /// What a comment said before it was edited. Answered by [`Reply::Drawn`], and only by those who can draw.
    Versions {
        /// The project of its task.
        project: ProjectId,
        /// Which.
        comment: CommentId,
    },
    /// The names of people; those whom the reader may not see are missing in the answer.
    People {
        /// Whom; at most 100.
        ids: Vec<PersonId>,
    },
    /// People whose name or exact address matches, up to 10, for those who lead the project.
    FindPeople {
        /// The project to which somebody is to be added.
        project: ProjectId,
        /// A name or an address.
        text: String,
    },
    /// A time zone, which only the server knows.
    Zone {
        /// Its name.
        name: ZoneName,
    },
}

/// What the server tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Who is looking, and nothing else: there is nothing, or nothing was asked for.
    Nothing(Me),
    /// To [`Question::Home`].
    Home(HomePage),
    /// To [`Question::Board`].
    Board {
        /// Who is looking.
        me: Me,
        /// The board.
        page: Box<BoardPage>,
    },
    /// To [`Question::MyTasks`].
    MyTasks(MyTasks),
    /// To [`Question::Inbox`].
    Inbox(Inbox),
    /// To [`Question::Search`].
    Found(Found),
    /// To [`Question::Overview`] and [`Question::Versions`]: markup, ready to be shown.
    Drawn(String),
    /// To [`Question::Task`].
    Task(TaskAnswer),
    /// To [`Question::People`] and [`Question::FindPeople`].
    People(Vec<PersonCard>),
    /// To [`Question::Zone`].
    Zone(Zone),
}
