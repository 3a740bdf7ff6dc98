//! The vault's keys while people work: which there are, what each has sealed, and how one takes the place of another.
//!
//! Each server says which keys it has. A key is promoted when all of them can read what it seals, everything is sealed again in
//! the background, and the old key is retired when the database counts nothing under it. Each step, done or refused, is an entry
//! of the audit log. Must not know: where rings are kept; whoever runs this reads and writes them.

mod count;
mod desk;
mod nodes;
mod policy;
mod register;
mod reseal;
mod rotation;
mod steps;
mod work;

pub use count::Count;
pub use desk::{Asked, Desk, Doing, Holds, KeyCard, Pulse, desk, status};
pub use nodes::{Has, Node};
pub use policy::{Policy, by_policy};
pub(crate) use register::{
    ADDRESS, AGENT, CONTENT, EMAIL, FORMER_EMAIL, FRESH_EMAIL, INVITED, NAME, PRIVATE, TOTP_OFFER, TOTP_SECRET,
};
pub use reseal::QUEUE;
pub(crate) use reseal::Reseal;
pub use rotation::{Pace, Rotation};
pub use steps::{KeysError, Step, check, next_key, note, rotate, sign_out_everybody};
pub use vault::{KeyId, KeyState};
pub(crate) use work::Work;
pub use work::{By, Known};

