//! A database of a test's own: a file in a folder that goes away, or a database of a PostgreSQL that is dropped.
//!
//! For tests of this and other crates, behind the feature `kit`. What fails in here fails the test, by a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test's helper fails by panicking"
)]

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Connect};
use std::path::{Path, PathBuf};

use crate::Engine;

/// A database that is there as long as this is.
#[derive(Debug)]
pub struct Database {
    url: String,
    ends: Ends,
}

#[derive(Debug)]
enum Ends {
    /// With the folder.
    Folder(tempfile::TempDir),
    /// By the administrator of the PostgreSQL at this address: the database of this name.
    Dropped { admin: String, name: String },
    /// By somebody else.
    Foreign,
}

impl Database {
    /// A new, empty one.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder for a test");
                Self { url: format!("sqlite://{}/house.db", folder.path().display()), ends: Ends::Folder(folder) }
            }
            Engine::Postgres => {
                let admin = std::env::var("MUSTER_TEST_POSTGRES").expect(
                    "MUSTER_TEST_POSTGRES names a PostgreSQL for tests; `cargo xtask test` starts one and sets it",
                );
                let mut number = [0; 8];
                // The one thing here that must differ in every run: others use the same PostgreSQL at this moment.
                getrandom::fill(&mut number).expect("the system gives randomness");
                let name = format!("muster_test_{:016x}", u64::from_be_bytes(number));
                administrate(&admin, &format!("CREATE DATABASE {name}")).await.expect("a database for a test");
                Self { url: with_name(&admin, &name), ends: Ends::Dropped { admin, name } }
            }
        }
    }

    /// One that another process made and drops.
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), ends: Ends::Foreign }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file of an SQLite database and its write-ahead log.
    pub fn files(&self) -> Vec<PathBuf> {
        let Ends::Folder(folder) = &self.ends else { return Vec::new() };
        ["house.db", "house.db-wal"].iter().map(|name| Path::join(folder.path(), name)).collect()
    }
}

/// The address with another database in it: the part after the last `/` of what comes before the `?`.
fn with_name(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, String::new()), |(a, p)| (a, format!("?{p}")));
    let (_, after_scheme) = address.split_once("://").expect("an address with a scheme");
    let host = after_scheme.split('/').next().unwrap_or_default();
    format!("postgres://{host}/{name}{parameters}")
}

async fn administrate(admin: &str, sql: &str) -> Result<(), sea_orm::DbErr> {
    let mut options = ConnectOptions::new(admin);
    options.max_connections(1).sqlx_logging(false);
    let connection = Connect::connect(options).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

impl Drop for Database {
    fn drop(&mut self) {
        let Ends::Dropped { admin, name } = &self.ends else { return };
        let (admin, sql) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A drop cannot wait for a future of the test's runtime, and after a failed test there is nobody else to do it.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(administrate(&admin, &sql)).ok()
        });
        if !matches!(dropped.join(), Ok(Some(()))) {
            tracing::warn!("the database of a test is still there");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_an_address_is_replaced() {
        for (url, expected) in [
            ("postgres://postgres@localhost/postgres?host=/tmp/x", "postgres://postgres@localhost/t?host=/tmp/x"),
            ("postgres://localhost?host=/tmp/x", "postgres://localhost/t?host=/tmp/x"),
            ("postgresql://a:b@c:5432/d", "postgres://a:b@c:5432/t"),
            ("postgres:///postgres?host=/tmp/x", "postgres:///t?host=/tmp/x"),
        ] {
            assert_eq!(with_name(url, "t"), expected);
        }
    }
}
