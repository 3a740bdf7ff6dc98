//! A feed in memory, a reader that checks what it is given, and chance that can be repeated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use muster_live::{
    Entry, Feed, FeedError, Frame, Hub, Item, JoinError, Limits, Outbox, PersonKey, Reason, SessionKey, Signal,
    SocketHandle, StreamKey,
};

pub(crate) const FENCE: StreamKey = StreamKey { kind: 1, id: [1; 16] };
pub(crate) const SHED: StreamKey = StreamKey { kind: 1, id: [2; 16] };
pub(crate) const INES: PersonKey = PersonKey([1; 16]);
pub(crate) const OTTO: PersonKey = PersonKey([2; 16]);
/// How long a reader waits before the test fails; in most tests this time is paused and costs nothing.
const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const REMOVED: Reason = Reason(1);

/// A session for a person, numbered.
pub(crate) fn session(n: u8) -> SessionKey {
    SessionKey([n; 16])
}

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Kept>);

#[derive(Default)]
struct Kept {
    streams: Mutex<HashMap<StreamKey, Vec<Entry>>>,
    reads: AtomicUsize,
    down: AtomicBool,
    panics: AtomicBool,
    chance: Mutex<Option<Chance>>,
}

impl Memory {
    pub(crate) fn write(&self, stream: StreamKey) -> i64 {
        self.write_with(stream, 0, None)
    }

    pub(crate) fn signal(&self, stream: StreamKey, signal: Signal) -> i64 {
        self.write_with(stream, 0, Some(signal))
    }

    /// Writes an entry of at least `bytes`.
    pub(crate) fn write_with(&self, stream: StreamKey, bytes: usize, signal: Option<Signal>) -> i64 {
        let mut streams = self.streams();
        let entries = streams.entry(stream).or_default();
        let seq = entries.last().map_or(0, |entry| entry.seq) + 1;
        entries.push(Entry { seq, json: json(seq, bytes).into(), signal });
        seq
    }

    /// Loses the entries up to `seq`, as no feed should.
    pub(crate) fn lose_until(&self, stream: StreamKey, seq: i64) {
        self.streams().entry(stream).or_default().retain(|entry| entry.seq > seq);
    }

    /// Writes an old entry anew, as an erasure does.
    pub(crate) fn redact(&self, stream: StreamKey, seq: i64) {
        for entry in self.streams().entry(stream).or_default().iter_mut().filter(|entry| entry.seq == seq) {
            entry.json = "null".into();
        }
    }

    pub(crate) fn head(&self, stream: StreamKey) -> i64 {
        self.streams().get(&stream).and_then(|entries| entries.last()).map_or(0, |entry| entry.seq)
    }

    /// Whether a person may read at this moment, and the head of the same moment. A [`Reason`] of 0 gives access back.
    pub(crate) fn may(&self, stream: StreamKey, person: PersonKey) -> Result<i64, &'static str> {
        let streams = self.streams();
        let entries = streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let ended = entries.iter().rev().find_map(|entry| match entry.signal {
            Some(Signal::AccessEnded { person: whose, .. }) if whose == person => Some(true),
            _ if entry.json.contains("given back") => Some(false),
            _ => None,
        });
        if ended == Some(true) { Err("may not") } else { Ok(entries.last().map_or(0, |entry| entry.seq)) }
    }

    /// The first entry after `head` that ends somebody's access.
    pub(crate) fn next_end(&self, stream: StreamKey, head: i64) -> Option<i64> {
        let ends = |entry: &&Entry| entry.seq > head && matches!(entry.signal, Some(Signal::AccessEnded { .. }));
        self.streams().get(&stream)?.iter().find(ends).map(|entry| entry.seq)
    }

    /// Gives access back to everybody it was taken from.
    pub(crate) fn give_back(&self, stream: StreamKey) -> i64 {
        let seq = self.write(stream);
        if let Some(entry) = self.streams().entry(stream).or_default().last_mut() {
            entry.json = format!(r#"{{"seq":{seq},"is":"given back"}}"#).into();
        }
        seq
    }

    /// Lets every answer wait for a random number of turns from now on.
    pub(crate) fn dawdle(&self, chance: Chance) {
        *self.0.chance.lock().unwrap() = Some(chance);
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.0.down.store(down, Ordering::SeqCst);
    }

    /// The next read panics.
    pub(crate) fn panic_once(&self) {
        self.0.panics.store(true, Ordering::SeqCst);
    }

    pub(crate) fn reads(&self) -> usize {
        self.0.reads.load(Ordering::SeqCst)
    }

    /// Those who hold the feed, this one among them.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<StreamKey, Vec<Entry>>> {
        self.0.streams.lock().unwrap()
    }

    async fn wait(&self) {
        let turns = self.0.chance.lock().unwrap().as_mut().map_or(0, |chance| chance.below(4));
        yields(turns).await;
    }
}

