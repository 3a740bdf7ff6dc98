//! Muster's host: settings, routes, the web edge, the live socket, and the command line. Puts the parts together.
//!
//! Must not know: rules of the domain, tables. A handler reads a request, calls `service`, and writes an answer.

#![recursion_limit = "256"]

mod account;
mod assets;
mod audit;
mod audit_log;
mod backup;
mod changes;
mod device;
mod doctor;
mod edge;
mod evenly;
mod exports;
mod files;
mod gallery;
mod health;
mod house;
mod inbox;
mod jobs;
mod keys;
mod keys_command;
mod keys_form;
mod live_socket;
mod mailbox;
mod mailbox_page;
#[cfg(test)]
mod matrix;
mod pages;
mod people;
mod proxies;
mod reply;
mod router;
mod routes;
mod serve;
mod settings;
#[cfg(test)]
mod settings_table;
mod traces;
mod user_command;
mod webhook;
mod welcome;
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
    Serve(Box<settings::Options>),
    /// Writes a copy of the whole database into a file, beside a running server.
    #[command(after_help = backup::HOW)]
    Backup(backup::Backup),
    /// Fills an empty database from a file that `muster backup` wrote, on this machine or another, on either engine.
    #[command(after_help = backup::RESTORE_HOW)]
    Restore(backup::Restore),
    /// Looks at settings, keys, database, mail and disk, and says what to do about what it finds. Changes nothing.
    #[command(after_help = doctor::HOW)]
    Doctor(Box<doctor::Doctor>),
    /// Brings the schema of the database up to date. The server does it too when it starts.
    Migrate(backup::Migrate),
    /// Checks, shows, exports and proves the audit log; works beside a running server.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Shows, adds, promotes, rotates and retires the vault's keys; works beside a running server.
    #[command(subcommand, after_help = keys_command::HOW)]
    Keys(keys_command::Keys),
    /// Helps people in who cannot help themselves; works beside a running server.
    #[command(subcommand)]
    User(user_command::User),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(options) => {
            let settings = settings::Settings::gather(*options)?;
            let traces = serve::init_tracing(&settings)?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let served = runtime.block_on(serve::serve(settings));
            if let Some(traces) = traces {
                traces.end();
            }
            served.map(|()| ExitCode::SUCCESS)
        }
        Command::Backup(backup) => beside(backup.run()),
        Command::Restore(restore) => beside(restore.run()),
        Command::Doctor(doctor) => beside(doctor.run()),
        Command::Migrate(migrate) => beside(migrate.run()),
        Command::Audit(audit) => beside(audit::run(audit)),
        Command::Keys(keys) => beside(keys_command::run(keys)),
        Command::User(user) => beside(user_command::run(user)),
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
