//! Short texts that are valid once they exist: parsed at the border, never checked again.
//!
//! Must not know: fields of forms. The sentence says what is wrong; whoever parses knows which field it was.

use serde::{Deserialize, Serialize};
use std::fmt;
use wire::{Fault, Wire};

/// Why a text was not accepted: a sentence that a person can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self::new(invalid.0)
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Wire)]
        #[serde(try_from = "String", into = "String")]
        #[wire(checked)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                let parse: fn(String) -> Result<String, Invalid> = $parse;
                parse(text).map(Self)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Invalid;
            fn try_from(text: &str) -> Result<Self, Invalid> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

/// Trims, and refuses what is empty, too long (in characters) or holds control characters.
fn line(text: &str, most: usize, empty: &'static str, long: &'static str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        Err(Invalid(empty))
    } else if text.chars().count() > most {
        Err(Invalid(long))
    } else if text.chars().any(char::is_control) {
        Err(Invalid("This holds characters that cannot be shown, such as a line break. Remove them."))
    } else {
        Ok(text.to_owned())
    }
}

text!(
    /// The title of a task: one line, 1 to 200 characters, trimmed.
    Title,
    |t| line(&t, 200, "Write a title.", "A title has at most 200 characters. Put the rest into the description.")
);
text!(
    /// The name of a person, a project or a status: one line, 1 to 80 characters, trimmed.
    Name,
    |t| line(&t, 80, "Write a name.", "A name has at most 80 characters.")
);
text!(
    /// The short key of a project, as in `MUS-42`: a capital letter, then 1 to 5 capital letters or digits.
    Key,
    |t| {
        let key = t.trim().to_ascii_uppercase();
        let mut bytes = key.bytes();
        let fine = bytes.next().is_some_and(|b| b.is_ascii_uppercase())
            && (2..=6).contains(&key.len())
            && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fine { Ok(key) } else { Err(Invalid("A key has 2 to 6 letters or digits and begins with a letter, such as MUS.")) }
    }
);
text!(
    /// A long text, such as a description or a comment: up to 20,000 characters; line breaks and tabs are kept.
    Body,
    |t| {
        if t.chars().count() > 20_000 {
            Err(Invalid("A text has at most 20,000 characters. Split it, or attach it as a file."))
        } else if t.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
            Err(Invalid("This holds characters that cannot be shown. Remove them."))
        } else {
            Ok(t)
        }
    }
);
text!(
    /// An e-mail address as it was typed, trimmed: one `@`, no spaces, commas or semicolons, at most 254 bytes.
    Email,
    |t| {
        let t = t.trim();
        let one_at = t.split_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty() && !d.contains('@'));
        if one_at && t.len() <= 254 && !t.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';')) {
            Ok(t.to_owned())
        } else {
            Err(Invalid("This is not a mail address. An example is elif@norrvik.example."))
        }
    }
);

impl Email {
    /// The form in which two spellings of one address are equal: lower case.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }
}

impl Key {
    /// A key from the name of a project: the first letters of its words, or the beginning of its only word. It may be none yet.
    #[must_use]
    pub fn suggested(name: &str) -> String {
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let words: Vec<String> = name.split_whitespace().map(letters).filter(|w| !w.is_empty()).collect();
        let key: String = match words.as_slice() {
            [only] => only.chars().take(3).collect(),
            words => words.iter().filter_map(|w| w.chars().next()).take(4).collect(),
        };
        key.trim_start_matches(|c: char| c.is_ascii_digit()).to_ascii_uppercase()
    }
}

impl Body {
    /// Whether nothing but white space is in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_trimmed_and_bounded() {
        assert_eq!(Title::try_from("  Paint the fence ").unwrap().as_str(), "Paint the fence");
        assert!(Title::try_from("   ").is_err());
        assert!(Title::try_from("a\nb").is_err());
        assert!(Title::try_from("ä".repeat(200)).is_ok());
        assert!(Title::try_from("ä".repeat(201)).is_err());
    }

    #[test]
    fn a_hand_made_json_cannot_make_an_invalid_title() {
        let error = serde_json::from_str::<Title>("\"\"").unwrap_err();
        assert!(error.to_string().starts_with("Write a title."), "{error}");
    }

    #[test]
    fn keys_are_capitals() {
        for (text, key) in
            [("mus", Some("MUS")), ("A1", Some("A1")), ("1A", None), ("M", None), ("MUSTERS", None), ("M-S", None)]
        {
            assert_eq!(Key::try_from(text).ok().map(String::from).as_deref(), key, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_suggested_from_the_name() {
        for (name, key) in [
            ("Otter M2 launch", "OML"),
            ("Firmware 4", "F4"),
            ("Muster", "MUS"),
            ("2nd plan", "P"),
            ("Über uns", "BU"),
            ("", ""),
        ] {
            assert_eq!(Key::suggested(name), key, "{name:?}");
        }
    }

    #[test]
    fn addresses_have_one_at_and_no_spaces() {
        for (text, ok) in
            [("a@b", true), ("a@b@c", false), ("@b", false), ("a@", false), ("a b@c", false), ("a@b;c@d", false)]
        {
            assert_eq!(Email::try_from(text).is_ok(), ok, "{text:?}");
        }
        assert_eq!(Email::try_from("Elif@Norrvik.Example").unwrap().canonical(), "elif@norrvik.example");
    }

    #[test]
    fn a_body_keeps_its_line_breaks_and_spaces() {
        assert_eq!(Body::try_from(" a\n\tb ").unwrap().as_str(), " a\n\tb ");
        assert!(Body::try_from("a\u{0}b").is_err());
        assert!(Body::try_from(" \n").unwrap().is_blank());
    }
}
