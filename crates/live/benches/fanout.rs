//! What one delivery costs: from a publish to the item in the hand of the task that would write it.
//!
//! One thread, so that the time is CPU time. Criterion's time per element is the time per delivery: encoding, queue,
//! wake-up and the reader's turn are in it, the write to a socket is not.

#![expect(clippy::expect_used, reason = "a measurement that cannot be made says so by panicking")]

use std::hint::black_box;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use muster_live::{Entry, Feed, FeedError, Hub, Item, Limits, Outbox, PersonKey, SessionKey, SocketHandle, StreamKey};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const ROOM: StreamKey = StreamKey { kind: 1, id: [1; 16] };

/// A feed whose entries are all the same 300 bytes.
#[derive(Clone, Default)]
struct Same(Arc<AtomicI64>);

impl Feed for Same {
    async fn read(&self, _: StreamKey, after: i64, limit: usize) -> Result<Vec<Entry>, FeedError> {
        let head = self.0.load(Ordering::Relaxed);
        Ok((after + 1..=head).take(limit).map(|seq| Entry { seq, json: json(), signal: None }).collect())
    }

    async fn heads(&self, streams: &[StreamKey]) -> Result<Vec<(StreamKey, i64)>, FeedError> {
        Ok(streams.iter().map(|stream| (*stream, self.0.load(Ordering::Relaxed))).collect())
    }
}

fn json() -> Arc<str> {
    static JSON: OnceLock<Arc<str>> = OnceLock::new();
    Arc::clone(JSON.get_or_init(|| format!(r#"{{"text":"{}"}}"#, "x".repeat(289)).into()))
}

/// A room with a reader's task for each socket.
struct Room {
    hub: Hub<Same>,
    feed: Same,
    arrived: Arc<AtomicUsize>,
    all: Arc<Notify>,
    n_sockets: usize,
    _handles: Vec<SocketHandle<Same>>,
    _readers: JoinSet<()>,
}

impl Room {
    async fn with(n_sockets: usize) -> Self {
        let feed = Same::default();
        let hub = Hub::start(feed.clone(), Limits { sockets_per_person: n_sockets, ..Limits::default() });
        let (arrived, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (mut handles, mut readers) = (Vec::new(), JoinSet::new());
        for _ in 0..n_sockets {
            let (handle, outbox) = hub.connect(PersonKey([1; 16]), SessionKey([1; 16])).expect("within the limits");
            handle.join(ROOM, 0, async || Ok::<_, ()>(0)).await.expect("access is granted");
            handles.push(handle);
            readers.spawn(read(outbox, n_sockets, Arc::clone(&arrived), Arc::clone(&all)));
        }
        let room = Self { hub, feed, arrived, all, n_sockets, _handles: handles, _readers: readers };
        room.publish(1).await;
        room
    }

    /// Writes `n` entries and waits until everybody has the last.
    async fn publish(&self, n: i64) {
        self.arrived.store(0, Ordering::Relaxed);
        let head = self.feed.0.fetch_add(n, Ordering::Relaxed) + n;
        self.hub.publish(ROOM, head);
        while self.arrived.load(Ordering::Relaxed) < self.n_sockets * usize::try_from(n).expect("it is small") {
            self.all.notified().await;
        }
    }
}

async fn read(mut outbox: Outbox, n_sockets: usize, arrived: Arc<AtomicUsize>, all: Arc<Notify>) {
    while let Some(item) = outbox.next().await {
        if let Item::Events(frame) = item {
            // What a host does with it: one more reference to the text.
            black_box(frame.text.clone());
            let n = usize::try_from(frame.last - frame.first + 1).expect("it is small");
            if (arrived.fetch_add(n, Ordering::Relaxed) + n).is_multiple_of(n_sockets) {
                all.notify_one();
            }
        }
    }
}

fn fanout(criterion: &mut Criterion) {
    let runtime: Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be built");
    let mut group = criterion.benchmark_group("delivery");
    for (n_sockets, n_entries) in [(50, 1), (5_000, 1), (5_000, 64)] {
        let room = runtime.block_on(Room::with(n_sockets));
        group.throughput(Throughput::Elements(n_sockets as u64 * n_entries));
        group.bench_function(BenchmarkId::new(format!("{n_sockets} sockets"), format!("{n_entries} at once")), |b| {
            b.to_async(&runtime).iter(|| room.publish(i64::try_from(n_entries).expect("it is small")));
        });
        runtime.block_on(room.hub.drain());
    }
    group.finish();
}

criterion_group!(benches, fanout);
criterion_main!(benches);
