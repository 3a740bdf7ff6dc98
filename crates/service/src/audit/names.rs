//! What people call the things that entries name by id, as far as these are still there.

use model::{Key, PersonId, Refusal};
use std::collections::HashMap;
use uuid::Uuid;

use crate::{
    Cx,
    context::refuse,
    directory,
    sql::{all, get, id, padded, text},
};

/// What something is called, and the page that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The name, or how it is referred to, such as `MUS-42`.
    pub name: String,
    /// The path of its page, if it has one.
    pub path: Option<String>,
}

/// Names by id.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<Uuid, Called>);

impl Names {
    /// What something is called.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<&Called> {
        self.0.get(&id)
    }

    /// The names of all these ids; each may be of anything.
    pub(crate) async fn read(cx: &Cx, mut ids: Vec<Uuid>) -> Result<Self, Refusal> {
        ids.sort_unstable();
        ids.dedup();
        let mut names = Self::default();
        for some in ids.chunks(256) {
            names.read_some(cx, some).await?;
        }
        Ok(names)
    }

    async fn read_some(&mut self, cx: &Cx, ids: &[Uuid]) -> Result<(), Refusal> {
        let people: Vec<PersonId> = ids.iter().copied().map(PersonId::from).collect();
        for card in directory::cards(cx, people).await? {
            self.0.insert(card.id.uuid(), Called { name: card.name.to_string(), path: None });
        }
        let db = cx.store.reader();
        let (list, values) = padded(ids, 1);
        let sql = format!(
            "SELECT t.id, p.key, t.number FROM tasks t JOIN projects p ON p.id = t.project WHERE t.id IN {list}"
        );
        for row in all(db, &sql, values.clone()).await.map_err(|e| refuse(&e))? {
            let key: Key = text(&row, 1).map_err(|e| refuse(&e))?;
            let number: i64 = get(&row, 2).map_err(|e| refuse(&e))?;
            let called = Called { name: format!("{key}-{number}"), path: Some(format!("/p/{key}/{number}")) };
            self.0.insert(id(&row, 0).map_err(|e| refuse(&e))?, called);
        }
        let sql = format!("SELECT id, name, key FROM projects WHERE id IN {list}");
        for row in all(db, &sql, values.clone()).await.map_err(|e| refuse(&e))? {
            let key: Key = text(&row, 2).map_err(|e| refuse(&e))?;
            let called = Called { name: get(&row, 1).map_err(|e| refuse(&e))?, path: Some(format!("/p/{key}")) };
            self.0.insert(id(&row, 0).map_err(|e| refuse(&e))?, called);
        }
        for table in ["statuses", "labels"] {
            let sql = format!("SELECT id, name FROM {table} WHERE id IN {list}");
            for row in all(db, &sql, values.clone()).await.map_err(|e| refuse(&e))? {
                let called = Called { name: get(&row, 1).map_err(|e| refuse(&e))?, path: None };
                self.0.insert(id(&row, 0).map_err(|e| refuse(&e))?, called);
            }
        }
        Ok(())
    }
}
