//! A process that is killed in the middle of sealing, again and again, leaves a log that is whole and has every entry once.
//!
//! The child is this test binary again: it appends, seals and signs until it is killed.

use muster_ledger::Against;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};
use store::{Engine, all, get, kit::Database};

use crate::kit::{Do, Log, signer};

/// With this in the environment the test is the child: the address of the database, and its first number.
const CHILD: &str = "MUSTER_TEST_LEDGER_KILLED";
const ROUNDS: u32 = 6;

/// Kills what it holds, also when the test fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ends by being killed.
async fn child(orders: &str) {
    let (first, url) = orders.split_once(' ').unwrap();
    let engine = if url.starts_with("sqlite") { Engine::Sqlite } else { Engine::Postgres };
    let log = Log::over(engine, Database::of(url)).await;
    let mut next: u32 = first.parse().unwrap();
    loop {
        let sealed = async {
            log.run(Do::Seal(13)).await;
            log.run(Do::Sign(signer(1), i64::from(next), vec![])).await;
        };
        futures::join!(log.append(next..next + 10), sealed);
        next += 10;
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nanswered {next}").unwrap();
        out.flush().unwrap();
    }
}

async fn killed_again_and_again(test: &str, engine: Engine) {
    if let Ok(orders) = std::env::var(CHILD) {
        return child(&orders).await;
    }
    let log = Log::new(engine).await;
    for round in 0..ROUNDS {
        let first = round * 10_000;
        let spawned = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CHILD, format!("{first} {}", log.url()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut killed = Killed(spawned.unwrap());
        let lines = BufReader::new(killed.0.stdout.take().unwrap()).lines();
        let answers = lines.map_while(Result::ok).filter(|line| line.starts_with("answered"));
        let answered = answers.take(3 + round as usize).last().expect("the child answers");
        drop(killed);
        let answered: u32 = answered.rsplit(' ').next().unwrap().parse().unwrap();
        while !matches!(
            log.run(Do::Seal(1000)).await,
            crate::kit::Done::Sealed(muster_ledger::Sealed::Entries { n: 0, .. })
        ) {}
        let verified = log.verify(Against::default()).await.unwrap();
        let rows = all(log.store.reader(), "SELECT object FROM ledger_entries ORDER BY object", []).await.unwrap();
        let objects: Vec<uuid::Uuid> = rows.iter().map(|row| get(row, 0).unwrap()).collect();
        assert!(objects.windows(2).all(|pair| pair[0] < pair[1]), "an entry is there twice");
        assert_eq!(objects.len() as u64, verified.size);
        for n in first..answered {
            let id = uuid::Uuid::from_bytes(crate::kit::id(3, n));
            assert!(objects.binary_search(&id).is_ok(), "entry {n} was answered and is gone");
        }
    }
    log.close().await;
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_killed_sealer_leaves_a_whole_log() {
        super::killed_again_and_again("killed::sqlite::a_killed_sealer_leaves_a_whole_log", super::Engine::Sqlite)
            .await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_killed_sealer_leaves_a_whole_log() {
        super::killed_again_and_again("killed::postgres::a_killed_sealer_leaves_a_whole_log", super::Engine::Postgres)
            .await;
    }
}
