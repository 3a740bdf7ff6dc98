//! The last step of a page build, run by Trunk as its `post_build` hook: names every file by the hash of its final bytes, compresses it,
//! and writes `assets.json`, from which the server learns what there is.
//!
//! Must not know: how the server serves the files, and what the page shows.
//! It has to be Rust: a machine that can build Muster need not have Node.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{
    shell, stamp,
    workspace::{FRONTEND, WASM, Workspace, root},
};

mod compress;
mod manifest;
mod script;
mod split;
mod stylesheet;
mod wasm;

pub(crate) use manifest::{FILE_NAME as MANIFEST, Manifest};

/// How long the files of earlier builds stay: a page that was opened before an update may still ask for them.
const KEEP_OLD: Duration = Duration::from_hours(7 * 24);

/// The Cargo profile of a released page, as `frontend/index.html` names it.
const PROFILE: &str = "wasm-release";

/// The scripts that are no part of the program, from `frontend/`.
const SCRIPTS: [&str; 5] = ["boot.js", "forms.js", "keep.js", "reader.js", "sw.js"];

/// Reads what Trunk says about its build from the environment and finishes the files in its staging folder.
///
/// # Errors
///
/// When it was not Trunk that called, or a file cannot be read, parsed or written. Trunk then keeps the previous build.
pub(crate) fn post_build() -> Result<()> {
    let variable =
        |name: &str| env::var_os(name).with_context(|| format!("{name} is not set: Trunk calls this as a hook"));
    let release = variable("TRUNK_PROFILE")? == "release";
    let staging = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    let previous = PathBuf::from(variable("TRUNK_DIST_DIR")?);
    let linked = if release { Some(linked()?) } else { None };
    finish(&staging, &root().join("style"), &previous, linked.as_deref())
}

/// Where Cargo puts the released page, as the linker wrote it.
fn linked() -> Result<PathBuf> {
    let name = format!("{}.wasm", FRONTEND.replace('-', "_"));
    Ok(Workspace::load()?.target_directory.join(WASM).join(PROFILE).join(name))
}

/// Finishes the files in `staging`. `style` holds the style sheets and what they refer to; `previous` is the last build, if there was
/// one; `linked` is the page to be released as the linker wrote it, or nothing for a page to develop with.
fn finish(staging: &Path, style: &Path, previous: &Path, linked: Option<&Path>) -> Result<()> {
    let release = linked.is_some();
    let mut shelf = Shelf { folder: staging, names: Vec::new() };
    add_style(&mut shelf, style)?;
    add_scripts(&mut shelf, &style.with_file_name("frontend"), release)?;
    let parts = add_page(&mut shelf, linked)?;
    // Trunk's page only described the build.
    remove_if_there(&staging.join("index.html"))?;

    // In development nobody waits for a compressor, and the network is the loopback.
    let sizes = if release { compress::all_in(staging)? } else { compress::sizes_in(staging)? };
    let mut manifest = Manifest::of(&shelf.names, parts, sizes)?;
    keep_old(previous, staging, &mut manifest)?;
    fs::write(staging.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?;

    if release {
        print_sizes(&manifest);
    }
    Ok(())
}

/// A folder in which every file is named by what is in it.
struct Shelf<'a> {
    folder: &'a Path,
    /// What the sources call a file, and the name it has here.
    names: Vec<(String, String)>,
}

impl Shelf<'_> {
    /// Writes a file under its hashed name and returns that name.
    fn put(&mut self, logical: &str, bytes: &[u8]) -> Result<String> {
        let name = hashed_name(logical, bytes);
        fs::write(self.folder.join(&name), bytes).with_context(|| format!("could not write {name}"))?;
        self.names.push((logical.to_owned(), name.clone()));
        Ok(name)
    }

    fn name_of(&self, logical: &str) -> Option<&str> {
        self.names.iter().find(|(known, _)| known == logical).map(|(_, name)| name.as_str())
    }
}

