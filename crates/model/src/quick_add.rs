//! What somebody means who writes a task down in one line: `Send the report fri 14:00 +dev @compliance !high`.
//!
//! | written | means |
//! |---|---|
//! | `today`, `tomorrow`, `fri`, `next fri`, `next week`, `next month`, `in 3 days`, `27 mar`, `mar 27`, `15/3`, `2026-03-27` | due on that day |
//! | `14:00`, `5pm` behind a day, or `at 14:00` | due at that time of day |
//! | `!urgent`, `!high`, `!medium`, `!low`, `!1` to `!4` | how urgent |
//! | `@label` | a label of the project, by the beginning of a word of its name |
//! | `+name`, `+me` | a member of the project, in the same way |
//!
//! What fits two labels or two people stays text. Must not know: the clock, and in which zone a time of day is meant.

use crate::{
    id::{LabelId, PersonId},
    people::Priority,
    when::Day,
};

/// What a line can refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The day it is.
    pub today: Day,
    /// Who writes, if they are a member.
    pub me: Option<PersonId>,
    /// The members of the project with their names.
    pub people: Vec<(PersonId, String)>,
    /// The labels of the project with their names.
    pub labels: Vec<(LabelId, String)>,
}

/// What a few words of a line mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Due on this day.
    Day(Day),
    /// Due at this minute of the day.
    Minute(u16),
    /// How urgent.
    Priority(Priority),
    /// Has this label.
    Label(LabelId),
    /// This person does it.
    Person(PersonId),
}

/// Words of a line that mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where they begin, in bytes.
    pub from: usize,
    /// Where they end, in bytes.
    pub to: usize,
    /// What they mean.
    pub meaning: Meaning,
}

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is left of it when the words that mean something are taken out.
    pub title: String,
    /// Those words, in order.
    pub tokens: Vec<Token>,
}

impl Line {
    /// The day and the minute of the day that it names. A time without a day is today's.
    #[must_use]
    pub fn due(&self, today: Day) -> Option<(Day, Option<u16>)> {
        let (mut day, mut minute) = (None, None);
        for token in &self.tokens {
            match token.meaning {
                Meaning::Day(d) => day = Some(d),
                Meaning::Minute(m) => minute = Some(m),
                _ => {}
            }
        }
        (day.is_some() || minute.is_some()).then(|| (day.unwrap_or(today), minute))
    }
}

/// Reads a line. Words that are in `plain` mean nothing: somebody has said so.
#[must_use]
pub fn read(text: &str, known: &Known, plain: &[String]) -> Line {
    let words = words(text);
    let mut tokens: Vec<Token> = Vec::new();
    let mut place = 0;
    while place < words.len() {
        let Some((n, meaning)) = meaning(&words[place..], known, &tokens) else {
            place += 1;
            continue;
        };
        let (from, to) = (words[place].from, words[place + n - 1].to);
        if plain.iter().any(|p| *p == text[from..to]) {
            place += 1;
            continue;
        }
        tokens.push(Token { from, to, meaning });
        place += n;
    }
    let (mut title, mut at) = (String::new(), 0);
    for part in tokens.iter().map(|t| (t.from, t.to)).chain([(text.len(), text.len())]) {
        let words = text[at..part.0].trim();
        if !words.is_empty() {
            if !title.is_empty() {
                title.push(' ');
            }
            title.push_str(words);
        }
        at = part.1;
    }
    // A task has to be called something.
    if title.is_empty() {
        return Line { title: text.trim().to_owned(), tokens: Vec::new() };
    }
    Line { title, tokens }
}

/// A word in lower case, and where it is.
struct Word {
    from: usize,
    to: usize,
    text: String,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut from = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_whitespace(), from) {
            (false, None) => from = Some(at),
            (true, Some(begin)) => {
                words.push(Word { from: begin, to: at, text: text[begin..at].to_lowercase() });
                from = None;
            }
            _ => {}
        }
    }
    words
}

