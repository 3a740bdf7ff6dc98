//! Why a text could not be read: the field, and a sentence for a person.

use std::fmt;

/// Why a text could not be read.
///
/// A pointer in size, because every reading function gives one back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<Inner>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inner {
    field: &'static str,
    what: &'static str,
}

impl Fault {
    /// From a sentence that says what is wrong with a value, such as "Write a title.".
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn new(what: &'static str) -> Self {
        Self(Box::new(Inner { field: "", what }))
    }

    /// The innermost field in which it is; empty when it is the whole text.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.0.field
    }

    /// The sentence.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.0.what
    }

    /// The same, seen from the thing that has this field. A field that is known already stays: it is further inside.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub(crate) fn within(mut self, field: &'static str) -> Self {
        if self.0.field.is_empty() {
            self.0.field = field;
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { field, what } = *self.0;
        f.write_str(field)?;
        f.write_str(if field.is_empty() { "" } else { ": " })?;
        f.write_str(what)
    }
}

impl std::error::Error for Fault {}
