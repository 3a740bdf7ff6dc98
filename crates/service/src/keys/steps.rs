//! The steps of a rotation, and the gate before each.

use jobs::NewJob;
use ledger::Outcome;
use model::{Instant, Refusal};
use sea_orm::DbErr;
use vault::{KeyId, KeyRing, KeyState, RingChangeError, SourceError, Vault};

use super::{
    Known,
    count::{count, under},
    nodes::{Node, known, live},
    reseal::Reseal,
    rotation::{self, Pace},
    work::{By, Note, Work},
    write,
};
use crate::{
    Cx,
    account::begun_before,
    audit,
    context::refuse,
    feed::session_key,
    queue,
    sql::{get, one},
};

/// Passes that a slow server signed with the old key a moment after the promotion.
const SLOW_MS: i64 = 60_000;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new key comes into the ring; it only opens.
    Add(KeyId),
    /// A key seals from now on.
    Promote(KeyId),
    /// A key opens nothing any more.
    Retire {
        /// Which.
        key: KeyId,
        /// Whether those who would be signed out by it are.
        signs_out: bool,
    },
}

/// Why a step is not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Some could not read what the key seals.
    #[error(
        "key {key} cannot be promoted: {} not got it yet. Add it there, wait until it is read, and try again.",
        has(nodes)
    )]
    Lacking {
        /// The key.
        key: KeyId,
        /// The servers that lack it, or have another under its number.
        nodes: Vec<String>,
    },
    /// Something could not be read any more.
    #[error("key {key} cannot be retired: {} encrypted with it ({}). Re-encrypt first.", n_values(*n), told.join(", "))]
    InUse {
        /// The key.
        key: KeyId,
        /// How many values.
        n: u64,
        /// Where.
        told: Vec<String>,
    },
    /// Somebody still seals with it.
    #[error("key {key} cannot be retired: {} still encrypting with it. Promote another key there first.", are(nodes))]
    Sealing {
        /// The key.
        key: KeyId,
        /// The servers.
        nodes: Vec<String>,
    },
    /// People would be signed out.
    #[error(
        "key {key} signed {n} sessions that are still open: retiring it signs these people out. \
         Wait until they have signed in again (30 days at most), or say that they may be signed out."
    )]
    Sessions {
        /// The key.
        key: KeyId,
        /// How many.
        n: u64,
    },
    /// The audit log could not be gone on with.
    #[error(
        "key {0} cannot be retired yet: the newest checkpoint of the audit log is signed with it alone. \
         The log is signed again within a minute; try again then."
    )]
    Unsigned(KeyId),
    /// The ring is not the one of this database.
    #[error(
        "key {key} of the ring is not the key {key} of this database: its fingerprint is {here}, and {there} is known. \
         Use the ring of this database, or give a new key another number."
    )]
    OtherKey {
        /// The number.
        key: KeyId,
        /// The fingerprint of the ring's.
        here: String,
        /// That of the one that is known.
        there: String,
    },
    /// There is nothing to be sealed again.
    #[error("every record is encrypted with key {0} already")]
    NothingToDo(KeyId),
    /// The ring cannot be changed like this.
    #[error(transparent)]
    Change(#[from] RingChangeError),
    /// The ring cannot be read or written.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Something else.
    #[error("{}", .0.tell())]
    Refused(Refusal),
}

impl From<Refusal> for KeysError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Refused(refusal) => refusal,
            other => Self::invalid("order", sentence(&other.to_string())),
        }
    }
}

/// With a capital letter, and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let whole: String = first.chain(letters).collect();
    if whole.ends_with('.') { whole } else { format!("{whole}.") }
}

fn has(nodes: &[String]) -> String {
    format!("{} {}", nodes.join(", "), if nodes.len() == 1 { "has" } else { "have" })
}

fn are(nodes: &[String]) -> String {
    format!("{} {}", nodes.join(", "), if nodes.len() == 1 { "is" } else { "are" })
}

fn n_values(n: u64) -> String {
    if n == 1 { "1 record is".into() } else { format!("{n} records are") }
}

/// The number for the next key: one more than any that the ring or the database knows.
///
/// # Errors
///
/// When there is none left; a fault of the database.
pub async fn next_key(cx: &Cx, ring: &KeyRing) -> Result<KeyId, KeysError> {
    let known = known(cx.store.reader()).await.map_err(|e| refuse(&e))?;
    let highest = known.iter().map(|known| known.key.get()).max().unwrap_or_default();
    let next = highest.checked_add(1).and_then(KeyId::new).ok_or(RingChangeError::NoNumberLeft)?;
    Ok(ring.next_id()?.max(next))
}