/// What the first of these words mean, and how many they are. Of days, times and priorities the first one counts.
fn meaning(words: &[Word], known: &Known, before: &[Token]) -> Option<(usize, Meaning)> {
    let word = words.first()?.text.as_str();
    let has = |is: fn(&Meaning) -> bool| before.iter().any(|t| is(&t.meaning));
    if let Some(name) = word.strip_prefix('!') {
        let priority = priority(name).filter(|_| !has(|m| matches!(m, Meaning::Priority(_))))?;
        return Some((1, Meaning::Priority(priority)));
    }
    if let Some(name) = word.strip_prefix('@') {
        return Some((1, Meaning::Label(called(name, &known.labels)?)));
    }
    if let Some(name) = word.strip_prefix('+') {
        let me = known.me.filter(|_| name == "me");
        return Some((1, Meaning::Person(me.or_else(|| called(name, &known.people))?)));
    }
    if !has(|m| matches!(m, Meaning::Minute(_))) {
        if word == "at"
            && let Some(minute) = words.get(1).and_then(|w| minute(&w.text))
        {
            return Some((2, Meaning::Minute(minute)));
        }
        let follows_day =
            before.last().is_some_and(|t| matches!(t.meaning, Meaning::Day(_)) && t.to + 1 == words[0].from);
        if follows_day && let Some(minute) = minute(word) {
            return Some((1, Meaning::Minute(minute)));
        }
    }
    if has(|m| matches!(m, Meaning::Day(_))) {
        return None;
    }
    let lead = usize::from(matches!(word, "by" | "on" | "due"));
    let texts: Vec<&str> = words[lead..].iter().take(4).map(|w| w.text.as_str()).collect();
    let (n, day) = day(&texts, known.today)?;
    Some((n + lead, Meaning::Day(day)))
}

fn priority(name: &str) -> Option<Priority> {
    match name {
        "urgent" | "1" => Some(Priority::Urgent),
        "high" | "2" => Some(Priority::High),
        "medium" | "3" => Some(Priority::Medium),
        "low" | "4" => Some(Priority::Low),
        _ => None,
    }
}

/// The one of them that is called so: by its whole name, or by the beginning of one of its words.
fn called<T: Copy>(name: &str, all: &[(T, String)]) -> Option<T> {
    let joined = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "");
    let wanted = joined(name);
    if wanted.is_empty() {
        return None;
    }
    let mut fits: Vec<T> = Vec::new();
    for (id, full) in all {
        let whole = joined(full);
        if whole == wanted {
            return Some(*id);
        }
        if whole.starts_with(&wanted) || full.split_whitespace().any(|word| joined(word).starts_with(&wanted)) {
            fits.push(*id);
        }
    }
    // Of two that fit nobody knows which is meant.
    if fits.len() == 1 { fits.pop() } else { None }
}

/// `14:00`, `9:30`, `5pm`, `5:30pm`.
fn minute(word: &str) -> Option<u16> {
    let (clock, half) = if let Some(clock) = word.strip_suffix("pm") {
        (clock, Some(12))
    } else if let Some(clock) = word.strip_suffix("am") {
        (clock, Some(0))
    } else {
        (word, None)
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        None if half.is_some() => (number(clock)?, 0),
        _ => return None,
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        None if hour < 24 => hour,
        _ => return None,
    };
    (minute < 60).then(|| u16::try_from(hour * 60 + minute).ok()).flatten()
}

fn number(text: &str) -> Option<u32> {
    let is_short = (1..=4).contains(&text.len());
    if is_short && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The day that the first of these words name, and how many they are.
fn day(words: &[&str], today: Day) -> Option<(usize, Day)> {
    let plus = |days: u32| Day::from_number(today.number().checked_add(i32::try_from(days).ok()?)?);
    let weekday = today.weekday();
    let (first, second) = (*words.first()?, words.get(1).copied().unwrap_or_default());
    let (n, day) = match first {
        "today" => (1, Some(today)),
        "tomorrow" => (1, plus(1)),
        "next" => match (second, weekday_called(second)) {
            ("week", _) => (2, plus(7 - weekday)),
            ("month", _) => (2, months_on(today, 1, Some(1))),
            (_, Some(wanted)) => (2, plus(7 - weekday + wanted)),
            _ => return None,
        },
        "in" => {
            let n = if matches!(second, "a" | "an" | "one") { 1 } else { number(second)? };
            match words.get(2)?.trim_end_matches('s') {
                "day" => (3, plus(n)),
                "week" => (3, plus(n * 7)),
                "month" => (3, months_on(today, n, None)),
                _ => return None,
            }
        }
        _ => {
            if let Some(wanted) = weekday_called(first) {
                (1, plus((wanted + 6 - weekday) % 7 + 1))
            } else if let Ok(day) = first.parse() {
                (1, Some(day))
            } else if let Some((day, month)) = first.split_once('/') {
                let (month, year) = month.split_once('/').map_or((month, None), |(month, year)| (month, Some(year)));
                let year = year.map_or(Some(None), |year| number(year).filter(|_| year.len() == 4).map(Some))?;
                (1, date(today, number(month)?, number(day)?, year))
            } else {
                let (day, month) = match (number(first), month_called(second)) {
                    (Some(day), Some(month)) => (day, month),
                    _ => (number(second)?, month_called(first)?),
                };
                let year = words.get(2).and_then(|w| number(w).filter(|_| w.len() == 4));
                (2 + usize::from(year.is_some()), date(today, month, day, year))
            }
        }
    };
    Some((n, day?))
}

/// A date of a year, or without one the next that is not over.
fn date(today: Day, month: u32, day: u32, year: Option<u32>) -> Option<Day> {
    if let Some(year) = year {
        return Day::from_ymd(i32::try_from(year).ok()?, month, day);
    }
    let this = today.ymd().0;
    // The 29th of February may be some years away.
    (this..this + 9).filter_map(|year| Day::from_ymd(year, month, day)).find(|found| *found >= today)
}

/// A day so many months later, or the last of that month if it is shorter.
fn months_on(today: Day, months: u32, on: Option<u32>) -> Option<Day> {
    let (year, month, day) = today.ymd();
    let total = month - 1 + months;
    let (year, month) = (year + i32::try_from(total / 12).ok()?, total % 12 + 1);
    (1..=on.unwrap_or(day)).rev().find_map(|day| Day::from_ymd(year, month, day))
}

/// Monday is 0. By the whole name or its first letters, three at least.
fn weekday_called(word: &str) -> Option<u32> {
    one_of(word, &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
}

/// January is 1.
fn month_called(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    one_of(word, &MONTHS).map(|place| place + 1)
}

fn one_of(word: &str, names: &[&str]) -> Option<u32> {
    if !matches!(word.len(), 3..=5) && !names.contains(&word) {
        return None;
    }
    let place = names.iter().position(|name| name.starts_with(word))?;
    u32::try_from(place).ok()
}

/// A line of a list that was pasted: what it says, and how many of the lines before it are around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// Without marks of a list.
    pub text: String,
    /// 0 for a line that is under no other.
    pub level: usize,
}

/// The lines of a text that are tasks, without blank ones and without the marks of a list. An indented line is under the
/// one before it, `most` levels at most.
#[must_use]
pub fn lines(text: &str, most: usize) -> Vec<Pasted> {
    let (mut found, mut indents): (Vec<Pasted>, Vec<usize>) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let begun = line.trim_start();
        let words = unmarked(begun).trim();
        if words.is_empty() {
            continue;
        }
        let indent = line[..line.len() - begun.len()].chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
        while indents.last().is_some_and(|around| *around >= indent) {
            indents.pop();
        }
        let level = indents.len().min(most.saturating_sub(1));
        indents.push(indent);
        found.push(Pasted { text: words.to_owned(), level });
    }
    found
}

