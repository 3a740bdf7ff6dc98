//! Making invitations, sending them again and taking them back.
//!
//! Who may invite whom to what is asked in the transaction, and again when an invitation is accepted.

use model::{Ability, Email, InvitationId, Name, Refusal, Role};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    Act as Manage, Deed, allowed,
    authority::{may_add, note},
    invitation::{DAY_MS, DAYS_MS, InvitationState, New, Row, Sealed, ToProject},
    letters, manage, permit,
    roles::fresh_for,
    team,
};
use crate::{
    Actor, Cx,
    account::{Ran, secret},
    batch::Book,
    context::refuse,
    directory::{Address, address},
    keys::{EMAIL, INVITED},
    post::{self, NewMail},
    sql::{one, run},
};

/// The longest life of a link, in days, and the most people who come by it.
const MOST_DAYS: u16 = 30;
const MOST_USES: u16 = 1000;
/// The most addresses of one form, and projects of one invitation.
const MOST: usize = 20;
/// How long to wait before an invitation is sent again.
const AGAIN_MS: i64 = 60_000;

/// What the ledger calls it.
const CREATE: &str = "invitation_create";
const RESEND: &str = "invitation_resend";

/// What is done about invitations.
#[derive(Debug)]
pub(crate) enum Act {
    /// Makes some, all or none.
    Make(Vec<New>),
    /// Sends one again, with another secret.
    Resend { id: InvitationId, hash: [u8; 32], mail: NewMail },
    /// Takes one back.
    Revoke(InvitationId),
}

/// Invites people by mail: all of them or, if one cannot be, none.
///
/// # Errors
///
/// [`Refusal::NotFound`] and [`Refusal::MayNot`] for who may not; what is wrong with the addresses or the projects, at its
/// field; [`Refusal::TooMany`] for an address that got as many invitations as it may.
pub async fn invite(
    cx: &Cx,
    actor: &Actor,
    mut emails: Vec<Email>,
    role: Role,
    projects: Vec<ToProject>,
) -> Result<(), Refusal> {
    permit(cx, actor, Ability::Invite(role), CREATE).await?;
    fresh_for(cx, actor, role).await?;
    emails.sort_by_cached_key(Email::canonical);
    emails.dedup_by_key(|email| email.canonical());
    if emails.is_empty() || emails.len() > MOST {
        return Err(Refusal::invalid("emails", "Write 1 to 20 addresses."));
    }
    let inviter = address(cx.store.reader(), &cx.vault, actor.person).await?.name;
    let (names, team) = (names(cx, &projects).await?, team(cx).await?);
    let (at, mut new) = (cx.now(), Vec::new());
    for email in &emails {
        let (secret, hash) = secret(cx);
        let letter = letters::invitation(cx, &inviter, team.as_ref(), &names, &secret);
        let (id, sealed, mail) = addressed(cx, email, &letter)?;
        let (inviter, expires) = (actor.person, at.plus_ms(DAYS_MS));
        let (projects, mail) = (projects.clone(), Some(mail));
        new.push(New {
            id,
            hash,
            parent: None,
            email: Some(sealed),
            role,
            projects,
            inviter,
            at,
            expires,
            uses: 1,
            mail,
        });
    }
    manage(cx, actor, Manage::Invite(Act::Make(new))).await.map(|_| ())
}

/// Makes a link by which so many people may come within so many days, and answers it. It cannot be shown again.
///
/// # Errors
///
/// As [`invite`].
pub async fn link(
    cx: &Cx,
    actor: &Actor,
    role: Role,
    projects: Vec<ToProject>,
    (uses, days): (u16, u16),
) -> Result<String, Refusal> {
    permit(cx, actor, Ability::Invite(role), CREATE).await?;
    fresh_for(cx, actor, role).await?;
    if uses == 0 || uses > MOST_USES {
        return Err(Refusal::invalid("uses", "Choose how many may come by it: 1 to 1,000."));
    }
    if days == 0 || days > MOST_DAYS {
        return Err(Refusal::invalid("days", "Choose for how many days it works: 1 to 30."));
    }
    let ((secret, hash), at) = (secret(cx), cx.now());
    let expires = at.plus_ms(i64::from(days) * DAY_MS);
    let (id, inviter, uses) = (cx.new_id(), actor.person, i32::from(uses));
    let new = New { id, hash, parent: None, email: None, role, projects, inviter, at, expires, uses, mail: None };
    manage(cx, actor, Manage::Invite(Act::Make(vec![new]))).await?;
    Ok(post::link(cx, &format!("/invite/{secret}")).as_str().to_owned())
}

