//! A log of a test's own, and entries for it.

use migration::MigratorTrait as _;
use muster_ledger::{
    Actor, Against, By, Change, Checkpoint, Commitment, Erase, Finding, Kept, Leaf, LedgerError, Object, Outcome,
    Private, Sealed, Side, Signer, TreeHead, Value, Verified, append, erase, keep, note_anchored, restart_epoch, seal,
    sign, size, verify,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use store::{Engine, Insert, Lane, Options, Store, Sync, Tasks, Work, Writer, insert_all, kit::Database};

/// When the log begins.
pub(crate) const START_MS: i64 = 1_795_867_200_000;

/// Makes two tests of each function, each with an empty log of its own.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$doc:meta])* async fn $name:ident($log:ident) $body:block)+) => {
        $($(#[$doc])* async fn $name($log: &$crate::kit::Log) $body)+
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let log = $crate::kit::Log::new(store::Engine::Sqlite).await;
                super::$name(&log).await;
                log.close().await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let log = $crate::kit::Log::new(store::Engine::Postgres).await;
                super::$name(&log).await;
                log.close().await;
            })+
        }
    };
}

/// A piece of work in a transaction of the writer.
#[derive(Debug)]
pub(crate) enum Do {
    Append(Vec<Vec<u8>>, Vec<Kept>),
    Seal(u16),
    /// Seals, and then something goes wrong.
    SealInVain,
    Sign(Signer, i64, Vec<TreeHead>),
    NoteAnchored(Signer, &'static str, u64, i64),
    Erase(Erase),
    Restart(Option<TreeHead>),
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Done {
    Yes,
    Sealed(Sealed),
    Signed(Option<Checkpoint>),
    Erased(usize),
    Epoch(u32),
    /// It was not done, and nothing was written.
    No(LedgerError),
}

struct Hands;

impl Work for Hands {
    type Item = Do;
    type Answer = Done;

    async fn run(&self, tx: &DatabaseTransaction, items: &[Do]) -> Result<Vec<Done>, DbErr> {
        let mut done = Vec::new();
        for item in items {
            done.push(one(tx, item).await?);
        }
        Ok(done)
    }

    async fn run_at_once(&self, _: &DatabaseConnection, _: &[Do]) -> Result<Option<Vec<Done>>, DbErr> {
        Ok(None)
    }

    fn shard(&self, _: &Do) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    fn committed(&self, _: &mut [Done], _: Duration) {}
}

async fn one(tx: &DatabaseTransaction, item: &Do) -> Result<Done, DbErr> {
    let roll_back = |error: LedgerError| DbErr::Custom(error.to_string());
    Ok(match item {
        Do::Append(leaves, kept) => {
            insert_all(tx, vec![append(leaves.clone()), keep(kept.clone())]).await?;
            Done::Yes
        }
        Do::Seal(limit) => Done::Sealed(seal(tx, *limit).await.map_err(roll_back)?),
        Do::SealInVain => {
            seal(tx, 1000).await.map_err(roll_back)?;
            return Err(DbErr::Custom("the sealer crashed".into()));
        }
        Do::Sign(signer, at_ms, anchored) => {
            sign(tx, signer, *at_ms, anchored).await.map_or_else(Done::No, Done::Signed)
        }
        Do::NoteAnchored(signer, sink, size, at_ms) => {
            note_anchored(tx, signer, sink, *size, *at_ms).await.map_err(roll_back)?;
            Done::Yes
        }
        Do::Erase(what) => {
            let mut n = 0_u8;
            let next = || {
                n += 1;
                [0xE0 + n; 16]
            };
            Done::Erased(erase(tx, *what, by(), next).await?)
        }
        Do::Restart(lost) => {
            let epoch = restart_epoch(tx, lost.as_ref(), "the disk broke", by(), [0xEE; 16]).await;
            Done::Epoch(epoch.map_err(roll_back)?)
        }
    })
}

fn by() -> By<'static> {
    By { at_us: START_MS * 1000, actor: Actor { kind: "person", id: Some([9; 16]) }, session: None }
}

/// A log over a fresh database, or another node over the same one.
pub(crate) struct Log {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    writer: Writer<Hands>,
    tasks: Tasks,
    database: Database,
}

impl Log {
    pub(crate) async fn new(engine: Engine) -> Self {
        let log = Self::over(engine, Database::new(engine).await).await;
        log.migrate().await;
        log
    }

    pub(crate) async fn migrate(&self) {
        self.store.migrate(async |tx| migration::Migrator::up(tx, None).await).await.unwrap();
    }

    /// Another process over the same database.
    pub(crate) async fn beside(&self) -> Self {
        Self::over(self.engine, Database::of(self.database.url())).await
    }

    pub(crate) async fn over(engine: Engine, database: Database) -> Self {
        Self::with(engine, database, Sync::Process).await
    }

