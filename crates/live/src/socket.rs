//! One socket: what it watches, how far it was told, and the bounded queue of what it is told next.
//!
//! Must not know: the wire, the feed, who decides about access.
//! Invariant: a frame is queued only if it begins right after the subscription's cursor. Anything else makes the
//! subscription *behind*: nothing more is queued for it, and what it misses is taken from the stream's ring when its turn
//! comes. So no entry is lost, none comes twice, and a socket that does not read costs no more than its queue.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use tokio_util::sync::CancellationToken;

use crate::frame::{Frame, Item, Line};
use crate::keys::{CloseCode, PersonKey, Reason, SessionKey, StreamKey};
use crate::limits::Limits;
use crate::lock;
use crate::people::Departure;
use crate::presence::PageId;
use crate::stream::{Place, Stream};

pub(crate) struct Socket {
    pub(crate) id: PageId,
    pub(crate) person: PersonKey,
    pub(crate) session: SessionKey,
    queue_frames: usize,
    queue_bytes: usize,
    /// Whether its person does not want to be seen.
    pub(crate) is_hidden: AtomicBool,
    /// For how many milliseconds its page is still there after the connection.
    pub(crate) grace_ms: AtomicU64,
    /// Cancelled when the socket is to be closed, so that a writer that is stuck hears of it.
    pub(crate) closed: CancellationToken,
    state: Mutex<SocketState>,
}

#[derive(Default)]
pub(crate) struct SocketState {
    /// Ascending by channel.
    subs: Vec<Subscription>,
    queue: VecDeque<Item>,
    queued_frames: usize,
    queued_bytes: usize,
    /// How many items were ever taken from the queue.
    popped: u64,
    /// The channels whose subscription is in [`Phase::Behind`], in the order of their turns.
    behind: VecDeque<u32>,
    /// Queue and catching up take turns, so that neither starves.
    pulled_last: bool,
    joins: u64,
    /// Present while the outbox waits.
    waker: Option<Waker>,
    /// The way past the outbox, if the host has one.
    line: Option<Arc<dyn Line>>,
    /// The writer has taken an item and has not come back: nothing may go past it.
    in_hand: bool,
    closing: Closing,
}

struct Subscription {
    stream: Arc<Stream>,
    /// The last number this socket was given, or was told to have.
    cursor: i64,
    /// The head at which access was decided. What ended before it does not count.
    granted: i64,
    /// The last change of who is there that it was told, and whether there is a later one.
    people: (u64, bool),
    /// Which join made it: an answer to an earlier question must not open a later subscription.
    join: u64,
    phase: Phase,
}

#[derive(Clone, Copy)]
pub(crate) enum Phase {
    /// Access is being decided. Remembers an end of access that came by meanwhile.
    Joining { ended: Option<(i64, Reason)> },
    /// The pump queues what is new.
    Live,
    /// Served from the ring, once `after` items were taken from the queue (before that, older frames of it wait there).
    Behind { asked: bool, after: u64 },
    /// Waits for the pump to fill the ring.
    Parked,
}

impl Phase {
    /// Behind, with its turn at once.
    pub(crate) const BEHIND: Self = Self::Behind { asked: false, after: 0 };
}

#[derive(Clone, Copy, Default)]
enum Closing {
    #[default]
    Open,
    /// To be told.
    Told(CloseCode),
    /// Told, or nobody is there to be told.
    Done(Option<CloseCode>),
}

/// What a delivery came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Sent or queued.
    Given,
    FellBehind,
    /// Not watching, not yet live, or told already.
    Skipped,
}

/// Why a subscription could not begin, or go on to its first entries.
#[derive(Debug)]
pub(crate) enum Denied {
    Closed,
    TooManyStreams,
    Left,
    Ended(Reason),
}

/// What the outbox does next.
pub(crate) enum Next {
    Item(Item),
    /// Ask this stream for what was missed.
    Pull(Arc<Stream>),
    /// Ask who is there, as far as it is another than it was told in this join.
    People {
        stream: Arc<Stream>,
        join: u64,
        told: u64,
    },
    End,
}

