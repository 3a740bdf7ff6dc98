//! How a project goes on, in numbers: what was created and done in the last weeks, who has how much to do, what is late.
//!
//! All is counted by the database; only what is late is told by its tasks, and of those only the oldest.

use model::{Category, Day, Instant, Key, PersonCard, PersonId, ProjectId, Refusal, Status, StatusId, TaskId, Title};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use std::collections::HashMap;

use super::standing;
use crate::{
    Actor, Cx,
    batch::project_row,
    context::refuse,
    directory::cards,
    sql::{all, damaged, get, id, padded, text},
};

/// How many weeks are looked back, this one among them.
const WEEKS: i32 = 8;
/// How many tasks that are late are named.
const NAMED: usize = 8;
/// Clocks are at most so many minutes ahead of UTC, or behind it.
const MOST_AHEAD: i64 = 14 * 60;
const MINUTE_MS: i64 = 60_000;

/// How a project goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The project's key.
    pub key: Key,
    /// Its statuses in order.
    pub statuses: Vec<Status>,
    /// By how many minutes the clock that days are counted by is ahead of UTC.
    pub ahead: i64,
    /// The day it is by that clock.
    pub today: Day,
    /// The Monday with which the weeks begin that are told.
    pub first: Day,
    /// How many tasks were there before, and how many of them were done. What is cancelled or in the trash now is never
    /// counted.
    pub before: (u32, u32),
    /// How many were created, and how many done, on each day from the first one to today.
    pub days: Vec<(u32, u32)>,
    /// How many tasks are open, neither archived nor in the trash.
    pub n_open: u32,
    /// How many of them are late.
    pub n_late: u32,
    /// Who has to do how much, the most first; what nobody has to do comes last.
    pub loads: Vec<Load>,
    /// The tasks that are late, the oldest first, not all if there are many.
    pub late: Vec<Late>,
}

/// What somebody has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Who; nothing for what nobody has to do.
    pub person: Option<PersonCard>,
    /// How many open tasks.
    pub n_open: u32,
    /// How many of them are late.
    pub n_late: u32,
}

/// A task that is late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// Its id.
    pub task: TaskId,
    /// Its number.
    pub number: u32,
    /// Its title.
    pub title: Title,
    /// Its status.
    pub status: StatusId,
    /// The day on which it was due.
    pub due: Day,
    /// Who does it.
    pub people: Vec<PersonCard>,
}

/// How a project goes on, by the days of a clock that is so many minutes ahead of UTC.
///
/// # Errors
///
/// [`Refusal::NotFound`] when there is no such project or it is not for the reader to see.
pub async fn overview(cx: &Cx, actor: &Actor, project: ProjectId, ahead: i64) -> Result<Overview, Refusal> {
    let ahead = ahead.clamp(-MOST_AHEAD, MOST_AHEAD);
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    standing(&*tx, actor, project).await?;
    let today = Instant::from_ms(cx.now().ms() + ahead * MINUTE_MS).day_utc();
    let counting = Counting { project, ahead_ms: ahead * MINUTE_MS, today };
    let told = counting.read(&*tx).await.map_err(|e| refuse(&e))?;
    drop(tx);
    let (overview, loads, late) = told.ok_or(Refusal::NotFound)?;
    let people =
        loads.iter().filter_map(|(person, ..)| *person).chain(late.iter().flat_map(|(_, people)| people.clone()));
    let cards: HashMap<PersonId, PersonCard> =
        cards(cx, people.collect()).await?.into_iter().map(|card| (card.id, card)).collect();
    let mut loads: Vec<Load> = loads
        .into_iter()
        .map(|(person, n_open, n_late)| Load { person: person.and_then(|p| cards.get(&p).cloned()), n_open, n_late })
        .collect();
    let name = |load: &Load| load.person.as_ref().map(|card| (card.name.as_str().to_lowercase(), card.id));
    loads.sort_by_cached_key(|load| (load.person.is_none(), std::cmp::Reverse(load.n_open), name(load)));
    let named = |(late, people): (Late, Vec<PersonId>)| Late {
        people: people.iter().filter_map(|p| cards.get(p).cloned()).collect(),
        ..late
    };
    Ok(Overview { ahead, loads, late: late.into_iter().map(named).collect(), ..overview })
}

/// Who has how many open tasks, and how many of them are late.
type Loads = Vec<(Option<PersonId>, u32, u32)>;
/// Tasks with who does them.
type WithPeople = Vec<(Late, Vec<PersonId>)>;

struct Counting {
    project: ProjectId,
    ahead_ms: i64,
    today: Day,
}

/// Tasks somebody still has to do. `$3` and `$4` are the categories of the others.
const OPEN: &str = "FROM tasks t JOIN statuses s ON s.id = t.status \
     WHERE t.project = $1 AND t.archived = 0 AND t.trashed_at IS NULL AND s.category NOT IN ($3, $4)";
/// The day on which a task is due, by a clock that is `$2` milliseconds ahead.
const DUE: &str = "coalesce(CAST(t.due_day AS BIGINT), (t.due_at + $2) / 86400000)";

