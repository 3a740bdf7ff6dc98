//! One watched stream: its newest entries, who watches it, and how those who are behind are served from memory.
//!
//! Must not know: how entries are read (that is the pump's), and who may read them (that is decided in a join).
//! Locks: a stream's state is taken before a socket's, never after it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::feed::Entry;
use crate::frame::{Frame, Item};
use crate::keys::StreamKey;
use crate::limits::Limits;
use crate::lock;
use crate::ring::{Ring, signed};
use crate::socket::{Phase, Socket};
use crate::stats::Counters;

/// The sockets of a stream as one pump turn saw them.
pub(crate) type Subscribers = Arc<Vec<Arc<Socket>>>;

/// How many head checks (seconds) a ring may stay larger than usual after somebody needed older entries.
const GENEROUS_CHECKS: u8 = 10;

pub(crate) struct Stream {
    pub(crate) key: StreamKey,
    pub(crate) ch: u32,
    pub(crate) limits: Limits,
    /// The highest number anybody has told of.
    head: AtomicI64,
    /// Rung when the pump has something to look at.
    pub(crate) bell: Notify,
    /// Cancelled when nobody watches any more, or the hub drains.
    pub(crate) stop: CancellationToken,
    pub(crate) counters: Arc<Counters>,
    state: Mutex<State>,
}

struct State {
    /// `None` until the first access is decided: from there on the pump reads.
    start: Option<i64>,
    ring: Ring,
    /// A socket may stand here twice while it joins anew; its cursor keeps it from being told twice.
    subscribers: Subscribers,
    /// The lowest cursor of those who wait for entries older than the ring.
    wanted: Option<i64>,
    /// How many head checks from now the ring is cut back to its usual size.
    generous: u8,
    /// The last frame made for somebody behind. Those who come back together are behind by the same.
    catch_up: Option<Arc<Frame>>,
}

/// What became of the offer to start a stream at some number.
pub(crate) enum Start {
    /// It starts here: the caller spawns its pump.
    Here,
    /// It had started, and what the caller knows is at least as new.
    Running,
    /// It had started from something newer than the caller knows: an end of access in between would be missed.
    Stale,
}

impl Stream {
    pub(crate) fn new(
        key: StreamKey,
        ch: u32,
        limits: Limits,
        counters: Arc<Counters>,
        stop: CancellationToken,
    ) -> Self {
        let state = State {
            start: None,
            ring: Ring::default(),
            subscribers: Subscribers::default(),
            wanted: None,
            generous: 0,
            catch_up: None,
        };
        Self { key, ch, limits, head: AtomicI64::new(0), bell: Notify::new(), stop, counters, state: Mutex::new(state) }
    }

    /// Raises the head; wakes the pump if that was news.
    pub(crate) fn raise(&self, head: i64) {
        if self.head.fetch_max(head, Ordering::AcqRel) < head {
            self.bell.notify_one();
        }
    }

    pub(crate) fn head(&self) -> i64 {
        self.head.load(Ordering::Acquire)
    }

