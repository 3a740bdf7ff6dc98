//! Sessions: a row per sign-in, known by the hash of a secret that only the cookie has.

use model::{Instant, PersonId, Refusal, Role, SessionId};
use sea_orm::QueryResult;
use sha2::{Digest, Sha256};
use store::Lane;
use vault::Column;

use super::{
    Actor, From,
    errand::{Errand, NewSession},
    pass::Pass,
};
use crate::{
    Cx,
    batch::Item,
    context::refuse,
    feed::session_key,
    sql::{damaged, get, id, one},
};

/// The longest life of a session, whatever is done in it.
pub const SESSION_ABSOLUTE_MS: i64 = 30 * 24 * 3_600_000;
/// How long a session lives without a request, when the person asked to stay signed in.
const IDLE_REMEMBERED_MS: i64 = 7 * 24 * 3_600_000;
/// How long without.
const IDLE_MS: i64 = 12 * 3_600_000;
/// That a session was used is written at most this often.
const TOUCH_MS: i64 = 5 * 60_000;

const AGENT: Column = Column::new("sessions.agent");
const ADDRESS: Column = Column::new("sessions.address");

/// A session that was just opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Whose.
    pub actor: Actor,
    /// What goes into the cookie.
    pub cookie: String,
    /// How long the browser keeps it, in seconds; nothing: until it is closed.
    pub max_age_s: Option<i64>,
}

pub(super) fn new(
    cx: &Cx,
    person: PersonId,
    security_version: i32,
    role: Role,
    remember: bool,
    from: &From,
) -> Result<(NewSession, Opened), Refusal> {
    let (secret, now): ([u8; 32], Instant) = (cx.random(), cx.now());
    let expires = now.plus_ms(SESSION_ABSOLUTE_MS);
    let id: SessionId = cx.new_id();
    let pass = Pass { person, secret, security_version };
    let cookie = cx.passes.make(&pass, now, expires).ok_or_else(|| crate::context::fault(&damaged("a key")))?;
    let seal = |column, text: &Option<String>| {
        text.as_ref().map(|t| cx.vault.seal(column, id.bytes(), t.chars().take(300).collect::<String>().as_bytes()))
    };
    let session_hash: [u8; 32] = Sha256::digest(secret).into();
    let session = NewSession {
        id,
        person,
        secret_hash: session_hash,
        security_version,
        at: now,
        idle_ms: if remember { IDLE_REMEMBERED_MS } else { IDLE_MS },
        expires,
        agent: seal(AGENT, &from.agent),
        address: seal(ADDRESS, &from.address),
    };
    let actor = Actor { person, role, session: id, session_hash };
    Ok((session, Opened { actor, cookie, max_age_s: remember.then_some(SESSION_ABSOLUTE_MS / 1000) }))
}

/// Who a cookie belongs to; nobody when the session has ended or the person was disabled.
///
/// # Errors
///
/// A fault of the database.
pub async fn actor(cx: &Cx, cookie: &str) -> Result<Option<Actor>, Refusal> {
    let now = cx.now();
    let Some(pass) = cx.passes.read(cookie, now) else { return Ok(None) };
    let hash: [u8; 32] = Sha256::digest(pass.secret).into();
    let sql = "SELECT s.id, s.person, s.security_version, s.last_seen, s.idle_ms, s.expires_at, u.security_version, \
               u.role FROM sessions s JOIN users u ON u.id = s.person \
               WHERE s.sid_hash = $1 AND s.revoked_at IS NULL AND u.disabled_at IS NULL";
    let row = one(cx.store.reader(), sql, [hash.to_vec().into()]).await.map_err(|e| refuse(&e))?;
    let Some(row) = row else { return Ok(None) };
    let stored = Stored::read(&row).map_err(|e| refuse(&e))?;
    let is_live = stored.person == pass.person
        && stored.security_version == pass.security_version
        && stored.security_version == stored.person_version
        && now < stored.expires
        && now < stored.last_seen.plus_ms(stored.idle_ms);
    if !is_live {
        return Ok(None);
    }
    if stored.last_seen.plus_ms(TOUCH_MS) <= now {
        let touch = Errand::Touch { session: stored.id, at: now };
        // Whether it was written does not matter to this request.
        let _ = cx.write(Lane::Background, Item::Errand(Box::new(touch))).await;
    }
    Ok(Some(Actor { person: stored.person, role: stored.role, session: stored.id, session_hash: hash }))
}

struct Stored {
    id: SessionId,
    person: PersonId,
    security_version: i32,
    last_seen: Instant,
    idle_ms: i64,
    expires: Instant,
    person_version: i32,
    role: Role,
}

impl Stored {
    fn read(row: &QueryResult) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            id: id(row, 0)?,
            person: id(row, 1)?,
            security_version: get(row, 2)?,
            last_seen: crate::sql::instant(row, 3)?,
            idle_ms: get(row, 4)?,
            expires: crate::sql::instant(row, 5)?,
            person_version: get(row, 6)?,
            role: Role::from_code(get(row, 7)?).ok_or_else(|| damaged("a role"))?,
        })
    }
}

/// Ends the session that somebody is in; its sockets close.
///
/// # Errors
///
/// A fault of the database.
pub async fn sign_out(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    super::run(cx, Errand::EndSession { actor: *actor, at: cx.now() }).await?;
    cx.hub.end_session(session_key(actor.session));
    Ok(())
}
