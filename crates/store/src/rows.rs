//! SQL that both engines read: `$1`, `$2` … for values, and inserts of many rows in few shapes.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};
use std::fmt::Write as _;

/// The values of a row, in the order of its columns. The first one is never NULL.
pub type Row = Vec<Value>;

/// Rows for one table.
#[derive(Clone, Debug)]
pub struct Insert {
    /// `INSERT INTO table (a, b)`.
    pub head: &'static str,
    /// What follows the values, such as `ON CONFLICT …`.
    pub tail: &'static str,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What must hold for rows to be written: a condition in SQL, and its values `$1`, `$2` ….
#[derive(Clone, Debug)]
pub struct Condition {
    /// An expression that is true or false. May lock rows by a subselect.
    pub sql: &'static str,
    /// Its values.
    pub values: Vec<Value>,
}

/// The blocks in which SQLite is given rows: at most eight texts per table, so that each stays prepared.
const BLOCKS: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];
/// The lengths to which PostgreSQL's lists of rows are filled up; longer ones to a multiple of the last. Fewer than the blocks, because a statement for several
/// tables has a text for each combination.
const LENGTHS: [usize; 5] = [1, 4, 16, 64, 128];
/// The most values of one statement: the protocol of PostgreSQL counts them in 16 bits.
const MOST_VALUES: usize = 60_000;

/// A statement with values. `sql` is a constant of the program, never made of input.
#[must_use]
pub fn statement(backend: DbBackend, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(backend, sql, values)
}

/// All rows that a question answers.
///
/// # Errors
///
/// The database's.
pub async fn all(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(statement(db.get_database_backend(), sql, values)).await
}

