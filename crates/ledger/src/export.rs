//! The log as a file of JSON lines, and the verifier over such a file: offline, with nothing but the file, the keys and the
//! anchors. `end2end/verify_ledger.py` does the same and shares no line with it.
//!
//! ```text
//! {"log": {"format": 1, "name": …, "size": …, "exported_at": …}}
//! {"checkpoint": {"number": 0, "size": …, "at": …, "keys": [verifier keys], "note": …}}      one for each, in order
//! {"entry": {"position": 0, "hash": hex, "body": base64}}                                    one for each, in order
//! {"private": {"entry": hex, "side": 0, "field": …, "person": hex or null, "salt": hex, "value": base64}}           after their entries, if asked for
//! {"end": {"entries": …}}
//! ```

use std::io::{self, BufRead, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use store::{all, get};

use crate::{
    Against, Entry, Fault, Finding, Opener, Verified, checkpoint,
    hashes::number,
    leaf_hash,
    own::{Kept, Side},
    seal,
    tree::Hex,
    verify::{CheckpointRow, Verifier},
};

const FORMAT: u32 = 1;
/// How many rows are read at once.
const PAGE: i64 = 2048;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Log { format: u32, name: String, size: u64, exported_at: i64 },
    Checkpoint { number: i64, size: i64, at: i64, keys: Vec<String>, note: String },
    Entry { position: i64, hash: String, body: String },
    Private { entry: String, side: i16, field: String, person: Option<String>, salt: String, value: String },
    End { entries: u64 },
}

/// Why an export was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database's.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The file's.
    #[error(transparent)]
    File(#[from] io::Error),
    /// A line is not one of an export.
    #[error("line {line} is not one of an exported log: {told}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        told: String,
    },
}

/// Writes the log that a transaction sees, which should be one of a single moment. Private values are left out unless there
/// is an opener for them; they are written opened then.
///
/// # Errors
///
/// The database's and the file's.
pub async fn export(
    db: &impl ConnectionTrait,
    out: &mut (dyn Write + Send),
    now_ms: i64,
    private: Option<Opener<'_>>,
) -> Result<u64, ExportError> {
    let size = seal::size(db).await?;
    let name = checkpoint::name(db).await?.unwrap_or_default();
    put(out, &Line::Log { format: FORMAT, name, size, exported_at: now_ms })?;
    let sql = "SELECT number, size, at, keys, note FROM ledger_checkpoints ORDER BY number";
    for row in all(db, sql, []).await? {
        let keys = get::<String>(&row, 3)?.lines().map(str::to_owned).collect();
        let (number, size, at) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
        put(out, &Line::Checkpoint { number, size, at, keys, note: get(&row, 4)? })?;
    }
    let sql = "SELECT position, body FROM ledger_entries WHERE position >= $1 ORDER BY position LIMIT $2";
    let mut next = 0;
    while next < size {
        let rows = all(db, sql, [number(next).into(), PAGE.into()]).await?;
        let Some(last) = rows.last() else { break };
        next = get::<i64>(last, 0)?.unsigned_abs() + 1;
        for row in &rows {
            let Entry { position, body } = Entry::read(row)?;
            let hash = leaf_hash(&body).to_string();
            put(out, &Line::Entry { position: number(position), hash, body: STANDARD.encode(body) })?;
        }
    }
    if let Some(opener) = private {
        export_private(db, out, opener).await?;
    }
    put(out, &Line::End { entries: size })?;
    out.flush()?;
    Ok(size)
}

async fn export_private(
    db: &impl ConnectionTrait,
    out: &mut (dyn Write + Send),
    opener: Opener<'_>,
) -> Result<(), ExportError> {
    let sql = "SELECT entry, side, field, person, salt, value FROM ledger_private ORDER BY entry, side, field";
    for row in all(db, sql, []).await? {
        let damaged = || DbErr::Custom("a private value is damaged; run `muster audit verify`".to_owned());
        let kept = Kept::read(&row).ok_or_else(damaged)?;
        let value = STANDARD.encode(opener(&kept).ok_or_else(damaged)?);
        let (entry, person) = (Hex(&kept.entry).to_string(), kept.person.map(|id| Hex(&id).to_string()));
        let (side, salt) = (kept.side.code(), Hex(&kept.salt).to_string());
        put(out, &Line::Private { entry, side, field: kept.field, person, salt, value })?;
    }
    Ok(())
}

