//! On whose word things are done, as the transaction finds it: entries of the ledger, and rights over projects.

use ledger::{Change, Outcome, Value};
use model::{CommandKind, Instant, PersonId, ProjectId, ProjectRole, Role, Standing, Verdict, may};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::{
    Actor,
    batch::{Book, By, Note, Typed},
    sql::{damaged, get, one},
};

/// What was done or tried, for the ledger. Values in it are for ever, so no names and no addresses are among them.
pub(super) struct Deed {
    action: &'static str,
    at: Instant,
    actor: Option<PersonId>,
    session: Option<[u8; 32]>,
    /// Somebody at the machine itself did it, who is no visitor.
    is_operator: bool,
    /// What sort of thing it was done to, and which.
    pub(super) object: Option<(&'static str, Uuid)>,
    pub(super) outcome: Outcome,
    /// A field, what it was, and what it is.
    pub(super) change: Option<(&'static str, &'static str, &'static str)>,
    /// The same for what somebody typed: kept apart, so that it can be erased.
    pub(super) typed: Option<Typed>,
}

impl Deed {
    /// Of somebody who is signed in.
    pub(super) const fn of(actor: &Actor, action: &'static str, at: Instant) -> Self {
        let (actor, session) = (Some(actor.person), Some(actor.session_hash));
        let (object, outcome, change) = (None, Outcome::Done, None);
        Self { action, at, actor, session, is_operator: false, object, outcome, change, typed: None }
    }

    /// Of somebody who has a link.
    pub(super) const fn of_visitor(action: &'static str, at: Instant) -> Self {
        let (object, outcome, change) = (None, Outcome::Done, None);
        Self { action, at, actor: None, session: None, is_operator: false, object, outcome, change, typed: None }
    }

    /// Of somebody at the machine itself.
    pub(super) const fn of_operator(action: &'static str, at: Instant) -> Self {
        let mut deed = Self::of_visitor(action, at);
        deed.is_operator = true;
        deed
    }

    /// By whom, if they are signed in.
    pub(super) const fn by(&self) -> Option<PersonId> {
        self.actor
    }

    /// When it is done.
    pub(super) const fn at(&self) -> Instant {
        self.at
    }
}

pub(super) fn note(book: &mut Book<'_>, deed: &Deed) {
    let object = deed.object.map_or(("installation", None), |(kind, id)| (kind, Some(id)));
    let value = |text: &'static str| if text.is_empty() { Value::Absent } else { Value::Public(text) };
    let change = deed.change.map(|(field, old, new)| Change { field, old: value(old), new: value(new) });
    let Deed { action, at, outcome, .. } = *deed;
    let by = if deed.is_operator { By::OPERATOR } else { By::visitor(deed.actor, deed.session) };
    let changes = change.into_iter().collect();
    book.note_typed(Note { kind: "people", by, at, action, object, outcome, changes }, deed.typed.clone());
}

/// The role of somebody who has an account and can come in.
pub(super) async fn role_of(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<Role>, DbErr> {
    let sql = "SELECT role FROM users WHERE id = $1 AND verified_at IS NOT NULL AND disabled_at IS NULL";
    let Some(row) = one(db, sql, [person.into()]).await? else { return Ok(None) };
    Role::from_code(get(&row, 0)?).map(Some).ok_or_else(|| damaged("a role"))
}

/// Whether somebody with this role may add people to a project.
pub(super) async fn may_add(
    db: &impl ConnectionTrait,
    person: PersonId,
    role: Role,
    project: ProjectId,
) -> Result<bool, DbErr> {
    let sql = "SELECT m.role FROM projects p LEFT JOIN members m ON m.project = p.id AND m.person = $2 WHERE p.id = $1";
    let Some(row) = one(db, sql, [project.into(), person.into()]).await? else { return Ok(false) };
    let in_project = get::<Option<i16>>(&row, 0)?.and_then(ProjectRole::from_code);
    Ok(may(Standing { role, in_project }, CommandKind::AddMember) == Verdict::Yes)
}
