//! Sessions: a row per sign-in, known by the hash of a secret that only the cookie has.

use model::{Instant, PersonId, Refusal, Role, SessionId};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::Lane;

use super::{
    Actor, From, device,
    errand::{Errand, NewSession},
    pass::Pass,
};
use crate::{
    Cx,
    batch::Item,
    context::refuse,
    feed::session_key,
    keys::{ADDRESS, AGENT},
    sql::{all, damaged, get, id, instant, one, padded, run},
};

/// The longest life of a session, whatever is done in it.
pub const SESSION_ABSOLUTE_MS: i64 = 30 * 24 * 3_600_000;
/// How long a session lives without a request, when the person asked to stay signed in.
const IDLE_REMEMBERED_MS: i64 = 7 * 24 * 3_600_000;
/// How long without.
const IDLE_MS: i64 = 12 * 3_600_000;
/// That a session was used is written at most this often.
const TOUCH_MS: i64 = 5 * 60_000;

/// A session that was just opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Whose.
    pub actor: Actor,
    /// What goes into the cookie.
    pub cookie: String,
    /// How long the browser keeps it, in seconds; nothing: until it is closed.
    pub max_age_s: Option<i64>,
    /// What goes into the cookie by which the device is known again.
    pub device: String,
}

/// Whether a session outlives the browser, by how long it lives without a request.
pub(super) const fn is_remembered(idle_ms: i64) -> bool {
    idle_ms == IDLE_REMEMBERED_MS
}

pub(crate) fn new(
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
        zone: from.zone.clone(),
    };
    let actor = Actor { person, role, session: id, session_hash };
    let device = device::remember(cx, from.device.as_deref(), person);
    Ok((session, Opened { actor, cookie, max_age_s: remember.then_some(SESSION_ABSOLUTE_MS / 1000), device }))
}

/// Who a cookie says to be, on our own signature. Whether the session lives is not known yet: its row is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub person: PersonId,
    /// SHA-256 of the session's secret, by which its row is found.
    pub session_hash: [u8; 32],
}

impl std::convert::From<&Actor> for Claim {
    fn from(actor: &Actor) -> Self {
        Self { person: actor.person, session_hash: actor.session_hash }
    }
}

/// Who a cookie says to be; nobody when it is not one of ours or not valid now. Asks no database.
#[must_use]
pub fn claim(cx: &Cx, cookie: &str) -> Option<Claim> {
    let pass = cx.passes.read(cookie, cx.now())?;
    Some(Claim { person: pass.person, session_hash: Sha256::digest(pass.secret).into() })
}

/// Who a cookie belongs to; nobody when the session has ended or the person was disabled.
///
/// # Errors
///
/// A fault of the database.
pub async fn actor(cx: &Cx, cookie: &str) -> Result<Option<Actor>, Refusal> {
    match claim(cx, cookie) {
        Some(claim) => alive(cx, claim).await,
        None => Ok(None),
    }
}

/// Who somebody in a session is by now, with the role that they have now, whatever their cookie is; nothing when it is over.
///
/// # Errors
///
/// A fault of the database.
pub async fn renewed(cx: &Cx, actor: &Actor) -> Result<Option<Actor>, Refusal> {
    let sql = "SELECT sid_hash FROM sessions WHERE id = $1";
    let row = one(cx.store.reader(), sql, [actor.session.into()]).await.map_err(|e| refuse(&e))?;
    let Some(hash) = row.and_then(|row| get::<Vec<u8>>(&row, 0).ok()?.try_into().ok()) else { return Ok(None) };
    alive(cx, Claim { person: actor.person, session_hash: hash }).await
}

async fn alive(cx: &Cx, claim: Claim) -> Result<Option<Actor>, Refusal> {
    let now = cx.now();
    let found = living(cx.store.reader(), &[claim], now).await.map_err(|e| refuse(&e))?;
    let Some(session) = found.into_iter().next() else { return Ok(None) };
    if session.is_stale(now) {
        let touch = Errand::Touch { session: session.actor.session, at: now };
        // Whether it was written does not matter to this request.
        let _ = cx.write(Lane::Background, Item::Errand(Box::new(touch))).await;
    }
    Ok(Some(session.actor))
}

/// A session that lives, as its row says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) actor: Actor,
    /// Until when its row stays as it is, unless somebody ends the session or changes the person.
    pub(crate) settled_until: Instant,
    last_seen: Instant,
}

impl Session {
    /// Whether it is time to note that it is used.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.last_seen.plus_ms(TOUCH_MS) <= now
    }

    pub(crate) async fn touch(&self, db: &impl ConnectionTrait, now: Instant) -> Result<(), DbErr> {
        touch(db, self.actor.session, now).await
    }
}

/// Notes that a session is used.
pub(super) async fn touch(db: &impl ConnectionTrait, session: SessionId, at: Instant) -> Result<(), DbErr> {
    let sql = "UPDATE sessions SET last_seen = $2 WHERE id = $1 AND last_seen < $2";
    run(db, sql, [session.into(), at.into()]).await.map(|_| ())
}

/// Those of the claims whose sessions live, each with the role that the person has now. In the order of their hashes.
pub(crate) async fn living(db: &impl ConnectionTrait, claims: &[Claim], now: Instant) -> Result<Vec<Session>, DbErr> {
    let persons: BTreeMap<[u8; 32], PersonId> = claims.iter().map(|c| (c.session_hash, c.person)).collect();
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let hashes: Vec<Vec<u8>> = persons.keys().map(|hash| hash.to_vec()).collect();
    let (list, values) = padded(&hashes, 1);
    let sql = format!(
        "SELECT s.sid_hash, s.id, s.person, s.last_seen, s.idle_ms, s.expires_at, u.role \
         FROM sessions s JOIN users u ON u.id = s.person WHERE s.sid_hash IN {list} AND s.revoked_at IS NULL \
         AND u.disabled_at IS NULL AND u.security_version = s.security_version ORDER BY s.sid_hash"
    );
    let mut found = Vec::new();
    for row in all(db, &sql, values).await? {
        let session_hash: [u8; 32] = get::<Vec<u8>>(&row, 0)?.try_into().map_err(|_| damaged("a session"))?;
        let (last_seen, idle_ms, expires): (Instant, i64, Instant) =
            (instant(&row, 3)?, get(&row, 4)?, instant(&row, 5)?);
        let role = Role::from_code(get(&row, 6)?).ok_or_else(|| damaged("a role"))?;
        let actor = Actor { person: id(&row, 2)?, role, session: id(&row, 1)?, session_hash };
        let is_theirs = persons.get(&session_hash) == Some(&actor.person);
        if is_theirs && now < expires && now < last_seen.plus_ms(idle_ms) {
            let settled_until = expires.min(last_seen.plus_ms(idle_ms.min(TOUCH_MS)));
            found.push(Session { actor, settled_until, last_seen });
        }
    }
    Ok(found)
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
