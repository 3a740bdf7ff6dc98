//! `muster doctor`: looks at the settings, the keys, the database and what is around them, and says what to do about what it finds.
//!
//! It changes nothing, and works beside a running server. Must not know: tables.

use anyhow::Result;
use clap::Args;
use service::{
    Clock as _, Cx, Outside, SystemClock, audit, backup, doctor,
    keys::{self, Desk},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use store::{Store, Tasks};

use crate::{
    files, keys as rings,
    serve::post,
    settings::{KeySource, Options, Settings},
};

/// Shown at the end of `muster doctor --help`.
pub(crate) const HOW: &str = "\
Run it with the same settings as `muster serve`, before the first start and whenever something is strange. It changes nothing.

Exit codes:
   0  nothing stands in the way; there may be warnings
   1  something has to be done";

/// How far two clocks may be apart. Sessions, reminders and the times in the audit log go by them.
const CLOCK_MS: u64 = 2_000;
/// Less room than this is soon used up by a busy team, and a full disk stops all writing.
const ROOM: u64 = 1 << 30;
/// Entries are sealed some times a second; so many wait only where nobody seals them.
const ENTRIES: i64 = 1_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// `muster doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    options: Options,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Good,
    Warning,
    Bad,
}

/// What was found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    level: Level,
    about: &'static str,
    said: String,
    todo: Option<String>,
}

impl Finding {
    fn good(about: &'static str, said: impl Into<String>) -> Self {
        Self { level: Level::Good, about, said: said.into(), todo: None }
    }

    fn warning(about: &'static str, said: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { level: Level::Warning, about, said: said.into(), todo: Some(todo.into()) }
    }

    fn bad(about: &'static str, said: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { level: Level::Bad, about, said: said.into(), todo: Some(todo.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, about, said, todo } = self;
        let level = match level {
            Level::Good => "good",
            Level::Warning => "WARN",
            Level::Bad => "BAD",
        };
        write!(f, "{level:<5} {about:<10} {said}")?;
        todo.iter().try_for_each(|todo| write!(f, "\n{:<17}-> {todo}", ""))
    }
}

impl Doctor {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let settings = match Settings::gather(self.options) {
            Ok(settings) => settings,
            Err(error) => {
                println!("{}", Finding::bad("settings", format!("{error:#}."), "docs/settings.md lists all of them"));
                return Ok(ExitCode::FAILURE);
            }
        };
        let mut findings = of_settings(&settings);
        findings.push(of_mail(&settings).await);
        findings.extend(of_disk(&settings));
        findings.extend(of_database(&settings).await);
        for finding in &findings {
            println!("{finding}");
        }
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        let (n_bad, n_warnings) = (count(Level::Bad), count(Level::Warning));
        println!("\n{n_bad} to be mended, {n_warnings} to be looked at.");
        Ok(if n_bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn of_settings(settings: &Settings) -> Vec<Finding> {
    let is_local = settings.is_local();
    let mut findings = Vec::new();
    findings.push(match (settings.is_secure(), is_local) {
        (true, _) => Finding::good("origin", format!("People reach it at {}, over TLS.", settings.origin())),
        (false, true) => Finding::good("origin", format!("{}: for this machine alone.", settings.origin())),
        (false, false) => Finding::bad(
            "origin",
            format!("{} is not encrypted: passwords and sessions can be read on the way.", settings.origin()),
            "put a proxy that speaks TLS in front (deploy/), and set MUSTER_ORIGIN=https://…",
        ),
    });
    if settings.is_secure() && settings.proxies.is_empty() {
        findings.push(Finding::warning(
            "proxy",
            "No proxy is trusted: behind one, everybody has its address, and is slowed down together when somebody guesses.",
            "set MUSTER_TRUSTED_PROXIES to the proxy's address",
        ));
    }
    let beside = |path: &Path| settings.sqlite_file().and_then(Path::parent) == path.parent();
    if beside(&settings.audit_anchor) {
        findings.push(Finding::warning(
            "anchor",
            format!(
                "{} lies beside the database: who can change one can change both.",
                settings.audit_anchor.display()
            ),
            "set MUSTER_AUDIT_ANCHOR to a file on another volume or machine (docs/audit.md)",
        ));
    }
    if settings.keys.is_made && !is_local {
        findings.push(Finding::warning(
            "keys",
            format!("The key ring is {}, in the same folder as the database.", settings.keys.source),
            "keep it apart (docs/keys.md), so that a copy of the folder is no copy of the keys",
        ));
    }
    if settings.test_clock {
        findings.push(Finding::warning("clock", "Tests may move the clock.", "leave MUSTER_TEST_CLOCK out"));
    }
    findings
}

async fn of_mail(settings: &Settings) -> Finding {
    if !settings.mail.leaves() {
        let said = format!("Mails are kept and not sent ({:?}): nobody else can confirm an address.", settings.mail);
        return if settings.is_local() {
            Finding::good("mail", said)
        } else {
            Finding::bad("mail", said, "set MUSTER_MAIL=smtp://user:password@host:587")
        };
    }
    let transport = match mail::Transport::open(&settings.mail) {
        Ok(transport) => transport,
        Err(error) => return Finding::bad("mail", format!("{error}."), "see MUSTER_MAIL in docs/settings.md"),
    };
    match transport.reach(&settings.mail_from).await {
        Ok(()) => Finding::good("mail", format!("{:?} lets us in.", settings.mail)),
        Err(error) => Finding::bad("mail", format!("{}.", error.reason()), "see MUSTER_MAIL in docs/settings.md"),
    }
}

/// The room on the volume of the database and of the files.
fn of_disk(settings: &Settings) -> Vec<Finding> {
    let files = (!settings.files.contains("://")).then(|| PathBuf::from(&settings.files));
    let places = settings.sqlite_file().map(Path::to_path_buf).into_iter().chain(files);
    places.filter_map(|path| room(&path).map(|free| of_room(&path, free))).collect()
}

fn of_room(path: &Path, free: u64) -> Finding {
    let said = format!("{} MB are free where {} is.", free >> 20, path.display());
    if free >= ROOM {
        Finding::good("disk", said)
    } else {
        Finding::bad("disk", said, "make room: when it is used up, nothing can be saved")
    }
}

/// The bytes that are free for us on the volume of a path that may not be there yet.
fn room(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|path| path.exists() && !path.as_os_str().is_empty());
    let volume = rustix::fs::statvfs(there.unwrap_or(Path::new("."))).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize))
}

