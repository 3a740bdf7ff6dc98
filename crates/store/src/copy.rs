//! All rows of a database as a text that either engine takes in again: for backups, and to move from one engine to the other.
//!
//! One JSON value a line: a [`Head`]; for each table its name and columns, then its rows, each an array; at the end, how
//! many rows there are and the SHA-256 of every byte before that line. Bytes and UUIDs are Base64. Tables come in an order
//! in which what is referred to is there first, rows in the order of their keys.
//!
//! Must not know: what the tables are for, and how a schema is made: a copy is taken in by one that is there.

use data_encoding::BASE64;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    io::{BufRead, Write},
};

use crate::{
    Snapshot,
    catalog::{Column, Kind, Table, tables},
    rows::{get, of_block, statement},
};

/// The version of the form that is written, and the only one that is read.
pub const FORMAT: u32 = 1;
/// How many rows are read at once.
const PAGE: usize = 500;
/// The rows of one statement when a copy is taken in.
const BLOCK: usize = 64;
/// A line of a copy is refused when it is longer: it is no copy, or a broken one.
const LONGEST_LINE: u64 = 256 << 20;

/// Why a copy was not made or not taken in.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The file could not be read or written.
    #[error("the copy could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// A column has a type that is not known here.
    #[error("the column {table}.{column} has the type {kind}, which cannot be copied")]
    UnknownType {
        /// Of which table.
        table: String,
        /// Which.
        column: String,
        /// What the engine calls its type.
        kind: String,
    },
    /// The database has rows already.
    #[error("the database is not empty: there are rows in {0}")]
    NotEmpty(String),
    /// It is not what it should be. Nothing was taken in.
    #[error("line {line} of the copy: {what}")]
    Damaged {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// How a copy begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// The name of the last change of the schema that the rows have seen.
    pub schema: String,
    /// When it was made, in UTC milliseconds.
    pub at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    rows: u64,
    sha256: String,
}

/// Writes all rows of a moment, except of the tables in `without`; answers how many.
///
/// # Errors
///
/// [`CopyError`]; what was written is then no copy.
pub async fn write(
    moment: &Snapshot,
    head: &Head,
    without: &[&str],
    out: &mut (impl Write + Send),
) -> Result<u64, CopyError> {
    let mut out = Hashed { inner: out, hash: Sha256::new() };
    out.line(head)?;
    let mut n = 0;
    for table in tables(&**moment).await? {
        if !without.contains(&table.name.as_str()) {
            n += write_table(moment, &table, &mut out).await?;
        }
    }
    let sha256 = data_encoding::HEXLOWER.encode(&out.hash.clone().finalize());
    out.line(&EndLine { rows: n, sha256 })?;
    out.inner.flush()?;
    Ok(n)
}

async fn write_table(
    moment: &Snapshot,
    table: &Table,
    out: &mut Hashed<'_, impl Write + Send>,
) -> Result<u64, CopyError> {
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    out.line(&TableLine { table: table.name.clone(), columns })?;
    let key: Vec<(usize, &Column)> = table.key().collect();
    let (mut n, mut after) = (0, None);
    loop {
        let (sql, values) = page(table, &key, after);
        let rows = crate::all(&**moment, &sql, values).await?;
        let mut last = Vec::new();
        for row in &rows {
            let read = |(place, column): (usize, &Column)| read(row, place, column.kind);
            last = table.columns.iter().enumerate().map(read).collect::<Result<Vec<Json>, DbErr>>()?;
            out.line(&last)?;
        }
        n += rows.len() as u64;
        if key.is_empty() || rows.len() < PAGE {
            return Ok(n);
        }
        after = key.iter().map(|(place, column)| value(last[*place].take(), column.kind)).collect();
    }
}

