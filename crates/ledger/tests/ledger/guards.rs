//! The database refuses what is not adding at the end, and a guard that is gone is missed.

use muster_ledger::guards;
use sea_orm::ConnectionTrait as _;
use store::{Engine, get, one};

use crate::{
    both_engines,
    kit::{Do, signer},
};

both_engines! {
    async fn every_edit_and_every_row_out_of_order_is_refused(log) {
        log.append(0..40).await;
        log.seal().await;
        log.sign(&signer(1), 0).await;
        log.run(Do::NoteAnchored(signer(1), "file x", 40, 1)).await;
        log.append(40..41).await;
        assert_eq!(guards(log.store.reader()).await.unwrap(), Vec::<String>::new());
        let (mut refused, mut idle) = (Vec::new(), Vec::new());
        for (table, change, copy) in [
            ("ledger_entries", "action = 'x'", "position"),
            ("ledger_nodes", "level = 9", "place"),
            ("ledger_checkpoints", "size = 3", "number"),
            ("ledger_anchors", "sink = 'x'", "number"),
            ("ledger_private", "field = 'x'", "entry"),
        ] {
            refused.push(format!("UPDATE {table} SET {change}"));
            refused.push(format!("UPDATE {table} SET {change} WHERE {copy} = {copy}"));
            if table != "ledger_private" {
                refused.push(format!("DELETE FROM {table}"));
            }
            refused.push(format!("INSERT INTO {table} SELECT * FROM {table}"));
            match log.engine {
                Engine::Sqlite => {
                    refused.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
                    refused.push(format!("REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"));
                }
                Engine::Postgres => {
                    refused.push(format!("TRUNCATE {table}"));
                    idle.push((table, format!("INSERT INTO {table} SELECT * FROM {table} ON CONFLICT DO NOTHING")));
                    refused.push(format!("SET LOCAL session_replication_role = replica; UPDATE {table} SET {change}"));
                }
            }
        }
        refused.push("UPDATE ledger_pending SET body = body".into());
        let over = "INSERT INTO ledger_entries SELECT * FROM ledger_entries ON CONFLICT (position) DO UPDATE SET action = 'x'";
        if log.engine == Engine::Postgres {
            refused.push(over.into());
        }
        let columns = "at, kind, actor_kind, actor, action, object_kind, object, project, outcome";
        for position in ["41", "39", "-1"] {
            refused.push(format!(
                "INSERT INTO ledger_entries (position, body, hash, {columns}) \
                 SELECT {position}, body, hash, {columns} FROM ledger_entries WHERE position = 0"
            ));
        }
        for sql in refused {
            let done = log.store.migrate(async |tx| tx.execute_unprepared(&sql).await.map(|_| ())).await;
            let told = done.expect_err(&sql).to_string();
            // What may come in once at most is refused by the key before a guard is asked that looks at the whole statement.
            let is_refused = told.contains("entries of the ledger are only ever added") || told.contains("duplicate key");
            assert!(is_refused, "{sql}: {told}");
        }
        for (table, sql) in idle {
            let n = async || {
                let row = one(log.store.reader(), &format!("SELECT count(*) FROM {table}"), []).await.unwrap().unwrap();
                get::<i64>(&row, 0).unwrap()
            };
            let before = n().await;
            let _ = log.store.migrate(async |tx| tx.execute_unprepared(&sql).await.map(|_| ())).await;
            assert_eq!(n().await, before, "{sql}");
        }
    }

    async fn a_guard_that_is_gone_or_disabled_is_missed(log) {
        let sql = match log.engine {
            Engine::Sqlite => "DROP TRIGGER guard_ledger_nodes__update",
            Engine::Postgres => "ALTER TABLE ledger_nodes ENABLE TRIGGER guard_ledger_nodes__update",
        };
        log.store.migrate(async |tx| tx.execute_unprepared(sql).await.map(|_| ())).await.unwrap();
        assert_eq!(guards(log.store.reader()).await.unwrap(), ["guard_ledger_nodes__update"]);
    }
}
