//! Why a text could not be read: the field, and a sentence for a person.

use std::fmt;

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) field: &'static str,
    pub(crate) what: &'static str,
}

impl Fault {
    /// From a sentence that says what is wrong with a value, such as "Write a title.".
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { field: "", what }
    }

    /// The innermost field in which it is; empty when it is the whole text.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The sentence.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field)?;
        f.write_str(if self.field.is_empty() { "" } else { ": " })?;
        f.write_str(self.what)
    }
}

impl std::error::Error for Fault {}