impl Feed for Memory {
    async fn read(&self, stream: StreamKey, after: i64, limit: usize) -> Result<Vec<Entry>, FeedError> {
        self.wait().await;
        self.0.reads.fetch_add(1, Ordering::SeqCst);
        assert!(!self.0.panics.swap(false, Ordering::SeqCst), "as the test asked");
        if self.0.down.load(Ordering::SeqCst) {
            return Err(FeedError::Unavailable("down".into()));
        }
        let found = {
            let streams = self.streams();
            let entries = streams.get(&stream).map_or(&[][..], Vec::as_slice);
            let from = entries.partition_point(|entry| entry.seq <= after);
            entries[from..].iter().take(limit).cloned().collect()
        };
        self.wait().await;
        Ok(found)
    }

    async fn heads(&self, streams: &[StreamKey]) -> Result<Vec<(StreamKey, i64)>, FeedError> {
        if self.0.down.load(Ordering::SeqCst) {
            return Err(FeedError::Unavailable("down".into()));
        }
        Ok(streams.iter().map(|stream| (*stream, self.head(*stream))).collect())
    }
}

fn json(seq: i64, bytes: usize) -> String {
    format!(r#"{{"seq":{seq},"pad":"{}"}}"#, "x".repeat(bytes))
}

/// A hub on a feed in memory.
pub(crate) struct House {
    pub(crate) feed: Memory,
    pub(crate) hub: Hub<Memory>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let feed = Memory::default();
        Self { hub: Hub::start(feed.clone(), limits), feed }
    }

    pub(crate) fn connect(&self, person: PersonKey) -> (SocketHandle<Memory>, Outbox) {
        self.hub.connect(person, session(person.0[0])).unwrap()
    }

    /// Connects, joins `stream` from its head on, and reads the answer.
    pub(crate) async fn watcher(&self, person: PersonKey, stream: StreamKey) -> (SocketHandle<Memory>, Reader) {
        let (socket, outbox) = self.connect(person);
        let since = self.feed.head(stream);
        self.join(&socket, stream, since).await.unwrap();
        let mut reader = Reader::new(outbox, stream, since);
        reader.joined().await;
        // Looks once whether it missed something: from here on it is live.
        reader.take_waiting();
        (socket, reader)
    }

    pub(crate) async fn join(
        &self,
        socket: &SocketHandle<Memory>,
        stream: StreamKey,
        since: i64,
    ) -> Result<(), JoinError<&'static str>> {
        let person = socket.person();
        socket.join(stream, since, async || self.feed.may(stream, person)).await
    }

    /// Writes one entry and tells.
    pub(crate) fn say(&self, stream: StreamKey) -> i64 {
        let seq = self.feed.write(stream);
        self.hub.publish(stream, seq);
        seq
    }

    /// Writes `n` entries of at least `bytes` and tells once, with the last.
    pub(crate) fn say_many(&self, stream: StreamKey, n: usize, bytes: usize) {
        for _ in 0..n {
            self.feed.write_with(stream, bytes, None);
        }
        self.hub.publish(stream, self.feed.head(stream));
    }
}

