//! `cargo xtask bench`: the product as released, measured beside its anchors, and the benches of single functions.
//!
//! Must not know: what is measured, and what the targets are.

use std::path::Path;

use anyhow::Result;
use clap::Args;

use crate::{
    page, run,
    shell::{self, say},
    test::Postgres,
    workspace::{Workspace, root},
};

/// Measures the product from outside.
const LOAD: &str = "muster-bench";
/// Packages with benches of their own functions.
const FUNCTIONS: [&str; 4] = ["muster-model", "muster-live", "muster-vault", "muster-service"];
/// Where the figures are written, from the root.
const REPORT: &str = "docs/benchmarks.md";
/// Where the benches of functions find a PostgreSQL, as tests do.
const POSTGRES: &str = "MUSTER_TEST_POSTGRES";

#[derive(Args)]
pub(crate) struct Options {
    /// What to measure: functions, m1, m2, m3, m4, m5, m6, m7, m8, m9, m12, queue, export, strangers, guesses; or chaos. Everything but chaos if
    /// nothing is named.
    what: Vec<String>,
    /// One round with small numbers, to see that everything works.
    #[arg(long)]
    quick: bool,
    /// How many minutes chaos makes trouble [default: 5].
    #[arg(long)]
    minutes: Option<f64>,
    /// Where the chance of chaos begins [default: 1].
    #[arg(long)]
    seed: Option<u64>,
    /// Writes the figures into docs/benchmarks.md, too. Only those of a machine that did nothing else are worth keeping.
    #[arg(long)]
    report: bool,
}

/// Builds what has changed, and measures.
///
/// # Errors
///
/// When something cannot be built or started, or an event is lost while it is measured. A missed target is not an error.
pub(crate) fn bench(options: &Options) -> Result<()> {
    let wants = |word: &str| options.what.is_empty() || options.what.iter().any(|w| w == word);
    let load: Vec<&String> = options.what.iter().filter(|w| *w != "functions").collect();
    // Like in production, it is as slow as the disk: what is measured would survive a power cut.
    let postgres = Postgres::start_durable()?;
    if wants("functions") {
        for package in FUNCTIONS {
            let mut cargo = shell::command("cargo");
            cargo.current_dir(root()).args(["bench", "--locked", "--package", package, "--benches", "--"]);
            cargo.env(POSTGRES, postgres.url());
            shell::run(cargo.args(options.quick.then_some("--quick")))?;
        }
    }
    if !options.what.is_empty() && load.is_empty() {
        return Ok(());
    }
    let site = page::release()?;
    let server = run::release_server(&[])?;
    say("building the load");
    shell::run(shell::command("cargo").current_dir(root()).args([
        "build",
        "--locked",
        "--release",
        "--package",
        LOAD,
    ]))?;
    measure(&server, &site, &postgres, &load, options)
}

fn measure(server: &Path, site: &Path, postgres: &Postgres, what: &[&String], options: &Options) -> Result<()> {
    let has_functions = what.len() < options.what.len() || options.what.is_empty();
    let workspace = Workspace::load()?;
    let mut load = shell::command(workspace.target_directory.join("release").join(LOAD));
    load.current_dir(root()).env("MUSTER_SITE", site);
    load.arg("--muster").arg(server).arg("--postgres").arg(postgres.url());
    load.arg("--folder").arg(workspace.target_directory.join("bench"));
    if let Some(minutes) = options.minutes {
        load.args(["--minutes", &minutes.to_string()]);
    }
    if let Some(seed) = options.seed {
        load.args(["--seed", &seed.to_string()]);
    }
    if options.report {
        load.arg("--report").arg(root().join(REPORT));
        if has_functions {
            load.arg("--functions").arg(workspace.target_directory.join("criterion"));
        }
    }
    shell::run(load.args(options.quick.then_some("--quick")).args(what))
}