/// Whether a step may be taken with this ring; one that may not is noted.
///
/// # Errors
///
/// Why not, as a sentence; a fault of the database.
pub async fn check(cx: &Cx, by: By, ring: &KeyRing, step: Step) -> Result<(), KeysError> {
    let result = may(cx, ring, step).await;
    if let Err(error) = &result
        && !matches!(error, KeysError::Refused(_))
    {
        write(cx, Work::Note(step.note(by, Outcome::Refused, cx.now()))).await?;
    }
    result
}

async fn may(cx: &Cx, ring: &KeyRing, step: Step) -> Result<(), KeysError> {
    match step {
        Step::Add(_) => Ok(()),
        Step::Promote(key) => {
            ring.promoted(key)?;
            everybody_has(&nodes(cx).await?, ring, key)
        }
        Step::Retire { key, signs_out } => {
            let left = ring.with_retired(key)?;
            unused(cx, &nodes(cx).await?, key).await?;
            log_goes_on(cx, &left, key).await?;
            let n = sessions(cx, key).await?;
            if n > 0 && !signs_out { Err(KeysError::Sessions { key, n }) } else { Ok(()) }
        }
    }
}

async fn nodes(cx: &Cx) -> Result<Vec<Node>, KeysError> {
    live(cx.store.reader(), cx.now()).await.map_err(|e| refuse(&e).into())
}

/// Whether all servers that run can read what the key of this ring seals.
pub(super) fn everybody_has(nodes: &[Node], ring: &KeyRing, key: KeyId) -> Result<(), KeysError> {
    let fingerprint = ring.fingerprints().find(|(id, _)| *id == key).map(|(_, fingerprint)| fingerprint.to_string());
    let lacks = |node: &&Node| !node.opens(key) || node.has(key).map(|has| &has.fingerprint) != fingerprint.as_ref();
    let lacking: Vec<String> = nodes.iter().filter(lacks).map(|node| node.name.clone()).collect();
    if lacking.is_empty() { Ok(()) } else { Err(KeysError::Lacking { key, nodes: lacking }) }
}

/// Whether nobody seals with the key, and nothing is sealed with it.
async fn unused(cx: &Cx, nodes: &[Node], key: KeyId) -> Result<(), KeysError> {
    let seals = |node: &&Node| node.state(key) == Some(KeyState::Active);
    let sealing: Vec<String> = nodes.iter().filter(seals).map(|node| node.name.clone()).collect();
    if !sealing.is_empty() {
        return Err(KeysError::Sealing { key, nodes: sealing });
    }
    let counts = count(cx.store.reader()).await.map_err(|e| refuse(&e))?;
    match under(&counts, key) {
        0 => Ok(()),
        n => {
            let told = counts.iter().filter(|count| count.key == Some(key));
            let told = told.map(|count| format!("{}: {}", count.words, count.n)).collect();
            Err(KeysError::InUse { key, n, told })
        }
    }
}

/// Whether a key that is left has signed the newest checkpoint of the audit log, by which the next one is known to go on from it.
async fn log_goes_on(cx: &Cx, left: &KeyRing, key: KeyId) -> Result<(), KeysError> {
    let db = cx.store.reader();
    let sql = "SELECT keys FROM ledger_checkpoints ORDER BY number DESC LIMIT 1";
    let Some(row) = one(db, sql, []).await.map_err(|e| refuse(&e))? else { return Ok(()) };
    let signed: String = get(&row, 0).map_err(|e| refuse(&e))?;
    // It signs and seals nothing.
    let vault = Vault::new(left.clone(), || [0; 24]);
    let ours = audit::public_keys(&cx.store, &vault).await.map_err(|e| refuse(&e))?;
    let has_signed = ours.iter().any(|ours| signed.lines().any(|line| line == ours.to_string()));
    if has_signed { Ok(()) } else { Err(KeysError::Unsigned(key)) }
}

