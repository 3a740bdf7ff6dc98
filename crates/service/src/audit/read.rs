//! Reading the log, by those who may: an Admin all of it, the Lead of a project what belongs to that.

use ledger::{Cursor, Filter, LedgerError, Value};
use model::{Instant, PersonId, ProjectId, Refusal, Verdict};
use sea_orm::DbErr;
use serde_json::{Value as Json, json};
use store::Store;
use uuid::Uuid;

use crate::{Actor, Cx, context::refuse, query::standing, sql::damaged};

/// The most entries of a page.
const MOST: u16 = 200;

/// Which entries are asked for. What is `None` is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of this project. Who is no Admin has to name one.
    pub project: Option<ProjectId>,
    /// By this person.
    pub person: Option<PersonId>,
    /// About this task, comment, person ….
    pub object: Option<Uuid>,
    /// Of this action.
    pub action: Option<String>,
    /// From this moment on.
    pub from: Option<Instant>,
    /// Before this moment.
    pub until: Option<Instant>,
}

/// A value of an entry as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// There is none.
    Absent,
    /// A value.
    Value(String),
    /// A private value, which is kept apart and may have been erased.
    Private,
    /// A private value that was erased.
    Erased,
}

/// An entry as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its position.
    pub position: u64,
    /// Its own id.
    pub entry: Uuid,
    /// When it happened.
    pub at: Instant,
    /// The family, such as `command`.
    pub kind: String,
    /// What sort of actor, such as `person`.
    pub actor_kind: String,
    /// Who.
    pub actor: Option<Uuid>,
    /// What was done or tried.
    pub action: String,
    /// To what sort of thing.
    pub object_kind: String,
    /// To which.
    pub object: Option<Uuid>,
    /// In which project.
    pub project: Option<ProjectId>,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// What became different: the field, what it was, what it is.
    pub changes: Vec<(String, Shown, Shown)>,
    /// The request it was part of.
    pub request: Option<Uuid>,
    /// The hash of the entry in the tree, 64 hexadecimal digits.
    pub hash: String,
}

/// A page of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// The newest first.
    pub entries: Vec<Told>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A page of the log.
///
/// # Errors
///
/// [`Refusal::NotFound`] for who may not read it; a fault of the database.
pub async fn entries(
    cx: &Cx,
    actor: &Actor,
    asked: Asked,
    after: Option<Cursor>,
    limit: u16,
) -> Result<Entries, Refusal> {
    check(cx, actor, asked.project).await?;
    let us = |at: Option<Instant>| at.map(|at| at.ms().saturating_mul(1000));
    let filter = Filter {
        project: asked.project.map(ProjectId::uuid),
        actor: asked.person.map(PersonId::uuid),
        object: asked.object,
        action: asked.action,
        from_us: us(asked.from),
        until_us: us(asked.until),
    };
    let page = ledger::page(cx.store.reader(), &filter, after, limit.min(MOST)).await.map_err(|e| refuse(&e))?;
    let entries = page.entries.iter().map(Told::of).collect::<Result<_, _>>().map_err(|e| refuse(&e))?;
    Ok(Entries { entries, next: page.next })
}

/// One entry.
///
/// # Errors
///
/// [`Refusal::NotFound`] when it is not there, or not theirs to read; a fault of the database.
pub async fn entry(cx: &Cx, actor: &Actor, position: u64) -> Result<Told, Refusal> {
    let told = told(cx, position).await?;
    check(cx, actor, told.project).await?;
    Ok(told)
}

/// The proof that an entry is in the log, to be kept and checked by standard tools (C2SP tlog-proof). `None` until a
/// checkpoint covers it.
///
/// # Errors
///
/// As for [`entry`].
pub async fn proof(cx: &Cx, actor: &Actor, position: u64) -> Result<Option<String>, Refusal> {
    entry(cx, actor, position).await?;
    match ledger::proof_text(cx.store.reader(), position).await {
        Ok(proof) => Ok(proof),
        Err(LedgerError::NoEntry { .. }) => Err(Refusal::NotFound),
        Err(LedgerError::Database(error)) => Err(refuse(&error)),
        Err(error) => Err(crate::context::fault(&error)),
    }
}

