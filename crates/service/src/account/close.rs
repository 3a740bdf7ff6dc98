//! Giving up an account: what is personal is erased, what the team made together stays, by a former member.
//!
//! Erased are the name, the address and all that was sealed or counted for the person: sessions' devices, mails that wait, links,
//! factors, wishes, notices, and the ledger's private values. What stays names them by id only. Backups have it until they expire.

use ledger::{By, Erase, Outcome};
use model::{Change, CloseAccount, Event, Instant, PersonId, ProjectId, ProjectRole, Refusal, Role, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    Actor, again,
    errand::{Deed, Errand, Ran, note},
    letters, role_of, sessions,
};
use crate::{
    Cx,
    batch::{Book, ledger_hash},
    context::refuse,
    directory::{self, EMAIL, NAME},
    feed::person_key,
    post::{self, NewMail},
    sql::{all, damaged, get, id, one, run},
};

/// What others read instead of the name.
pub(crate) const FORMER: &str = "Former member";
/// How often it begins anew when a membership changed meanwhile.
const TRIES: usize = 3;

/// What giving up their account would mean for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Farewell {
    /// Nobody else administers this installation, so it is not possible.
    pub is_last_admin: bool,
    /// The projects that nobody else leads, by name.
    pub without_lead: Vec<String>,
}

/// What giving up their account would mean for the reader.
///
/// # Errors
///
/// A fault of the database.
pub async fn farewell(cx: &Cx, actor: &Actor) -> Result<Farewell, Refusal> {
    let db = cx.store.reader();
    let sql = "SELECT p.name FROM members m JOIN projects p ON p.id = m.project WHERE m.person = $1 AND m.role = $2 \
               AND NOT EXISTS (SELECT 1 FROM members o WHERE o.project = m.project AND o.person <> $1 AND o.role = $2) \
               ORDER BY p.name";
    let values = [actor.person.into(), ProjectRole::Lead.code().into()];
    let rows = all(db, sql, values).await.map_err(|e| refuse(&e))?;
    let names: Result<_, _> = rows.iter().map(|row| get(row, 0)).collect();
    let is_last_admin = is_last_admin(db, actor).await.map_err(|e| refuse(&e))?;
    Ok(Farewell { is_last_admin, without_lead: names.map_err(|e| refuse(&e))? })
}

async fn is_last_admin(db: &impl ConnectionTrait, actor: &Actor) -> Result<bool, DbErr> {
    Ok(role_of(db, actor.person).await? == Role::Admin && !is_another_admin(db, actor.person).await?)
}

/// Whether there is an Admin who can come in, besides this person. Asked under the lock of the instance, which everybody
/// holds who changes the answer.
pub(crate) async fn is_another_admin(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let sql = "SELECT 1 FROM users WHERE role = $1 AND id <> $2 AND verified_at IS NOT NULL AND disabled_at IS NULL \
               LIMIT 1";
    Ok(one(db, sql, [Role::Admin.code().into(), person.into()]).await?.is_some())
}

/// Gives up the reader's account and erases what is personal.
///
/// # Errors
///
/// [`Refusal::Confirm`]; another address than their own, at its field; the last Admin.
pub async fn close(cx: &Cx, actor: &Actor, form: CloseAccount) -> Result<(), Refusal> {
    again::is_fresh(cx, actor).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    if form.email.trim().to_lowercase() != to.email.canonical() {
        return Err(Refusal::invalid(
            "email",
            "Type in your own address, as it stands above, to show that you mean it.",
        ));
    }
    let letter = letters::closed(cx, &to);
    for _ in 0..TRIES {
        let sql = "SELECT project FROM members WHERE person = $1 ORDER BY project";
        let rows = all(cx.store.reader(), sql, [actor.person.into()]).await.map_err(|e| refuse(&e))?;
        let projects: Result<Vec<ProjectId>, _> = rows.iter().map(|row| id(row, 0)).collect();
        let closing = Closing {
            actor: *actor,
            projects: projects.map_err(|e| refuse(&e))?,
            name: cx.vault.seal(NAME, actor.person.bytes(), FORMER.as_bytes()),
            email: cx.vault.seal(EMAIL, actor.person.bytes(), b""),
            // The person's own mails are erased; this one tells them so.
            told: post::new_mail(cx, post::Kind::Security, None, &to, &letter, None)?,
            at: cx.now(),
        };
        if super::run(cx, Errand::Close(Box::new(closing))).await? == Ran::Yes {
            cx.directory.forget(actor.person);
            cx.hub.end_person(person_key(actor.person));
            return Ok(());
        }
    }
    Err(Refusal::Busy { after_s: 1 })
}