    /// The feed had nothing up to `head`: forget that number, so that the next word of it rings again.
    pub(crate) fn lower(&self, head: i64, sent: i64) {
        // If it was raised meanwhile, that one stays, and the pump looks again.
        let _ = self.head.compare_exchange(head, sent, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn sent(&self) -> i64 {
        self.state().ring.sent()
    }

    pub(crate) fn floor(&self) -> i64 {
        self.state().ring.floor()
    }

    pub(crate) fn subscribers(&self) -> Subscribers {
        Arc::clone(&self.state().subscribers)
    }

    pub(crate) fn subscribe(&self, socket: &Arc<Socket>) {
        // Copies the list only while a pump turn holds it.
        Arc::make_mut(&mut self.state().subscribers).push(Arc::clone(socket));
    }

    /// Takes the socket out once; true if nobody is left.
    pub(crate) fn unsubscribe(&self, socket: &Arc<Socket>) -> bool {
        let mut state = self.state();
        if let Some(at) = state.subscribers.iter().position(|other| Arc::ptr_eq(other, socket)) {
            Arc::make_mut(&mut state.subscribers).swap_remove(at);
        }
        state.subscribers.is_empty()
    }

    /// Offers `head`, at which an access was decided, as the place to start from.
    pub(crate) fn start(&self, head: i64) -> Start {
        let mut state = self.state();
        match state.start {
            None => {
                state.start = Some(head);
                state.ring = Ring::after(head);
                Start::Here
            }
            Some(start) if start <= head => Start::Running,
            Some(_) => Start::Stale,
        }
    }

    /// Adds what was read and encodes it; gives the frames and those who watch at this moment. Who joins later finds the
    /// entries in the ring.
    pub(crate) fn append(&self, run: Vec<Entry>) -> (Vec<Arc<Frame>>, Subscribers) {
        let mut state = self.state();
        let mut cursor = state.ring.sent();
        state.ring.append(run);
        let mut frames = Vec::new();
        while let Some(frame) = Frame::encode(self.key, self.ch, state.ring.entries_after(cursor), &self.limits) {
            cursor = frame.last;
            frames.push(Arc::new(frame));
        }
        state.trim(&self.limits);
        self.counters.frames.fetch_add(frames.len() as u64, Ordering::Relaxed);
        (frames, Arc::clone(&state.subscribers))
    }

    /// Goes on after `seq`, with nothing kept: the feed has a hole before it.
    pub(crate) fn restart(&self, seq: i64) {
        let mut state = self.state();
        state.ring = Ring::after(seq);
        state.catch_up = None;
    }

    /// Forgets what is encoded; who needs it will have it read again.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.ring.forget();
        state.catch_up = None;
    }

    pub(crate) fn want(&self, cursor: i64) {
        self.state().want(cursor);
    }

    /// Where somebody waits for older entries. From here on the ring may grow, so that what is read for them stays.
    pub(crate) fn take_wanted(&self) -> Option<i64> {
        let mut state = self.state();
        let wanted = state.wanted.take()?;
        state.generous = GENEROUS_CHECKS;
        Some(wanted)
    }

    /// How many bytes older entries may take.
    pub(crate) fn room_for_older(&self) -> usize {
        self.limits.behind_bytes.saturating_sub(self.state().ring.bytes())
    }

    /// Puts older entries into the ring, for some seconds, and wakes those who waited for them. `from` is where the read
    /// began: who stands there or later and still finds a hole is too far behind.
    pub(crate) fn fill(&self, older: VecDeque<Entry>, from: i64) {
        let (floor, subscribers) = {
            let mut state = self.state();
            state.ring.prepend(older);
            (state.ring.floor(), Arc::clone(&state.subscribers))
        };
        for socket in subscribers.iter() {
            socket.unpark(self.ch, floor.min(from));
        }
    }

    /// Twice a second: cuts a ring back that had been filled for somebody.
    pub(crate) fn tick(&self) {
        let mut state = self.state();
        if state.generous > 0 {
            state.generous -= 1;
            state.trim(&self.limits);
        }
    }

    /// What a socket that is behind on this stream gets next; `None` if it has nothing to get now.
    pub(crate) fn pull(&self, socket: &Socket) -> Option<Item> {
        // Both locks at once: between reading the ring and going live no entry may be appended.
        let mut state = self.state();
        let mut socket = socket.state();
        let place = socket.place_behind(self.ch)?;
        match state.next_for(place, self) {
            Step::CaughtUp => {
                socket.set_phase(self.ch, Phase::Live);
                None
            }
            Step::Frame(frame) => {
                let phase = if frame.last == state.ring.sent() { Phase::Live } else { Phase::BEHIND };
                socket.hand_out(self.ch, frame.last, phase);
                Some(Item::Events(frame))
            }
            Step::Resync(head) => {
                socket.hand_out(self.ch, head, Phase::Live);
                self.counters.resyncs.fetch_add(1, Ordering::Relaxed);
                Some(Item::Resync { stream: self.key, head })
            }
            Step::Fill => {
                socket.set_phase(self.ch, Phase::Parked);
                state.want(place.cursor);
                self.bell.notify_one();
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Where somebody stands who is behind.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The last number they were given.
    pub(crate) cursor: i64,
    /// Whether the ring was just filled for them.
    pub(crate) asked: bool,
}

enum Step {
    CaughtUp,
    Frame(Arc<Frame>),
    /// Too far behind; go on after this number.
    Resync(i64),
    /// Not too far, but the ring does not reach back: the pump has to fill it.
    Fill,
}

impl State {
    fn next_for(&mut self, Place { cursor, asked }: Place, stream: &Stream) -> Step {
        let sent = self.ring.sent();
        if cursor >= sent {
            return Step::CaughtUp;
        }
        if sent - cursor > signed(stream.limits.behind_entries) {
            return Step::Resync(sent);
        }
        if cursor >= self.ring.floor() {
            return self.frame_after(cursor, stream).map_or(Step::CaughtUp, Step::Frame);
        }
        // Filled for them and still not there: more bytes behind than a ring may hold.
        if asked { Step::Resync(sent) } else { Step::Fill }
    }

    fn frame_after(&mut self, cursor: i64, stream: &Stream) -> Option<Arc<Frame>> {
        if let Some(frame) = self.catch_up.as_ref().filter(|frame| frame.first == cursor + 1) {
            return Some(Arc::clone(frame));
        }
        let frame = Frame::encode(stream.key, stream.ch, self.ring.entries_after(cursor), &stream.limits)?;
        stream.counters.frames.fetch_add(1, Ordering::Relaxed);
        self.catch_up = Some(Arc::new(frame));
        self.catch_up.clone()
    }

    fn want(&mut self, cursor: i64) {
        self.wanted = Some(self.wanted.map_or(cursor, |wanted| wanted.min(cursor)));
    }

    fn trim(&mut self, limits: &Limits) {
        if self.generous > 0 {
            self.ring.trim(limits.behind_entries, limits.behind_bytes);
        } else {
            self.ring.trim(limits.ring_entries, limits.ring_bytes);
            // It may hold text the ring has let go.
            self.catch_up = None;
        }
    }
}
