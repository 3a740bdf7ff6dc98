//! What mails about tasks say.
//!
//! Must not know: the database. Texts of people are shown as they typed them.

use mail::{Fact, Letter, Link, Row, Tone};
use model::{Day, Due, Key, Name, Notice, NoticeKind, Noticed, PersonCard, PersonId, Reader, Title, Today, Wish};
use std::sync::Arc;

use super::unsubscribe;
use crate::{Cx, post::link};

/// A task that is due, as a mail tells of it.
#[derive(Clone, Debug)]
pub(super) struct DueTask {
    pub(super) key: Key,
    /// The project's name.
    pub(super) project: Name,
    pub(super) number: u32,
    pub(super) title: Title,
    pub(super) status: Name,
    pub(super) due: Due,
}

impl DueTask {
    fn reference(&self) -> String {
        format!("{}-{}", self.key, self.number)
    }
}

/// How things are for somebody.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) late: Vec<DueTask>,
    pub(super) today: Vec<DueTask>,
    pub(super) soon: Vec<DueTask>,
    pub(super) n_unread: u32,
    pub(super) n_done: i64,
}

impl Standing {
    pub(super) fn is_empty(&self) -> bool {
        let is_idle = self.late.is_empty() && self.today.is_empty() && self.soon.is_empty();
        is_idle && self.n_unread == 0 && self.n_done == 0
    }
}

/// Which mail it is, and whom it is for.
pub(super) struct About<'a> {
    cx: &'a Cx,
    wish: Wish,
    unsubscribe: Link,
    today: Today,
}

impl<'a> About<'a> {
    pub(super) fn new(cx: &'a Cx, wish: Wish, person: PersonId, reader: &Reader) -> Self {
        let unsubscribe = link(cx, &unsubscribe::path(cx, person, wish));
        Self { cx, wish, unsubscribe, today: Today::of(Arc::new(reader.clone()), cx.now()) }
    }

    fn task(&self, key: &Key, number: u32) -> Link {
        link(self.cx, &format!("/p/{key}/{number}"))
    }

    fn close(&self, letter: Letter) -> Letter {
        letter
            .why(format!("You get this mail because of your preferences: {}.", self.wish.words()))
            .preferences(link(self.cx, "/settings/notifications"))
            .unsubscribe(self.unsubscribe.clone())
    }

    /// What happened to a task, the oldest first.
    pub(super) fn notices(&self, noticed: &Noticed, people: &[PersonCard]) -> Letter {
        let reference = format!("{}-{}", noticed.key, noticed.number);
        let mut letter = Letter::new(format!("{reference} {}", noticed.title), noticed.title.as_str());
        let name =
            |id: PersonId| people.iter().find(|card| card.id == id).map_or("Somebody", |card| card.name.as_str());
        for (place, notice) in noticed.notices.iter().rev().enumerate() {
            let (by, words) = (name(notice.by), words(notice));
            letter = match &notice.what {
                Some(said) if is_said(notice.kind) => letter.paragraph(format!("{by} {words}:")).quote(by, said),
                _ => letter.paragraph(format!("{by} {words}.")),
            };
            if place == 0 {
                letter = letter.preheader(format!("{by} {words}"));
            }
        }
        let letter = letter
            .facts([Fact::new("Project", noticed.name.as_str()), Fact::new("Status", noticed.status.as_str())])
            .button(format!("Open {reference}"), self.task(&noticed.key, noticed.number));
        self.close(letter)
    }

    /// That a task is due, or was.
    pub(super) fn reminder(&self, task: &DueTask) -> Letter {
        let (when, tone) = match self.wish {
            Wish::Overdue => ("is overdue", Tone::Danger),
            Wish::HourBefore => ("is due within the hour", Tone::Warning),
            _ => ("is due tomorrow", Tone::Warning),
        };
        let reference = task.reference();
        let letter = Letter::new(format!("{reference} {when}: {}", task.title), task.title.as_str())
            .preheader(format!("Your task {when}"))
            .paragraph(format!("Your task {when}."))
            .facts([
                Fact::new("Due", self.today.due(&task.due)).tone(tone),
                Fact::new("Project", task.project.as_str()),
                Fact::new("Status", task.status.as_str()),
            ])
            .button(format!("Open {reference}"), self.task(&task.key, task.number));
        self.close(letter)
    }

    /// What is to be done on a day.
    pub(super) fn day(&self, standing: &Standing, day: Day) -> Letter {
        let title = format!("Your tasks for {}", self.today.text(day));
        let mut told = vec![
            counted(standing.late.len(), "overdue"),
            counted(standing.today.len(), "due today"),
            counted(standing.soon.len(), "due within a week"),
        ];
        told.retain(|text| !text.is_empty());
        let mut letter = Letter::new(title.clone(), title).preheader(told.join(", "));
        if standing.n_unread > 0 {
            let n = standing.n_unread;
            let tasks = if n == 1 { "One task has".to_owned() } else { format!("{n} tasks have") };
            letter = letter.paragraph(format!("{tasks} news that you have not read."));
        }
        let letter = self.sections(letter, standing).button("Open my tasks", link(self.cx, "/my"));
        self.close(letter)
    }

    /// How the week was, and what comes.
    pub(super) fn week(&self, standing: &Standing, day: Day) -> Letter {
        let title = format!("Your week from {}", self.today.text(day));
        let done = match standing.n_done {
            0 => "You finished no task last week.".to_owned(),
            1 => "You finished one task last week.".to_owned(),
            n => format!("You finished {n} tasks last week."),
        };
        let letter = Letter::new(title.clone(), title).preheader(done.clone()).paragraph(done);
        let letter = self.sections(letter, standing).button("Open my tasks", link(self.cx, "/my"));
        self.close(letter)
    }

    fn sections(&self, letter: Letter, standing: &Standing) -> Letter {
        let rows = |tasks: &[DueTask], tone: Tone| -> Vec<Row> {
            let row = |task: &DueTask| {
                let meta = format!("{} · {} · {}", task.reference(), self.today.due(&task.due), task.status);
                Row::new(task.title.as_str(), self.task(&task.key, task.number)).meta(meta).tone(tone)
            };
            tasks.iter().map(row).collect()
        };
        letter
            .section("Overdue", rows(&standing.late, Tone::Danger))
            .section("Due today", rows(&standing.today, Tone::Warning))
            .section("Due within a week", rows(&standing.soon, Tone::Plain))
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 0 { String::new() } else { format!("{n} {what}") }
}

const fn is_said(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Mentioned | NoticeKind::Commented)
}

fn words(notice: &Notice) -> String {
    match notice.kind {
        NoticeKind::Assigned => "assigned this task to you".into(),
        NoticeKind::Mentioned => "mentioned you".into(),
        NoticeKind::Commented => "commented".into(),
        NoticeKind::Moved => format!("moved this to {}", notice.what.as_deref().unwrap_or("another status")),
        NoticeKind::Due => "changed when this is due".into(),
    }
}
