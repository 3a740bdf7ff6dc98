//! People and what they are: roles in the installation, roles in a project, and how a person is shown.
//!
//! Must not know: names are personal data; a [`PersonCard`] travels to pages, never into the feed or the ledger.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::{id::PersonId, text::Name};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Wire)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number under which it is stored. Never changes.
            #[must_use]
            pub const fn code(self) -> i16 {
                match self { $(Self::$variant => $code),+ }
            }

            /// From the stored number.
            #[must_use]
            pub const fn from_code(code: i16) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The word that people read.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words!(
    /// What a person may do in the whole installation.
    Role {
        /// Works in projects.
        User = 1 "User",
        /// Also creates projects and invites Users to them.
        Manager = 2 "Manager",
        /// Everything.
        Admin = 3 "Admin",
    }
);

words!(
    /// What a person may do in one project.
    ProjectRole {
        /// Reads and comments.
        Viewer = 1 "Viewer",
        /// Everything about tasks and comments.
        Member = 2 "Member",
        /// Also settings, members and statuses.
        Lead = 3 "Lead",
    }
);

words!(
    /// What a status means, whatever it is called.
    Category {
        /// Not planned yet.
        Backlog = 1 "Backlog",
        /// Planned.
        Todo = 2 "Todo",
        /// Begun.
        InProgress = 3 "In progress",
        /// Finished.
        Done = 4 "Done",
        /// Will not be done.
        Cancelled = 5 "Cancelled",
    }
);

impl Category {
    /// What the statuses of a new project are usually called, and what they mean.
    pub const USUAL: [(&str, Self); 5] = [
        ("Backlog", Self::Backlog),
        ("Todo", Self::Todo),
        ("In progress", Self::InProgress),
        ("In review", Self::InProgress),
        ("Done", Self::Done),
    ];
}

words!(
    /// How urgent a task is, when somebody said so.
    Priority {
        /// When there is time.
        Low = 1 "Low",
        /// As usual.
        Medium = 2 "Medium",
        /// Soon.
        High = 3 "High",
        /// Now.
        Urgent = 4 "Urgent",
    }
);

/// One of the eight hues in which people, labels and projects are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Wire)]
#[serde(try_from = "u8", into = "u8")]
#[wire(checked)]
pub struct Hue(u8);

impl Hue {
    /// A hue from any bytes, always the same for the same bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let sum = bytes.iter().fold(0_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(*b)));
        Self((sum % 8) as u8 + 1)
    }

    /// 1 to 8, as in `data-hue`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Hue {
    type Error = crate::Invalid;
    fn try_from(n: u8) -> Result<Self, Self::Error> {
        if (1..=8).contains(&n) { Ok(Self(n)) } else { Err(crate::Invalid("A colour is a number from 1 to 8.")) }
    }
}

impl From<Hue> for u8 {
    fn from(hue: Hue) -> Self {
        hue.0
    }
}

/// How a person is shown to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct PersonCard {
    /// Who.
    pub id: PersonId,
    /// The name they chose.
    pub name: Name,
}

impl PersonCard {
    /// The hue of their avatar: follows from the id, so that it is the same everywhere.
    #[must_use]
    pub fn hue(&self) -> Hue {
        Hue::of(&self.id.bytes())
    }
}

/// One or two capital letters for an avatar: of the first and the last word.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// Ids in their order, each once. A task has few people and labels, and a sort is many times the program.
pub(crate) fn in_order<T: Copy + Ord>(ids: &[T]) -> Vec<T> {
    let mut ordered = Vec::with_capacity(ids.len());
    for id in ids {
        set_in(&mut ordered, *id, true);
    }
    ordered
}

/// Puts an id into an ordered list or takes it out.
pub(crate) fn set_in<T: Copy + Ord>(ids: &mut Vec<T>, id: T, on: bool) {
    match (ids.binary_search(&id), on) {
        (Err(place), true) => ids.insert(place, id),
        (Ok(place), false) => drop(ids.remove(place)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, letters) in
            [("Ana Petrović", "AP"), ("Elif", "E"), ("Ana de la Cruz", "AC"), ("(bot)", "B"), ("", "")]
        {
            assert_eq!(initials(name), letters);
        }
    }

    #[test]
    fn stored_numbers_come_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(*role));
        }
        assert_eq!(ProjectRole::from_code(0), None);
        assert!(ProjectRole::Viewer < ProjectRole::Member && ProjectRole::Member < ProjectRole::Lead);
    }
}
