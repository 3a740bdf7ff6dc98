//! `cargo xtask dist`: the product as one file that carries the page inside itself.
//!
//! Must not know: how the server embeds the page; that is its feature `embed`.

use std::fs;

use anyhow::{Context, Result};

use crate::{page, run, shell::say, workspace::root};

/// Builds `target/dist/muster`.
///
/// # Errors
///
/// When the page or the server cannot be built.
pub(crate) fn dist() -> Result<()> {
    // From scratch, so that the files of earlier builds are not carried along.
    let site = root().join("target/site");
    if site.exists() {
        fs::remove_dir_all(&site).with_context(|| format!("could not empty {}", site.display()))?;
    }
    page::release()?;
    let server = run::release_server(&["--features", "embed"])?;
    let folder = root().join("target/dist");
    fs::create_dir_all(&folder)?;
    let product = folder.join("muster");
    // Beside it and then in its place: the file may be running.
    let fresh = folder.join("muster.new");
    let bytes = fs::copy(server, &fresh)?;
    fs::rename(&fresh, &product)?;
    say(&format!("{} ({} bytes) is the whole product", product.display(), bytes));
    Ok(())
}
