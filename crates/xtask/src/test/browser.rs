//! The tests with real browsers: Playwright against the server of `cargo xtask run` and the released page.
//!
//! Must not know: what is clicked; `end2end` says that.

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::{
    run, shell,
    workspace::{Workspace, root},
};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Installs what is missing and runs all tests in `end2end`.
///
/// # Errors
///
/// When a test fails, or Node or a browser is missing and cannot be installed.
pub(crate) fn tests(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    if shell::on_path("npm").is_none() {
        shell::install_packages(&["nodejs", "npm"], "the browser tests need Node")?;
    }
    let browser = find_browser()?;
    let folder = root().join("end2end");
    if !is_installed(&folder) {
        let mut npm = shell::command("npm");
        // Playwright's own browsers cannot be fetched everywhere; the system's is used.
        npm.current_dir(&folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        shell::run(npm.args(["ci", "--no-audit", "--no-fund"]))?;
    }
    let mut playwright = shell::command("npx");
    playwright.current_dir(&folder).args(["--no-install", "playwright", "test"]);
    playwright.env("MUSTER_CHROMIUM", browser);
    playwright.env("MUSTER_BIN", workspace.server(run::LOCAL));
    playwright.env("MUSTER_SITE", root().join("target/site/pkg"));
    shell::run_and_listen(&mut playwright, |line| tally.hear_playwright(line))
}

fn find_browser() -> Result<PathBuf> {
    let find = || {
        let named = env::var_os("MUSTER_CHROMIUM").map(PathBuf::from).filter(|path| shell::is_program(path));
        named.or_else(|| BROWSERS.iter().find_map(|name| shell::on_path(name)))
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    shell::install_packages(&["chromium"], "the browser tests need Chromium (or its path in MUSTER_CHROMIUM)")?;
    find().context("Chromium was installed, but it is not on the search path")
}

/// npm writes down what it installed; if that is younger than the lock file, it is what the lock file says.
fn is_installed(folder: &std::path::Path) -> bool {
    let time = |file: &str| fs::metadata(folder.join(file)).and_then(|meta| meta.modified()).ok();
    match (time("node_modules/.package-lock.json"), time("package-lock.json")) {
        (Some(installed), Some(wanted)) => installed >= wanted,
        _ => false,
    }
}
