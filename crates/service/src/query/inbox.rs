//! What the reader is told, by task.

use model::{Category, Event, Hue, Inbox, Notice, NoticeKind, Noticed, PersonId, Refusal, StatusId, TaskId};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use std::collections::HashMap;

use super::home::looking;
use crate::{
    Actor, Cx,
    batch::priority,
    context::refuse,
    directory::cards,
    markdown::in_short,
    sql::{all, damaged, get, id, instant, padded, text},
};

/// The most notices of one answer. Nobody reads more; what was read is put away.
const MOST: usize = 300;
/// How much of a text is told, in characters.
const EXCERPT: usize = 200;

/// The notices of the reader that are not put away, by task: the one with the newest first. Those of projects that they
/// have left are not told.
///
/// # Errors
///
/// A fault of the database.
pub async fn inbox(cx: &Cx, actor: &Actor) -> Result<Inbox, Refusal> {
    let (me, tx) = looking(cx, actor).await?;
    let (tasks, is_cut) = load(&*tx, "n.archived_at IS NULL", [actor.person.into()]).await.map_err(|e| refuse(&e))?;
    drop(tx);
    let people = tasks.iter().flat_map(|task| task.notices.iter().map(|notice| notice.by));
    let people = cards(cx, people.collect()).await?;
    Ok(Inbox { me, people, tasks, is_cut })
}

/// What somebody has neither read of a task nor been told by mail; nothing if there is nothing.
pub(crate) async fn unmailed(
    db: &impl ConnectionTrait,
    person: PersonId,
    task: TaskId,
) -> Result<Option<Noticed>, DbErr> {
    let which = "n.task = $2 AND n.archived_at IS NULL AND n.read_at IS NULL AND n.mailed_at IS NULL";
    let (tasks, _) = load(db, which, [person.into(), task.into()]).await?;
    Ok(tasks.into_iter().next())
}

/// The notices of the person `$1` to which a condition applies.
async fn load(
    db: &impl ConnectionTrait,
    which: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<(Vec<Noticed>, bool), DbErr> {
    let sql = format!(
        "SELECT n.task, n.stream, n.seq, n.kind, n.actor, n.at, n.read_at, p.key, p.name, p.hue, t.number, t.title, \
         d.name, d.category, t.priority, e.payload, substr(v.body, 1, {}) \
         FROM notices n JOIN members m ON m.project = n.stream AND m.person = n.person \
         JOIN projects p ON p.id = n.stream JOIN tasks t ON t.id = n.task JOIN statuses d ON d.id = t.status \
         LEFT JOIN events e ON e.stream = n.stream AND e.seq = n.seq LEFT JOIN text_versions v ON v.id = e.text_id \
         WHERE n.person = $1 AND {which} ORDER BY n.at DESC, n.stream, n.seq DESC LIMIT {}",
        4 * EXCERPT,
        MOST + 1
    );
    let mut rows = all(db, &sql, values).await?;
    let is_cut = rows.len() > MOST;
    rows.truncate(MOST);
    let mut tasks: Vec<Noticed> = Vec::new();
    let mut went_to = Vec::new();
    for row in &rows {
        let (notice, to) = notice(row)?;
        let task = id(row, 0)?;
        let place = if let Some(place) = tasks.iter().position(|noticed| noticed.task == task) {
            place
        } else {
            tasks.push(noticed(row)?);
            tasks.len() - 1
        };
        if let Some(to) = to {
            went_to.push((place, tasks[place].notices.len(), to));
        }
        tasks[place].notices.push(notice);
    }
    let names = statuses(db, went_to.iter().map(|(.., to)| *to).collect()).await?;
    for (task, notice, to) in went_to {
        tasks[task].notices[notice].what = names.get(&to).cloned();
    }
    Ok((tasks, is_cut))
}

fn noticed(row: &QueryResult) -> Result<Noticed, DbErr> {
    let hue = u8::try_from(get::<i16>(row, 9)?).ok().and_then(|n| Hue::try_from(n).ok());
    Ok(Noticed {
        task: id(row, 0)?,
        project: id(row, 1)?,
        key: text(row, 7)?,
        name: text(row, 8)?,
        hue: hue.ok_or_else(|| damaged("a colour"))?,
        number: u32::try_from(get::<i64>(row, 10)?).unwrap_or(u32::MAX),
        title: text(row, 11)?,
        status: text(row, 12)?,
        category: Category::from_code(get(row, 13)?).ok_or_else(|| damaged("a category"))?,
        priority: priority(get(row, 14)?)?,
        notices: Vec::new(),
    })
}

/// A notice, and the status to which its task went.
fn notice(row: &QueryResult) -> Result<(Notice, Option<StatusId>), DbErr> {
    let kind = NoticeKind::from_code(get(row, 3)?).ok_or_else(|| damaged("a notice"))?;
    let (payload, body): (Option<String>, Option<String>) = (get(row, 15)?, get(row, 16)?);
    let to = match payload.filter(|_| kind == NoticeKind::Moved).map(|text| serde_json::from_str(&text)) {
        Some(Ok(Event::TaskMoved { to, .. })) => Some(to),
        _ => None,
    };
    let is_said = matches!(kind, NoticeKind::Mentioned | NoticeKind::Commented);
    let notice = Notice {
        seq: get(row, 2)?,
        kind,
        by: id(row, 4)?,
        at: instant(row, 5)?,
        is_read: get::<Option<i64>>(row, 6)?.is_some(),
        what: body.filter(|_| is_said).map(|body| in_short(&body, EXCERPT)),
    };
    Ok((notice, to))
}

async fn statuses(db: &impl ConnectionTrait, ids: Vec<StatusId>) -> Result<HashMap<StatusId, String>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (list, values) = padded(&ids, 1);
    let rows = all(db, &format!("SELECT id, name FROM statuses WHERE id IN {list}"), values).await?;
    rows.iter().map(|row| Ok((id(row, 0)?, get(row, 1)?))).collect()
}
