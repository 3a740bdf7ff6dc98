//! Entries of the audit log of a project as an export tells them: with the names of today, read page by page in one snapshot.
//!
//! What somebody typed stays on the server, so that it can still be erased; the file says that it is there.

use ledger::{Cursor, Filter};
use model::{PersonId, ProjectId, ProjectRole, Refusal, Role, Standing, Verdict};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;
use std::borrow::Cow;

use super::sheet::Line;
use crate::{
    Cx,
    audit::{Names, Shown, Told},
    context::refuse,
    sql::{get, one},
};

/// How many entries are read at once.
const PAGE: u16 = 500;

/// An entry with the names of those whom it is about.
#[derive(Clone, Debug)]
pub(super) struct Named {
    told: Told,
    who: String,
    about: String,
}

/// Whether a person may read the log of a project now, whoever they were when they asked for it.
pub(super) async fn may_read(db: &impl ConnectionTrait, person: PersonId, project: ProjectId) -> Result<bool, DbErr> {
    let sql = "SELECT u.role, m.role FROM users u JOIN projects p ON p.id = $2 LEFT JOIN members m ON m.project = p.id \
               AND m.person = u.id WHERE u.id = $1 AND u.disabled_at IS NULL AND u.closed_at IS NULL";
    let Some(row) = one(db, sql, [person.into(), project.into()]).await? else { return Ok(false) };
    let Some(role) = Role::from_code(get(&row, 0)?) else { return Ok(false) };
    let in_project = get::<Option<i16>>(&row, 1)?.and_then(ProjectRole::from_code);
    Ok(model::may_audit(role, Some(Standing { role, in_project })) == Verdict::Yes)
}

/// How many entries a project has.
pub(super) async fn count(db: &impl ConnectionTrait, project: ProjectId) -> Result<u64, DbErr> {
    let sql = "SELECT count(*) FROM ledger_entries WHERE project = $1";
    one(db, sql, [project.into()]).await?.map_or(Ok(0), |row| get::<i64>(&row, 0).map(i64::unsigned_abs))
}

/// Entries of a project, the newest first, and where the next ones begin.
pub(super) async fn page(
    cx: &Cx,
    db: &impl ConnectionTrait,
    project: ProjectId,
    after: Option<Cursor>,
) -> Result<(Vec<Named>, Option<Cursor>), Refusal> {
    let filter = Filter { project: Some(project.uuid()), ..Filter::default() };
    let page = ledger::page(db, &filter, after, PAGE).await.map_err(|e| refuse(&e))?;
    let told: Vec<Told> = page.entries.iter().map(Told::of).collect::<Result<_, _>>().map_err(|e| refuse(&e))?;
    let called_now =
        Names::read(cx, told.iter().flat_map(|told| told.actor.into_iter().chain(told.object)).collect()).await?;
    let called =
        |id: Option<uuid::Uuid>| id.map(|id| called_now.get(id).map_or_else(|| id.to_string(), |c| c.name.clone()));
    let named = told.into_iter().map(|told| Named {
        who: called(told.actor).unwrap_or_else(|| told.actor_kind.clone()),
        about: called(told.object).unwrap_or_else(|| told.object_kind.clone()),
        told,
    });
    Ok((named.collect(), page.next))
}

/// What became different, as in `due: – → 2026-12-24; title: (private) → (private)`.
fn changes(told: &Told) -> String {
    let word = |shown: &Shown| match shown {
        Shown::Absent => "–".to_owned(),
        Shown::Value(text) => text.clone(),
        Shown::Private => "(private)".to_owned(),
        Shown::Erased => "(erased)".to_owned(),
    };
    let all = told.changes.iter().map(|(field, old, new)| format!("{field}: {} → {}", word(old), word(new)));
    all.collect::<Vec<_>>().join("; ")
}

impl Line for Named {
    const NAME: &'static str = "entries";
    const TITLE: &'static str = "Audit log";
    const COLUMNS: &'static [&'static str] =
        &["Entry", "Time", "Person", "Action", "About", "Result", "Changes", "Request", "Hash"];
    const WIDE: &'static [usize] = &[6, 8];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let Self { told, who, about } = self;
        vec![
            told.position.to_string().into(),
            told.at.rfc3339().into(),
            who.into(),
            (&*told.action).into(),
            about.into(),
            (&*told.outcome).into(),
            changes(told).into(),
            told.request.map(|id| id.to_string()).unwrap_or_default().into(),
            (&*told.hash).into(),
        ]
    }

    fn object(&self) -> serde_json::Value {
        let mut object = self.told.to_json();
        object["actor"]["name"] = json!(self.who);
        object["object"]["name"] = json!(self.about);
        object
    }
}
