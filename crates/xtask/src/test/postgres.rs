//! A PostgreSQL for the tests and benches: fresh, in a temporary folder, reached through a socket in that folder, gone afterwards.
//!
//! Must not know: what is stored in it. For tests it is as fast as it can be and would not survive a power cut.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::shell::{self, say};

/// Starting takes under a second; a disk that is busy with a build has made it ten.
const TIME_TO_START: Duration = Duration::from_mins(1);

/// Every test has pools of its own, and many run at once.
const SETTINGS: [&str; 3] = ["listen_addresses=", "max_connections=400", "log_min_messages=error"];
/// What a power cut would take does not matter to a test.
const CARELESS: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Becomes the server ("$@"), and leaves a watcher behind that stops it and removes its folder ("$0") when the pipe on its input is closed.
/// The system closes the pipe when we end, in whatever way: a test run that is killed leaves no database behind.
/// SIGQUIT asks for an immediate shutdown, in which shared memory is given back; a kill would not do that.
const SCRIPT: &str = r#"exec 3<&0
(cat <&3; kill -QUIT $$; while kill -0 $$ 2>/dev/null; do sleep 0.05; done; rm -rf "$0") >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-"#;

/// A running server.
pub(crate) struct Postgres {
    child: Child,
    folder: TempDir,
}

impl Postgres {
    /// Makes an empty cluster for tests and starts it. Installs PostgreSQL if it is missing and can be installed.
    ///
    /// # Errors
    ///
    /// When there is no PostgreSQL, or it does not start; then with what it said.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&CARELESS)
    }

    /// The same, but what it has committed is on the disk, as in production.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub(crate) fn start_durable() -> Result<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        let programs = find_programs()?;
        // PostgreSQL refuses to run as root. The one who owns nothing will do where there is no user of its name.
        let user = if shell::is_root() { Some(user_of(&fs::read_to_string("/etc/passwd")?)?) } else { None };
        let folder = tempfile::Builder::new().prefix("muster-postgres-").tempdir()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let program = |name: &str| as_user(&programs.join(name), folder.path(), user);

        let mut initdb = program("initdb");
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--pgdata",
        ]);
        shell::read(initdb.arg(folder.path().join("data"))).context("could not make a PostgreSQL cluster")?;

        let log = folder.path().join("log");
        let mut server = as_user(Path::new("sh"), folder.path(), user);
        server.args(["-c", SCRIPT]).arg(folder.path()).arg(programs.join("postgres"));
        server.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
        for setting in SETTINGS.iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let child = server.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(fs::File::create(&log)?).spawn()?;
        let mut postgres = Self { child, folder };
        postgres.wait_until_ready(&programs, &log)?;
        say(&format!("PostgreSQL from {} is running", programs.display()));
        Ok(postgres)
    }

    /// How to connect to it, in the form that sqlx reads: the folder of the socket is a parameter.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.path().display())
    }

    fn wait_until_ready(&mut self, programs: &Path, log: &Path) -> Result<()> {
        let deadline = Instant::now() + TIME_TO_START;
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("PostgreSQL ended at once ({status}):\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            let mut ask = shell::command(programs.join("pg_isready"));
            if shell::read(ask.arg("--quiet").arg("--host").arg(self.folder.path())).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("PostgreSQL did not start:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // See SCRIPT. Nothing can be done about a failure here, and the system cleans up what is in its temporary folder.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A command run by another user, with a working folder that this user may enter.
fn as_user(program: &Path, folder: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = shell::command(program);
    command.current_dir(folder);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn find_programs() -> Result<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    shell::install_packages(&["postgresql"], "the tests need PostgreSQL (initdb, postgres)")?;
    installed().context("PostgreSQL was installed, but initdb is not where it should be")
}

/// The folder of `initdb` and `postgres`: on the search path, or where Debian keeps them, the newest first.
fn installed() -> Option<PathBuf> {
    let complete =
        |folder: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|p| shell::is_program(&folder.join(p)));
    let on_path = shell::on_path("initdb").and_then(|initdb| initdb.parent().map(PathBuf::from));
    let mut of_debian: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path()).collect();
    of_debian.sort_by_key(|path| {
        std::cmp::Reverse(path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok()))
    });
    on_path.into_iter().chain(of_debian.into_iter().map(|version| version.join("bin"))).find(complete)
}

/// The ids of the user `postgres`, else of `nobody`, from the text of `/etc/passwd`.
fn user_of(passwd: &str) -> Result<(u32, u32)> {
    let ids = |user: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).context("there is no user that PostgreSQL could run as")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_runs_as_the_user_of_its_name_or_as_nobody() {
        let root = "root:x:0:0:root:/root:/bin/bash\n";
        let nobody = "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n";
        let postgres = "postgres:x:101:103:PostgreSQL:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(user_of(&[root, nobody, postgres].concat()).unwrap(), (101, 103));
        assert_eq!(user_of(&[root, nobody].concat()).unwrap(), (65534, 65534));
        assert!(user_of(root).is_err());
    }
}
