//! A database with everything in it that serves people.

use live::Limits;
use model::{Answer, Board, Command, Done, Envelope, OpId, ProjectId, Recorded, Refusal, Stream};
use sea_orm::{ConnectionTrait, Value};
use std::{ops::Deref, sync::Arc};
use store::{Engine, Options, Store, Sync, Tasks};
use uuid::Uuid;
use vault::{KeyId, KeyRing, Vault};

use super::{Database, MovingClock, SeededChance};
use crate::{
    Actor, Cx, Outside, Post,
    account::Claim,
    execute,
    feed::stream_key,
    query,
    sql::{all, get},
};

/// The password of everybody in the house.
pub const PASSWORD: &str = "slow copper kettle";

/// How mails leave if a test does not say: they stay in memory.
const IN_MEMORY: &str = "memory:";

fn post(way: &str) -> Post {
    let config = way.parse().expect("a way for mails");
    Post {
        transport: mail::Transport::open(&config).expect("a way that can be gone"),
        from: "Muster <muster@norrvik.example>".parse().expect("an address"),
        brand: mail::Brand {
            name: "Muster".into(),
            home: mail::Link::parse("https://tasks.norrvik.example").expect("a link"),
        },
    }
}

/// A house of its own for one test. It derefs to its [`Cx`].
#[derive(Debug)]
pub struct House {
    cx: Cx,
    /// Its clock.
    pub clock: Arc<MovingClock>,
    /// Its chance.
    pub chance: Arc<SeededChance>,
    tasks: Tasks,
    // Last, so that the database goes away after what uses it.
    database: Database,
}

impl Deref for House {
    type Target = Cx;
    fn deref(&self) -> &Cx {
        &self.cx
    }
}

impl House {
    /// A house over a fresh database. Its commits survive the process only, which is all that a test needs.
    pub async fn open(engine: Engine) -> Self {
        Self::over(Database::new(engine).await, Sync::Process, 1).await
    }

    /// A house over a database that may hold something already. The seed must then be another one than before, or ids
    /// come again.
    pub async fn over(database: Database, sync: Sync, seed: u64) -> Self {
        let key = KeyId::new(1).expect("1 is a key's number");
        Self::with_ring(database, sync, seed, KeyRing::generate(key, [7; 32]).expect("a key")).await
    }

    /// The same with another ring than that of one key.
    pub async fn with_ring(database: Database, sync: Sync, seed: u64, ring: KeyRing) -> Self {
        Self::furnished(database, sync, seed, ring, IN_MEMORY).await
    }

    /// A house over a fresh database whose mails leave like this, as `--mail` says it.
    pub async fn with_mail(engine: Engine, way: &str) -> Self {
        let key = KeyId::new(1).expect("1 is a key's number");
        let ring = KeyRing::generate(key, [7; 32]).expect("a key");
        Self::furnished(Database::new(engine).await, Sync::Process, 1, ring, way).await
    }

    async fn furnished(database: Database, sync: Sync, seed: u64, ring: KeyRing, way: &str) -> Self {
        let clock = Arc::new(MovingClock::default());
        let chance = Arc::new(SeededChance::new(seed));
        let (tasks, nonces) = (Tasks::new(), chance.clone());
        let vault = Vault::new(ring, move || {
            let mut nonce = [0; 24];
            nonces.with(|random| random.fill(&mut nonce));
            nonce
        });
        let post = Arc::new(post(way));
        let outside = Outside {
            clock: clock.clone(),
            chance: chance.clone(),
            post,
            files: Arc::new(object_store::memory::InMemory::new()),
        };
        let store = Store::open(&Options { sync, ..Options::new(database.url()) }).await.unwrap();
        let cx = Cx::open(store, Arc::new(vault), outside, Limits::default(), &tasks).await.unwrap();
        Self { cx, clock, chance, tasks, database }
    }

    /// Exchanges with other nodes over the same database who is where.
    pub fn share_presence(&self) {
        crate::presence::share(&self.cx, &self.tasks);
    }

    /// The database under it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Ends everything that runs in the house, and gives its database back.
    pub async fn close(self) -> Database {
        self.cx.hub().drain().await;
        self.tasks.stop().await;
        self.cx.store().close().await.unwrap();
        self.database
    }

