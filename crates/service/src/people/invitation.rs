//! Invitations: by mail to one address, and by a link that may be handed on.
//!
//! The secret of a link is 32 random bytes, of which the database knows the SHA-256 in a table of its own, so it is good for
//! nothing else. What an invitation offers is judged by the rights of who made it, when it is made and again when it is
//! accepted.

use model::{Ability, Email, Instant, InvitationId, PersonId, ProjectId, ProjectRole, Refusal, Role};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::{Deserialize, Serialize};

use super::{allowed, authority::role_of};
use crate::{
    Actor, Cx,
    batch::Book,
    context::refuse,
    directory::cards,
    keys::INVITED,
    post::{self, NewMail},
    sql::{all, damaged, get, id, instant, one, run},
};

/// A day, in milliseconds.
pub(super) const DAY_MS: i64 = 24 * 3_600_000;
/// For how long an invitation by mail works.
pub(super) const DAYS_MS: i64 = 7 * DAY_MS;
/// How many invitations an address gets within an hour.
const MOST_MAILS: i64 = 5;
const WINDOW_MS: i64 = 3_600_000;
/// How many invitations are listed at once.
const LISTED: usize = 20;

/// A project to which somebody is invited, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToProject {
    /// Which.
    pub project: ProjectId,
    /// What they become there.
    pub role: ProjectRole,
}

/// How an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It may be accepted.
    Waiting,
    /// As many came by it as might.
    Accepted,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// An invitation as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// To whom; nothing for a link that may be handed on.
    pub email: Option<String>,
    /// What they become.
    pub role: Role,
    /// How many projects they join.
    pub n_projects: usize,
    /// Who made it.
    pub inviter: String,
    /// Until when it works.
    pub expires: Instant,
    /// How many came by it, and how many may.
    pub used: (i32, i32),
    /// How it stands.
    pub state: InvitationState,
}

/// Invitations, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitations {
    /// Some of them.
    pub list: Vec<Invitation>,
    /// Behind which to look for older ones.
    pub next: Option<InvitationId>,
}

/// An address as it is stored.
#[derive(Debug)]
pub(super) struct Sealed {
    /// It itself, for the row of its invitation alone.
    pub(super) email: Vec<u8>,
    /// Its blind index.
    pub(super) mac: Vec<u8>,
}

/// An invitation to be made.
#[derive(Debug)]
pub(crate) struct New {
    pub(super) id: InvitationId,
    pub(super) hash: [u8; 32],
    pub(super) parent: Option<InvitationId>,
    /// The address; nothing for a link.
    pub(super) email: Option<Sealed>,
    pub(super) role: Role,
    pub(super) projects: Vec<ToProject>,
    pub(super) inviter: PersonId,
    pub(super) at: Instant,
    pub(super) expires: Instant,
    pub(super) uses: i32,
    pub(super) mail: Option<NewMail>,
}

/// The invitations that somebody sees: an Admin all, others their own. From the newest, or from behind one.
pub(super) async fn list(cx: &Cx, actor: &Actor, before: Option<InvitationId>) -> Result<Invitations, Refusal> {
    // Ids grow with time, so that they are an order.
    let before = before.map_or(uuid::Uuid::max(), InvitationId::uuid);
    let limit = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
    let mut values = vec![before.into(), limit.into()];
    let mut of = "";
    if allowed(actor, Ability::SeeInvitations).is_err() {
        values.push(actor.person.into());
        of = "AND inviter = $3";
    }
    let sql = format!("{ROW} WHERE parent IS NULL AND id < $1 {of} ORDER BY id DESC LIMIT $2");
    let rows = all(cx.store.reader(), &sql, values).await;
    let rows: Result<Vec<Row>, DbErr> = rows.map_err(|e| refuse(&e))?.iter().map(Row::read).collect();
    let mut rows = rows.map_err(|e| refuse(&e))?;
    let is_more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let inviters = cards(cx, rows.iter().map(|row| row.inviter).collect()).await?;
    let now = cx.now();
    let told = |row: &Row| Invitation {
        id: row.id,
        email: row.email.as_ref().map(|_| row.address(cx).map_or_else(|| "Unreadable".to_owned(), String::from)),
        role: row.role,
        n_projects: row.projects.len(),
        inviter: inviters.iter().find(|card| card.id == row.inviter).map_or_else(String::new, |c| c.name.to_string()),
        expires: row.expires,
        used: (row.used, row.uses),
        state: row.state(now),
    };
    let next = rows.last().map(|row| row.id).filter(|_| is_more);
    Ok(Invitations { list: rows.iter().map(told).collect(), next })
}

/// An invitation as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: InvitationId,
    pub(super) parent: Option<InvitationId>,
    email: Option<Vec<u8>>,
    pub(super) role: Role,
    pub(super) projects: Vec<ToProject>,
    pub(super) inviter: PersonId,
    pub(super) sent: Instant,
    pub(super) expires: Instant,
    uses: i32,
    used: i32,
    is_revoked: bool,
}

