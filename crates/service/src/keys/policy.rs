//! The rotation that nobody asks for: what a server does when its key is older than the policy says.
//!
//! Each look answers one step, and the next look finds the next one, so that it goes on after a crash, and when several servers
//! look at once. Must not know: where the ring is kept; whoever asks takes the step there.

use sea_orm::ConnectionTrait;
use vault::{KeyId, KeyState};

use super::{
    KeysError, Known, days_active, here,
    nodes::{self, known},
    rotation,
    steps::everybody_has,
};
use crate::{Cx, context::refuse};

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing.
    Nothing,
    /// A new key comes into the ring.
    Add,
    /// This key seals from now on.
    Promote(KeyId),
    /// Everything is sealed again under the active key.
    Reencrypt,
    /// The key is too old, and this server cannot change the ring where it is kept: a sentence for the operator.
    Told(String),
}

/// The next step of a server that rotates keys after so many days as its [`Place`](super::Place) says.
///
/// # Errors
///
/// A fault of the database.
pub async fn by_policy(cx: &Cx) -> Result<Policy, KeysError> {
    let db = cx.store.reader();
    let place = here(cx).place.clone();
    let after_days = place.rotates_after_days;
    if after_days == 0 || is_rotating(db).await? {
        return Ok(Policy::Nothing);
    }
    let ring = cx.vault.ring();
    let known = known(db).await.map_err(|e| refuse(&e))?;
    let Some(days) = days_active(&known, ring.active(), cx.now()) else { return Ok(Policy::Nothing) };
    if days < i64::from(after_days) {
        return unfinished(cx, &known).await;
    }
    if !place.is_writable {
        return Ok(Policy::Told(format!(
            "the key is {days} days old and should be rotated after {after_days}, but {} cannot be changed from here. \
             Rotate it there (muster keys --help)",
            place.ring
        )));
    }
    let waits = ring.keys().filter(|(key, state)| *key > ring.active() && *state == KeyState::DecryptOnly);
    let Some((key, _)) = waits.max_by_key(|(key, _)| *key) else { return Ok(Policy::Add) };
    let nodes = nodes::live(db, cx.now()).await.map_err(|e| refuse(&e))?;
    match everybody_has(&nodes, &ring, key) {
        Ok(()) => Ok(Policy::Promote(key)),
        Err(error) => Ok(Policy::Told(format!("a rotation waits: {error}"))),
    }
}

async fn is_rotating(db: &impl ConnectionTrait) -> Result<bool, KeysError> {
    Ok(rotation::open(db).await.map_err(|e| refuse(&e))?.is_some())
}

/// A server that died between the promotion and what follows leaves values under the old key.
async fn unfinished(cx: &Cx, known: &[Known]) -> Result<Policy, KeysError> {
    if known.iter().filter(|known| known.promoted_at.is_some()).count() < 2 {
        return Ok(Policy::Nothing);
    }
    let (db, active) = (cx.store.reader(), cx.vault.ring().active());
    let newest = rotation::newest(db).await.map_err(|e| refuse(&e))?;
    if newest.is_some_and(|rotation| rotation.key == active) {
        return Ok(Policy::Nothing);
    }
    let counts = super::count::count(db).await.map_err(|e| refuse(&e))?;
    let left = super::count::elsewhere(&counts, active);
    Ok(if left > 0 { Policy::Reencrypt } else { Policy::Nothing })
}