/// One entry, for whoever has the database anyway.
///
/// # Errors
///
/// The database's.
pub async fn look(store: &Store, position: u64) -> Result<Option<Told>, DbErr> {
    ledger::entry(store.reader(), position).await?.as_ref().map(Told::of).transpose()
}

/// The newest entries, for whoever has the database anyway.
///
/// # Errors
///
/// The database's.
pub async fn latest(store: &Store, n: u16) -> Result<Vec<Told>, DbErr> {
    let page = ledger::page(store.reader(), &Filter::default(), None, n).await?;
    page.entries.iter().map(Told::of).collect()
}

pub(super) async fn entry_id(cx: &Cx, position: u64) -> Result<[u8; 16], Refusal> {
    Ok(told(cx, position).await?.entry.into_bytes())
}

async fn told(cx: &Cx, position: u64) -> Result<Told, Refusal> {
    let found = ledger::entry(cx.store.reader(), position).await.map_err(|e| refuse(&e))?;
    Told::of(&found.ok_or(Refusal::NotFound)?).map_err(|e| refuse(&e))
}

/// Whether they may read the log of a project, or all of it.
pub(super) async fn check(cx: &Cx, actor: &Actor, project: Option<ProjectId>) -> Result<(), Refusal> {
    let in_project = match project {
        Some(project) => Some(standing(cx.store.reader(), actor, project).await?),
        None => None,
    };
    match model::may_audit(actor.role, in_project) {
        Verdict::Yes => Ok(()),
        Verdict::No | Verdict::Absent => Err(Refusal::NotFound),
    }
}

impl Told {
    /// As programs read it that gather events: one object, with times in milliseconds since 1970 UTC.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string());
        let shown = |shown: &Shown| match shown {
            Shown::Absent => Json::Null,
            Shown::Value(text) => json!(text),
            Shown::Private => json!({ "private": true }),
            Shown::Erased => json!({ "erased": true }),
        };
        let change = |(field, old, new): &(String, Shown, Shown)| json!({ "field": field, "old": shown(old), "new": shown(new) });
        json!({
            "position": self.position,
            "entry": self.entry.to_string(),
            "at": self.at.ms(),
            "kind": self.kind,
            "actor": { "kind": self.actor_kind, "id": id(self.actor) },
            "action": self.action,
            "object": { "kind": self.object_kind, "id": id(self.object) },
            "project": id(self.project.map(ProjectId::uuid)),
            "outcome": self.outcome,
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
            "request": id(self.request),
            "hash": self.hash,
        })
    }

    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// When its bytes are no leaf.
    pub fn of(entry: &ledger::Entry) -> Result<Self, DbErr> {
        let leaf = entry.leaf().map_err(|_| damaged("an entry of the audit log"))?;
        let id = |id: Option<[u8; 16]>| id.map(Uuid::from_bytes);
        let shown = |value: Value<'_>| match value {
            Value::Absent => Shown::Absent,
            Value::Public(text) => Shown::Value(text.to_owned()),
            Value::Committed(_) => Shown::Private,
        };
        let private = leaf.private.iter().map(|p| (p.field.to_owned(), Shown::Absent, Shown::Private));
        let changes = leaf.changes.iter().map(|c| (c.field.to_owned(), shown(c.old), shown(c.new))).chain(private);
        Ok(Self {
            position: entry.position,
            entry: Uuid::from_bytes(leaf.entry),
            at: Instant::from_ms(leaf.at_us / 1000),
            kind: leaf.kind.to_owned(),
            actor_kind: leaf.actor.kind.to_owned(),
            actor: id(leaf.actor.id),
            action: leaf.action.to_owned(),
            object_kind: leaf.object.kind.to_owned(),
            object: id(leaf.object.id),
            project: id(leaf.project).map(ProjectId::from),
            outcome: leaf.outcome.to_string(),
            changes: changes.collect(),
            request: id(leaf.request),
            hash: ledger::leaf_hash(&entry.body).to_string(),
        })
    }
}
