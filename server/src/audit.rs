//! `muster audit`: looks at the audit log from outside, over a live database or an exported file.
//!
//! Must not know: tables, hashes. What it says goes to the standard output, so that it can be kept or piped on.

use anyhow::{Context, Result};
use clap::Subcommand;
use model::{Instant, PersonId};
use service::{
    Clock, Cx, Outside, SystemClock,
    audit::{self, Anchor, Erasure, Finding, Keeper, Verified},
};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};
use store::{Options, Store, Tasks};
use vault::Vault;

use crate::{files, keys, serve::post, settings::Beside};

/// What the codes mean. Shown at the end of `muster audit verify --help`.
const CODES: &str = "\
Exit codes:
   0  the log is whole
   1  it could not be looked at (no database, no file, no key ring)
   2  wrong usage
  10  body         an entry's bytes are not those that were hashed
  11  column       a searchable column says something else than the signed bytes
  12  gap          a row is missing, doubled, or in another's place
  13  node         a stored hash of the tree is not that of its entries
  14  signature    a checkpoint is not signed by a key that is trusted
  15  fork         the entries are not those that were signed or anchored
  16  truncation   the log is shorter than when it was signed or anchored
  17  stale        entries wait too long to be sealed or signed: is the server running?
  18  commitment   a private value is not the one its entry commits to
  19  vanished     a private value is gone, and no entry says that it was erased

Someone who can write the database can bring back an older copy of it with its older checkpoint. Only a checkpoint that
was kept elsewhere shows that: give it with --anchor. Without --key, the keys of this server's ring are trusted; with an
export and no --key, those in the file itself, and then nobody knows who signed.";

/// `muster audit …`
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Checks the whole log and says what the first bad thing is, with an exit code of its own for each kind.
    #[command(after_help = CODES)]
    Verify {
        #[command(flatten)]
        database: Beside,
        /// Check this exported file instead of the database; needs neither network nor server
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
        /// A file of checkpoints that were kept elsewhere: an anchor's file, what a webhook kept, or a mail as it was saved; may be
        /// given several times [default: the anchor of this server]
        #[arg(long, visible_alias = "checkpoint", value_name = "FILE")]
        anchor: Vec<PathBuf>,
        /// A verifier key that is trusted, as `muster audit show --keys` prints it; may be given several times
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        /// The newest epoch that you know to have been begun on purpose (`restart-epoch`); a later one that lost entries
        /// ends with 16
        #[arg(long, default_value_t = 1)]
        epoch: u32,
    },
    /// Prints an entry as JSON; or the keys that sign, or the newest entries, one a line.
    Show {
        #[command(flatten)]
        database: Beside,
        /// The position of the entry, as in #4711
        position: Option<u64>,
        /// Print the public keys that this server signs with. Give them to whoever is to verify
        #[arg(long, conflicts_with = "position")]
        keys: bool,
        /// How many of the newest entries, when no position is given
        #[arg(long, default_value_t = 20)]
        last: u16,
    },
    /// Writes the log as JSON lines, to be verified anywhere (`muster audit verify --export`).
    Export {
        #[command(flatten)]
        database: Beside,
        /// The file to write; it must not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Also write the private values, opened. Whoever has the file can then read them
        #[arg(long)]
        private: bool,
    },
    /// Signs what is new, takes it to the anchor, and prints the checkpoint: send it to somebody you trust.
    Anchor {
        #[command(flatten)]
        database: Beside,
    },
    /// Prints the proof that an entry is in the log (C2SP tlog-proof), or that one size of the log grew out of another.
    Prove {
        #[command(flatten)]
        database: Beside,
        /// The position of the entry
        #[arg(required_unless_present = "from")]
        position: Option<u64>,
        /// The earlier size
        #[arg(long, requires = "to", conflicts_with = "position")]
        from: Option<u64>,
        /// The later size
        #[arg(long, requires = "from")]
        to: Option<u64>,
    },
    /// Erases private values for ever. All proofs hold as before; an entry says what was erased.
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Erase {
        #[command(flatten)]
        database: Beside,
        /// All values of this person, by their id
        #[arg(long, group = "what", value_name = "ID")]
        person: Option<PersonId>,
        /// The values of the entry at this position
        #[arg(long, group = "what", value_name = "POSITION")]
        entry: Option<u64>,
    },
    /// After an older copy of the database was brought back on purpose: begins a new epoch, in which the log is signed again.
    ///
    /// The log then holds an entry with the reason and with the newest anchored checkpoint, whose last entries are lost.
    /// Verifying with `--epoch` tells so instead of raising an alarm. Nothing is hidden by it.
    RestartEpoch {
        #[command(flatten)]
        database: Beside,
        /// Why, in words that everybody who may read the log may read for ever
        #[arg(long)]
        reason: String,
        /// The file of checkpoints that were kept elsewhere [default: the anchor of this server]
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
}