impl Counting {
    async fn read(&self, db: &impl ConnectionTrait) -> Result<Option<(Overview, Loads, WithPeople)>, DbErr> {
        let Some(board) = project_row(db, self.project).await? else { return Ok(None) };
        let weekday = i32::try_from(self.today.weekday()).unwrap_or(0);
        let first = Day::from_number(self.today.number() - weekday - (WEEKS - 1) * 7).unwrap_or(self.today);
        let n_days = usize::try_from(self.today.number() - first.number() + 1).unwrap_or(1);
        let mut days = vec![(0, 0); n_days];
        let mut before = (0, 0);
        for (place, n) in self.per_day(db, first, "t.created_at", "<>", Category::Cancelled).await? {
            match place.and_then(|place| days.get_mut(place)) {
                Some((created, _)) => *created = n,
                None => before.0 = n,
            }
        }
        for (place, n) in self.per_day(db, first, "coalesce(t.status_at, t.created_at)", "=", Category::Done).await? {
            match place.and_then(|place| days.get_mut(place)) {
                Some((_, done)) => *done = n,
                None => before.1 = n,
            }
        }
        let (n_open, n_late) = self.totals(db).await?;
        let (loads, late) = (self.loads(db).await?, self.late(db).await?);
        let overview = Overview {
            key: board.key,
            statuses: board.statuses,
            ahead: 0,
            today: self.today,
            first,
            before,
            days,
            n_open,
            n_late,
            loads: Vec::new(),
            late: Vec::new(),
        };
        Ok(Some((overview, loads, late)))
    }

    /// How many tasks of a category, or of all others, have something on which day: by its place behind the first one,
    /// or before all. What a clock that goes wrong has put into the future counts for today.
    async fn per_day(
        &self,
        db: &impl ConnectionTrait,
        first: Day,
        at: &str,
        is: &str,
        category: Category,
    ) -> Result<Vec<(Option<usize>, u32)>, DbErr> {
        let day = format!("({at} + $2) / 86400000");
        let sql = format!(
            "SELECT CASE WHEN {day} < $3 THEN -1 WHEN {day} > $4 THEN $4 - $3 ELSE {day} - $3 END, count(*) \
             FROM tasks t JOIN statuses s ON s.id = t.status \
             WHERE t.project = $1 AND t.trashed_at IS NULL AND s.category {is} $5 GROUP BY 1"
        );
        let values: [Value; 5] = [
            self.project.into(),
            self.ahead_ms.into(),
            i64::from(first.number()).into(),
            i64::from(self.today.number()).into(),
            category.code().into(),
        ];
        let rows = all(db, &sql, values).await?;
        rows.iter().map(|row| Ok((usize::try_from(get::<i64>(row, 0)?).ok(), count(row, 1)?))).collect()
    }

    /// `$1` to `$5`.
    fn values(&self) -> [Value; 5] {
        [
            self.project.into(),
            self.ahead_ms.into(),
            Category::Done.code().into(),
            Category::Cancelled.code().into(),
            i64::from(self.today.number()).into(),
        ]
    }

    async fn totals(&self, db: &impl ConnectionTrait) -> Result<(u32, u32), DbErr> {
        let sql = format!("SELECT count(*), {} {OPEN}", late_sum());
        let rows = all(db, &sql, self.values()).await?;
        rows.first().map_or(Ok((0, 0)), |row| Ok((count(row, 0)?, count(row, 1)?)))
    }

    async fn loads(&self, db: &impl ConnectionTrait) -> Result<Loads, DbErr> {
        let open = OPEN.replace(" WHERE", " LEFT JOIN assignees a ON a.task = t.id WHERE");
        let sql = format!("SELECT a.person, count(*), {} {open} GROUP BY a.person", late_sum());
        let rows = all(db, &sql, self.values()).await?;
        let load = |row: &QueryResult| {
            let person: Option<uuid::Uuid> = get(row, 0)?;
            Ok((person.map(Into::into), count(row, 1)?, count(row, 2)?))
        };
        rows.iter().map(load).collect()
    }

    async fn late(&self, db: &impl ConnectionTrait) -> Result<WithPeople, DbErr> {
        let sql = format!(
            "SELECT t.id, t.number, t.title, t.status, {DUE} {OPEN} AND {DUE} < $5 ORDER BY 5, t.number LIMIT {NAMED}"
        );
        let rows = all(db, &sql, self.values()).await?;
        let late = |row: &QueryResult| {
            let due = i32::try_from(get::<i64>(row, 4)?).ok().and_then(Day::from_number);
            Ok(Late {
                task: id(row, 0)?,
                number: count(row, 1)?,
                title: text(row, 2)?,
                status: id(row, 3)?,
                due: due.ok_or_else(|| damaged("a day"))?,
                people: Vec::new(),
            })
        };
        let late = rows.iter().map(late).collect::<Result<Vec<Late>, DbErr>>()?;
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let tasks: Vec<uuid::Uuid> = late.iter().map(|late| late.task.uuid()).collect();
        let (list, values) = padded(&tasks, 1);
        let sql = format!("SELECT task, person FROM assignees WHERE task IN {list} ORDER BY person");
        let mut people: HashMap<TaskId, Vec<PersonId>> = HashMap::new();
        for row in all(db, &sql, values).await? {
            people.entry(id(&row, 0)?).or_default().push(id(&row, 1)?);
        }
        Ok(late
            .into_iter()
            .map(|late| {
                let people = people.remove(&late.task).unwrap_or_default();
                (late, people)
            })
            .collect())
    }
}

/// How many are late.
fn late_sum() -> String {
    format!("CAST(coalesce(sum(CASE WHEN {DUE} < $5 THEN 1 ELSE 0 END), 0) AS BIGINT)")
}

fn count(row: &QueryResult, place: usize) -> Result<u32, DbErr> {
    Ok(u32::try_from(get::<i64>(row, place)?).unwrap_or(u32::MAX))
}
