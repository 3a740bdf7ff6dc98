//! Days and instants. A day is not an instant: Friday ends at another moment in Tokyo than in Lisbon.
//!
//! Must not know: the clock, and the zone database (only the server has one).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use wire::{FromWire, Node, ToWire, Wire, write_text};

use crate::text::Invalid;

/// A moment: milliseconds since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "db", derive(sea_orm::DeriveValueType))]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The same moment plus so many milliseconds; stays at the ends of time instead of wrapping.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The day it is at this moment in UTC.
    #[must_use]
    pub fn day_utc(self) -> Day {
        Day(i32::try_from(self.0.div_euclid(86_400_000)).unwrap_or(i32::MAX))
    }

    /// `2026-11-22T09:30:00Z`, for `<time datetime>`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let second = self.0.div_euclid(1000).rem_euclid(86_400);
        format!("{}T{:02}:{:02}:{:02}Z", self.day_utc(), second / 3600, second / 60 % 60, second % 60)
    }
}

/// A day of the calendar, without a place: days since 1970-01-01 in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "db", derive(sea_orm::DeriveValueType))]
pub struct Day(i32);

impl Day {
    /// The day of a date, or nothing when the calendar has no such day. Years 1 to 9999.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
            return None;
        }
        // Days from civil: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Years begin in March.
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let month_from_march = (i32::try_from(month).unwrap_or(1) + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + i32::try_from(day).unwrap_or(1) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// Year, month (1 to 12) and day (1 to 31).
    #[must_use]
    pub fn ymd(self) -> (i32, u32, u32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1).unsigned_abs();
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 }.unsigned_abs();
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month, day)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// From days since 1970-01-01; nothing outside the years 1 to 9999.
    #[must_use]
    pub fn from_number(days: i32) -> Option<Self> {
        (-719_162..=2_932_896).contains(&days).then_some(Self(days))
    }

    /// The day of the week: 0 for Monday.
    #[must_use]
    pub const fn weekday(self) -> u32 {
        // The first of January 1970 was a Thursday.
        (self.0 + 3).rem_euclid(7).unsigned_abs()
    }

    /// The month in three letters: `Mar`.
    #[must_use]
    pub fn month_name(self) -> &'static str {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        MONTHS[self.ymd().1 as usize - 1]
    }
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.splitn(3, '-');
        let mut next = |digits: usize| {
            parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?.parse::<u32>().ok()
        };
        let date = next(4).zip(next(2)).zip(next(2));
        date.and_then(|((y, m), d)| Self::from_ymd(i32::try_from(y).ok()?, m, d))
            .ok_or(Invalid("The calendar has no such day. Write it as 2026-11-27."))
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl ToWire for Day {
    fn write(&self, out: &mut String) {
        write_text(out, &self.to_string());
    }
}

impl FromWire for Day {
    fn read(node: Node<'_>) -> Option<Self> {
        node.checked(node.text()?.parse::<Self>())
    }
}

/// The name of a time zone in the IANA database, such as `Europe/Berlin`. Only its form is checked here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Wire)]
#[serde(try_from = "String", into = "String")]
#[wire(checked)]
pub struct ZoneName(String);

impl ZoneName {
    /// Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ZoneName {
    type Error = Invalid;
    fn try_from(name: String) -> Result<Self, Invalid> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+');
        if (1..=64).contains(&name.len()) && name.bytes().all(fine) {
            Ok(Self(name))
        } else {
            Err(Invalid("This is not the name of a time zone. An example is Europe/Berlin."))
        }
    }
}

impl From<ZoneName> for String {
    fn from(zone: ZoneName) -> Self {
        zone.0
    }
}

/// When a task is due: on a day, wherever one is, or at an instant that was chosen in a zone. Never a midnight.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Wire)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// By the end of this day, where the reader is.
    Day(Day),
    /// At this moment; shown in the zone in which it was chosen beside the reader's own.
    At {
        /// The moment.
        instant: Instant,
        /// The zone it was chosen in.
        zone: ZoneName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for number in -100_000..146_097 {
            let day = Day::from_number(number).unwrap();
            let (y, m, d) = day.ymd();
            assert_eq!(Day::from_ymd(y, m, d), Some(day));
        }
        assert_eq!(Day::from_ymd(1970, 1, 1).unwrap().number(), 0);
        assert_eq!(Day::from_ymd(2000, 3, 1).unwrap().number(), 11_017);
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for (text, ok) in [
            ("2026-11-27", true),
            ("2024-02-29", true),
            ("2026-02-29", false),
            ("2026-13-01", false),
            ("26-11-27", false),
            ("2026-11-7", false),
            ("2026-11-27 ", false),
            ("+026-11-27", false),
        ] {
            assert_eq!(text.parse::<Day>().map(|d| d.to_string()).ok(), ok.then(|| text.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(Instant::from_ms(1_700_000_000_123).rfc3339(), "2023-11-14T22:13:20Z");
        assert_eq!(Instant::from_ms(-1).rfc3339(), "1969-12-31T23:59:59Z");
    }
}
