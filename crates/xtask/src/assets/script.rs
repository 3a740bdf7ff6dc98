//! Makes a script small, with esbuild, if it is there.
//!
//! Must not know: what the script does.

use std::path::Path;

use anyhow::Result;

use crate::{
    shell::{self, say},
    tools,
};

/// Runs esbuild over the file, in place: shorter names inside, no comments, no white space. Without esbuild the file stays as
/// it is, and a sentence says so.
///
/// # Errors
///
/// When esbuild fails.
pub(crate) fn minify(file: &Path) -> Result<()> {
    let Some(esbuild) = tools::find_esbuild() else {
        say("there is no esbuild: the script works and is about a quarter bigger");
        return Ok(());
    };
    let mut command = shell::command(esbuild);
    command.arg(file).args(["--minify", "--format=esm", "--charset=utf8", "--allow-overwrite", "--log-level=warning"]);
    shell::run(command.arg(format!("--outfile={}", file.display())))
}
