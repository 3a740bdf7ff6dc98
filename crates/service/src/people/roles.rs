//! What an Admin does to an account: another role, in and out, no more sessions, a way to another password.

use model::{Ability, Event, PersonId, Refusal, Role, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Act, Deed, letters, manage, permit};
use crate::{
    Actor, Cx,
    account::{NewToken, Purpose, Ran, Which, drop_all, end, is_fresh, new_token},
    batch::Book,
    directory,
    post::{self, NewMail},
    sql::{damaged, get, one, run},
};

/// What the ledger calls it.
const RESET: &str = "password_reset_start";

/// What becomes of an account.
#[derive(Debug)]
pub(crate) enum Change {
    Role(Role),
    Disabled,
    Enabled,
    NoSessions,
    Reset { token: NewToken, mail: NewMail },
}

/// Gives somebody another role.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there; [`Refusal::LastAdmin`]; [`Refusal::Confirm`].
pub async fn change_role(cx: &Cx, actor: &Actor, person: PersonId, to: Role) -> Result<(), Refusal> {
    fresh_for(cx, actor, to).await?;
    manage(cx, actor, Act::To(person, Change::Role(to))).await.map(|_| ())
}

/// Fails unless an Admin who makes somebody more than a User has shown lately who they are. For all others it is decided where
/// the role is given.
pub(super) async fn fresh_for(cx: &Cx, actor: &Actor, role: Role) -> Result<(), Refusal> {
    if role > Role::User && actor.role == Role::Admin { is_fresh(cx, actor).await } else { Ok(()) }
}

/// Keeps somebody out from now on: their sessions and links end, and they cannot sign in.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there; [`Refusal::LastAdmin`].
pub async fn disable(cx: &Cx, actor: &Actor, person: PersonId) -> Result<(), Refusal> {
    manage(cx, actor, Act::To(person, Change::Disabled)).await.map(|_| ())
}

/// Lets somebody in again, with the password that they had.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there.
pub async fn enable(cx: &Cx, actor: &Actor, person: PersonId) -> Result<(), Refusal> {
    manage(cx, actor, Act::To(person, Change::Enabled)).await.map(|_| ())
}

/// Signs somebody out everywhere.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there.
pub async fn end_sessions(cx: &Cx, actor: &Actor, person: PersonId) -> Result<(), Refusal> {
    manage(cx, actor, Act::To(person, Change::NoSessions)).await.map(|_| ())
}

/// Sends somebody a link by which they choose another password. Until they do, the old one works (OWASP ASVS 5.0, 6.4.6).
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there or disabled; [`Refusal::TooMany`] when they got as
/// many mails about their account as there may be.
pub async fn start_reset(cx: &Cx, actor: &Actor, person: PersonId) -> Result<(), Refusal> {
    permit(cx, actor, Ability::StartReset, RESET).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
    let (secret, token) = new_token(cx, Purpose::Reset, Some(person));
    let letter = letters::reset(cx, &to, &secret);
    let mail = post::new_mail(cx, post::Kind::Account, Some(person), &to, &letter, None)?;
    manage(cx, actor, Act::To(person, Change::Reset { token, mail })).await.map(|_| ())
}

/// An account as the transaction finds it.
struct Found {
    role: Role,
    is_disabled: bool,
}

async fn find(db: &impl ConnectionTrait, person: PersonId) -> Result<Option<Found>, DbErr> {
    let sql = "SELECT role, disabled_at FROM users WHERE id = $1 AND verified_at IS NOT NULL AND closed_at IS NULL";
    let Some(row) = one(db, sql, [person.into()]).await? else { return Ok(None) };
    let role = Role::from_code(get(&row, 0)?).ok_or_else(|| damaged("a role"))?;
    Ok(Some(Found { role, is_disabled: get::<Option<i64>>(&row, 1)?.is_some() }))
}

/// Whether there is an Admin who can come in, besides this person. Asked under the lock of the instance, which everybody
/// holds who changes the answer.
async fn is_another_admin(db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let sql = "SELECT 1 FROM users WHERE role = $1 AND id <> $2 AND verified_at IS NOT NULL AND disabled_at IS NULL \
               LIMIT 1";
    Ok(one(db, sql, [Role::Admin.code().into(), person.into()]).await?.is_some())
}

