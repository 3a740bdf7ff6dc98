//! The tools that turn sources into a page: finds them at the pinned versions, installs what is missing, says so.
//!
//! Must not know: how the page is built with them.
//! A tool is looked for in `target/tools`, then on the search path, then in `$MUSTER_TOOLS` (a cache that outlives checkouts).
//! It is installed into `$MUSTER_TOOLS` if that is set, else into `target/tools`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    shell::{self, say},
    workspace::{WASM, root},
};

/// 0.22 needs a newer Rust than the pinned one.
const TRUNK: &str = "0.21.14";
/// The release of binaryen whose wasm-opt we ask npm for.
const BINARYEN: &str = "132";
/// The release of esbuild that we ask npm for.
const ESBUILD: &str = "0.28.2";
/// Only for `cargo xtask book`.
const MDBOOK: &str = "0.5.4";
/// Only for `cargo xtask deny`.
const CARGO_DENY: &str = "0.20.2";
/// Only for `cargo xtask fuzz`.
const CARGO_FUZZ: &str = "0.13.2";
/// Older wasm-opts do not know what today's Rust puts into a wasm file.
const OLDEST_WASM_OPT: u32 = 119;

/// A tool runs for seconds in a build of minutes: what it takes to compile weighs more than how fast it is.
const QUICKLY: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// Where the tools are.
pub(crate) struct Tools {
    /// Trunk, at the pinned version.
    pub(crate) trunk: PathBuf,
    /// The wasm-bindgen command, at the version of the crate in `Cargo.lock`.
    pub(crate) wasm_bindgen: PathBuf,
    /// Without it the bundle works and is about a fifth bigger.
    pub(crate) wasm_opt: Option<PathBuf>,
    /// Without it the script works and is a quarter bigger.
    pub(crate) esbuild: Option<PathBuf>,
}

/// Finds the tools and installs those that are missing.
///
/// # Errors
///
/// When a tool is missing and cannot be installed.
pub(crate) fn ensure() -> Result<Tools> {
    ensure_wasm_target()?;
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("could not read Cargo.lock")?;
    let wasm_bindgen = locked_version(&lock, "wasm-bindgen").context("Cargo.lock does not name wasm-bindgen")?;
    ensure_from_npm();
    Ok(Tools {
        // Of Trunk's default features, only one of the two ways to do TLS is needed.
        trunk: ensure_crate("trunk", "trunk", TRUNK, &["--no-default-features", "--features", "rustls"], 4)?,
        wasm_bindgen: ensure_crate("wasm-bindgen-cli", "wasm-bindgen", wasm_bindgen, &[], 1)?,
        wasm_opt: find_wasm_opt(),
        esbuild: find_esbuild(),
    })
}

/// `cargo xtask tools`.
///
/// # Errors
///
/// As [`ensure`].
pub(crate) fn report() -> Result<()> {
    let tools = ensure()?;
    println!("trunk         {}", tools.trunk.display());
    println!("wasm-bindgen  {}", tools.wasm_bindgen.display());
    match tools.wasm_opt {
        Some(path) => println!("wasm-opt      {}", path.display()),
        None => println!("wasm-opt      none (npm is not here to install it): the bundle is about a fifth bigger"),
    }
    match tools.esbuild {
        Some(path) => println!("esbuild       {}", path.display()),
        None => println!("esbuild       none (npm is not here to install it): the script is about a quarter bigger"),
    }
    Ok(())
}

/// The program that makes the book. Watching and serving are left out of it.
///
/// # Errors
///
/// When it is missing and cannot be installed.
pub(crate) fn mdbook() -> Result<PathBuf> {
    ensure_crate("mdbook", "mdbook", MDBOOK, &["--no-default-features", "--features", "search"], 2)
}

/// The program that looks at licences and sources of what we depend on.
///
/// # Errors
///
/// As [`mdbook`].
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    ensure_crate("cargo-deny", "cargo-deny", CARGO_DENY, &["--no-default-features"], 1)
}

/// The program that builds and runs fuzz targets.
///
/// # Errors
///
/// As [`mdbook`].
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    ensure_crate("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, &[], 1)
}

/// A wasm-opt that is new enough, if there is one. Installs nothing.
pub(crate) fn find_wasm_opt() -> Option<PathBuf> {
    from_npm("wasm-opt").find(|path| version_of(path).is_some_and(|version| wasm_opt_is_new_enough(&version)))
}

/// An esbuild of the pinned release, if there is one. Installs nothing.
pub(crate) fn find_esbuild() -> Option<PathBuf> {
    from_npm("esbuild").find(|path| version_of(path).is_some_and(|version| version.trim() == ESBUILD))
}

fn from_npm(program: &'static str) -> impl Iterator<Item = PathBuf> {
    let installed = roots().into_iter().map(move |root| root.join("npm/node_modules/.bin").join(program));
    installed.chain(shell::on_path(program)).filter(|path| shell::is_program(path))
}

