//! `cargo xtask …`: builds, runs, tests and packs Muster, and installs what these need.
//!
//! Must not know: what the product does. It knows folders, tools and commands; a rule of the domain never lives here.
//! It is written for Unix (Linux and macOS): process groups, sockets in the file system and user ids are used as they are there.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod assets;
mod bench;
mod book;
mod deny;
mod dev;
mod dist;
mod fuzz;
mod page;
mod run;
mod shell;
mod stamp;
mod test;
mod tools;
mod workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run and test Muster", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the page and the server as released, and start Muster on <http://localhost:4000>.
    Run(run::Options),
    /// Build for development, start, and build again whenever a source changes.
    Dev,
    /// Check everything, as continuous integration does.
    Test(test::Options),
    /// Measure the product as released, beside its anchors.
    Bench(bench::Options),
    /// Pack the product into one file, `target/dist/muster`, that carries the page inside itself.
    Dist,
    /// Make the book out of the documents: `target/book/html/index.html`.
    Book,
    /// Look at the licences and the sources of all that is compiled in.
    Deny,
    /// Run each fuzz target for some time.
    Fuzz(fuzz::Options),
    /// Install the tools that are missing, and say where all of them are.
    Tools,
    /// Finish a page that Trunk has built. Trunk calls this; there is no need to.
    #[command(hide = true)]
    Assets,
}

fn main() -> ExitCode {
    // Told in one line: where in xtask a failed command was noticed helps nobody.
    carry_out(Cli::parse().task).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn carry_out(task: Task) -> Result<ExitCode> {
    match task {
        Task::Run(options) => run::run(&options),
        Task::Dev => dev::dev(),
        Task::Test(options) => return test::test(&options),
        Task::Bench(options) => bench::bench(&options),
        Task::Dist => dist::dist(),
        Task::Book => book::book(),
        Task::Deny => deny::deny(),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Tools => tools::report(),
        Task::Assets => assets::post_build(),
    }
    .map(|()| ExitCode::SUCCESS)
}
