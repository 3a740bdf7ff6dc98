//! What Admins see of the keys.

use model::{Instant, Refusal};
use vault::{KeyId, KeyState};

use super::{
    Place,
    count::{self, Count, under},
    here,
    nodes::{self, Node},
    old_days,
    register::{EMAIL_INDEX, EMAIL_INDEX_WORDS, REGISTER},
    reseal::QUEUE,
    rotation::{self, Rotation},
    steps::sessions,
};
use crate::{Actor, Cx, context::refuse, sql::one};

/// What somebody is about to do, and is asked to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Make a new key, promote it, and seal everything again.
    Rotate,
    /// The same as fast as possible, with everybody signed out.
    Emergency,
    /// Seal everything again under the active key.
    Reencrypt,
    /// Make a key the active one.
    Promote(KeyId),
    /// Let a key open nothing any more.
    Retire(KeyId),
}

impl Doing {
    /// Its word in addresses and forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Emergency => "emergency",
            Self::Reencrypt => "reencrypt",
            Self::Promote(_) => "promote",
            Self::Retire(_) => "retire",
        }
    }

    /// The key that it is about, if it is about one.
    #[must_use]
    pub const fn key(self) -> Option<KeyId> {
        match self {
            Self::Promote(key) | Self::Retire(key) => Some(key),
            Self::Rotate | Self::Emergency | Self::Reencrypt => None,
        }
    }

    /// By its word.
    #[must_use]
    pub fn read(word: &str, key: Option<KeyId>) -> Option<Self> {
        match word {
            "rotate" => Some(Self::Rotate),
            "emergency" => Some(Self::Emergency),
            "reencrypt" => Some(Self::Reencrypt),
            "promote" => key.map(Self::Promote),
            "retire" => key.map(Self::Retire),
            _ => None,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What is to be confirmed.
    pub doing: Option<Doing>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCard {
    /// Its number.
    pub key: KeyId,
    /// What it may do here; nothing if the ring has not got it any more.
    pub state: Option<KeyState>,
    /// Its fingerprint, 16 hexadecimal digits.
    pub fingerprint: String,
    /// When a server had it first; nothing if none ever did.
    pub added_at: Option<Instant>,
    /// When it began to seal.
    pub promoted_at: Option<Instant>,
    /// Since when it opens nothing.
    pub retired_at: Option<Instant>,
    /// How many values are under it.
    pub n: u64,
    /// How many open sessions it has signed that a retirement would end.
    pub n_sessions: u64,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holds {
    /// In words.
    pub words: &'static str,
    /// How many values.
    pub n: u64,
}

/// How a re-encryption does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// It goes on.
    Goes,
    /// Somebody has paused its queue.
    Paused,
    /// Nothing will go on with it: its job was cancelled.
    Stopped,
}

/// The keys as an Admin sees them.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was asked for.
    pub asked: Asked,
    /// Where the ring of this server is kept.
    pub place: Place,
    /// Why the ring that is kept there is not the one in use.
    pub trouble: Option<String>,
    /// All keys, the newest first.
    pub keys: Vec<KeyCard>,
    /// How many values each column has.
    pub holds: Vec<Holds>,
    /// How many values each key has in each column.
    pub counts: Vec<Count>,
    /// The servers that run.
    pub nodes: Vec<Node>,
    /// The newest re-encryption.
    pub rotation: Option<Rotation>,
    /// How it does, if it is not over.
    pub pulse: Pulse,
    /// For how many days the active key has been sealing, if that is longer than it should.
    pub old_days: Option<i64>,
    /// Now.
    pub now: Instant,
}

impl Desk {
    /// The key that seals.
    #[must_use]
    pub fn active(&self) -> Option<KeyId> {
        self.keys.iter().find(|card| card.state == Some(KeyState::Active)).map(|card| card.key)
    }

    /// How many values there are.
    #[must_use]
    pub fn n_values(&self) -> u64 {
        self.counts.iter().map(|count| count.n).sum()
    }

    /// How many of them are not under the active key.
    #[must_use]
    pub fn n_elsewhere(&self) -> u64 {
        self.active().map_or(0, |active| count::elsewhere(&self.counts, active))
    }

    /// How many of them no key of this server can open.
    #[must_use]
    pub fn n_unreadable(&self) -> u64 {
        let opens = |key: KeyId| {
            let card = self.keys.iter().find(|card| card.key == key);
            matches!(card.and_then(|card| card.state), Some(KeyState::Active | KeyState::DecryptOnly))
        };
        self.counts.iter().filter(|count| !count.key.is_some_and(opens)).map(|count| count.n).sum()
    }

    /// Whether this process can take the steps that change the ring: it can write it where it is kept, and there is no other
    /// server whose ring would have to be changed, too.
    #[must_use]
    pub fn changes_ring(&self) -> bool {
        self.place.is_writable && self.nodes.len() <= 1
    }

    /// Whether a re-encryption is open.
    #[must_use]
    pub fn is_rotating(&self) -> bool {
        self.rotation.as_ref().is_some_and(|rotation| rotation.ended_at.is_none())
    }
}

/// The keys of the installation.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, asked: Asked) -> Result<Desk, Refusal> {
    actor.must_be_admin()?;
    read(cx, asked).await
}

