//! Lines of a backup, taken in by a real database in memory: nothing that is read panics, and a copy with a right sum is taken in with
//! all of its rows, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, sync::LazyLock};
use store::copy::Reader;
use tokio::runtime::{Builder, Runtime};

static HOUSE: LazyLock<(Runtime, DatabaseConnection)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let db = runtime.block_on(async {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).min_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.expect("a database");
        let schema = "CREATE TABLE a (id BLOB PRIMARY KEY NOT NULL, n BIGINT, s SMALLINT, t TEXT, b BLOB);
                      CREATE TABLE c (k INTEGER PRIMARY KEY AUTOINCREMENT, a BLOB REFERENCES a (id))";
        db.execute_unprepared(schema).await.expect("its tables");
        db
    });
    (runtime, db)
});

/// The text, and an end that says of it what is right.
fn ended(text: &str) -> String {
    let mut copy = text.trim_end_matches('\n').to_owned() + "\n";
    let rows = copy.lines().filter(|line| line.starts_with('[')).count();
    let sum = Sha256::digest(&copy).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    });
    let _ = writeln!(copy, "{{\"rows\":{rows},\"sha256\":\"{sum}\"}}");
    copy
}

async fn take_in(db: &DatabaseConnection, copy: &str) {
    let Ok(reader) = Reader::begin(copy.as_bytes()) else { return };
    let tx = db.begin().await.expect("a transaction");
    if let Ok(n) = reader.load(&tx, &[]).await {
        let sql = "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM c)";
        let rows: i64 =
            store::get(&store::one(&tx, sql, []).await.expect("an answer").expect("a row"), 0).expect("a number");
        assert_eq!(u64::try_from(rows).expect("no less than none"), n, "rows got lost");
    }
    tx.rollback().await.expect("nothing is kept");
}

fuzz_target!(|text: &str| {
    let (runtime, db) = &*HOUSE;
    runtime.block_on(async {
        take_in(db, text).await;
        take_in(db, &ended(text)).await;
    });
});
