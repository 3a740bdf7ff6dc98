//! How accounts begin: the first Admin by the link of the terminal, everybody else by a mail to the address that they give.
//!
//! An account whose address is not confirmed is only a row: it is in no feed, nobody finds it, and nobody can sign in to it.

use ledger::Outcome;
use model::{Change, Event, Instant, PersonId, Refusal, Role, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    errand::{Deed, NewPerson, NewSession, Ran, note, open_session},
    token::{self, NewToken, Purpose},
};
use crate::{
    batch::Book,
    people,
    post::{self, NewMail},
    sql::{get, id, one, padded, run},
};

/// What a registration may come to. Which of it happens only the transaction knows, and nobody else is told.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The account to be made. Its id is that of an unconfirmed account with this address, if there was one.
    pub(super) person: NewPerson,
    /// The token of the link, and the mail with it.
    pub(super) token: NewToken,
    pub(super) link: NewMail,
    /// The mail to somebody who has an account already.
    pub(super) known: NewMail,
}

impl Entry {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Ran, DbErr> {
        let (person, at) = (&self.person, self.person.at);
        let tx = book.tx()?;
        match holder(tx, &person.macs).await? {
            None => insert(book, person).await?,
            Some(there) if there.id == person.id && there.verified_at.is_none() => update(tx, person).await?,
            Some(there) => {
                // Somebody confirmed it, or began with it, since it was looked at.
                let is_known = there.verified_at.is_some();
                if is_known && post::may_send(tx, there.id, at).await? {
                    post::write(book, &self.known.of(there.id)).await?;
                }
                let deed = Deed {
                    action: "account_create",
                    at,
                    person: Some(there.id),
                    session: None,
                    outcome: Outcome::Refused,
                };
                note(book, &deed);
                return Ok(Ran::No);
            }
        }
        if post::may_send(tx, person.id, at).await? {
            self.token.replace(tx).await?;
            post::write(book, &self.link).await?;
        }
        Ok(Ran::Yes)
    }
}

/// Who has an address.
pub(super) struct Holder {
    pub(super) id: PersonId,
    verified_at: Option<i64>,
}

impl Holder {
    /// Whether they have shown that they have it.
    pub(super) const fn is_confirmed(&self) -> bool {
        self.verified_at.is_some()
    }
}

pub(super) async fn holder(db: &impl ConnectionTrait, macs: &[Vec<u8>]) -> Result<Option<Holder>, DbErr> {
    let (list, values) = padded(macs, 1);
    let sql = format!(
        "SELECT u.id, u.verified_at FROM user_email_index i JOIN users u ON u.id = i.person WHERE i.mac IN {list}"
    );
    let row = one(db, &sql, values).await?;
    row.map(|row| Ok(Holder { id: id(&row, 0)?, verified_at: get(&row, 1)? })).transpose()
}

/// Whether an address has an account.
pub(crate) async fn is_known(db: &impl ConnectionTrait, macs: &[Vec<u8>]) -> Result<bool, DbErr> {
    Ok(holder(db, macs).await?.is_some_and(|there| there.is_confirmed()))
}

async fn anybody(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(one(db, "SELECT 1 FROM users WHERE verified_at IS NOT NULL LIMIT 1", []).await?.is_some())
}

pub(super) async fn offer_set_up(book: &mut Book<'_>, token: &NewToken) -> Result<Ran, DbErr> {
    if anybody(book.tx()?).await? {
        return Ok(Ran::No);
    }
    token.replace(book.tx()?).await?;
    Ok(Ran::Yes)
}

pub(super) async fn set_up(
    book: &mut Book<'_>,
    token: &[u8; 32],
    person: &NewPerson,
    session: &NewSession,
) -> Result<Result<Ran, Refusal>, DbErr> {
    // Refusals come before anything is written.
    let tx = book.tx()?;
    if anybody(tx).await? || !token::consume(tx, token, Purpose::SetUp, person.at).await? {
        return Ok(Err(Refusal::BadLink));
    }
    // Somebody may have begun with this address and have no proof; the terminal is one.
    if enter(book, person).await? == Ran::No {
        return Ok(Err(Refusal::IdTaken));
    }
    open_session(book, session).await?;
    people::begin_welcome(book, person.id, person.at).await?;
    Ok(Ok(Ran::Yes))
}

/// Makes an account with an address that needs no proof.
pub(crate) async fn enter(book: &mut Book<'_>, person: &NewPerson) -> Result<Ran, DbErr> {
    match holder(book.tx()?, &person.macs).await? {
        None => insert(book, person).await?,
        Some(there) if there.id == person.id && there.verified_at.is_none() => update(book.tx()?, person).await?,
        Some(_) => return Ok(Ran::No),
    }
    confirm(book, person.id, person.role, person.at).await?;
    Ok(Ran::Yes)
}

async fn insert(book: &mut Book<'_>, person: &NewPerson) -> Result<(), DbErr> {
    let sql = "INSERT INTO users (id, name, email, role, password, security_version, created_at) \
               VALUES ($1, $2, $3, $4, $5, 0, $6)";
    let values = [
        person.id.into(),
        person.sealed_name.clone().into(),
        person.sealed_email.clone().into(),
        person.role.code().into(),
        person.password.clone().into(),
        person.at.into(),
    ];
    run(book.tx()?, sql, values).await?;
    let sql = "INSERT INTO user_email_index (mac, key_id, person) VALUES ($1, $2, $3)";
    run(book.tx()?, sql, [person.mac.0.clone().into(), person.mac.1.into(), person.id.into()]).await?;
    let (at, outcome) = (person.at, Outcome::Done);
    note(book, &Deed { action: "account_create", at, person: Some(person.id), session: None, outcome });
    Ok(())
}

/// Whoever registers again before the address is confirmed means what they say last.
async fn update(db: &impl ConnectionTrait, person: &NewPerson) -> Result<(), DbErr> {
    let sql = "UPDATE users SET name = $2, email = $3, password = $4, role = $5 WHERE id = $1";
    let values = [
        person.id.into(),
        person.sealed_name.clone().into(),
        person.sealed_email.clone().into(),
        person.password.clone().into(),
        person.role.code().into(),
    ];
    run(db, sql, values).await.map(|_| ())
}

/// Makes an account one of a person who is there; does nothing if it is.
pub(super) async fn confirm(book: &mut Book<'_>, person: PersonId, role: Role, at: Instant) -> Result<(), DbErr> {
    let sql = "UPDATE users SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL";
    if run(book.tx()?, sql, [person.into(), at.into()]).await? == 0 {
        return Ok(());
    }
    let joined = Event::PersonJoined { person, role };
    book.record(vec![Change { stream: Stream::Instance, event: joined, text: None }], None, person, at);
    book.begin_stream(Stream::Person(person));
    Ok(())
}
