//! Emptying the trash. A task that has been there for long goes for ever, with all that hangs on it: texts, comments, what is
//! searched, who was told. Its events stay, without its titles, and a last one says that it is gone: pages that show it follow.
//! Each leaves an entry in the audit log.

use jobs::Run;
use ledger::{Change as Changed, Leaf, Object, Outcome, Value};
use model::{Change, Event, Instant, Name, PersonId, ProjectId, Refusal, Stream, TaskId, Title};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use std::collections::BTreeMap;
use store::Lane;
use uuid::Uuid;

use super::{DAY_MS, TRASH_DAYS, Work, go_on};
use crate::{
    Cx,
    batch::{Book, Item},
    context::refuse,
    inbox,
    sql::{all, damaged, get, id, padded, run as execute},
};

/// The most tasks that go in one piece of work: each is some statements.
const AT_ONCE: i64 = 20;
/// What stands for a title that is gone.
const ERASED: &str = "Deleted";

/// Empties it.
pub(super) async fn empty(cx: &Cx, run: &Run) -> Result<(), Refusal> {
    let before = cx.now().plus_ms(-TRASH_DAYS * DAY_MS);
    loop {
        let old = old(cx.store.reader(), before).await.map_err(|e| refuse(&e))?;
        if old.is_empty() {
            return Ok(());
        }
        for (project, tasks) in old {
            go_on(run)?;
            let readers = readers(cx.store.reader(), &tasks).await.map_err(|e| refuse(&e))?;
            let purge = Purge { project, tasks, readers, before, at: cx.now() };
            cx.write(Lane::Background, Item::Prune(Box::new(Work::Purge(purge)))).await?;
        }
    }
}

/// Some of what has been there for long, by project.
async fn old(db: &impl ConnectionTrait, before: Instant) -> Result<BTreeMap<ProjectId, Vec<TaskId>>, DbErr> {
    let sql =
        "SELECT id, project FROM tasks WHERE trashed_at IS NOT NULL AND trashed_at < $1 ORDER BY trashed_at LIMIT $2";
    let mut old: BTreeMap<ProjectId, Vec<TaskId>> = BTreeMap::new();
    for row in all(db, sql, [before.into(), AT_ONCE.into()]).await? {
        old.entry(id(&row, 1)?).or_default().push(id(&row, 0)?);
    }
    Ok(old)
}

/// Who has not read something of these tasks: their pages count it.
async fn readers(db: &impl ConnectionTrait, tasks: &[TaskId]) -> Result<Vec<PersonId>, DbErr> {
    let (list, values) = padded(tasks, 1);
    let sql = format!("SELECT DISTINCT person FROM notices WHERE task IN {list} AND read_at IS NULL ORDER BY person");
    all(db, &sql, values).await?.iter().map(|row| id(row, 0)).collect()
}

/// Tasks of a project that go for ever.
#[derive(Debug)]
pub(crate) struct Purge {
    project: ProjectId,
    tasks: Vec<TaskId>,
    readers: Vec<PersonId>,
    before: Instant,
    at: Instant,
}

impl Purge {
    pub(super) fn streams(&self) -> Vec<Stream> {
        let readers = self.readers.iter().map(|person| Stream::Person(*person));
        std::iter::once(Stream::Project(self.project)).chain(readers).collect()
    }

    /// What somebody has brought back meanwhile stays.
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        book.flush().await?;
        let tx = book.tx()?;
        let (list, mut values) = padded(&self.tasks, 3);
        let sql =
            format!("SELECT id, number FROM tasks WHERE project = $1 AND trashed_at < $2 AND id IN {list} ORDER BY id");
        values.splice(0..0, [self.project.into(), self.before.into()]);
        for row in all(tx, &sql, values).await? {
            let task: TaskId = id(&row, 0)?;
            erase(tx, self.project, task).await?;
            let event = Event::TaskPurged { task };
            let change = Change { stream: Stream::Project(self.project), event, text: None };
            book.record(vec![change], None, nobody(), self.at);
            self.note(book, task, get(&row, 1)?);
        }
        for person in &self.readers {
            inbox::tell(book, *person, self.at).await?;
        }
        Ok(())
    }

    fn note(&self, book: &mut Book<'_>, task: TaskId, number: i64) {
        let (entry, number) = (book.new_entry(), number.to_string());
        book.leaf(&Leaf {
            kind: "upkeep",
            entry,
            at_us: self.at.ms().saturating_mul(1000),
            actor: ledger::Actor { kind: "system", id: None },
            session: None,
            action: "task.purge",
            object: Object { kind: "task", id: Some(task.bytes()) },
            project: Some(self.project.bytes()),
            outcome: Outcome::Done,
            changes: vec![Changed { field: "number", old: Value::Public(&number), new: Value::Absent }],
            request: None,
            private: vec![],
        });
    }
}

