//! `muster backup`, `muster restore` and `muster migrate`: the database as a whole, on either engine.
//!
//! Must not know: how a copy is written. Here are files, their names and what people are told.

use anyhow::{Context, Result};
use clap::Args;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use model::Instant;
use service::{Clock as _, SystemClock, backup};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Write, stdin, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};
use store::{Options, Store};

use crate::settings::Beside;

/// Shown at the end of `muster backup --help`.
pub(crate) const HOW: &str = "\
The server may run: the copy is of one moment, and nobody waits for it. It is one file, compressed with gzip, with a sum at its end;
`muster restore` reads it on another machine and on either engine, so it is also the way from SQLite to PostgreSQL.

Not in it, because whoever finds a backup must not be able to read it: the key ring (names and addresses stay encrypted). Keep a
copy of the ring in another place: without it nobody can read them, you neither. Also not in it: exported files, which are
there for 7 days only, and the anchor of the audit log, which is worth most where the database is not.

   muster backup /backups/muster-$(date +%F).gz
   muster backup - | ssh elsewhere 'cat > muster.gz'";

/// Shown at the end of `muster restore --help`.
pub(crate) const RESTORE_HOW: &str = "\
The database has to be empty: a copy is never mixed with what is there. Either all of the copy is taken in or nothing; a copy
that was cut off or changed is refused. A copy of an older version is brought up to date.

   muster restore /backups/muster-2026-11-23.gz --data /var/lib/muster
   muster audit verify --data /var/lib/muster --anchor /elsewhere/audit.anchor
   muster serve --data /var/lib/muster

Put the key ring in its place before the first start (data/keyring, or where MUSTER_KEYRING_FILE says).";

/// `muster backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    database: Beside,
    /// The file to write, or - for the standard output. A file that is there is not written over
    file: PathBuf,
}

/// `muster restore`
#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    database: Beside,
    /// The file that `muster backup` wrote, or - for the standard input
    file: PathBuf,
}

/// `muster migrate`
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    database: Beside,
}

impl Backup {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let settings = self.database.gather()?;
        let options = Options { sole: false, readers: 1, ..Options::new(&settings.database_url) };
        let store = Store::open(&options).await.context("the database cannot be opened")?;
        let now = SystemClock.now();
        if self.file == Path::new("-") {
            write(&store, now, stdout()).await?;
        } else {
            let rows = write_file(&store, now, &self.file).await?;
            println!("{rows} rows are in {}. Keep the key ring in another place.", self.file.display());
        }
        store.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes beside the file first: what has its name is whole, and on the disk.
async fn write_file(store: &Store, now: Instant, path: &Path) -> Result<u64> {
    anyhow::ensure!(!path.exists(), "{} is there already, and a backup is not written over", path.display());
    let mut part: OsString = path.into();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = create(&part).with_context(|| format!("{} cannot be written", part.display()))?;
    let written = write(store, now, &file).await;
    let done = written.and_then(|rows| {
        file.sync_all()?;
        fs::rename(&part, path)?;
        Ok(rows)
    });
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done.with_context(|| format!("{} was not written", path.display()))
}

/// Titles and texts of tasks are in it: nobody else on the machine has to read it.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn write(store: &Store, now: Instant, file: impl Write + Send) -> Result<u64> {
    let mut out = GzEncoder::new(BufWriter::new(file), Compression::fast());
    let rows = backup::write(store, now, &mut out).await?;
    out.finish()?.flush()?;
    Ok(rows)
}

impl Restore {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let settings = self.database.gather_new()?;
        let copy: Box<dyn Read + Send> = if self.file == Path::new("-") {
            Box::new(stdin())
        } else {
            Box::new(File::open(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?)
        };
        let store =
            Store::open(&Options::new(&settings.database_url)).await.context("the database cannot be opened")?;
        let restored = backup::restore(&store, BufReader::new(GzDecoder::new(BufReader::new(copy)))).await;
        let restored = restored.with_context(|| format!("nothing of {} was restored", self.file.display()))?;
        store.close().await?;
        let made = Instant::from_ms(restored.made_ms);
        println!("{} rows are back, as they were at {}.", restored.rows, made.rfc3339());
        println!(
            "Next: muster audit verify, with the anchor that you kept elsewhere. Then muster serve, with the key ring."
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Migrate {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let settings = self.database.gather_new()?;
        let options = Options { sole: false, ..Options::new(&settings.database_url) };
        let store = Store::open(&options).await.context("the database cannot be opened")?;
        let made = backup::migrate(&store).await.context("the schema was not changed")?;
        store.close().await?;
        for change in &made {
            println!("{change}");
        }
        println!("The schema is up to date; {} changes were made.", made.len());
        Ok(ExitCode::SUCCESS)
    }
}
