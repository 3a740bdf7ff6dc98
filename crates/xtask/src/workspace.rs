//! The checkout: where its folders are and which packages it holds. Cargo is asked, so that no list is kept here.
//!
//! Must not know: what is done with the packages.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell;

/// The package that becomes the wasm bundle. It is never built together with a package for the host.
pub(crate) const FRONTEND: &str = "muster-frontend";
/// The package of the pages: for the host it needs its feature `ssr`.
pub(crate) const APP: &str = "muster-app";
/// The package of the server binary.
pub(crate) const SERVER: &str = "muster";
/// The target triple of the page.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The checkout's folder, absolute.
pub(crate) fn root() -> PathBuf {
    // Asked at run time first: a build folder may be shared by several checkouts.
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.ancestors().nth(2).map_or_else(|| here.clone(), PathBuf::from)
}

/// What Cargo says about the checkout.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    /// The members, in the order of their names.
    pub(crate) packages: Vec<Package>,
    /// Where Cargo puts what it builds.
    pub(crate) target_directory: PathBuf,
}

/// A member of the workspace.
#[derive(Deserialize)]
pub(crate) struct Package {
    /// As in its `Cargo.toml`.
    pub(crate) name: String,
    /// The direct dependencies, of all kinds.
    pub(crate) dependencies: Vec<Dependency>,
}

/// A direct dependency of a member.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    /// The package's name, not the name it is imported by.
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// Asks Cargo.
    ///
    /// # Errors
    ///
    /// When Cargo cannot read a manifest.
    pub(crate) fn load() -> Result<Self> {
        let mut cargo = shell::command("cargo");
        cargo.current_dir(root()).args(["metadata", "--no-deps", "--format-version", "1"]);
        let mut workspace: Self = serde_json::from_str(&shell::read(&mut cargo)?).context("cargo metadata")?;
        workspace.packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(workspace)
    }

    /// The members that are built for the host, without xtask itself.
    pub(crate) fn host_packages(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|p| p.name.as_str()).filter(|name| ![FRONTEND, "xtask"].contains(name))
    }

    /// Where the server binary of a Cargo profile's folder (`release`, `debug`) is.
    pub(crate) fn server(&self, profile_folder: &str) -> PathBuf {
        self.target_directory.join(profile_folder).join(SERVER)
    }
}