/// Reads an outbox and checks that what it gives of one stream is without gap and without double.
pub(crate) struct Reader {
    pub(crate) outbox: Outbox,
    pub(crate) stream: StreamKey,
    /// The last number it was given, or told to have.
    pub(crate) last: i64,
    pub(crate) resyncs: Vec<i64>,
    pub(crate) gone: Option<Reason>,
    pub(crate) head: i64,
    pub(crate) frames: usize,
    ch: u32,
}

impl Reader {
    pub(crate) fn new(outbox: Outbox, stream: StreamKey, since: i64) -> Self {
        Self { outbox, stream, last: since, resyncs: Vec::new(), gone: None, head: 0, frames: 0, ch: 0 }
    }

    #[track_caller]
    pub(crate) fn take(&mut self, item: &Item) {
        assert_eq!(item.stream(), Some(self.stream), "{item:?}");
        match item {
            Item::Events(frame) => self.take_frame(frame),
            Item::Joined { ch, head, .. } => {
                (self.ch, self.head, self.gone) = (*ch, *head, None);
            }
            Item::Resync { head, .. } => {
                assert!(self.resyncs.last() != Some(head), "told twice to resync at {head}");
                self.resyncs.push(*head);
                self.last = *head;
            }
            Item::Gone { reason, .. } => self.gone = Some(*reason),
            Item::People(_) => assert_eq!(self.gone, None, "people after the end of access"),
            Item::Close(code) => panic!("closed with {code:?}"),
        }
    }

    #[track_caller]
    fn take_frame(&mut self, frame: &Frame) {
        assert_eq!(self.gone, None, "entries after the end of access");
        assert_eq!((frame.ch, frame.first), (self.ch, self.last + 1), "the next entry");
        assert!(frame.first <= frame.last);
        let seqs: Vec<i64> = seqs(&frame.text);
        assert_eq!(seqs, (frame.first..=frame.last).collect::<Vec<_>>());
        self.last = frame.last;
        self.frames += 1;
    }

    pub(crate) async fn next(&mut self) {
        let next = tokio::time::timeout(PATIENCE, self.outbox.next()).await.expect("something follows");
        self.take(&next.expect("the socket is open"));
    }

    pub(crate) async fn joined(&mut self) {
        let item = self.outbox.next().await.expect("the socket is open");
        assert!(matches!(item, Item::Joined { .. }), "{item:?}");
        self.take(&item);
    }

    pub(crate) async fn until(&mut self, seq: i64) {
        while self.last < seq {
            self.next().await;
        }
        assert_eq!(self.last, seq);
    }

    /// Takes all that is there now.
    pub(crate) fn take_waiting(&mut self) {
        while let Some(item) = self.outbox.try_next() {
            self.take(&item);
        }
    }
}

/// The numbers in a frame's text, which must be of the shape clients know.
fn seqs(text: &[u8]) -> Vec<i64> {
    let text = std::str::from_utf8(text).unwrap();
    let (head, events) = text.split_once(r#""events":["#).unwrap();
    assert!(head.starts_with(r#"{"t":"events","ch":"#) && events.ends_with("}]}"), "{text}");
    events.split(r#""seq":"#).skip(1).map(|rest| rest.split_once(',').unwrap().0.parse().unwrap()).collect()
}

pub(crate) async fn yields(n: usize) {
    for _ in 0..n {
        tokio::task::yield_now().await;
    }
}

/// Lets everybody else on this one thread come to rest.
pub(crate) async fn settle() {
    yields(500).await;
}

/// Chance that can be repeated: xorshift64*.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % n
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn fork(&mut self) -> Self {
        Self::new(u64::try_from(self.below(usize::MAX >> 1)).unwrap())
    }
}

/// Limits so small that everything that can fill fills.
pub(crate) fn tight(chance: &mut Chance) -> Limits {
    Limits {
        queue_frames: 1 + chance.below(4),
        ring_entries: 1 + chance.below(8),
        behind_entries: 10 + chance.below(60),
        frame_entries: 1 + chance.below(5),
        deliveries_per_turn: 1 + chance.below(3),
        concurrent_reads: 1 + chance.below(3),
        ..Limits::default()
    }
}

/// Runs one test on a runtime of its own: one thread, paused time.
pub(crate) fn alone(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test);
}
