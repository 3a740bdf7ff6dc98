//! Moments and days as people read them. The server paints UTC; once the page lives, the reader's own zone is shown.

use leptos::prelude::*;

use crate::live::{effect, live, part};
use model::{Day, Due, Instant, ZoneName};
use wasm_bindgen::{JsCast, JsValue};

/// A moment.
#[component]
pub(crate) fn When(
    /// The moment.
    at: Instant,
) -> impl IntoView {
    let text = RwSignal::new(utc(at));
    effect(move || text.set(local(at)));
    part! { <time datetime=at.rfc3339()>{live(move || text.get())}</time> }
}

fn utc(at: Instant) -> String {
    let (hour, minute) = (at.ms().div_euclid(3_600_000).rem_euclid(24), at.ms().div_euclid(60_000).rem_euclid(60));
    let day = at.day_utc();
    // Its own day as "today" leaves the year out; a moment of another year is seldom on a fresh page.
    format!("{} {hour:02}:{minute:02} UTC", day.short(day))
}

/// The day and the time of day where the reader is.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "the parts of a date are small")]
fn local(at: Instant) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(at.ms() as f64));
    let day = Day::from_ymd(date.get_full_year() as i32, date.get_month() + 1, date.get_date());
    let today = local_day(crate::ids::now());
    match day {
        Some(day) => moment(day, date.get_hours(), date.get_minutes(), today.unwrap_or(day)),
        None => utc(at),
    }
}

/// The day it is at a moment where the reader is.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "the parts of a date are small")]
pub(crate) fn local_day(at: Instant) -> Option<Day> {
    let date = js_sys::Date::new(&JsValue::from_f64(at.ms() as f64));
    Day::from_ymd(date.get_full_year() as i32, date.get_month() + 1, date.get_date())
}

/// The day with which a week begins for the reader, 0 for Monday; nothing from browsers that do not say it.
pub(crate) fn week_start() -> Option<usize> {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).ok();
    let language = web_sys::window()?.navigator().language()?;
    let locale = get(&get(&js_sys::global(), "Intl")?, "Locale")?.dyn_into::<js_sys::Function>().ok()?;
    let locale = js_sys::Reflect::construct(&locale, &js_sys::Array::of1(&JsValue::from_str(&language))).ok()?;
    // It was a property before it was a function.
    let info = match get(&locale, "getWeekInfo")?.dyn_ref::<js_sys::Function>() {
        Some(function) => function.call0(&locale).ok()?,
        None => get(&locale, "weekInfo")?,
    };
    let first = get(&info, "firstDay")?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 7")]
    (1.0..=7.0).contains(&first).then_some(first as usize - 1)
}

/// Due on a day, or at a minute of it where the reader is.
pub(crate) fn local_due(day: Day, minute: Option<u16>) -> Due {
    let moment = minute.and_then(|minute| {
        let (year, month, date) = day.ymd();
        let (month, date) = (i32::try_from(month).ok()? - 1, i32::try_from(date).ok()?);
        let (hour, minute) = (i32::from(minute / 60), i32::from(minute % 60));
        let year = u32::try_from(year).ok()?;
        let moment = js_sys::Date::new_with_year_month_day_hr_min(year, month, date, hour, minute);
        let options =
            js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
        let zone = js_sys::Reflect::get(&options, &JsValue::from_str("timeZone")).ok()?.as_string()?;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
        let instant = Instant::from_ms(moment.get_time() as i64);
        Some(Due::At { instant, zone: ZoneName::try_from(zone).ok()? })
    });
    // A browser that does not know its zone still knows the day.
    moment.unwrap_or(Due::Day(day))
}

/// `Today 09:05`, `Yesterday 23:59`, `19 Mar 12:00`.
fn moment(day: Day, hour: u32, minute: u32, today: Day) -> String {
    format!("{} {hour:02}:{minute:02}", day_text(day, today))
}

/// A day in relation to today.
pub(crate) fn day_text(day: Day, today: Day) -> String {
    match day.number() - today.number() {
        0 => "Today".to_owned(),
        1 => "Tomorrow".to_owned(),
        -1 => "Yesterday".to_owned(),
        _ => day.short(today),
    }
}

/// The day it is for the reader: the server's day in UTC until the page lives.
pub(crate) fn reader_day(today: Day) -> ReadSignal<Day> {
    let (today, set_today) = signal(today);
    effect(move || {
        if let Some(day) = local_day(crate::ids::now()) {
            set_today.set(day);
        }
    });
    today
}

/// The day by which something is due; a moment counts by its day in UTC until zones are shown.
pub(crate) fn due_day(due: &Due) -> Day {
    match due {
        Due::Day(day) => *day,
        Due::At { instant, .. } => instant.day_utc(),
    }
}

/// Overdue is bad, today is a warning, and what is finished is neither.
pub(crate) fn due_tone(day: Day, today: Day, is_finished: bool) -> Option<&'static str> {
    if is_finished || day > today {
        None
    } else if day == today {
        Some("warn")
    } else {
        Some("bad")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_near_today_have_names() {
        let today = day("2026-11-22");
        for (text, told) in [
            ("2026-11-22", "Today"),
            ("2026-11-23", "Tomorrow"),
            ("2026-11-21", "Yesterday"),
            ("2026-03-19", "19 Mar"),
            ("2027-03-19", "19 Mar 2027"),
        ] {
            assert_eq!(day_text(day(text), today), told);
        }
        assert_eq!(moment(day("2026-11-21"), 9, 5, today), "Yesterday 09:05");
    }

    #[test]
    fn what_is_late_is_marked_until_it_is_finished() {
        let today = day("2026-11-22");
        assert_eq!(due_tone(day("2026-11-21"), today, false), Some("bad"));
        assert_eq!(due_tone(today, today, false), Some("warn"));
        assert_eq!(due_tone(day("2026-11-23"), today, false), None);
        assert_eq!(due_tone(day("2026-11-21"), today, true), None);
    }
}
