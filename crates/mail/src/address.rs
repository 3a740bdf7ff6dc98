//! Addresses with the name of whoever has them.

use lettre::message::Mailbox;
use std::{fmt, str::FromStr};

use crate::clean::one_line;

/// The longest name of a person in a header, in characters.
const LONGEST_NAME: usize = 100;

/// A mail address with a display name (a *mailbox* in RFC 5322, section 3.4).
///
/// Is not told by `Debug`: addresses do not belong in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Mailbox);

/// A text that is no mail address. It is not repeated here, since it may be somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a mail address; write name@example.org or Name <name@example.org>")]
pub struct BadAddress;

impl Address {
    /// An address of somebody; an empty name is none.
    ///
    /// # Errors
    ///
    /// If `email` is not one address. The name may be anything; what cannot stand in a header is left out of it.
    pub fn new(name: &str, email: &str) -> Result<Self, BadAddress> {
        // What an address may hold only in quotes (RFC 5321, section 4.1.2) is refused: nobody has it, and it invites mischief.
        if email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[]\",;:\\".contains(c)) {
            return Err(BadAddress);
        }
        let email = email.parse().map_err(|_| BadAddress)?;
        let name = Some(one_line(name, LONGEST_NAME)).filter(|name| !name.is_empty());
        Ok(Self(Mailbox::new(name, email)))
    }

    /// The display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The address itself, as in `bo@example.org`.
    #[must_use]
    pub fn email(&self) -> &str {
        self.0.email.as_ref()
    }

    /// What is behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    /// What is before the `@`.
    pub(crate) fn local(&self) -> &str {
        self.0.email.user()
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

/// Reads `bo@example.org` and `Bo Åkerlund <bo@example.org>`.
impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, email)) => Self::new(name.trim().trim_matches('"'), email),
            None => Self::new("", text),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[address]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_a_name() {
        for (text, expected) in [
            ("bo@example.org", Some((None, "bo@example.org"))),
            (" Bo Åkerlund <bo@example.org> ", Some((Some("Bo Åkerlund"), "bo@example.org"))),
            ("\"Bo, at work\" <bo@example.org>", Some((Some("Bo, at work"), "bo@example.org"))),
            ("<bo@example.org>", Some((None, "bo@example.org"))),
            ("bo", None),
            ("bo@", None),
            ("@example.org", None),
            ("", None),
        ] {
            let read = text.parse::<Address>().ok();
            assert_eq!(read.as_ref().map(|a| (a.name(), a.email())), expected, "{text:?}");
        }
    }

    #[test]
    fn an_address_cannot_carry_more_than_one_address_or_a_header() {
        for email in [
            "bo@example.org\r\nBcc: eve@example.org",
            "bo@example.org\nX: y",
            "bo@example.org,eve@example.org",
            "bo@example.org> SIZE=1",
            "\"a b\"@example.org",
            "bo@exa mple.org",
            "bo\0@example.org",
        ] {
            assert_eq!(Address::new("", email), Err(BadAddress), "{email:?}");
        }
    }

    #[test]
    fn an_address_is_not_told_to_a_log() {
        assert_eq!(format!("{:?}", Address::new("Bo", "bo@example.org").unwrap()), "[address]");
    }
}
