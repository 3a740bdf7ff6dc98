//! One task: its description and its history, folded from the feed.

use model::{ProjectId, Recorded, Refusal, Stream, TaskAnswer, TaskId, TaskPage};
use sea_orm::{ConnectionTrait, DbErr};

use super::{seq, standing};
use crate::{
    Actor, Cx,
    context::refuse,
    directory::cards,
    sql::{all, get, id, instant, one},
};

/// A task's description and history.
///
/// # Errors
///
/// [`Refusal::NotFound`] when it is not in the project or not for the reader to see.
pub async fn task(cx: &Cx, actor: &Actor, project: ProjectId, task: TaskId) -> Result<TaskAnswer, Refusal> {
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    standing(&*tx, actor, project).await?;
    let mut page = load(&*tx, project, task).await.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    drop(tx);
    cx.markdown.fill_page(project, &mut page).await.map_err(|e| refuse(&e))?;
    let people = cards(cx, page.people().collect()).await?;
    Ok(TaskAnswer { page, people })
}

async fn load(db: &impl ConnectionTrait, project: ProjectId, task: TaskId) -> Result<Option<TaskPage>, DbErr> {
    let sql = "SELECT 1 FROM tasks WHERE id = $1 AND project = $2";
    if one(db, sql, [task.into(), project.into()]).await?.is_none() {
        return Ok(None);
    }
    let mut page = TaskPage::new(task);
    let sql = "SELECT e.seq, e.op, e.actor, e.at, e.payload, v.body FROM events e \
               LEFT JOIN text_versions v ON v.id = e.text_id WHERE e.stream = $1 AND e.task = $2 ORDER BY e.seq";
    for row in all(db, sql, [project.into(), task.into()]).await? {
        let payload: String = get(&row, 4)?;
        let op: Option<uuid::Uuid> = get(&row, 1)?;
        let recorded = Recorded {
            seq: get(&row, 0)?,
            op: op.map(Into::into),
            actor: id(&row, 2)?,
            at: instant(&row, 3)?,
            event: serde_json::from_str(&payload).map_err(|_| crate::sql::damaged("an event"))?,
            text: get(&row, 5)?,
            html: None,
        };
        page.apply(&recorded);
    }
    page.seq = seq(db, Stream::Project(project)).await?;
    Ok(Some(page))
}