const ROW: &str = "SELECT id, parent, email, role, projects, inviter, sent_at, expires_at, uses, used, revoked_at \
                   FROM invitations";

impl Row {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let projects = serde_json::from_str(&get::<String>(row, 4)?).map_err(|_| damaged("an invitation"))?;
        Ok(Self {
            id: id(row, 0)?,
            parent: get::<Option<uuid::Uuid>>(row, 1)?.map(InvitationId::from),
            email: get(row, 2)?,
            role: Role::from_code(get(row, 3)?).ok_or_else(|| damaged("a role"))?,
            projects,
            inviter: id(row, 5)?,
            sent: instant(row, 6)?,
            expires: instant(row, 7)?,
            uses: get(row, 8)?,
            used: get(row, 9)?,
            is_revoked: get::<Option<i64>>(row, 10)?.is_some(),
        })
    }

    pub(super) async fn by_hash(db: &impl ConnectionTrait, hash: &[u8; 32]) -> Result<Option<Self>, DbErr> {
        let row = one(db, &format!("{ROW} WHERE hash = $1"), [hash.to_vec().into()]).await?;
        row.map(|row| Self::read(&row)).transpose()
    }

    pub(super) async fn by_id(db: &impl ConnectionTrait, id: InvitationId) -> Result<Option<Self>, DbErr> {
        let row = one(db, &format!("{ROW} WHERE id = $1"), [id.into()]).await?;
        row.map(|row| Self::read(&row)).transpose()
    }

    /// To whom it goes; nothing for a link.
    pub(super) fn address(&self, cx: &Cx) -> Option<Email> {
        let plain = cx.vault.open(INVITED, self.id.bytes(), self.email.as_ref()?).ok()?;
        Email::try_from(String::from_utf8(plain.expose().clone()).ok()?).ok()
    }

    /// Whether it is a link that may be handed on.
    pub(super) const fn is_link(&self) -> bool {
        self.email.is_none()
    }

    pub(super) fn state(&self, now: Instant) -> InvitationState {
        match self {
            _ if self.is_revoked => InvitationState::Revoked,
            _ if self.used >= self.uses => InvitationState::Accepted,
            _ if self.expires <= now => InvitationState::Expired,
            _ => InvitationState::Waiting,
        }
    }

    /// Whether it may be accepted now: it waits, and so does the link it came from, and who made it may still invite so.
    pub(super) async fn is_good(&self, db: &impl ConnectionTrait, now: Instant) -> Result<bool, DbErr> {
        let parent = match self.parent {
            Some(parent) => Self::by_id(db, parent).await?,
            None => None,
        };
        let waits = |row: &Self| row.state(now) == InvitationState::Waiting;
        if !waits(self) || !parent.as_ref().is_none_or(waits) {
            return Ok(false);
        }
        let inviter = role_of(db, self.inviter).await?;
        Ok(inviter.is_some_and(|role| model::may_manage(role, Ability::Invite(self.role)) == model::Verdict::Yes))
    }

    /// Uses it up, once. Comes after [`Row::is_good`] under the lock of the instance.
    pub(super) async fn consume(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        for id in std::iter::once(self.id).chain(self.parent) {
            run(db, "UPDATE invitations SET used = used + 1 WHERE id = $1", [id.into()]).await?;
        }
        Ok(())
    }
}

impl New {
    /// Whether its address got as many invitations as it may.
    pub(super) async fn gets_too_many(&self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let Some(Sealed { mac, .. }) = &self.email else { return Ok(false) };
        let sql = "SELECT count(*) FROM invitations WHERE mac = $1 AND sent_at > $2";
        let row = one(db, sql, [mac.clone().into(), self.at.plus_ms(-WINDOW_MS).into()]).await?;
        Ok(row.map_or(Ok(0), |row| get::<i64>(&row, 0))? >= MOST_MAILS)
    }

    /// Writes it and its mail.
    pub(super) async fn write(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let sql = "INSERT INTO invitations (id, hash, parent, email, mac, role, projects, inviter, created_at, sent_at, \
                   expires_at, uses, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, 0)";
        let (email, mac) = self.email.as_ref().map(|to| (to.email.clone(), to.mac.clone())).unzip();
        // Our own types cannot fail to be written as JSON.
        let projects = serde_json::to_string(&self.projects).unwrap_or_default();
        let values = [
            self.id.into(),
            self.hash.to_vec().into(),
            self.parent.map(InvitationId::uuid).into(),
            email.into(),
            mac.into(),
            self.role.code().into(),
            projects.into(),
            self.inviter.into(),
            self.at.into(),
            self.expires.into(),
            self.uses.into(),
        ];
        run(book.tx()?, sql, values).await?;
        match &self.mail {
            Some(mail) => post::write(book, mail).await,
            None => Ok(()),
        }
    }
}
