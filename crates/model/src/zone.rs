//! Time zones as far as pages need them: which offset holds when. Both sides compute with the same few numbers, so that a
//! page shows the same time wherever it was painted.
//!
//! Must not know: the zone database. Only the server has one, and makes these of it.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::when::{Day, Instant, ZoneName};

const MINUTE_MS: i64 = 60_000;
const MINUTES_A_DAY: i64 = 24 * 60;

/// A time zone during the years that pages show. Before its first change and after its last one it stays as it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Wire)]
pub struct Zone {
    /// Its name.
    pub name: ZoneName,
    /// Minutes east of Greenwich until the first change.
    pub first: i32,
    /// From which minute since 1970 in UTC on it is how many minutes east of Greenwich, in order.
    pub changes: Vec<(i64, i32)>,
}

impl Zone {
    /// Where nothing is known of the reader.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: ZoneName::utc(), first: 0, changes: Vec::new() }
    }

    /// Minutes east of Greenwich at a minute since 1970 in UTC.
    fn offset_at(&self, minute: i64) -> i64 {
        let after = self.changes.partition_point(|(from, _)| *from <= minute);
        let offset = after.checked_sub(1).map_or(self.first, |last| self.changes[last].1);
        i64::from(offset)
    }

    /// By how many minutes its clocks are ahead of UTC at a moment.
    #[must_use]
    pub fn ahead(&self, at: Instant) -> i64 {
        self.offset_at(at.ms().div_euclid(MINUTE_MS))
    }

    /// The day, and the minute of it (0 to 1439), that clocks show at a moment.
    #[must_use]
    pub fn civil(&self, at: Instant) -> (Day, u16) {
        let utc = at.ms().div_euclid(MINUTE_MS);
        let local = utc + self.offset_at(utc);
        let day = Instant::from_ms(local.saturating_mul(MINUTE_MS)).day_utc();
        (day, u16::try_from(local.rem_euclid(MINUTES_A_DAY)).unwrap_or(0))
    }

    /// The day that it is at a moment.
    #[must_use]
    pub fn day(&self, at: Instant) -> Day {
        self.civil(at).0
    }

    /// The moment when clocks show a minute of a day. Of two such moments it is the earlier one; a minute that is skipped
    /// when clocks are put forward is as much later as they are (RFC 5545, 3.3.5).
    #[must_use]
    pub fn instant(&self, day: Day, minute: u16) -> Instant {
        let local = i64::from(day.number()) * MINUTES_A_DAY + i64::from(minute);
        // No clock is further than a day from Greenwich, and none is put twice within two days.
        let (before, after) = (self.offset_at(local - MINUTES_A_DAY), self.offset_at(local + MINUTES_A_DAY));
        let fits = |offset: i64| self.offset_at(local - offset) == offset;
        let offset = if fits(before) || !fits(after) { before } else { after };
        Instant::from_ms((local - offset) * MINUTE_MS)
    }
}
