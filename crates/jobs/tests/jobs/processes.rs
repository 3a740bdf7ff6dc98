//! Several processes, and processes that are killed.
//!
//! A child is this test binary again: it serves the queue and says which runs begin. The parent enqueues, kills, and looks.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use muster_jobs::{
    Desk, Enqueued, Job, Moment, NewJob, Outcome, Outside, Registry, Run, Runner, StateName, Times, Turn, TurnAnswer,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use store::{Engine, Tasks, kit::Database, statement};
use uuid::Uuid;

use crate::house::House;

/// With this in the environment the test is the child: the address of the database.
const CHILD: &str = "MUSTER_TEST_JOBS_CHILD";
const N_JOBS: u32 = 5_000;

/// The real clock, and chance that lets what failed come back at once.
struct System(AtomicU32);

impl Outside for System {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "two processes have no other clock in common")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Moment::from_millis(i64::try_from(since.as_millis()).unwrap())
    }

    fn chance(&self) -> f64 {
        0.0
    }

    fn id(&self) -> Uuid {
        let mut random = [0; 10];
        random[..4].copy_from_slice(&std::process::id().to_be_bytes());
        random[4..8].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let now = u64::try_from(self.now().as_millis()).unwrap();
        uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid()
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Does {
    /// Only says that it ran.
    Nothing,
    /// Never ends in its first attempt.
    HangOnce,
    /// Takes the process with it.
    Abort,
}

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    n: u32,
    does: Does,
}

impl Job<()> for Mark {
    const NAME: &'static str = "mark";
    const QUEUE: &'static str = "marks";
    const MAX_ATTEMPTS: u16 = 3;

    async fn run(self, (): &(), run: &Run) -> Outcome {
        {
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nran {} {}", self.n, run.attempt()).unwrap();
            out.flush().unwrap();
        }
        match self.does {
            Does::HangOnce if run.attempt() == 1 => std::future::pending().await,
            Does::Nothing | Does::HangOnce => Outcome::Done,
            Does::Abort => std::process::abort(),
        }
    }
}

/// Serves until nothing is left to do.
async fn child(url: &str) {
    let house = House::over(Database::of(url), 2).await;
    let (tasks, outside) = (Tasks::new(), Arc::new(System(AtomicU32::new(0))));
    let times = Times {
        poll: Duration::from_millis(50),
        lease: Duration::from_millis(1_500),
        renew: Duration::from_millis(400),
        ..Times::default()
    };
    Runner::new(house.store.clone(), house.desk.clone(), Registry::new().with::<Mark>(), (), outside)
        .bell(house.desk.bell())
        .limit("marks", 8)
        .times(times)
        .start(&tasks);
    while count(&house, "SELECT count(*) FROM jobs WHERE state < 5").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tasks.stop().await;
    house.close().await;
}

/// A process that is killed when it is dropped, also when the test fails.
struct Process(Child, Option<std::thread::JoinHandle<()>>);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
        // Then all has been heard that it said.
        let _ = self.1.take().map(std::thread::JoinHandle::join);
    }
}

impl Process {
    /// Waits until it has ended by itself, and answers whether in good order.
    fn ends(mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

/// The processes of a test, and what they say: which job began, in which attempt.
struct Fleet {
    test: &'static str,
    url: String,
    says: mpsc::Sender<(u32, u32)>,
    heard: mpsc::Receiver<(u32, u32)>,
    runs: HashMap<(u32, u32), u32>,
}

impl Fleet {
    fn new(test: &'static str, url: &str) -> Self {
        let (says, heard) = mpsc::channel();
        Self { test, url: url.to_owned(), says, heard, runs: HashMap::new() }
    }

    fn start(&self) -> Process {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args([self.test, "--exact", "--nocapture", "--test-threads", "1"]).env(CHILD, &self.url);
        let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap(), None);
        let (out, says) = (BufReader::new(process.0.stdout.take().unwrap()), self.says.clone());
        process.1 = Some(std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let mut words = line.split(' ');
                if let (Some("ran"), Some(n), Some(attempt)) = (words.next(), words.next(), words.next()) {
                    // The test may be over.
                    let _ = says.send((n.parse().unwrap(), attempt.parse().unwrap()));
                }
            }
        }));
        process
    }

    /// Listens until a run is said that is looked for.
    fn until(&mut self, mut is: impl FnMut(&HashMap<(u32, u32), u32>) -> bool) {
        while !is(&self.runs) {
            let run = self.heard.recv_timeout(Duration::from_mins(1)).expect("the children go on");
            *self.runs.entry(run).or_default() += 1;
        }
    }

    /// All that was said by processes that are gone.
    fn listen(&mut self) {
        while let Ok(run) = self.heard.try_recv() {
            *self.runs.entry(run).or_default() += 1;
        }
    }
}

async fn enqueue(house: &House, jobs: impl Iterator<Item = Mark>) -> Vec<Uuid> {
    let system = System(AtomicU32::new(0));
    let jobs = jobs.map(|job| NewJob::of::<(), _>(&job, system.id(), system.now()).unwrap()).collect();
    match house.desk.write(Turn::Enqueue(jobs)).await.unwrap() {
        TurnAnswer::Enqueued(enqueued) => enqueued.into_iter().map(Enqueued::id).collect(),
        other => panic!("{other:?}"),
    }
}