fn put(out: &mut (dyn Write + Send), line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Verifies an exported log. `against.now_ms` is looked at as given: an export is at rest.
///
/// # Errors
///
/// [`ExportError`] when it cannot be read as an export.
pub fn verify_export(file: impl BufRead, against: Against) -> Result<Result<Verified, Finding>, ExportError> {
    let mut reader =
        Reader { verifier: Verifier::new(against), has_begun: false, committed: Vec::new(), kept: Vec::new() };
    let mut ends = None;
    for (line, text) in (1..).zip(file.lines()) {
        let text = text?;
        let told = |told: String| ExportError::Line { line, told };
        let read: Line = serde_json::from_str(&text).map_err(|error| told(error.to_string()))?;
        match (read, line) {
            (Line::Log { format: FORMAT, .. }, 1) => {}
            (Line::Log { format, .. }, 1) => {
                return Err(told(format!("it is of format {format}; this program knows 1")));
            }
            (Line::Log { .. }, _) | (_, 1) => {
                return Err(told("the first line, and no other, tells which log it is".into()));
            }
            (Line::End { entries }, _) => ends = Some(entries),
            (read, _) => match reader.take(read) {
                Ok(()) => {}
                Err(Stop::Finding(finding)) => return Ok(Err(finding)),
                Err(Stop::Line(what)) => return Err(told(what)),
            },
        }
    }
    Ok(reader.end(ends))
}

enum Stop {
    Finding(Finding),
    Line(String),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(finding)
    }
}

struct Reader {
    verifier: Verifier,
    has_begun: bool,
    committed: Vec<crate::verify::Committed>,
    kept: Vec<(Kept, Option<Vec<u8>>)>,
}

impl Reader {
    fn take(&mut self, line: Line) -> Result<(), Stop> {
        let bytes = |text: &str| STANDARD.decode(text).map_err(|error| Stop::Line(error.to_string()));
        match line {
            Line::Checkpoint { .. } if self.has_begun => Err(Stop::Line("a checkpoint after the first entry".into())),
            Line::Checkpoint { number, size, at, keys, note } => {
                let (number, size, at_ms) = (Some(number), Some(size), Some(at));
                let row = CheckpointRow { number, size, at_ms, keys: Some(keys.join("\n")), note: Some(note) };
                Ok(self.verifier.checkpoint(&row)?)
            }
            Line::Entry { position, hash, body } => {
                self.begin()?;
                // What is no hash is another one than that of the bytes.
                let hash = unhex(&hash);
                let seen = self.verifier.entry(Some(position), Some(&bytes(&body)?), hash.as_deref())?;
                self.committed.extend(seen.committed);
                Ok(())
            }
            Line::Private { entry, side, field, person, salt, value } => {
                let side = Side::from_code(side).ok_or_else(|| Stop::Line("an unknown side".into()))?;
                let (entry, salt) = (exactly(&entry)?, exactly(&salt)?);
                let person = person.map(|id| exactly(&id)).transpose()?;
                let value = bytes(&value)?;
                let kept = Kept { entry, side, field, person, salt, value: value.clone() };
                self.kept.push((kept, Some(value)));
                Ok(())
            }
            Line::Log { .. } | Line::End { .. } => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<(), Finding> {
        if self.has_begun {
            return Ok(());
        }
        self.has_begun = true;
        self.verifier.begin()
    }

    fn end(mut self, entries: Option<u64>) -> Result<Verified, Finding> {
        self.begin()?;
        let size = self.verifier.size();
        if entries != Some(size) {
            let told = "the file does not end where it says that it ends; it was cut or added to";
            return Err(Finding::at(Fault::Truncated, size, told));
        }
        let n_private = self.kept.len() as u64;
        // An export without private values says nothing about them.
        if n_private > 0 {
            self.verifier.private(self.committed, &self.kept)?;
        }
        self.verifier.end((n_private > 0).then_some(n_private), None)
    }
}

fn exactly<const N: usize>(text: &str) -> Result<[u8; N], Stop> {
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Stop::Line(format!("{text} has not {} hexadecimal digits", 2 * N)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
