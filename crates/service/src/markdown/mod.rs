//! Descriptions and comments as people read them: Markdown becomes HTML that is safe to be shown, for all readers the same.
//!
//! Only here, never in the page: a renderer there would cost 54 kB. The HTML goes along with a text whenever it is read, and
//! is stored nowhere, so that a better renderer is a better page at once. Names are not in it: a mention carries the id, and
//! the page fills in the name that its reader may know.
//!
//! `MUS-42` is a link in the texts of its own project only. Whether there is another project of that key is nobody's
//! business who is not in it, and without asking, every `UTF-8` would be a link.
//!
//! Must not know: who reads.

mod clean;
#[cfg(test)]
mod tests;
mod words;
mod write;

use model::{Key, ProjectId, Recorded, TaskPage, Told};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};
use store::Store;

use crate::sql::{one, text};

/// How many bytes of HTML are kept, so that a text is not rendered anew for each of its readers.
const KEPT_BYTES: usize = 8 << 20;

type Hash = [u8; 32];

/// Renders texts, and remembers those that were asked for last. One per node.
#[derive(Debug)]
pub(crate) struct Markdown {
    store: Store,
    kept: Mutex<Kept>,
    /// A project's key does not change.
    keys: Mutex<HashMap<ProjectId, Key>>,
}

/// Two generations: what is asked for moves to the young one; when that is full, the old one goes.
#[derive(Debug, Default)]
struct Kept {
    young: HashMap<Hash, Arc<str>>,
    old: HashMap<Hash, Arc<str>>,
    young_bytes: usize,
}

impl Kept {
    fn get(&mut self, hash: &Hash) -> Option<Arc<str>> {
        if let Some(html) = self.young.get(hash) {
            return Some(html.clone());
        }
        let html = self.old.remove(hash)?;
        self.put(*hash, html.clone());
        Some(html)
    }

    fn put(&mut self, hash: Hash, html: Arc<str>) {
        self.young_bytes += html.len() + mem::size_of::<(Hash, Arc<str>)>();
        self.young.insert(hash, html);
        if self.young_bytes > KEPT_BYTES / 2 {
            self.young_bytes = 0;
            self.old = mem::take(&mut self.young);
        }
    }
}

impl Markdown {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default(), keys: Mutex::default() }
    }

    /// The key of a project; nothing when there is no such project.
    async fn key(&self, project: ProjectId) -> Result<Option<Key>, DbErr> {
        let known = hold(&self.keys).get(&project).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let row = one(self.store.reader(), "SELECT key FROM projects WHERE id = $1", [project.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let key: Key = text(&row, 0)?;
        hold(&self.keys).insert(project, key.clone());
        Ok(Some(key))
    }

    /// A text of a project, rendered.
    pub(crate) async fn html(&self, project: ProjectId, text: &str) -> Result<Arc<str>, DbErr> {
        let key = self.key(project).await?;
        let key = key.as_ref().map_or("", Key::as_str);
        // No key holds a zero byte, so that two pairs of key and text are never the same bytes.
        let hash = Sha256::new().chain_update(key).chain_update([0]).chain_update(text).finalize().into();
        let kept = hold(&self.kept).get(&hash);
        Ok(kept.unwrap_or_else(|| {
            let html: Arc<str> = rendered(text, key).into();
            hold(&self.kept).put(hash, html.clone());
            html
        }))
    }

    /// Fills in the HTML of events that have a text.
    pub(crate) async fn fill(&self, project: ProjectId, events: &mut [Recorded]) -> Result<(), DbErr> {
        for recorded in events {
            if let Some(text) = &recorded.text {
                recorded.html = Some(self.html(project, text).await?.as_ref().to_owned());
            }
        }
        Ok(())
    }

    /// Fills in the HTML of what is shown of a task.
    pub(crate) async fn fill_page(&self, project: ProjectId, page: &mut TaskPage) -> Result<(), DbErr> {
        let comments = page.told.iter_mut().filter_map(|told| match told {
            Told::Said(comment) => Some((&comment.text, &mut comment.html)),
            Told::Happened(_) => None,
        });
        for (text, html) in comments.chain([(&page.text, &mut page.html)]) {
            if let Some(text) = text {
                *html = Some(self.html(project, text).await?.as_ref().to_owned());
            }
        }
        Ok(())
    }
}

/// A text without its marks, on one line, up to a length in characters: for lists in which it is shown in short. Mentions
/// stay as they are written.
pub(crate) fn in_short(text: &str, most: usize) -> String {
    write::in_short(text, most)
}

fn hold<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text of the project with this key as HTML that is safe to be shown.
#[must_use]
pub fn rendered(text: &str, key: &str) -> String {
    clean::cleaned(&write::html(text, key))
}
