//! The bare database: as many durable transactions as it takes from this driver, one or two statements each, through
//! prepared statements, in a process of its own.

use std::{
    str::FromStr,
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use model::TaskId;
use sea_orm::sqlx::{
    self, PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

/// What is counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// A transaction with a task.
    Insert,
    /// A transaction with a task and a row of activity.
    Pair,
    /// A task that comes, is changed, and goes: three transactions, the least that a queue of jobs could do.
    Cycle,
}

/// What a run gave.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rate {
    /// So many per second.
    pub per_s: f64,
    /// The middle time of one, in milliseconds.
    pub p50_ms: f64,
}

#[derive(Clone)]
enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TITLE: &str = "Check the fence 412 before the first delivery";
const INSERT_TASK: &str = "INSERT INTO raw_tasks (id, number, title, at) VALUES ($1, $2, $3, $4)";
const UPDATE_TASK: &str = "UPDATE raw_tasks SET at = $2 WHERE id = $1";
const DELETE_TASK: &str = "DELETE FROM raw_tasks WHERE id = $1";
const INSERT_ACTIVITY: &str = "INSERT INTO raw_activity (task, payload) VALUES ($1, $2)";

/// Writes for so long with so many clients, into tables that it makes.
///
/// # Errors
///
/// When the database cannot be reached or refuses.
pub fn run(url: &str, n_clients: u32, time: Duration, work: Work) -> Result<Rate> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let raw = Raw::open(url, n_clients).await?;
        let next = Arc::new(AtomicU64::new(1));
        let start = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..n_clients {
            let (raw, next) = (raw.clone(), next.clone());
            clients.spawn(async move {
                let mut times = Vec::new();
                while start.elapsed() < time {
                    let began = Instant::now();
                    raw.write(next.fetch_add(1, Ordering::Relaxed), work).await?;
                    times.push(began.elapsed().as_secs_f64() * 1e3);
                }
                anyhow::Ok(times)
            });
        }
        let mut times = Vec::new();
        while let Some(client) = clients.join_next().await {
            times.extend(client??);
        }
        let elapsed = start.elapsed().as_secs_f64();
        Ok(Rate {
            per_s: f64::from(u32::try_from(times.len())?) / elapsed,
            p50_ms: crate::report::percentile(&mut times, 50.0),
        })
    })
}

impl Raw {
    async fn open(url: &str, n_clients: u32) -> Result<Self> {
        let raw = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full);
            // SQLite has one writer at a time; a second connection would only wait, and less orderly than a queue.
            Self::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
        } else if url.starts_with("postgres:") {
            Self::Postgres(
                PgPoolOptions::new().max_connections(n_clients).min_connections(n_clients).connect(url).await?,
            )
        } else {
            bail!("not a database: {url}")
        };
        match &raw {
            Self::Sqlite(pool) => {
                for sql in [
                    "DROP TABLE IF EXISTS raw_tasks",
                    "DROP TABLE IF EXISTS raw_activity",
                    "CREATE TABLE raw_tasks (id BLOB PRIMARY KEY, number BIGINT, title TEXT NOT NULL, at BIGINT NOT NULL)",
                    "CREATE TABLE raw_activity (seq INTEGER PRIMARY KEY, task BLOB NOT NULL, payload TEXT NOT NULL)",
                ] {
                    sqlx::query(sql).execute(pool).await?;
                }
            }
            Self::Postgres(pool) => {
                for sql in [
                    "DROP TABLE IF EXISTS raw_tasks",
                    "DROP TABLE IF EXISTS raw_activity",
                    "CREATE TABLE raw_tasks (id UUID PRIMARY KEY, number BIGINT, title TEXT NOT NULL, at BIGINT NOT NULL)",
                    "CREATE TABLE raw_activity (seq BIGSERIAL PRIMARY KEY, task UUID NOT NULL, payload TEXT NOT NULL)",
                ] {
                    sqlx::query(sql).execute(pool).await?;
                }
            }
        }
        Ok(raw)
    }

    async fn write(&self, n: u64, work: Work) -> Result<()> {
        let id = crate::ids::id::<TaskId>(n).uuid();
        let number = i64::try_from(n)?;
        match (self, work) {
            (Self::Sqlite(pool), Work::Insert) => {
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(pool).await?;
            }
            (Self::Sqlite(pool), Work::Pair) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(&mut *tx).await?;
                sqlx::query(INSERT_ACTIVITY).bind(id).bind(TITLE).execute(&mut *tx).await?;
                tx.commit().await?;
            }
            (Self::Sqlite(pool), Work::Cycle) => {
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(pool).await?;
                sqlx::query(UPDATE_TASK).bind(id).bind(number + 1).execute(pool).await?;
                sqlx::query(DELETE_TASK).bind(id).execute(pool).await?;
            }
            (Self::Postgres(pool), Work::Cycle) => {
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(pool).await?;
                sqlx::query(UPDATE_TASK).bind(id).bind(number + 1).execute(pool).await?;
                sqlx::query(DELETE_TASK).bind(id).execute(pool).await?;
            }
            (Self::Postgres(pool), Work::Insert) => {
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(pool).await?;
            }
            (Self::Postgres(pool), Work::Pair) => {
                let mut tx = pool.begin().await?;
                sqlx::query(INSERT_TASK).bind(id).bind(number).bind(TITLE).bind(number).execute(&mut *tx).await?;
                sqlx::query(INSERT_ACTIVITY).bind(id).bind(TITLE).execute(&mut *tx).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }
}
