//! A project's board.

use model::{Board, BoardPage, BoardSnapshot, Key, PersonId, ProjectId, Refusal, TaskId};
use sea_orm::{ConnectionTrait, DbErr};
use std::{collections::HashMap, sync::Arc};

use super::standing;
use crate::{
    Actor, Cx,
    batch::{TASK, project_row, task_row},
    context::refuse,
    directory::cards,
    sql::{all, get, id, one},
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

async fn load(db: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Board>, DbErr> {
    let Some(mut board) = project_row(db, project).await? else { return Ok(None) };
    let row = one(db, "SELECT seq, numbered FROM streams WHERE id = $1", [project.into()]).await?;
    if let Some(row) = row {
        board.seq = get(&row, 0)?;
        board.next_number = u32::try_from(get::<i64>(&row, 1)?).unwrap_or(u32::MAX).saturating_add(1);
    }
    let mut assignees: HashMap<TaskId, Vec<PersonId>> = HashMap::new();
    for row in all(db, "SELECT task, person FROM assignees WHERE project = $1", [project.into()]).await? {
        assignees.entry(id(&row, 0)?).or_default().push(id(&row, 1)?);
    }
    for row in all(db, &format!("{TASK} WHERE project = $1"), [project.into()]).await? {
        let mut task = task_row(&row)?;
        if let Some(people) = assignees.remove(&task.id) {
            task.assignees = people;
            task.assignees.sort_unstable();
        }
        board.put(Arc::new(task));
    }
    Ok(Some(board))
}
