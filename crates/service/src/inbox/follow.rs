//! Reads what has happened in the projects, and writes down who is told of it.
//!
//! How far it has come is stored with the notices. What it has read without finding anything to tell is only remembered: to
//! read it again after a start does no harm, and a write per change would.

use model::{CommentId, Event, Instant, Part, PersonId, ProjectId, Refusal, Stream, TaskId, named, notice};
use sea_orm::DbErr;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};
use store::{Lane, Tasks};

use super::{NewNotice, Work};
use crate::{
    Cx,
    batch::Item,
    context::refuse,
    sql::{all, damaged, get, id, instant, kind_code, one},
};

/// What happens together is told together.
const PAUSE: Duration = Duration::from_millis(150);
/// How long it waits for what another node has done, of which nobody rings.
const IDLE: Duration = Duration::from_secs(3);
/// How many events it reads at once.
const EVENTS: i64 = 200;
/// How many it may have read without storing how far it is.
const UNSTORED: i64 = 1000;

/// Follows the feeds of all projects.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// How far each was read, where that is farther than what is stored.
    read: HashMap<ProjectId, i64>,
}

/// An event that may concern somebody.
struct Happened {
    seq: i64,
    actor: PersonId,
    at: Instant,
    task: TaskId,
    event: Event,
}

/// Who has to do with a task.
struct Around {
    created_by: PersonId,
    assignees: HashSet<PersonId>,
    said: HashMap<PersonId, bool>,
}

impl Around {
    fn part(&self, person: PersonId, was_mentioned: bool) -> Part {
        let is_assignee = self.assignees.contains(&person);
        let follows = || is_assignee || self.created_by == person;
        Part { is_assignee, watches: self.said.get(&person).copied().unwrap_or_else(follows), was_mentioned }
    }
}

