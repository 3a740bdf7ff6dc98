//! The days of a month: which are shown, how they are called, where keys lead from them.
//!
//! Must not know: tasks on the screen, hands.

use model::{DateOrder, Day, Due, Today};

use crate::{
    data::view::Month,
    pages::my_tasks::{days_into_week, month_name, weekday_name},
};

/// The days that are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) month: Month,
    /// The number of the first one.
    pub(crate) start: i32,
    pub(crate) n_weeks: i32,
}

impl Shown {
    /// The weeks that a month is in; a week begins on this day, 0 for Monday.
    pub(super) fn of(month: Month, week_start: u32) -> Self {
        let number = |month: Month| month.first().map_or(0, Day::number);
        let first = number(month);
        let start = first - month.first().map_or(0, |day| days_into_week(day, week_start));
        // The last month of the calendar has a December's days.
        let end = Some(number(month.plus(1))).filter(|end| *end > first).unwrap_or(first + 31);
        Self { month, start, n_weeks: (end - start + 6) / 7 }
    }

    /// Where a day stands among them.
    pub(crate) fn place(self, day: Day) -> Option<usize> {
        usize::try_from(day.number() - self.start).ok().filter(|_| day.number() < self.start + 7 * self.n_weeks)
    }

    /// The day of a place.
    pub(crate) fn day(self, place: usize) -> Option<Day> {
        Day::from_number(self.start + i32::try_from(place).ok()?)
    }
}

/// The month that is shown.
pub(crate) fn month(asked: Option<Month>, today: Day) -> Month {
    asked.unwrap_or_else(|| Month::of(today))
}

/// The id of a day of the month.
pub(crate) fn day_id(day: Day) -> String {
    "day-".to_owned() + &day.to_string()
}

/// `Friday 27 November`, and the year if it is another than today's; in the reader's order.
pub(crate) fn full(day: Day, today: &Today) -> String {
    let (year, month, date) = day.ymd();
    let (month, date) = (month_name(month), date.to_string());
    let year = if year == today.day.ymd().0 { String::new() } else { year.to_string() };
    let (parts, comma) = match today.reader.habits.order {
        DateOrder::DayMonthYear => ([weekday_name(day), &date, month, &year], " "),
        DateOrder::MonthDayYear => ([weekday_name(day), month, &date, &year], ", "),
        DateOrder::YearMonthDay => ([&*year, month, &date, weekday_name(day)], " "),
    };
    let mut text = String::new();
    for (n, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
        text += match n {
            0 => "",
            2 => " ",
            _ => comma,
        };
        text += part;
    }
    text
}

/// Where a key leads from a day.
pub(super) fn stepped(from: Day, key: &str, week: i32) -> Option<Day> {
    let into_week = (from.number() - week).rem_euclid(7);
    let days = match key {
        "ArrowLeft" => -1,
        "ArrowRight" => 1,
        "ArrowUp" => -7,
        "ArrowDown" => 7,
        "Home" => -into_week,
        "End" => 6 - into_week,
        "PageUp" => return in_month(from, -1),
        "PageDown" => return in_month(from, 1),
        _ => return None,
    };
    Day::from_number(from.number() + days)
}

/// The same date so many months later, or the last day of that month.
fn in_month(from: Day, months: isize) -> Option<Day> {
    let (year, month) = Month::of(from).plus(months).parts();
    (1..=from.ymd().2).rev().find_map(|date| Day::from_ymd(year, month, date))
}

/// What is due on another day. A time of day stays.
pub(super) fn moved(due: Option<&Due>, to: Option<Day>) -> Option<Due> {
    let to = to?;
    Some(match due {
        Some(Due::At { instant, zone }) => {
            let days = i64::from(to.number()) - i64::from(instant.day_utc().number());
            Due::At { instant: instant.plus_ms(days * 86_400_000), zone: zone.clone() }
        }
        _ => Due::Day(to),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, Reader, ZoneName};

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_shown_in_whole_weeks() {
        for (month, week_start, start, n_weeks) in [
            ("2026-11-15", 0, "2026-10-26", 6),
            ("2026-11-15", 6, "2026-11-01", 5),
            ("2026-03-11", 0, "2026-02-23", 6),
            ("2021-02-01", 0, "2021-02-01", 4),
            ("9999-12-01", 0, "9999-11-29", 5),
        ] {
            let shown = Shown::of(Month::of(day(month)), week_start);
            assert_eq!((Day::from_number(shown.start).unwrap(), shown.n_weeks), (day(start), n_weeks), "{month}");
            assert_eq!((shown.place(day(start)), shown.day(0)), (Some(0), Some(day(start))));
            let place = shown.place(day(month)).unwrap();
            assert_eq!(shown.day(place), Some(day(month)));
            assert_eq!(Day::from_number(shown.start - 1).and_then(|day| shown.place(day)), None);
            assert_eq!(Day::from_number(shown.start + n_weeks * 7).and_then(|day| shown.place(day)), None);
        }
    }

    #[test]
    fn keys_lead_by_days_weeks_and_months() {
        let week = day("2026-10-26").number();
        for (from, key, to) in [
            ("2026-11-27", "ArrowLeft", "2026-11-26"),
            ("2026-11-30", "ArrowRight", "2026-12-01"),
            ("2026-11-27", "ArrowUp", "2026-11-20"),
            ("2026-11-27", "ArrowDown", "2026-12-04"),
            ("2026-11-27", "Home", "2026-11-23"),
            ("2026-11-27", "End", "2026-11-29"),
            ("2026-01-31", "PageDown", "2026-02-28"),
            ("2026-03-30", "PageUp", "2026-02-28"),
            ("2024-01-30", "PageDown", "2024-02-29"),
            ("2026-01-05", "PageUp", "2025-12-05"),
        ] {
            assert_eq!(stepped(day(from), key, week), Some(day(to)), "{from} {key}");
        }
        assert_eq!(stepped(day("2026-11-27"), "a", week), None);
    }

    #[test]
    fn what_is_moved_to_another_day_keeps_its_time() {
        let at = |text: &str, ms: i64| Due::At {
            instant: Instant::from_ms(i64::from(day(text).number()) * 86_400_000 + ms),
            zone: ZoneName::try_from("Europe/Lisbon".to_owned()).unwrap(),
        };
        let to = day("2026-12-01");
        assert_eq!(moved(Some(&at("2026-11-27", 34_200_000)), Some(to)), Some(at("2026-12-01", 34_200_000)));
        assert_eq!(moved(Some(&Due::Day(day("2026-11-27"))), Some(to)), Some(Due::Day(to)));
        assert_eq!(moved(None, Some(to)), Some(Due::Day(to)));
        assert_eq!(moved(Some(&Due::Day(to)), None), None);
    }

    #[test]
    fn a_day_is_said_with_its_weekday() {
        let of = |habits: &str| Today {
            day: day("2026-11-23"),
            reader: Reader { habits: habits.parse().unwrap(), ..Reader::default() }.into(),
        };
        let (today, of_america) = (&of("dmy-24-1-44"), &of("mdy-12-7-44"));
        assert_eq!(full(day("2026-11-27"), of_america), "Friday, November 27");
        assert_eq!(full(day("2027-01-01"), of_america), "Friday, January 1, 2027");
        assert_eq!(full(day("2026-11-27"), today), "Friday 27 November");
        assert_eq!(full(day("2027-01-01"), today), "Friday 1 January 2027");
    }
}
