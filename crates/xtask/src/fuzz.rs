//! `cargo xtask fuzz`: each fuzz target for a bounded time, from the kept corpus on.
//!
//! Must not know: what the targets look at. They are what lies in `fuzz/fuzz_targets`.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::{
    shell::{self, say},
    tools,
    workspace::root,
};

/// An input may take so many seconds; more is a finding.
const PATIENCE: &str = "-timeout=10";
/// Longer inputs take longer and seldom say more.
const LONGEST: &str = "-max_len=8192";

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only these targets (may be given several times).
    #[arg(long)]
    only: Vec<String>,
}

/// Builds the targets and runs each.
///
/// What is found new is kept under `target/fuzz`, and the next run goes on from there; `fuzz/corpus` is only read.
///
/// # Errors
///
/// When a target cannot be built, or a run finds something. The others have been run by then.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    let cargo_fuzz = tools::cargo_fuzz()?;
    let targets: Vec<String> = targets(&root().join("fuzz/fuzz_targets"))?
        .into_iter()
        .filter(|name| options.only.is_empty() || options.only.contains(name))
        .collect();
    ensure!(!targets.is_empty(), "there are no such targets in fuzz/fuzz_targets");
    let (mut told, mut failed) = (Vec::new(), Vec::new());
    for name in &targets {
        say(&format!("{name}, for {} seconds", options.seconds));
        let mut done = None;
        let outcome = run(&cargo_fuzz, name, options.seconds, |line| done = executions(line).or(done));
        match outcome {
            Ok(()) => told.push(format!("{name:20} {:>12} executions", done.unwrap_or_default())),
            Err(error) => {
                told.push(format!("{name:20} found something, or was not built: {error}"));
                failed.push(name.as_str());
            }
        }
    }
    println!("\n{}", told.join("\n"));
    if !failed.is_empty() {
        bail!("look at fuzz/artifacts for {}", failed.join(", "));
    }
    Ok(())
}

fn run(cargo_fuzz: &Path, name: &str, seconds: u32, hear: impl FnMut(&str)) -> Result<()> {
    let fresh = root().join("target/fuzz").join(name);
    fs::create_dir_all(&fresh).with_context(|| format!("could not make {}", fresh.display()))?;
    // Where Cargo looks for its subcommands.
    let path = shell::path_with(&cargo_fuzz.parent().map(Path::to_path_buf).into_iter().collect::<Vec<_>>())?;
    let mut cargo = shell::command("cargo");
    // Without a sanitizer: there is no unsafe code of ours, and sanitizers need a compiler that is not the pinned one.
    cargo.current_dir(root()).env("PATH", path).args(["fuzz", "run", "--sanitizer", "none", name]);
    cargo.arg(fresh).arg(root().join("fuzz/corpus").join(name));
    cargo.args(["--", &format!("-max_total_time={seconds}"), PATIENCE, LONGEST, "-print_final_stats=1"]);
    shell::run_and_listen(&mut cargo, hear)
}

/// The names of the targets, sorted.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let files = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        let is_source = path.extension().is_some_and(|ending| ending == "rs");
        names.extend(path.file_stem().filter(|_| is_source).map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// How many inputs were run, as libFuzzer tells it in the end.
fn executions(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_what_libfuzzer_says_in_the_end() {
        assert_eq!(executions("stat::number_of_executed_units: 4711"), Some(4711));
        assert_eq!(executions("#4711  DONE   cov: 12"), None);
    }

    #[test]
    fn every_target_is_in_the_manifest_and_has_a_corpus() {
        let fuzz = root().join("fuzz");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let targets = targets(&fuzz.join("fuzz_targets")).unwrap();
        assert!(targets.len() >= 9, "{targets:?}");
        for name in targets {
            assert!(
                manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
                "{name} is not in fuzz/Cargo.toml"
            );
            assert!(fuzz.join("corpus").join(&name).is_dir(), "{name} has nothing to begin with");
        }
    }
}