impl Follower {
    /// Follows from now on, until `tasks` stop.
    pub(crate) fn start(cx: Cx, tasks: &Tasks) {
        let stopping = tasks.stopping();
        tasks.spawn("inbox", async move {
            let (mut follower, mut is_well) = (Self::default(), true);
            loop {
                let result = follower.round(&cx).await;
                if let (Err(refusal), true) = (&result, is_well && !stopping.is_cancelled()) {
                    tracing::warn!(?refusal, "the inboxes do not follow; trying again");
                }
                is_well = result.is_ok();
                let news = async {
                    let _ = tokio::time::timeout(IDLE, cx.bells.news.notified()).await;
                    tokio::time::sleep(PAUSE).await;
                };
                if stopping.run_until_cancelled(news).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Reads all that is new.
    pub(crate) async fn round(&mut self, cx: &Cx) -> Result<(), Refusal> {
        let sql = "SELECT s.id, s.seq, coalesce(f.seq, 0) FROM streams s LEFT JOIN followed f ON f.stream = s.id \
                   WHERE s.kind = $1 AND s.seq > coalesce(f.seq, 0)";
        let kind = kind_code(Stream::Project(uuid::Uuid::nil().into()));
        let rows = all(cx.store.reader(), sql, [kind.into()]).await.map_err(|e| refuse(&e))?;
        for row in rows {
            let read = || Ok::<_, DbErr>((id::<ProjectId>(&row, 0)?, get::<i64>(&row, 1)?, get::<i64>(&row, 2)?));
            let (project, head, stored) = read().map_err(|e| refuse(&e))?;
            let mut at = stored.max(self.read.get(&project).copied().unwrap_or(0));
            let mut kept = stored;
            while at < head {
                at = self.step(cx, project, &mut kept, at, head).await?;
            }
        }
        Ok(())
    }

    /// Reads some events of a project, and answers how far it is now.
    async fn step(
        &mut self,
        cx: &Cx,
        project: ProjectId,
        kept: &mut i64,
        after: i64,
        head: i64,
    ) -> Result<i64, Refusal> {
        let (to, notices) = read(cx, project, after).await.map_err(|e| refuse(&e))?;
        let to = to.min(head).max(after + 1);
        if !notices.is_empty() || to - *kept > UNSTORED {
            let work = Work::Tell { project, to, notices, at: cx.now() };
            cx.write(Lane::Background, Item::Inbox(Box::new(work))).await?;
            *kept = to;
        }
        self.read.insert(project, to);
        Ok(to)
    }
}

/// What the next events of a project tell, and how far they go.
async fn read(cx: &Cx, project: ProjectId, after: i64) -> Result<(i64, Vec<NewNotice>), DbErr> {
    let db = cx.store.reader();
    let sql = "SELECT seq, actor, at, payload FROM events WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let rows = all(db, sql, [project.into(), after.into(), EVENTS.into()]).await?;
    // Without any, there is nothing up to the head.
    let mut to = i64::MAX;
    let mut happened = Vec::new();
    for row in &rows {
        let event: Event = serde_json::from_str(&get::<String>(row, 3)?).map_err(|_| damaged("an event"))?;
        to = get(row, 0)?;
        if let Some(task) = event.task() {
            happened.push(Happened { seq: to, actor: id(row, 1)?, at: instant(row, 2)?, task, event });
        }
    }
    let mut notices = Vec::new();
    if happened.is_empty() {
        return Ok((to, notices));
    }
    let members: HashSet<PersonId> =
        people(cx, "SELECT person FROM members WHERE project = $1", project.uuid()).await?;
    let mut tasks: HashMap<TaskId, Option<Around>> = HashMap::new();
    for Happened { seq, actor, at, task, event } in &happened {
        if !tasks.contains_key(task) {
            tasks.insert(*task, around(cx, *task).await?);
        }
        let Some(Some(around)) = tasks.get(task) else { continue };
        let said = around.said.keys().copied();
        let mut concerned: BTreeSet<PersonId> = named(event).into_iter().collect();
        let before = if concerned.is_empty() { Vec::new() } else { mentioned_before(cx, project, *seq, event).await? };
        concerned.extend(said.chain(around.assignees.iter().copied()).chain([around.created_by]));
        for person in concerned.into_iter().filter(|person| person != actor && members.contains(person)) {
            if let Some(kind) = notice(event, person, around.part(person, before.contains(&person))) {
                notices.push(NewNotice { person, seq: *seq, task: *task, kind, by: *actor, at: *at });
            }
        }
    }
    notices.sort_by_key(|notice| (notice.person, notice.seq));
    Ok((to, notices))
}

async fn people<T: FromIterator<PersonId>>(cx: &Cx, sql: &str, of: uuid::Uuid) -> Result<T, DbErr> {
    all(cx.store.reader(), sql, [of.into()]).await?.iter().map(|row| id(row, 0)).collect()
}

async fn around(cx: &Cx, task: TaskId) -> Result<Option<Around>, DbErr> {
    let db = cx.store.reader();
    let Some(row) = one(db, "SELECT created_by FROM tasks WHERE id = $1", [task.into()]).await? else {
        return Ok(None);
    };
    let created_by = id(&row, 0)?;
    let assignees = people(cx, "SELECT person FROM assignees WHERE task = $1", task.uuid()).await?;
    let rows = all(db, "SELECT person, is_on FROM watchers WHERE task = $1", [task.into()]).await?;
    let said = rows.iter().map(|row| Ok((id(row, 0)?, get::<i16>(row, 1)? == 1)));
    Ok(Some(Around { created_by, assignees, said: said.collect::<Result<_, DbErr>>()? }))
}

/// Whom the version of a text before this one meant: to correct it does not tell them again.
async fn mentioned_before(cx: &Cx, project: ProjectId, seq: i64, event: &Event) -> Result<Vec<PersonId>, DbErr> {
    let (task, comment) = match event {
        Event::TaskDescribed { task, .. } => (*task, None),
        Event::CommentEdited { task, comment, .. } => (*task, Some(*comment)),
        _ => return Ok(Vec::new()),
    };
    let sql = "SELECT payload FROM events WHERE stream = $1 AND task = $2 AND seq < $3 AND text_id IS NOT NULL \
               ORDER BY seq DESC";
    for row in all(cx.store.reader(), sql, [project.into(), task.into(), seq.into()]).await? {
        let event: Event = serde_json::from_str(&get::<String>(&row, 0)?).map_err(|_| damaged("an event"))?;
        if let Some(mentions) = mentions_of(event, comment) {
            return Ok(mentions);
        }
    }
    Ok(Vec::new())
}

/// Whom an event means in a comment, or in the description if none is given; nothing if it is not about that text.
fn mentions_of(event: Event, of: Option<CommentId>) -> Option<Vec<PersonId>> {
    match event {
        Event::TaskCreated { mentions, .. } | Event::TaskDescribed { mentions, .. } if of.is_none() => Some(mentions),
        Event::CommentAdded { comment, mentions, .. } | Event::CommentEdited { comment, mentions, .. } => {
            (of == Some(comment)).then_some(mentions)
        }
        _ => None,
    }
}
