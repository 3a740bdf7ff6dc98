//! Tasks as an export tells them: names instead of ids, read page by page in one snapshot.

use model::{Category, Day, Due, Instant, Key, Name, PersonId, Priority, ProjectId, Refusal, Role, TaskId};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use std::collections::HashMap;

use crate::{
    Cx,
    batch::{Field, due, priority},
    context::refuse,
    directory,
    sql::{all, damaged, get, id, instant, one, padded, text},
};

/// How many tasks are read at once.
const PAGE: i64 = 500;

/// A project whose tasks are exported.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) id: ProjectId,
    pub(super) key: Key,
    pub(super) name: Name,
}

/// A comment.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) by: String,
    pub(super) at: Instant,
    pub(super) text: String,
}

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) reference: String,
    pub(super) project: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) status: String,
    pub(super) category: &'static str,
    pub(super) priority: &'static str,
    pub(super) assignees: Vec<String>,
    pub(super) labels: Vec<String>,
    /// A day, or a moment with its zone (RFC 9557).
    pub(super) due: String,
    pub(super) parent: String,
    pub(super) comments: Vec<Said>,
    pub(super) by: String,
    pub(super) at: Instant,
    pub(super) is_archived: bool,
}

/// The projects of an export that this person may see now. An Admin exports one by name; "everything" is what one is in.
pub(super) async fn sources(
    db: &impl ConnectionTrait,
    person: PersonId,
    project: Option<ProjectId>,
) -> Result<Vec<Source>, DbErr> {
    let sql = "SELECT p.id, p.key, p.name FROM projects p LEFT JOIN members m ON m.project = p.id AND m.person = $1 \
               JOIN users u ON u.id = $1 WHERE u.disabled_at IS NULL \
               AND (m.role IS NOT NULL OR (u.role = $2 AND p.id = $3)) AND ($3 IS NULL OR p.id = $3) ORDER BY p.key";
    let values = [person.into(), Role::Admin.code().into(), project.map(ProjectId::uuid).into()];
    let rows = all(db, sql, values).await?;
    rows.iter().map(|row| Ok(Source { id: id(row, 0)?, key: text(row, 1)?, name: text(row, 2)? })).collect()
}

/// How many tasks a project has that are not in the trash.
pub(super) async fn count(db: &impl ConnectionTrait, project: ProjectId) -> Result<u64, DbErr> {
    let sql = "SELECT count(*) FROM tasks WHERE project = $1 AND trashed_at IS NULL";
    one(db, sql, [project.into()]).await?.map_or(Ok(0), |row| get::<i64>(&row, 0).map(i64::unsigned_abs))
}

/// The tasks of a project behind a number, and the number of the last of them; nothing when there are no more.
pub(super) async fn page(
    cx: &Cx,
    db: &impl ConnectionTrait,
    source: &Source,
    after: i64,
    with_comments: bool,
) -> Result<Option<(i64, Vec<Told>)>, Refusal> {
    let sql = "SELECT t.id, t.number, t.title, v.body, s.name, s.category, t.priority, t.due_day, t.due_at, t.due_zone, \
               above.number, t.created_by, t.created_at, t.archived FROM tasks t JOIN statuses s ON s.id = t.status \
               LEFT JOIN tasks above ON above.id = t.parent \
               LEFT JOIN text_versions v ON v.object = t.id AND v.field = $3 AND v.version = t.text_version \
               WHERE t.project = $1 AND t.number > $2 AND t.trashed_at IS NULL ORDER BY t.number LIMIT $4";
    let values = [source.id.into(), after.into(), (Field::Description as i16).into(), PAGE.into()];
    let rows = all(db, sql, values).await.map_err(|e| refuse(&e))?;
    let Some(last) = rows.last() else { return Ok(None) };
    let last: i64 = get(last, 1).map_err(|e| refuse(&e))?;
    let found = rows.iter().map(Row::read).collect::<Result<Vec<_>, _>>().map_err(|e| refuse(&e))?;
    let ids: Vec<TaskId> = found.iter().map(|row| row.id).collect();
    let beside = Beside::read(db, &ids, with_comments).await.map_err(|e| refuse(&e))?;
    let people = found.iter().map(|row| row.by).chain(beside.people()).collect();
    let cards = directory::cards(cx, people).await?;
    let names: HashMap<PersonId, String> = cards.into_iter().map(|card| (card.id, card.name.to_string())).collect();
    Ok(Some((last, found.into_iter().map(|row| row.told(source, &beside, &names)).collect())))
}

