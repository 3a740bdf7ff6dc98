//! A project's board.

use model::{
    Board, BoardPage, BoardSnapshot, Instant, Key, LabelId, PersonId, ProjectId, Rank, Refusal, Task, TaskId, Title,
};
use sea_orm::{ConnectionTrait, DbErr};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

use super::{bulk::all_at_once, standing};
use crate::{
    Actor, Cx,
    batch::{due, priority, project_row},
    context::refuse,
    directory::cards,
    sql::{get, id, one},
};

/// The board of the project with this key, with the names of everybody on it.
///
/// # Errors
///
/// [`Refusal::NotFound`] when there is none or it is not for the reader to see.
pub async fn board(cx: &Cx, actor: &Actor, key: &Key) -> Result<BoardPage, Refusal> {
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    let row = one(&*tx, "SELECT id FROM projects WHERE key = $1", [key.as_str().into()]).await;
    let row = row.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    let project: ProjectId = id(&row, 0).map_err(|e| refuse(&e))?;
    standing(&*tx, actor, project).await?;
    let board = load(&*tx, project).await.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    drop(tx);
    let board = BoardSnapshot::from(&board);
    let people = cards(cx, board.people().collect()).await?;
    Ok(BoardPage { board, people })
}

/// A whole board from rows, without asking who reads: for tests and tools that compare it with the feed.
///
/// # Errors
///
/// A fault of the database.
pub async fn snapshot(cx: &Cx, project: ProjectId) -> Result<Option<Board>, Refusal> {
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    load(&*tx, project).await.map_err(|e| refuse(&e))
}

/// An id cannot be absent: a task that is no part of another says its own.
const TASK_IDS: [&str; 5] = ["id", "status", "text_by", "created_by", "coalesce(parent, id)"];
const TASK_VALUES: &[&str] = &[
    "number",
    "title",
    "rank",
    "due_day",
    "due_at",
    "due_zone",
    "n_comments",
    "text_version",
    "created_at",
    "priority",
    "archived",
    "trashed_at",
];
/// What [`TASK_VALUES`] hold.
type TaskValues =
    (u32, Title, Rank, Option<i32>, Option<i64>, Option<String>, u32, u32, i64, Option<i16>, u8, Option<i64>);

async fn load(db: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Board>, DbErr> {
    let Some(mut board) = project_row(db, project).await? else { return Ok(None) };
    let row = one(db, "SELECT seq, numbered FROM streams WHERE id = $1", [project.into()]).await?;
    if let Some(row) = row {
        board.seq = get(&row, 0)?;
        board.next_number = u32::try_from(get::<i64>(&row, 1)?).unwrap_or(u32::MAX).saturating_add(1);
    }
    let mut assignees: HashMap<Uuid, Vec<PersonId>> = HashMap::new();
    let here = || [project.into()];
    let rows: Vec<(_, [(); 0])> =
        all_at_once(db, ["task", "person"], &[], "assignees WHERE project = $1", here()).await?;
    for ([task, person], _) in rows {
        assignees.entry(task).or_default().push(person.into());
    }
    let mut labels: HashMap<Uuid, Vec<LabelId>> = HashMap::new();
    let rows: Vec<(_, [(); 0])> =
        all_at_once(db, ["task", "label"], &[], "task_labels WHERE project = $1", here()).await?;
    for ([task, label], _) in rows {
        labels.entry(task).or_default().push(label.into());
    }
    let mut watch: HashMap<Uuid, Vec<(PersonId, bool)>> = HashMap::new();
    let rows: Vec<(_, [u8; 1])> =
        all_at_once(db, ["task", "person"], &["is_on"], "watchers WHERE project = $1", here()).await?;
    for ([task, person], [is_on]) in rows {
        watch.entry(task).or_default().push((person.into(), is_on == 1));
    }
    let rows: Vec<(_, TaskValues)> = all_at_once(db, TASK_IDS, TASK_VALUES, "tasks WHERE project = $1", here()).await?;
    for ([id, status, text_by, created_by, parent], values) in rows {
        let (
            number,
            title,
            rank,
            due_day,
            due_at,
            due_zone,
            n_comments,
            text_version,
            created_at,
            code,
            archived,
            trashed_at,
        ) = values;
        let mut assignees = assignees.remove(&id).unwrap_or_default();
        assignees.sort_unstable();
        let mut labels = labels.remove(&id).unwrap_or_default();
        labels.sort_unstable();
        let mut watch = watch.remove(&id).unwrap_or_default();
        watch.sort_unstable();
        board.put(Arc::new(Task {
            id: id.into(),
            number,
            title,
            status: status.into(),
            rank,
            due: due(due_day, due_at, due_zone)?,
            priority: priority(code)?,
            assignees,
            labels,
            parent: (parent != id).then_some(TaskId::from(parent)),
            watch,
            n_comments,
            text_version,
            text_by: text_by.into(),
            created_by: created_by.into(),
            created_at: Instant::from_ms(created_at),
            is_archived: archived == 1,
            trashed_at: trashed_at.map(Instant::from_ms),
        }));
    }
    Ok(Some(board))
}
