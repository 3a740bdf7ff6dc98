//! Another address: asked for by somebody who has shown who they are, confirmed by the link that the new address gets, and taken
//! back by the link that the old one gets, for seven days.
//!
//! Whether somebody else has the new address shows to nobody but them.

use ledger::Outcome;
use model::{Email, Instant, NewEmail, PersonId, Refusal, Stream, UseLink};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    Actor, again, entry,
    errand::{Deed, Errand, Ran, note},
    letters, sessions,
    token::{self, NewToken, Purpose},
};
use crate::{
    Cx,
    batch::Book,
    context::refuse,
    directory::{self, Address},
    keys::{EMAIL, FORMER_EMAIL, FRESH_EMAIL},
    post::{self, NewMail},
    sql::{get, id, one, run},
};

/// How often somebody may ask within an hour.
const MOST: i64 = 5;
const HOUR_MS: i64 = 3_600_000;

/// Sends a link to a new address. To an address that has an account, a mail says so; the answer is the same.
///
/// # Errors
///
/// [`Refusal::Confirm`]; the address that they have already; [`Refusal::TooMany`].
pub async fn ask_email(cx: &Cx, actor: &Actor, form: NewEmail) -> Result<(), Refusal> {
    again::is_fresh(cx, actor).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    if to.email.canonical() == form.email.canonical() {
        return Err(Refusal::invalid("email", "This is your address already."));
    }
    let change: Uuid = cx.new_id();
    let (secret, token) = token::new(cx, Purpose::ChangeEmail, Some(actor.person));
    let there = Address { name: to.name.clone(), email: form.email.clone() };
    let link = letters::confirm_email(cx, &there, &secret);
    let known = letters::taken(cx, &there);
    let kind = post::Kind::Security;
    let asked = Asked {
        actor: *actor,
        change,
        macs: macs(cx, &form.email),
        fresh: cx.vault.seal(FRESH_EMAIL, change.into_bytes(), form.email.as_str().as_bytes()),
        former: cx.vault.seal(FORMER_EMAIL, change.into_bytes(), to.email.as_str().as_bytes()),
        token: token.about(change),
        link: post::new_mail(cx, kind, Some(actor.person), &there, &link, None)?,
        taken: post::new_mail(cx, kind, None, &there, &known, None)?,
        at: cx.now(),
    };
    super::run(cx, Errand::AskEmail(Box::new(asked))).await.map(|_| ())
}

/// Makes the address of a link the reader's. The old one is told, with a link that takes it back.
///
/// # Errors
///
/// [`Refusal::BadLink`] when it is not the reader's, not the newest, used or expired, or somebody else has the address by now.
pub async fn confirm_email(cx: &Cx, actor: &Actor, form: UseLink) -> Result<(), Refusal> {
    let (hash, change) = found(cx, &form, Purpose::ChangeEmail).await?;
    if change.person != actor.person {
        return Err(Refusal::BadLink);
    }
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    let there = Address { name: to.name.clone(), email: change.fresh.clone() };
    let (secret, back) = token::new(cx, Purpose::RevertEmail, Some(actor.person));
    let told = letters::email_changed(cx, &to, &change.fresh, &secret);
    let told = post::new_mail(cx, post::Kind::Security, Some(actor.person), &to, &told, None)?;
    let moved = Move { next: Some((back.about(change.id), told)), ..Move::to(cx, &change, hash, &there.email, false) };
    super::run(cx, Errand::MoveEmail(Box::new(moved))).await?;
    cx.directory.put(actor.person, there.name, &there.email);
    Ok(())
}

