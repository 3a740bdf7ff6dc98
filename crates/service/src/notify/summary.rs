//! How things are: what is to be done today, and how the week was, at the hour that each person has chosen, in their zone.
//!
//! Nobody is told that there is nothing to say.

use jobs::{Job, NewJob, Outcome, Run, Scope, Unique};
use model::{Category, Day, Instant, PersonId, Reader, Refusal, Today, Wish};
use sea_orm::{DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, sync::Arc};
use store::Lane;

use super::{
    Posting, Wishes,
    letters::{About, DueTask, Standing},
    notice::mail,
    posting::{Work, clock},
    wishes::{of, of_one},
};
use crate::{
    Cx,
    batch::{Item, due},
    context::refuse,
    inbox::n_unread,
    post::Kind,
    queue,
    sql::{all, get, id, one, text},
};

const CLOCK: &str = "summaries";
/// How late a summary of the day still makes sense.
const LATE_MS: i64 = 6 * 3_600_000;
const WEEK_MS: i64 = 7 * 86_400_000;
/// How many days ahead are told of.
const AHEAD: i32 = 7;
/// The most tasks of a letter; who has more opens the page.
const MOST: usize = 50;

/// Looks for whom it is the hour of their summaries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Summaries {}

impl Job<Cx> for Summaries {
    const NAME: &'static str = "summaries";
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

async fn look(cx: &Cx, run: &Run) -> Result<(), Refusal> {
    let now = cx.now();
    let from = clock(cx.store.reader(), CLOCK).await.map_err(|e| refuse(&e))?;
    let from = from.unwrap_or(now).max(now.plus_ms(-LATE_MS));
    let sql = "SELECT id FROM users WHERE verified_at IS NOT NULL AND disabled_at IS NULL ORDER BY id";
    let rows = all(cx.store.reader(), sql, []).await.map_err(|e| refuse(&e))?;
    let people: Vec<PersonId> = rows.iter().map(|row| id(row, 0)).collect::<Result<_, _>>().map_err(|e| refuse(&e))?;
    let mut jobs = Vec::new();
    for some in people.chunks(500) {
        let wishes = of(cx.store.reader(), some).await.map_err(|e| refuse(&e))?;
        for person in some {
            let Some(wishes) = wishes.get(person) else { continue };
            for (wish, day) in wanted(wishes, from, now) {
                let summary = Summary { person: *person, wish, day };
                let job = NewJob::of::<Cx, _>(&summary, cx.new_id(), queue::moment(now)).map_err(|e| refuse(&e))?;
                // Mails about what has just happened go first.
                jobs.push(job.priority(5));
            }
        }
    }
    let work = Work::Clock { name: CLOCK, at: now, jobs };
    cx.write(Lane::Background, Item::Posting(Box::new(Posting::new(run.ticket(), work)))).await.map(|_| ())
}

/// The summaries whose moment lies after `from` and not after `now`.
fn wanted(wishes: &Wishes, from: Instant, now: Instant) -> Vec<(Wish, Day)> {
    let Wishes { preferences, zone } = wishes;
    let mut found = Vec::new();
    let (first, last) = (zone.day(from).number(), zone.day(now).number());
    for day in (first..=last).filter_map(Day::from_number) {
        let at = preferences.morning(zone, day);
        if from < at && at <= now {
            let is_weekly = day.weekday() == u32::from(preferences.weekday);
            let kinds = [(Wish::Daily, true), (Wish::Weekly, is_weekly)];
            let kinds = kinds.into_iter().filter(|(wish, is_time)| *is_time && preferences.wants(*wish));
            found.extend(kinds.map(|(wish, _)| (wish, day)));
        }
    }
    found
}

/// Tells somebody how things are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    person: PersonId,
    wish: Wish,
    day: Day,
}

impl Job<Cx> for Summary {
    const NAME: &'static str = "summary";
    const QUEUE: &'static str = "notify";

