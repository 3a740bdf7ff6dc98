//! Muster's host: settings, routes, the web edge, the live socket, and the command line. Puts the parts together.
//!
//! Must not know: rules of the domain, tables. A handler reads a request, calls `service`, and writes an answer.

#![recursion_limit = "256"]

mod account;
mod assets;
mod audit;
mod audit_log;
mod changes;
mod device;
mod edge;
mod exports;
mod files;
mod health;
mod inbox;
mod jobs;
mod keys;
mod keys_command;
mod keys_form;
mod live_socket;
mod mailbox;
mod mailbox_page;
mod pages;
mod people;
mod proxies;
mod reply;
mod router;
mod serve;
mod settings;
mod wire;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Muster: a real-time task manager for teams.
#[derive(Debug, Parser)]
#[command(version, about, after_help = settings::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server. Needs no settings: without any it keeps its data under ./data and listens on localhost:4000.
    Serve(settings::Options),
    /// Checks, shows, exports and proves the audit log; works beside a running server.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Shows, adds, promotes, rotates and retires the vault's keys; works beside a running server.
    #[command(subcommand, after_help = keys_command::HOW)]
    Keys(keys_command::Keys),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(options) => {
            let settings = settings::Settings::gather(options)?;
            serve::init_tracing(&settings);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(serve::serve(settings)).map(|()| ExitCode::SUCCESS)
        }
        Command::Audit(audit) => beside(audit::run(audit)),
        Command::Keys(keys) => beside(keys_command::run(keys)),
    }
}

/// Runs a command that works beside a server: what it has to say is its output, and the log only says what is wrong.
fn beside(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt().with_env_filter("warn").with_writer(std::io::stderr).init();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
