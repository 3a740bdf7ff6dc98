//! The vault's keys where they are kept: read at the start, read again when they change, and changed step by step.
//!
//! Must not know: what is encrypted, and when a step may be taken; `service::keys` says that.

use anyhow::{Context, Result};
use service::{
    Chance, Cx, SystemChance,
    keys::{self, By, KeyId, KeysError, Pace, Place, Policy, Step},
};
use std::{sync::Arc, time::Duration};
use store::Tasks;
use tokio_util::sync::CancellationToken;
use vault::{KeyRing, Source, SourceError, Vault, source::Stamp};

use crate::settings::{KeySource, Settings};

/// How often this server says which keys it has, and looks whether the file of the ring has changed.
const BEAT: Duration = Duration::from_secs(5);
/// How often it is told that a key is old.
const TELL_AGE: Duration = Duration::from_hours(24);

/// Opens the vault. A ring is made only where the settings say so.
pub(crate) fn open(keys: &KeySource, chance: Arc<dyn Chance>) -> Result<Vault> {
    if keys.is_made {
        let first = KeyId::new(1).context("key numbers begin with 1")?;
        if keys.source.make(&KeyRing::generate(first, random(&*chance))?)? {
            tracing::warn!(
                "made a key ring in {}. Without it, names and addresses cannot be read: keep a copy.",
                keys.source
            );
        }
    }
    let ring = keys.source.read()?;
    Ok(Vault::new(ring, move || {
        let mut nonce = [0; 24];
        chance.fill(&mut nonce);
        nonce
    }))
}

pub(crate) fn random(chance: &dyn Chance) -> [u8; 32] {
    let mut random = [0; 32];
    chance.fill(&mut random);
    random
}

/// What people call this server: the machine, and where it listens.
fn name(settings: &Settings) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME"));
    format!("{}:{}", machine.as_deref().map_or("server", str::trim), settings.listen.port())
}

pub(crate) fn place(settings: &Settings) -> Place {
    Place {
        server: name(settings),
        ring: settings.keys.source.to_string(),
        is_writable: settings.keys.source.is_writable(),
        old_after_days: settings.key_age_days,
        rotates_after_days: settings.key_rotate_days,
    }
}

/// Begins to serve with the ring, and keeps it from then on: says that it is here, and reads it again on SIGHUP, or when its file
/// has changed.
pub(crate) async fn keep(cx: &Cx, settings: &Settings, tasks: &Tasks) -> Result<()> {
    keys::begin(cx, place(settings)).await.context("the key ring cannot be used with this database")?;
    let keeper = Keeper {
        cx: cx.clone(),
        source: settings.keys.source.clone(),
        stamp: settings.keys.source.stamp(),
        told: None,
    };
    let stopping = tasks.stopping();
    tasks.spawn("keys", async move {
        keeper.keep(stopping).await;
    });
    Ok(())
}

struct Keeper {
    cx: Cx,
    source: Source,
    /// Of the file as it was read last.
    stamp: Option<Stamp>,
    /// What the policy has told last, so that it is not told at each look.
    told: Option<String>,
}

impl Keeper {
    async fn keep(mut self, stopping: CancellationToken) {
        let mut hangups = Hangups::new();
        let mut told_age: Option<tokio::time::Instant> = None;
        loop {
            if told_age.is_none_or(|at| at.elapsed() >= TELL_AGE) {
                told_age = Some(tokio::time::Instant::now());
                self.tell_age().await;
            }
            let is_asked = tokio::select! {
                () = stopping.cancelled() => break,
                () = hangups.next() => true,
                () = tokio::time::sleep(BEAT) => false,
            };
            let stamp = self.source.stamp();
            if is_asked || stamp != self.stamp {
                self.stamp = stamp;
                self.read_again().await;
            } else if let Err(error) = keys::beat(&self.cx).await {
                tracing::warn!(%error, "it could not be said that this server runs");
            }
            self.follow_policy().await;
        }
        if let Err(error) = keys::leave(&self.cx).await {
            tracing::warn!(%error, "it could not be said that this server stops");
        }
    }

    async fn read_again(&self) {
        let source = self.source.clone();
        let read = blocking(move || source.read().map_err(KeysError::from)).await;
        let loaded = match read {
            Ok(ring) => keys::load(&self.cx, ring).await,
            Err(error) => {
                keys::is_troubled(&self.cx, error.to_string());
                Err(error)
            }
        };
        if let Err(error) = loaded {
            tracing::warn!(%error, "the key ring cannot be used as it is now; the one before still is");
        }
    }

