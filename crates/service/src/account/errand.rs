//! What accounts write: each errand is one piece of work in a batch, with its ledger entry.

use ledger::{Leaf, Object, Outcome};
use model::{Change, Email, Event, Instant, Name, PersonId, Refusal, Role, SessionId, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::Actor;
use crate::{
    batch::{Book, ledger_hash},
    sql::{get, one, run},
};

/// The purpose of a token, as stored.
const SET_UP: i16 = 1;

/// A piece of work about accounts.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Makes a set-up token valid, if nobody is there yet.
    OfferSetUp { hash: [u8; 32], at: Instant, expires: Instant },
    /// Uses the set-up token and makes the first Admin.
    SetUp { token: [u8; 32], person: Box<NewPerson>, session: NewSession },
    /// Makes an account, if the address has none.
    Register { person: Box<NewPerson> },
    /// Signs somebody in.
    OpenSession { session: NewSession },
    /// Signs somebody out.
    EndSession { actor: Actor, at: Instant },
    /// Notes that a session was used.
    Touch { session: SessionId, at: Instant },
    /// Notes that a sign-in failed.
    NoteFailedSignIn { at: Instant },
}

/// Whether an errand did what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It did.
    Yes,
    /// There was nothing to do.
    No,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewPerson {
    pub(crate) id: PersonId,
    pub(crate) name: Name,
    pub(crate) email: Email,
    pub(crate) sealed_name: Vec<u8>,
    pub(crate) sealed_email: Vec<u8>,
    /// The blind index of the address under every key that may still be in use.
    pub(crate) macs: Vec<Vec<u8>>,
    /// The one to store, and its key's number.
    pub(crate) mac: (Vec<u8>, i64),
    pub(crate) role: Role,
    pub(crate) password: String,
    pub(crate) at: Instant,
}

/// A session to be opened.
#[derive(Clone, Debug)]
pub(crate) struct NewSession {
    pub(crate) id: SessionId,
    pub(crate) person: PersonId,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) security_version: i32,
    pub(crate) at: Instant,
    pub(crate) idle_ms: i64,
    pub(crate) expires: Instant,
    pub(crate) agent: Option<Vec<u8>>,
    pub(crate) address: Option<Vec<u8>>,
}

/// Who did it, for the ledger.
struct Deed<'a> {
    action: &'a str,
    at: Instant,
    person: Option<PersonId>,
    session: Option<[u8; 32]>,
    outcome: Outcome,
}

