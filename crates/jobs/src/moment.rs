//! A point in time, as it is stored: the same on every node and in both databases.
//!
//! Must not know: what time it is now. Whoever calls says so.

use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// The moment so many milliseconds after the beginning of 1970, UTC; before it, if negative.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the beginning of 1970, UTC.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment `later` than this one, in whole milliseconds; at most the last one that can be written.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(later.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_later_is_exact_and_never_wraps_into_the_past() {
        let moment = Moment::from_millis(-5);
        assert_eq!(moment.plus(Duration::from_micros(7_900)).as_millis(), 2);
        assert_eq!(moment.plus(Duration::MAX).as_millis(), i64::MAX - 5);
        assert_eq!(Moment::from_millis(5).plus(Duration::MAX).as_millis(), i64::MAX);
    }
}
