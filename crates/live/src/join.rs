//! One connection's handle: joining a stream, leaving it, closing.
//!
//! Must not know: how access is decided. The caller hands in the question, and this says when it has to be asked.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::feed::Feed;
use crate::frame::Line;
use crate::hub::Shared;
use crate::keys::{CloseCode, PersonKey, Reason, SessionKey, StreamKey};
use crate::people::Departure;
use crate::presence::{Doing, People};
use crate::pump::Pump;
use crate::registry::Registry;
use crate::socket::{Denied, Replaced, Socket};
use crate::stream::{Start, Stream};

/// How often access is asked for in one join. The second answer is as new as the stream's start, unless the answers come
/// from a copy that lags.
const ASKS: usize = 3;

/// What a connection does to its socket. Dropping it closes the socket.
pub struct SocketHandle<F: Feed> {
    shared: Arc<Shared<F>>,
    socket: Arc<Socket>,
}

/// Why a stream was not joined. Nothing of it is sent then, and a subscription it would have replaced has ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError<E> {
    /// The caller's question about access was answered with no.
    #[error("access was refused")]
    Refused(E),
    /// This socket watches as many streams as one may.
    #[error("this socket watches too many streams")]
    TooManyStreams,
    /// Access ended after it was granted and before the join was done.
    #[error("access ended meanwhile")]
    Ended(Reason),
    /// The stream was left, or joined anew, before this join was done.
    #[error("the stream was left meanwhile")]
    Left,
    /// Access was decided on data older than what is being sent, again and again: the answers come from a copy that lags.
    #[error("access was decided on data that is out of date")]
    Stale,
    /// The socket is closed.
    #[error("the socket is closed")]
    Closed,
}

impl<F: Feed> SocketHandle<F> {
    pub(crate) fn new(shared: Arc<Shared<F>>, socket: Arc<Socket>) -> Self {
        Self { shared, socket }
    }

    /// Whose socket it is.
    #[must_use]
    pub fn person(&self) -> PersonKey {
        self.socket.person
    }

    /// The session it was opened with.
    #[must_use]
    pub fn session(&self) -> SessionKey {
        self.socket.session
    }

    /// Watches `stream` from after `since` on. Once this returns, the outbox gives
    /// [`Joined`](crate::Item::Joined), then every entry after `since`, in order, each once; or
    /// [`Resync`](crate::Item::Resync) if that is too much, and the entries after that. Joining what is joined begins anew.
    ///
    /// `access` is asked after the socket is subscribed, and must read both in one snapshot: whether the person may read
    /// the stream, and the stream's head, which it returns. What ends access later than that head is then sure to be seen
    /// here. It is asked again, rarely, if another join has started the stream from a newer head.
    ///
    /// Dropping the future ends the subscription.
    pub async fn join<A, E>(&self, stream: StreamKey, since: i64, access: impl Fn() -> A) -> Result<(), JoinError<E>>
    where
        A: Future<Output = Result<i64, E>>,
    {
        let joining = Joining::begin(&self.shared.registry, &self.socket, stream)?;
        for _ in 0..ASKS {
            let head = access().await.map_err(JoinError::Refused)?;
            if self.start(&joining.stream, head)? {
                joining.stream.raise(head);
                return joining.grant(head, since);
            }
        }
        Err(JoinError::Stale)
    }

    /// Stops watching; what is queued of the stream is taken back. Does nothing if it is not watched.
    pub fn leave(&self, stream: StreamKey) {
        if let Some(stream) = self.socket.leave(stream) {
            self.shared.registry.end(&stream, &self.socket);
        }
    }

    /// Says what the page is doing in a stream that it watches, instead of what it said before. Of one that it
    /// does not watch nothing is heard.
    pub fn focus(&self, stream: StreamKey, doing: Doing) {
        self.shared.registry.crowd.focus(&self.socket, stream, doing);
    }

