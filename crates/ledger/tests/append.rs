//! `append` on a real database: order, transactions, the shapes of its statements.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use muster_ledger::append;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use store::insert_all;

/// An empty database of its own. Its table lives and dies with the one connection.
async fn sqlite() -> DatabaseConnection {
    let database = connect("sqlite::memory:").await;
    database
        .execute_unprepared("CREATE TABLE ledger_pending (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)")
        .await
        .unwrap();
    database
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

async fn bodies(database: &impl ConnectionTrait, backend: DbBackend) -> Vec<Vec<u8>> {
    let select = Statement::from_string(backend, "SELECT body FROM ledger_pending ORDER BY id");
    let rows = database.query_all_raw(select).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Different leaves of different lengths, the first one empty.
fn leaves(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| i.to_string().repeat(i % 7).into_bytes()).collect()
}

async fn check_order(database: &DatabaseConnection) {
    for n in [0, 1, 2, 3, 63, 64, 65, 127, 200] {
        let tx = database.begin().await.unwrap();
        insert_all(&tx, vec![append(leaves(n))]).await.unwrap();
        assert_eq!(bodies(&tx, database.get_database_backend()).await, leaves(n), "{n} leaves");
        tx.rollback().await.unwrap();
        assert_eq!(bodies(database, database.get_database_backend()).await, Vec::<Vec<u8>>::new(), "rolled back {n}");
    }
    for part in [leaves(3), leaves(70)] {
        let tx = database.begin().await.unwrap();
        insert_all(&tx, vec![append(part)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let expected = [leaves(3), leaves(70)].concat();
    assert_eq!(bodies(database, database.get_database_backend()).await, expected);
}

#[tokio::test]
async fn leaves_are_written_in_order_and_only_if_the_transaction_commits() {
    check_order(&sqlite().await).await;
}

#[tokio::test]
async fn leaves_are_written_in_order_and_only_if_the_transaction_commits_on_postgresql_too() {
    let url = std::env::var("MUSTER_TEST_POSTGRES")
        .expect("MUSTER_TEST_POSTGRES names a PostgreSQL for tests; `cargo xtask test` starts one and sets it");
    let database = connect(&url).await;
    // Seen by this one connection only, so that no other test can be in the way.
    database
        .execute_unprepared(
            "CREATE TEMPORARY TABLE ledger_pending (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body BYTEA NOT NULL)",
        )
        .await
        .unwrap();
    check_order(&database).await;
}