/// Sends an invitation by mail again, for another 7 days. The link that was sent before stops working.
///
/// # Errors
///
/// [`Refusal::NotFound`] for what is not there or somebody else's, [`Refusal::BadLink`] for one that was accepted or revoked,
/// [`Refusal::TooMany`] within a minute.
pub async fn resend(cx: &Cx, actor: &Actor, invitation: InvitationId) -> Result<(), Refusal> {
    permit(cx, actor, Ability::Invite(Role::User), RESEND).await?;
    let found = Row::by_id(cx.store.reader(), invitation).await.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound)?;
    let email = found.address(cx).ok_or(Refusal::NotFound)?;
    let inviter = address(cx.store.reader(), &cx.vault, found.inviter).await?.name;
    let (names, team) = (names(cx, &found.projects).await?, team(cx).await?);
    let (secret, hash) = secret(cx);
    let mail = to(cx, &email, &letters::invitation(cx, &inviter, team.as_ref(), &names, &secret))?;
    manage(cx, actor, Manage::Invite(Act::Resend { id: invitation, hash, mail })).await.map(|_| ())
}

/// Takes an invitation back: its link works no more.
///
/// # Errors
///
/// [`Refusal::NotFound`] for what is not there or somebody else's.
pub async fn revoke(cx: &Cx, actor: &Actor, invitation: InvitationId) -> Result<(), Refusal> {
    manage(cx, actor, Manage::Invite(Act::Revoke(invitation))).await.map(|_| ())
}

/// An id with the address sealed for it, and a mail to the address.
pub(super) fn addressed(
    cx: &Cx,
    email: &Email,
    letter: &mail::Letter,
) -> Result<(InvitationId, Sealed, NewMail), Refusal> {
    let id: InvitationId = cx.new_id();
    let sealed = cx.vault.seal(INVITED, id.bytes(), email.as_str().as_bytes());
    let mac = cx.vault.blind(EMAIL, email.canonical().as_bytes()).mac.to_vec();
    Ok((id, Sealed { email: sealed, mac }, to(cx, email, letter)?))
}

fn to(cx: &Cx, email: &Email, letter: &mail::Letter) -> Result<NewMail, Refusal> {
    // Nobody knows yet what they are called.
    let local = email.as_str().split('@').next().unwrap_or_default().to_owned();
    let name = Name::try_from(local).map_err(|_| Refusal::invalid("emails", "This is not a mail address."))?;
    let to = Address { name, email: email.clone() };
    post::new_mail(cx, post::Kind::Account, None, &to, letter, None)
}

/// What the projects are called. One that is gone is left out.
pub(super) async fn names(cx: &Cx, projects: &[ToProject]) -> Result<Vec<Name>, Refusal> {
    let mut names = Vec::new();
    for to in projects.iter().take(MOST) {
        let row = one(cx.store.reader(), "SELECT name FROM projects WHERE id = $1", [to.project.into()]).await;
        if let Some(row) = row.map_err(|e| refuse(&e))? {
            names.push(crate::sql::text(&row, 0).map_err(|e| refuse(&e))?);
        }
    }
    Ok(names)
}

impl Act {
    pub(super) fn abilities(&self) -> Vec<Ability> {
        match self {
            Self::Make(new) => new.iter().map(|new| Ability::Invite(new.role)).collect(),
            Self::Resend { .. } | Self::Revoke(_) => vec![Ability::Invite(Role::User)],
        }
    }

