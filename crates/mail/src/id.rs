//! The name of a mail, which stays the same when it is sent again.

use std::fmt;

/// The longest message id in bytes: as a file's name and in a header line it has to fit with room to spare.
const LONGEST: usize = 160;

/// What identifies a mail for ever (RFC 5322, section 3.6.4), without its angle brackets: `something@host`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

/// A text that cannot be in a message id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a message id is made of letters, digits and . _ - + on both sides of its @, up to 160 of them; this is not: {0}"
)]
pub struct BadMessageId(String);

impl MessageId {
    /// The id `local@domain`. The caller sees to it that no other mail has it.
    ///
    /// # Errors
    ///
    /// If there is something else than ASCII letters, digits and `.`, `_`, `-`, `+` in it, nothing at all, or too much.
    pub fn new(local: &str, domain: &str) -> Result<Self, BadMessageId> {
        let is_atom = |text: &str| {
            let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b));
            // RFC 5322: a dot stands between two atoms.
            is_plain && text.split('.').all(|atom| !atom.is_empty())
        };
        let id = format!("{local}@{domain}");
        if is_atom(local) && is_atom(domain) && id.len() <= LONGEST { Ok(Self(id)) } else { Err(BadMessageId(id)) }
    }

    /// The id without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as headers have it.
    pub(crate) fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_nothing_that_could_leave_its_header_or_its_folder() {
        for (local, domain, is_good) in [
            ("0197c1e0-verify", "tasks.example.org", true),
            ("task+0197", "localhost", true),
            ("a b", "example.org", false),
            ("a\r\nBcc: b", "example.org", false),
            ("a>", "example.org", false),
            ("../a", "example.org", false),
            ("a/b", "example.org", false),
            (".", "example.org", false),
            ("a@b", "example.org", false),
            ("", "example.org", false),
            ("a", "", false),
        ] {
            assert_eq!(MessageId::new(local, domain).is_ok(), is_good, "{local:?} {domain:?}");
        }
        assert!(MessageId::new(&"a".repeat(160), "example.org").is_err());
    }
}
