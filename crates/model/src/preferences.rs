//! What somebody wants to be told, by which way, and when: the one resolver behind inbox, mails, reminders and summaries.
//!
//! Which event concerns whom is [`crate::notice`]'s; here is what becomes of it for a person who has wishes.
//!
//! Must not know: the clock, the zone database, how a mail looks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{
    id::ProjectId,
    inbox::NoticeKind,
    refusal::Refusal,
    text::Invalid,
    when::{Day, Due, Instant, ZoneName},
    zone::Zone,
};

const HOUR_MS: i64 = 3_600_000;
const HOUR: u16 = 60;

/// Something that people may wish to get by mail: a line of the preferences each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// A task is assigned to them.
    Assigned,
    /// They are meant in a text.
    Mentioned,
    /// Somebody comments on a task that they follow.
    Commented,
    /// A task that they follow has another status.
    Moved,
    /// A task of theirs is due at another time.
    Due,
    /// A task of theirs is due tomorrow.
    DayBefore,
    /// A task of theirs is due within the hour.
    HourBefore,
    /// A task of theirs was due and is not done.
    Overdue,
    /// What is to be done today.
    Daily,
    /// How the week was, and what comes.
    Weekly,
}

impl Wish {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 10] = [
        Self::Assigned,
        Self::Mentioned,
        Self::Commented,
        Self::Moved,
        Self::Due,
        Self::DayBefore,
        Self::HourBefore,
        Self::Overdue,
        Self::Daily,
        Self::Weekly,
    ];

    /// What somebody gets who has said nothing.
    const USUAL: [Self; 9] = [
        Self::Assigned,
        Self::Mentioned,
        Self::Commented,
        Self::Due,
        Self::DayBefore,
        Self::HourBefore,
        Self::Overdue,
        Self::Daily,
        Self::Weekly,
    ];

    /// What it is about, as people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Assigned => "A task is assigned to you",
            Self::Mentioned => "Somebody mentions you",
            Self::Commented => "Somebody comments on a task you follow",
            Self::Moved => "A task you follow has another status",
            Self::Due => "The due date of your task changes",
            Self::DayBefore => "Your task is due tomorrow",
            Self::HourBefore => "Your task is due in an hour",
            Self::Overdue => "Your task is overdue",
            Self::Daily => "Summary of the day",
            Self::Weekly => "Summary of the week",
        }
    }

    /// Its name in forms and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Mentioned => "mentioned",
            Self::Commented => "commented",
            Self::Moved => "moved",
            Self::Due => "due",
            Self::DayBefore => "day_before",
            Self::HourBefore => "hour_before",
            Self::Overdue => "overdue",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// Whether it is about the person themselves, and not about what they follow.
    const fn is_direct(self) -> bool {
        !matches!(self, Self::Commented | Self::Moved)
    }
}

impl From<NoticeKind> for Wish {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::Assigned => Self::Assigned,
            NoticeKind::Mentioned => Self::Mentioned,
            NoticeKind::Commented => Self::Commented,
            NoticeKind::Moved => Self::Moved,
            NoticeKind::Due => Self::Due,
        }
    }
}

/// How much somebody wants to hear of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// All that they follow.
    #[default]
    All,
    /// What is about them: tasks of theirs, and where they are mentioned.
    Direct,
    /// Nothing by mail, and in the inbox only what is assigned to them or names them.
    Muted,
}

impl Attention {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::All, Self::Direct, Self::Muted];

    /// Its name in forms and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Direct => "direct",
            Self::Muted => "muted",
        }
    }

    /// What it means, as people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::All => "Everything I follow",
            Self::Direct => "Only what is about me",
            Self::Muted => "Muted",
        }
    }
}

/// By which ways somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// It is in their inbox.
    pub inbox: bool,
    /// They get a mail.
    pub mail: bool,
}

/// How somebody is told of something in a project.
#[must_use]
pub fn channels(wish: Wish, preferences: &Preferences, project: ProjectId) -> Channels {
    let attention = preferences.attention(project);
    let is_heard = match attention {
        Attention::All => true,
        Attention::Direct => wish.is_direct(),
        Attention::Muted => false,
    };
    let names_them = matches!(wish, Wish::Assigned | Wish::Mentioned);
    Channels { inbox: is_heard || names_them, mail: is_heard && preferences.wants(wish) }
}