    pub(super) const fn action(&self) -> &'static str {
        match self {
            Self::Make(_) => CREATE,
            Self::Resend { .. } => RESEND,
            Self::Revoke(_) => "invitation_revoke",
        }
    }

    pub(super) async fn run(
        &self,
        book: &mut Book<'_>,
        actor: &Actor,
        deed: &mut Deed,
    ) -> Result<Result<Ran, Refusal>, DbErr> {
        match self {
            Self::Make(new) => make(book, actor, new, deed).await,
            Self::Resend { id, hash, mail } => again(book, actor, *id, (hash, mail), deed).await,
            Self::Revoke(id) => {
                let (tx, at) = (book.tx()?, deed.at());
                let Some(_) = theirs(tx, actor, *id, deed).await? else { return Ok(Err(Refusal::NotFound)) };
                let sql = "UPDATE invitations SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
                let n = run(tx, sql, [(*id).into(), at.into()]).await?;
                Ok(Ok(if n == 0 { Ran::No } else { Ran::Yes }))
            }
        }
    }
}

/// An invitation that somebody may do something about.
async fn theirs(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: InvitationId,
    deed: &mut Deed,
) -> Result<Option<Row>, DbErr> {
    deed.object = Some(("invitation", id.uuid()));
    let row = Row::by_id(db, id).await?;
    Ok(row.filter(|row| row.inviter == actor.person || allowed(actor, Ability::SeeInvitations).is_ok()))
}

async fn make(book: &mut Book<'_>, actor: &Actor, new: &[New], deed: &mut Deed) -> Result<Result<Ran, Refusal>, DbErr> {
    book.flush().await?;
    // All refusals come before the first write.
    for one in new {
        if let Err(refusal) = check(book.tx()?, actor, one).await? {
            return Ok(Err(refusal));
        }
    }
    for one in new {
        // Of invitations of one person to one address the newest works.
        if let Some(Sealed { mac, .. }) = &one.email {
            let sql = "UPDATE invitations SET revoked_at = $3 WHERE inviter = $1 AND mac = $2 AND parent IS NULL \
                       AND revoked_at IS NULL AND used < uses";
            run(book.tx()?, sql, [one.inviter.into(), mac.clone().into(), one.at.into()]).await?;
        }
        one.write(book).await?;
        // Each has an entry; that of the last one is written by whoever runs this.
        if deed.object.is_some() {
            note(book, deed);
        }
        deed.object = Some(("invitation", one.id.uuid()));
        deed.change = Some(("role", "", one.role.word()));
    }
    Ok(Ok(Ran::Yes))
}

async fn check(db: &impl ConnectionTrait, actor: &Actor, new: &New) -> Result<Result<(), Refusal>, DbErr> {
    if new.projects.is_empty() && actor.role != Role::Admin {
        return Ok(Err(Refusal::invalid("projects", "Choose a project to which you invite them.")));
    }
    if new.projects.len() > MOST {
        return Ok(Err(Refusal::invalid("projects", "Choose at most 20 projects.")));
    }
    for to in &new.projects {
        if !may_add(db, actor.person, actor.role, to.project).await? {
            let why = "You cannot add people to one of these projects any more. Load the page again.";
            return Ok(Err(Refusal::invalid("projects", why)));
        }
    }
    if new.gets_too_many(db).await? {
        return Ok(Err(Refusal::TooMany { after_s: 3600 }));
    }
    Ok(Ok(()))
}

async fn again(
    book: &mut Book<'_>,
    actor: &Actor,
    id: InvitationId,
    (hash, mail): (&[u8; 32], &NewMail),
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let (tx, at) = (book.tx()?, deed.at());
    let Some(row) = theirs(tx, actor, id, deed).await?.filter(|row| !row.is_link()) else {
        return Ok(Err(Refusal::NotFound));
    };
    if matches!(row.state(at), InvitationState::Accepted | InvitationState::Revoked) {
        return Ok(Err(Refusal::BadLink));
    }
    if at < row.sent.plus_ms(AGAIN_MS) {
        return Ok(Err(Refusal::TooMany { after_s: 60 }));
    }
    let sql = "UPDATE invitations SET hash = $2, sent_at = $3, expires_at = $4 WHERE id = $1";
    let expires = at.plus_ms(DAYS_MS);
    run(tx, sql, [id.into(), hash.to_vec().into(), at.into(), expires.into()]).await?;
    post::write(book, mail).await?;
    Ok(Ok(Ran::Yes))
}
