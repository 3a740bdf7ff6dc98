//! How a reader writes days, times and numbers, and what day it is for them. One formatter for both sides.
//!
//! Must not know: the clock, and what a browser says about its reader; it is told both.

use std::{fmt, str::FromStr, sync::Arc};
use wire::{FromWire, Node, ToWire, Wire, write_text};

use crate::{
    text::Invalid,
    when::{Day, Due, Instant, ZoneName},
    zone::Zone,
};

/// In which order the parts of a date are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `19 Mar 2027`
    DayMonthYear,
    /// `Mar 19, 2027`
    MonthDayYear,
    /// `2027 Mar 19`
    YearMonthDay,
}

/// How many hours a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `9:05 am`
    Twelve,
    /// `09:05`
    TwentyFour,
}

/// What people are used to where the reader comes from, as their browser knows it.
///
/// As a text (a cookie) it is `dmy-24-1-44`: the order of dates, the hours of the clock, the first day of the week (1 for
/// Monday to 7 for Sunday, as ISO 8601 counts), and the character between thousands as its number in Unicode, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// The order of dates.
    pub order: DateOrder,
    /// The hours of the clock.
    pub clock: Clock,
    /// The first day of the week: 0 for Monday.
    pub week_start: u32,
    /// What stands between thousands.
    pub group: Option<char>,
}

impl Default for Habits {
    fn default() -> Self {
        Self { order: DateOrder::DayMonthYear, clock: Clock::TwentyFour, week_start: 0, group: Some(',') }
    }
}

impl fmt::Display for Habits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.order {
            DateOrder::DayMonthYear => "dmy",
            DateOrder::MonthDayYear => "mdy",
            DateOrder::YearMonthDay => "ymd",
        })?;
        f.write_str(match self.clock {
            Clock::Twelve => "-12-",
            Clock::TwentyFour => "-24-",
        })?;
        (self.week_start + 1).fmt(f)?;
        f.write_str("-")?;
        self.group.map_or(0, u32::from).fmt(f)
    }
}

impl FromStr for Habits {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut parts = text.split('-');
        let mut read = || {
            let order = match parts.next()? {
                "dmy" => DateOrder::DayMonthYear,
                "mdy" => DateOrder::MonthDayYear,
                "ymd" => DateOrder::YearMonthDay,
                _ => return None,
            };
            let clock = match parts.next()? {
                "12" => Clock::Twelve,
                "24" => Clock::TwentyFour,
                _ => return None,
            };
            let first = parts.next()?.parse::<u32>().ok().filter(|day| (1..=7).contains(day))?;
            let group = match parts.next()?.parse::<u32>().ok()? {
                0 => None,
                code => Some(char::from_u32(code).filter(|c| !c.is_control() && !c.is_alphanumeric())?),
            };
            parts.next().is_none().then_some(Self { order, clock, week_start: first - 1, group })
        };
        read().ok_or(Invalid("This does not say how dates and numbers are written. An example is dmy-24-1-44."))
    }
}

impl ToWire for Habits {
    fn write(&self, out: &mut String) {
        write_text(out, &self.to_string());
    }
}

impl FromWire for Habits {
    fn read(node: Node<'_>) -> Option<Self> {
        node.checked(node.text()?.parse::<Self>())
    }
}

/// Where a reader is, and what they are used to.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Reader {
    /// Where they are.
    pub zone: Zone,
    /// What they are used to.
    pub habits: Habits,
}

impl Default for Reader {
    /// Somebody of whom nothing is known.
    fn default() -> Self {
        Self { zone: Zone::utc(), habits: Habits::default() }
    }
}

impl Reader {
    /// `19 Mar`, and with the year when it is another than `today`'s; in the reader's order.
    #[must_use]
    pub fn short(&self, day: Day, today: Day) -> String {
        let (year, _, date) = day.ymd();
        let (mut text, date, month) = (String::new(), date.to_string(), day.month_name());
        let year = if year == today.ymd().0 { String::new() } else { year.to_string() };
        let (parts, between) = match self.habits.order {
            DateOrder::DayMonthYear => ([&date, month, &year], [" ", " "]),
            DateOrder::MonthDayYear => ([month, &date, &year], [" ", ", "]),
            DateOrder::YearMonthDay => ([&*year, month, &date], [" ", " "]),
        };
        for (n, part) in parts.into_iter().enumerate() {
            if !text.is_empty() && !part.is_empty() {
                text += between[n - 1];
            }
            text += part;
        }
        text
    }

    /// A minute of a day: `09:05`, or `9:05 am`.
    #[must_use]
    pub fn time(&self, minute: u16) -> String {
        let (hour, minute) = (minute / 60, minute % 60);
        let is_twelve = self.habits.clock == Clock::Twelve;
        let shown = if is_twelve { (hour + 11) % 12 + 1 } else { hour };
        let mut text = String::new();
        if shown < 10 && !is_twelve {
            text.push('0');
        }
        text += &shown.to_string();
        text += if minute < 10 { ":0" } else { ":" };
        text += &minute.to_string();
        if is_twelve {
            text += if hour < 12 { " am" } else { " pm" };
        }
        text
    }

    /// A count: `4,000`.
    #[must_use]
    pub fn number(&self, n: usize) -> String {
        let digits = n.to_string();
        let Some(group) = self.habits.group else { return digits };
        let mut text = String::new();
        for (place, digit) in digits.char_indices() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        text
    }
}

/// The present of a reader: who they are and what day it is for them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today {
    /// The day.
    pub day: Day,
    /// Whose.
    pub reader: Arc<Reader>,
}