/// The same for whoever has the database anyway.
///
/// # Errors
///
/// A fault of the database.
pub async fn status(cx: &Cx) -> Result<Desk, Refusal> {
    read(cx, Asked::default()).await
}

async fn read(cx: &Cx, asked: Asked) -> Result<Desk, Refusal> {
    let (db, now, ring) = (cx.store.reader(), cx.now(), cx.vault.ring());
    let known = nodes::known(db).await.map_err(|e| refuse(&e))?;
    let counts = count::count(db).await.map_err(|e| refuse(&e))?;
    let nodes = nodes::live(db, now).await.map_err(|e| refuse(&e))?;
    let rotation = rotation::newest(db).await.map_err(|e| refuse(&e))?;
    let (place, trouble) = {
        let here = here(cx);
        (here.place.clone(), here.trouble.clone())
    };
    let mut keys = Vec::new();
    let mut numbers: Vec<KeyId> = ring.keys().map(|(key, _)| key).chain(known.iter().map(|known| known.key)).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    for key in numbers {
        let state = ring.state(key);
        let before = known.iter().find(|known| known.key == key);
        let here = ring.fingerprints().find(|(id, _)| *id == key).map(|(_, fingerprint)| fingerprint.to_string());
        let is_leaving = state == Some(KeyState::DecryptOnly);
        keys.push(KeyCard {
            key,
            state,
            fingerprint: here.or_else(|| before.map(|known| known.fingerprint.clone())).unwrap_or_default(),
            added_at: before.map(|known| known.added_at),
            promoted_at: before.and_then(|known| known.promoted_at),
            retired_at: before.and_then(|known| known.retired_at),
            n: under(&counts, key),
            n_sessions: if is_leaving { sessions(cx, key).await? } else { 0 },
        });
    }
    let of = |column: &str| counts.iter().filter(|count| count.column == column).map(|count| count.n).sum();
    let columns = REGISTER.iter().map(|sealed| (sealed.column.name(), sealed.words));
    let holds = columns.chain([(EMAIL_INDEX, EMAIL_INDEX_WORDS)]).map(|(column, words)| Holds { words, n: of(column) });
    let old_days = old_days(&known, &place, ring.active(), now);
    let (holds, pulse) = (holds.collect(), pulse(cx).await?);
    Ok(Desk { asked, place, trouble, keys, holds, counts, nodes, rotation, pulse, old_days, now })
}

async fn pulse(cx: &Cx) -> Result<Pulse, Refusal> {
    let sql = "SELECT 1 FROM queue_settings WHERE queue = $1 AND paused_at IS NOT NULL";
    if one(cx.store.reader(), sql, [QUEUE.into()]).await.map_err(|e| refuse(&e))?.is_some() {
        return Ok(Pulse::Paused);
    }
    let sql = "SELECT 1 FROM jobs WHERE queue = $1 AND finished_at IS NULL LIMIT 1";
    let waits = one(cx.store.reader(), sql, [QUEUE.into()]).await.map_err(|e| refuse(&e))?.is_some();
    Ok(if waits { Pulse::Goes } else { Pulse::Stopped })
}
