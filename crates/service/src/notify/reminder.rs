//! Reminders of what is due, and what is overdue.
//!
//! Nothing is planned for a task in advance, which would have to follow each change of its date, its people and their wishes.
//! Each minute the tasks are looked at that are due soon, and whose moment has come since the last look is told. What came due
//! while nothing ran is told late, up to [`LATE_MS`].

use jobs::{Job, NewJob, Outcome, Run, Scope, Unique};
use model::{Category, Due, Instant, PersonId, ProjectId, Reader, Refusal, TaskId, Wish, channels};
use sea_orm::{DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use store::Lane;
use uuid::Uuid;

use super::{
    Posting, Wishes,
    letters::{About, DueTask},
    notice::mail,
    posting::{Work, clock},
    summary::due_task,
    wishes::{of, of_one},
};
use crate::{
    Cx,
    batch::{Item, due},
    context::refuse,
    post::Kind,
    queue,
    sql::{all, get, id, one},
};

const CLOCK: &str = "reminders";
/// How late a reminder still makes sense.
const LATE_MS: i64 = 6 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Looks whom to remind of what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reminders {}

impl Job<Cx> for Reminders {
    const NAME: &'static str = "reminders";
    const QUEUE: &'static str = "notify";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: CLOCK.into(), scope: Scope::WhileUnfinished })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match look(cx, run).await {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

/// A task that is due soon, for one of those to whom it is assigned.
struct Soon {
    task: TaskId,
    project: ProjectId,
    person: PersonId,
    due: Due,
}

async fn look(cx: &Cx, run: &Run) -> Result<(), Refusal> {
    let now = cx.now();
    let earliest = now.plus_ms(-LATE_MS);
    let from = clock(cx.store.reader(), CLOCK).await.map_err(|e| refuse(&e))?;
    // What was before the first look is told to nobody.
    let from = from.unwrap_or(now).max(earliest);
    let soon = soon(cx, from, now).await.map_err(|e| refuse(&e))?;
    let mut people: Vec<PersonId> = soon.iter().map(|soon| soon.person).collect();
    people.sort_unstable();
    people.dedup();
    let wishes = of(cx.store.reader(), &people).await.map_err(|e| refuse(&e))?;
    let mut jobs = Vec::new();
    for Soon { task, project, person, due } in soon {
        let Some(Wishes { preferences, zone }) = wishes.get(&person) else { continue };
        for (wish, at) in preferences.reminders(zone, &due) {
            if from < at && at <= now && channels(wish, preferences, project).mail {
                let reminder = Reminder { person, task, wish, due: due.clone() };
                let id: Uuid = cx.new_id();
                jobs.push(NewJob::of::<Cx, _>(&reminder, id, queue::moment(now)).map_err(|e| refuse(&e))?);
            }
        }
    }
    let work = Work::Clock { name: CLOCK, at: now, jobs };
    cx.write(Lane::Background, Item::Posting(Box::new(Posting::new(run.ticket(), work)))).await.map(|_| ())
}

/// The open tasks whose reminders may fall between two moments, wherever their people are: no zone is more than 14 hours from
/// UTC, and no reminder more than two days from its date.
async fn soon(cx: &Cx, from: Instant, to: Instant) -> Result<Vec<Soon>, DbErr> {
    let sql = "SELECT t.id, t.project, a.person, t.due_day, t.due_at, t.due_zone FROM tasks t \
               JOIN assignees a ON a.task = t.id JOIN members m ON m.project = t.project AND m.person = a.person \
               JOIN users u ON u.id = a.person JOIN statuses s ON s.id = t.status JOIN projects p ON p.id = t.project \
               WHERE (t.due_day BETWEEN $1 AND $2 OR t.due_at BETWEEN $3 AND $4) AND t.archived = 0 \
               AND t.trashed_at IS NULL AND s.category NOT IN ($5, $6) AND p.archived = 0 AND u.disabled_at IS NULL";
    let (first, last) = (from.plus_ms(-3 * DAY_MS), to.plus_ms(3 * DAY_MS));
    let values = [
        first.day_utc().number().into(),
        last.day_utc().number().into(),
        first.into(),
        last.into(),
        Category::Done.code().into(),
        Category::Cancelled.code().into(),
    ];
    let read = |row: &QueryResult| {
        let Some(due) = due(get(row, 3)?, get(row, 4)?, get(row, 5)?)? else { return Ok(None) };
        Ok(Some(Soon { task: id(row, 0)?, project: id(row, 1)?, person: id(row, 2)?, due }))
    };
    all(cx.store.reader(), sql, values).await?.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Reminds somebody of a task of theirs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reminder {
    person: PersonId,
    task: TaskId,
    wish: Wish,
    due: Due,
}

impl Job<Cx> for Reminder {
    const NAME: &'static str = "reminder";
    const QUEUE: &'static str = "notify";

    fn unique(&self) -> Option<Unique> {
        let Self { person, task, wish, due } = self;
        let due = match due {
            Due::Day(day) => i64::from(day.number()),
            Due::At { instant, .. } => instant.ms(),
        };
        Some(Unique { key: format!("remind:{wish:?}:{person}:{task}:{due}"), scope: Scope::ForEver })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match self.write(cx, run).await {
            Ok(outcome) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

impl Reminder {
    async fn write(&self, cx: &Cx, run: &Run) -> Result<Outcome, Refusal> {
        let wishes = of_one(cx.store.reader(), self.person).await.map_err(|e| refuse(&e))?;
        let Some(task) = self.task(cx).await.map_err(|e| refuse(&e))? else {
            return Ok(Outcome::Cancel("not due any more".into()));
        };
        if let Some(pause) = wishes.pause(cx.now()) {
            return Ok(Outcome::Snooze(pause));
        }
        let reader = Reader { zone: wishes.zone, ..Reader::default() };
        let letter = About::new(cx, self.wish, self.person, &reader).reminder(&task);
        let mail = mail(cx, Kind::Reminder, self.person, &letter, Some(self.task)).await?;
        let posting = Posting::new(run.ticket(), Work::Mail(mail));
        cx.write(Lane::Background, Item::Posting(Box::new(posting))).await?;
        Ok(Outcome::Done)
    }

    /// The task, if it is still theirs, open, and due as it was.
    async fn task(&self, cx: &Cx) -> Result<Option<DueTask>, DbErr> {
        let sql = "SELECT p.key, p.name, t.number, t.title, s.name, t.due_day, t.due_at, t.due_zone FROM tasks t \
                   JOIN assignees a ON a.task = t.id AND a.person = $2 \
                   JOIN members m ON m.project = t.project AND m.person = $2 \
                   JOIN statuses s ON s.id = t.status JOIN projects p ON p.id = t.project \
                   WHERE t.id = $1 AND t.archived = 0 AND t.trashed_at IS NULL AND s.category NOT IN ($3, $4) \
                   AND p.archived = 0";
        let (done, cancelled) = (Category::Done.code(), Category::Cancelled.code());
        let values = [self.task.into(), self.person.into(), done.into(), cancelled.into()];
        let Some(row) = one(cx.store.reader(), sql, values).await? else { return Ok(None) };
        Ok(due_task(&row)?.filter(|task| task.due == self.due))
    }
}
