//! `cargo xtask test`: everything that must hold before a change goes in, in the order from quick to slow. Continuous integration runs this.
//!
//! Must not know: what the tests test.

use std::{
    collections::BTreeSet,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};

use crate::{
    deny, page, run,
    shell::{self, say},
    workspace::{Workspace, root},
};

mod browser;
mod budget;
mod graph;
mod lints;
mod postgres;
mod rust;
mod tally;

pub(crate) use postgres::Postgres;
use tally::Tally;

#[derive(Args)]
pub(crate) struct Options {
    /// Only these parts (may be given several times). What they need from other parts must be there already.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Debug)]
enum Part {
    /// The sources are formatted.
    Format,
    /// Nothing that may not reach the page reaches it, and rooms that must not know each other do not.
    Graph,
    /// Licences and sources of all that is compiled in are as `deny.toml` says.
    Deny,
    /// The linter has nothing to say, about each package by itself.
    Lints,
    /// Unit and integration tests, on SQLite and on a PostgreSQL that is started for them.
    Rust,
    /// The examples in the documentation run.
    Docs,
    /// The page builds as released.
    Page,
    /// The bundle is small enough.
    Budget,
    /// The server builds, optimized.
    Server,
    /// People in real browsers.
    Browser,
}

impl Part {
    fn run(self, workspace: &Workspace, tally: &mut Tally) -> Result<()> {
        match self {
            Self::Format => shell::run(shell::command("cargo").current_dir(root()).args(["fmt", "--all", "--check"])),
            Self::Graph => graph::check(workspace),
            Self::Deny => deny::deny(),
            Self::Lints => lints::check(workspace),
            Self::Rust => rust::tests(workspace, tally),
            Self::Docs => rust::doc_tests(workspace, tally),
            Self::Page => page::release().map(drop),
            Self::Budget => budget::check(),
            Self::Server => run::local_server().map(drop),
            Self::Browser => browser::tests(workspace, tally),
        }
    }

    /// A run of these that counts nothing has not tested anything.
    fn has_tests(self) -> bool {
        matches!(self, Self::Rust | Self::Docs | Self::Browser)
    }

    /// Without which this one would only repeat a failure that has been told.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Budget => &[Self::Page],
            Self::Browser => &[Self::Page, Self::Server],
            _ => &[],
        }
    }

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Runs the parts. One that fails does not keep the others from running.
///
/// # Errors
///
/// When the checkout cannot be looked at. Otherwise the last line printed is `N passed, N failed`, and the code says whether all is good.
pub(crate) fn test(options: &Options) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let all = Part::value_variants().iter().copied();
    let chosen: Vec<_> = all.filter(|part| options.only.is_empty() || options.only.contains(part)).collect();
    let mut total = Tally::default();
    let mut failed = BTreeSet::new();
    let mut report = Vec::new();
    for part in chosen {
        println!();
        if let Some(missing) = part.needs().iter().find(|needed| failed.contains(*needed)) {
            say(&format!("{}: not run, because {} failed", part.name(), missing.name()));
            failed.insert(part);
            report.push((part, Duration::ZERO, Some(format!("not run, because {} failed", missing.name()))));
            total.failed += 1;
            continue;
        }
        say(&format!("{}:", part.name()));
        let mut tally = Tally::default();
        let started = Instant::now();
        let mut outcome = part.run(&workspace, &mut tally);
        if outcome.is_ok() && part.has_tests() && tally == Tally::default() {
            outcome = Err(anyhow!("no test ran"));
        }
        let problem = outcome.err().map(|error| format!("{error:#}"));
        if let Some(problem) = &problem {
            failed.insert(part);
            say(&format!("{} failed: {problem}", part.name()));
        }
        report.push((part, started.elapsed(), problem));
        // A part that fails without a failing test (a lint, a build) is a failure all the same.
        tally.failed += u64::from(failed.contains(&part) && tally.failed == 0);
        total.add(&tally);
    }
    conclude(&report, &total);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn conclude(report: &[(Part, Duration, Option<String>)], total: &Tally) {
    println!();
    for (part, took, problem) in report {
        let outcome = problem.as_deref().and_then(|text| text.lines().next()).unwrap_or("good");
        println!("{:8} {:5} s  {outcome}", part.name(), took.as_secs());
    }
    for name in &total.names {
        println!("failed: {name}");
    }
    println!("\n{total}");
}
