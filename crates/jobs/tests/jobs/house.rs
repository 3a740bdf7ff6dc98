//! A fresh database with a desk, a clock that moves, and some jobs that do what a test needs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use migration::MigratorTrait;
use muster_jobs::{
    Desk, Enqueued, Failure, Job, Moment, NewJob, Order, Outcome, Outside, OwnDesk, Registry, Run, Runner, Scope,
    StateName, Times, Turn, TurnAnswer, Unique, kit::MovingOutside,
};
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};
use store::{Engine, Options, Store, Sync, Tasks, kit::Database, statement};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

/// 2026-11-23T10:00:00Z.
pub(crate) const START: Moment = Moment::from_millis(1_795_428_000_000);

/// Makes two tests of each function, `sqlite::name` and `postgres::name`, each with a [`House`] of its own.
macro_rules! both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($house:ident) $body:block)+) => {
        $($(#[$doc])* async fn $name($house: &$crate::house::House) $body)+

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let house = $crate::house::House::open(store::Engine::Sqlite).await;
                    super::$name(&house).await;
                    house.close().await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let house = $crate::house::House::open(store::Engine::Postgres).await;
                    super::$name(&house).await;
                    house.close().await;
                }
            )+
        }
    };
}
pub(crate) use both_engines;

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) desk: Arc<OwnDesk>,
    pub(crate) outside: Arc<MovingOutside>,
    pub(crate) world: World,
    writers: Tasks,
    // Last, so that the database goes away after what uses it.
    pub(crate) database: Database,
}

impl House {
    pub(crate) async fn open(engine: Engine) -> Self {
        Self::over(Database::new(engine).await, 1).await
    }

    /// Another process over a database that is there.
    pub(crate) async fn over(database: Database, seed: u16) -> Self {
        let options = Options { sync: Sync::Process, ..Options::new(database.url()) };
        let store = Store::open(&options).await.unwrap();
        store.migrate(async |tx| migration::Migrator::up(tx, None).await).await.unwrap();
        let writers = Tasks::new();
        let desk = Arc::new(OwnDesk::start(&store, &writers));
        let outside = Arc::new(MovingOutside::at(START, seed));
        Self { store, desk, outside, world: World::default(), writers, database }
    }

    pub(crate) async fn close(self) -> Database {
        self.writers.stop().await;
        self.store.close().await.unwrap();
        self.database
    }

    /// A runner with little patience.
    pub(crate) fn runner(&self) -> Runner<World, Arc<OwnDesk>> {
        let registry = Registry::new().with::<Act>();
        let times = Times { poll: Duration::from_millis(20), stop: Duration::from_millis(200), ..Times::default() };
        Runner::new(self.store.clone(), self.desk.clone(), registry, self.world.clone(), self.outside.clone())
            .bell(self.desk.bell())
            .times(times)
    }

    /// Starts it, and answers who stops it.
    pub(crate) fn start(&self) -> Tasks {
        let tasks = Tasks::new();
        self.runner().start(&tasks);
        tasks
    }

    pub(crate) fn job(&self, job: &Act) -> NewJob {
        NewJob::of::<World, _>(job, self.outside.id(), self.outside.now()).unwrap()
    }

