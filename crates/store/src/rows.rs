//! SQL that both engines read: `$1`, `$2` … for values, and inserts of many rows in few shapes.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use std::fmt::Write as _;

/// The values of a row, in the order of its columns.
pub type Row = Vec<Value>;

/// A statement with values. `sql` is a constant of the program, never made of input.
#[must_use]
pub fn statement(backend: DbBackend, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(backend, sql, values)
}

/// Inserts many rows: `head` is `INSERT INTO table (a, b)`, and what follows the values (such as `ON CONFLICT …`) is
/// `tail`.
///
/// Rows go in blocks of 64, 32, 16 … 1, so that there are at most seven texts per table and each stays prepared.
///
/// # Errors
///
/// [`DbErr`] of the first block that failed; the caller's transaction decides what that means.
pub async fn insert_rows(db: &impl ConnectionTrait, head: &str, tail: &str, rows: Vec<Row>) -> Result<u64, DbErr> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut written = 0;
    for block in [64, 32, 16, 8, 4, 2, 1] {
        while left >= block {
            left -= block;
            let block: Vec<Row> = rows.by_ref().take(block).collect();
            let columns = block.first().map_or(0, Vec::len);
            let sql = insert_sql(head, tail, block.len(), columns);
            let values = block.into_iter().flatten();
            written += db.execute_raw(statement(db.get_database_backend(), &sql, values)).await?.rows_affected();
        }
    }
    Ok(written)
}

fn insert_sql(head: &str, tail: &str, rows: usize, columns: usize) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + 8 + rows * columns * 6);
    sql.push_str(head);
    sql.push_str(" VALUES ");
    let mut n = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            n += 1;
            // Writing to a String cannot fail.
            let _ = write!(sql, "{}${n}", if column == 0 { "" } else { ", " });
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through_all_rows() {
        assert_eq!(
            insert_sql("INSERT INTO t (a, b)", "ON CONFLICT DO NOTHING", 2, 2),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
    }
}
