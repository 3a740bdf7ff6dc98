//! What is found, in which order, and that pages hold while entries arrive.

use muster_ledger::{Filter, covering, page, proof_text};
use sea_orm::ConnectionTrait as _;
use store::{Engine, all, get};
use uuid::Uuid;

use crate::{
    both_engines,
    kit::{Log, START_MS, id, signer},
};

async fn positions(log: &Log, filter: &Filter) -> Vec<u64> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = page(log.store.reader(), filter, after, 7).await.unwrap();
        assert!(page.entries.len() == 7 || page.next.is_none());
        found.extend(page.entries.iter().map(|entry| entry.position));
        if page.next.is_none() {
            return found;
        }
        after = page.next;
    }
}

both_engines! {
    async fn each_filter_finds_its_entries_and_all_together_their_intersection(log) {
        log.append(0..100).await;
        log.seal().await;
        let of = |fits: &dyn Fn(u64) -> bool| (0..100).rev().filter(|n| fits(*n)).collect::<Vec<u64>>();
        let uuid = |family, n| Some(Uuid::from_bytes(id(family, n)));
        let all = Filter::default();
        assert_eq!(positions(log, &all).await, of(&|_| true));
        let filter = Filter { actor: uuid(2, 3), ..all.clone() };
        assert_eq!(positions(log, &filter).await, of(&|n| n % 5 == 3));
        let filter = Filter { project: uuid(4, 1), ..all.clone() };
        assert_eq!(positions(log, &filter).await, of(&|n| n % 4 == 1));
        let filter = Filter { object: uuid(3, 42), ..all.clone() };
        assert_eq!(positions(log, &filter).await, [42]);
        let filter = Filter { action: Some("action_6".into()), ..all.clone() };
        assert_eq!(positions(log, &filter).await, of(&|n| n % 7 == 6));
        let at = |n: i64| Some((START_MS + n) * 1000);
        let filter = Filter { from_us: at(20), until_us: at(60), ..all.clone() };
        assert_eq!(positions(log, &filter).await, of(&|n| (20..60).contains(&n)));
        let filter = Filter { actor: uuid(2, 3), project: uuid(4, 1), ..filter };
        assert_eq!(positions(log, &filter).await, of(&|n| (20..60).contains(&n) && n % 5 == 3 && n % 4 == 1));
        let nobody = Filter { actor: uuid(2, 99), ..all };
        assert_eq!(positions(log, &nobody).await, Vec::<u64>::new());
    }

    async fn pages_hold_while_entries_arrive(log) {
        log.append(0..30).await;
        log.seal().await;
        let first = page(log.store.reader(), &Filter::default(), None, 10).await.unwrap();
        log.append(30..60).await;
        log.seal().await;
        let second = page(log.store.reader(), &Filter::default(), first.next, 10).await.unwrap();
        let told = |page: &muster_ledger::Page| page.entries.iter().map(|entry| entry.position).collect::<Vec<_>>();
        assert_eq!((told(&first), told(&second)), ((20..30).rev().collect(), (10..20).rev().collect()));
    }

    async fn every_filter_has_an_index_in_its_order(log) {
        log.append(0..60).await;
        log.seal().await;
        let snapshot = log.store.snapshot().await.unwrap();
        let db = &*snapshot;
        for (column, value) in [("project", true), ("actor", true), ("object", true), ("action", false)] {
            let value = match (value, log.engine) {
                (false, _) => "'x'",
                (true, Engine::Sqlite) => "x'00000000000000000000000000000000'",
                (true, Engine::Postgres) => "'00000000-0000-0000-0000-000000000000'",
            };
            let explain = match log.engine {
                Engine::Sqlite => "EXPLAIN QUERY PLAN",
                Engine::Postgres => "EXPLAIN",
            };
            let sql = format!(
                "{explain} SELECT position, body, at FROM ledger_entries WHERE true AND {column} = {value} \
                 AND (at, position) < (5, 5) ORDER BY at DESC, position DESC LIMIT 51"
            );
            if log.engine == Engine::Postgres {
                // With a few rows a scan is cheaper; whether the index can be used is the question.
                db.execute_unprepared("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off").await.unwrap();
            }
            let place = if log.engine == Engine::Sqlite { 3 } else { 0 };
            let rows = all(db, &sql, []).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| get(row, place).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(&format!("ix_ledger_entries__{column}")), "{column}: {plan}");
            assert!(!plan.to_uppercase().contains("TEMP B-TREE"), "{column}: {plan}");
        }
    }

    async fn a_proof_is_of_the_first_checkpoint_that_covers_the_entry(log) {
        log.append(0..10).await;
        log.seal().await;
        let first = log.sign(&signer(1), 0).await;
        log.append(10..20).await;
        log.seal().await;
        let second = log.sign(&signer(1), 1).await;
        log.append(20..21).await;
        log.seal().await;
        let db = log.store.reader();
        assert_eq!(covering(db, 9).await.unwrap(), Some(first.clone()));
        assert_eq!(covering(db, 10).await.unwrap(), Some(second));
        let proof = proof_text(db, 9).await.unwrap().unwrap();
        assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nextra ") && proof.contains("\nindex 9\n"));
        assert!(proof.ends_with(&first.note));
        assert_eq!(proof_text(db, 20).await.unwrap(), None, "nothing covers it yet");
        assert!(proof_text(db, 21).await.is_err());
    }
}