/// The rows that come after a key; all of them for a table without a key.
fn page(table: &Table, key: &[(usize, &Column)], after: Option<Vec<Value>>) -> (String, Vec<Value>) {
    let list = |names: &mut dyn Iterator<Item = &Column>| {
        names.map(|column| quoted(&column.name)).collect::<Vec<String>>().join(", ")
    };
    let mut sql = format!("SELECT {} FROM {}", list(&mut table.columns.iter()), quoted(&table.name));
    if key.is_empty() {
        return (sql, Vec::new());
    }
    let by = list(&mut key.iter().map(|(_, column)| *column));
    if let Some(after) = &after {
        let marks: Vec<String> = (1..=after.len()).map(|n| format!("${n}")).collect();
        let _ = write!(sql, " WHERE ({by}) > ({})", marks.join(", "));
    }
    let _ = write!(sql, " ORDER BY {by} LIMIT {PAGE}");
    (sql, after.unwrap_or_default())
}

fn read(row: &QueryResult, place: usize, kind: Kind) -> Result<Json, DbErr> {
    Ok(match kind {
        Kind::Small => get::<Option<i16>>(row, place)?.into(),
        Kind::Middle => get::<Option<i32>>(row, place)?.into(),
        Kind::Big => get::<Option<i64>>(row, place)?.into(),
        Kind::Text => get::<Option<String>>(row, place)?.into(),
        Kind::Bytes => get::<Option<Vec<u8>>>(row, place)?.map(|bytes| BASE64.encode(&bytes)).into(),
        Kind::Uuid => get::<Option<uuid::Uuid>>(row, place)?.map(|id| BASE64.encode(id.as_bytes())).into(),
    })
}

/// A copy that is being read.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    hash: Sha256,
    line: u64,
    head: Head,
}

impl<R: BufRead + Send> Reader<R> {
    /// Reads how the copy begins.
    ///
    /// # Errors
    ///
    /// [`CopyError`] when it is no copy, or one of another format.
    pub fn begin(inner: R) -> Result<Self, CopyError> {
        let head = Head { format: FORMAT, schema: String::new(), at_ms: 0 };
        let mut reader = Self { inner, hash: Sha256::new(), line: 0, head };
        let head: Head = match reader.next()? {
            Some(line) => serde_json::from_str(&line).map_err(|_| reader.damaged("this is no copy of a database"))?,
            None => return Err(reader.damaged("it is empty")),
        };
        if head.format != FORMAT {
            return Err(reader.damaged(&format!("its format is {}, and this program reads {FORMAT}", head.format)));
        }
        reader.head = head;
        Ok(reader)
    }

    /// How it begins.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Puts the rows into the tables that are there, in the caller's transaction; answers how many. When it fails, the
    /// transaction has to be rolled back.
    ///
    /// # Errors
    ///
    /// [`CopyError`], among others when the copy was cut off or changed, or when there are rows already.
    pub async fn load(mut self, db: &impl ConnectionTrait, without: &[&str]) -> Result<u64, CopyError> {
        let tables = tables(db).await?;
        for table in tables.iter().filter(|table| !without.contains(&table.name.as_str())) {
            if crate::one(db, &format!("SELECT 1 FROM {} LIMIT 1", quoted(&table.name)), []).await?.is_some() {
                return Err(CopyError::NotEmpty(table.name.clone()));
            }
        }
        let mut into: Option<Target<'_>> = None;
        let mut n = 0;
        loop {
            let before = self.hash.clone();
            let Some(line) = self.next()? else { return Err(self.damaged("it ends too early")) };
            if line.starts_with('[') {
                let row: Vec<Json> = serde_json::from_str(&line).map_err(|_| self.damaged("this is no row"))?;
                let Some(into) = &mut into else { return Err(self.damaged("this row has no table")) };
                let row = into.values(row).ok_or_else(|| self.damaged("this row does not fit its table"))?;
                into.rows.push(row);
                if into.rows.len() == BLOCK {
                    into.flush(db).await?;
                }
                n += 1;
                continue;
            }
            if let Some(mut done) = into.take() {
                done.end(db).await?;
            }
            if let Ok(next) = serde_json::from_str::<TableLine>(&line) {
                let unknown = || self.damaged(&format!("the table {} is not as in this program's schema", next.table));
                let table = tables.iter().find(|table| table.name == next.table).ok_or_else(unknown)?;
                into = Some(Target::of(table, &next.columns).ok_or_else(unknown)?);
                continue;
            }
            let end: EndLine = serde_json::from_str(&line).map_err(|_| self.damaged("this says nothing"))?;
            let found = data_encoding::HEXLOWER.encode(&before.finalize());
            if end.rows != n || end.sha256 != found {
                return Err(self.damaged("the copy was changed or is not whole: its sum is another one"));
            }
            return match self.next()? {
                None => Ok(n),
                Some(_) => Err(self.damaged("something follows its end")),
            };
        }
    }