use model::{Instant, Password, Refusal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Lane;
use uuid::Uuid;
use vault::KeyRing;

use crate::{Actor, Cx, account, audit, batch::Item, context::refuse};

/// What is known of the ring of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// What people call this server.
    pub server: String,
    /// Where the ring is kept, for people: `the file /etc/muster/keyring`.
    pub ring: String,
    /// Whether this process can change it there.
    pub is_writable: bool,
    /// After how many days a key is old.
    pub old_after_days: u32,
    /// After how many days this process rotates it without anybody's asking; 0 is never.
    pub rotates_after_days: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Here {
    node: Option<Uuid>,
    place: Place,
    /// Why the ring that is kept is not the one in use.
    trouble: Option<String>,
}

pub(crate) type Shared = Mutex<Here>;

fn here(cx: &Cx) -> MutexGuard<'_, Here> {
    cx.keys.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to serve with the ring that the vault has: looks whether it may, and says to the others which keys are here.
///
/// # Errors
///
/// [`KeysError::OtherKey`] when a number stands for another key than the database knows under it; a fault of the database. Then
/// nothing may be served.
pub async fn begin(cx: &Cx, place: Place) -> Result<(), KeysError> {
    let ring = cx.vault.ring();
    steps::fits(cx, &ring, None).await?;
    {
        let mut here = here(cx);
        here.node = Some(cx.new_id());
        here.place = place;
    }
    say(cx, Some(&ring)).await?;
    let counts = count::count(cx.store.reader()).await.map_err(|e| refuse(&e))?;
    for count in counts {
        let is_usable = count.key.and_then(|key| ring.state(key)).is_some_and(|state| state != KeyState::Retired);
        if !is_usable {
            let (n, key) = (count.n, count.key.map_or(0, vault::KeyId::get));
            tracing::error!(
                column = count.column,
                key,
                n,
                "{n} values of {} cannot be read: key {key} is not in the ring. Add it as decrypt_only",
                count.column
            );
        }
    }
    Ok(())
}

/// Says again which keys are here, so that this server counts as running; and goes on soon with a re-encryption whose server died.
///
/// # Errors
///
/// A fault of the database.
pub async fn beat(cx: &Cx) -> Result<(), KeysError> {
    say(cx, None).await?;
    reseal::go_on(cx).await
}

async fn say(cx: &Cx, loaded: Option<&KeyRing>) -> Result<(), KeysError> {
    let (id, name) = {
        let here = here(cx);
        (here.node, here.place.server.clone())
    };
    let Some(id) = id else { return Ok(()) };
    let (node, at) = (Node::of(id, &name, &cx.vault.ring()), cx.now());
    let words = |ring: &KeyRing| {
        let keys: Vec<String> = ring.keys().map(|(key, state)| format!("{key} {}", state.name())).collect();
        keys.join(", ")
    };
    write(cx, Work::Announce { node, at, loaded: loaded.map(words) }).await
}

/// Uses a ring from now on that was changed where it is kept; answers whether it was another one. One that would make something
/// unreadable is not used: the old one stays, and what is wrong is told.
///
/// # Errors
///
/// As for [`begin`] and [`check`]: the ring promotes a key that a running server lacks, or takes one away that is in use.
pub async fn load(cx: &Cx, ring: KeyRing) -> Result<bool, KeysError> {
    let old = cx.vault.ring();
    let is_same = old.keys().eq(ring.keys()) && old.fingerprints().eq(ring.fingerprints());
    if is_same {
        here(cx).trouble = None;
        return Ok(false);
    }
    if let Err(error) = steps::fits(cx, &ring, Some(&old)).await {
        here(cx).trouble = Some(error.to_string());
        return Err(error);
    }
    cx.vault.load(ring);
    cx.passes.renew(&cx.vault);
    here(cx).trouble = None;
    // What could not be read may be readable now.
    cx.directory.read_again(&cx.store, &cx.vault).await.map_err(|e| refuse(&e))?;
    say(cx, Some(&cx.vault.ring())).await?;
    tracing::info!(
        key = cx.vault.ring().active().get(),
        "the key ring was read again; key {} seals",
        cx.vault.ring().active()
    );
    Ok(true)
}

/// Notes that the ring where it is kept cannot be used, for the page of the keys.
pub fn is_troubled(cx: &Cx, why: String) {
    here(cx).trouble = Some(why);
}

/// Says that this server stops.
///
/// # Errors
///
/// A fault of the database: then it counts as running for half a minute more.
pub async fn leave(cx: &Cx) -> Result<(), KeysError> {
    let Some(node) = here(cx).node.take() else { return Ok(()) };
    write(cx, Work::Leave { node }).await
}

/// Since when the key has been sealing, if it is old by the policy of this server: in days.
fn old_days(known: &[Known], place: &Place, active: vault::KeyId, now: Instant) -> Option<i64> {
    let days = days_active(known, active, now)?;
    (place.old_after_days > 0 && days >= i64::from(place.old_after_days)).then_some(days)
}

/// For how many days the key has been sealing.
fn days_active(known: &[Known], active: vault::KeyId, now: Instant) -> Option<i64> {
    let since = known.iter().find(|known| known.key == active)?.promoted_at?;
    Some((now.ms() - since.ms()).div_euclid(24 * 3_600_000))
}

/// For how many days the active key has been sealing, when that is longer than it should.
///
/// # Errors
///
/// A fault of the database.
pub async fn is_old(cx: &Cx) -> Result<Option<i64>, KeysError> {
    let known = nodes::known(cx.store.reader()).await.map_err(|e| refuse(&e))?;
    let place = here(cx).place.clone();
    Ok(old_days(&known, &place, cx.vault.ring().active(), cx.now()))
}

async fn write(cx: &Cx, work: Work) -> Result<(), KeysError> {
    cx.write(Lane::People, Item::Keys(Box::new(work))).await.map(drop).map_err(KeysError::Refused)
}

/// Looks whether somebody may change keys: an Admin, who gives their password again.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a wrong password, at its field.
pub async fn authorize(cx: &Cx, actor: &Actor, password: Password) -> Result<By, Refusal> {
    audit::counted(cx, actor, ("keys", "keys_order"), None, actor.must_be_admin())?;
    if account::is_password(cx, actor, password).await? {
        return Ok(By::Admin(*actor));
    }
    Err(Refusal::invalid("password", "This is not your password. Try again."))
}