    /// With commits that are as sure as this.
    pub(crate) async fn with(engine: Engine, database: Database, sync: Sync) -> Self {
        let options = Options { sync, sole: false, ..Options::new(database.url()) };
        let (store, tasks) = (Store::open(&options).await.unwrap(), Tasks::new());
        Self { writer: Writer::start(&store, Hands, &tasks), store, engine, tasks, database }
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    pub(crate) async fn close(self) {
        self.tasks.stop().await;
        self.store.close().await.unwrap();
    }

    /// Does something that may fail; answers whether it was done.
    pub(crate) async fn tries(&self, item: Do) -> bool {
        self.writer.write(Lane::People, item).await.is_ok()
    }

    /// Appends entries with these numbers in one transaction, which may fail.
    pub(crate) async fn tries_to_append(&self, numbers: std::ops::Range<u32>) -> bool {
        let (leaves, kept): (Vec<_>, Vec<_>) = numbers.map(|n| (leaf(n), private(n))).unzip();
        self.tries(Do::Append(leaves, kept.into_iter().flatten().collect())).await
    }

    pub(crate) async fn run(&self, item: Do) -> Done {
        self.writer.write(Lane::People, item).await.unwrap()
    }

    pub(crate) async fn fails(&self, item: Do) -> String {
        match self.writer.write(Lane::People, item).await {
            Ok(done) => panic!("it was done: {done:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Appends entries with these numbers, a transaction for every few.
    pub(crate) async fn append(&self, numbers: std::ops::Range<u32>) {
        for some in numbers.collect::<Vec<_>>().chunks(16) {
            let (leaves, kept): (Vec<_>, Vec<_>) = some.iter().map(|n| (leaf(*n), private(*n))).unzip();
            self.run(Do::Append(leaves, kept.into_iter().flatten().collect())).await;
        }
    }

    pub(crate) async fn seal(&self) -> u64 {
        match self.run(Do::Seal(1000)).await {
            Done::Sealed(Sealed::Entries { size, .. }) => size,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn sign(&self, signer: &Signer, after_ms: i64) -> Checkpoint {
        match self.run(Do::Sign(signer.clone(), START_MS + after_ms, vec![])).await {
            Done::Signed(Some(checkpoint)) => checkpoint,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn size(&self) -> u64 {
        size(self.store.reader()).await.unwrap()
    }

    pub(crate) async fn verify(&self, against: Against) -> Result<Verified, Finding> {
        let snapshot = self.store.snapshot().await.unwrap();
        verify(&*snapshot, against, &opened).await.unwrap()
    }

    /// Lets somebody with all rights work in the database, looks, and undoes it.
    pub(crate) async fn if_somebody(&self, sql: &[String], against: Against) -> Result<Verified, Finding> {
        let mut verdict = None;
        let undone = self
            .store
            .migrate(async |tx| {
                for statement in sql {
                    tx.execute_unprepared(statement).await.map_err(|e| DbErr::Custom(format!("{statement}: {e}")))?;
                }
                verdict = Some(verify(tx, against, &opened).await?);
                Err(DbErr::Custom("undone".into()))
            })
            .await;
        assert!(matches!(&undone, Err(DbErr::Custom(told)) if told == "undone"), "{undone:?}");
        verdict.unwrap()
    }

    /// Writes past the crate, as it is.
    pub(crate) async fn insert(&self, rows: Insert) -> Result<(), DbErr> {
        self.store.migrate(async |tx| insert_all(tx, vec![rows]).await).await
    }
}

/// Private values lie here as they are.
#[expect(clippy::unnecessary_wraps, reason = "an opener may fail")]
pub(crate) fn opened(kept: &Kept) -> Option<Vec<u8>> {
    Some(kept.value.clone())
}

pub(crate) fn signer(seed: u8) -> Signer {
    Signer::new([&[seed; 32]])
}

/// The keys that sign `name`.
pub(crate) fn trusting(name: &str, signer: &Signer) -> Against {
    Against { keys: signer.public(name), ..Against::default() }
}

pub(crate) fn id(family: u8, n: u32) -> [u8; 16] {
    let mut id = [family; 16];
    id[12..].copy_from_slice(&n.to_be_bytes());
    id
}

/// Private values of every third entry: what the name became, and an address.
pub(crate) fn private(n: u32) -> Vec<Kept> {
    let kept = |side, field: &str, value: String| Kept {
        entry: id(1, n),
        side,
        field: field.into(),
        person: Some(id(2, n % 5)),
        salt: [u8::try_from(n % 251).unwrap(); 32],
        value: value.into_bytes(),
    };
    if n.is_multiple_of(3) {
        vec![kept(Side::New, "name", format!("Ines {n}")), kept(Side::Beside, "address", format!("10.0.0.{n}"))]
    } else {
        Vec::new()
    }
}

/// The entry with this number: each differs from the others in everything.
pub(crate) fn leaf(n: u32) -> Vec<u8> {
    let (action, kind) = (format!("action_{}", n % 7), format!("kind_{}", n % 3));
    let commitments: Vec<Commitment> = private(n).iter().map(|kept| kept.commitment(&kept.value)).collect();
    Leaf {
        kind: &kind,
        entry: id(1, n),
        at_us: (START_MS + i64::from(n)) * 1000,
        actor: Actor { kind: ["person", "system"][n as usize % 2], id: Some(id(2, n % 5)) },
        session: None,
        action: &action,
        object: Object { kind: ["task", "project"][n as usize % 2], id: Some(id(3, n)) },
        project: Some(id(4, n % 4)),
        outcome: [Outcome::Done, Outcome::Refused, Outcome::Failed][n as usize % 3],
        changes: commitments
            .first()
            .map(|new| Change { field: "name", old: Value::Absent, new: Value::Committed(*new) })
            .into_iter()
            .collect(),
        request: None,
        private: commitments
            .get(1)
            .map(|commitment| Private { field: "address", commitment: *commitment })
            .into_iter()
            .collect(),
    }
    .encode()
}