/// Puts everything in the folder of styles on the shelf: pictures and fonts as they are, the style sheets as one.
fn add_style(shelf: &mut Shelf<'_>, style: &Path) -> Result<()> {
    for file in stamp::files(style)? {
        let logical = file.strip_prefix(style)?.to_string_lossy().replace('\\', "/");
        if is_served(&logical) {
            shelf.put(&logical, &fs::read(&file)?)?;
        }
    }
    let css = stylesheet::bundle(&style.join("main.css"), |file| {
        let logical = file.strip_prefix(style).ok()?.to_string_lossy().replace('\\', "/");
        shelf.name_of(&logical).map(ToOwned::to_owned)
    })?;
    shelf.put("main.css", css.as_bytes())?;
    Ok(())
}

/// Puts our own small scripts on the shelf.
fn add_scripts(shelf: &mut Shelf<'_>, frontend: &Path, release: bool) -> Result<()> {
    for script in SCRIPTS {
        let copy = shelf.folder.join(script);
        fs::copy(frontend.join(script), &copy).with_context(|| format!("could not copy {script}"))?;
        if release {
            script::minify(&copy)?;
        }
        shelf.put(script, &fs::read(&copy)?)?;
        fs::remove_file(&copy)?;
    }
    Ok(())
}

/// Puts what Trunk built on the shelf: the wasm file and the script that loads it. A page to be released is split first; returns
/// the files of each part that comes later.
fn add_page(shelf: &mut Shelf<'_>, linked: Option<&Path>) -> Result<BTreeMap<String, Vec<String>>> {
    let built = the_wasm_file(shelf.folder)?;
    let glue = built.with_file_name(base_name(&built).replace("_bg.wasm", ".js"));
    let mut parts = BTreeMap::new();
    if let Some(linked) = linked {
        parts = add_parts(shelf, linked, &base_name(&built).replace("_bg.wasm", ""))?;
        fs::write(&built, wasm::without_dead_exports(&fs::read(&built)?)?)?;
        wasm::optimise(&built)?;
        fs::write(&built, wasm::without_names(&fs::read(&built)?)?)?;
    }
    let wasm_name = shelf.put("muster.wasm", &fs::read(&built)?)?;

    // Our loader says where the wasm file is; this keeps the script right for whoever calls it without saying so.
    let script = fs::read_to_string(&glue).with_context(|| format!("could not read {}", glue.display()))?;
    let mut script = script.replace(&base_name(&built), &wasm_name);
    if linked.is_some() {
        script = split::with_ways(&script, &parts)?;
    }
    fs::write(&glue, script)?;
    if linked.is_some() {
        script::minify(&glue)?;
    }
    shelf.put("muster.js", &fs::read(&glue)?)?;
    fs::remove_file(&built)?;
    fs::remove_file(&glue)?;
    Ok(parts)
}

/// Splits the page, which is then what stays of it, and puts its parts on the shelf.
fn add_parts(shelf: &mut Shelf<'_>, linked: &Path, stem: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let wasm_bindgen =
        shell::on_path("wasm-bindgen").context("wasm-bindgen is not on the path that Trunk was given")?;
    let split::Parts { files, mut needs } = split::split(linked, shelf.folder, stem, &wasm_bindgen)?;
    let mut folders = BTreeSet::new();
    for (name, file) in files {
        wasm::optimise(&file)?;
        let put = shelf.put(&format!("{name}.wasm"), &wasm::without_names(&fs::read(&file)?)?)?;
        for known in needs.values_mut().flatten().filter(|known| **known == name) {
            known.clone_from(&put);
        }
        fs::remove_file(&file)?;
        folders.extend(file.parent().map(Path::to_owned));
    }
    // With them goes the script that would fetch them; ours does.
    for folder in folders {
        fs::remove_dir_all(folder)?;
    }
    Ok(needs)
}

