//! The measurements, by their numbers in the design's table of targets, and two about strangers.

pub mod burst;
pub mod export;
pub mod fan_out;
pub mod guesses;
pub mod latency;
pub mod memory;
pub mod mixed;
pub mod presence;
pub mod queue;
pub mod read;
pub mod reconnect;
pub mod stalled;
pub mod strangers;
pub mod write;

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use crate::{machine, postgres::Cluster, product::Engine};

/// What all of them need, and how much of it.
pub struct Run {
    /// The product, as released; without it only the anchors are measured.
    pub muster: Option<PathBuf>,
    /// A PostgreSQL; without it only SQLite is measured.
    pub postgres: Option<Cluster>,
    /// A folder on the disk that is measured.
    pub folder: PathBuf,
    /// Whether this is only to see that everything works.
    pub is_quick: bool,
    /// How many sockets this process may hold.
    pub n_files: u64,
}

impl Run {
    const fn pick<T: Copy>(&self, full: T, quick: T) -> T {
        if self.is_quick { quick } else { full }
    }

    /// What the product is measured on: SQLite, and PostgreSQL where there is one, with a database of its own.
    fn engines(&mut self) -> Result<Vec<(&'static str, Engine)>> {
        let mut engines = vec![("SQLite", Engine::Sqlite)];
        if let Some(cluster) = &mut self.postgres {
            engines.push(("PostgreSQL", Engine::Postgres(cluster.database()?)));
        }
        Ok(engines)
    }

    const fn n_rounds(&self) -> usize {
        self.pick(5, 1)
    }

    /// How long a cell of a table is measured in each round.
    const fn cell(&self) -> Duration {
        self.pick(Duration::from_secs(2), Duration::from_millis(400))
    }

    /// As many sockets as wanted, or as the machine lets each of `n_subjects` have at the same time.
    fn n_sockets(&self, wanted: usize, n_subjects: usize) -> usize {
        let spare = usize::try_from(self.n_files).unwrap_or(usize::MAX).saturating_sub(200);
        wanted.min(spare / n_subjects)
    }
}

/// What a part of this program says that is run in a process of its own, on the core of the subjects.
fn part<T: DeserializeOwned>(words: &[&str]) -> Result<T> {
    machine::pin_self(machine::SUBJECTS)?;
    let output = Command::new(std::env::current_exe()?).args(words).output();
    machine::pin_self(machine::LOAD)?;
    let output = output?;
    if !output.status.success() {
        bail!("{words:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("it said no figures")
}

/// The rate of the bare database.
fn raw(url: &str, n_clients: usize, time: Duration, work: &str) -> Result<crate::anchors::raw_sql::Rate> {
    let (clients, ms) = (n_clients.to_string(), time.as_millis().to_string());
    part(&["raw", "--url", url, "--clients", &clients, "--work", work, "--ms", &ms])
}
