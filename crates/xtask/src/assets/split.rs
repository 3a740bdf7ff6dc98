//! Splits the linked program of the page: what has to be there before the page runs, and files with the parts that come later
//! (`app/src/later.rs`).
//!
//! It works on what the linker wrote, before wasm-bindgen: only there it is known where every function is named (the linker is told
//! to leave its relocations, `frontend/build.rs`). wasm-bindgen then runs once more over the file that stays. The files share one memory and
//! one table of functions, and what a part takes from the program goes through these.
//!
//! Must not know: what the parts are for.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::shell;

/// What the program calls the module from which it takes the ways to its parts.
const MODULE: &str = "./parts.js";
/// How the way to a part is called (`wasm_split_helpers` names it so).
const WAY: &str = "__wasm_split_load_";

/// The script that fetches parts; it stands in the script of wasm-bindgen, of which `wasm` is what the program exports.
const FETCH: &str = include_str!("split.js");

/// What became of the program.
pub(crate) struct Parts {
    /// The files with the parts, by the names that [`Self::needs`] has.
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// The files of each part.
    pub(crate) needs: BTreeMap<String, Vec<String>>,
}

/// Splits the program at `linked`. What stays is put into `folder` by wasm-bindgen, in the place of what is there under the name `stem`.
///
/// # Errors
///
/// When the program cannot be split, or wasm-bindgen fails.
pub(crate) fn split(linked: &Path, folder: &Path, stem: &str, wasm_bindgen: &Path) -> Result<Parts> {
    let parts = folder.join("parts");
    let main = parts.join("main.wasm");
    let program = fs::read(linked).with_context(|| format!("could not read {}", linked.display()))?;
    let mut options = wasm_split_cli_support::Options::new(&program);
    (options.output_dir, options.main_out_path, options.link_name) = (&parts, &main, MODULE);
    let done = wasm_split_cli_support::transform(options).map_err(|why| anyhow!("{why:#}"))?;
    let mut command = shell::command(wasm_bindgen);
    command.args(["--target=web", "--no-typescript", "--keep-lld-exports", "--no-demangle"]);
    command.arg(format!("--out-name={stem}")).arg("--out-dir").arg(folder).arg(&main);
    shell::run(&mut command)?;
    fs::remove_file(&main)?;

    let stem_of = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let files: BTreeMap<_, _> = done.split_modules.iter().map(|path| (stem_of(path), path.clone())).collect();
    let mut needs: BTreeMap<_, _> = done.prefetch_map.into_iter().collect();
    for files in needs.values_mut() {
        files.sort();
    }
    Ok(Parts { files, needs })
}

/// wasm-bindgen's script with the ways to the parts inside, so that no further file is needed to find them. `needs` has the files of
/// each part by their final names.
///
/// # Errors
///
/// When the script does not ask for the parts.
pub(crate) fn with_ways(script: &str, needs: &BTreeMap<String, Vec<String>>) -> Result<String> {
    let (mut imports, mut rest) = (String::new(), String::with_capacity(script.len()));
    let mut is_given = false;
    for line in script.lines() {
        if let Some(name) = import_of_parts(line) {
            writeln!(imports, "const {name} = parts;")?;
        } else if gives_parts(line) && std::mem::replace(&mut is_given, true) {
            // wasm-bindgen names a module once for each of its functions; once is enough.
        } else {
            writeln!(rest, "{line}")?;
        }
    }
    if imports.is_empty() {
        bail!("the script of wasm-bindgen does not ask for the parts of the program");
    }
    let mut ways = String::new();
    for (part, files) in needs {
        writeln!(ways, "  {WAY}{part}: way({}),", serde_json::to_string(files)?)?;
    }
    Ok(format!("{FETCH}const parts = {{\n{ways}}};\n{imports}{rest}"))
}

/// The name in `import * as name from "./parts.js"`.
fn import_of_parts(line: &str) -> Option<&str> {
    let (name, from) = line.strip_prefix("import * as ")?.split_once(" from ")?;
    (from.trim_end_matches(';').trim_matches(['"', '\'']) == MODULE).then_some(name)
}

/// Whether this line gives the program the module of its parts: `"./parts.js": import1,`.
fn gives_parts(line: &str) -> bool {
    line.trim_start()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_prefix(MODULE))
        .is_some_and(|rest| rest.starts_with("\": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_finds_the_parts_by_their_final_names() {
        let script = [
            "import * as import1 from \"./parts.js\"",
            "import * as import2 from './parts.js';",
            "let wasm, all = {",
            "  \"./parts.js\": import1,",
            "  \"./parts.js\": import2,",
            "};",
        ];
        let script = script.join("\n");
        let needs = BTreeMap::from([("pages".to_owned(), vec!["chunk-1.wasm".to_owned(), "pages-2.wasm".to_owned()])]);
        let script = with_ways(&script, &needs).unwrap();
        assert!(script.contains(r#"__wasm_split_load_pages: way(["chunk-1.wasm","pages-2.wasm"])"#), "{script}");
        assert!(script.contains("const import1 = parts;\nconst import2 = parts;\nlet wasm, all = {\n"), "{script}");
        assert_eq!(script.matches("./parts.js").count(), 1, "{script}");
    }

    #[test]
    fn a_script_that_asks_for_no_parts_is_refused() {
        assert!(with_ways("let wasm;", &BTreeMap::new()).is_err());
    }
}
