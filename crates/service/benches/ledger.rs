//! What the audit log costs: changes a second with it and without, in turns on the same database; and how long an entry waits for
//! its position while 2,000 come each second. Commits are durable, as in production.
//!
//! `cargo bench -p muster-service --bench ledger`; PostgreSQL when `MUSTER_TEST_POSTGRES` names one. `-- --quick` for
//! short rounds, to see that it works.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking, and prints what it found")]

use futures::future::join_all;
use model::Answer;
use muster_service::{
    Cx,
    audit::Keeper,
    execute,
    kit::{Database, Engine, House, Project, Sync, create_task, without_ledger},
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use store::Tasks;
use tokio::task::JoinSet;

const CLIENTS: usize = 64;
/// How many entries come each second, and in how many portions.
const RATE: usize = 2_000;
const PORTIONS: u32 = 100;

/// How long rounds take, and how many there are.
#[derive(Clone, Copy)]
struct Pace {
    rounds: usize,
    round: Duration,
    stream: Duration,
}

fn main() {
    let is_quick = std::env::args().any(|word| word == "--quick");
    let of =
        |rounds, round, stream| Pace { rounds, round: Duration::from_secs(round), stream: Duration::from_secs(stream) };
    let pace = if is_quick { of(1, 1, 2) } else { of(9, 4, 30) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (name, engine) in [("SQLite", Engine::Sqlite), ("PostgreSQL", Engine::Postgres)] {
        if engine == Engine::Postgres && std::env::var_os("MUSTER_TEST_POSTGRES").is_none() {
            continue;
        }
        runtime.block_on(async {
            let house = House::over(Database::new(engine).await, Sync::Full, 1).await;
            let project = house.project("BEN").await;
            overhead(name, &house, &project, pace).await;
            delay(name, &house, &project, pace).await;
            house.close().await;
        });
    }
}

async fn create(house: &House, project: &Project) {
    let command = create_task(project, house.id(), "Check the fence before the first delivery");
    let answers = execute(house, &project.lead, vec![house.envelope(command)]).await;
    assert!(matches!(answers[..], [Answer::Done(_)]), "{answers:?}");
}

/// Changes a second with so many clients, each of which sends its next when the last is answered.
async fn rate(house: &House, project: &Project, round: Duration) -> f64 {
    let (began, done) = (Instant::now(), Mutex::new(0_u32));
    join_all((0..CLIENTS).map(|_| async {
        while began.elapsed() < round {
            create(house, project).await;
            *done.lock().unwrap() += 1;
        }
    }))
    .await;
    f64::from(*done.lock().unwrap()) / began.elapsed().as_secs_f64()
}

async fn overhead(name: &str, house: &House, project: &Project, pace: Pace) {
    rate(house, project, pace.round / 4).await;
    let mut rounds = Vec::new();
    for _ in 0..pace.rounds {
        without_ledger(true);
        let without = rate(house, project, pace.round).await;
        without_ledger(false);
        let tasks = Tasks::new();
        let keeper = Keeper::new(house, vec![]);
        keeper.start(&tasks);
        let with = rate(house, project, pace.round).await;
        tasks.stop().await;
        keeper.settle().await.unwrap();
        rounds.push((without, with, with / without));
    }
    let median = |of: fn(&(f64, f64, f64)) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (without, with, ratio) = (median(|r| r.0), median(|r| r.1), median(|r| r.2));
    println!(
        "{name}: {with:.0} changes/s with the ledger, {without:.0} without: {:+.1} % (median of {} pairs; {CLIENTS} clients)",
        (ratio - 1.0) * 100.0,
        pace.rounds
    );
}

async fn delay(name: &str, house: &House, project: &Project, pace: Pace) {
    let keeper = Keeper::new(house, vec![]);
    let cx: Cx = Cx::clone(house);
    let base = keeper.settle().await.unwrap().size;
    let tasks = Tasks::new();
    keeper.start(&tasks);
    let answered: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let n = RATE * usize::try_from(pace.stream.as_secs()).unwrap();
    let stream = async {
        let (mut sent, began) = (JoinSet::new(), Instant::now());
        let portion = RATE / PORTIONS as usize;
        for turn in 0..n / portion {
            let due = Duration::from_secs(1) / PORTIONS * u32::try_from(turn).unwrap();
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
            for _ in 0..portion {
                let envelope = house.envelope(create_task(project, house.id(), "Check the fence"));
                let (cx, lead, answered) = (cx.clone(), project.lead, answered.clone());
                sent.spawn(async move {
                    let answers = execute(&cx, &lead, vec![envelope]).await;
                    assert!(matches!(answers[..], [Answer::Done(_)]), "{answers:?}");
                    answered.lock().unwrap().push(Instant::now());
                });
            }
        }
        sent.join_all().await;
        began.elapsed()
    };
    let mut delays = Vec::with_capacity(n);
    let watch = async {
        while delays.len() < n {
            let sealed = ledger::size(house.store().reader()).await.unwrap() - base;
            let now = Instant::now();
            {
                let answered = answered.lock().unwrap();
                // Entries get their positions in the order in which they were written.
                let known = usize::try_from(sealed).unwrap().min(answered.len());
                while delays.len() < known {
                    delays.push(now.saturating_duration_since(answered[delays.len()]));
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (took, ()) = tokio::join!(stream, watch);
    tasks.stop().await;
    delays.sort_unstable();
    let ms = |part: usize| delays[(delays.len() * part / 1000).min(delays.len() - 1)].as_millis();
    println!(
        "{name}: {n} entries in {:.1} s; from the answer to the position: median {} ms, 99 of 100 {} ms, 999 of 1000 {} ms, slowest {} ms",
        took.as_secs_f64(),
        ms(500),
        ms(990),
        ms(999),
        ms(1000)
    );
}
