//! Puts leaves into `ledger_pending`, in the transaction of the change that they tell about.
//!
//! Must not know: what a leaf says, and when the transaction commits. The table is
//! `ledger_pending(id bigint identity primary key, body bytes not null)`; creating it is the migration's work.

use std::sync::LazyLock;

use sea_orm::{ConnectionTrait, DbErr, Statement};

/// How many rows one insert may write. Only these statements exist, so that the database prepares each of them once and then
/// knows it; 200 rows are written by 64 + 64 + 64 + 8.
const SHAPES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// Numbered parameters are understood by PostgreSQL and by SQLite.
static INSERTS: LazyLock<[String; SHAPES.len()]> = LazyLock::new(|| {
    SHAPES.map(|n_rows| {
        let rows: Vec<String> = (1..=n_rows).map(|row| format!("(${row})")).collect();
        format!("INSERT INTO ledger_pending (body) VALUES {}", rows.join(", "))
    })
});

/// Appends these leaves, in their order, to those that wait for their position in the log.
///
/// `conn` must be the transaction that makes the change: then no change is without its entry, and no entry without its change.
/// The bodies are stored as they are; see [`Leaf::encode`](crate::Leaf::encode).
///
/// # Errors
///
/// What the database answers. Some of the leaves may have been written then, so the transaction must be rolled back.
pub async fn append(conn: &impl ConnectionTrait, leaves: &[Vec<u8>]) -> Result<(), DbErr> {
    let mut rest = leaves;
    for (n_rows, sql) in SHAPES.into_iter().zip(INSERTS.iter()) {
        while let Some((rows, others)) = rest.split_at_checked(n_rows) {
            let values = rows.iter().map(|body| body.clone().into());
            conn.execute_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
            rest = others;
        }
    }
    Ok(())
}