    pub(crate) async fn enqueue(&self, jobs: Vec<NewJob>) -> Vec<Enqueued> {
        match self.desk.write(Turn::Enqueue(jobs)).await.unwrap() {
            TurnAnswer::Enqueued(enqueued) => enqueued,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn give(&self, act: Act) -> Uuid {
        self.enqueue(vec![self.job(&act)]).await[0].id()
    }

    pub(crate) async fn order(&self, order: Order) -> u64 {
        match self.desk.write(Turn::Order(order)).await.unwrap() {
            TurnAnswer::Changed(n) => n,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn look(&self, id: Uuid) -> Seen {
        let sql = "SELECT state, attempt, scheduled_at, errors, unique_key FROM jobs WHERE id = $1";
        let one = statement(self.store.reader().get_database_backend(), sql, [id.into()] as [Value; 1]);
        let row = self.store.reader().query_one_raw(one).await.unwrap().expect("a job with this id");
        let code: i16 = row.try_get_by_index(0).unwrap();
        let errors: String = row.try_get_by_index(3).unwrap();
        Seen {
            state: StateName::ALL.into_iter().find(|state| state.code() == code).unwrap(),
            attempt: row.try_get_by_index(1).unwrap(),
            at: Moment::from_millis(row.try_get_by_index(2).unwrap()),
            errors: serde_json::from_str(&errors).unwrap(),
            key: row.try_get_by_index(4).unwrap(),
        }
    }

    pub(crate) async fn n_jobs(&self) -> i64 {
        let sql = statement(self.store.reader().get_database_backend(), "SELECT count(*) FROM jobs", []);
        self.store.reader().query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Looks again and again until the job is in this state; the runner writes it after the run has ended.
    pub(crate) async fn until(&self, id: Uuid, state: StateName) -> Seen {
        let wait = async {
            loop {
                let seen = self.look(id).await;
                if seen.state == state {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let Ok(seen) = tokio::time::timeout(Duration::from_secs(20), wait).await else {
            panic!("the job did not become {state:?}; it is {:?}", self.look(id).await)
        };
        seen
    }
}

/// What a test looks at in a row.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) state: StateName,
    pub(crate) attempt: i16,
    pub(crate) at: Moment,
    pub(crate) errors: Vec<Failure>,
    pub(crate) key: Option<String>,
}

/// What the jobs can see: a gate that a test opens, and a list of what began.
#[derive(Clone, Debug)]
pub(crate) struct World(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    gate: Semaphore,
    began: watch::Sender<HashMap<u32, u32>>,
    ended: Mutex<Vec<u32>>,
}

impl Default for World {
    fn default() -> Self {
        let shared = Shared { gate: Semaphore::new(0), began: watch::Sender::default(), ended: Mutex::default() };
        Self(Arc::new(shared))
    }
}

impl World {
    /// Lets so many jobs through that wait.
    pub(crate) fn open(&self, n: usize) {
        self.0.gate.add_permits(n);
    }

    /// How often a job began.
    pub(crate) fn n_began(&self, n: u32) -> u32 {
        self.0.began.borrow().get(&n).copied().unwrap_or(0)
    }

    /// Waits until a job has begun so often.
    pub(crate) async fn until_began(&self, n: u32, times: u32) {
        let mut began = self.0.began.subscribe();
        let wait = began.wait_for(|began| began.get(&n).copied().unwrap_or(0) >= times);
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the job begins").unwrap();
    }

    /// Which jobs have ended, in their order.
    pub(crate) fn ended(&self) -> Vec<u32> {
        self.0.ended.lock().unwrap().clone()
    }
}

/// A job that does what a test needs. `n` tells them apart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) n: u32,
    pub(crate) does: Does,
    pub(crate) key: Option<(String, KeyScope)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Does {
    Done,
    Fail,
    Cancel,
    Snooze,
    Panic,
    /// Takes longer than it may.
    Hang,
    /// Waits until the gate opens.
    Wait,
    /// Waits until it is told to end, and then fails.
    UntilCancelled,
    /// Waits for ever, whatever it is told.
    Deaf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyScope {
    Waiting,
    Unfinished,
    Minute,
    Ever,
}

pub(crate) fn act(n: u32, does: Does) -> Act {
    Act { n, does, key: None }
}

impl Act {
    pub(crate) fn key(mut self, key: &str, scope: KeyScope) -> Self {
        self.key = Some((key.to_owned(), scope));
        self
    }
}

impl Job<World> for Act {
    const NAME: &'static str = "act";
    const QUEUE: &'static str = "default";
    const MAX_ATTEMPTS: u16 = 3;

    fn unique(&self) -> Option<Unique> {
        let (key, scope) = self.key.clone()?;
        let scope = match scope {
            KeyScope::Waiting => Scope::WhileWaiting,
            KeyScope::Unfinished => Scope::WhileUnfinished,
            KeyScope::Minute => Scope::PerPeriod(Duration::from_mins(1)),
            KeyScope::Ever => Scope::ForEver,
        };
        Some(Unique { key, scope })
    }

    fn timeout(&self) -> Option<Duration> {
        (self.does == Does::Hang).then_some(Duration::from_millis(20))
    }

    async fn run(self, world: &World, run: &Run) -> Outcome {
        world.0.began.send_modify(|began| *began.entry(self.n).or_default() += 1);
        let outcome = match self.does {
            Does::Done => Outcome::Done,
            Does::Fail => Outcome::retry("it failed"),
            Does::Cancel => Outcome::Cancel("there is no point".to_owned()),
            Does::Snooze => Outcome::Snooze(Duration::from_mins(1)),
            Does::Panic => panic!("a job panics"),
            Does::Hang | Does::Deaf => std::future::pending().await,
            Does::Wait => {
                world.0.gate.acquire().await.unwrap().forget();
                Outcome::Done
            }
            Does::UntilCancelled => {
                run.cancelled().cancelled().await;
                Outcome::retry("it was told to end")
            }
        };
        world.0.ended.lock().unwrap().push(self.n);
        outcome
    }
}