/// How many open sessions have a pass that the key signed.
pub(super) async fn sessions(cx: &Cx, key: KeyId) -> Result<u64, KeysError> {
    let Some(before) = stopped_sealing(&known(cx.store.reader()).await.map_err(|e| refuse(&e))?, key) else {
        return Ok(0);
    };
    let sql = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.person WHERE s.revoked_at IS NULL \
               AND s.expires_at > $1 AND s.last_seen + s.idle_ms > $1 AND s.created_at < $2 AND u.disabled_at IS NULL \
               AND u.security_version = s.security_version";
    let row = one(cx.store.reader(), sql, [cx.now().into(), before.into()]).await.map_err(|e| refuse(&e))?;
    let n = row.map_or(Ok(0), |row| get::<i64>(&row, 0)).map_err(|e| refuse(&e))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// When another key took the place of this one; nothing if it never sealed, or still does.
fn stopped_sealing(known: &[Known], key: KeyId) -> Option<Instant> {
    let since = known.iter().find(|known| known.key == key)?.promoted_at?;
    let later = known.iter().filter_map(|known| known.promoted_at).filter(|at| *at > since).min()?;
    Some(later.plus_ms(SLOW_MS))
}

/// Whether a ring fits to the database and the other servers, in the place of an old one or of none.
pub(super) async fn fits(cx: &Cx, ring: &KeyRing, old: Option<&KeyRing>) -> Result<(), KeysError> {
    let database = |e: DbErr| KeysError::from(refuse(&e));
    let known = known(cx.store.reader()).await.map_err(database)?;
    for (key, here) in ring.fingerprints() {
        let here = here.to_string();
        let there = known.iter().find(|known| known.key == key).filter(|known| known.fingerprint != here);
        if let Some(there) = there {
            return Err(KeysError::OtherKey { key, here, there: there.fingerprint.clone() });
        }
    }
    // What this server said before is of no interest: it is about to say something else.
    let this = super::here(cx).node;
    let others: Vec<Node> = nodes(cx).await?.into_iter().filter(|node| Some(node.id) != this).collect();
    let is_new_active = old.is_some_and(|old| old.active() != ring.active());
    if is_new_active {
        everybody_has(&others, ring, ring.active())?;
    }
    let was_usable = old.into_iter().flat_map(KeyRing::keys).filter(|(_, state)| *state != KeyState::Retired);
    for (key, _) in was_usable {
        if matches!(ring.state(key), None | Some(KeyState::Retired)) && ring.active() != key {
            unused(cx, &others, key).await?;
            log_goes_on(cx, ring, key).await?;
        }
    }
    Ok(())
}

impl Step {
    fn note(self, by: By, outcome: Outcome, at: Instant) -> Note {
        let (action, key) = match self {
            Self::Add(key) => ("keys_add", key),
            Self::Promote(key) => ("keys_promote", key),
            Self::Retire { key, .. } => ("keys_retire", key),
        };
        Note { by, action, outcome, told: vec![("key", key.to_string())], at }
    }
}

/// Notes a step that was taken. Whoever would be signed out by it is.
///
/// # Errors
///
/// A fault of the database.
pub async fn note(cx: &Cx, by: By, step: Step) -> Result<(), KeysError> {
    let at = cx.now();
    if let Step::Retire { key, signs_out: true } = step
        && sessions(cx, key).await? > 0
    {
        let known = known(cx.store.reader()).await.map_err(|e| refuse(&e))?;
        let told = vec![("key", key.to_string())];
        let note = Note { by, action: "keys_sign_out", outcome: Outcome::Done, told, at };
        end_sessions(cx, stopped_sealing(&known, key), note).await?;
    }
    write(cx, Work::Note(step.note(by, Outcome::Done, at))).await
}

/// Begins to seal everything again under the active key, or goes on with it. A server does it in the background.
///
/// # Errors
///
/// [`KeysError::NothingToDo`]; a fault of the database.
pub async fn rotate(cx: &Cx, by: By, pace: Pace) -> Result<(), KeysError> {
    let (key, at) = (cx.vault.ring().active(), cx.now());
    let db = cx.store.reader();
    let left = super::count::elsewhere(&count(db).await.map_err(|e| refuse(&e))?, key);
    if left == 0 && rotation::open(db).await.map_err(|e| refuse(&e))?.is_none() {
        return Err(KeysError::NothingToDo(key));
    }
    let job = NewJob::of::<Cx, _>(&Reseal {}, cx.new_id(), queue::moment(at)).map_err(|e| refuse(&e))?;
    let action = match pace {
        Pace::Routine => "keys_rotate",
        Pace::Emergency => "keys_rotate_emergency",
    };
    let told = vec![("key", key.to_string()), ("left", left.to_string())];
    let note = Note { by, action, outcome: Outcome::Done, told, at };
    write(cx, Work::Begin { rotation: cx.new_id(), key, pace, job, note }).await
}

/// Ends all sessions of everybody, on the word of somebody who fears that a key is known.
///
/// # Errors
///
/// A fault of the database.
pub async fn sign_out_everybody(cx: &Cx, by: By) -> Result<(), KeysError> {
    let note = Note { by, action: "keys_sign_out", outcome: Outcome::Done, told: Vec::new(), at: cx.now() };
    end_sessions(cx, None, note).await
}

async fn end_sessions(cx: &Cx, before: Option<Instant>, note: Note) -> Result<(), KeysError> {
    let sessions = begun_before(cx, before).await?;
    write(cx, Work::EndSessions { before, note }).await?;
    for session in sessions {
        cx.hub.end_session(session_key(session));
    }
    Ok(())
}
