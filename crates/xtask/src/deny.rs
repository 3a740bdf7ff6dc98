//! `cargo xtask deny`: the licences and the sources of everything that is compiled in, and what must not be, by `deny.toml`.
//!
//! Must not know: which licences are good; the file says that. Advisories are not looked at: their database lies elsewhere.

use anyhow::Result;

use crate::{shell, tools, workspace::root};

/// Looks at all that `Cargo.lock` names.
///
/// # Errors
///
/// When cargo-deny is missing and cannot be installed, or finds something.
pub(crate) fn deny() -> Result<()> {
    let mut deny = shell::command(tools::cargo_deny()?);
    shell::run(deny.current_dir(root()).args(["--locked", "check", "--show-stats", "licenses", "bans", "sources"]))
}
