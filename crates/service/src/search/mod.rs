//! The words by which tasks are found: how a text becomes words, and the rows in which both engines look for them.
//!
//! Must not know: who searches. That is a question; see `query::search`.

mod terms;

pub(crate) use terms::{around, terms};

use model::{ProjectId, TaskId};
use sea_orm::{DatabaseTransaction, DbErr};
use std::collections::BTreeMap;
use store::{Insert, Row, insert_all};
use uuid::Uuid;

use crate::{
    batch::Field,
    sql::{all, get, one},
};

/// What of a task a row is, in the order in which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Title = 1,
    Description = 2,
    Comment = 3,
}

/// A text as it is searched.
#[derive(Clone, Debug)]
pub(crate) struct Searched {
    pub(crate) project: ProjectId,
    pub(crate) task: TaskId,
    pub(crate) at: i64,
    pub(crate) terms: String,
}

/// Texts that wait to be written, by their object and kind; nothing for one that goes.
pub(crate) type Waiting = BTreeMap<(Uuid, i16), Option<Searched>>;

const HEAD: &str = "INSERT INTO search_texts (object, kind, project, task, at, terms)";
const TAIL: &str = "ON CONFLICT (object, kind) DO UPDATE SET at = excluded.at, terms = excluded.terms";
const DELETE: &str = "DELETE FROM search_texts WHERE object = $1 AND kind = $2";

/// The words of a title; a task is found by its number too, with its project's key and without.
pub(crate) fn title_terms(key: &str, number: u32, title: &str) -> String {
    terms(&format!("{key}-{number} {number} {title}"))
}

/// The statements that write what waits: what goes, and what comes or changes.
pub(crate) fn changes(waiting: Waiting) -> (Vec<(&'static str, Row)>, Insert) {
    let (mut gone, mut rows) = (Vec::new(), Vec::new());
    for ((object, kind), searched) in waiting {
        match searched {
            None => gone.push((DELETE, vec![object.into(), kind.into()])),
            Some(Searched { project, task, at, terms }) => {
                rows.push(vec![object.into(), kind.into(), project.into(), task.into(), at.into(), terms.into()]);
            }
        }
    }
    (gone, Insert { head: HEAD, tail: TAIL, rows })
}

/// Fills the table for tasks that were written before there was one.
pub(crate) async fn fill(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    let is_missing = "SELECT 1 FROM tasks WHERE NOT EXISTS (SELECT 1 FROM search_texts) LIMIT 1";
    if one(tx, is_missing, []).await?.is_none() {
        return Ok(());
    }
    let mut waiting = Waiting::new();
    let sql = "SELECT t.id, t.project, t.created_at, p.key, t.number, t.title FROM tasks t JOIN projects p ON p.id = t.project";
    for row in all(tx, sql, []).await? {
        let (key, number, title): (String, i64, String) = (get(&row, 3)?, get(&row, 4)?, get(&row, 5)?);
        let terms = title_terms(&key, u32::try_from(number).unwrap_or(0), &title);
        let (task, project): (Uuid, Uuid) = (get(&row, 0)?, get(&row, 1)?);
        let searched = Searched { project: project.into(), task: task.into(), at: get(&row, 2)?, terms };
        waiting.insert((task, Kind::Title as i16), Some(searched));
    }
    for (kind, field, sql) in [
        (
            Kind::Description,
            Field::Description,
            "SELECT t.id, t.project, t.id, v.at, v.body FROM text_versions v JOIN tasks t ON t.id = v.object \
             AND t.text_version = v.version WHERE v.field = $1",
        ),
        (
            Kind::Comment,
            Field::Comment,
            "SELECT c.id, c.project, c.task, v.at, v.body FROM text_versions v JOIN comments c ON c.text_id = v.id \
             WHERE v.field = $1 AND c.removed_at IS NULL",
        ),
    ] {
        for row in all(tx, sql, [(field as i16).into()]).await? {
            let (object, project, task): (Uuid, Uuid, Uuid) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
            let body: String = get(&row, 4)?;
            let searched =
                Searched { project: project.into(), task: task.into(), at: get(&row, 3)?, terms: terms(&body) };
            waiting.insert((object, kind as i16), Some(searched));
        }
    }
    insert_all(tx, vec![changes(waiting).1]).await
}
