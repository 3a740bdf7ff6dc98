//! Where Muster lives during a run: its binary, its database, and a folder for everything else. Starts processes of it.
//!
//! Must not know: what is done with them.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command as Process,
};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{
    product::{Engine, Line},
    subject::{Subject, free_address},
};

/// A binary with a database of its own.
pub struct Home {
    binary: PathBuf,
    engine: Engine,
    folder: TempDir,
}

impl Home {
    /// A new folder under `base`.
    pub fn new(binary: &Path, engine: Engine, base: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("muster-").tempdir_in(base)?;
        Ok(Self { binary: binary.to_owned(), engine, folder })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets the folder stay when the run is over, for whoever looks for a fault.
    pub fn keep(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// Starts the one process of an installation, which answers under its own address.
    ///
    /// # Errors
    ///
    /// When it does not start; then with its last words.
    pub fn serve(&self) -> Result<Subject> {
        let addr = free_address()?;
        start(self.command(self.folder()).env("MUSTER_ORIGIN", origin(addr)), addr, self.folder())
    }

    /// Starts one of several processes: with a folder of its own for what belongs to one machine, the key ring of all, and the
    /// origin under which people reach all of them.
    ///
    /// # Errors
    ///
    /// As [`Self::serve`].
    pub fn serve_node(&self, name: &str, addr: SocketAddr, origin: &str) -> Result<Subject> {
        let folder = self.folder().join(name);
        fs::create_dir_all(&folder)?;
        start(self.command(&folder).env("MUSTER_ORIGIN", origin), addr, &folder)
    }

    /// A command of the binary on this database, with what belongs to one machine in `data`.
    #[must_use]
    pub fn command(&self, data: &Path) -> Process {
        let url = match &self.engine {
            Engine::Sqlite => format!("sqlite://{}", self.folder().join("muster.db").display()),
            Engine::Postgres(url) => url.clone(),
        };
        let mut command = Process::new(&self.binary);
        command.env("MUSTER_DATA", data).env("DATABASE_URL", url);
        // The first process makes the ring; the others are given it.
        if data != self.folder() {
            command.env("MUSTER_KEYRING_FILE", self.folder().join("keyring"));
        }
        command
    }
}

/// How people reach a process that is alone.
#[must_use]
pub fn origin(addr: SocketAddr) -> String {
    format!("http://localhost:{}", addr.port())
}

fn start(server: &mut Process, addr: SocketAddr, logs: &Path) -> Result<Subject> {
    let log = |name| File::options().create(true).append(true).open(logs.join(name));
    server
        .arg("serve")
        .env("MUSTER_LISTEN", addr.to_string())
        .env("MUSTER_MAIL", "memory:")
        // A few people open all the sockets of the load; the limit stays in place and is counted, but not reached.
        .env("MUSTER_SOCKETS_PER_PERSON", "1000000")
        .stdout(log("out.log")?)
        .stderr(log("err.log")?);
    let health = format!("GET /healthz HTTP/1.1\r\nHost: {addr}\r\n\r\n");
    let is_ready = || Line::open(addr).and_then(|mut line| line.ask(health.as_bytes())).is_ok();
    Subject::start(server, addr, is_ready)
        .with_context(|| format!("its last words:\n{}", fs::read_to_string(logs.join("err.log")).unwrap_or_default()))
}