    /// Takes the next step of a rotation that nobody asked for, if the policy has one.
    async fn follow_policy(&mut self) {
        let (cx, source, by) = (&self.cx, &self.source, By::Server);
        let done = match keys::by_policy(cx).await {
            Ok(Policy::Nothing) => return self.told = None,
            Ok(Policy::Told(why)) => Err(why),
            Ok(Policy::Add) => add(cx, source, by, random(&SystemChance)).await.map(drop).map_err(|e| e.to_string()),
            Ok(Policy::Promote(key)) => match take(cx, source, by, Step::Promote(key), [0; 32]).await {
                Ok(()) => keys::rotate(cx, by, Pace::Routine).await.map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            },
            Ok(Policy::Reencrypt) => keys::rotate(cx, by, Pace::Routine).await.map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = done
            && self.told.as_ref() != Some(&why)
        {
            tracing::warn!("the key is to be rotated: {why}");
            self.told = Some(why);
        }
    }

    async fn tell_age(&self) {
        if let Ok(Some(days)) = keys::is_old(&self.cx).await {
            tracing::warn!(days, "the active key is {days} days old; it is time to rotate it (muster keys --help)");
        }
    }
}

/// The wishes of an operator to have the ring read again.
struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        #[cfg(unix)]
        {
            Self { signals: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals {
            signals.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Takes a step: looks whether it may be taken, changes the ring where it is kept, uses it, and notes it.
pub(crate) async fn take(cx: &Cx, source: &Source, by: By, step: Step, random: [u8; 32]) -> Result<(), KeysError> {
    let kept = source.clone();
    let ring = blocking(move || kept.read().map_err(KeysError::from)).await?;
    keys::check(cx, by, &ring, step).await?;
    let kept = source.clone();
    let ring = blocking(move || {
        kept.change(|ring| -> Result<KeyRing, KeysError> {
            Ok(match step {
                Step::Add(key) => ring.with_key(key, random)?,
                Step::Promote(key) => ring.promoted(key)?,
                Step::Retire { key, .. } => ring.with_retired(key)?,
            })
        })
    })
    .await?;
    keys::load(cx, ring).await?;
    keys::note(cx, by, step).await
}

/// Adds a key; answers its number.
pub(crate) async fn add(cx: &Cx, source: &Source, by: By, random: [u8; 32]) -> Result<KeyId, KeysError> {
    let kept = source.clone();
    let ring = blocking(move || kept.read().map_err(KeysError::from)).await?;
    let key = keys::next_key(cx, &ring).await?;
    take(cx, source, by, Step::Add(key), random).await?;
    Ok(key)
}

/// A whole rotation: a new key, promoted, and everything re-encrypted in the background.
pub(crate) async fn rotate(cx: &Cx, source: &Source, by: By, pace: Pace, random: [u8; 32]) -> Result<(), KeysError> {
    let key = add(cx, source, by, random).await?;
    take(cx, source, by, Step::Promote(key), random).await?;
    keys::rotate(cx, by, pace).await
}

async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, KeysError> + Send + 'static,
) -> Result<T, KeysError> {
    let broken = |error: tokio::task::JoinError| SourceError::File {
        place: "the key ring".into(),
        error: std::io::Error::other(error),
    };
    tokio::task::spawn_blocking(ask).await.map_err(broken)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ring_is_made_once_and_only_where_it_may_be() {
        let folder = std::env::temp_dir().join(format!("muster-keys-{}", std::process::id()));
        let source = Source::File(folder.join("keyring"));
        let column = vault::Column::new("test.column");
        let named = KeySource { source: source.clone(), is_made: false };
        assert!(open(&named, Arc::new(SystemChance)).is_err(), "a file that is not there is no new key");
        let made = KeySource { source, is_made: true };
        let sealed = open(&made, Arc::new(SystemChance)).unwrap().seal(column, [1; 16], b"hello");
        let again = open(&named, Arc::new(SystemChance)).unwrap();
        assert_eq!(again.open(column, [1; 16], &sealed).unwrap().expose(), b"hello");
        assert_eq!(open(&made, Arc::new(SystemChance)).unwrap().ring().keys().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
