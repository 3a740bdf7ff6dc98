//! The PostgreSQL that somebody has started for the run: fresh databases in it, and its place on the machine.
//!
//! Must not know: what is stored.

use std::fs;

use anyhow::{Context, Result};
use sea_orm::sqlx::{self, Connection, PgConnection};

use crate::machine;

/// A cluster, and how many databases were made in it.
pub struct Cluster {
    url: String,
    n_databases: usize,
}

impl Cluster {
    /// Takes a cluster over by the URL of its superuser, and puts it on the core of the subjects.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, or runs as somebody whose processes we may not move.
    pub fn take(url: &str) -> Result<Self> {
        let backend: i32 = block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
            // Let go only here: the backend has to be alive while we look for its parent.
            let parent = parent_of(pid);
            connection.close().await?;
            parent
        })?;
        // New backends begin where the postmaster is; of its older children only the writers of the log matter.
        let postmaster = u32::try_from(backend)?;
        for child in children_of(postmaster).chain([postmaster]) {
            machine::pin_process(child, machine::SUBJECTS)?;
        }
        Ok(Self { url: url.to_owned(), n_databases: 0 })
    }

    /// Its version.
    pub fn version(&self) -> Result<String> {
        block_on(async {
            let mut connection = PgConnection::connect(&self.url).await?;
            let version = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok(version)
        })
    }

    /// The URL of a new, empty database.
    pub fn database(&mut self) -> Result<String> {
        self.n_databases += 1;
        let name = format!("bench_{}_{}", std::process::id(), self.n_databases);
        block_on(async {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
            anyhow::Ok(connection.close().await?)
        })?;
        // The folder of a socket is among the parameters, so the last slash of all may not be the one before the name.
        let (place, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (server, _) = place.rsplit_once('/').context("a URL without a database")?;
        Ok(format!("{server}/{name}?{parameters}"))
    }
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

fn parent_of(pid: i32) -> Result<i32> {
    // The second field is the command in parentheses; the parent is the second one behind it (proc(5)).
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("PostgreSQL runs on another machine")?;
    let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1));
    Ok(parent.context("no parent")?.parse()?)
}

fn children_of(pid: u32) -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(move |child| {
        i32::try_from(*child).is_ok_and(|c| parent_of(c).is_ok_and(|p| u32::try_from(p) == Ok(pid)))
    })
}