impl Today {
    /// The day that a moment falls on for a reader.
    #[must_use]
    pub fn of(reader: Arc<Reader>, now: Instant) -> Self {
        Self { day: reader.zone.day(now), reader }
    }

    /// The day by which something is due: a moment counts by the day it falls on for the reader.
    #[must_use]
    pub fn due_day(&self, due: &Due) -> Day {
        match due {
            Due::Day(day) => *day,
            Due::At { instant, .. } => self.reader.zone.day(*instant),
        }
    }

    /// The minute of the day at which something is due, for the reader; nothing when it is due on the whole day.
    #[must_use]
    pub fn due_minute(&self, due: &Due) -> Option<u16> {
        match due {
            Due::Day(_) => None,
            Due::At { instant, .. } => Some(self.reader.zone.civil(*instant).1),
        }
    }

    /// How many days after today a day is.
    #[must_use]
    pub const fn until(&self, day: Day) -> i32 {
        day.number() - self.day.number()
    }

    /// A day in relation to today: `Yesterday`, `19 Mar`.
    #[must_use]
    pub fn text(&self, day: Day) -> String {
        match self.until(day) {
            0 => "Today".to_owned(),
            1 => "Tomorrow".to_owned(),
            -1 => "Yesterday".to_owned(),
            _ => self.short(day),
        }
    }

    /// `19 Mar`, with the year when it is not this one.
    #[must_use]
    pub fn short(&self, day: Day) -> String {
        self.reader.short(day, self.day)
    }

    /// `Today 09:05`, `19 Mar 12:00`.
    #[must_use]
    pub fn moment(&self, at: Instant) -> String {
        let (day, minute) = self.reader.zone.civil(at);
        self.text(day) + " " + &self.reader.time(minute)
    }

    /// When something is due, as told in a few words: `Tomorrow`, `19 Mar 12:00`.
    #[must_use]
    pub fn due(&self, due: &Due) -> String {
        match due {
            Due::Day(day) => self.text(*day),
            Due::At { instant, .. } => self.moment(*instant),
        }
    }

    /// Due on a day, or at a minute of it where the reader is.
    #[must_use]
    pub fn make_due(&self, day: Day, minute: Option<u16>) -> Due {
        let zone = &self.reader.zone;
        match minute {
            None => Due::Day(day),
            Some(minute) => Due::At { instant: zone.instant(day, minute), zone: zone.name.clone() },
        }
    }
}

/// The cookie in which a browser tells what it knows of its reader: the name of the zone, `!`, and the [`Habits`].
#[must_use]
pub fn read_reader(text: &str) -> Option<(ZoneName, Habits)> {
    let (zone, habits) = text.split_once('!')?;
    Some((ZoneName::try_from(zone.to_owned()).ok()?, habits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn reader(habits: &str) -> Reader {
        Reader { zone: Zone::utc(), habits: habits.parse().unwrap() }
    }

    #[test]
    fn habits_are_read_as_they_are_written() {
        for text in ["dmy-24-1-44", "mdy-12-7-44", "ymd-24-1-8239", "dmy-24-6-0"] {
            assert_eq!(text.parse::<Habits>().unwrap().to_string(), text);
        }
        for text in ["", "dmy", "dmy-24-1", "dmy-24-0-44", "dmy-24-8-44", "dmy-13-1-44", "dmy-24-1-65", "dmy-24-1-44-1"]
        {
            assert!(text.parse::<Habits>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn days_times_and_numbers_are_written_as_the_reader_is_used_to() {
        let (today, this, next) = (day("2026-11-22"), day("2026-03-09"), day("2027-01-02"));
        for (habits, short, far, morning, night, number) in [
            ("dmy-24-1-46", "9 Mar", "2 Jan 2027", "09:05", "00:30", "1.234.567"),
            ("mdy-12-7-44", "Mar 9", "Jan 2, 2027", "9:05 am", "12:30 am", "1,234,567"),
            ("ymd-24-1-0", "Mar 9", "2027 Jan 2", "09:05", "00:30", "1234567"),
        ] {
            let reader = reader(habits);
            assert_eq!((reader.short(this, today), reader.short(next, today)), (short.to_owned(), far.to_owned()));
            assert_eq!((reader.time(9 * 60 + 5), reader.time(30)), (morning.to_owned(), night.to_owned()));
            assert_eq!(reader.number(1_234_567), number);
            assert_eq!((reader.number(0), reader.number(999)), ("0".to_owned(), "999".to_owned()));
        }
        assert_eq!(reader("mdy-12-7-44").time(12 * 60), "12:00 pm");
    }

    #[test]
    fn days_near_today_have_names() {
        let today = Today { day: day("2026-11-22"), reader: Arc::default() };
        for (text, told) in [
            ("2026-11-22", "Today"),
            ("2026-11-23", "Tomorrow"),
            ("2026-11-21", "Yesterday"),
            ("2026-03-19", "19 Mar"),
            ("2027-03-19", "19 Mar 2027"),
        ] {
            assert_eq!(today.text(day(text)), told);
        }
        assert_eq!(today.moment(today.reader.zone.instant(day("2026-11-21"), 9 * 60 + 5)), "Yesterday 09:05");
    }

    #[test]
    fn what_a_browser_tells_is_read_or_refused_whole() {
        let (zone, habits) = read_reader("Europe/Berlin!dmy-24-1-46").unwrap();
        assert_eq!((zone.as_str(), habits.group), ("Europe/Berlin", Some('.')));
        for text in ["", "Europe/Berlin", "!dmy-24-1-46", "a b!dmy-24-1-46", "Europe/Berlin!x"] {
            assert!(read_reader(text).is_none(), "{text:?}");
        }
    }
}