    /// Who is in a stream that is watched, all of them: to be told with [`Joined`](crate::Item::Joined). What is another later
    /// follows; without this call, so does what was before.
    #[must_use]
    pub fn people(&self, stream: StreamKey) -> People {
        let (people, version) = self.shared.registry.crowd.all(stream);
        self.socket.told_people(stream, version);
        people
    }

    /// The page is in no stream any more, at once.
    pub fn blur(&self) {
        self.shared.registry.crowd.blur(&self.socket);
    }

    /// How the connection ends, when it does.
    pub fn will_end(&self, how: Departure) {
        self.socket.grace_ms.store(how.grace_ms(), Ordering::Relaxed);
    }

    /// Whether the person is shown to nobody, as far as this socket goes; others are shown to them all the same.
    pub fn appear_offline(&self, is_hidden: bool) {
        self.shared.registry.crowd.hide(&self.socket, is_hidden);
    }

    /// Lets frames go straight to the peer, from now on and as long as nothing waits in the outbox. Who writes the
    /// outbox's items then has to have written each one, into the same line, before asking for the next.
    pub fn attach(&self, line: Arc<dyn Line>) {
        self.socket.attach(line);
    }

    /// Closes the socket: the outbox gives [`Close`](crate::Item::Close) next, then ends.
    pub fn close(&self, code: CloseCode) {
        self.shared.registry.close(&self.socket, Some(code));
    }

    /// Waits until the socket is to be closed, by whomever; gives the code unless the outbox was dropped.
    ///
    /// For a writer that may be stuck in a send, so that an ended session's socket is closed all the same.
    pub async fn closed(&self) -> Option<CloseCode> {
        self.socket.closed.cancelled().await;
        self.socket.close_code()
    }

    /// Sees that the stream has a start not newer than `head`; false if it has one, and it is newer.
    fn start<E>(&self, stream: &Arc<Stream>, head: i64) -> Result<bool, JoinError<E>> {
        match stream.start(head) {
            Start::Running => return Ok(true),
            Start::Stale => return Ok(false),
            Start::Here => (),
        }
        let pump = Pump {
            feed: Arc::clone(&self.shared.feed),
            registry: Arc::clone(&self.shared.registry),
            stream: Arc::clone(stream),
        };
        if self.shared.tasks.spawn(pump.run()) { Ok(true) } else { Err(JoinError::Closed) }
    }
}

impl<F: Feed> Drop for SocketHandle<F> {
    fn drop(&mut self) {
        self.shared.registry.close(&self.socket, None);
    }
}

/// A subscription; dropping it before access was granted takes it back.
struct Joining<'a> {
    registry: &'a Registry,
    socket: &'a Arc<Socket>,
    stream: Arc<Stream>,
    join: u64,
    granted: bool,
}

impl<'a> Joining<'a> {
    fn begin<E>(registry: &'a Registry, socket: &'a Arc<Socket>, key: StreamKey) -> Result<Self, JoinError<E>> {
        let stream = registry.watch(key, socket);
        let begun = socket.begin(&stream, registry.limits.streams_per_socket);
        if !matches!(begun, Ok((_, Replaced(false)))) {
            // It was not let in, or stood there already: either way it is in the list once too often.
            registry.unwatch(&stream, socket);
        }
        let (join, _) = begun.map_err(JoinError::from)?;
        Ok(Self { registry, socket, stream, join, granted: false })
    }

    fn grant<E>(mut self, head: i64, since: i64) -> Result<(), JoinError<E>> {
        self.socket.grant(&self.stream, self.join, head, since)?;
        self.granted = true;
        Ok(())
    }
}

impl Drop for Joining<'_> {
    fn drop(&mut self) {
        if !self.granted && self.socket.abandon(self.stream.ch, self.join) {
            self.registry.end(&self.stream, self.socket);
        }
    }
}

impl<E> From<Denied> for JoinError<E> {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Closed => Self::Closed,
            Denied::TooManyStreams => Self::TooManyStreams,
            Denied::Left => Self::Left,
            Denied::Ended(reason) => Self::Ended(reason),
        }
    }
}
