//! Builds the page: Trunk compiles it, and its `post_build` hook (see [`crate::assets`]) finishes the files.
//!
//! Must not know: what the page is for, and who serves it.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{
    assets::MANIFEST,
    shell::{self, say},
    stamp,
    tools::{self, Tools},
    workspace::{WASM, root},
};

/// Everything that the page is made of. What it is made with is in `Cargo.lock` and `rust-toolchain.toml`.
pub(crate) const INPUTS: [&str; 13] = [
    "app",
    "frontend",
    "style",
    "crates/markup",
    "crates/model",
    "crates/wire",
    "crates/wire-derive",
    "crates/xtask/src/assets",
    "crates/xtask/src/assets.rs",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "rust-toolchain.toml",
];

/// The page as released, small and compressed, in the folder this returns. Built only if something changed since the last time.
///
/// # Errors
///
/// When a tool cannot be installed or the page cannot be built. The previous page is then still there.
pub(crate) fn release() -> Result<PathBuf> {
    let folder = root().join("target/site/pkg");
    let kept = root().join("target/site/page.stamp");
    let tools = tools::ensure()?;
    let opt = if tools.wasm_opt.is_some() { "with wasm-opt" } else { "without wasm-opt" };
    let stamp = stamp::of_contents(&root(), &INPUTS, &[opt])?;
    if folder.join(MANIFEST).is_file() && fs::read_to_string(&kept).is_ok_and(|kept| kept == stamp) {
        say("the page has not changed since it was built");
        return Ok(folder);
    }
    say("building the page (a minute or two; seconds when only styles changed)");
    fetch_crates()?;
    trunk(&tools, &["--release"])?;
    fs::write(kept, stamp)?;
    Ok(folder)
}

/// The page for development: quick to build, big, with names in its stack traces. It does not touch the released one.
///
/// # Errors
///
/// As [`release`].
pub(crate) fn development() -> Result<PathBuf> {
    let tools = tools::ensure()?;
    fetch_crates()?;
    let folder = root().join("target/dev/pkg");
    fs::create_dir_all(&folder)?;
    trunk(&tools, &["--dist", "target/dev/pkg"])?;
    Ok(folder)
}

/// Trunk builds offline, so that nothing is fetched behind our back; this is where crates are fetched.
fn fetch_crates() -> Result<()> {
    shell::run(shell::command("cargo").current_dir(root()).args(["fetch", "--quiet", "--locked", "--target", WASM]))
}

fn trunk(tools: &Tools, options: &[&str]) -> Result<()> {
    let folders: Vec<PathBuf> = tools.wasm_bindgen.parent().map(PathBuf::from).into_iter().collect();
    let mut trunk = shell::command(&tools.trunk);
    trunk.current_dir(root()).arg("build").args(options).env("PATH", shell::path_with(&folders)?);
    // Trunk takes this variable as a flag of its own and stumbles over "1".
    trunk.env_remove("NO_COLOR");
    // An error of the compiler is not made clearer by where Trunk noticed it.
    trunk.env_remove("RUST_BACKTRACE");
    shell::run(&mut trunk)
}
