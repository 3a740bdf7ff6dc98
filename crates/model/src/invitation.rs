//! How people come in who were not there: who may register, and the forms behind the links of invitations.
//!
//! Must not know: what becomes of the forms, how a link is stored.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{
    forms::Password,
    text::{Email, Invalid, Name},
};

/// Who may make an account without an invitation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Whoever confirms an address. An account alone opens nothing: somebody has to add it to a project.
    #[default]
    Open,
    /// Nobody.
    Invitation,
    /// Whoever confirms an address of one of these domains.
    Domains(Vec<Domain>),
}

impl Registration {
    /// The most domains of the list.
    pub const MOST: usize = 50;

    /// Whether an account may be made with this address. Says the same whether the address has one already.
    #[must_use]
    pub fn allows(&self, email: &Email) -> bool {
        match self {
            Self::Open => true,
            Self::Invitation => false,
            Self::Domains(domains) => {
                let address = email.canonical();
                address.rsplit_once('@').is_some_and(|(_, of)| domains.iter().any(|domain| domain.as_str() == of))
            }
        }
    }
}

/// What stands behind the `@` of an address, in lower case. Stands for itself alone, not for the domains below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Domain {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        let text = text.trim().trim_start_matches('@').to_lowercase();
        let is_label = |label: &str| {
            let fine = |c: char| c.is_alphanumeric() || c == '-';
            !label.is_empty() && label.len() <= 63 && label.chars().all(fine)
        };
        if text.len() <= 253 && text.contains('.') && text.split('.').all(is_label) {
            Ok(Self(text))
        } else {
            Err(Invalid("This is not a domain. An example is norrvik.example."))
        }
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

/// The form behind an invitation by mail: `POST /api/account/accept`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptInvitation {
    /// From the link in the mail.
    pub token: String,
    /// Their name.
    pub name: Name,
    /// Their password.
    pub password: Password,
}

/// The form behind a link that is handed on: `POST /api/account/ask`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskInvitation {
    /// From the link.
    pub token: String,
    /// Where their own invitation goes.
    pub email: Email,
}

/// What somebody who has an account does with an invitation: `POST /api/account/join`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinInvitation {
    /// From the link.
    pub token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Result<Domain, Invalid> {
        Domain::try_from(text.to_owned())
    }

    #[test]
    fn a_domain_is_what_stands_behind_the_at() {
        for (text, read) in [
            ("norrvik.example", Some("norrvik.example")),
            (" @Norrvik.Example ", Some("norrvik.example")),
            ("mäuse.example", Some("mäuse.example")),
            ("norrvik", None),
            ("norrvik..example", None),
            ("ana@norrvik.example", None),
            ("*.example", None),
            ("", None),
        ] {
            assert_eq!(domain(text).ok().as_ref().map(Domain::as_str), read, "{text:?}");
        }
    }

    #[test]
    fn who_may_register_is_said_by_the_domain_alone() {
        let by_domain = Registration::Domains(vec![domain("norrvik.example").unwrap()]);
        for (address, open, by_domain_too) in [
            ("ana@norrvik.example", true, true),
            ("Ana@NORRVIK.example", true, true),
            ("ana@mail.norrvik.example", true, false),
            ("ana@evil-norrvik.example", true, false),
        ] {
            let email = Email::try_from(address).unwrap();
            assert_eq!(Registration::Open.allows(&email), open, "{address}");
            assert_eq!(by_domain.allows(&email), by_domain_too, "{address}");
            assert!(!Registration::Invitation.allows(&email), "{address}");
        }
    }
}