fn ensure_wasm_target() -> Result<()> {
    let mut rustc = shell::command("rustc");
    let libraries = shell::read(rustc.current_dir(root()).args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    say("the wasm target of Rust is missing: adding it with rustup (a few seconds)");
    shell::run(shell::command("rustup").current_dir(root()).args(["target", "add", WASM]))
}

fn ensure_crate(package: &str, program: &str, version: &str, options: &[&str], minutes: u32) -> Result<PathBuf> {
    if let Some(found) = find_program(program, version) {
        return Ok(found);
    }
    let into = install_root();
    say(&format!(
        "{program} {version} is missing: building it once into {} (minutes on two cores: {minutes})",
        into.display()
    ));
    let mut cargo = shell::command("cargo");
    // A folder of its own: the checkout's profiles and a `CARGO_TARGET_DIR` of the caller are not for tools.
    cargo.env("CARGO_TARGET_DIR", into.join("build")).envs(QUICKLY).current_dir(root());
    cargo.args(["install", package, "--version", version, "--locked", "--force", "--root"]).arg(&into).args(options);
    shell::run(&mut cargo)?;
    // What was only needed to build it is several hundred megabytes.
    let _ = fs::remove_dir_all(into.join("build"));
    find_program(program, version).with_context(|| format!("{package} was installed, but {program} does not answer"))
}

/// Asks npm for what makes the files small. The bundle also works without, so that nothing that goes wrong here stops a build.
fn ensure_from_npm() {
    if (find_wasm_opt().is_some() && find_esbuild().is_some()) || shell::on_path("npm").is_none() {
        return;
    }
    let into = install_root().join("npm");
    // Both at once: npm takes away what it is not asked for.
    let wanted = [format!("binaryen@{BINARYEN}"), format!("esbuild@{ESBUILD}")];
    say(&format!("asking npm for {} into {} (half a minute)", wanted.join(" and "), into.display()));
    let mut npm = shell::command("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&into).args(wanted);
    if let Err(error) = fs::create_dir_all(&into).map_err(Into::into).and_then(|()| shell::run(&mut npm)) {
        say(&format!("going on without: {error}"));
    }
}

/// The folders that tools are installed into, the checkout's own first.
fn roots() -> Vec<PathBuf> {
    [Some(root().join("target/tools")), cache()].into_iter().flatten().collect()
}

fn install_root() -> PathBuf {
    cache().unwrap_or_else(|| root().join("target/tools"))
}

fn cache() -> Option<PathBuf> {
    env::var_os("MUSTER_TOOLS").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn find_program(program: &str, version: &str) -> Option<PathBuf> {
    let own = root().join("target/tools/bin").join(program);
    let cached = cache().map(|cache| cache.join("bin").join(program));
    [Some(own), shell::on_path(program), cached]
        .into_iter()
        .flatten()
        .filter(|path| shell::is_program(path))
        .find(|path| version_of(path).is_some_and(|line| is_version(&line, version)))
}

/// Whether a program's line about its version names this one: `trunk 0.21.14`, `mdbook v0.5.4`.
fn is_version(line: &str, version: &str) -> bool {
    line.split_whitespace().nth(1).is_some_and(|word| word.trim_start_matches('v') == version)
}

/// The line a program prints about its version: `trunk 0.21.14`.
fn version_of(program: &Path) -> Option<String> {
    let mut command = shell::command(program);
    // Trunk takes this variable as a flag of its own and stumbles over "1".
    command.arg("--version").env_remove("NO_COLOR");
    shell::read(&mut command).ok()
}

/// Reads `wasm-opt version 132 (version_132)`.
fn wasm_opt_is_new_enough(line: &str) -> bool {
    let number = line.split_whitespace().nth(2).and_then(|word| word.parse::<u32>().ok());
    number.is_some_and(|number| number >= OLDEST_WASM_OPT)
}

/// The version of a crate in a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    after.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_crate_with_exactly_this_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }

    #[test]
    fn a_version_is_told_with_or_without_a_v() {
        for (line, is_it) in
            [("trunk 0.21.14", true), ("mdbook v0.21.14", true), ("mdbook v0.21.1", false), ("", false)]
        {
            assert_eq!(is_version(line, "0.21.14"), is_it, "{line}");
        }
    }

    #[test]
    fn a_wasm_opt_of_an_old_distribution_is_not_used() {
        for (line, usable) in [
            ("wasm-opt version 132 (version_132)", true),
            ("wasm-opt version 119", true),
            ("wasm-opt version 108 (version_108)", false),
            ("something else", false),
        ] {
            assert_eq!(wasm_opt_is_new_enough(line), usable, "{line}");
        }
    }
}
