//! Where somebody is signed in, and how they end that; and how they change their password while they are.

use ledger::Outcome;
use model::{Change, ChangePassword, Event, Instant, PersonId, Refusal, SessionCard, SessionId, Stream};
use sea_orm::DbErr;

use super::{
    Actor, From, by_id,
    errand::{Deed, Errand, Hashed, Ran, note},
    factor, filter, letters,
    limits::Attempt,
    token,
};
use crate::{
    Cx, audit,
    batch::Book,
    context::refuse,
    directory,
    feed::session_key,
    keys::{ADDRESS, AGENT},
    post::{self, NewMail},
    sql::{all, damaged, get, id, instant, one, run},
};

/// The sessions of the reader that live, the one that was used last first.
///
/// # Errors
///
/// A fault of the database.
pub async fn sessions(cx: &Cx, actor: &Actor) -> Result<Vec<SessionCard>, Refusal> {
    let sql = "SELECT id, created_at, last_seen, idle_ms, expires_at, agent, address FROM sessions \
               WHERE person = $1 AND revoked_at IS NULL ORDER BY last_seen DESC, id DESC";
    let rows = all(cx.store.reader(), sql, [actor.person.into()]).await.map_err(|e| refuse(&e))?;
    let now = cx.now();
    let mut cards = Vec::new();
    for row in &rows {
        let read = || -> Result<Option<SessionCard>, DbErr> {
            let (session, last_seen): (SessionId, Instant) = (id(row, 0)?, instant(row, 2)?);
            if instant(row, 4)? <= now || last_seen.plus_ms(get(row, 3)?) <= now {
                return Ok(None);
            }
            let open = |column, sealed: Option<Vec<u8>>| {
                let plain = cx.vault.open(column, session.bytes(), &sealed?).ok()?;
                String::from_utf8(plain.expose().clone()).ok()
            };
            Ok(Some(SessionCard {
                id: session,
                began: instant(row, 1)?,
                last_seen,
                agent: open(AGENT, get(row, 5)?),
                address: open(ADDRESS, get(row, 6)?),
                is_this: session == actor.session,
            }))
        };
        cards.extend(read().map_err(|e| refuse(&e))?);
    }
    Ok(cards)
}

/// Which sessions of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// All but the one that they are in.
    Others(SessionId),
    /// This one.
    One(SessionId),
}

/// Ends sessions of the reader; their sockets close.
///
/// # Errors
///
/// [`Refusal::NotFound`] for a session that is not theirs; a fault of the database. That one has ended already is none.
pub async fn end_sessions(cx: &Cx, actor: &Actor, which: Which) -> Result<(), Refusal> {
    if let Which::One(session) = which {
        let sql = "SELECT 1 FROM sessions WHERE id = $1 AND person = $2";
        let row = one(cx.store.reader(), sql, [session.into(), actor.person.into()]).await;
        let found = row.map_err(|e| refuse(&e))?.ok_or(Refusal::NotFound);
        audit::counted(cx, actor, ("account", "session_logout"), None, found)?;
    }
    let living = sessions(cx, actor).await?;
    super::run(cx, Errand::EndSessions { person: actor.person, which, at: cx.now() }).await?;
    close_sockets(cx, &living, which);
    Ok(())
}

fn close_sockets(cx: &Cx, living: &[SessionCard], which: Which) {
    for session in living.iter().map(|card| card.id).filter(|session| which.has(*session)) {
        cx.hub.end_session(session_key(session));
    }
}

/// Changes the password of the reader. All their other sessions end, and they are told by mail.
///
/// # Errors
///
/// A wrong password, or a new one that cannot be, at its field.
pub async fn change_password(cx: &Cx, actor: &Actor, form: ChangePassword) -> Result<(), Refusal> {
    let lift = Attempt::to_confirm(cx, actor, &From::default()).count(cx).await?;
    let found = by_id(cx, actor.person).await?.ok_or(Refusal::SignIn)?;
    if !cx.hasher.verify(form.current, Some(found.password)).await? {
        super::run(cx, Errand::NoteFailedSignIn { person: Some(actor.person), at: cx.now() }).await?;
        return Err(Refusal::invalid("current", "This is not your password. Try again, or ask for a link by mail."));
    }
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    filter::check(&form.password, &to.name, &to.email, found.has_factor)?;
    let is_short = form.password.is_short();
    let password = Hashed { phc: cx.hasher.hash(form.password, cx.random()).await?, is_short };
    let letter = letters::password_changed(cx, &to);
    let told = Box::new(post::new_mail(cx, post::Kind::Account, Some(actor.person), &to, &letter, None)?);
    let living = sessions(cx, actor).await?;
    let errand = Errand::ChangePassword { actor: *actor, password, told, lift, at: cx.now() };
    super::run(cx, errand).await?;
    close_sockets(cx, &living, Which::Others(actor.session));
    Ok(())
}

