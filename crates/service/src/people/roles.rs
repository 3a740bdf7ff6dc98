//! What an Admin does to an account: another role, in and out, no more sessions, a way to another password, and a way in without
//! the second factor.

use model::{Ability, Email, Event, PersonId, Refusal, Role, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Act, Deed, Order, letters, manage, permit};
use crate::{
    Actor, Cx,
    account::{
        NewToken, Purpose, Ran, Which, drop_all, end, holder, is_another_admin, is_fresh, new_token, unknown_password,
    },
    batch::Book,
    directory,
    post::{self, NewMail},
    sql::{damaged, get, one, run},
};

/// What the ledger calls it.
const RESET: &str = "password_reset_start";
const FACTOR_OFF: &str = "factor_off_for_another";

/// What becomes of an account.
#[derive(Debug)]
pub(crate) enum Change {
    Role(Role),
    Disabled,
    Enabled,
    NoSessions,
    Reset {
        token: NewToken,
        mail: NewMail,
    },
    /// The hash takes the place of a password that was good only together with the factor.
    NoFactor {
        unknown: String,
        told: NewMail,
    },
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

/// Turns off the second factor of somebody who lost it with all recovery codes. They are signed out everywhere and told by mail.
/// A password that was good only together with it (less than 15 characters) is worth nothing any more.
///
/// Whoever asks for it has to know by another way than a mail that it is them: docs/accounts.md (OWASP ASVS 5.0, 6.4.4).
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins and for who is not there or disabled; [`Refusal::Confirm`].
pub async fn end_factor(cx: &Cx, actor: &Actor, person: PersonId) -> Result<(), Refusal> {
    permit(cx, actor, Ability::EndFactor, FACTOR_OFF).await?;
    is_fresh(cx, actor).await?;
    let change = no_factor(cx, person).await?;
    manage(cx, actor, Act::To(person, change)).await.map(|_| ())
}

/// The same for somebody at the machine itself, by the address of the account. Whether there was a second factor.
///
/// # Errors
///
/// [`Refusal::NotFound`] for an address that no account has which can come in; a fault of the database.
pub async fn end_factor_of(cx: &Cx, email: &Email) -> Result<bool, Refusal> {
    let person = holder(cx, email).await?.ok_or(Refusal::NotFound)?;
    let change = no_factor(cx, person).await?;
    Ok(super::run(cx, Order::Operate { person, change, at: cx.now() }).await? == Ran::Yes)
}

async fn no_factor(cx: &Cx, person: PersonId) -> Result<Change, Refusal> {
    let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
    let letter = letters::factor_ended(cx, &to);
    let told = post::new_mail(cx, post::Kind::Security, Some(person), &to, &letter, None)?;
    Ok(Change::NoFactor { unknown: unknown_password(cx).await?, told })
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

impl Change {
    pub(super) fn streams(&self, person: PersonId) -> Vec<Stream> {
        match self {
            Self::Role(_) | Self::Enabled => vec![Stream::Instance],
            Self::Disabled => vec![Stream::Instance, Stream::Person(person)],
            Self::NoSessions | Self::NoFactor { .. } => vec![Stream::Person(person)],
            Self::Reset { .. } => Vec::new(),
        }
    }

    pub(super) const fn ability(&self) -> Ability {
        match self {
            Self::Role(_) => Ability::ChangeRole,
            Self::Disabled | Self::Enabled => Ability::Disable,
            Self::NoSessions => Ability::EndSessions,
            Self::Reset { .. } => Ability::StartReset,
            Self::NoFactor { .. } => Ability::EndFactor,
        }
    }

    pub(super) const fn action(&self) -> &'static str {
        match self {
            Self::Role(_) => "role_change",
            Self::Disabled => "account_disable",
            Self::Enabled => "account_enable",
            Self::NoSessions => "sessions_end",
            Self::Reset { .. } => RESET,
            Self::NoFactor { .. } => FACTOR_OFF,
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
            Self::Reset { .. } | Self::NoFactor { .. } if found.is_disabled => return Ok(Err(Refusal::NotFound)),
            Self::Reset { token, mail } => {
                if !post::may_send(tx, person, deed.at()).await? {
                    return Ok(Err(Refusal::TooMany { after_s: 3600 }));
                }
                token.replace(tx).await?;
                post::write(book, mail).await?;
            }
            Self::NoFactor { unknown, told } => {
                if run(tx, "DELETE FROM totp WHERE person = $1", [person.into()]).await? == 0 {
                    return Ok(Ok(Ran::No));
                }
                without_factor(book, person, unknown, deed).await?;
                post::write(book, told).await?;
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

/// What goes with a second factor: its recovery codes, sign-ins that wait for a code, and all sessions.
async fn without_factor(book: &mut Book<'_>, person: PersonId, unknown: &str, deed: &Deed) -> Result<(), DbErr> {
    let tx = book.tx()?;
    for sql in ["DELETE FROM recovery_codes WHERE person = $1", "DELETE FROM sign_ins WHERE person = $1"] {
        run(tx, sql, [person.into()]).await?;
    }
    let sql = "UPDATE users SET security_version = security_version + 1, is_short = 0, \
               password = CASE WHEN is_short = 0 THEN password ELSE $2 END WHERE id = $1";
    run(tx, sql, [person.into(), unknown.into()]).await?;
    end(book, person, Which::All, deed.at()).await
}

/// Tells everybody, on the stream of the instance.
fn tell(book: &mut Book<'_>, event: Event, deed: &Deed) {
    if let Some(by) = deed.by() {
        book.record(vec![model::Change { stream: Stream::Instance, event, text: None }], None, by, deed.at());
    }
}