/// A database that is looked at beside the server.
struct Opened {
    store: Store,
    vault: Arc<Vault>,
    outside: Outside,
    anchor: PathBuf,
}

impl Opened {
    async fn at(database: Beside) -> Result<Self> {
        let settings = database.gather()?;
        let outside = Outside::real(post(&settings)?, files::open(&settings.files)?);
        let vault = keys::open(&settings.keys, outside.chance.clone())?;
        let options = Options { sole: false, ..Options::new(settings.database_url) };
        let store = Store::open(&options).await.context("the database cannot be opened")?;
        Ok(Self { store, vault: Arc::new(vault), outside, anchor: settings.audit_anchor })
    }

    /// The whole house, for what writes. What is started is stopped again.
    async fn with_house<T>(self, act: impl AsyncFnOnce(&Cx) -> Result<T>) -> Result<T> {
        let tasks = Tasks::new();
        let cx = Cx::open(self.store.clone(), self.vault, self.outside, live::Limits::default(), &tasks).await?;
        let done = act(&cx).await;
        cx.hub().drain().await;
        tasks.stop().await;
        self.store.close().await?;
        done
    }

    fn anchored(&self, files: &[PathBuf]) -> Result<Vec<String>> {
        let own = [self.anchor.clone()];
        if files.is_empty() && !self.anchor.exists() {
            return Ok(Vec::new());
        }
        notes(if files.is_empty() { &own } else { files })
    }
}

