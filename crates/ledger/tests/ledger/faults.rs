//! Every write and every sync of the database fails once, each in a life of its own, and the log is whole afterwards and has every
//! entry that was answered.
//!
//! On SQLite the system's calls themselves fail: `strace` (Linux) lets the n-th one on the database's files answer with an error,
//! for n from 1 until a whole life passes without one that fails. This is the method of Tessera's `integration/fault`. The child
//! is this test binary again.
//!
//! PostgreSQL writes in processes of its own, which end themselves when a sync fails and replay their log; what is ours there is
//! that a connection may be cut at any statement. So its connections are cut, again and again, while entries are sealed.

use muster_ledger::{Against, Sealed};
use std::{
    path::Path,
    process::{Command, Output},
};
use store::{Engine, Sync, all, get, kit::Database};

use crate::kit::{Do, Done, Log, id, signer};

/// With this in the environment the test is the child: the address of the database.
const CHILD: &str = "MUSTER_TEST_LEDGER_FAULTS";
/// How many entries one life appends.
const ENTRIES: u32 = 24;

/// Appends, seals and signs as long as it may, and says which entries were answered. What fails is not tried again.
async fn child(url: &str) {
    let log = Log::with(Engine::Sqlite, Database::of(url), Sync::Full).await;
    for first in (0..ENTRIES).step_by(8) {
        for n in [first, first + 4] {
            if log.tries_to_append(n..n + 4).await {
                println!("\nanswered {n}");
            }
        }
        log.tries(Do::Seal(1000)).await;
        log.tries(Do::Sign(signer(1), i64::from(first), vec![])).await;
    }
    // What the write-ahead log has is moved into the database when the last connection goes.
    let _ = log.store.checkpoint().await;
}

/// One life in which the `nth` of these calls fails with this error; answers what it said, and whether a call failed.
fn live(test: &str, path: &Path, call: &str, error: &str, nth: u32) -> (Vec<u32>, bool) {
    let calls = path.with_extension("calls");
    let path = path.to_str().unwrap();
    let Output { stdout, .. } = Command::new("strace")
        .args(["-f", "-qq", "-P", path, "-P", &format!("{path}-wal"), "-o"])
        .arg(&calls)
        .args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:error={error}:when={nth}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(CHILD, format!("sqlite://{path}"))
        .output()
        .expect("strace runs; it is a package of every Linux");
    let said = String::from_utf8_lossy(&stdout);
    let answered = said.lines().filter_map(|line| line.strip_prefix("answered ")?.parse().ok()).collect();
    let has_failed = std::fs::read_to_string(&calls).unwrap().contains("(INJECTED)");
    (answered, has_failed)
}

/// Seals what waits, and looks whether all is there.
async fn is_whole(log: &Log, answered: &[u32], what: &str) {
    while !matches!(log.run(Do::Seal(1000)).await, Done::Sealed(Sealed::Entries { n: 0, .. })) {}
    log.run(Do::Sign(signer(1), 1_000_000, vec![])).await;
    let verified = log.verify(Against::default()).await;
    let verified = verified.unwrap_or_else(|finding| panic!("{what}: {finding:?}"));
    let rows = all(log.store.reader(), "SELECT object FROM ledger_entries ORDER BY object", []).await.unwrap();
    let objects: Vec<uuid::Uuid> = rows.iter().map(|row| get(row, 0).unwrap()).collect();
    assert!(objects.windows(2).all(|pair| pair[0] < pair[1]), "{what}: an entry is there twice");
    assert_eq!(objects.len() as u64, verified.size, "{what}");
    for n in answered.iter().flat_map(|first| *first..*first + 4) {
        let object = uuid::Uuid::from_bytes(id(3, n));
        assert!(objects.binary_search(&object).is_ok(), "{what}: entry {n} was answered and is gone");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_write_and_every_sync_that_fails_once_leaves_a_whole_log() {
    if let Ok(url) = std::env::var(CHILD) {
        return child(&url).await;
    }
    let test = "faults::every_write_and_every_sync_that_fails_once_leaves_a_whole_log";
    let (folder, mut n_failed) = (tempfile::tempdir().unwrap(), 0);
    let (empty, path) = (folder.path().join("empty.db"), folder.path().join("life.db"));
    let url = |path: &Path| format!("sqlite://{}", path.display());
    let log = Log::over(Engine::Sqlite, Database::of(&url(&empty))).await;
    log.migrate().await;
    log.close().await;
    for (call, error) in [("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("fdatasync", "EIO"), ("ftruncate", "EIO")] {
        for nth in 1.. {
            for old in ["life.db", "life.db-wal", "life.db-shm"] {
                let _ = std::fs::remove_file(folder.path().join(old));
            }
            std::fs::copy(&empty, &path).unwrap();
            let what = format!("{call} {nth}: {error}");
            let (answered, has_failed) = live(test, &path, call, error, nth);
            if !has_failed {
                assert_eq!(answered.len(), 6, "{what}: a life without a failure answers everything");
                break;
            }
            n_failed += 1;
            let log = Log::over(Engine::Sqlite, Database::of(&url(&path))).await;
            is_whole(&log, &answered, &what).await;
            log.close().await;
        }
    }
    println!("{n_failed} calls failed, each in a life of its own");
    assert!(n_failed > 40, "only {n_failed} calls were made to fail");
}

/// Cuts all connections of this database but its own.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_at_any_moment_leave_a_whole_log_on_postgresql() {
    let log = Log::new(Engine::Postgres).await;
    // One connection: it must not cut itself.
    let mut one = sea_orm::ConnectOptions::new(log.url());
    one.max_connections(1);
    let knife = sea_orm::Database::connect(one).await.unwrap();
    let (mut answered, mut n_cut) = (Vec::new(), 0);
    for round in 0..20_u32 {
        let first = round * 100;
        let work = async {
            let mut done = Vec::new();
            for n in (first..first + 16).step_by(4) {
                if log.tries_to_append(n..n + 4).await {
                    done.push(n);
                }
                log.tries(Do::Seal(1000)).await;
                log.tries(Do::Sign(signer(1), i64::from(n), vec![])).await;
            }
            done
        };
        let cut = async {
            // Each round some journeys later, so that the knife falls between all sorts of statements.
            for _ in 0..round * 4 {
                all(&knife, "SELECT 1", []).await.unwrap();
            }
            all(&knife, CUT, []).await.unwrap().len()
        };
        let (done, n) = futures::join!(work, cut);
        answered.extend(done);
        n_cut += n;
    }
    assert!(n_cut > 10, "only {n_cut} connections were cut");
    assert!(answered.len() > 20, "only {} of 80 were answered", answered.len());
    // Whoever comes with whole connections finds everything.
    let whole = Log::over(Engine::Postgres, Database::of(log.url())).await;
    is_whole(&whole, &answered, "cut").await;
    whole.close().await;
}