async fn count(house: &House, sql: &str) -> i64 {
    let db = house.store.reader();
    let sql = statement(db.get_database_backend(), sql, []);
    db.query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn n_completed(house: &House) -> i64 {
    count(house, "SELECT count(*) FROM jobs WHERE state = 5").await
}

/// On SQLite one process serves the file at a time, so the parent lets go of it.
async fn prepared(engine: Engine, jobs: impl Iterator<Item = Mark>) -> (Database, Vec<Uuid>) {
    let house = House::open(engine).await;
    let ids = enqueue(&house, jobs).await;
    (house.close().await, ids)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_eight_workers_each_run_five_thousand_jobs_exactly_once() {
    const NAME: &str = "processes::two_processes_with_eight_workers_each_run_five_thousand_jobs_exactly_once";
    if let Ok(url) = std::env::var(CHILD) {
        return child(&url).await;
    }
    let (database, _) = prepared(Engine::Postgres, (0..N_JOBS).map(|n| Mark { n, does: Does::Nothing })).await;
    let mut fleet = Fleet::new(NAME, database.url());
    let processes = [fleet.start(), fleet.start()];
    assert!(processes.map(Process::ends).into_iter().all(|is_in_order| is_in_order));
    fleet.listen();
    assert_eq!(fleet.runs.len(), N_JOBS as usize);
    assert!(fleet.runs.iter().all(|((_, attempt), times)| (*attempt, *times) == (1, 1)));
    let house = House::over(database, 3).await;
    assert_eq!(n_completed(&house).await, i64::from(N_JOBS));
    house.close().await;
}

/// Five thousand jobs, and the process that runs them is killed in the middle.
async fn none_is_lost(engine: Engine, name: &'static str) {
    if let Ok(url) = std::env::var(CHILD) {
        return child(&url).await;
    }
    let (database, ids) = prepared(engine, (0..N_JOBS).map(|n| Mark { n, does: Does::Nothing })).await;
    let mut fleet = Fleet::new(name, database.url());
    for share in [3, 2] {
        let process = fleet.start();
        fleet.until(|runs| runs.len() >= N_JOBS as usize / share);
        drop(process);
    }
    // What was run when the process was killed comes again, after its lease.
    assert!(fleet.start().ends());
    fleet.listen();
    let house = House::over(database, 3).await;
    assert_eq!(n_completed(&house).await, i64::from(N_JOBS));
    assert!(fleet.runs.values().all(|times| *times == 1), "no attempt is run twice");
    let again = fleet.runs.len() - ids.len();
    assert!(again <= 16, "only what was in the hands of a killed process runs again: {again}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_on_sqlite_loses_none_of_five_thousand_jobs() {
    none_is_lost(Engine::Sqlite, "processes::a_killed_process_on_sqlite_loses_none_of_five_thousand_jobs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_on_postgresql_loses_none_of_five_thousand_jobs() {
    none_is_lost(Engine::Postgres, "processes::a_killed_process_on_postgresql_loses_none_of_five_thousand_jobs").await;
}

/// A job in whose middle the process is killed, and one that kills its process every time.
async fn runs_again(engine: Engine, name: &'static str) {
    if let Ok(url) = std::env::var(CHILD) {
        return child(&url).await;
    }
    let (database, ids) = prepared(engine, std::iter::once(Mark { n: 1, does: Does::HangOnce })).await;
    let mut fleet = Fleet::new(name, database.url());
    let process = fleet.start();
    fleet.until(|runs| runs.contains_key(&(1, 1)));
    drop(process);
    assert!(fleet.start().ends());
    let house = House::over(database, 3).await;
    let seen = house.look(ids[0]).await;
    assert_eq!((seen.state, seen.attempt), (StateName::Completed, 2));
    assert_eq!(seen.errors[0].message, "the process that ran it is gone");

    let poison = enqueue(&house, std::iter::once(Mark { n: 2, does: Does::Abort })).await;
    let database = house.close().await;
    for _ in 0..3 {
        assert!(!fleet.start().ends());
    }
    assert!(fleet.start().ends());
    fleet.listen();
    let house = House::over(database, 4).await;
    let seen = house.look(poison[0]).await;
    assert_eq!((seen.state, seen.attempt, seen.errors.len()), (StateName::Discarded, 3, 3));
    let mut runs: Vec<_> = fleet.runs.into_iter().collect();
    runs.sort_unstable();
    assert_eq!(runs, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)].map(|run| (run, 1)));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_ran_runs_again_on_sqlite_and_what_kills_it_is_discarded() {
    runs_again(
        Engine::Sqlite,
        "processes::what_a_killed_process_ran_runs_again_on_sqlite_and_what_kills_it_is_discarded",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_ran_runs_again_on_postgresql_and_what_kills_it_is_discarded() {
    runs_again(
        Engine::Postgres,
        "processes::what_a_killed_process_ran_runs_again_on_postgresql_and_what_kills_it_is_discarded",
    )
    .await;
}