/// What somebody has said about being told. What is not said is as for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// What they get by mail.
    pub mail: Vec<Wish>,
    /// Where they are; nothing: where their browser was when they last signed in.
    pub zone: Option<ZoneName>,
    /// The hour (0 to 23) at which summaries and reminders of a day come.
    pub hour: u8,
    /// The day on which the summary of the week comes: 0 for Monday.
    pub weekday: u8,
    /// From which hour to which other mails wait; nothing: they never do.
    pub quiet: Option<(u8, u8)>,
    /// Projects of which they want to hear less.
    pub projects: Vec<(ProjectId, Attention)>,
}

/// The form in which people say it: `POST /api/account/preferences`.
#[derive(Clone, Debug, Deserialize)]
pub struct PreferencesForm {
    mail: Vec<Wish>,
    hour: u8,
    weekday: u8,
    quiet_from: Option<u8>,
    quiet_to: Option<u8>,
    zone: String,
    /// `project:` with its id, for each project on the page.
    #[serde(flatten)]
    projects: BTreeMap<String, Attention>,
}

/// The form in which people say whether they want to be seen: `POST /api/account/presence`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct AppearForm {
    /// Whether nobody sees where they are.
    pub offline: bool,
}

impl TryFrom<PreferencesForm> for Preferences {
    type Error = Refusal;

    fn try_from(form: PreferencesForm) -> Result<Self, Refusal> {
        let PreferencesForm { mail, hour, weekday, quiet_from, quiet_to, zone, projects } = form;
        let quiet = match (quiet_from, quiet_to) {
            (Some(from), Some(to)) => Some((from, to)),
            (None, None) => None,
            (Some(_), None) => return Err(Refusal::invalid("quiet_to", "Say until when there are no mails.")),
            (None, Some(_)) => return Err(Refusal::invalid("quiet_from", "Say from when on there are no mails.")),
        };
        let zone = Some(zone.trim().to_owned()).filter(|zone| !zone.is_empty()).map(ZoneName::try_from);
        let zone = zone.transpose().map_err(|why| Refusal::invalid("zone", why.0))?;
        let said = projects.into_iter().filter(|(_, attention)| *attention != Attention::All);
        let project = |(name, attention): (String, Attention)| {
            let id = name.strip_prefix("project:").and_then(|id| id.parse().ok());
            id.map(|id| (id, attention)).ok_or(Refusal::NotFound)
        };
        Ok(Self { mail, zone, hour, weekday, quiet, projects: said.map(project).collect::<Result<_, _>>()? })
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self { mail: Wish::USUAL.to_vec(), zone: None, hour: 8, weekday: 0, quiet: None, projects: Vec::new() }
    }
}

impl Preferences {
    /// Whether they get this by mail.
    #[must_use]
    pub fn wants(&self, wish: Wish) -> bool {
        self.mail.contains(&wish)
    }

    /// How much they want to hear of a project.
    #[must_use]
    pub fn attention(&self, project: ProjectId) -> Attention {
        self.projects.iter().find(|(id, _)| *id == project).map_or(Attention::All, |(_, attention)| *attention)
    }

    /// Whether they can be kept.
    ///
    /// # Errors
    ///
    /// A sentence that says what to change.
    pub fn check(&self) -> Result<(), Invalid> {
        let is_hour = |hour: u8| hour < 24;
        if !is_hour(self.hour) || self.quiet.is_some_and(|(from, to)| !is_hour(from) || !is_hour(to)) {
            return Err(Invalid("An hour is a number from 0 to 23."));
        }
        if self.weekday > 6 {
            return Err(Invalid("A day of the week is a number from 0 for Monday to 6."));
        }
        if self.mail.len() > Wish::ALL.len() || self.projects.len() > 10_000 {
            return Err(Invalid("These are more preferences than there are things to prefer."));
        }
        Ok(())
    }

    /// The moment on a day at which summaries and reminders of it come.
    #[must_use]
    pub fn morning(&self, zone: &Zone, day: Day) -> Instant {
        zone.instant(day, u16::from(self.hour) * HOUR)
    }