    fn next(&mut self) -> Result<Option<String>, CopyError> {
        let mut line = String::new();
        self.line += 1;
        let read = std::io::Read::take(&mut self.inner, LONGEST_LINE).read_line(&mut line)?;
        self.hash.update(&line);
        if read == 0 {
            return Ok(None);
        }
        if line.pop() == Some('\n') { Ok(Some(line)) } else { Err(self.damaged("it ends in the middle of a line")) }
    }

    fn damaged(&self, what: &str) -> CopyError {
        CopyError::Damaged { line: self.line, what: what.to_owned() }
    }
}

/// The table that rows are being put into.
struct Target<'t> {
    table: &'t Table,
    columns: Vec<&'t Column>,
    head: String,
    rows: Vec<Vec<Value>>,
}

impl<'t> Target<'t> {
    /// Nothing if the table has no such column.
    fn of(table: &'t Table, names: &[String]) -> Option<Self> {
        let find = |name: &String| table.columns.iter().find(|column| column.name == *name);
        let columns = names.iter().map(find).collect::<Option<Vec<_>>>()?;
        let list: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        // Numbers that the engine gives by itself are taken as they were.
        let overriding = if table.identity.is_some() { " OVERRIDING SYSTEM VALUE" } else { "" };
        let head = format!("INSERT INTO {} ({}){overriding}", quoted(&table.name), list.join(", "));
        Some(Self { table, columns, head, rows: Vec::with_capacity(BLOCK) })
    }

    fn values(&self, row: Vec<Json>) -> Option<Vec<Value>> {
        if row.len() != self.columns.len() {
            return None;
        }
        row.into_iter().zip(&self.columns).map(|(json, column)| value(json, column.kind)).collect()
    }

    async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (sql, values) = of_block(&self.head, "", std::mem::take(&mut self.rows));
        db.execute_raw(statement(db.get_database_backend(), &sql, values)).await.map(|_| ())
    }

    /// Puts in what is left, and lets the engine count on from there.
    async fn end(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        self.flush(db).await?;
        if let (Some(column), DbBackend::Postgres) = (&self.table.identity, db.get_database_backend()) {
            let (table, column) = (quoted(&self.table.name), column.as_str());
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), \
                 coalesce((SELECT max({}) FROM {table}), 0) + 1, false)",
                quoted(column)
            );
            db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

fn value(json: Json, kind: Kind) -> Option<Value> {
    let bytes = |json: &Json| match json {
        Json::Null => Some(None),
        Json::String(text) => BASE64.decode(text.as_bytes()).ok().map(Some),
        _ => None,
    };
    let number = |json: &Json| match json {
        Json::Null => Some(None),
        json => json.as_i64().map(Some),
    };
    Some(match kind {
        Kind::Small => number(&json)?.map(i16::try_from).transpose().ok()?.into(),
        Kind::Middle => number(&json)?.map(i32::try_from).transpose().ok()?.into(),
        Kind::Big => number(&json)?.into(),
        Kind::Bytes => bytes(&json)?.into(),
        Kind::Uuid => bytes(&json)?.map(|bytes| uuid::Uuid::from_slice(&bytes)).transpose().ok()?.into(),
        Kind::Text => match json {
            Json::Null => None::<String>.into(),
            Json::String(text) => text.into(),
            _ => return None,
        },
    })
}

/// A name as SQL takes it whatever it is.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Sums up what goes through.
struct Hashed<'o, W> {
    inner: &'o mut W,
    hash: Sha256,
}

impl<W: Write> Hashed<'_, W> {
    fn line(&mut self, line: &impl Serialize) -> Result<(), CopyError> {
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.inner.write_all(&text).map_err(CopyError::File)
    }
}
