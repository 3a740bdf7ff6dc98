//! What accounts write: each errand is one piece of work in a batch, with its ledger entry.

use ledger::Outcome;
use model::{Email, Instant, Name, PersonId, Refusal, Role, SessionId, Stream, ZoneName};
use sea_orm::DbErr;

use super::{
    Actor,
    again::Shown,
    by_mail::{self, Link},
    close::Closing,
    email::{Asked, Move},
    entry::{self, Entry},
    factor::Change,
    limits::{Attempt, Lift},
    sessions::{self, Which},
    sign_in::{self, Finish, Half, Opening},
    token::NewToken,
};
use crate::{
    batch::{Book, By, Note},
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
    Verify { token: [u8; 32], person: PersonId, session: NewSession, lift: Lift },
    /// Uses the link with which another password is chosen.
    Reset { token: [u8; 32], person: PersonId, password: Hashed, told: Box<NewMail>, at: Instant },
    /// Signs somebody in.
    OpenSession(Box<Opening>),
    /// Signs somebody out.
    EndSession { actor: Actor, at: Instant },
    /// Signs somebody out elsewhere, or everywhere.
    EndSessions { person: PersonId, which: Which, at: Instant },
    /// Gives somebody who is signed in another password.
    ChangePassword { actor: Actor, password: Hashed, told: Box<NewMail>, lift: Lift, at: Instant },
    /// Notes that a session was used.
    Touch { session: SessionId, at: Instant },
    /// Notes that a sign-in failed, or that somebody who is signed in could not show who they are.
    NoteFailedSignIn { person: Option<PersonId>, at: Instant },
    /// Counts what may be a guess.
    Count { attempt: Attempt },
    /// What was counted was no guess.
    Lift { lift: Lift },
    /// Remembers a right password until its code comes.
    BeginHalf { half: Half, lift: Lift },
    /// Counts a code for it.
    TryHalf { hash: [u8; 32], at: Instant },
    /// Takes the code, and signs in.
    FinishHalf(Box<Finish>),
    /// Somebody has shown again who they are.
    ShowAgain(Box<Shown>),
    /// Turns a second factor on or off, or renews its recovery codes.
    Factor { actor: Actor, change: Change, told: Box<NewMail>, at: Instant },
    /// Sends the link to another address.
    AskEmail(Box<Asked>),
    /// Gives an account another address, or its former one back.
    MoveEmail(Box<Move>),
    /// Gives up an account.
    Close(Box<Closing>),
}

/// A password as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Hashed {
    pub(super) phc: String,
    /// Whether it is good only together with a second factor.
    pub(super) is_short: bool,
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
            | Self::AskEmail(_) => vec![Stream::Instance],
            Self::MoveEmail(moving) => moving.streams(),
            Self::Close(closing) => closing.streams(),
            Self::Reset { person, .. } => vec![Stream::Instance, Stream::Person(*person)],
            // Their stream tells all nodes which sessions are over.
            Self::EndSessions { person, .. } => vec![Stream::Person(*person)],
            Self::EndSession { actor, .. } | Self::ChangePassword { actor, .. } => vec![Stream::Person(actor.person)],
            Self::SendLink { .. }
            | Self::OpenSession(_)
            | Self::Touch { .. }
            | Self::NoteFailedSignIn { .. }
            | Self::Count { .. }
            | Self::Lift { .. }
            | Self::BeginHalf { .. }
            | Self::TryHalf { .. }
            | Self::FinishHalf(_)
            | Self::ShowAgain(_)
            | Self::Factor { .. } => vec![],
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        match self {
            Self::OfferSetUp { token } => entry::offer_set_up(book, token).await.map(Ok),
            Self::SetUp { token, person, session } => entry::set_up(book, token, person, session).await,
            Self::Register(entry) => entry.run(book).await.map(Ok),
            Self::Enter { person } => entry::enter(book, person).await.map(Ok),
            Self::SendLink { link } => link.run(book).await.map(Ok),
            Self::Verify { token, person, session, lift } => {
                lift.run(book.tx()?).await?;
                by_mail::confirmed(book, token, *person, session).await
            }
            Self::Reset { token, person, password, told, at } => {
                by_mail::reset_by(book, token, *person, password, told, *at).await
            }
            Self::OpenSession(opening) => {
                opening.run(book).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::EndSession { actor, at } => {
                sessions::end(book, actor.person, Which::One(actor.session), *at).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::EndSessions { person, which, at } => {
                sessions::end(book, *person, *which, *at).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::ChangePassword { actor, password, told, lift, at } => {
                lift.run(book.tx()?).await?;
                sessions::changed(book, actor, password, told, *at).await
            }
            Self::Touch { session, at } => {
                super::session::touch(book.tx()?, *session, *at).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::NoteFailedSignIn { person, at } => {
                let (person, session, outcome) = (*person, None, Outcome::Failed);
                note(book, &Deed { action: "authn_login_fail", at: *at, person, session, outcome });
                Ok(Ok(Ran::Yes))
            }
            Self::Count { attempt } => attempt.run(book).await,
            Self::Lift { lift } => {
                lift.run(book.tx()?).await?;
                Ok(Ok(Ran::Yes))
            }
            Self::BeginHalf { half, lift } => {
                lift.run(book.tx()?).await?;
                half.begin(book.tx()?).await.map(Ok)
            }
            Self::TryHalf { hash, at } => sign_in::count_try(book.tx()?, hash, *at).await,
            Self::FinishHalf(finish) => finish.run(book).await,
            Self::ShowAgain(shown) => shown.run(book).await,
            Self::Factor { actor, change, told, at } => change.run(book, actor, told, *at).await,
            Self::AskEmail(asked) => asked.run(book).await,
            Self::MoveEmail(moved) => moved.run(book).await,
            Self::Close(closing) => closing.run(book).await,
        }
    }
}

pub(super) fn note(book: &mut Book<'_>, deed: &Deed<'_>) {
    let (by, object) = (By::visitor(deed.person, deed.session), ("account", deed.person.map(PersonId::uuid)));
    let Deed { action, at, outcome, .. } = *deed;
    book.note(Note { kind: "account", by, at, action, object, outcome, changes: vec![] });
}

pub(crate) async fn open_session(book: &mut Book<'_>, session: &NewSession) -> Result<(), DbErr> {
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
