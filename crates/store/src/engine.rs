//! Opening a database and reading from it.
//!
//! SQLite: WAL, foreign keys, `secure_delete`, one writing connection, read-only readers, checkpoints by a timer off the
//! commit path, one serving process (a lock file). PostgreSQL: one pool.

use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::{
    fs::{File, TryLockError},
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names neither engine.
    #[error("the database address must begin with sqlite:// or postgres://")]
    UnknownEngine,
    /// Another process serves this database.
    #[error("another Muster serves the database {0}. Stop it first, or use PostgreSQL for several")]
    InUse(PathBuf),
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine refused.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// More work waits than may wait. Nothing was done.
    #[error("too much work waits for the database")]
    Full,
    /// The server is stopping, or the work broke off. It may or may not have been done.
    #[error("the work broke off")]
    Stopped,
}

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// One file, one process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

/// How sure a commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// It survives power loss.
    Full,
    /// It survives a killed process only. For tests.
    Process,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite://path/to/file` or `postgres://…`.
    pub url: String,
    /// How many connections read (SQLite) or do everything but write batches (PostgreSQL).
    pub readers: u32,
    /// How many writers run side by side on PostgreSQL; SQLite has one.
    pub writers: u32,
    /// How sure a commit is.
    pub sync: Sync,
    /// Whether this process keeps others from serving the same SQLite file. A command beside a server does not.
    pub sole: bool,
}

impl Options {
    /// The defaults for a database.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), readers: 4, writers: 4, sync: Sync::Full, sole: true }
    }
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    readers: DatabaseConnection,
    writers: DatabaseConnection,
    n_writers: u32,
    /// SQLite: moves the write-ahead log into the file, beside the writer and not in its way.
    keeper: Option<DatabaseConnection>,
    /// Held as long as the process serves this file.
    _lock: Option<File>,
}

/// A read transaction: everything read through it is of one moment.
#[derive(Debug)]
pub struct Snapshot(DatabaseTransaction);

impl Deref for Snapshot {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.0
    }
}

impl Store {
    /// Opens a database; creates the file of an SQLite database that is not there yet.
    ///
    /// # Errors
    ///
    /// [`StoreError`], among others when another process serves the same file.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        let inner = if options.url.starts_with("sqlite:") {
            open_sqlite(options).await?
        } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
            open_postgres(options).await?
        } else {
            return Err(StoreError::UnknownEngine);
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Which engine it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// How many writers may run side by side.
    #[must_use]
    pub fn n_writers(&self) -> u32 {
        self.0.n_writers
    }

    /// For single questions that need no common moment.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.0.readers
    }

    /// Changes the schema: one transaction for all of it, and one process at a time.
    ///
    /// # Errors
    ///
    /// [`DbErr`] of what failed; the schema is then as it was.
    pub async fn migrate(
        &self,
        change: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
    ) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        if self.0.engine == Engine::Postgres {
            // The number is arbitrary; it only has to be the same in every process of Muster.
            tx.execute_unprepared("SELECT pg_advisory_xact_lock(7824115001)").await?;
        }
        change(&tx).await?;
        tx.commit().await
    }

    /// A read transaction over one moment.
    ///
    /// # Errors
    ///
    /// [`DbErr`] when no connection is to be had.
    pub async fn snapshot(&self) -> Result<Snapshot, DbErr> {
        let options = match self.0.engine {
            // A deferred transaction takes its moment at the first read; sea-orm's default is DEFERRED.
            Engine::Sqlite => TransactionOptions::default(),
            Engine::Postgres => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            },
        };
        self.0.readers.begin_with_options(options).await.map(Snapshot)
    }

    /// For statements that are transactions of their own; only the [`crate::Writer`] takes it.
    pub(crate) fn writers(&self) -> &DatabaseConnection {
        &self.0.writers
    }

    /// A write transaction; only the [`crate::Writer`] takes one.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = match self.0.engine {
            Engine::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..Default::default()
            },
            Engine::Postgres => TransactionOptions::default(),
        };
        self.0.writers.begin_with_options(options).await
    }

    /// Moves what the write-ahead log holds into the database file. PostgreSQL does this by itself.
    ///
    /// # Errors
    ///
    /// [`DbErr`]; the log then only stays longer.
    pub async fn checkpoint(&self) -> Result<(), DbErr> {
        match &self.0.keeper {
            Some(keeper) => keeper.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Closes all connections.
    ///
    /// # Errors
    ///
    /// [`DbErr`] when the engine cannot finish.
    pub async fn close(&self) -> Result<(), DbErr> {
        if let Some(keeper) = &self.0.keeper {
            keeper.close_by_ref().await?;
        }
        self.0.readers.close_by_ref().await?;
        self.0.writers.close_by_ref().await
    }
}

async fn open_sqlite(options: &Options) -> Result<Inner, StoreError> {
    let path = options.url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = Path::new(path.split('?').next().unwrap_or(path));
    let fault = |source| StoreError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let lock = if options.sole { Some(lock(path)?) } else { None };
    let synchronous = match options.sync {
        Sync::Full => "FULL",
        Sync::Process => "OFF",
    };
    let mut write = pool(&format!("sqlite://{}?mode=rwc", path.display()), 1);
    write.map_sqlx_sqlite_opts(move |o| {
        // The log is checkpointed by a timer: a commit must not pay for it. The pragma below only caps the file.
        o.pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
            .pragma("foreign_keys", "ON")
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", "20000")
            .pragma("journal_size_limit", "67108864")
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256)
    });
    let writers = Database::connect(write).await?;
    let mut read = pool(&format!("sqlite://{}?mode=ro", path.display()), options.readers);
    read.map_sqlx_sqlite_opts(|o| {
        o.pragma("query_only", "ON")
            .pragma("cache_size", "-4096")
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256)
    });
    let readers = Database::connect(read).await?;
    let mut keep = pool(&format!("sqlite://{}?mode=rw", path.display()), 1);
    keep.connect_lazy(true);
    keep.map_sqlx_sqlite_opts(move |o| o.pragma("synchronous", synchronous).busy_timeout(Duration::from_secs(10)));
    let keeper = Some(Database::connect(keep).await?);
    Ok(Inner { engine: Engine::Sqlite, readers, writers, n_writers: 1, keeper, _lock: lock })
}

async fn open_postgres(options: &Options) -> Result<Inner, StoreError> {
    let mut read = pool(&options.url, options.readers);
    read.map_sqlx_postgres_opts(|o| o.statement_cache_capacity(256));
    // One connection more than writers, for migrations and housekeeping.
    let mut write = pool(&options.url, options.writers + 1);
    let synchronous = match options.sync {
        Sync::Full => "on",
        Sync::Process => "off",
    };
    write.map_sqlx_postgres_opts(move |o| {
        // One statement may insert a hundred rows. It is planned once, for any values: the plan for given ones is the
        // same, and making it costs more than running it.
        o.statement_cache_capacity(256)
            .options([("synchronous_commit", synchronous), ("plan_cache_mode", "force_generic_plan")])
    });
    let (readers, writers) = (Database::connect(read).await?, Database::connect(write).await?);
    Ok(Inner {
        engine: Engine::Postgres,
        readers,
        writers,
        n_writers: options.writers.max(1),
        keeper: None,
        _lock: None,
    })
}

fn pool(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements hold names and texts of people; they are not for the log.
    options
        .max_connections(connections)
        .min_connections(0)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(10));
    options
}

fn lock(database: &Path) -> Result<File, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let fault = |source| StoreError::File { path: path.clone(), source };
    let file = File::create(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}
