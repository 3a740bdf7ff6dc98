//! `assets.json`: the list that the server reads at its start. Its form is a contract between this crate and the server.
//!
//! Must not know: how files get their names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex;

/// What the list is called, inside the folder it describes.
pub(crate) const FILE_NAME: &str = "assets.json";

/// The list. All names are relative to the folder, which is served below `/pkg/`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Changes when any current file changes: 16 hexadecimal digits.
    pub(crate) build: String,
    /// The script that loads the page, an ES module.
    pub(crate) js: String,
    /// The page.
    pub(crate) wasm: String,
    /// The files of the parts of the page that come later, by what the program calls these.
    // The build before this one may be of a time when there were none.
    #[serde(default)]
    pub(crate) parts: BTreeMap<String, Vec<String>>,
    /// The one style sheet.
    pub(crate) css: String,
    /// The script of the pages that need no wasm, from `frontend/forms.js`.
    pub(crate) forms: String,
    /// The script that tells the server who reads, from `frontend/reader.js`.
    pub(crate) reader: String,
    /// The script that keeps things on the device, from `frontend/keep.js`.
    pub(crate) keep: String,
    /// The script that loads the program, from `frontend/boot.js`.
    pub(crate) boot: String,
    /// The worker that keeps the page for times without a network, from `frontend/sw.js`.
    pub(crate) worker: String,
    /// The sheet of icons, from `style/icons.svg`.
    pub(crate) icons: Option<String>,
    /// The icon of the product, from `style/icon.svg`.
    pub(crate) icon: Option<String>,
    /// The drawings of the sign-in pages, from `style/art.svg`.
    pub(crate) art: Option<String>,
    /// The fonts that the style sheet asks for, in the order of their names.
    pub(crate) fonts: Vec<String>,
    /// Every file by what the sources call it (`fonts/geist.woff2`, `icons.svg`, `muster.js`).
    pub(crate) names: BTreeMap<String, String>,
    /// Every file that may be asked for, those of earlier builds among them.
    pub(crate) files: BTreeMap<String, File>,
    /// Those of `files` that belong to earlier builds.
    pub(crate) old: Vec<String>,
}

/// The sizes of a file in bytes.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct File {
    /// As it is.
    pub(crate) bytes: u64,
    /// Of the copy with the ending `.br`, if that is smaller.
    pub(crate) br: Option<u64>,
    /// Of the copy with the ending `.gz`, if that is smaller.
    pub(crate) gz: Option<u64>,
}

impl Manifest {
    /// The list of these files. `names` pairs what the sources call a file with its name here; `files` are all that are in the folder.
    ///
    /// # Errors
    ///
    /// When the page, its script or its style sheet is missing.
    pub(crate) fn of(
        names: &[(String, String)],
        parts: BTreeMap<String, Vec<String>>,
        files: BTreeMap<String, File>,
    ) -> Result<Self> {
        let names: BTreeMap<String, String> = names.iter().cloned().collect();
        let needed = |logical: &str| names.get(logical).cloned().with_context(|| format!("there is no {logical}"));
        let mut hasher = Sha256::new();
        for name in files.keys() {
            // A name carries the hash of its bytes, so that the names say everything.
            hasher.update(name);
            hasher.update("\n");
        }
        let fonts = names.iter().filter(|(logical, _)| logical.starts_with("fonts/")).map(|(_, name)| name.clone());
        Ok(Self {
            build: hex(&hasher.finalize())[..16].to_owned(),
            js: needed("muster.js")?,
            wasm: needed("muster.wasm")?,
            parts,
            css: needed("main.css")?,
            forms: needed("forms.js")?,
            reader: needed("reader.js")?,
            keep: needed("keep.js")?,
            boot: needed("boot.js")?,
            worker: needed("sw.js")?,
            icons: names.get("icons.svg").cloned(),
            icon: names.get("icon.svg").cloned(),
            art: names.get("art.svg").cloned(),
            fonts: fonts.collect(),
            files,
            old: Vec::new(),
            names,
        })
    }

    /// Reads the list in `folder`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When there is a file that is not such a list.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path)?;
        serde_json::from_slice(&text).map(Some).with_context(|| format!("{} cannot be read", path.display()))
    }

    /// How many bytes a browser receives before the page runs: wasm and scripts, as brotli sends them.
    pub(crate) fn bundle_bytes(&self) -> u64 {
        [&self.wasm, &self.js, &self.reader, &self.keep, &self.boot].into_iter().map(|name| self.sent(name)).sum()
    }

    /// How many bytes come later, with all parts of the page.
    pub(crate) fn later_bytes(&self) -> u64 {
        self.later().into_iter().map(|name| self.sent(name)).sum()
    }

    /// The files with the parts of the page, each once.
    pub(crate) fn later(&self) -> BTreeSet<&String> {
        self.parts.values().flatten().collect()
    }

    /// The size of a file as brotli sends it.
    pub(crate) fn sent(&self, name: &str) -> u64 {
        self.files.get(name).map_or(0, |file| file.br.unwrap_or(file.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_what_comes_before_the_page_runs_as_brotli_sends_it_and_nothing_else() {
        let name = |logical: &str| (logical.to_owned(), format!("h-{logical}"));
        let file = |bytes, br| File { bytes, br, gz: None };
        let files = [
            ("muster.js", file(50, None)),
            ("muster.wasm", file(900, Some(200))),
            ("main.css", file(70, Some(7))),
            ("forms.js", file(3, Some(1))),
            ("reader.js", file(9, Some(5))),
            ("keep.js", file(60, Some(20))),
            ("boot.js", file(2, None)),
            ("sw.js", file(90, Some(30))),
            ("shared.wasm", file(300, Some(100))),
            ("pages.wasm", file(400, Some(200))),
        ];
        let names: Vec<_> = files.iter().map(|(logical, _)| name(logical)).collect();
        let files = files.into_iter().map(|(logical, file)| (format!("h-{logical}"), file)).collect();
        let part = |name: &str| ["h-shared.wasm".to_owned(), format!("h-{name}.wasm")].to_vec();
        let parts = BTreeMap::from([("pages".to_owned(), part("pages")), ("opened".to_owned(), part("opened"))]);
        let manifest = Manifest::of(&names, parts, files).unwrap();
        assert_eq!((manifest.bundle_bytes(), manifest.later_bytes()), (277, 300));
    }

    #[test]
    fn a_build_without_a_page_is_refused() {
        assert!(Manifest::of(&[("main.css".into(), "main-1.css".into())], BTreeMap::new(), BTreeMap::new()).is_err());
    }
}