/// The first row that a question answers.
///
/// # Errors
///
/// The database's.
pub async fn one(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<QueryResult>, DbErr> {
    db.query_one_raw(statement(db.get_database_backend(), sql, values)).await
}

/// Runs a statement; answers how many rows it touched.
///
/// # Errors
///
/// The database's.
pub async fn run(db: &impl ConnectionTrait, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, DbErr> {
    Ok(db.execute_raw(statement(db.get_database_backend(), sql, values)).await?.rows_affected())
}

/// The value of a column, by its place.
///
/// # Errors
///
/// When it is not of this type.
pub fn get<T: TryGetable>(row: &QueryResult, place: usize) -> Result<T, DbErr> {
    row.try_get_by_index(place)
}

impl Insert {
    /// Rows for a table, without a tail.
    #[must_use]
    pub const fn new(head: &'static str, rows: Vec<Row>) -> Self {
        Self { head, tail: "", rows }
    }
}

/// Writes rows into several tables, in the caller's transaction.
///
/// SQLite, where a statement costs little and nothing travels, gets each table in blocks; PostgreSQL gets all of them in
/// one statement, because there each statement is a journey.
///
/// # Errors
///
/// [`DbErr`] of the first that failed; the caller's transaction decides what that means.
pub async fn insert_all(db: &impl ConnectionTrait, inserts: Vec<Insert>) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres && n_values(&inserts) <= MOST_VALUES {
        if inserts.iter().any(|i| !i.rows.is_empty()) {
            insert_if(db, Condition { sql: "true", values: Vec::new() }, inserts).await?;
        }
        return Ok(());
    }
    for Insert { head, tail, rows } in inserts {
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        for block in BLOCKS {
            while left >= block {
                left -= block;
                let (sql, values) = of_block(head, tail, rows.by_ref().take(block).collect());
                db.execute_raw(statement(db.get_database_backend(), &sql, values)).await?;
            }
        }
    }
    Ok(())
}

/// Writes the rows of one table, in their order, and answers what the tail's `RETURNING …` says of each that was written.
///
/// # Errors
///
/// [`DbErr`] of the first block that failed; the caller's transaction decides what that means.
pub async fn insert_returning(db: &impl ConnectionTrait, insert: Insert) -> Result<Vec<QueryResult>, DbErr> {
    let Insert { head, tail, rows } = insert;
    let (mut left, mut rows, mut returned) = (rows.len(), rows.into_iter(), Vec::new());
    for block in BLOCKS {
        while left >= block {
            left -= block;
            let (sql, values) = of_block(head, tail, rows.by_ref().take(block).collect());
            returned.extend(db.query_all_raw(statement(db.get_database_backend(), &sql, values)).await?);
        }
    }
    Ok(returned)
}

/// `($1, $2, …)` for a list of values, in few lengths, so that the statements stay prepared: the list is filled up to
/// the next power of two by repeating its last value.
#[must_use]
pub fn padded<T: Clone + Into<Value>>(list: &[T], first: usize) -> (String, Vec<Value>) {
    let n = list.len().next_power_of_two();
    let marks: Vec<String> = (first..first + n).map(|i| format!("${i}")).collect();
    let fill = std::iter::repeat_n(list.last(), n - list.len()).flatten();
    let values = list.iter().chain(fill).map(|v| v.clone().into()).collect();
    (format!("({})", marks.join(", ")), values)
}

/// Writes rows into several tables of a PostgreSQL if a condition holds, in one statement: all of them or, when it does
/// not hold, none; answers which. Without a transaction around it this is one, with one journey.
///
/// The condition is looked at before anything is written. The rows of a list are written in their order; the lists in
/// any, and none sees what another writes.
///
/// # Errors
///
/// [`DbErr`]; then nothing was written, unless the connection broke. An engine that does not know the statement is such.
pub async fn insert_if(db: &impl ConnectionTrait, condition: Condition, inserts: Vec<Insert>) -> Result<bool, DbErr> {
    let n_values = n_values(&inserts);
    if n_values > MOST_VALUES {
        return Err(DbErr::Custom(format!("{n_values} values are too many for one statement")));
    }
    let (sql, values) = conditional(condition, inserts);
    // The driver hears PostgreSQL out after the row: a commit that fails is an error here.
    let row = db.query_one_raw(statement(db.get_database_backend(), &sql, values)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the answer of a condition".into()))?.try_get_by_index(0)
}

/// `WITH fits AS (…), w0 AS (INSERT …), … SELECT fits FROM fits`, and its values.
fn conditional(condition: Condition, inserts: Vec<Insert>) -> (String, Vec<Value>) {
    let mut sql = format!("WITH fits AS MATERIALIZED (SELECT {} AS fits)", condition.sql);
    let mut values = condition.values;
    let (mut n_values, mut n_lists) = (values.len(), 0);
    for Insert { head, tail, rows } in inserts.into_iter().filter(|i| !i.rows.is_empty()) {
        let list = filled_up(rows);
        // Writing to a String cannot fail.
        let _ = write!(sql, ", w{n_lists} AS ({head} SELECT * FROM (");
        put_rows(&mut sql, &list, &mut n_values);
        let _ = write!(sql, ") AS r WHERE r.column1 IS NOT NULL AND (SELECT fits FROM fits) {tail})");
        values.extend(list.into_iter().flatten());
        n_lists += 1;
    }
    sql.push_str(" SELECT fits FROM fits");
    (sql, values)
}

/// One insert of a table, and its values.
pub(crate) fn of_block(head: &str, tail: &str, block: Vec<Row>) -> (String, Vec<Value>) {
    let mut sql = format!("{head} ");
    put_rows(&mut sql, &block, &mut 0);
    // Writing to a String cannot fail.
    let _ = write!(sql, " {tail}");
    (sql, block.into_iter().flatten().collect())
}

/// To how many rows a list is filled up. Never more than one list: which of two PostgreSQL writes first is not known.
fn length(n_rows: usize) -> usize {
    LENGTHS.into_iter().find(|l| *l >= n_rows).unwrap_or_else(|| n_rows.next_multiple_of(LENGTHS[LENGTHS.len() - 1]))
}

/// Rows with rows of NULL after them.
fn filled_up(mut rows: Vec<Row>) -> Vec<Row> {
    // A value knows its type also when it is NULL, and so PostgreSQL does.
    if let Some(nothing) = rows.first().map(|row| row.iter().map(Value::as_null).collect::<Row>()) {
        rows.resize(length(rows.len()), nothing);
    }
    rows
}

fn n_values(inserts: &[Insert]) -> usize {
    inserts.iter().map(|i| i.rows.first().map_or(0, |row| row.len() * length(i.rows.len()))).sum()
}

/// `VALUES ($1, $2), ($3, $4)`, the numbers going on after `n`.
fn put_rows(sql: &mut String, rows: &[Row], n: &mut usize) {
    sql.reserve(8 + rows.len() * (4 + rows.first().map_or(0, Vec::len) * 6));
    sql.push_str("VALUES ");
    for (place, row) in rows.iter().enumerate() {
        sql.push_str(if place == 0 { "(" } else { ", (" });
        for column in 0..row.len() {
            *n += 1;
            // Writing to a String cannot fail.
            let _ = write!(sql, "{}${n}", if column == 0 { "" } else { ", " });
        }
        sql.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: i64) -> Vec<Row> {
        (1..=n).map(|i| vec![i.into(), Some(i).into()]).collect()
    }

    #[test]
    fn lists_of_values_come_in_few_lengths() {
        let (marks, values) = padded(&[1_i64, 2, 3], 2);
        assert_eq!(marks, "($2, $3, $4, $5)");
        assert_eq!(values, vec![1_i64.into(), 2_i64.into(), 3_i64.into(), 3_i64.into()] as Vec<Value>);
    }

    #[test]
    fn values_are_numbered_through_all_rows() {
        let mut sql = String::new();
        put_rows(&mut sql, &rows(2), &mut 3);
        assert_eq!(sql, "VALUES ($4, $5), ($6, $7)");
    }

    #[test]
    fn rows_for_several_tables_hang_on_one_condition() {
        let inserts = vec![
            Insert::new("INSERT INTO t (a, b)", rows(1)),
            Insert::new("INSERT INTO nothing (a, b)", rows(0)),
            Insert { tail: "ON CONFLICT DO NOTHING", ..Insert::new("INSERT INTO u (a, b)", rows(1)) },
        ];
        let condition = Condition { sql: "$1 > 0", values: vec![7_i64.into()] };
        let (sql, values) = conditional(condition, inserts);
        assert_eq!(
            sql,
            "WITH fits AS MATERIALIZED (SELECT $1 > 0 AS fits), \
             w0 AS (INSERT INTO t (a, b) SELECT * FROM (VALUES ($2, $3)) AS r \
             WHERE r.column1 IS NOT NULL AND (SELECT fits FROM fits) ), \
             w1 AS (INSERT INTO u (a, b) SELECT * FROM (VALUES ($4, $5)) AS r \
             WHERE r.column1 IS NOT NULL AND (SELECT fits FROM fits) ON CONFLICT DO NOTHING) \
             SELECT fits FROM fits"
        );
        assert_eq!(values.len(), 5);
    }

    #[test]
    fn lists_come_in_few_lengths_and_are_filled_up_with_nothing() {
        for (n, length) in [(1, 1), (2, 4), (4, 4), (5, 16), (17, 64), (128, 128), (129, 256)] {
            let list = filled_up(rows(n));
            assert_eq!(list.len(), length, "{n}");
            let there = list.iter().filter(|row| row[0] != Value::BigInt(None)).count();
            assert_eq!(i64::try_from(there).unwrap(), n);
        }
    }
}