    /// Until when a mail that could go now has to wait; nothing if it need not.
    #[must_use]
    pub fn quiet_until(&self, zone: &Zone, at: Instant) -> Option<Instant> {
        let (from, to) = self.quiet.filter(|(from, to)| from != to)?;
        let (day, minute) = zone.civil(at);
        let (from, to) = (u16::from(from) * HOUR, u16::from(to) * HOUR);
        let is_quiet = if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to };
        let days = i32::from(minute >= to);
        let until = Day::from_number(day.number() + days).map(|day| zone.instant(day, to));
        until.filter(|_| is_quiet)
    }

    /// When somebody is reminded of a task of theirs, and of what; in the order in which it comes. A task that is due on a
    /// day is spoken of in the mornings, one that is due at a time also an hour before.
    #[must_use]
    pub fn reminders(&self, zone: &Zone, due: &Due) -> Vec<(Wish, Instant)> {
        match due {
            Due::Day(day) => {
                let morning = |days: i32| Day::from_number(day.number() + days).map(|day| self.morning(zone, day));
                [(Wish::DayBefore, morning(-1)), (Wish::Overdue, morning(1))]
                    .into_iter()
                    .filter_map(|(wish, at)| Some((wish, at?)))
                    .collect()
            }
            Due::At { instant: at, .. } => vec![
                (Wish::DayBefore, at.plus_ms(-24 * HOUR_MS)),
                (Wish::HourBefore, at.plus_ms(-HOUR_MS)),
                (Wish::Overdue, *at),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::new_id;

    fn project(n: i64) -> ProjectId {
        new_id(Instant::from_ms(n), [1; 10])
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn berlin_name() -> ZoneName {
        ZoneName::try_from("Europe/Berlin".to_owned()).unwrap()
    }

    /// One hour ahead, and two from the end of March 2027 on.
    fn berlin() -> Zone {
        let change = Instant::from_ms(1_806_195_600_000);
        Zone { name: berlin_name(), first: 60, changes: vec![(change.ms() / 60_000, 120)] }
    }

    #[test]
    fn each_wish_goes_the_ways_that_the_table_says() {
        use Attention::{All, Direct, Muted};
        // By wish: with all attention, for what is about them, muted. `i` for the inbox, `m` for a mail that is wished for.
        let table = [
            (Wish::Assigned, ["im", "im", "i"]),
            (Wish::Mentioned, ["im", "im", "i"]),
            (Wish::Commented, ["im", "", ""]),
            (Wish::Moved, ["im", "", ""]),
            (Wish::Due, ["im", "im", ""]),
            (Wish::DayBefore, ["im", "im", ""]),
            (Wish::HourBefore, ["im", "im", ""]),
            (Wish::Overdue, ["im", "im", ""]),
            (Wish::Daily, ["im", "im", ""]),
            (Wish::Weekly, ["im", "im", ""]),
        ];
        assert_eq!(table.map(|(wish, _)| wish), Wish::ALL);
        for (wish, cells) in table {
            for (attention, cell) in [All, Direct, Muted].into_iter().zip(cells) {
                for wanted in [true, false] {
                    let preferences = Preferences {
                        mail: if wanted { vec![wish] } else { vec![] },
                        projects: vec![(project(1), attention)],
                        ..Preferences::default()
                    };
                    let expected = Channels { inbox: cell.contains('i'), mail: cell.contains('m') && wanted };
                    assert_eq!(channels(wish, &preferences, project(1)), expected, "{wish:?} {attention:?} {wanted}");
                }
            }
        }
    }

    #[test]
    fn what_is_said_of_one_project_is_not_said_of_another() {
        let preferences = Preferences { projects: vec![(project(1), Attention::Muted)], ..Preferences::default() };
        assert_eq!(preferences.attention(project(2)), Attention::All);
        assert!(channels(Wish::Commented, &preferences, project(2)).mail);
        assert!(!channels(Wish::Moved, &Preferences::default(), project(2)).mail, "nobody asked for it");
    }

    #[test]
    fn what_was_stored_before_there_was_a_wish_is_read() {
        assert_eq!(serde_json::from_str::<Preferences>("{}").unwrap(), Preferences::default());
        let some = Preferences { quiet: Some((22, 7)), weekday: 4, ..Preferences::default() };
        let text = serde_json::to_string(&some).unwrap();
        assert_eq!(serde_json::from_str::<Preferences>(&text).unwrap(), some);
    }

    #[test]
    fn names_are_those_that_are_stored() {
        for wish in Wish::ALL {
            assert_eq!(serde_json::to_value(wish).unwrap(), wish.name());
        }
        for attention in Attention::ALL {
            assert_eq!(serde_json::to_value(attention).unwrap(), attention.name());
        }
    }

    #[test]
    fn a_form_says_what_somebody_prefers() {
        let read = |quiet: &str, zone: &str| {
            let text = format!(
                r#"{{"mail":["daily"],"hour":7,"weekday":4,{quiet},"zone":"{zone}","project:{}":"muted","project:{}":"all"}}"#,
                project(1),
                project(2)
            );
            Preferences::try_from(serde_json::from_str::<PreferencesForm>(&text).unwrap())
        };
        let read_well = read(r#""quiet_from":22,"quiet_to":7"#, " Europe/Berlin ").unwrap();
        let expected = Preferences {
            mail: vec![Wish::Daily],
            zone: Some(berlin_name()),
            hour: 7,
            weekday: 4,
            quiet: Some((22, 7)),
            projects: vec![(project(1), Attention::Muted)],
        };
        assert_eq!(read_well, expected);
        let none = r#""quiet_from":null,"quiet_to":null"#;
        assert_eq!(read(none, "").unwrap().zone, None);
        assert_eq!(read(none, "Over the hills").unwrap_err().field(), Some("zone"));
        assert_eq!(read(r#""quiet_from":1,"quiet_to":null"#, "").unwrap_err().field(), Some("quiet_to"));
    }

    #[test]
    fn hours_and_weekdays_are_numbers_that_there_are() {
        let usual = Preferences::default();
        for (bad, preferences) in [
            (false, usual.clone()),
            (true, Preferences { hour: 24, ..usual.clone() }),
            (true, Preferences { weekday: 7, ..usual.clone() }),
            (true, Preferences { quiet: Some((3, 24)), ..usual }),
        ] {
            assert_eq!(preferences.check().is_err(), bad, "{preferences:?}");
        }
    }

    #[test]
    fn in_quiet_hours_a_mail_waits_for_their_end() {
        let zone = berlin();
        let at = |day_text: &str, hour: u16| zone.instant(day(day_text), hour * 60);
        let night = Preferences { quiet: Some((22, 7)), ..Preferences::default() };
        let noon = Preferences { quiet: Some((12, 13)), ..Preferences::default() };
        for (preferences, now, until) in [
            (&night, at("2027-03-27", 23), Some(at("2027-03-28", 7))),
            (&night, at("2027-03-28", 1), Some(at("2027-03-28", 7))),
            (&night, at("2027-03-28", 7), None),
            (&night, at("2027-03-28", 21), None),
            (&noon, at("2027-03-28", 12), Some(at("2027-03-28", 13))),
            (&noon, at("2027-03-28", 13), None),
            (&Preferences { quiet: Some((5, 5)), ..Preferences::default() }, at("2027-03-28", 5), None),
            (&Preferences::default(), at("2027-03-28", 3), None),
        ] {
            assert_eq!(preferences.quiet_until(&zone, now), until, "{:?} at {now:?}", preferences.quiet);
        }
    }

    #[test]
    fn reminders_of_a_day_come_in_the_mornings_and_those_of_a_time_before_it() {
        let (zone, preferences) = (berlin(), Preferences::default());
        let morning = |text: &str| zone.instant(day(text), 8 * 60);
        assert_eq!(
            preferences.reminders(&zone, &Due::Day(day("2027-03-28"))),
            [(Wish::DayBefore, morning("2027-03-27")), (Wish::Overdue, morning("2027-03-29"))]
        );
        let at = zone.instant(day("2027-03-28"), 15 * 60);
        let due = Due::At { instant: at, zone: berlin_name() };
        let expected = [
            (Wish::DayBefore, at.plus_ms(-24 * HOUR_MS)),
            (Wish::HourBefore, at.plus_ms(-HOUR_MS)),
            (Wish::Overdue, at),
        ];
        assert_eq!(preferences.reminders(&zone, &due), expected);
    }
}