/// Gives an account its former address back, to whoever has it. All sessions end and the password is void: whoever changed the
/// address had it. A link to another password goes to the address.
///
/// # Errors
///
/// [`Refusal::BadLink`] when it is not the newest, used or expired, or somebody else has the address by now.
pub async fn revert_email(cx: &Cx, form: UseLink) -> Result<(), Refusal> {
    let (hash, change) = found(cx, &form, Purpose::RevertEmail).await?;
    let name = directory::address(cx.store.reader(), &cx.vault, change.person).await?.name;
    let to = Address { name, email: change.former.clone() };
    let (secret, reset) = token::new(cx, Purpose::Reset, Some(change.person));
    let letter = letters::email_reverted(cx, &to, &secret);
    let mail = post::new_mail(cx, post::Kind::Security, Some(change.person), &to, &letter, None)?;
    let nobodys = model::Password::new(super::encode(&cx.random::<32>()));
    let password = cx.hasher.hash(nobodys, cx.random()).await?;
    let moved =
        Move { next: Some((reset, mail)), password: Some(password), ..Move::to(cx, &change, hash, &to.email, true) };
    super::run(cx, Errand::MoveEmail(Box::new(moved))).await?;
    cx.directory.put(change.person, to.name, &to.email);
    cx.hub.end_person(crate::feed::person_key(change.person));
    Ok(())
}

/// A change of address, as its row says.
struct Change {
    id: Uuid,
    person: PersonId,
    fresh: Email,
    former: Email,
}

async fn found(cx: &Cx, form: &UseLink, purpose: Purpose) -> Result<([u8; 32], Change), Refusal> {
    let hash = token::hash_of(&form.token).ok_or(Refusal::BadLink)?;
    let about = token::subject(cx.store.reader(), &hash, purpose, cx.now()).await;
    let about = about.map_err(|e| refuse(&e))?.ok_or(Refusal::BadLink)?;
    let sql = "SELECT person, fresh, former FROM email_changes WHERE id = $1";
    let row = one(cx.store.reader(), sql, [about.into()]).await.map_err(|e| refuse(&e))?.ok_or(Refusal::BadLink)?;
    let open = |column, place| {
        let sealed: Vec<u8> = get(&row, place).map_err(|e| refuse(&e))?;
        let plain = cx.vault.open(column, about.into_bytes(), &sealed).map_err(|e| crate::context::fault(&e))?;
        let text = String::from_utf8(plain.expose().clone()).map_err(|e| crate::context::fault(&e))?;
        Email::try_from(text).map_err(|_| Refusal::BadLink)
    };
    let person = id(&row, 0).map_err(|e| refuse(&e))?;
    Ok((hash, Change { id: about, person, fresh: open(FRESH_EMAIL, 1)?, former: open(FORMER_EMAIL, 2)? }))
}

fn macs(cx: &Cx, email: &Email) -> Vec<Vec<u8>> {
    cx.vault.blind_all(EMAIL, email.canonical().as_bytes()).iter().map(|blind| blind.mac.to_vec()).collect()
}

/// A wish for another address, with both mails that it may lead to.
#[derive(Debug)]
pub(crate) struct Asked {
    actor: Actor,
    change: Uuid,
    macs: Vec<Vec<u8>>,
    fresh: Vec<u8>,
    former: Vec<u8>,
    token: NewToken,
    link: NewMail,
    taken: NewMail,
    at: Instant,
}

impl Asked {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let Self { actor, at, .. } = self;
        let (tx, person) = (book.tx()?, actor.person);
        let sql = "SELECT count(*) FROM email_changes WHERE person = $1 AND asked_at > $2";
        let row = one(tx, sql, [person.into(), at.plus_ms(-HOUR_MS).into()]).await?;
        let is_too_often = row.map_or(Ok(0), |row| get::<i64>(&row, 0))? >= MOST;
        let outcome = if is_too_often { Outcome::Refused } else { Outcome::Done };
        let session = Some(actor.session_hash);
        note(book, &Deed { action: "account_email_ask", at: *at, person: Some(person), session, outcome });
        if is_too_often {
            return Ok(Err(Refusal::TooMany { after_s: 3600 }));
        }
        let sql = "INSERT INTO email_changes (id, person, fresh, former, asked_at) VALUES ($1, $2, $3, $4, $5)";
        let values =
            [self.change.into(), person.into(), self.fresh.clone().into(), self.former.clone().into(), (*at).into()];
        run(tx, sql, values).await?;
        match entry::holder(tx, &self.macs).await? {
            Some(there) if there.is_confirmed() => {
                if post::may_send(tx, there.id, *at).await? {
                    post::write(book, &self.taken.of(there.id)).await?;
                }
            }
            _ => {
                self.token.replace(tx).await?;
                post::write(book, &self.link).await?;
            }
        }
        Ok(Ok(Ran::Yes))
    }
}