    fn unique(&self) -> Option<Unique> {
        let Self { person, wish, day } = self;
        Some(Unique { key: format!("summary:{wish:?}:{person}:{day}"), scope: Scope::ForEver })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match self.write(cx, run).await {
            Ok(outcome) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

impl Summary {
    async fn write(&self, cx: &Cx, run: &Run) -> Result<Outcome, Refusal> {
        let Wishes { zone, .. } = of_one(cx.store.reader(), self.person).await.map_err(|e| refuse(&e))?;
        let reader = Arc::new(Reader { zone, ..Reader::default() });
        let standing = self.standing(cx, &reader).await.map_err(|e| refuse(&e))?;
        if standing.is_empty() {
            return Ok(Outcome::Cancel("nothing to say".into()));
        }
        let about = About::new(cx, self.wish, self.person, &reader);
        let (letter, kind) = match self.wish {
            Wish::Weekly => (about.week(&standing, self.day), Kind::Weekly),
            _ => (about.day(&standing, self.day), Kind::Daily),
        };
        let mail = mail(cx, kind, self.person, &letter, None).await?;
        let posting = Posting::new(run.ticket(), Work::Mail(mail));
        cx.write(Lane::Background, Item::Posting(Box::new(posting))).await?;
        Ok(Outcome::Done)
    }

    async fn standing(&self, cx: &Cx, reader: &Arc<Reader>) -> Result<Standing, DbErr> {
        let db = cx.store.reader();
        let sql = format!(
            "SELECT p.key, p.name, t.number, t.title, s.name, t.due_day, t.due_at, t.due_zone FROM assignees a \
             JOIN tasks t ON t.id = a.task JOIN members m ON m.project = t.project AND m.person = a.person \
             JOIN statuses s ON s.id = t.status JOIN projects p ON p.id = t.project \
             WHERE a.person = $1 AND t.archived = 0 AND t.trashed_at IS NULL AND p.archived = 0 \
             AND s.category NOT IN ($2, $3) AND (t.due_day <= $4 OR t.due_at < $5) \
             ORDER BY coalesce(CAST(t.due_day AS BIGINT) * 86400000, t.due_at), t.id LIMIT {MOST}"
        );
        let today = Today::of(reader.clone(), cx.now());
        let (done, cancelled) = (Category::Done.code(), Category::Cancelled.code());
        let last = self.day.number() + AHEAD;
        let until = Day::from_number(last + 1).map_or(cx.now(), |day| reader.zone.instant(day, 0));
        let values = [self.person.into(), done.into(), cancelled.into(), last.into(), until.into()];
        let mut standing = Standing::default();
        for row in all(db, &sql, values).await? {
            let Some(task) = due_task(&row)? else { continue };
            let day = today.due_day(&task.due);
            let among = match day.cmp(&self.day) {
                Ordering::Less => &mut standing.late,
                Ordering::Equal => &mut standing.today,
                Ordering::Greater => &mut standing.soon,
            };
            among.push(task);
        }
        if self.wish == Wish::Weekly {
            let sql = "SELECT count(*) FROM assignees a JOIN tasks t ON t.id = a.task JOIN statuses s ON s.id = t.status \
                       WHERE a.person = $1 AND s.category = $2 AND t.status_at > $3 AND t.trashed_at IS NULL";
            let since = cx.now().plus_ms(-WEEK_MS);
            let row = one(db, sql, [self.person.into(), done.into(), since.into()]).await?;
            standing.n_done = row.map_or(Ok(0), |row| get::<i64>(&row, 0))?;
        } else {
            standing.n_unread = n_unread(db, self.person).await?;
        }
        Ok(standing)
    }
}

/// A row of key, name, number, title, status and due date.
pub(super) fn due_task(row: &QueryResult) -> Result<Option<DueTask>, DbErr> {
    let Some(due) = due(get(row, 5)?, get(row, 6)?, get(row, 7)?)? else { return Ok(None) };
    Ok(Some(DueTask {
        key: text(row, 0)?,
        project: text(row, 1)?,
        number: u32::try_from(get::<i64>(row, 2)?).unwrap_or(u32::MAX),
        title: text(row, 3)?,
        status: text(row, 4)?,
        due,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Preferences, ZoneName};

    fn wishes(zone: &str, hour: u8) -> Wishes {
        let zone = crate::zones::zone(&ZoneName::try_from(zone.to_owned()).unwrap()).unwrap();
        Wishes { preferences: Preferences { hour, ..Preferences::default() }, zone }
    }

    #[test]
    fn each_day_of_a_year_has_one_hour_of_summaries_whatever_clocks_do() {
        for (zone, hour) in
            [("Europe/Berlin", 2), ("America/New_York", 1), ("Asia/Kathmandu", 8), ("Pacific/Apia", 0), ("UTC", 23)]
        {
            let wishes = wishes(zone, hour);
            let from = wishes.zone.instant("2027-01-01".parse().unwrap(), 0);
            let quarter = 15 * 60_000;
            let mut days: Vec<Day> = Vec::new();
            for n in 0..365 * 96 {
                let (from, to) = (from.plus_ms(n * quarter - 1), from.plus_ms((n + 1) * quarter - 1));
                let daily = wanted(&wishes, from, to).into_iter().filter(|(wish, _)| *wish == Wish::Daily);
                days.extend(daily.map(|(_, day)| day));
            }
            let mut expected = days.clone();
            expected.dedup();
            assert_eq!(days, expected, "{zone}: none twice");
            assert_eq!(days.len(), 365, "{zone}: none left out");
        }
    }

    #[test]
    fn the_week_is_summed_up_on_its_day() {
        let wishes = wishes("Europe/Berlin", 8);
        let monday: Day = "2027-03-29".parse().unwrap();
        assert_eq!(monday.weekday(), 0);
        let at = wishes.zone.instant(monday, 8 * 60);
        assert_eq!(wanted(&wishes, at.plus_ms(-1), at), [(Wish::Daily, monday), (Wish::Weekly, monday)]);
        assert_eq!(wanted(&wishes, at, at.plus_ms(60_000)), []);
        let tuesday = at.plus_ms(86_400_000);
        assert_eq!(wanted(&wishes, tuesday.plus_ms(-1), tuesday).len(), 1);
    }
}