async fn of_database(settings: &Settings) -> Vec<Finding> {
    if settings.sqlite_file().is_some_and(|path| !path.exists()) {
        return vec![Finding::good("database", "There is none yet: `muster serve` makes it.")];
    }
    let options = store::Options { sole: false, ..store::Options::new(&settings.database_url) };
    let store = match Store::open(&options).await {
        Ok(store) => store,
        Err(error) => return vec![unreachable(&error)],
    };
    let findings = match look(settings, &store).await {
        Ok(findings) => findings,
        Err(error) => vec![unreachable(&*error)],
    };
    let _ = store.close().await;
    findings
}

fn unreachable(error: &(impl fmt::Display + ?Sized)) -> Finding {
    Finding::bad("database", format!("It cannot be used: {error}."), "see DATABASE_URL in docs/settings.md")
}

async fn look(settings: &Settings, store: &Store) -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let database = doctor::database(store, || SystemClock.now()).await?;
    let mut findings = of_engine(&database);
    let pending = backup::pending(store).await?;
    if !pending.is_empty() {
        let said = format!("{} changes of the schema are not made yet; the other checks need them.", pending.len());
        findings.push(Finding::warning("schema", said, "muster migrate, or start the server"));
        return Ok(findings);
    }
    let missing = audit::guards(store.reader()).await?;
    findings.push(if missing.is_empty() {
        Finding::good("guards", "The database refuses changes of the audit log.")
    } else {
        let said = format!("Guards of the audit log are missing: {}.", missing.join(", "));
        Finding::bad(
            "guards",
            said,
            "find out who took them away: muster audit verify --anchor …; then restore a backup",
        )
    });
    let ring = KeySource { is_made: false, ..settings.keys.clone() };
    match rings::open(&ring, Arc::new(service::SystemChance)) {
        Ok(vault) => findings.extend(inside(settings, store, vault).await?),
        Err(error) => {
            findings.push(Finding::bad("keys", format!("{error:#}."), "docs/keys.md tells where keys may be"));
        }
    }
    Ok(findings)
}

fn of_engine(database: &doctor::Database) -> Vec<Finding> {
    let mut findings = vec![Finding::good("database", format!("{} answers.", database.engine))];
    if database.is_superuser {
        findings.push(Finding::warning(
            "role",
            "The server comes as a superuser of the database, who may switch off the guards of the audit log.",
            "give it a role of its own that owns this one database: CREATE ROLE muster LOGIN; CREATE DATABASE muster OWNER muster",
        ));
    }
    if let Some(ahead) = database.ahead_ms {
        findings.push(if ahead.unsigned_abs() <= CLOCK_MS {
            Finding::good("clock", "This machine and the database have the same time.")
        } else {
            let said = format!("The database's clock is {ahead} ms ahead of this machine's.");
            Finding::bad("clock", said, "let both follow a time server (chrony, systemd-timesyncd)")
        });
    }
    findings
}

