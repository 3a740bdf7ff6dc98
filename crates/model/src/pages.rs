//! What pages ask for and get: the answers of questions, and the forms of accounts.
//!
//! These carry names, because pages show them; the feed and the ledger never do.

use serde::{Deserialize, Serialize};
use std::fmt;
use wire::Wire;

use crate::{
    id::{PersonId, ProjectId},
    people::{Hue, PersonCard, ProjectRole, Role},
    snapshot::BoardSnapshot,
    task_page::TaskPage,
    text::{Email, Invalid, Key, Name},
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

/// A password as it was typed. Never shown, never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The shortest new password, in characters (OWASP ASVS 5.0, 6.2.1).
    pub const SHORTEST: usize = 15;
    /// The longest password, in bytes: hashing costs time, and nobody types more.
    pub const LONGEST: usize = 1024;

    /// As typed: no trimming, no normalisation (OWASP ASVS 5.0, 6.2.8).
    #[must_use]
    pub const fn new(typed: String) -> Self {
        Self(typed)
    }

    /// The bytes to be hashed.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it may become somebody's password: long enough, and not made of what is known about them.
    ///
    /// # Errors
    ///
    /// A sentence that says what to change.
    pub fn check_new(&self, name: &Name, email: &Email) -> Result<(), Invalid> {
        if self.0.chars().count() < Self::SHORTEST {
            return Err(Invalid(
                "Use at least 15 characters. Four or five words that do not belong together are good.",
            ));
        }
        if self.0.len() > Self::LONGEST {
            return Err(Invalid("Use at most 1,024 bytes."));
        }
        // What is left when everything that others know is taken out must still be long.
        let mut rest = self.0.to_lowercase();
        let address = email.canonical();
        let known = address.split(['@', '.', '+', '-', '_']).chain(name.as_str().split_whitespace()).chain(["muster"]);
        for word in known.filter(|w| w.chars().count() > 2) {
            rest = rest.replace(&word.to_lowercase(), "");
        }
        let mut distinct: Vec<char> = Vec::new();
        for c in rest.chars() {
            if !distinct.contains(&c) {
                distinct.push(c);
            }
        }
        if rest.chars().count() < 8 || distinct.len() < 5 {
            return Err(Invalid("This is easy to guess from your name, your address or its pattern. Use other words."));
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The form with which the first Admin is made: `POST /api/account/set-up`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct SetUp {
    /// From the link in the terminal.
    pub token: String,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
}

/// The form with which people create their account: `POST /api/account/register`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct Register {
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
}

/// The form with which people come in: `POST /api/account/sign-in`.
#[derive(Clone, Debug, Serialize, Deserialize, Wire)]
pub struct SignIn {
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
    /// Whether the session outlives the browser.
    #[serde(default)]
    #[wire(default)]
    pub remember: bool,
}

/// The answer to a form of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Welcome {
    /// Who is signed in now; for a registration nobody is yet.
    pub person: Option<PersonId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_and_not_made_of_what_is_known() {
        let (name, email) =
            (Name::try_from("Ana Petrović").unwrap(), Email::try_from("ana.p@norrvik.example").unwrap());
        for (typed, fine) in [
            ("correct horse battery", true),
            ("short", false),
            ("Petrović Norrvik Ana", false),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("muster muster muster", false),
            ("петух лампа облако", true),
        ] {
            assert_eq!(Password::new(typed.into()).check_new(&name, &email).is_ok(), fine, "{typed:?}");
        }
        assert!(Password::new("x y z ab".repeat(200)).check_new(&name, &email).is_err());
    }

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(format!("{:?}", Password::new("correct horse".into())), "[secret]");
    }
}