    /// The ring that is in use.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.cx.vault.ring()
    }

    /// The vault.
    pub fn vault(&self) -> Arc<Vault> {
        self.cx.vault.clone()
    }

    /// Keeps a value of a person apart from the audit log, as entries with private values do; nothing in this program does yet.
    pub async fn keep_private(&self, entry: [u8; 16], person: model::PersonId, value: &str) {
        let value = self.cx.vault.seal(crate::keys::PRIVATE, entry, value.as_bytes());
        let (side, field, salt) = (ledger::Side::Beside, "address".to_owned(), [9; 32]);
        let kept = ledger::Kept { entry, side, field, person: Some(person.bytes()), salt, value };
        let rows = vec![ledger::keep(vec![kept])];
        self.cx.store().migrate(async |tx| store::insert_all(tx, rows).await).await.unwrap();
    }

    /// Opens what is kept so.
    pub async fn private(&self, entry: [u8; 16]) -> Option<String> {
        let sql = "SELECT value FROM ledger_private WHERE entry = $1";
        let rows = all(self.cx.store().reader(), sql, [Uuid::from_bytes(entry).into()]).await.unwrap();
        let sealed: Vec<u8> = get(rows.first()?, 0).unwrap();
        let plain = self.cx.vault.open(crate::keys::PRIVATE, entry, &sealed).ok()?;
        Some(String::from_utf8(plain.expose().clone()).unwrap())
    }

    /// Gives somebody another name, as one that edits a profile does.
    pub async fn rename(&self, person: model::PersonId, name: &str) {
        let sealed = self.cx.vault.seal(crate::keys::NAME, person.bytes(), name.as_bytes());
        self.tamper("UPDATE users SET name = $1 WHERE id = $2", vec![sealed.into(), person.into()]).await;
    }

    /// Somebody's name, as the database has it.
    pub async fn name_of(&self, person: model::PersonId) -> String {
        let rows =
            all(self.cx.store().reader(), "SELECT name FROM users WHERE id = $1", [person.into()]).await.unwrap();
        let sealed: Vec<u8> = get(rows.first().expect("the person"), 0).unwrap();
        let plain = self.cx.vault.open(crate::keys::NAME, person.bytes(), &sealed).unwrap();
        String::from_utf8(plain.expose().clone()).unwrap()
    }

    /// The addresses of everybody.
    pub async fn emails(&self) -> Vec<model::Email> {
        let rows = all(self.cx.store().reader(), "SELECT id FROM users ORDER BY id", []).await.unwrap();
        let mut emails = Vec::new();
        for row in &rows {
            let person = crate::sql::id(row, 0).unwrap();
            let db = self.cx.store().reader();
            emails.push(crate::directory::address(db, &self.cx.vault, person).await.unwrap().email);
        }
        emails
    }

    /// A new id.
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.chance.with(model::testing::Random::id)
    }

    /// A command under a new operation.
    pub fn envelope(&self, command: Command) -> Envelope {
        Envelope { op: self.id::<OpId>(), command }
    }

    /// Sends one command under a new operation.
    pub async fn execute(&self, actor: &Actor, command: Command) -> Answer {
        self.send(actor, self.envelope(command)).await
    }

    /// Sends one envelope.
    pub async fn send(&self, claim: impl Into<Claim>, envelope: Envelope) -> Answer {
        execute(&self.cx, claim, vec![envelope]).await.pop().expect("one answer")
    }

    /// Sends a command that must be done.
    pub async fn done(&self, actor: &Actor, command: Command) -> Done {
        match self.execute(actor, command.clone()).await {
            Answer::Done(done) => done,
            Answer::Refused(refusal) => panic!("{command:?} was refused: {refusal:?}"),
        }
    }

    /// Sends a command that must be refused.
    pub async fn refused(&self, actor: &Actor, command: Command) -> Refusal {
        match self.execute(actor, command.clone()).await {
            Answer::Done(done) => panic!("{command:?} was done: {done:?}"),
            Answer::Refused(refusal) => refusal,
        }
    }

    /// A project's board as its rows tell it.
    pub async fn board(&self, project: ProjectId) -> Board {
        query::snapshot(&self.cx, project).await.unwrap().expect("the project's rows")
    }

    /// A project's board as its feed tells it.
    pub async fn folded(&self, project: ProjectId) -> Board {
        Board::fold(project, &self.feed(Stream::Project(project)).await).expect("the project's feed")
    }

    /// A stream as sockets are told it.
    pub async fn feed(&self, stream: Stream) -> Vec<Recorded> {
        let feed = crate::Feed::new(self.cx.store().clone(), self.cx.markdown.clone());
        let entries = live::Feed::read(&feed, stream_key(stream), 0, 1_000_000).await.unwrap();
        let read = |entry: &live::Entry| -> Recorded {
            let recorded: Recorded = serde_json::from_str(&entry.json).unwrap();
            assert_eq!(recorded.seq, entry.seq);
            recorded
        };
        entries.iter().map(read).collect()
    }

    /// Writes into the database behind everybody's back.
    pub async fn tamper(&self, sql: &str, values: Vec<Value>) {
        let backend = self.cx.store().reader().get_database_backend();
        let statement = store::statement(backend, sql, values);
        self.cx.store().migrate(async |tx| tx.execute_raw(statement).await.map(|_| ())).await.unwrap();
    }

    /// Writes a backup of an SQLite database, as its own tools do beside a running server.
    pub async fn back_up(&self, to: &std::path::Path) {
        let beside = sea_orm::Database::connect(self.database.url()).await.unwrap();
        beside.execute_unprepared(&format!("VACUUM INTO '{}'", to.display())).await.unwrap();
        beside.close().await.unwrap();
    }

    /// Fills what is searched, as opening a house does.
    pub async fn fill_search(&self) {
        self.cx.store().migrate(async |tx| crate::search::fill(tx).await).await.unwrap();
    }

    /// How many rows each table has, and how far the streams are: equal before and after what leaves no trace.
    pub async fn trace(&self) -> Vec<(String, i64)> {
        let mut trace = Vec::new();
        for table in TABLES {
            trace.push((table.to_owned(), self.number(&format!("SELECT count(*) FROM {table}")).await));
        }
        let heads = "SELECT CAST(coalesce(sum(seq), 0) + coalesce(sum(numbered), 0) AS BIGINT) FROM streams";
        trace.push(("heads".into(), self.number(heads).await));
        trace
    }

    /// The one number that a question answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = all(self.cx.store().reader(), sql, []).await.unwrap();
        get(rows.first().expect("a number"), 0).unwrap()
    }

    /// The person whom a question to the database names.
    pub async fn person_with(&self, sql: &str) -> model::PersonId {
        let rows = all(self.cx.store().reader(), sql, []).await.unwrap();
        crate::sql::id(rows.first().expect("a person"), 0).unwrap()
    }
}

const TABLES: [&str; 22] = [
    "streams",
    "events",
    "ops",
    "text_versions",
    "users",
    "user_email_index",
    "sessions",
    "tokens",
    "projects",
    "members",
    "statuses",
    "tasks",
    "assignees",
    "labels",
    "task_labels",
    "watchers",
    "comments",
    "ledger_pending",
    "ledger_entries",
    "search_texts",
    "notices",
    "followed",
];