impl Socket {
    pub(crate) fn new(id: PageId, person: PersonKey, session: SessionKey, limits: &Limits) -> Self {
        Self {
            id,
            person,
            session,
            queue_frames: limits.queue_frames,
            queue_bytes: limits.queue_bytes,
            is_hidden: AtomicBool::new(false),
            grace_ms: AtomicU64::new(Departure::Lost.grace_ms()),
            closed: CancellationToken::new(),
            state: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, SocketState> {
        lock(&self.state)
    }

    /// Sends a frame, or queues it. One lock, no allocation beyond the queue's own; never waits for the reader.
    pub(crate) fn deliver(&self, frame: &Arc<Frame>) -> Delivery {
        let mut state = self.state();
        let full = state.queued_frames >= self.queue_frames
            || (state.queued_frames > 0 && state.queued_bytes + frame.text.len() > self.queue_bytes);
        let Some(sub) = state.sub_mut(frame.ch) else { return Delivery::Skipped };
        if !matches!(sub.phase, Phase::Live) || frame.last <= sub.cursor {
            return Delivery::Skipped;
        }
        let outcome = if full || frame.first != sub.cursor + 1 {
            let after = state.items_so_far();
            state.set_phase(frame.ch, Phase::Behind { asked: false, after });
            Delivery::FellBehind
        } else {
            sub.cursor = frame.last;
            if state.nothing_waits() && state.line.as_ref().is_some_and(|line| line.try_send(frame)) {
                return Delivery::Given;
            }
            state.push(Item::Events(Arc::clone(frame)));
            Delivery::Given
        };
        wake(state);
        outcome
    }

    /// From now on frames may go past the outbox.
    pub(crate) fn attach(&self, line: Arc<dyn Line>) {
        let mut state = self.state();
        if !state.is_closing() {
            state.line = Some(line);
        }
    }

    /// Begins a subscription, or begins it anew; gives the number of this join.
    pub(crate) fn begin(&self, stream: &Arc<Stream>, limit: usize) -> Result<(u64, Replaced), Denied> {
        let mut state = self.state();
        if state.is_closing() {
            return Err(Denied::Closed);
        }
        let replaced = state.remove(stream.ch).is_some();
        if !replaced && state.subs.len() >= limit {
            return Err(Denied::TooManyStreams);
        }
        state.purge(stream.key);
        state.joins += 1;
        let join = state.joins;
        let at = state.subs.partition_point(|sub| sub.stream.ch < stream.ch);
        let phase = Phase::Joining { ended: None };
        let stream = Arc::clone(stream);
        state.subs.insert(at, Subscription { stream, cursor: 0, granted: 0, people: (0, false), join, phase });
        Ok((join, Replaced(replaced)))
    }

    /// Access was granted at `head`: tells so, and lets the entries after `since` follow.
    pub(crate) fn grant(&self, stream: &Stream, join: u64, head: i64, since: i64) -> Result<(), Denied> {
        // A client cannot have seen what does not exist yet: its past is another one (a restored database).
        let known = head.max(stream.sent());
        let mut state = self.state();
        if state.is_closing() {
            return Err(Denied::Closed);
        }
        let Some(sub) = state.sub_mut(stream.ch).filter(|sub| sub.join == join) else { return Err(Denied::Left) };
        if let Phase::Joining { ended: Some((seq, reason)) } = sub.phase
            && seq > head
        {
            return Err(Denied::Ended(reason));
        }
        sub.granted = head;
        sub.cursor = since.clamp(0, known);
        sub.people = (0, true);
        state.push(Item::Joined { stream: stream.key, ch: stream.ch, head });
        if since > known {
            state.push(Item::Resync { stream: stream.key, head: known });
        }
        let after = state.items_so_far();
        state.set_phase(stream.ch, Phase::Behind { asked: false, after });
        wake(state);
        Ok(())
    }

    /// Ends a subscription that this join made; true if it was there.
    pub(crate) fn abandon(&self, ch: u32, join: u64) -> bool {
        let mut state = self.state();
        let mine = state.sub_mut(ch).is_some_and(|sub| sub.join == join);
        mine && state.remove(ch).is_some()
    }

    /// Ends a subscription on wish, and takes back what is queued of it; gives the stream if there was one.
    pub(crate) fn leave(&self, key: StreamKey) -> Option<Arc<Stream>> {
        let mut state = self.state();
        let ch = state.subs.iter().find(|sub| sub.stream.key == key)?.stream.ch;
        let sub = state.remove(ch)?;
        state.purge(key);
        Some(sub.stream)
    }

    /// The entry `seq` ends access. True if there was a subscription that ended.
    pub(crate) fn end_access(&self, stream: &Stream, seq: i64, reason: Reason) -> bool {
        let mut state = self.state();
        let Some(sub) = state.sub_mut(stream.ch) else { return false };
        if let Phase::Joining { ended } = &mut sub.phase {
            *ended = Some((seq, reason));
            return false;
        }
        if seq <= sub.granted {
            return false;
        }
        state.remove(stream.ch);
        state.push(Item::Gone { stream: stream.key, reason });
        wake(state);
        true
    }

    /// The pump filled the ring from `from` on for those who waited there.
    pub(crate) fn unpark(&self, ch: u32, from: i64) {
        let mut state = self.state();
        if state.sub_mut(ch).is_some_and(|sub| matches!(sub.phase, Phase::Parked) && sub.cursor >= from) {
            state.set_phase(ch, Phase::Behind { asked: true, after: 0 });
            wake(state);
        }
    }

    /// Closes the socket: drops what is queued, ends every subscription, and gives their streams.
    /// Without a code nobody is told.
    pub(crate) fn close(&self, code: Option<CloseCode>) -> Vec<Arc<Stream>> {
        let mut state = self.state();
        if matches!(state.closing, Closing::Open) {
            state.closing = code.map_or(Closing::Done(None), Closing::Told);
        }
        state.queue = VecDeque::new();
        state.line = None;
        (state.queued_frames, state.queued_bytes) = (0, 0);
        state.behind.clear();
        let streams = std::mem::take(&mut state.subs).into_iter().map(|sub| sub.stream).collect();
        wake(state);
        self.closed.cancel();
        streams
    }

    /// Whether it watches this stream, with access.
    pub(crate) fn watches(&self, key: StreamKey) -> bool {
        let state = self.state();
        state.subs.iter().any(|sub| sub.stream.key == key && !matches!(sub.phase, Phase::Joining { .. }))
    }

    /// There is something to tell about who is in the stream.
    pub(crate) fn call_people(&self, ch: u32) {
        let mut state = self.state();
        let Some(sub) = state.sub_mut(ch).filter(|sub| !matches!(sub.phase, Phase::Joining { .. })) else { return };
        sub.people.1 = true;
        wake(state);
    }

    /// It was told who is there, up to a change, beside what is queued.
    pub(crate) fn told_people(&self, key: StreamKey, version: u64) {
        let mut state = self.state();
        if let Some(sub) = state.subs.iter_mut().find(|sub| sub.stream.key == key) {
            sub.people.0 = sub.people.0.max(version);
        }
    }

    /// Gives the writer who is there, up to a change; false if the stream was joined anew meanwhile.
    pub(crate) fn hand_people(&self, ch: u32, join: u64, version: u64) -> bool {
        let mut state = self.state();
        let Some(sub) = state.sub_mut(ch).filter(|sub| sub.join == join) else { return false };
        sub.people.0 = version;
        state.in_hand = true;
        true
    }

    pub(crate) fn close_code(&self) -> Option<CloseCode> {
        match self.state().closing {
            Closing::Open => None,
            Closing::Told(code) => Some(code),
            Closing::Done(code) => code,
        }
    }

    /// What comes next; without a `waker`, or with nothing to give, `Pending`.
    pub(crate) fn next(&self, waker: Option<&Waker>) -> Poll<Next> {
        let mut state = self.state();
        // Who asks for the next has sent the one before.
        state.in_hand = false;
        match state.closing {
            Closing::Open => (),
            Closing::Told(code) => {
                state.closing = Closing::Done(Some(code));
                return Poll::Ready(Next::Item(Item::Close(code)));
            }
            Closing::Done(_) => return Poll::Ready(Next::End),
        }
        if let Some(stream) = state.ripe() {
            state.pulled_last = true;
            return Poll::Ready(Next::Pull(stream));
        }
        if let Some(item) = state.pop() {
            state.pulled_last = false;
            state.in_hand = true;
            return Poll::Ready(Next::Item(item));
        }
        // Last, so that who reads slowly hears what happened before who looks on.
        if let Some(next) = state.people_due() {
            return Poll::Ready(next);
        }
        if let Some(waker) = waker {
            state.waker = Some(waker.clone());
        }
        Poll::Pending
    }
}

/// Whether a join took the place of a subscription that was there.
#[derive(Clone, Copy)]
pub(crate) struct Replaced(pub(crate) bool);

impl SocketState {
    fn sub_mut(&mut self, ch: u32) -> Option<&mut Subscription> {
        let at = self.subs.binary_search_by_key(&ch, |sub| sub.stream.ch).ok()?;
        self.subs.get_mut(at)
    }

    /// Where a subscription stands, if it is behind.
    pub(crate) fn place_behind(&mut self, ch: u32) -> Option<Place> {
        let sub = self.sub_mut(ch)?;
        match sub.phase {
            Phase::Behind { asked, .. } => Some(Place { cursor: sub.cursor, asked }),
            Phase::Joining { .. } | Phase::Live | Phase::Parked => None,
        }
    }

    /// The only way a phase changes: it keeps `behind` in step.
    pub(crate) fn set_phase(&mut self, ch: u32, phase: Phase) {
        self.behind.retain(|other| *other != ch);
        let Some(sub) = self.sub_mut(ch) else { return };
        sub.phase = phase;
        if matches!(phase, Phase::Behind { .. }) {
            self.behind.push_back(ch);
        }
    }

    /// Gives the writer what the ring has up to `cursor`.
    pub(crate) fn hand_out(&mut self, ch: u32, cursor: i64, phase: Phase) {
        self.in_hand = true;
        if let Some(sub) = self.sub_mut(ch) {
            sub.cursor = cursor;
        }
        self.set_phase(ch, phase);
    }

    fn remove(&mut self, ch: u32) -> Option<Subscription> {
        self.behind.retain(|other| *other != ch);
        let at = self.subs.binary_search_by_key(&ch, |sub| sub.stream.ch).ok()?;
        Some(self.subs.remove(at))
    }

    fn push(&mut self, item: Item) {
        self.queued_frames += usize::from(matches!(item, Item::Events(_)));
        self.queued_bytes += item.weight();
        self.queue.push_back(item);
    }

    /// Whether what is sent now is next in order.
    fn nothing_waits(&self) -> bool {
        self.queue.is_empty() && !self.in_hand
    }

    fn pop(&mut self) -> Option<Item> {
        let item = self.queue.pop_front()?;
        self.queued_frames -= usize::from(matches!(item, Item::Events(_)));
        self.queued_bytes -= item.weight();
        self.popped += 1;
        Some(item)
    }

    /// Takes back what is queued of a stream. It does not count as popped: who waits for its older frames to be out then
    /// waits a little longer, and never too short.
    fn purge(&mut self, key: StreamKey) {
        self.queue.retain(|item| item.stream() != Some(key));
        self.queued_frames = self.queue.iter().filter(|item| matches!(item, Item::Events(_))).count();
        self.queued_bytes = self.queue.iter().map(Item::weight).sum();
    }

    /// The value of `popped` at which everything queued until now is out.
    fn items_so_far(&self) -> u64 {
        self.popped + self.queue.len() as u64
    }

    /// The stream to take from the ring now, if it is the turn of one.
    fn ripe(&mut self) -> Option<Arc<Stream>> {
        let ch = *self.behind.front()?;
        let (popped, empty) = (self.popped, self.queue.is_empty());
        if self.pulled_last && !empty {
            return None;
        }
        let sub = self.sub_mut(ch)?;
        match sub.phase {
            Phase::Behind { after, .. } if empty || after <= popped => Some(Arc::clone(&sub.stream)),
            Phase::Behind { .. } | Phase::Joining { .. } | Phase::Live | Phase::Parked => None,
        }
    }

    /// The stream to ask who is there, if there is one.
    fn people_due(&mut self) -> Option<Next> {
        let is_due = |sub: &&mut Subscription| sub.people.1 && !matches!(sub.phase, Phase::Joining { .. });
        let sub = self.subs.iter_mut().find(is_due)?;
        sub.people.1 = false;
        Some(Next::People { stream: Arc::clone(&sub.stream), join: sub.join, told: sub.people.0 })
    }

    pub(crate) fn n_behind(&self) -> usize {
        self.subs.iter().filter(|sub| matches!(sub.phase, Phase::Behind { .. } | Phase::Parked)).count()
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    fn is_closing(&self) -> bool {
        !matches!(self.closing, Closing::Open)
    }
}

/// Wakes the outbox, after the lock is given back: it will want the lock.
fn wake(mut state: MutexGuard<'_, SocketState>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
