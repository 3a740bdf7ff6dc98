//! `muster keys`: looks at the vault's keys and changes them, beside running servers.
//!
//! Must not know: what is encrypted. It says what was done and what comes next; a key itself is printed by `generate` alone.

use anyhow::{Context, Result};
use clap::Subcommand;
use service::{
    Chance as _, Cx, SystemChance,
    keys::{self, By, Desk, KeyCard, KeyId, KeyState, KeysError, Pace, Pulse, Step},
};
use std::{num::NonZeroU32, process::ExitCode, time::Duration};
use vault::{KeyRing, Source};

use crate::{
    house::{say, with_house},
    keys::{add, place, random, take},
    settings::{Beside, Settings},
};

/// Shown at the end of `muster keys --help`.
pub(crate) const HOW: &str = "\
A rotation, while people work:
   muster keys add             a new key, which only decrypts; on every server, if they do not share one file
   muster keys promote 2       it encrypts what is written from now on; refused while a running server lacks it
   muster keys rotate --wait   everything that is there is encrypted with it; may be paused, and goes on after a crash
   muster keys retire 1        the old key reads nothing any more; refused while anything is encrypted with it

Servers read a ring file again when it changes, and any ring on SIGHUP. Where the ring is no file that can be written (a
command, a credential, HashiCorp Vault), `muster keys generate 2` prints a line for it; change the states there by hand, in the
same order: servers refuse a ring that would make something unreadable.

If somebody else may have a key: add, promote, then `muster keys rotate --emergency --wait`, which signs everybody out, then
retire. Keep a copy of every key as long as there are backups that were made with it.";

/// How often `--wait` looks.
const LOOK: Duration = Duration::from_millis(500);

/// `muster keys …`
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Shows the keys, what each has encrypted, which servers have them, and how a re-encryption does.
    Status {
        #[command(flatten)]
        database: Beside,
    },
    /// Prints a new key as a line for a ring. Touches nothing. Whoever sees the line has the key.
    Generate {
        /// The number of the key: one more than the highest so far
        #[arg(required_unless_present = "first")]
        number: Option<NonZeroU32>,
        /// The first key of a new ring
        #[arg(long, conflicts_with = "number")]
        first: bool,
    },
    /// Adds a new key to the ring file. It only decrypts until it is promoted.
    Add {
        #[command(flatten)]
        database: Beside,
    },
    /// Makes a key the one that encrypts. Refused while a running server has not got it.
    Promote {
        #[command(flatten)]
        database: Beside,
        /// The number of the key
        number: NonZeroU32,
    },
    /// Encrypts everything again with the active key. A running server does it in the background.
    Rotate {
        #[command(flatten)]
        database: Beside,
        /// Somebody else may have the old key: without rests, and everybody is signed out
        #[arg(long)]
        emergency: bool,
        /// Stay until it is over
        #[arg(long)]
        wait: bool,
    },
    /// Lets a key decrypt nothing any more. Refused, with the count, while anything is encrypted with it.
    Retire {
        #[command(flatten)]
        database: Beside,
        /// The number of the key
        number: NonZeroU32,
        /// Sign out those whose open sessions the key has signed
        #[arg(long)]
        sign_out: bool,
    },
}

/// Does it, and answers the exit code.
pub(crate) async fn run(keys: Keys) -> Result<ExitCode> {
    let by = By::Operator;
    match keys {
        Keys::Generate { number, first } => generate(number.map_or(1, NonZeroU32::get), first),
        Keys::Status { database } => {
            with_house(database.gather()?, async |cx, settings| {
                let desk = keys::status(cx).await.map_err(KeysError::from)?;
                for line in told(&desk, settings) {
                    say(&line)?;
                }
                Ok(())
            })
            .await
        }
        Keys::Add { database } => {
            with_house(database.gather()?, async |cx, settings| {
                let source = writable(settings)?;
                let key = add(cx, source, by, random(&SystemChance)).await?;
                say(&format!(
                    "Key {key} is in {source}, and only decrypts. Keep a copy of the ring apart from the backups."
                ))?;
                say(&format!("Next, when every server has read it (within 5 s): muster keys promote {key}"))
            })
            .await
        }
        Keys::Promote { database, number } => {
            let key = id(number)?;
            with_house(database.gather()?, async |cx, settings| {
                take(cx, writable(settings)?, by, Step::Promote(key), [0; 32]).await?;
                say(&format!("Key {key} encrypts what is written from now on. Next: muster keys rotate"))
            })
            .await
        }
        Keys::Rotate { database, emergency, wait } => {
            with_house(database.gather()?, async |cx, _| rotate(cx, by, emergency, wait).await).await
        }
        Keys::Retire { database, number, sign_out: signs_out } => {
            let key = id(number)?;
            with_house(database.gather()?, async |cx, settings| {
                take(cx, writable(settings)?, by, Step::Retire { key, signs_out }, [0; 32]).await?;
                say(&format!("Key {key} decrypts nothing any more. Keep a copy of it until no backup needs it."))
            })
            .await
        }
    }
}

fn id(number: NonZeroU32) -> Result<KeyId> {
    KeyId::new(number.get()).context("key numbers begin with 1")
}