/// An account that is given up.
#[derive(Debug)]
pub(crate) struct Closing {
    actor: Actor,
    /// Their projects, as they were known when its streams were named.
    projects: Vec<ProjectId>,
    name: Vec<u8>,
    email: Vec<u8>,
    told: NewMail,
    at: Instant,
}

impl Closing {
    pub(super) fn streams(&self) -> Vec<Stream> {
        let projects = self.projects.iter().map(|project| Stream::Project(*project));
        projects.chain([Stream::Instance, Stream::Person(self.actor.person)]).collect()
    }

    /// Does nothing if they are in other projects by now.
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let Self { actor, at, .. } = self;
        let (person, session) = (actor.person, Some(actor.session_hash));
        let tx = book.tx()?;
        let deed = |outcome| Deed { action: "account_close", at: *at, person: Some(person), session, outcome };
        if is_last_admin(tx, actor).await? {
            note(book, &deed(Outcome::Refused));
            let why = "You are the only Admin here. Make somebody else an Admin first.";
            return Ok(Err(Refusal::invalid("form", why)));
        }
        let mut memberships = Vec::new();
        let sql = "SELECT project, role FROM members WHERE person = $1 ORDER BY project";
        for row in all(tx, sql, [person.into()]).await? {
            let role = ProjectRole::from_code(get(&row, 1)?).ok_or_else(|| damaged("a role"))?;
            memberships.push((id::<ProjectId>(&row, 0)?, role));
        }
        if memberships.iter().map(|(project, _)| *project).ne(self.projects.iter().copied()) {
            return Ok(Ok(Ran::No));
        }
        sessions::end(book, person, sessions::Which::All, *at).await?;
        let mut changes = Vec::new();
        for (project, role) in memberships {
            let left = Event::MemberRemoved { person, role };
            changes.push(Change { stream: Stream::Project(project), event: left, text: None });
            let lost = Event::ProjectLost { project };
            changes.push(Change { stream: Stream::Person(person), event: lost, text: None });
        }
        changes.push(Change { stream: Stream::Instance, event: Event::PersonLeft { person }, text: None });
        book.record(changes, None, person, *at);
        self.erase(tx).await?;
        let by = By {
            at_us: at.ms().saturating_mul(1000),
            actor: ledger::Actor { kind: "person", id: Some(person.bytes()) },
            session: session.map(ledger_hash),
        };
        ledger::erase(tx, Erase::Person(person.bytes()), by, || book.new_entry()).await?;
        post::write(book, &self.told).await?;
        note(book, &deed(Outcome::Done));
        Ok(Ok(Ran::Yes))
    }

    async fn erase(&self, tx: &impl ConnectionTrait) -> Result<(), DbErr> {
        let (person, at) = (self.actor.person, self.at);
        let sql = "UPDATE users SET name = $2, email = $3, role = $4, password = '', is_short = 0, \
                   security_version = security_version + 1, disabled_at = $5, closed_at = $5, changed_at = $5 WHERE id = $1";
        let values =
            [person.into(), self.name.clone().into(), self.email.clone().into(), Role::User.code().into(), at.into()];
        run(tx, sql, values).await?;
        for sql in [
            "UPDATE sessions SET agent = NULL, address = NULL WHERE person = $1",
            "DELETE FROM user_email_index WHERE person = $1",
            "DELETE FROM tokens WHERE person = $1",
            "DELETE FROM email_changes WHERE person = $1",
            "DELETE FROM totp WHERE person = $1",
            "DELETE FROM recovery_codes WHERE person = $1",
            "DELETE FROM sign_ins WHERE person = $1",
            "DELETE FROM preferences WHERE person = $1",
            "DELETE FROM notices WHERE person = $1",
        ] {
            run(tx, sql, [person.into()]).await?;
        }
        let sql = "UPDATE mails SET content = NULL, failed_at = $2, reason = 'the account was closed' \
                   WHERE person = $1 AND content IS NOT NULL";
        run(tx, sql, [person.into(), at.into()]).await.map(|_| ())
    }
}
