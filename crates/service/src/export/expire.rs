//! Forgetting exports whose time is over, with their files, and files that belong to no export.

use futures::TryStreamExt as _;
use model::Refusal;
use object_store::{ObjectStoreExt as _, path::Path};
use sea_orm::DbErr;
use std::collections::HashSet;
use store::Lane;
use uuid::Uuid;

use super::{FOLDER, absent, place, put, work::Work};
use crate::{
    Cx,
    context::{fault, refuse},
    sql::{all, get, padded},
};

/// How many are forgotten at once, and how many files are looked up.
const AT_ONCE: usize = 100;

/// Forgets them.
///
/// # Errors
///
/// A fault of the database or the storage. What was not reached is found the next time.
pub(crate) async fn expire(cx: &Cx) -> Result<(), Refusal> {
    loop {
        let old = old(cx).await.map_err(|e| refuse(&e))?;
        if old.is_empty() {
            break;
        }
        // The file first: a row without one says that it is over, a file without a row would lie there.
        for export in &old {
            cx.outside.files.delete(&place(*export)).await.or_else(absent).map_err(|e| fault(&e))?;
        }
        put(cx, Lane::Background, Work::Forget { exports: old }).await?;
    }
    strays(cx).await
}

async fn old(cx: &Cx) -> Result<Vec<Uuid>, DbErr> {
    let sql = format!("SELECT id FROM exports WHERE expires_at IS NOT NULL AND expires_at < $1 LIMIT {AT_ONCE}");
    all(cx.store.reader(), &sql, [cx.now().into()]).await?.iter().map(|row| get(row, 0)).collect()
}

/// Deletes files whose export was given up just when they were written. A row is there before its file, so none of them is wanted.
async fn strays(cx: &Cx) -> Result<(), Refusal> {
    let files = cx.outside.files.list(Some(&Path::from(FOLDER)));
    let mut chunks = files.try_chunks(AT_ONCE);
    while let Some(files) = chunks.try_next().await.map_err(|e| fault(&e))? {
        let named = |path: &Path| path.filename().and_then(|name| name.parse::<Uuid>().ok());
        let ids: Vec<Uuid> = files.iter().filter_map(|file| named(&file.location)).collect();
        let known = known(cx, &ids).await.map_err(|e| refuse(&e))?;
        for export in ids.into_iter().filter(|id| !known.contains(id)) {
            cx.outside.files.delete(&place(export)).await.or_else(absent).map_err(|e| fault(&e))?;
        }
    }
    Ok(())
}

async fn known(cx: &Cx, ids: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let (list, values) = padded(ids, 1);
    let sql = format!("SELECT id FROM exports WHERE id IN {list}");
    all(cx.store.reader(), &sql, values).await?.iter().map(|row| get(row, 0)).collect()
}
