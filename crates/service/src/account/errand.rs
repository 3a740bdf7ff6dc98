//! What accounts write: each errand is one piece of work in a batch, with its ledger entry.

use ledger::{Leaf, Object, Outcome};
use model::{Email, Instant, Name, PersonId, Refusal, Role, SessionId, Stream, ZoneName};
use sea_orm::DbErr;

use super::{
    Actor,
    by_mail::{self, Link},
    entry::{self, Entry},
    sessions::{self, Which},
    token::NewToken,
};
use crate::{
    batch::{Book, ledger_hash},
    notify,
    post::NewMail,
    sql::run,
};

/// A piece of work about accounts.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Makes a set-up token valid, if nobody is there yet.
    OfferSetUp { token: NewToken },
    /// Uses the set-up token and makes the first Admin.
    SetUp { token: [u8; 32], person: Box<NewPerson>, session: NewSession },
    /// Makes an account, or says by mail what is there already.
    Register(Box<Entry>),
    /// Makes an account with an address that needs no proof, if the address has none.
    Enter { person: Box<NewPerson> },
    /// Sends a link by mail.
    SendLink { link: Box<Link> },
    /// Uses the link that confirms an address, and signs in.
    Verify { token: [u8; 32], person: PersonId, session: NewSession },
    /// Uses the link with which another password is chosen.
    Reset { token: [u8; 32], person: PersonId, password: String, told: Box<NewMail>, at: Instant },
    /// Signs somebody in.
    OpenSession { session: NewSession },
    /// Signs somebody out.
    EndSession { actor: Actor, at: Instant },
    /// Signs somebody out elsewhere, or everywhere.
    EndSessions { person: PersonId, which: Which, at: Instant },
    /// Gives somebody who is signed in another password.
    ChangePassword { actor: Actor, password: String, told: Box<NewMail>, at: Instant },
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
    pub(crate) zone: Option<ZoneName>,
}

/// Who did it, for the ledger.
pub(super) struct Deed<'a> {
    pub(super) action: &'a str,
    pub(super) at: Instant,
    pub(super) person: Option<PersonId>,
    pub(super) session: Option<[u8; 32]>,
    pub(super) outcome: Outcome,
}

impl Errand {
    /// The streams it writes to or that keep others out while it runs.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            // The instance's lock makes "is anybody there" and "is this address taken" questions that stay answered.
            // So does it for "was this address confirmed".
            Self::OfferSetUp { .. }
            | Self::SetUp { .. }
            | Self::Register(_)
            | Self::Enter { .. }
            | Self::Verify { .. }
            | Self::Reset { .. } => vec![Stream::Instance],
            Self::SendLink { .. }
            | Self::OpenSession { .. }
            | Self::EndSession { .. }
            | Self::EndSessions { .. }
            | Self::ChangePassword { .. }
            | Self::Touch { .. }
            | Self::NoteFailedSignIn { .. } => vec![],
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        match self {
            Self::OfferSetUp { token } => entry::offer_set_up(book, token).await.map(Ok),
            Self::SetUp { token, person, session } => entry::set_up(book, token, person, session).await,
            Self::Register(entry) => entry.run(book).await.map(Ok),
            Self::Enter { person } => entry::enter(book, person).await.map(Ok),
            Self::SendLink { link } => link.run(book).await.map(Ok),
            Self::Verify { token, person, session } => by_mail::confirmed(book, token, *person, session).await,
            Self::Reset { token, person, password, told, at } => {
                by_mail::reset_by(book, token, *person, password, told, *at).await
            }
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
            Self::EndSessions { person, which, at } => {
                sessions::end(book, *person, *which, *at).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::ChangePassword { actor, password, told, at } => {
                sessions::changed(book, actor, password, told, *at).await.map(Ok)
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

pub(super) fn note(book: &mut Book<'_>, deed: &Deed<'_>) {
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

pub(super) async fn open_session(book: &mut Book<'_>, session: &NewSession) -> Result<(), DbErr> {
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
    if let Some(zone) = &session.zone {
        notify::seen_in(book.tx()?, session.person, zone).await?;
    }
    let (at, person, secret) = (session.at, Some(session.person), Some(session.secret_hash));
    note(book, &Deed { action: "authn_login_success", at, person, session: secret, outcome: Outcome::Done });
    Ok(())
}
