//! What a comment said before it was edited.

use model::{CommentId, Instant, ProjectId, Refusal};

use super::standing;
use crate::{
    Actor, Cx,
    batch::Field,
    context::refuse,
    sql::{all, get, instant, one},
};

/// How many are told; ticking a box is an edit, too.
const MOST: u8 = 50;

/// A text that a comment had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Since when.
    pub at: Instant,
    /// As HTML that is safe to be shown.
    pub html: String,
}

/// What a comment said before, newest first; at most fifty.
///
/// # Errors
///
/// [`Refusal::NotFound`] when it is not in the project, was removed, or is not for the reader to see.
pub async fn versions(cx: &Cx, actor: &Actor, project: ProjectId, comment: CommentId) -> Result<Vec<Version>, Refusal> {
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    standing(&*tx, actor, project).await?;
    let sql = "SELECT version FROM comments WHERE id = $1 AND project = $2 AND removed_at IS NULL";
    let row = one(&*tx, sql, [comment.into(), project.into()]).await.map_err(|e| refuse(&e))?;
    let now: i32 = get(&row.ok_or(Refusal::NotFound)?, 0).map_err(|e| refuse(&e))?;
    let sql = format!(
        "SELECT at, body FROM text_versions WHERE object = $1 AND field = $2 AND version < $3 \
         ORDER BY version DESC LIMIT {MOST}"
    );
    let values = [comment.into(), (Field::Comment as i16).into(), now.into()];
    let rows = all(&*tx, &sql, values).await.map_err(|e| refuse(&e))?;
    drop(tx);
    let mut versions = Vec::with_capacity(rows.len());
    for row in rows {
        let text: String = get(&row, 1).map_err(|e| refuse(&e))?;
        let html = cx.markdown.html(project, &text).await.map_err(|e| refuse(&e))?.as_ref().to_owned();
        versions.push(Version { at: instant(&row, 0).map_err(|e| refuse(&e))?, html });
    }
    Ok(versions)
}