fn the_wasm_file(folder: &Path) -> Result<PathBuf> {
    let mut found: Vec<_> =
        stamp::files(folder)?.into_iter().filter(|file| base_name(file).ends_with("_bg.wasm")).collect();
    match (found.pop(), found.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => bail!("{} should hold exactly one wasm file", folder.display()),
    }
}

/// Copies what is not too old from the previous build, and lists it.
fn keep_old(previous: &Path, staging: &Path, manifest: &mut Manifest) -> Result<()> {
    // A list of another version of this program is no list: its files go.
    let Some(last) = Manifest::read(previous).ok().flatten() else { return Ok(()) };
    let replaced = last.files.keys().filter(|name| !last.old.contains(name)).map(|name| (name, None));
    let older =
        last.old.iter().map(|name| (name, previous.join(name).metadata().and_then(|meta| meta.modified()).ok()));
    for (name, since) in replaced.chain(older) {
        let too_old = since.is_some_and(|since| since.elapsed().is_ok_and(|age| age > KEEP_OLD));
        if too_old || manifest.files.contains_key(name) || !previous.join(name).is_file() {
            continue;
        }
        for ending in ["", ".br", ".gz"] {
            let (from, to) = (previous.join(format!("{name}{ending}")), staging.join(format!("{name}{ending}")));
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(staging))?;
                fs::copy(&from, &to)?;
                // A copy is as old as the moment at which it was replaced, however often it is copied on.
                if let Some(since) = since {
                    fs::File::options().append(true).open(&to)?.set_modified(since)?;
                }
            }
        }
        if let Some(sizes) = last.files.get(name) {
            manifest.files.insert(name.clone(), *sizes);
            manifest.old.push(name.clone());
        }
    }
    manifest.old.sort();
    Ok(())
}

fn print_sizes(manifest: &Manifest) {
    let [wasm, js, css] = [&manifest.wasm, &manifest.js, &manifest.css].map(|name| manifest.sent(name));
    println!("page {}: wasm {wasm}, js {js}, css {css} bytes (brotli)", manifest.build);
    for (part, files) in &manifest.parts {
        let files: Vec<_> = files.iter().map(|name| format!("{name} {}", manifest.sent(name))).collect();
        println!("later, {part}: {}", files.join(", "));
    }
}

/// Style sheets are bundled, and texts (licences, notes) are for readers of the sources.
fn is_served(logical: &str) -> bool {
    let ending = Path::new(logical).extension().unwrap_or_default();
    !["css", "txt", "md"].iter().any(|source| ending == *source)
}

