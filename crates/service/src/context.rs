//! What every use case is given: the database, the writer, the vault, the clock and chance.

use model::{Instant, Refusal, Stream};
use object_store::ObjectStore;
use sea_orm::DbErr;
use std::sync::Arc;
use store::{Lane, Store, StoreError, Tasks, Writer, WriterStats};
use vault::Vault;

use crate::{
    account::{Hasher, Passes},
    audit,
    batch::{Answer, Batches, Bells, Item},
    directory::Directory,
    feed::Feed,
    inbox::Follower,
    keys,
    markdown::Markdown,
    post::Post,
};

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Instant;
}

/// Where randomness comes from; good enough for secrets.
pub trait Chance: Send + Sync + 'static {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "this is where the clock comes in")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Instant::from_ms(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// The system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::expect_used, reason = "a system without randomness cannot keep secrets; nothing may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives randomness");
    }
}

/// The outside world.
#[derive(Clone)]
pub struct Outside {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Mail.
    pub post: Arc<Post>,
    /// Where files are kept.
    pub files: Arc<dyn ObjectStore>,
}

impl Outside {
    /// The real one.
    #[must_use]
    pub fn real(post: Post, files: Arc<dyn ObjectStore>) -> Self {
        Self { clock: Arc::new(SystemClock), chance: Arc::new(SystemChance), post: Arc::new(post), files }
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside")
    }
}

/// What every use case is given. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Cx(Arc<Inner>);

impl std::fmt::Debug for Cx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cx").field("store", &self.store).finish_non_exhaustive()
    }
}

/// What a [`Cx`] points to; its parts are this crate's own.
pub struct Inner {
    pub(crate) store: Store,
    pub(crate) hub: Arc<live::Hub<Feed>>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) outside: Outside,
    pub(crate) directory: Directory,
    pub(crate) markdown: Arc<Markdown>,
    pub(crate) bells: Bells,
    pub(crate) audit: audit::Shared,
    pub(crate) keys: keys::Shared,
    pub(crate) hasher: Hasher,
    pub(crate) passes: Passes,
    /// Tells this node apart from others over the same database, for as long as it runs.
    pub(crate) node: u64,
    writer: Writer<Batches>,
}

impl std::ops::Deref for Cx {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Cx {
    /// Opens the house over a database: brings the schema up to date, reads the directory of people, starts the writer
    /// and the pumps. `tasks` owns what runs in the background.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn open(
        store: Store,
        vault: Arc<Vault>,
        outside: Outside,
        limits: live::Limits,
        tasks: &Tasks,
    ) -> Result<Self, StoreError> {
        crate::backup::migrate(&store).await?;
        store.migrate(async |tx| crate::search::fill(tx).await).await?;
        let markdown = Arc::new(Markdown::new(store.clone()));
        let hub = Arc::new(live::Hub::start(Feed::new(store.clone(), markdown.clone()), limits));
        let bells = Bells::default();
        let directory = Directory::load(&store, &vault).await?;
        let writer =
            Writer::start(&store, Batches::new(hub.clone(), vault.clone(), outside.clone(), bells.clone()), tasks);
        let (hasher, passes) = (Hasher::default(), Passes::new(&vault));
        let audit = audit::Shared::default();
        let node = u64::from_be_bytes(outside.random());
        Ok(Self(Arc::new(Inner {
            store,
            hub,
            vault,
            outside,
            directory,
            markdown,
            bells,
            audit,
            keys: keys::Shared::default(),
            hasher,
            passes,
            node,
            writer,
        })))
    }

    /// Fills inboxes from now on, as a server does; `tasks` owns what follows the feeds.
    pub fn follow(&self, tasks: &Tasks) {
        Follower::start(self.clone(), tasks);
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.outside.clock.now()
    }

    /// The hub through which sockets follow streams.
    #[must_use]
    pub fn hub(&self) -> &live::Hub<Feed> {
        &self.hub
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the writer counted.
    #[must_use]
    pub fn writer_stats(&self) -> &WriterStats {
        self.writer.stats()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        self.outside.random()
    }

    pub(crate) fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        model::new_id(self.now(), self.random())
    }

    pub(crate) async fn write(&self, lane: Lane, item: Item) -> Result<Answer, Refusal> {
        self.put(lane, item).await.map_err(|e| refuse_store(&e))
    }

    pub(crate) async fn put(&self, lane: Lane, item: Item) -> Result<Answer, StoreError> {
        self.writer.write(lane, item).await
    }
}

impl Outside {
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }
}

/// A refusal for what the store could not do. The log has the cause; the person has a number to find it by.
pub(crate) fn refuse_store(error: &StoreError) -> Refusal {
    match error {
        StoreError::Full => Refusal::Busy { after_s: 1 },
        StoreError::Stopped => Refusal::Busy { after_s: 5 },
        StoreError::Database(e) => refuse(e),
        StoreError::UnknownEngine | StoreError::InUse(_) | StoreError::File { .. } => fault(error),
    }
}

/// A refusal for what the database could not do.
pub(crate) fn refuse(error: &DbErr) -> Refusal {
    match error.sql_err() {
        // Whoever creates a thing brings its id; a second one with that id is a collision or a repeat from elsewhere.
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => Refusal::IdTaken,
        _ => fault(error),
    }
}

pub(crate) fn fault(error: &dyn std::error::Error) -> Refusal {
    let mut number = [0; 4];
    SystemChance.fill(&mut number);
    let reference = format!("{:08x}", u32::from_be_bytes(number));
    tracing::error!(fault.reference = reference, error = %error, "fault {reference}");
    Refusal::Fault { reference }
}

/// The streams of a piece of work in the order in which they are locked.
pub(crate) fn in_lock_order(mut streams: Vec<Stream>) -> Vec<Stream> {
    streams.sort_unstable();
    streams.dedup();
    streams
}