/// Does it, and answers the exit code.
pub(crate) async fn run(audit: Audit) -> Result<ExitCode> {
    match audit {
        Audit::Verify { database, export: Some(file), anchor, key, epoch } => {
            drop(database);
            let file = File::open(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let against = against(&key, epoch, notes(&anchor)?, None)?;
            told(audit::verify_export(BufReader::new(file), against)?)
        }
        Audit::Verify { database, export: None, anchor, key, epoch } => {
            let opened = Opened::at(database).await?;
            let against = against(&key, epoch, opened.anchored(&anchor)?, Some(SystemClock.now()))?;
            told(audit::verify(&opened.store, &opened.vault, against).await?)
        }
        Audit::Show { database, position, keys, last } => show(Opened::at(database).await?, position, keys, last).await,
        Audit::Export { database, out, private } => {
            let opened = Opened::at(database).await?;
            let file = File::create_new(&out).with_context(|| format!("{} cannot be made", out.display()))?;
            let mut file = BufWriter::new(file);
            let now = SystemClock.now();
            let n = audit::export(&opened.store, &opened.vault, &mut file, now, private).await?;
            file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
            say(&format!("{n} entries are in {}", out.display()))
        }
        Audit::Anchor { database } => anchor(Opened::at(database).await?).await,
        Audit::Prove { database, position, from, to } => {
            prove(&Opened::at(database).await?.store, position, from, to).await
        }
        Audit::Erase { database, person, entry } => {
            let what = match (person, entry) {
                (Some(person), _) => Erasure::Person(person),
                (None, entry) => Erasure::Entry(entry.unwrap_or_default()),
            };
            let n = Opened::at(database)
                .await?
                .with_house(async |cx| audit::erase(cx, what).await.map_err(|refusal| refused(&refusal)))
                .await?;
            say(&format!("{n} private values are erased, for ever. What is in backups goes with them."))
        }
        Audit::RestartEpoch { database, reason, anchor } => restart(Opened::at(database).await?, reason, anchor).await,
    }
}

async fn show(opened: Opened, position: Option<u64>, keys: bool, last: u16) -> Result<ExitCode> {
    if keys {
        for key in audit::public_keys(&opened.store, &opened.vault).await? {
            say(&key.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let told = match position {
        Some(position) => {
            let found = audit::look(&opened.store, position).await?;
            vec![found.with_context(|| format!("the log has no entry #{position}"))?]
        }
        None => audit::latest(&opened.store, last).await?,
    };
    for entry in told {
        say(&entry.to_json().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn anchor(opened: Opened) -> Result<ExitCode> {
    let file: Arc<dyn Anchor> = Arc::new(audit::AppendOnlyFile::new(&opened.anchor));
    let store = opened.store.clone();
    let note = opened
        .with_house(async |cx| {
            Keeper::new(cx, vec![file]).settle().await.map_err(anyhow::Error::msg)?;
            Ok(audit::newest_checkpoint(&store).await?)
        })
        .await?;
    match note {
        Some(note) => say(note.trim_end()),
        None => say("There is nothing to sign yet."),
    }
}

async fn prove(store: &Store, position: Option<u64>, from: Option<u64>, to: Option<u64>) -> Result<ExitCode> {
    if let (Some(from), Some(to)) = (from, to) {
        for hash in audit::consistency(store, from, to).await? {
            say(&hash.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let position = position.unwrap_or_default();
    match audit::proof_of(store, position).await? {
        Some(proof) => say(proof.trim_end()),
        None => {
            anyhow::bail!("entry #{position} is not signed yet; try again in a minute, or run `muster audit anchor`")
        }
    }
}

async fn restart(opened: Opened, reason: String, anchor: Option<PathBuf>) -> Result<ExitCode> {
    let anchored = opened.anchored(anchor.as_slice())?;
    let lost = audit::newest_of(&anchored);
    let epoch = opened
        .with_house(async |cx| audit::restart_epoch(cx, lost, reason).await.map_err(|refusal| refused(&refusal)))
        .await?;
    say(&format!("Epoch {epoch} has begun. Run `muster audit anchor`, and tell those who verify: --epoch {epoch}"))
}

/// Says what was found, and answers its code.
fn told(verdict: Result<Verified, Finding>) -> Result<ExitCode> {
    match verdict {
        Ok(verified) => {
            for remark in &verified.remarks {
                say(&format!("note: {remark}"))?;
            }
            let signed = verified.signed.map_or(0, |(size, _)| size);
            let anchored =
                verified.anchored.map_or_else(|| "no anchor was shown".into(), |n| format!("anchored up to {n}"));
            let trust =
                if verified.is_trusted { "by keys you trust" } else { "by keys nobody vouched for (give --key)" };
            say(&format!(
                "The log {} is whole: {} entries, signed up to {signed} {trust}, {anchored}; {} private values, {} erased.\nroot {}",
                verified.name, verified.size, verified.n_private, verified.n_erased, verified.root
            ))
        }
        Err(finding) => {
            let range = if finding.upto > finding.position { format!("..#{}", finding.upto) } else { String::new() };
            say(&format!("first bad position: #{}{range}: {finding}", finding.position))?;
            Ok(ExitCode::from(finding.fault.exit_code()))
        }
    }
}

fn against(keys: &[String], epoch: u32, anchors: Vec<String>, now: Option<Instant>) -> Result<audit::Against> {
    let keys = keys.iter().map(|key| audit::PublicKey::parse(key)).collect::<Result<Vec<_>, _>>()?;
    Ok(audit::Against { keys, anchors, epoch: Some(epoch), now_ms: now.map(Instant::ms) })
}

fn notes(files: &[PathBuf]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("the anchor {} cannot be read", file.display()))?;
        let found = kept(&bytes);
        anyhow::ensure!(!found.is_empty(), "there is no checkpoint in the anchor {}", file.display());
        all.extend(found);
    }
    Ok(all)
}

/// The checkpoints in a file; also in a mail, whose text is encoded.
fn kept(bytes: &[u8]) -> Vec<String> {
    let mut found = audit::notes(&String::from_utf8_lossy(bytes));
    if found.is_empty() {
        found = mail::text_of(bytes).map_or_else(Vec::new, |text| audit::notes(&text));
    }
    found
}

fn refused(refusal: &model::Refusal) -> anyhow::Error {
    anyhow::anyhow!(refusal.tell())
}

/// Also into a pipe that is closed in the middle.
fn say(text: &str) -> Result<ExitCode> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_explained_with_its_exit_code() {
        for fault in audit::Fault::ALL {
            let line = format!("\n  {}  ", fault.exit_code());
            assert_eq!(CODES.matches(&line).count(), 1, "{fault:?}");
        }
    }

    #[test]
    fn a_checkpoint_is_found_in_a_mail_as_it_was_saved() {
        let note = format!("muster/ab/1\n9\n{}=\n\n\u{2014} muster/ab {}=\n", "A".repeat(43), "A".repeat(91));
        let encoded = note.replace('=', "=3D").replace('\u{2014}', "=E2=80=94").replace('\n', "\r\n");
        // A line is at most 76 characters long, and goes on behind a last `=` (RFC 2045, 6.7).
        let encoded = encoded.replace(&"A".repeat(60), &format!("{}=\r\n{}", "A".repeat(30), "A".repeat(30)));
        let mail = format!(
            "From: Muster <muster@example.org>\r\nTo: a@example.org\r\nSubject: Checkpoint\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
             Keep this mail.\r\n\r\n{encoded}\r\nTo verify, save it.\r\n"
        );
        assert_eq!(kept(mail.as_bytes()), [note.as_str()]);
        assert_eq!(kept(note.as_bytes()), [note.as_str()]);
        assert_eq!(kept(b"nothing of the kind"), Vec::<String>::new());
    }

    #[test]
    fn the_newest_checkpoint_of_an_anchor_is_the_one_of_the_largest_log() {
        let note =
            |size: u32| format!("muster/ab/1\n{size}\n{}=\n\n\u{2014} muster/ab {}=\n", "A".repeat(43), "A".repeat(91));
        let notes = audit::notes(&[note(9), note(12), note(10)].join("\n"));
        assert_eq!((notes.len(), audit::newest_of(&notes).map(|head| head.size)), (3, Some(12)));
    }
}
