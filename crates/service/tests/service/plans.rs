//! How the engines find what is looked for in tables that grow: by an index, never by reading them from end to end.

use muster_service::{both_engines, kit::House};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use store::{all, get};

/// The plan of a question, as the engine tells it.
async fn plan(house: &House, sql: &str, values: Vec<Value>) -> String {
    let snapshot = house.store().snapshot().await.unwrap();
    let db = &*snapshot;
    let (explain, place) = match db.get_database_backend() {
        DbBackend::Postgres => {
            // With a few rows a scan is cheaper; whether an index can be used is the question.
            db.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
            ("EXPLAIN", 0)
        }
        _ => ("EXPLAIN QUERY PLAN", 3),
    };
    let rows = all(db, &format!("{explain} {sql}"), values).await.unwrap();
    rows.iter().map(|row| get::<String>(row, place).unwrap()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_indexed(sql: &str, plan: &str) {
    assert!(plan.to_uppercase().contains("INDEX"), "{sql}\n{plan}");
    // SQLite says so when it reads a table, or an index, in the order of nothing that was asked.
    let is_scan = |line: &str| line.contains("Seq Scan") || (line.contains("SCAN ") && !line.contains("USING INDEX"));
    assert!(!plan.lines().any(is_scan), "{sql}\n{plan}");
    assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{sql} is sorted:\n{plan}");
}

both_engines! {
    async fn what_is_old_is_found_by_an_index(house) {
        let questions = house.forgetting();
        assert!(questions.len() >= 8);
        for (_, sql) in questions {
            let plan = plan(house, &sql, vec![1_i64.into()]).await;
            // In the order of time: not in that of the key, which would be all rows again.
            assert!(plan.contains("ix_"), "{sql}\n{plan}");
            assert_indexed(&sql, &plan);
        }
    }

    async fn the_page_of_mails_is_read_by_its_indexes(house) {
        for sql in house.mail_questions() {
            let mut values: Vec<Value> = vec![31_i64.into()];
            if sql.contains("$2") {
                values.push(house.id::<uuid::Uuid>().into());
            }
            assert_indexed(&sql, &plan(house, &sql, values).await);
        }
    }
}
