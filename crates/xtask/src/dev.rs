//! `cargo xtask dev`: builds quickly, starts, and builds again whenever a source changes.
//!
//! Must not know: what the server does. Sources are looked at twice a second instead of watched: it is simple, costs a few
//! milliseconds, and works on every file system, those shared with a container among them.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    page,
    shell::{self, say},
    stamp,
    workspace::{SERVER, Workspace, root},
};

/// What the server is made of, besides what it shares with the page.
const SERVER_INPUTS: [&str; 6] = ["app", "server", "migration", "crates", "Cargo.toml", "Cargo.lock"];
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// A server that has not stopped by then is killed: its developer is waiting.
const TIME_TO_STOP: Duration = Duration::from_secs(5);

type Seen = Vec<(PathBuf, std::time::SystemTime, u64)>;

/// Runs until it is interrupted.
///
/// # Errors
///
/// When the first build fails, or the sources cannot be looked at. A later build that fails leaves the running server as it is.
pub(crate) fn dev() -> Result<()> {
    let binary = Workspace::load()?.server("debug");
    let look = || -> Result<(Seen, Seen)> {
        Ok((stamp::of_times(&root(), &page::INPUTS)?, stamp::of_times(&root(), &SERVER_INPUTS)?))
    };
    let mut built = look()?;
    let site = page::development()?;
    build_server()?;
    let mut server = Running::start(&binary, &site)?;
    loop {
        let now = settled(&built, look)?;
        let (page_changed, server_changed) = (now.0 != built.0, now.1 != built.1);
        built = now;
        let outcome = rebuild(page_changed, server_changed);
        match outcome {
            // The page's list of files is read when the server starts.
            Ok(()) => {
                server.stop()?;
                server = Running::start(&binary, &site)?;
            }
            Err(error) => say(&format!("{error}. The last good build goes on running.")),
        }
    }
}

/// Waits for a change and then until the sources stay as they are, because an editor saves many files one by one.
fn settled<T: PartialEq>(built: &T, mut look: impl FnMut() -> Result<T>) -> Result<T> {
    let mut last = look()?;
    loop {
        thread::sleep(BETWEEN_LOOKS);
        let now = look()?;
        if now == last && now != *built {
            return Ok(now);
        }
        last = now;
    }
}

fn rebuild(page: bool, server: bool) -> Result<()> {
    if page {
        page::development()?;
    }
    if server {
        build_server()?;
    }
    Ok(())
}

fn build_server() -> Result<()> {
    shell::run(shell::command("cargo").current_dir(root()).args(["build", "--package", SERVER]))
}

/// The server while it runs.
struct Running {
    child: Child,
}

impl Running {
    fn start(binary: &Path, site: &Path) -> Result<Self> {
        let mut command: Command = shell::command(binary);
        command.current_dir(root()).arg("serve").env("MUSTER_SITE", site);
        Ok(Self { child: command.spawn().context("could not start the server")? })
    }

    /// Asks the server to stop, waits, and insists if that takes too long.
    fn stop(mut self) -> Result<()> {
        // The standard library can only kill; a polite signal goes through the program of that name.
        let asked = shell::read(shell::command("kill").arg("-TERM").arg(self.child.id().to_string()));
        let deadline = Instant::now() + TIME_TO_STOP;
        while asked.is_ok() && Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        // It may have ended in between; then there is nothing to kill.
        let _ = self.child.kill();
        self.child.wait()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_waits_until_two_looks_in_a_row_see_the_same_change() {
        let mut looks = [1, 1, 2, 3, 3, 4].into_iter();
        assert_eq!(settled(&1, || Ok(looks.next().unwrap())).unwrap(), 3);
    }
}
