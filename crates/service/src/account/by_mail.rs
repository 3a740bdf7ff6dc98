//! What people do by the links that they get by mail: confirm their address, choose another password.
//!
//! A link is opened by mail scanners too, so opening it does nothing; the form behind it does. All answers to who only has an
//! address are the same, whether it is known or not.

use ledger::Outcome;
use model::{AskLink, Instant, PersonId, Refusal, Reset, Verify};
use sea_orm::DbErr;

use super::{
    Found, From, Opened, by_email, by_id,
    entry::confirm,
    errand::{Deed, Errand, Hashed, NewSession, Ran, note, open_session},
    factor, filter, letters,
    limits::Attempt,
    session,
    sessions::{Which, end},
    token::{self, NewToken, Purpose},
};
use crate::{
    Cx,
    batch::Book,
    context::refuse,
    directory,
    post::{self, NewMail},
    sql::run,
};

/// A link to be sent, or nothing but the note that somebody asked for one.
#[derive(Debug)]
pub(crate) enum Link {
    /// To somebody with an account.
    To { person: PersonId, token: NewToken, mail: NewMail, at: Instant },
    /// To an address that nobody has.
    Nobody { at: Instant },
}

impl Link {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Ran, DbErr> {
        let deed = |at, person, outcome| Deed { action: "account_link", at, person, session: None, outcome };
        match self {
            Self::To { person, token, mail, at } => {
                let may = post::may_send(book.tx()?, *person, *at).await?;
                if may {
                    token.replace(book.tx()?).await?;
                    post::write(book, mail).await?;
                }
                note(book, &deed(*at, Some(*person), if may { Outcome::Done } else { Outcome::Refused }));
            }
            Self::Nobody { at } => note(book, &deed(*at, None, Outcome::Refused)),
        }
        Ok(Ran::Yes)
    }
}

/// Sends the link again by which somebody confirms their address.
///
/// # Errors
///
/// A fault of the database. That nobody waits for such a link is none.
pub async fn resend(cx: &Cx, form: AskLink, from: &From) -> Result<(), Refusal> {
    Attempt::to_ask(cx, from).count(cx).await?;
    let found = by_email(cx, &form.email).await?.filter(|found| !found.is_confirmed);
    send_link(cx, Purpose::Verify, found).await
}

/// Sends a link with which somebody chooses another password.
///
/// # Errors
///
/// A fault of the database. That nobody has this address is none.
pub async fn forgot(cx: &Cx, form: AskLink, from: &From) -> Result<(), Refusal> {
    Attempt::to_ask(cx, from).count(cx).await?;
    let found = by_email(cx, &form.email).await?;
    send_link(cx, Purpose::Reset, found).await
}

pub(super) async fn send_link(cx: &Cx, purpose: Purpose, to: Option<Found>) -> Result<(), Refusal> {
    let at = cx.now();
    let link = match to {
        None => Link::Nobody { at },
        Some(found) => {
            let to = directory::address(cx.store.reader(), &cx.vault, found.person).await?;
            let (secret, token) = token::new(cx, purpose, Some(found.person));
            let letter = match purpose {
                Purpose::Reset => letters::reset(cx, &to, &secret),
                // The others are sent by what they are about.
                _ => letters::verify(cx, &to, &secret),
            };
            let mail = post::new_mail(cx, post::Kind::Account, Some(found.person), &to, &letter, None)?;
            Link::To { person: found.person, token, mail, at }
        }
    };
    super::run(cx, Errand::SendLink { link: Box::new(link) }).await.map(|_| ())
}

