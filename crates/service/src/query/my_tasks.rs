//! What the reader has to do, in all projects.

use model::{Category, MyProject, MyTask, MyTasks, NewStatus, ProjectId, ProjectRole, Refusal, Role};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use std::collections::HashMap;

use super::home::looking;
use crate::{
    Actor, Cx,
    batch::{due, priority},
    context::refuse,
    sql::{all, damaged, get, id, text},
};

/// The most tasks of one answer. Nobody looks through more.
const MOST: usize = 500;

/// The open tasks that are assigned to the reader, in projects that they may see: what is due first comes first.
///
/// # Errors
///
/// A fault of the database.
pub async fn my_tasks(cx: &Cx, actor: &Actor) -> Result<MyTasks, Refusal> {
    let (me, tx) = looking(cx, actor).await?;
    let projects = projects(&*tx, actor).await.map_err(|e| refuse(&e))?;
    let mut tasks = tasks(&*tx, actor).await.map_err(|e| refuse(&e))?;
    let is_cut = tasks.len() > MOST;
    tasks.truncate(MOST);
    Ok(MyTasks { me, projects, tasks, is_cut })
}

/// An Admin sees every project, all others those they are members of: `p` and `m` are the project and the membership.
pub(super) const fn membership(actor: &Actor) -> &'static str {
    match actor.role {
        Role::Admin => "LEFT JOIN members m ON m.project = p.id AND m.person = $1",
        Role::Manager | Role::User => "JOIN members m ON m.project = p.id AND m.person = $1",
    }
}

async fn projects(db: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<MyProject>, DbErr> {
    let join = membership(actor);
    let sql = format!(
        "SELECT s.id, s.name, s.category, p.id FROM projects p {join} JOIN statuses s ON s.project = p.id \
         WHERE p.archived = 0 ORDER BY p.id, s.position"
    );
    let mut statuses: HashMap<ProjectId, Vec<NewStatus>> = HashMap::new();
    for row in all(db, &sql, [actor.person.into()]).await? {
        let category = Category::from_code(get(&row, 2)?).ok_or_else(|| damaged("a category"))?;
        statuses.entry(id(&row, 3)?).or_default().push(NewStatus { id: id(&row, 0)?, name: text(&row, 1)?, category });
    }
    let sql = format!(
        "SELECT p.id, p.key, p.name, p.hue, m.role, t.seq FROM projects p {join} JOIN streams t ON t.id = p.id \
         WHERE p.archived = 0 ORDER BY p.id"
    );
    let rows = all(db, &sql, [actor.person.into()]).await?;
    let project = |row: &QueryResult| {
        let hue = u8::try_from(get::<i16>(row, 3)?).ok().and_then(|n| model::Hue::try_from(n).ok());
        let (project, role): (ProjectId, Option<i16>) = (id(row, 0)?, get(row, 4)?);
        Ok(MyProject {
            id: project,
            key: text(row, 1)?,
            name: text(row, 2)?,
            hue: hue.ok_or_else(|| damaged("a colour"))?,
            role: role.and_then(ProjectRole::from_code),
            seq: get(row, 5)?,
            statuses: statuses.remove(&project).unwrap_or_default(),
        })
    };
    rows.iter().map(project).collect()
}

/// One more than is answered, so that it can be said that there are more. A day counts from its beginning, so that what is
/// due at a time of day comes after what is due on the day.
async fn tasks(db: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<MyTask>, DbErr> {
    let join = membership(actor);
    let sql = format!(
        "SELECT t.id, t.project, t.number, t.title, t.status, t.due_day, t.due_at, t.due_zone, t.priority, t.n_comments, \
         (SELECT count(*) FROM tasks c WHERE c.parent = t.id AND c.archived = 0 AND c.trashed_at IS NULL), \
         (SELECT count(*) FROM tasks c JOIN statuses d ON d.id = c.status \
            WHERE c.parent = t.id AND c.archived = 0 AND c.trashed_at IS NULL AND d.category = $2) \
         FROM projects p {join} JOIN assignees a ON a.project = p.id AND a.person = $1 \
         JOIN tasks t ON t.id = a.task JOIN statuses s ON s.id = t.status \
         WHERE p.archived = 0 AND t.archived = 0 AND t.trashed_at IS NULL AND s.category NOT IN ($2, $3) \
         ORDER BY CASE WHEN t.due_day IS NULL AND t.due_at IS NULL THEN 1 ELSE 0 END, \
         coalesce(CAST(t.due_day AS BIGINT) * 86400000, t.due_at), coalesce(t.priority, 0) DESC, t.id LIMIT {}",
        MOST + 1
    );
    let values = [actor.person.into(), Category::Done.code().into(), Category::Cancelled.code().into()];
    all(db, &sql, values).await?.iter().map(task).collect()
}

fn task(row: &QueryResult) -> Result<MyTask, DbErr> {
    let number: i64 = get(row, 2)?;
    let count = |place| get::<i64>(row, place).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(MyTask {
        id: id(row, 0)?,
        project: id(row, 1)?,
        number: u32::try_from(number).unwrap_or(u32::MAX),
        title: text(row, 3)?,
        status: id(row, 4)?,
        due: due(get(row, 5)?, get(row, 6)?, get(row, 7)?)?,
        priority: priority(get(row, 8)?)?,
        n_comments: get::<i32>(row, 9)?.unsigned_abs(),
        n_parts: count(10)?,
        n_done: count(11)?,
    })
}