/// An account gets another address, by a link.
#[derive(Debug)]
pub(crate) struct Move {
    change: Uuid,
    person: PersonId,
    token: [u8; 32],
    is_back: bool,
    sealed: Vec<u8>,
    macs: Vec<Vec<u8>>,
    mac: (Vec<u8>, i64),
    /// What is sent: the link back, or the one to another password.
    next: Option<(NewToken, NewMail)>,
    /// The hash of what nobody knows, when the address goes back.
    password: Option<String>,
    at: Instant,
}

impl Move {
    /// The instance's lock keeps addresses their own; on the person's stream it is told that their sessions are over.
    pub(super) fn streams(&self) -> Vec<Stream> {
        vec![Stream::Instance, Stream::Person(self.person)]
    }
}

impl Move {
    fn to(cx: &Cx, change: &Change, token: [u8; 32], email: &Email, is_back: bool) -> Self {
        let blind = cx.vault.blind(EMAIL, email.canonical().as_bytes());
        Self {
            change: change.id,
            person: change.person,
            token,
            is_back,
            sealed: cx.vault.seal(EMAIL, change.person.bytes(), email.as_str().as_bytes()),
            macs: macs(cx, email),
            mac: (blind.mac.to_vec(), i64::from(blind.key.get())),
            next: None,
            password: None,
            at: cx.now(),
        }
    }

    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let (tx, person, at) = (book.tx()?, self.person, self.at);
        let there = entry::holder(tx, &self.macs).await?.filter(|there| there.id != person);
        let purpose = if self.is_back { Purpose::RevertEmail } else { Purpose::ChangeEmail };
        // Refusals come before anything is written.
        let is_taken = there.as_ref().is_some_and(entry::Holder::is_confirmed);
        if is_taken || !token::consume(tx, &self.token, purpose, at).await? {
            return Ok(Err(Refusal::BadLink));
        }
        if let Some(begun) = there {
            // Somebody began with this address and never showed that they have it.
            run(tx, "DELETE FROM user_email_index WHERE person = $1", [begun.id.into()]).await?;
            token::drop_all(tx, begun.id).await?;
        }
        self.move_address(tx).await?;
        let done = if self.is_back { "reverted_at" } else { "done_at" };
        let sql = format!("UPDATE email_changes SET {done} = $2 WHERE id = $1");
        run(tx, &sql, [self.change.into(), at.into()]).await?;
        if let Some(password) = &self.password {
            let sql = "UPDATE users SET password = $2, security_version = security_version + 1 WHERE id = $1";
            run(tx, sql, [person.into(), password.clone().into()]).await?;
            sessions::end(book, person, sessions::Which::All, at).await?;
            token::drop_all(tx, person).await?;
        } else {
            // Links that went to the old address do not work any more, but for those that take a change back.
            token::drop_but(tx, person, Purpose::RevertEmail).await?;
        }
        if let Some((token, mail)) = &self.next {
            token.replace(tx).await?;
            post::write(book, mail).await?;
        }
        let action = if self.is_back { "account_email_back" } else { "account_email" };
        note(book, &Deed { action, at, person: Some(person), session: None, outcome: Outcome::Done });
        Ok(Ok(Ran::Yes))
    }

    async fn move_address(&self, tx: &impl ConnectionTrait) -> Result<(), DbErr> {
        let sql = "UPDATE users SET email = $2, changed_at = $3 WHERE id = $1";
        run(tx, sql, [self.person.into(), self.sealed.clone().into(), self.at.into()]).await?;
        run(tx, "DELETE FROM user_email_index WHERE person = $1", [self.person.into()]).await?;
        let sql = "INSERT INTO user_email_index (mac, key_id, person) VALUES ($1, $2, $3)";
        run(tx, sql, [self.mac.0.clone().into(), self.mac.1.into(), self.person.into()]).await.map(|_| ())
    }
}
