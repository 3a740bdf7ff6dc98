//! Which streams are watched and which sockets are open.
//!
//! Locks: the map of streams is taken before a stream's state; the map of sockets is never held with another lock.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::keys::{CloseCode, PersonKey, SessionKey, StreamKey};
use crate::limits::Limits;
use crate::lock;
use crate::people::Crowd;
use crate::socket::Socket;
use crate::stats::{Counters, Stats};
use crate::stream::Stream;

pub(crate) struct Registry {
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    /// Permits to read the feed.
    pub(crate) reads: Semaphore,
    /// Cancelled when the hub drains.
    pub(crate) stop: CancellationToken,
    streams: RwLock<HashMap<StreamKey, Arc<Stream>>>,
    /// At one new stream each millisecond it wraps after 49 days; a number is then free again, save on a stream watched
    /// without a break for all that time.
    next_ch: AtomicU32,
    next_page: AtomicU64,
    pub(crate) crowd: Crowd,
    sockets: Mutex<Sockets>,
}

#[derive(Default)]
struct Sockets {
    draining: bool,
    by_person: HashMap<PersonKey, Vec<Arc<Socket>>>,
    by_session: HashMap<SessionKey, Vec<Arc<Socket>>>,
}

/// Why a socket was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// This person has as many sockets open as one person may.
    #[error("this person has too many sockets open")]
    TooManySockets,
    /// The hub stops; another node, or this one after its restart, will take the socket.
    #[error("this node is stopping")]
    Draining,
}

impl Registry {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            counters: Arc::default(),
            reads: Semaphore::new(limits.concurrent_reads),
            stop: CancellationToken::new(),
            streams: RwLock::default(),
            next_ch: AtomicU32::new(1),
            next_page: AtomicU64::new(1),
            crowd: Crowd::new(&limits),
            sockets: Mutex::default(),
        }
    }

    pub(crate) fn connect(&self, person: PersonKey, session: SessionKey) -> Result<Arc<Socket>, ConnectError> {
        let mut sockets = lock(&self.sockets);
        if sockets.draining {
            return Err(ConnectError::Draining);
        }
        if sockets.by_person.get(&person).is_some_and(|open| open.len() >= self.limits.sockets_per_person) {
            return Err(ConnectError::TooManySockets);
        }
        let id = self.next_page.fetch_add(1, Ordering::Relaxed);
        let socket = Arc::new(Socket::new(id, person, session, &self.limits));
        sockets.by_person.entry(person).or_default().push(Arc::clone(&socket));
        sockets.by_session.entry(session).or_default().push(Arc::clone(&socket));
        Ok(socket)
    }

    /// Closes a socket and takes it out of everything. Does nothing the second time.
    pub(crate) fn close(&self, socket: &Arc<Socket>, code: Option<CloseCode>) {
        for stream in socket.close(code) {
            self.unwatch(&stream, socket);
        }
        // It watches nothing any more, so nothing that it says later is taken in.
        self.crowd.part(socket, code);
        let mut sockets = lock(&self.sockets);
        remove(&mut sockets.by_person, socket.person, socket);
        remove(&mut sockets.by_session, socket.session, socket);
    }

    /// Lets nobody in any more; gives those who are there.
    pub(crate) fn start_draining(&self) -> Vec<Arc<Socket>> {
        let mut sockets = lock(&self.sockets);
        sockets.draining = true;
        sockets.by_person.values().flatten().map(Arc::clone).collect()
    }

    pub(crate) fn sockets_of_person(&self, person: PersonKey) -> Vec<Arc<Socket>> {
        lock(&self.sockets).by_person.get(&person).cloned().unwrap_or_default()
    }

    pub(crate) fn sockets_of_session(&self, session: SessionKey) -> Vec<Arc<Socket>> {
        lock(&self.sockets).by_session.get(&session).cloned().unwrap_or_default()
    }

    pub(crate) fn stream(&self, key: StreamKey) -> Option<Arc<Stream>> {
        self.streams().get(&key).map(Arc::clone)
    }

    pub(crate) fn watched(&self) -> Vec<Arc<Stream>> {
        self.streams().values().map(Arc::clone).collect()
    }

    /// Puts a socket among those of a stream, which is made if nobody watches it yet.
    pub(crate) fn watch(&self, key: StreamKey, socket: &Arc<Socket>) -> Arc<Stream> {
        {
            // Held until the socket is in: a stream without anybody would be taken away.
            let streams = self.streams();
            if let Some(stream) = streams.get(&key) {
                stream.subscribe(socket);
                return Arc::clone(stream);
            }
        }
        let mut streams = self.streams_mut();
        let stream = streams.entry(key).or_insert_with(|| {
            let ch = self.next_ch.fetch_add(1, Ordering::Relaxed);
            Arc::new(Stream::new(key, ch, self.limits, Arc::clone(&self.counters), self.stop.child_token()))
        });
        stream.subscribe(socket);
        Arc::clone(stream)
    }

    /// Ends what a socket does in a stream that it does not watch any more, and takes it out of it.
    pub(crate) fn end(&self, stream: &Arc<Stream>, socket: &Arc<Socket>) {
        self.crowd.leave(socket, stream.key);
        self.unwatch(stream, socket);
    }

    /// Takes a socket out of a stream once; the last one takes the stream, its ring and its pump along.
    pub(crate) fn unwatch(&self, stream: &Arc<Stream>, socket: &Arc<Socket>) {
        let mut streams = self.streams_mut();
        if !stream.unsubscribe(socket) {
            return;
        }
        stream.stop.cancel();
        if let MapEntry::Occupied(entry) = streams.entry(stream.key)
            && Arc::ptr_eq(entry.get(), stream)
        {
            entry.remove();
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let streams = self.streams().len();
        let open: Vec<_> = lock(&self.sockets).by_person.values().flatten().map(Arc::clone).collect();
        Stats {
            sockets: open.len(),
            streams,
            behind: open.iter().map(|socket| socket.state().n_behind()).sum(),
            queued_bytes: open.iter().map(|socket| socket.state().queued_bytes()).sum(),
            frames: self.counters.frames.load(Ordering::Relaxed),
            deliveries: self.counters.deliveries.load(Ordering::Relaxed),
            fell_behind: self.counters.fell_behind.load(Ordering::Relaxed),
            resyncs: self.counters.resyncs.load(Ordering::Relaxed),
        }
    }

    fn streams(&self) -> RwLockReadGuard<'_, HashMap<StreamKey, Arc<Stream>>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams_mut(&self) -> RwLockWriteGuard<'_, HashMap<StreamKey, Arc<Stream>>> {
        self.streams.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove<K: Hash + Eq>(map: &mut HashMap<K, Vec<Arc<Socket>>>, key: K, socket: &Arc<Socket>) {
    let MapEntry::Occupied(mut entry) = map.entry(key) else { return };
    entry.get_mut().retain(|other| !Arc::ptr_eq(other, socket));
    if entry.get().is_empty() {
        entry.remove();
    }
}
