//! `cargo xtask run`: from a checkout to a running Muster, whatever is missing.
//!
//! Must not know: how the server is configured beyond the folder of its page; its own defaults do the rest.

use std::{os::unix::process::CommandExt, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    page,
    shell::{self, say},
    workspace::{SERVER, Workspace, root},
};

#[derive(Args)]
pub(crate) struct Options {
    /// Fill an empty database with a believable sample team.
    #[arg(long)]
    demo: bool,
}

/// Builds what has changed and becomes the server.
///
/// # Errors
///
/// When something cannot be installed, built or started.
pub(crate) fn run(options: &Options) -> Result<()> {
    let page = page::release()?;
    let server = local_server()?;
    say("starting Muster; its data is in ./data, and Ctrl+C stops it");
    let mut command = shell::command(server);
    command.current_dir(root()).arg("serve").env("MUSTER_SITE", page);
    if options.demo {
        command.arg("--demo");
    }
    // In our place and not below us, so that signals reach the server and its exit status reaches the caller.
    Err(command.exec()).context("could not start the server")
}

/// The Cargo profile of a server that runs where it was built: as released, without the minutes that optimizing across crates takes.
pub(crate) const LOCAL: &str = "local";

/// The server for this machine, in the [`LOCAL`] profile.
///
/// # Errors
///
/// When it cannot be built.
pub(crate) fn local_server() -> Result<PathBuf> {
    build_server(LOCAL, &[])
}

/// The server as released.
///
/// # Errors
///
/// When it cannot be built.
pub(crate) fn release_server(options: &[&str]) -> Result<PathBuf> {
    build_server("release", options)
}

/// The server. Cargo knows by itself when there is nothing to do.
fn build_server(profile: &str, options: &[&str]) -> Result<PathBuf> {
    say("building the server (several minutes the first time, then seconds)");
    let mut cargo = shell::command("cargo");
    cargo.current_dir(root()).args(["build", "--locked", "--profile", profile, "--package", SERVER]).args(options);
    shell::run(&mut cargo)?;
    Ok(Workspace::load()?.server(profile))
}