fn generate(number: u32, is_first: bool) -> Result<ExitCode> {
    let key = KeyId::new(number).context("key numbers begin with 1")?;
    let mut bytes = [0; 32];
    SystemChance.fill(&mut bytes);
    let ring = KeyRing::generate(key, bytes)?.to_text();
    let line = if is_first { ring.expose().clone() } else { ring.expose().replacen(":active:", ":decrypt_only:", 1) };
    say(line.trim_end()).map(|()| ExitCode::SUCCESS)
}

/// The ring, if it can be changed from here.
fn writable(settings: &Settings) -> Result<&Source> {
    let source = &settings.keys.source;
    anyhow::ensure!(
        source.is_writable(),
        "{source} cannot be changed from here. Change the ring where it is kept: `muster keys generate` prints a new key, and \
         `muster keys --help` tells the steps."
    );
    Ok(source)
}

async fn rotate(cx: &Cx, by: By, emergency: bool, wait: bool) -> Result<()> {
    let pace = if emergency { Pace::Emergency } else { Pace::Routine };
    let begun = keys::rotate(cx, by, pace).await;
    if emergency {
        keys::sign_out_everybody(cx, by).await?;
        say("Everybody is signed out.")?;
    }
    begun?;
    let desk = keys::status(cx).await.map_err(KeysError::from)?;
    if desk.nodes.is_empty() {
        return say("No server runs. The next one that starts re-encrypts everything.");
    }
    if !wait {
        return say(
            "The servers re-encrypt everything in the background. `muster keys status` tells how far they are.",
        );
    }
    let mut told = None;
    loop {
        let desk = keys::status(cx).await.map_err(KeysError::from)?;
        let Some(rotation) = desk.rotation else { return Ok(()) };
        let line = format!("{}% done, {} of {} records", rotation.percent(), rotation.n_done, rotation.n_total);
        if told.as_ref() != Some(&line) {
            say(&line)?;
            told = Some(line);
        }
        if rotation.ended_at.is_some() {
            let n = rotation.n_failed;
            anyhow::ensure!(
                n == 0,
                "{n} records cannot be decrypted with any key of the ring; the server's log names them"
            );
            return say("Everything is encrypted with the active key. Next: muster keys status, muster keys retire");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The status, as lines.
fn told(desk: &Desk, settings: &Settings) -> Vec<String> {
    let mut lines = vec![format!("The key ring is {}.", place(settings).ring), String::new()];
    lines.push(format!("{:>10}  {:<13} {:<18} {:>10}", "key", "state", "fingerprint", "records"));
    lines.extend(
        desk.keys
            .iter()
            .map(|card| format!("{:>10}  {:<13} {:<18} {:>10}", card.key, state(card), card.fingerprint, card.n)),
    );
    lines.push(String::new());
    for count in &desk.counts {
        let key = count.key.map_or_else(|| "no key".to_owned(), |key| format!("key {key}"));
        lines.push(format!("{:<40} {:>10} with {key}", count.words, count.n));
    }
    lines.push(String::new());
    if desk.nodes.is_empty() {
        lines.push("No server runs.".into());
    }
    for node in &desk.nodes {
        let keys: Vec<String> = node.keys.iter().map(|has| format!("{} {}", has.key, has.state)).collect();
        lines.push(format!("The server {} has: {}.", node.name, keys.join(", ")));
    }
    if let Some(rotation) = &desk.rotation {
        let word = match (rotation.ended_at, desk.pulse) {
            (Some(_), _) => "over",
            (None, Pulse::Goes) => "going on",
            (None, Pulse::Paused) => "paused",
            (None, Pulse::Stopped) => "stopped; `muster keys rotate` goes on with it",
        };
        let (key, done, total, failed) = (rotation.key, rotation.n_done, rotation.n_total, rotation.n_failed);
        lines.push(format!("The re-encryption to key {key} is {word}: {done} of {total} records, {failed} errors."));
    }
    lines.extend(next(desk));
    lines
}

fn state(card: &KeyCard) -> &'static str {
    card.state.map_or("not in ring", KeyState::name)
}

/// What there is to do, if something is.
fn next(desk: &Desk) -> Option<String> {
    if desk.n_unreadable() > 0 {
        let n = desk.n_unreadable();
        return Some(format!(
            "{n} records cannot be decrypted: their key is not in this ring. Add it as decrypt_only."
        ));
    }
    if desk.is_rotating() {
        return None;
    }
    if desk.n_elsewhere() > 0 {
        return Some(format!(
            "{} records are not encrypted with the active key: muster keys rotate",
            desk.n_elsewhere()
        ));
    }
    let leaving = desk.keys.iter().find(|card| card.state == Some(KeyState::DecryptOnly) && card.promoted_at.is_some());
    if let Some(card) = leaving {
        return Some(format!("Nothing needs key {} any more: muster keys retire {}", card.key, card.key));
    }
    let ready = desk.keys.iter().find(|card| card.state == Some(KeyState::DecryptOnly));
    ready.map(|card| format!("Key {} is ready: muster keys promote {}", card.key, card.key))
}
