//! How the engines find what the queue asks for: by its indexes, however long the table is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use migration::MigratorTrait;
use sea_orm::{ConnectionTrait, DbBackend, Value};
use store::{Engine, Options, Store, kit::Database};

use crate::{
    Filter, Moment, StateName, admin,
    row::{all, get},
    turn,
};

/// A table in which a look from end to end costs: twenty thousand jobs that ended, some that wait.
const FILL: &str = "INSERT INTO jobs (id, queue, name, args, state, priority, attempt, max_attempts, unique_scope, \
    inserted_at, scheduled_at, finished_at, errors) \
    SELECT $id, CASE WHEN n % 10 = 0 THEN 'mail' ELSE 'notify' END, 'act', '{}', \
    CASE WHEN n % 500 = 0 THEN 2 WHEN n % 501 = 0 THEN 1 WHEN n % 502 = 0 THEN 6 WHEN n % 503 = 0 THEN 3 ELSE 5 END, \
    0, 1, 20, 0, n, n, CASE WHEN n % 500 = 0 OR n % 501 = 0 OR n % 503 = 0 THEN NULL ELSE n END, '[]' FROM numbers";

async fn filled(engine: Engine) -> (Store, Database) {
    let database = Database::new(engine).await;
    let store = Store::open(&Options::new(database.url())).await.unwrap();
    store.migrate(async |tx| migration::Migrator::up(tx, None).await).await.unwrap();
    let (numbers, id) = match engine {
        Engine::Sqlite => (
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)",
            "CAST(printf('%016d', n) AS BLOB)",
        ),
        Engine::Postgres => ("WITH numbers AS (SELECT generate_series(1, 20000) AS n)", "gen_random_uuid()"),
    };
    let sql = format!("{numbers} {}", FILL.replace("$id", id));
    store
        .migrate(async |tx| {
            tx.execute_unprepared(&sql).await?;
            tx.execute_unprepared("ANALYZE").await.map(drop)
        })
        .await
        .unwrap();
    (store, database)
}

/// The plan of a statement, as the engine tells it.
async fn plan(store: &Store, sql: &str, values: Vec<Value>) -> String {
    let db = store.reader();
    let (explain, place) = match db.get_database_backend() {
        DbBackend::Postgres => ("EXPLAIN", 0),
        _ => ("EXPLAIN QUERY PLAN", 3),
    };
    let rows = all(db, &format!("{explain} {sql}"), values).await.unwrap();
    rows.iter().map(|row| get::<String>(row, place).unwrap()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_uses(plan: &str, index: &str, what: &str) {
    assert!(plan.contains(index), "{what} does not use {index}:\n{plan}");
    let is_scan = |line: &str| {
        line.contains("Seq Scan on jobs") || (line.trim_start().starts_with("SCAN jobs") && !line.contains("USING"))
    };
    assert!(!plan.lines().any(is_scan), "{what} reads the table from end to end:\n{plan}");
}

async fn the_queue_is_served_by_its_indexes(engine: Engine) {
    let (store, database) = filled(engine).await;
    let backend = store.reader().get_database_backend();
    let (claim, values) = turn::claim_question(backend, "notify", 10, &["act"]);
    assert_uses(&plan(&store, &claim, values).await, "ix_jobs__claim", "a claim");
    let (stage, values) = turn::stage_question(backend, Moment::from_millis(20_000));
    assert_uses(&plan(&store, &stage, values).await, "ix_jobs__due", "what is due");
    assert_uses(&plan(&store, turn::OLD, vec![6_i16.into(), 50_i64.into()]).await, "ix_jobs__finished", "what is old");
    store.close().await.unwrap();
    drop(database);
}

async fn the_page_of_jobs_is_read_by_its_indexes(engine: Engine) {
    let (store, database) = filled(engine).await;
    let by_key = if engine == Engine::Postgres { "jobs_pkey" } else { "USING INDEX" };
    for (state, queue, index) in [
        (Some(StateName::Discarded), None, "ix_jobs__state"),
        (Some(StateName::Discarded), Some("mail"), "ix_jobs__state"),
        (None, None, by_key),
        (None, Some("mail"), by_key),
    ] {
        let filter = Filter { state, queue: queue.map(Into::into), name: None };
        let (sql, values) = admin::page_question(&filter, None, 30);
        let plan = plan(&store, &sql, values).await;
        assert_uses(&plan, index, &format!("{filter:?}"));
        assert!(
            !plan.contains("Sort") && !plan.to_uppercase().contains("TEMP B-TREE"),
            "{filter:?} is sorted:\n{plan}"
        );
    }
    store.close().await.unwrap();
    drop(database);
}

#[tokio::test]
async fn the_queue_is_served_by_its_indexes_on_sqlite() {
    the_queue_is_served_by_its_indexes(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_queue_is_served_by_its_indexes_on_postgresql() {
    the_queue_is_served_by_its_indexes(Engine::Postgres).await;
}

#[tokio::test]
async fn the_page_of_jobs_is_read_by_its_indexes_on_sqlite() {
    the_page_of_jobs_is_read_by_its_indexes(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_page_of_jobs_is_read_by_its_indexes_on_postgresql() {
    the_page_of_jobs_is_read_by_its_indexes(Engine::Postgres).await;
}