/// Who does what nobody does.
fn nobody() -> PersonId {
    Uuid::nil().into()
}

/// Deletes a task with all that hangs on it. Its parts are parts of nothing then.
async fn erase(tx: &impl ConnectionTrait, project: ProjectId, task: TaskId) -> Result<(), DbErr> {
    redact(tx, project, task).await?;
    for sql in [
        "DELETE FROM text_versions WHERE object = $1 OR object IN (SELECT id FROM comments WHERE task = $1)",
        "DELETE FROM search_texts WHERE object = $1 OR object IN (SELECT id FROM comments WHERE task = $1)",
        "DELETE FROM comments WHERE task = $1",
        "DELETE FROM assignees WHERE task = $1",
        "DELETE FROM task_labels WHERE task = $1",
        "DELETE FROM watchers WHERE task = $1",
        "DELETE FROM notices WHERE task = $1",
        "UPDATE tasks SET parent = NULL WHERE parent = $1",
        "DELETE FROM tasks WHERE id = $1",
    ] {
        execute(tx, sql, [task.into()]).await?;
    }
    Ok(())
}

/// Deletes a project with all that is in it: a sample, which has no trash. Its events stay, without what was typed into them.
pub(crate) async fn erase_project(tx: &impl ConnectionTrait, project: ProjectId) -> Result<(), DbErr> {
    let sql = "SELECT seq, payload FROM events WHERE stream = $1 ORDER BY seq";
    redact_all(tx, project, all(tx, sql, [project.into()]).await?).await?;
    for sql in [
        "DELETE FROM text_versions WHERE object IN (SELECT id FROM tasks WHERE project = $1) \
         OR object IN (SELECT id FROM comments WHERE project = $1)",
        "DELETE FROM search_texts WHERE object IN (SELECT id FROM tasks WHERE project = $1) \
         OR object IN (SELECT id FROM comments WHERE project = $1)",
        "DELETE FROM comments WHERE project = $1",
        "DELETE FROM assignees WHERE project = $1",
        "DELETE FROM task_labels WHERE project = $1",
        "DELETE FROM watchers WHERE project = $1",
        "DELETE FROM notices WHERE stream = $1",
        "DELETE FROM tasks WHERE project = $1",
        "DELETE FROM labels WHERE project = $1",
        "DELETE FROM statuses WHERE project = $1",
        "DELETE FROM members WHERE project = $1",
        "DELETE FROM projects WHERE id = $1",
    ] {
        execute(tx, sql, [project.into()]).await?;
    }
    Ok(())
}

/// Takes the titles out of a task's events. Its long texts are not in them.
async fn redact(tx: &impl ConnectionTrait, project: ProjectId, task: TaskId) -> Result<(), DbErr> {
    let sql = "SELECT seq, payload FROM events WHERE task = $1 AND stream = $2 ORDER BY seq";
    redact_all(tx, project, all(tx, sql, [task.into(), project.into()]).await?).await
}

async fn redact_all(tx: &impl ConnectionTrait, project: ProjectId, rows: Vec<QueryResult>) -> Result<(), DbErr> {
    for row in rows {
        let event: Event = serde_json::from_str(&get::<String>(&row, 1)?).map_err(|_| damaged("an event"))?;
        let Some(event) = without_titles(event)? else { continue };
        let payload = serde_json::to_string(&event).map_err(|e| DbErr::Json(e.to_string()))?;
        let sql = "UPDATE events SET payload = $3 WHERE stream = $1 AND seq = $2";
        execute(tx, sql, [project.into(), get::<i64>(&row, 0)?.into(), payload.into()]).await?;
    }
    Ok(())
}

/// The event without what somebody typed; nothing if there is nothing of that in it.
fn without_titles(mut event: Event) -> Result<Option<Event>, DbErr> {
    let erased = || Title::try_from(ERASED).map_err(|_| damaged("a title"));
    let nameless = || Name::try_from(ERASED).map_err(|_| damaged("a name"));
    match &mut event {
        Event::ProjectOpened { name, statuses, .. } => {
            *name = nameless()?;
            for status in statuses {
                status.name = nameless()?;
            }
        }
        Event::ProjectRenamed { from, to } => (*from, *to) = (nameless()?, nameless()?),
        Event::StatusAdded { status, .. } | Event::StatusRemoved { status, .. } => status.name = nameless()?,
        Event::StatusChanged { from, to } => (from.name, to.name) = (nameless()?, nameless()?),
        Event::LabelSet { from, to } => {
            for label in from.iter_mut().chain(to) {
                label.name = nameless()?;
            }
        }
        Event::TaskCreated { title, .. } => *title = erased()?,
        Event::TaskRenamed { from, to, .. } => (*from, *to) = (erased()?, erased()?),
        _ => return Ok(None),
    }
    Ok(Some(event))
}
