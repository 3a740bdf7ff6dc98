//! Why something was not done, for a program (a variant), for HTTP (a status) and for a person (a sentence).
//!
//! The one error that reaches a page. Absent and forbidden look the same from outside: [`Refusal::NotFound`].

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::id::PersonId;

/// Why something was not done, and what to do next. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{}", self.tell())]
pub enum Refusal {
    /// A field does not hold what it should.
    Invalid {
        /// Which field, by its name in the form and in the command.
        field: String,
        /// A sentence that says how to mend it.
        why: String,
    },
    /// It is not there, or not for this person to see.
    NotFound,
    /// It is there and visible, but this person may not do this to it.
    MayNot,
    /// Nobody is signed in, or the session has ended.
    SignIn,
    /// The address and the password do not belong together (or there is no such account).
    WrongCredentials,
    /// It is too long since they showed who they are, for a step as sensitive as this.
    Confirm,
    /// The account is theirs, but its address was not confirmed yet. A new link is on its way.
    Unconfirmed,
    /// A project needs somebody who leads it.
    LastLead,
    /// An installation needs an Admin.
    LastAdmin,
    /// Another project has this key.
    KeyTaken,
    /// Somebody changed the text after the version that this one started from.
    TextChanged {
        /// Who changed it last.
        by: PersonId,
        /// The version that is stored now.
        version: u32,
    },
    /// The project or the task is archived.
    Archived,
    /// The task is in the trash.
    InTrash,
    /// The id of something new is in use already.
    IdTaken,
    /// The same operation id came with another content.
    OpReused,
    /// The link has been used, has expired or never was.
    BadLink,
    /// The page is older than the server understands.
    Outdated,
    /// More than the server accepts at once.
    TooLarge,
    /// Too many requests.
    TooMany {
        /// When to try again, in seconds.
        after_s: u32,
    },
    /// The server is at its limit and did not begin.
    Busy {
        /// When to try again, in seconds.
        after_s: u32,
    },
    /// No answer came, so nobody knows yet whether it was done. Made by the page, never sent.
    Offline,
    /// A fault on the server's side.
    Fault {
        /// The number under which the server's log tells more.
        reference: String,
    },
}

impl Refusal {
    /// An invalid field.
    #[must_use]
    pub fn invalid(field: &str, why: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), why: why.into() }
    }

    /// The HTTP status (RFC 9110) that goes with it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } | Self::OpReused | Self::KeyTaken | Self::IdTaken | Self::BadLink => 422,
            Self::NotFound => 404,
            Self::MayNot | Self::Unconfirmed => 403,
            Self::SignIn | Self::WrongCredentials | Self::Confirm => 401,
            Self::LastLead | Self::LastAdmin | Self::TextChanged { .. } | Self::Archived | Self::InTrash => 409,
            Self::Outdated => 426,
            Self::TooLarge => 413,
            Self::TooMany { .. } => 429,
            Self::Busy { .. } | Self::Offline => 503,
            Self::Fault { .. } => 500,
        }
    }

    /// Which field of a form it belongs to, if it belongs to one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            Self::KeyTaken => Some("key"),
            _ => None,
        }
    }

    /// Whether the same request may succeed later without a change.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::TooMany { .. } | Self::Busy { .. } | Self::Offline | Self::Fault { .. } | Self::SignIn)
    }

    /// What happened and what to do now.
    #[must_use]
    pub fn tell(&self) -> String {
        match self {
            Self::Invalid { why, .. } => why.clone(),
            Self::NotFound => {
                "This is not here, or you have no access to it. Ask somebody who leads the project.".into()
            }
            Self::MayNot => "Your role does not allow this. Ask a Lead of the project.".into(),
            Self::SignIn => "You are signed out. Sign in, and what you typed is still here.".into(),
            Self::WrongCredentials => "The address or the password is not right. Check both and try again.".into(),
            Self::Confirm => "Confirm that it is you: type in your password again.".into(),
            Self::Unconfirmed => {
                "Your address is not confirmed yet. We have sent you a link: open it, then you are in.".into()
            }
            Self::LastLead => "A project needs a Lead. Make somebody else Lead first.".into(),
            Self::LastAdmin => "Somebody has to look after this installation. Make somebody else Admin first.".into(),
            Self::KeyTaken => "Another project has this key. Choose another one.".into(),
            Self::TextChanged { .. } => {
                "Somebody changed this text while you were writing. Compare both and save again.".into()
            }
            Self::Archived => "This is archived. Bring it back before you change it.".into(),
            Self::InTrash => "This task is in the trash. Bring it back before you change it.".into(),
            Self::IdTaken => "This was created already. Reload the page to see it.".into(),
            Self::OpReused => {
                "This request was sent before with another content. Reload the page and try again.".into()
            }
            Self::BadLink => "The link is used up or has expired. Ask for a new one.".into(),
            Self::Outdated => "This page is older than the server. Reload it; what you typed is kept.".into(),
            Self::TooLarge => "This is more than the server takes at once. Make it shorter or send less.".into(),
            Self::TooMany { after_s } => format!("That was too often. Try again in {after_s} s."),
            Self::Busy { after_s } => format!("The server is busy. Try again in {after_s} s."),
            Self::Offline => "The server cannot be reached. What you did is kept and sent when it is back.".into(),
            Self::Fault { reference } => {
                format!(
                    "The server could not do this. Nothing was changed. Try again, or tell your Admin the number {reference}."
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::new_id, when::Instant};

    #[test]
    fn every_refusal_has_an_error_status_and_a_sentence_with_a_way_on() {
        let by = new_id(Instant::from_ms(1), [1; 10]);
        let all = [
            Refusal::invalid("title", "Write a title."),
            Refusal::NotFound,
            Refusal::MayNot,
            Refusal::SignIn,
            Refusal::WrongCredentials,
            Refusal::Unconfirmed,
            Refusal::Confirm,
            Refusal::LastLead,
            Refusal::LastAdmin,
            Refusal::KeyTaken,
            Refusal::TextChanged { by, version: 2 },
            Refusal::Archived,
            Refusal::InTrash,
            Refusal::IdTaken,
            Refusal::OpReused,
            Refusal::BadLink,
            Refusal::Outdated,
            Refusal::TooLarge,
            Refusal::TooMany { after_s: 3 },
            Refusal::Busy { after_s: 3 },
            Refusal::Offline,
            Refusal::Fault { reference: "7f".into() },
        ];
        for refusal in all {
            assert!((400..600).contains(&refusal.status()), "{refusal:?}");
            assert!(refusal.tell().ends_with('.'), "{refusal:?}");
            let json = serde_json::to_string(&refusal).unwrap();
            assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), refusal);
        }
    }
}
