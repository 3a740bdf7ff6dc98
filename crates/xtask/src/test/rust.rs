//! The tests that are written in Rust: those of the server's side on both databases, those of xtask, and the examples in the documentation.
//!
//! Must not know: what is tested.

use std::{env, process::Command};

use anyhow::Result;

use super::{postgres::Postgres, tally::Tally};
use crate::{
    shell::{self, say},
    workspace::{APP, Workspace, root},
};

/// Where the tests find a PostgreSQL. They make databases of their own in it.
const POSTGRES: &str = "MUSTER_TEST_POSTGRES";

/// Unit and integration tests.
///
/// # Errors
///
/// When a test fails, or nothing can be built or PostgreSQL cannot be started.
pub(crate) fn tests(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    // Stopped when it goes out of scope, however the tests end.
    let postgres = if env::var_os(POSTGRES).is_some() {
        say(&format!("using the PostgreSQL in {POSTGRES}"));
        None
    } else {
        Some(Postgres::start()?)
    };
    if cfg!(target_os = "linux") && shell::on_path("strace").is_none() {
        shell::install_packages(&["strace"], "the tests let calls of the system fail")?;
    }
    let url = postgres.as_ref().map(Postgres::url);
    let mut host = runner("dev");
    select_host(&mut host, workspace);
    let mut own = runner("tool");
    own.args(["--package", "xtask"]);
    let mut result = Ok(());
    for mut command in [own, host] {
        if let Some(url) = &url {
            command.env(POSTGRES, url);
        }
        let outcome = shell::run_and_listen(&mut command, |line| {
            tally.hear_nextest(line);
            tally.hear_cargo_test(line);
        });
        result = result.and(outcome);
    }
    result
}

/// The examples in the documentation.
///
/// # Errors
///
/// When one of them fails or cannot be built.
pub(crate) fn doc_tests(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--doc", "--locked", "--no-fail-fast"]);
    select_host(&mut command, workspace);
    shell::run_and_listen(&mut command, |line| tally.hear_cargo_test(line))
}

/// nextest if it is there (a process per test, the slow ones first), else Cargo's own runner.
fn runner(profile: &str) -> Command {
    let mut command = cargo();
    if shell::on_path("cargo-nextest").is_some() {
        command.args(["nextest", "run", "--no-tests", "pass", "--cargo-profile", profile]);
    } else {
        command.args(["test", "--lib", "--bins", "--tests", "--profile", profile]);
    }
    command.args(["--locked", "--no-fail-fast"]);
    command
}

fn cargo() -> Command {
    let mut command = shell::command("cargo");
    command.current_dir(root()).env("CARGO_TERM_COLOR", "always");
    command
}

/// All packages of the host in one go, so that what they depend on is compiled once. The page is never among them.
fn select_host(command: &mut Command, workspace: &Workspace) {
    for package in workspace.host_packages() {
        command.args(["--package", package]);
    }
    command.args(["--features", &format!("{APP}/ssr")]);
}
