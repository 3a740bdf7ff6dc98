//! The linter, over each package by itself: together they would hide that one borrows a feature another turned on.
//!
//! Must not know: which lints there are; the root `Cargo.toml` says that.

use anyhow::Result;

use crate::{
    shell,
    workspace::{APP, FRONTEND, WASM, Workspace, root},
};

/// Runs clippy. Warnings are errors.
///
/// # Errors
///
/// When clippy has something to say about a package; the others have been looked at too.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut result = Ok(());
    for package in &workspace.packages {
        let outcome = clippy(&package.name);
        result = result.and(outcome);
    }
    result
}

fn clippy(package: &str) -> Result<()> {
    let mut cargo = shell::command("cargo");
    cargo.current_dir(root()).args(["clippy", "--quiet", "--locked", "--package", package]);
    match package {
        // Its pages are looked at on the way, in their form for the browser.
        FRONTEND => cargo.args(["--target", WASM]),
        APP => cargo.args(["--features", "ssr", "--all-targets"]),
        _ => cargo.arg("--all-targets"),
    };
    shell::run(cargo.args(["--", "-D", "warnings"]))
}