impl Change {
    pub(super) fn streams(&self, person: PersonId) -> Vec<Stream> {
        match self {
            Self::Role(_) | Self::Enabled => vec![Stream::Instance],
            Self::Disabled => vec![Stream::Instance, Stream::Person(person)],
            Self::NoSessions => vec![Stream::Person(person)],
            Self::Reset { .. } => Vec::new(),
        }
    }

    pub(super) const fn ability(&self) -> Ability {
        match self {
            Self::Role(_) => Ability::ChangeRole,
            Self::Disabled | Self::Enabled => Ability::Disable,
            Self::NoSessions => Ability::EndSessions,
            Self::Reset { .. } => Ability::StartReset,
        }
    }

    pub(super) const fn action(&self) -> &'static str {
        match self {
            Self::Role(_) => "role_change",
            Self::Disabled => "account_disable",
            Self::Enabled => "account_enable",
            Self::NoSessions => "sessions_end",
            Self::Reset { .. } => RESET,
        }
    }

    pub(super) async fn run(
        &self,
        book: &mut Book<'_>,
        person: PersonId,
        deed: &mut Deed,
    ) -> Result<Result<Ran, Refusal>, DbErr> {
        let tx = book.tx()?;
        let Some(found) = find(tx, person).await? else { return Ok(Err(Refusal::NotFound)) };
        let is_last = found.role == Role::Admin && !found.is_disabled && !is_another_admin(tx, person).await?;
        match self {
            Self::Role(to) if found.role == *to => return Ok(Ok(Ran::No)),
            Self::Role(_) | Self::Disabled if is_last => return Ok(Err(Refusal::LastAdmin)),
            Self::Role(to) => set_role(book, person, (found.role, *to), deed).await?,
            Self::Disabled if found.is_disabled => return Ok(Ok(Ran::No)),
            Self::Disabled => keep_out(book, person, deed).await?,
            Self::Enabled if !found.is_disabled => return Ok(Ok(Ran::No)),
            Self::Enabled => {
                run(tx, "UPDATE users SET disabled_at = NULL WHERE id = $1", [person.into()]).await?;
                tell(book, Event::PersonEnabled { person }, deed);
            }
            Self::NoSessions => end(book, person, Which::All, deed.at()).await?,
            Self::Reset { .. } if found.is_disabled => return Ok(Err(Refusal::NotFound)),
            Self::Reset { token, mail } => {
                if !post::may_send(tx, person, deed.at()).await? {
                    return Ok(Err(Refusal::TooMany { after_s: 3600 }));
                }
                token.replace(tx).await?;
                post::write(book, mail).await?;
            }
        }
        Ok(Ok(Ran::Yes))
    }
}

async fn set_role(
    book: &mut Book<'_>,
    person: PersonId,
    (from, to): (Role, Role),
    deed: &mut Deed,
) -> Result<(), DbErr> {
    run(book.tx()?, "UPDATE users SET role = $2 WHERE id = $1", [person.into(), to.code().into()]).await?;
    deed.change = Some(("role", from.word(), to.word()));
    tell(book, Event::RoleChanged { person, from, to }, deed);
    Ok(())
}

async fn keep_out(book: &mut Book<'_>, person: PersonId, deed: &Deed) -> Result<(), DbErr> {
    let sql = "UPDATE users SET disabled_at = $2, security_version = security_version + 1 WHERE id = $1";
    run(book.tx()?, sql, [person.into(), deed.at().into()]).await?;
    end(book, person, Which::All, deed.at()).await?;
    drop_all(book.tx()?, person).await?;
    tell(book, Event::PersonDisabled { person }, deed);
    Ok(())
}

/// Tells everybody, on the stream of the instance.
fn tell(book: &mut Book<'_>, event: Event, deed: &Deed) {
    if let Some(by) = deed.by() {
        book.record(vec![model::Change { stream: Stream::Instance, event, text: None }], None, by, deed.at());
    }
}