impl Errand {
    /// The streams it writes to or that keep others out while it runs.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            // The instance's lock makes "is anybody there" and "is this address taken" questions that stay answered.
            Self::OfferSetUp { .. } | Self::SetUp { .. } | Self::Register { .. } => vec![Stream::Instance],
            Self::OpenSession { .. } | Self::EndSession { .. } | Self::Touch { .. } | Self::NoteFailedSignIn { .. } => {
                vec![]
            }
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        match self {
            Self::OfferSetUp { hash, at, expires } => offer_set_up(book, hash, *at, *expires).await.map(Ok),
            Self::SetUp { token, person, session } => set_up(book, token, person, session).await,
            Self::Register { person } => register(book, person).await.map(Ok),
            Self::OpenSession { session } => {
                open_session(book, session).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::EndSession { actor, at } => {
                let sql = "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
                let n = run(book.tx()?, sql, [actor.session.into(), (*at).into()]).await?;
                if n == 0 {
                    return Ok(Ok(Ran::No));
                }
                let session = Some(actor.session_hash);
                let person = Some(actor.person);
                note(book, &Deed { action: "session_logout", at: *at, person, session, outcome: Outcome::Done });
                Ok(Ok(Ran::Yes))
            }
            Self::Touch { session, at } => {
                super::session::touch(book.tx()?, *session, *at).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::NoteFailedSignIn { at } => {
                let outcome = Outcome::Failed;
                note(book, &Deed { action: "authn_login_fail", at: *at, person: None, session: None, outcome });
                Ok(Ok(Ran::Yes))
            }
        }
    }
}

fn note(book: &mut Book<'_>, deed: &Deed<'_>) {
    let id = deed.person.map(PersonId::bytes);
    let entry = book.new_entry();
    book.leaf(&Leaf {
        kind: "account",
        entry,
        at_us: deed.at.ms().saturating_mul(1000),
        actor: ledger::Actor { kind: if id.is_some() { "person" } else { "visitor" }, id },
        session: deed.session.map(ledger_hash),
        action: deed.action,
        object: Object { kind: "account", id },
        project: None,
        outcome: deed.outcome,
        changes: vec![],
        request: None,
        private: vec![],
    });
}

async fn anybody(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(one(db, "SELECT 1 FROM users LIMIT 1", []).await?.is_some())
}

async fn offer_set_up(book: &mut Book<'_>, hash: &[u8; 32], at: Instant, expires: Instant) -> Result<Ran, DbErr> {
    if anybody(book.tx()?).await? {
        return Ok(Ran::No);
    }
    run(book.tx()?, "DELETE FROM tokens WHERE purpose = $1", [SET_UP.into()]).await?;
    let sql = "INSERT INTO tokens (hash, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    run(book.tx()?, sql, [hash.to_vec().into(), SET_UP.into(), at.into(), expires.into()]).await?;
    Ok(Ran::Yes)
}

async fn set_up(
    book: &mut Book<'_>,
    token: &[u8; 32],
    person: &NewPerson,
    session: &NewSession,
) -> Result<Result<Ran, Refusal>, DbErr> {
    // Refusals come before anything is written. The token is read, not yet used.
    let sql = "SELECT 1 FROM tokens WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    let is_good = one(book.tx()?, sql, [token.to_vec().into(), SET_UP.into(), person.at.into()]).await?.is_some();
    if !is_good || anybody(book.tx()?).await? {
        return Ok(Err(Refusal::BadLink));
    }
    let sql = "UPDATE tokens SET used_at = $2 WHERE hash = $1";
    run(book.tx()?, sql, [token.to_vec().into(), person.at.into()]).await?;
    create(book, person).await?;
    open_session(book, session).await?;
    Ok(Ok(Ran::Yes))
}

async fn register(book: &mut Book<'_>, person: &NewPerson) -> Result<Ran, DbErr> {
    for mac in &person.macs {
        let sql = "SELECT person FROM user_email_index WHERE mac = $1";
        if let Some(row) = one(book.tx()?, sql, [mac.clone().into()]).await? {
            let person_there: uuid::Uuid = get(&row, 0)?;
            let (at, outcome) = (person.at, Outcome::Refused);
            let there = Some(person_there.into());
            note(book, &Deed { action: "account_create", at, person: there, session: None, outcome });
            return Ok(Ran::No);
        }
    }
    create(book, person).await?;
    Ok(Ran::Yes)
}

async fn create(book: &mut Book<'_>, person: &NewPerson) -> Result<(), DbErr> {
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
    let joined = Event::PersonJoined { person: person.id, role: person.role };
    let changes = vec![Change { stream: Stream::Instance, event: joined, text: None }];
    book.record(changes, None, person.id, person.at);
    book.begin_stream(Stream::Person(person.id));
    let (at, outcome) = (person.at, Outcome::Done);
    note(book, &Deed { action: "account_create", at, person: Some(person.id), session: None, outcome });
    Ok(())
}

async fn open_session(book: &mut Book<'_>, session: &NewSession) -> Result<(), DbErr> {
    let sql = "INSERT INTO sessions (id, sid_hash, person, security_version, created_at, authenticated_at, last_seen, \
               idle_ms, expires_at, agent, address) VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9)";
    let values = [
        session.id.into(),
        session.secret_hash.to_vec().into(),
        session.person.into(),
        session.security_version.into(),
        session.at.into(),
        session.idle_ms.into(),
        session.expires.into(),
        session.agent.clone().into(),
        session.address.clone().into(),
    ];
    run(book.tx()?, sql, values).await?;
    let (at, person, secret) = (session.at, Some(session.person), Some(session.secret_hash));
    note(book, &Deed { action: "authn_login_success", at, person, session: secret, outcome: Outcome::Done });
    Ok(())
}
