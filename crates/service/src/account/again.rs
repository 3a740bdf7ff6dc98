//! Showing again who one is, before what would hurt if somebody else did it at an open page: another address, another factor, the
//! end of the account. It holds for ten minutes, in that session.
//!
//! The session gets another secret with it (ASVS 5.0, 7.2.4), so that a cookie that was read before is worth nothing.

use ledger::Outcome;
use model::{Confirm, Instant, Refusal};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};

use super::{
    Actor, From, Opened, by_id, device,
    errand::{Deed, Errand, Ran, note},
    factor::{self, Proof},
    limits::{Attempt, Lift},
    pass::Pass,
};
use crate::{
    Cx,
    batch::Book,
    context::refuse,
    sql::{damaged, get, instant, one, run},
};

/// For how long it holds.
const FRESH_MS: i64 = 10 * 60_000;
/// A page that leads to such a step asks when less than half of it is left, so that nobody is stopped while they type.
const PAGE_MS: i64 = FRESH_MS / 2;

/// Fails unless the reader has shown within the last ten minutes who they are.
///
/// # Errors
///
/// [`Refusal::Confirm`]; a fault of the database.
pub async fn is_fresh(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    if shown_at(cx, actor).await?.plus_ms(FRESH_MS) > cx.now() { Ok(()) } else { Err(Refusal::Confirm) }
}

/// Whether a page that leads to a sensitive step has to ask first who is there.
///
/// # Errors
///
/// A fault of the database.
pub async fn is_stale(cx: &Cx, actor: &Actor) -> Result<bool, Refusal> {
    Ok(shown_at(cx, actor).await?.plus_ms(PAGE_MS) <= cx.now())
}

async fn shown_at(cx: &Cx, actor: &Actor) -> Result<Instant, Refusal> {
    let sql = "SELECT authenticated_at FROM sessions WHERE id = $1";
    let row = one(cx.store.reader(), sql, [actor.session.into()]).await.map_err(|e| refuse(&e))?;
    instant(&row.ok_or(Refusal::SignIn)?, 0).map_err(|e| refuse(&e))
}

/// Takes the password, and the code of somebody with a second factor, and answers the session's new cookie.
///
/// # Errors
///
/// A wrong password or code, at its field; [`Refusal::TooMany`].
pub async fn confirm(cx: &Cx, actor: &Actor, form: Confirm, from: &From) -> Result<Opened, Refusal> {
    let lift = Attempt::to_confirm(cx, actor, from).count(cx).await?;
    let found = by_id(cx, actor.person).await?.ok_or(Refusal::SignIn)?;
    if !cx.hasher.verify(form.password, Some(found.password)).await? {
        super::run(cx, Errand::NoteFailedSignIn { person: Some(actor.person), at: cx.now() }).await?;
        return Err(Refusal::invalid("password", "This is not your password. Try again, or ask for a link by mail."));
    }
    let proof = if found.has_factor { factor::proof(cx, actor.person, &form.code).await? } else { None };
    let secret: [u8; 32] = cx.random();
    let sid_hash: [u8; 32] = Sha256::digest(secret).into();
    let shown = Shown { actor: *actor, sid_hash, needs_code: found.has_factor, proof, lift, at: cx.now() };
    super::run(cx, Errand::ShowAgain(Box::new(shown))).await?;
    let sql = "SELECT expires_at, idle_ms FROM sessions WHERE id = $1";
    let row = one(cx.store.reader(), sql, [actor.session.into()]).await.map_err(|e| refuse(&e))?;
    let row = row.ok_or(Refusal::SignIn)?;
    let read = || Ok::<_, DbErr>((instant(&row, 0)?, get::<i64>(&row, 1)?));
    let (expires, idle_ms) = read().map_err(|e| refuse(&e))?;
    let pass = Pass { person: actor.person, secret, security_version: found.security_version };
    let cookie = cx.passes.make(&pass, cx.now(), expires).ok_or_else(|| crate::context::fault(&damaged("a key")))?;
    Ok(Opened {
        actor: Actor { session_hash: sid_hash, ..*actor },
        cookie,
        max_age_s: super::session::is_remembered(idle_ms).then_some((expires.ms() - cx.now().ms()) / 1000),
        device: device::remember(cx, from.device.as_deref(), actor.person),
    })
}

/// Somebody has shown again who they are, if their code can be spent.
#[derive(Debug)]
pub(crate) struct Shown {
    actor: Actor,
    sid_hash: [u8; 32],
    /// They have a second factor.
    needs_code: bool,
    /// What they typed, if it can be a code.
    proof: Option<Proof>,
    lift: Lift,
    at: Instant,
}

impl Shown {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let Self { actor, at, .. } = self;
        let deed = |outcome| Deed {
            action: "account_confirm",
            at: *at,
            person: Some(actor.person),
            session: Some(actor.session_hash),
            outcome,
        };
        if self.needs_code {
            let is_spent = match &self.proof {
                Some(proof) => proof.spend(book.tx()?, actor.person, *at).await?,
                None => false,
            };
            if !is_spent {
                note(book, &deed(Outcome::Failed));
                return Ok(Err(Refusal::invalid(
                    "code",
                    "This code is not right, or was used before. Type in the next one.",
                )));
            }
        }
        let tx = book.tx()?;
        self.lift.run(tx).await?;
        let sql = "UPDATE sessions SET sid_hash = $2, authenticated_at = $3 WHERE id = $1 AND revoked_at IS NULL";
        run(tx, sql, [actor.session.into(), self.sid_hash.to_vec().into(), (*at).into()]).await?;
        note(book, &deed(Outcome::Done));
        Ok(Ok(Ran::Yes))
    }
}
