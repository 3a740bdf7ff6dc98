//! What the writer promises, on SQLite; the same through the product's own work is tested on both engines in `service`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use muster_store::{Lane, Options, Store, StoreError, Sync, Tasks, Work, Writer, statement};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Inserts numbers into a table that refuses doubles; panics at 13.
struct Insert {
    batches: Arc<AtomicUsize>,
}

impl Work for Insert {
    type Item = i64;
    type Answer = i64;

    async fn run(&self, tx: &DatabaseTransaction, items: &[i64]) -> Result<Vec<i64>, DbErr> {
        for n in items {
            assert_ne!(*n, 13, "unlucky");
            let insert = statement(tx.get_database_backend(), "INSERT INTO t (n) VALUES ($1)", [(*n).into()]);
            tx.execute_raw(insert).await?;
        }
        Ok(items.to_vec())
    }
    async fn run_at_once(&self, _: &DatabaseConnection, _: &[i64]) -> Result<Option<Vec<i64>>, DbErr> {
        Ok(None)
    }
    fn shard(&self, item: &i64) -> u64 {
        item.unsigned_abs()
    }
    fn committed(&self, _: &mut [i64], _: Duration) {
        self.batches.fetch_add(1, Ordering::SeqCst);
    }
}

struct House {
    store: Store,
    writer: Arc<Writer<Insert>>,
    tasks: Tasks,
    batches: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/t.db", folder.path().display());
    let store = Store::open(&Options { sync: Sync::Process, ..Options::new(url) }).await.unwrap();
    let create = async |tx: &DatabaseTransaction| {
        tx.execute_unprepared("CREATE TABLE t (n INTEGER PRIMARY KEY)").await.map(|_| ())
    };
    store.migrate(create).await.unwrap();
    let (tasks, batches) = (Tasks::new(), Arc::new(AtomicUsize::new(0)));
    let writer = Arc::new(Writer::start(&store, Insert { batches: batches.clone() }, &tasks));
    House { store, writer, tasks, batches, folder }
}

impl House {
    async fn count(&self) -> i64 {
        let one = statement(self.store.reader().get_database_backend(), "SELECT count(*) FROM t", []);
        self.store.reader().query_one_raw(one).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }
}

#[tokio::test]
async fn many_writes_share_few_commits() {
    let house = house().await;
    let all = (100..400).map(|n| house.writer.write(Lane::People, n));
    for answer in futures::future::join_all(all).await {
        answer.unwrap();
    }
    assert_eq!(house.count().await, 300);
    assert!(house.batches.load(Ordering::SeqCst) <= 30);
}

#[tokio::test]
async fn one_that_fails_does_not_hurt_its_neighbours() {
    let house = house().await;
    house.writer.write(Lane::People, 7).await.unwrap();
    let all = [5, 6, 7, 8, 9].map(|n| house.writer.write(Lane::People, n));
    let answers = futures::future::join_all(all).await;
    let failed: Vec<bool> = answers.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, false, true, false, false]);
    assert_eq!(house.count().await, 5);
}

#[tokio::test]
async fn one_that_panics_is_rolled_back_and_the_writer_goes_on() {
    let house = house().await;
    let all = [12, 13, 14].map(|n| house.writer.write(Lane::People, n));
    let answers = futures::future::join_all(all).await;
    assert!(matches!(answers[1], Err(StoreError::Database(_))));
    house.writer.write(Lane::Background, 15).await.unwrap();
    assert_eq!(house.count().await, 3);
}

#[tokio::test]
async fn a_dropped_caller_does_not_stop_the_write() {
    let house = house().await;
    {
        let mut write = Box::pin(house.writer.write(Lane::People, 1));
        // One poll queues it; then the caller goes away.
        assert!(futures::poll!(&mut write).is_pending());
    }
    house.writer.write(Lane::People, 2).await.unwrap();
    assert_eq!(house.count().await, 2);
}

#[tokio::test]
async fn a_stop_finishes_what_was_queued() {
    let house = house().await;
    let mut write = Box::pin(house.writer.write(Lane::People, 1));
    assert!(futures::poll!(&mut write).is_pending());
    house.tasks.stop().await;
    assert_eq!(write.await.unwrap(), 1);
    assert!(matches!(house.writer.write(Lane::People, 2).await, Err(StoreError::Stopped)));
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let house = house().await;
    let url = format!("sqlite://{}/t.db", house.folder.path().display());
    assert!(matches!(Store::open(&Options::new(url)).await, Err(StoreError::InUse(_))));
}

#[tokio::test]
async fn readers_cannot_write() {
    let house = house().await;
    assert!(house.store.reader().execute_unprepared("INSERT INTO t VALUES (1)").await.is_err());
}

#[tokio::test]
async fn the_log_is_moved_into_the_file_beside_the_writer() {
    let house = house().await;
    house.writer.write(Lane::People, 1).await.unwrap();
    let file = house.folder.path().join("t.db");
    let before = std::fs::metadata(&file).unwrap().len();
    for n in 100..1_100 {
        house.writer.write(Lane::Background, n).await.unwrap();
    }
    assert_eq!(std::fs::metadata(&file).unwrap().len(), before, "a commit does not pay for it");
    house.store.checkpoint().await.unwrap();
    assert!(std::fs::metadata(&file).unwrap().len() > before);
}
