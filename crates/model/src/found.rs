//! What a search finds.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{
    id::TaskId,
    pages::Me,
    people::{Category, Hue},
    text::{Key, Name, Title},
};

/// Where in a task the words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In its title, or they are its number.
    Title,
    /// In its description.
    Description,
    /// In a comment.
    Comment,
}

/// A task that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Hit {
    /// Which.
    pub task: TaskId,
    /// The key of its project.
    pub key: Key,
    /// The name of its project.
    pub project: Name,
    /// The colour of its project.
    pub hue: Hue,
    /// Its number in the project.
    pub number: u32,
    /// What it is called.
    pub title: Title,
    /// How far it is.
    pub category: Category,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Where the words stand.
    pub place: Place,
    /// The text around the first of them; empty for a title.
    pub excerpt: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Found {
    /// Who is looking.
    pub me: Me,
    /// The tasks, each once: those found by their title first, then by description, then by comment; newer ones first.
    pub hits: Vec<Hit>,
    /// Whether there are more than these.
    pub is_cut: bool,
}