/// What only somebody with the keys can see.
async fn inside(
    settings: &Settings,
    store: &Store,
    vault: vault::Vault,
) -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let outside = Outside::real(post(settings)?, files::open(&settings.files)?);
    let tasks = Tasks::new();
    let cx = Cx::open(store.clone(), Arc::new(vault), outside, live::Limits::default(), &tasks).await?;
    let desk = keys::status(&cx).await.map_err(keys::KeysError::from)?;
    let waiting = doctor::waiting(&cx).await?;
    let now_ms = cx.now().ms();
    cx.hub().drain().await;
    tasks.stop().await;
    Ok([of_keys(&desk, settings.key_age_days), of_waiting(&waiting, now_ms)].concat())
}

fn of_keys(desk: &Desk, old_after_days: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (n, n_unreadable, n_elsewhere) = (desk.n_values(), desk.n_unreadable(), desk.n_elsewhere());
    findings.push(if n_unreadable > 0 {
        let said = format!("{n_unreadable} of {n} encrypted values need a key that is not in the ring.");
        Finding::bad("keys", said, "put the missing key back into the ring as decrypt_only (docs/keys.md)")
    } else if n_elsewhere > 0 && !desk.is_rotating() {
        let said = format!("{n_elsewhere} of {n} encrypted values are not under the active key.");
        Finding::warning("keys", said, "muster keys rotate")
    } else {
        Finding::good("keys", format!("All {n} encrypted values can be read."))
    });
    let active = desk.keys.iter().find(|card| Some(card.key) == desk.active());
    let since = active.and_then(|card| card.promoted_at);
    let days = since.map(|since| (desk.now.ms() - since.ms()) / DAY_MS);
    if let Some(days) = days.filter(|days| old_after_days > 0 && *days >= i64::from(old_after_days)) {
        let said = format!("The active key has been in use for {days} days.");
        findings.push(Finding::warning("keys", said, "rotate it: muster keys --help"));
    }
    findings
}

fn of_waiting(waiting: &doctor::Waiting, now_ms: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    if waiting.newest_ms.is_some_and(|newest| newest > now_ms + i64::try_from(CLOCK_MS).unwrap_or(i64::MAX)) {
        findings.push(Finding::bad(
            "clock",
            "The newest entry of the audit log is from the future: the clock was set back, or was wrong before.",
            "let the machine follow a time server",
        ));
    }
    findings.push(if waiting.entries > ENTRIES {
        let said = format!("{} entries of the audit log wait to be sealed.", waiting.entries);
        Finding::bad("audit", said, "is a server running? its log says why it does not seal them")
    } else {
        Finding::good("audit", format!("{} entries wait to be sealed.", waiting.entries))
    });
    findings.push(if waiting.late > 0 {
        let said = format!("{} jobs have been due for more than five minutes.", waiting.late);
        Finding::warning("jobs", said, "is a server running? is a queue paused? see /admin/jobs")
    } else if waiting.discarded > 0 {
        let said = format!("{} jobs were given up.", waiting.discarded);
        Finding::warning("jobs", said, "see why, and try them again, at /admin/jobs")
    } else {
        Finding::good("jobs", "None is late, none was given up.")
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(findings: &[Finding]) -> Vec<(&str, Level)> {
        findings.iter().map(|finding| (finding.about, finding.level)).collect()
    }

    #[test]
    fn an_engine_with_another_time_or_too_much_power_is_told_of() {
        let of = |ahead_ms, is_superuser| {
            levels(&of_engine(&doctor::Database { engine: "PostgreSQL 15".into(), ahead_ms, is_superuser }))
                .into_iter()
                .skip(1)
                .map(|(about, level)| (about.to_owned(), level))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(None, false), []);
        assert_eq!(of(Some(2_000), false), [("clock".into(), Level::Good)]);
        assert_eq!(of(Some(-2_001), false), [("clock".into(), Level::Bad)]);
        assert_eq!(of(Some(0), true), [("role".into(), Level::Warning), ("clock".into(), Level::Good)]);
    }

    #[test]
    fn what_waits_too_long_is_told_of() {
        let idle = doctor::Waiting { newest_ms: Some(1_000), ..doctor::Waiting::default() };
        assert_eq!(levels(&of_waiting(&idle, 1_000)), [("audit", Level::Good), ("jobs", Level::Good)]);
        let late = doctor::Waiting { late: 1, discarded: 1, ..idle };
        assert_eq!(levels(&of_waiting(&late, 1_000))[1], ("jobs", Level::Warning));
        let stuck = doctor::Waiting { entries: ENTRIES + 1, newest_ms: Some(9_000), ..idle };
        let told = of_waiting(&stuck, 1_000);
        assert_eq!(levels(&told)[..2], [("clock", Level::Bad), ("audit", Level::Bad)]);
        assert!(told.iter().filter(|finding| finding.level != Level::Good).all(|finding| finding.todo.is_some()));
    }

    #[test]
    fn the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_volume() {
        let folder = tempfile::tempdir().unwrap();
        assert!(room(&folder.path().join("not/there/yet.db")).unwrap() > 0);
        assert_eq!(of_room(Path::new("x"), ROOM - 1).level, Level::Bad);
    }
}