/// `fonts/geist.woff2` with these bytes → `geist-0123456789abcdef.woff2`: 64 bits of SHA-256, in one flat folder.
fn hashed_name(logical: &str, bytes: &[u8]) -> String {
    let path = Path::new(logical);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    format!("{stem}-{}.{ending}", &hex(&Sha256::digest(bytes))[..16])
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn remove_if_there(file: &Path) -> Result<()> {
    if file.exists() {
        fs::remove_file(file).with_context(|| format!("could not remove {}", file.display()))
    } else {
        Ok(())
    }
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest wasm file: magic and version.
    const WASM: &[u8] = b"\0asm\x01\0\0\0";

    struct Build {
        dir: tempfile::TempDir,
    }

    impl Build {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let at = |path: &str| dir.path().join(path);
            fs::create_dir_all(at("style/fonts")).unwrap();
            fs::create_dir_all(at("dist")).unwrap();
            fs::create_dir_all(at("frontend")).unwrap();
            for script in SCRIPTS {
                fs::write(at("frontend").join(script), format!("// {script}")).unwrap();
            }
            fs::write(at("style/main.css"), "@import './base.css'; a { color: light-dark(#000, #fff) }").unwrap();
            fs::write(at("style/base.css"), "@font-face { font-family: G; src: url('fonts/g.woff2') }").unwrap();
            fs::write(at("style/fonts/g.woff2"), "font").unwrap();
            fs::write(at("style/fonts/LICENSE.txt"), "OFL").unwrap();
            fs::write(at("style/icons.svg"), "<svg>".repeat(200)).unwrap();
            Self { dir }
        }

        /// Builds in `staging` from a page with this script, and moves the result to `dist` as Trunk does.
        fn run(&self, script: &str) -> Manifest {
            let at = |path: &str| self.dir.path().join(path);
            fs::create_dir_all(at("staging")).unwrap();
            fs::write(at("staging/index.html"), "<html>").unwrap();
            fs::write(at("staging/muster-frontend_bg.wasm"), WASM).unwrap();
            fs::write(at("staging/muster-frontend.js"), script).unwrap();
            finish(&at("staging"), &at("style"), &at("dist"), None).unwrap();
            fs::remove_dir_all(at("dist")).unwrap();
            fs::rename(at("staging"), at("dist")).unwrap();
            Manifest::read(&at("dist")).unwrap().unwrap()
        }

        fn dist(&self, name: &str) -> PathBuf {
            self.dir.path().join("dist").join(name)
        }
    }

    #[test]
    fn a_name_follows_the_bytes_and_forgets_the_folder() {
        let name = hashed_name("fonts/geist.woff2", b"abc");
        assert_eq!(name, "geist-ba7816bf8f01cfea.woff2", "SHA-256 of \"abc\", FIPS 180-2 appendix B.1");
        assert_ne!(hashed_name("fonts/geist.woff2", b"abd"), name);
    }

    #[test]
    fn every_file_is_listed_under_its_hash_and_refers_to_others_by_theirs() {
        let build = Build::new();
        let manifest = build.run("fetch(new URL('muster-frontend_bg.wasm', import.meta.url))");

        for name in [&manifest.js, &manifest.wasm, &manifest.css, manifest.icons.as_ref().unwrap(), &manifest.fonts[0]]
        {
            assert!(manifest.files.contains_key(name), "{name}");
            assert!(build.dist(name).is_file(), "{name}");
        }
        assert!(fs::read_to_string(build.dist(&manifest.js)).unwrap().contains(&manifest.wasm));
        assert!(fs::read_to_string(build.dist(&manifest.css)).unwrap().contains(&manifest.fonts[0]));
        assert!(!build.dist("index.html").exists());
        assert!(!manifest.names.contains_key("fonts/LICENSE.txt"));
        assert_eq!(manifest.art, None);
    }

    #[test]
    fn the_same_sources_give_the_same_build_and_other_sources_another() {
        let build = Build::new();
        let first = build.run("1");
        assert_eq!(build.run("1").build, first.build);
        assert_ne!(build.run("2").build, first.build);
    }

    #[test]
    fn the_replaced_script_can_still_be_fetched_for_a_week() {
        let build = Build::new();
        let first = build.run("1");
        let second = build.run("2");
        assert_eq!(second.old, std::slice::from_ref(&first.js));
        assert!(build.dist(&first.js).is_file());
        assert!(second.files.contains_key(&first.js), "the server serves what is listed");

        let third = build.run("3");
        assert_eq!(third.old.len(), 2);
        let long_ago =
            build.dist(&first.js).metadata().unwrap().modified().unwrap() - KEEP_OLD - Duration::from_secs(1);
        fs::File::options().append(true).open(build.dist(&first.js)).unwrap().set_modified(long_ago).unwrap();
        let fourth = build.run("4");
        assert!(!fourth.old.contains(&first.js) && fourth.old.contains(&second.js), "{:?}", fourth.old);
        assert!(!build.dist(&first.js).exists());
    }

    #[test]
    fn a_script_that_comes_back_is_current_again() {
        let build = Build::new();
        let first = build.run("1");
        build.run("2");
        let third = build.run("1");
        assert_eq!(third.js, first.js);
        assert!(!third.old.contains(&first.js));
    }
}