/// Without `- `, `* `, `• `, `1. ` and a box to tick.
fn unmarked(line: &str) -> &str {
    let mut rest = line;
    for mark in ["- ", "* ", "• ", "+ "] {
        if let Some(words) = line.strip_prefix(mark) {
            rest = words;
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=3).contains(&digits)
        && let Some(words) = line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") "))
    {
        rest = words;
    }
    let rest = rest.trim_start();
    for mark in ["[ ] ", "[x] ", "[X] "] {
        if let Some(words) = rest.strip_prefix(mark) {
            return words;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Instant, new_id};

    macro_rules! id {
        ($n:literal) => {
            new_id(Instant::from_ms(1), [$n; 10])
        };
    }

    /// A Wednesday.
    fn known() -> Known {
        let people = [(id!(1), "Ana Petrović"), (id!(2), "Dev Menon"), (id!(3), "Ana Lima"), (id!(4), "Ben Okafor")];
        let labels = [(id!(1), "Compliance"), (id!(2), "Supply chain"), (id!(3), "Supply")];
        Known {
            today: "2026-03-11".parse().unwrap(),
            me: Some(id!(4)),
            people: people.map(|(id, name)| (id, name.to_owned())).to_vec(),
            labels: labels.map(|(id, name)| (id, name.to_owned())).to_vec(),
        }
    }

    fn due(text: &str) -> String {
        let known = known();
        match read(&format!("Task {text}"), &known, &[]).due(known.today) {
            None => "-".to_owned(),
            Some((day, None)) => day.to_string(),
            Some((day, Some(minute))) => format!("{day} {:02}:{:02}", minute / 60, minute % 60),
        }
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        for (text, told) in [
            ("today", "2026-03-11"),
            ("Tomorrow", "2026-03-12"),
            ("fri", "2026-03-13"),
            ("friday", "2026-03-13"),
            ("wed", "2026-03-18"),
            ("thurs", "2026-03-12"),
            ("next fri", "2026-03-20"),
            ("next monday", "2026-03-16"),
            ("next week", "2026-03-16"),
            ("next month", "2026-04-01"),
            ("in 3 days", "2026-03-14"),
            ("in 1 day", "2026-03-12"),
            ("in a week", "2026-03-18"),
            ("in 2 weeks", "2026-03-25"),
            ("in 2 months", "2026-05-11"),
            ("27 mar", "2026-03-27"),
            ("Mar 27", "2026-03-27"),
            ("27 March 2028", "2028-03-27"),
            ("2 feb", "2027-02-02"),
            ("29 feb", "2028-02-29"),
            ("15/3", "2026-03-15"),
            ("10/3", "2027-03-10"),
            ("15/3/2029", "2029-03-15"),
            ("2026-03-27", "2026-03-27"),
            ("by fri", "2026-03-13"),
            ("fri 14:00", "2026-03-13 14:00"),
            ("tomorrow at 9:30", "2026-03-12 09:30"),
            ("at 5pm", "2026-03-11 17:00"),
            ("tomorrow 12am", "2026-03-12 00:00"),
        ] {
            assert_eq!(due(text), told, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_day_or_a_time_stays_text() {
        for text in [
            "14:00",
            "31 feb",
            "32/1",
            "1/2/26",
            "next",
            "next time",
            "in 3 parts",
            "in days",
            "5pm",
            "mayor",
            "mo",
            "marching",
            "2026-02-30",
            "27",
            "may",
            "at 25:00",
            "at 5",
            "friend",
            "0 mar",
        ] {
            assert_eq!(due(text), "-", "{text}");
        }
    }

    #[test]
    fn the_months_of_a_short_month_end_with_it() {
        let known = Known { today: "2026-01-31".parse().unwrap(), ..known() };
        let line = read("Task in 1 month", &known, &[]);
        assert_eq!(line.due(known.today), Some(("2026-02-28".parse().unwrap(), None)));
    }

    #[test]
    fn a_whole_line_is_taken_apart() {
        let text = "Send the chamber report to the lab next fri 14:00 +dev @compliance !high";
        let line = read(text, &known(), &[]);
        assert_eq!(line.title, "Send the chamber report to the lab");
        let told: Vec<(&str, Meaning)> = line.tokens.iter().map(|t| (&text[t.from..t.to], t.meaning)).collect();
        assert_eq!(
            told,
            [
                ("next fri", Meaning::Day("2026-03-20".parse().unwrap())),
                ("14:00", Meaning::Minute(14 * 60)),
                ("+dev", Meaning::Person(id!(2))),
                ("@compliance", Meaning::Label(id!(1))),
                ("!high", Meaning::Priority(Priority::High)),
            ]
        );
    }

    #[test]
    fn people_and_labels_are_known_by_the_beginning_of_a_word_and_two_that_fit_stay_text() {
        for (text, meaning) in [
            ("+ana", None),
            ("+lima", Some(Meaning::Person(id!(3)))),
            ("+anapet", Some(Meaning::Person(id!(1)))),
            ("+me", Some(Meaning::Person(id!(4)))),
            ("+nobody", None),
            ("+", None),
            ("@supply", Some(Meaning::Label(id!(3)))),
            ("@supply_chain", Some(Meaning::Label(id!(2)))),
            ("@chain", Some(Meaning::Label(id!(2)))),
            ("@sup", None),
            ("!1", Some(Meaning::Priority(Priority::Urgent))),
            ("!low", Some(Meaning::Priority(Priority::Low))),
            ("!", None),
        ] {
            let line = read(&format!("{text} task"), &known(), &[]);
            assert_eq!(line.tokens.first().map(|t| t.meaning), meaning, "{text}");
        }
    }

    #[test]
    fn of_two_days_the_first_counts_and_the_other_stays_in_the_title() {
        let known = known();
        let line = read("Move fri to monday !high !low", &known, &[]);
        assert_eq!(line.title, "Move to monday !low");
        assert_eq!(line.due(known.today), Some(("2026-03-13".parse().unwrap(), None)));
    }

    #[test]
    fn words_that_somebody_wants_as_text_mean_nothing() {
        let line = read("Paint the sun today", &known(), &["sun".to_owned()]);
        assert_eq!(line.title, "Paint the sun");
        let line = read("Paint the sun", &known(), &["sun".to_owned()]);
        assert_eq!((line.title.as_str(), line.tokens.len()), ("Paint the sun", 0));
    }

    #[test]
    fn a_task_is_called_something() {
        for text in ["today", "!high", "  tomorrow +me "] {
            let line = read(text, &known(), &[]);
            assert_eq!((line.title.as_str(), line.tokens.len()), (text.trim(), 0));
        }
        assert_eq!(read("  Two   words ", &known(), &[]).title, "Two   words");
    }

    #[test]
    fn pasted_lines_are_tasks_with_their_parts() {
        let text = "Plan\n- [ ] Book the hall\n  * Ask Ana\n\t\t- deeper\n\n2. Invite\n-\n";
        let told: Vec<(String, usize)> = lines(text, 2).into_iter().map(|l| (l.text, l.level)).collect();
        let told: Vec<(&str, usize)> = told.iter().map(|(text, level)| (text.as_str(), *level)).collect();
        assert_eq!(told, [("Plan", 0), ("Book the hall", 0), ("Ask Ana", 1), ("deeper", 1), ("Invite", 0), ("-", 0)]);
    }
}