impl Which {
    fn has(self, session: SessionId) -> bool {
        match self {
            Self::All => true,
            Self::Others(this) => session != this,
            Self::One(one) => session == one,
        }
    }
}

/// Ends sessions of a person, each with its entry in the ledger.
/// Whoever calls it holds the lock of their stream.
pub(crate) async fn end(book: &mut Book<'_>, person: PersonId, which: Which, at: Instant) -> Result<(), DbErr> {
    let tx = book.tx()?;
    let mut ended = Vec::new();
    let sql = "SELECT id, sid_hash FROM sessions WHERE person = $1 AND revoked_at IS NULL";
    for row in all(tx, sql, [person.into()]).await? {
        let session: SessionId = id(&row, 0)?;
        if !which.has(session) {
            continue;
        }
        let sql = "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        if run(tx, sql, [session.into(), at.into()]).await? > 0 {
            let hash: [u8; 32] = get::<Vec<u8>>(&row, 1)?.try_into().map_err(|_| damaged("a session"))?;
            let event = Event::SessionEnded { session };
            ended.push(Change { stream: Stream::Person(person), event, text: None });
            let (person, session, outcome) = (Some(person), Some(hash), Outcome::Done);
            note(book, &Deed { action: "session_logout", at, person, session, outcome });
        }
    }
    // Each node on which their sockets are open hears it there.
    book.record(ended, None, person, at);
    Ok(())
}

/// Ends the sessions of everybody, or those that began before a moment, each with its entry in the ledger.
pub(crate) async fn end_everybody(book: &mut Book<'_>, before: Option<Instant>, at: Instant) -> Result<(), DbErr> {
    let tx = book.tx()?;
    let before = before.map_or(i64::MAX, Instant::ms);
    let sql =
        "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND created_at < $2 RETURNING person, sid_hash";
    for row in all(tx, sql, [at.into(), before.into()]).await? {
        let hash: [u8; 32] = get::<Vec<u8>>(&row, 1)?.try_into().map_err(|_| damaged("a session"))?;
        let (person, session, outcome) = (Some(id(&row, 0)?), Some(hash), Outcome::Done);
        note(book, &Deed { action: "session_logout", at, person, session, outcome });
    }
    Ok(())
}

/// The open sessions that began before a moment.
pub(crate) async fn begun_before(cx: &Cx, before: Option<Instant>) -> Result<Vec<SessionId>, Refusal> {
    let sql = "SELECT id FROM sessions WHERE revoked_at IS NULL AND created_at < $1";
    let before = before.map_or(i64::MAX, Instant::ms);
    let rows = all(cx.store.reader(), sql, [before.into()]).await.map_err(|e| refuse(&e))?;
    rows.iter().map(|row| id(row, 0)).collect::<Result<_, _>>().map_err(|e| refuse(&e))
}

pub(super) async fn changed(
    book: &mut Book<'_>,
    actor: &Actor,
    password: &Hashed,
    told: &NewMail,
    at: Instant,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let tx = book.tx()?;
    if password.is_short && !factor::has(tx, actor.person).await? {
        return Ok(Err(Refusal::invalid("password", "Use at least 15 characters.")));
    }
    let sql = "UPDATE users SET password = $2, is_short = $3 WHERE id = $1";
    let values = [actor.person.into(), password.phc.clone().into(), i16::from(password.is_short).into()];
    run(tx, sql, values).await?;
    token::drop_all(tx, actor.person).await?;
    end(book, actor.person, Which::Others(actor.session), at).await?;
    post::write(book, told).await?;
    let (person, session, outcome) = (Some(actor.person), Some(actor.session_hash), Outcome::Done);
    note(book, &Deed { action: "account_password", at, person, session, outcome });
    Ok(Ok(Ran::Yes))
}