/// Confirms the address of whoever has the link and the password, and signs them in.
///
/// # Errors
///
/// [`Refusal::BadLink`] when the link is not the newest, was used or has expired; [`Refusal::WrongCredentials`] when the
/// password is another one: the link then still works.
pub async fn verify(cx: &Cx, form: Verify, from: From) -> Result<Opened, Refusal> {
    let hash = token::hash_of(&form.token).ok_or(Refusal::BadLink)?;
    let person = owner(cx, &hash, Purpose::Verify).await?;
    let found = by_id(cx, person).await?.ok_or(Refusal::BadLink)?;
    let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
    let attempt = Attempt::to_enter(cx, &to.email.canonical(), found.security_version, None, &from);
    let lift = attempt.count(cx).await?;
    if !cx.hasher.verify(form.password, Some(found.password.clone())).await? {
        super::run(cx, Errand::NoteFailedSignIn { person: None, at: cx.now() }).await?;
        return Err(Refusal::invalid("password", "This is not the password of this account. Try again, or reset it."));
    }
    let (session, opened) = session::new(cx, person, found.security_version, found.role, false, &from)?;
    super::run(cx, Errand::Verify { token: hash, person, session, lift }).await?;
    Ok(opened)
}

/// Gives somebody another password. All their sessions end, and they are told by mail.
///
/// # Errors
///
/// [`Refusal::BadLink`]; an invalid password: the link then still works.
pub async fn reset(cx: &Cx, form: Reset) -> Result<(), Refusal> {
    let hash = token::hash_of(&form.token).ok_or(Refusal::BadLink)?;
    let person = owner(cx, &hash, Purpose::Reset).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
    let has_factor = factor::has(cx.store.reader(), person).await.map_err(|e| refuse(&e))?;
    filter::check(&form.password, &to.name, &to.email, has_factor)?;
    let is_short = form.password.is_short();
    let password = Hashed { phc: cx.hasher.hash(form.password, cx.random()).await?, is_short };
    let letter = letters::password_changed(cx, &to);
    let told = Box::new(post::new_mail(cx, post::Kind::Account, Some(person), &to, &letter, None)?);
    super::run(cx, Errand::Reset { token: hash, person, password, told, at: cx.now() }).await?;
    cx.hub.end_person(crate::feed::person_key(person));
    Ok(())
}

async fn owner(cx: &Cx, hash: &[u8; 32], purpose: Purpose) -> Result<PersonId, Refusal> {
    let owner = token::owner(cx.store.reader(), hash, purpose, cx.now()).await;
    owner.map_err(|e| refuse(&e))?.ok_or(Refusal::BadLink)
}

pub(super) async fn confirmed(
    book: &mut Book<'_>,
    token: &[u8; 32],
    person: PersonId,
    session: &NewSession,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let at = session.at;
    if !token::consume(book.tx()?, token, Purpose::Verify, at).await? {
        return Ok(Err(Refusal::BadLink));
    }
    let role = super::role_of(book.tx()?, person).await?;
    confirm(book, person, role, at).await?;
    open_session(book, session).await?;
    Ok(Ok(Ran::Yes))
}

pub(super) async fn reset_by(
    book: &mut Book<'_>,
    token: &[u8; 32],
    person: PersonId,
    password: &Hashed,
    told: &NewMail,
    at: Instant,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let tx = book.tx()?;
    if password.is_short && !factor::has(tx, person).await? {
        return Ok(Err(Refusal::invalid("password", "Use at least 15 characters.")));
    }
    if !token::consume(tx, token, Purpose::Reset, at).await? {
        return Ok(Err(Refusal::BadLink));
    }
    let sql = "UPDATE users SET password = $2, is_short = $3, security_version = security_version + 1 WHERE id = $1";
    run(tx, sql, [person.into(), password.phc.clone().into(), i16::from(password.is_short).into()]).await?;
    end(book, person, Which::All, at).await?;
    token::drop_all(tx, person).await?;
    // Whoever has the link has the address.
    let role = super::role_of(tx, person).await?;
    confirm(book, person, role, at).await?;
    post::write(book, told).await?;
    let deed = Deed { action: "account_password", at, person: Some(person), session: None, outcome: Outcome::Done };
    note(book, &deed);
    Ok(Ok(Ran::Yes))
}