/// A task as its row has it.
struct Row {
    id: TaskId,
    number: i64,
    title: String,
    description: String,
    status: String,
    category: Category,
    priority: Option<Priority>,
    due: Option<Due>,
    parent: Option<i64>,
    by: PersonId,
    at: Instant,
    is_archived: bool,
}

impl Row {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: id(row, 0)?,
            number: get(row, 1)?,
            title: get(row, 2)?,
            description: get::<Option<String>>(row, 3)?.unwrap_or_default(),
            status: get(row, 4)?,
            category: Category::from_code(get(row, 5)?).ok_or_else(|| damaged("a status"))?,
            priority: priority(get(row, 6)?)?,
            due: due(get(row, 7)?, get(row, 8)?, get(row, 9)?)?,
            parent: get(row, 10)?,
            by: id(row, 11)?,
            at: instant(row, 12)?,
            is_archived: get::<i16>(row, 13)? != 0,
        })
    }

    fn told(self, source: &Source, beside: &Beside, names: &HashMap<PersonId, String>) -> Told {
        let name = |person: &PersonId| names.get(person).cloned().unwrap_or_else(|| "Somebody who left".to_owned());
        let key = &source.key;
        let assignees = beside.assignees.get(&self.id).into_iter().flatten().map(name).collect();
        let comments = beside.comments.get(&self.id).into_iter().flatten();
        let comments = comments.map(|(by, at, text)| Said { by: name(by), at: *at, text: text.clone() });
        Told {
            reference: format!("{key}-{}", self.number),
            project: source.name.to_string(),
            title: self.title,
            description: self.description,
            status: self.status,
            category: self.category.word(),
            priority: self.priority.map_or("", Priority::word),
            assignees,
            labels: beside.labels.get(&self.id).cloned().unwrap_or_default(),
            due: self.due.as_ref().map(written).unwrap_or_default(),
            parent: self.parent.map(|number| format!("{key}-{number}")).unwrap_or_default(),
            comments: comments.collect(),
            by: name(&self.by),
            at: self.at,
            is_archived: self.is_archived,
        }
    }
}

fn written(due: &Due) -> String {
    match due {
        Due::Day(day) => Day::to_string(day),
        Due::At { instant, zone } => format!("{}[{}]", instant.rfc3339(), zone.as_str()),
    }
}

/// What belongs to tasks in other tables.
#[derive(Default)]
struct Beside {
    assignees: HashMap<TaskId, Vec<PersonId>>,
    labels: HashMap<TaskId, Vec<String>>,
    comments: HashMap<TaskId, Vec<(PersonId, Instant, String)>>,
}

impl Beside {
    async fn read(db: &impl ConnectionTrait, tasks: &[TaskId], with_comments: bool) -> Result<Self, DbErr> {
        let mut beside = Self::default();
        let (list, values) = padded(tasks, 1);
        let sql = format!("SELECT task, person FROM assignees WHERE task IN {list} ORDER BY task, person");
        for row in all(db, &sql, values.clone()).await? {
            beside.assignees.entry(id(&row, 0)?).or_default().push(id(&row, 1)?);
        }
        let sql = format!(
            "SELECT t.task, l.name FROM task_labels t JOIN labels l ON l.project = t.project AND l.id = t.label \
             WHERE t.task IN {list} ORDER BY t.task, l.name"
        );
        for row in all(db, &sql, values.clone()).await? {
            beside.labels.entry(id(&row, 0)?).or_default().push(get(&row, 1)?);
        }
        if with_comments {
            let sql = format!(
                "SELECT c.task, c.author, c.at, v.body FROM comments c JOIN text_versions v ON v.id = c.text_id \
                 WHERE c.removed_at IS NULL AND c.task IN {list} ORDER BY c.task, c.at, c.id"
            );
            for row in all(db, &sql, values).await? {
                let said = (id(&row, 1)?, instant(&row, 2)?, get(&row, 3)?);
                beside.comments.entry(id(&row, 0)?).or_default().push(said);
            }
        }
        Ok(beside)
    }

    fn people(&self) -> impl Iterator<Item = PersonId> {
        let said = self.comments.values().flatten().map(|(by, ..)| *by);
        self.assignees.values().flatten().copied().chain(said)
    }
}
