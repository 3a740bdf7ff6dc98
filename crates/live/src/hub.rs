//! The hub of a node: what the rest of the house calls.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::feed::Feed;
use crate::frame::Item;
use crate::join::SocketHandle;
use crate::keys::{CloseCode, NodeKey, PersonKey, SessionKey, StreamKey};
use crate::limits::Limits;
use crate::people::tell_people;
use crate::presence::Seen;
use crate::pump::check_heads;
use crate::registry::{ConnectError, Registry};
use crate::socket::{Next, Socket};
use crate::stats::Stats;
use crate::tasks::Tasks;

/// Streams, and the sockets that watch them. Clones are the same hub.
///
/// Dropping the last clone and the last handle stops its tasks; [`drain`](Self::drain) does it in order.
pub struct Hub<F: Feed>(Arc<Shared<F>>);

/// What the hub and its handles share. The tasks hold the feed and the registry only, so that they do not keep
/// themselves alive.
pub(crate) struct Shared<F> {
    pub(crate) feed: Arc<F>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) tasks: Tasks,
}

impl<F: Feed> Hub<F> {
    /// Starts a hub on the runtime it is called in.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time enabled.
    #[must_use]
    pub fn start(feed: F, limits: Limits) -> Self {
        let (feed, registry, tasks) = (Arc::new(feed), Arc::new(Registry::new(limits)), Tasks::new());
        tasks.spawn(check_heads(Arc::clone(&feed), Arc::clone(&registry)));
        tasks.spawn(tell_people(Arc::clone(&registry)));
        Self(Arc::new(Shared { feed, registry, tasks }))
    }

    /// Tells that `stream` now reaches to `head`. To be called after the commit; it never waits, costs nothing if nobody
    /// watches, and may be lost, repeated or out of order without harm.
    pub fn publish(&self, stream: StreamKey, head: i64) {
        if let Some(stream) = self.0.registry.stream(stream) {
            stream.raise(head);
        }
    }

    /// Opens a socket: the handle is for what the client asks, the outbox for what it is sent.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the person has too many sockets open, or the hub drains.
    pub fn connect(&self, person: PersonKey, session: SessionKey) -> Result<(SocketHandle<F>, Outbox), ConnectError> {
        let socket = self.0.registry.connect(person, session)?;
        let outbox = Outbox { registry: Arc::clone(&self.0.registry), socket: Arc::clone(&socket) };
        Ok((SocketHandle::new(Arc::clone(&self.0), socket), outbox))
    }

    /// Closes every socket of a session with [`CloseCode::SESSION_OVER`], on this node. An entry with
    /// the matching [`Signal`](crate::Signal) does it on every node.
    pub fn end_session(&self, session: SessionKey) {
        self.end(&self.0.registry.sockets_of_session(session));
    }

    /// Closes every socket of a person with [`CloseCode::SESSION_OVER`], on this node. An entry with
    /// the matching [`Signal`](crate::Signal) does it on every node.
    pub fn end_person(&self, person: PersonKey) {
        self.end(&self.0.registry.sockets_of_person(person));
    }

    /// Whether somebody is shown to nobody, on this node. Sockets that open later have to be told by whoever opens them.
    pub fn appear_offline(&self, person: PersonKey, is_hidden: bool) {
        for socket in self.0.registry.sockets_of_person(person) {
            self.0.registry.crowd.hide(&socket, is_hidden);
        }
    }

    /// What other nodes have not been told about who is here; waits until there is something. Nothing is kept for them
    /// before [`report_all`](Self::report_all) was called once.
    ///
    /// Cancel-safe: dropping the future loses nothing.
    pub async fn report(&self) -> Vec<Seen> {
        self.0.registry.crowd.report().await
    }

    /// All who are here, to be told to other nodes every four seconds: one that says nothing for twelve is dead.
    #[must_use]
    pub fn report_all(&self) -> Vec<Seen> {
        self.0.registry.crowd.report_all()
    }

    /// Takes in what another node reports. `round` grows with each full report there, and is that of the last one for what
    /// follows it; after the last part of a full report, who was not named in it is not there.
    pub fn hear(&self, node: NodeKey, round: u64, seen: Vec<Seen>, is_last: bool) {
        self.0.registry.crowd.hear(node, round, seen, is_last);
    }

    /// Another node has stopped in order. Its people stay for five seconds, in which they come back elsewhere.
    pub fn node_left(&self, node: NodeKey) {
        self.0.registry.crowd.part_node(node);
    }

    /// Stops: lets nobody in, closes every socket with [`CloseCode::RESTART`], and returns when every task has ended.
    /// The outboxes still give their last item.
    pub async fn drain(&self) {
        for socket in self.0.registry.start_draining() {
            self.0.registry.close(&socket, Some(CloseCode::RESTART));
        }
        self.0.registry.stop.cancel();
        self.0.tasks.stop().await;
    }

    /// The hub at this moment. Looks at every socket, so ask it by the second, not by the event.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.registry.stats()
    }

    fn end(&self, sockets: &[Arc<Socket>]) {
        for socket in sockets {
            self.0.registry.close(socket, Some(CloseCode::SESSION_OVER));
        }
    }
}

impl<F: Feed> Clone for Hub<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What a socket is to be sent, in order. Dropping it closes the socket.
///
/// It holds at most [`Limits::queue_frames`] frames and [`Limits::queue_bytes`], shared with the other sockets; whoever
/// reads slower is served from the streams' rings when they come back to it, or told to resync.
pub struct Outbox {
    registry: Arc<Registry>,
    socket: Arc<Socket>,
}

impl Outbox {
    /// The next item, when there is one; `None` after [`Item::Close`], or once the handle was dropped.
    ///
    /// Cancel-safe: dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Item> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// As [`next`](Self::next), for those who poll.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        loop {
            match self.socket.next(Some(context.waker())) {
                Poll::Ready(Next::Item(item)) => return Poll::Ready(Some(item)),
                Poll::Ready(Next::End) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => {
                    if let Some(item) = self.fetch(next) {
                        return Poll::Ready(Some(item));
                    }
                }
            }
        }
    }

    /// The next item if there is one now: to write several before one flush.
    pub fn try_next(&mut self) -> Option<Item> {
        loop {
            match self.socket.next(None) {
                Poll::Ready(Next::Item(item)) => return Some(item),
                Poll::Ready(Next::End) | Poll::Pending => return None,
                Poll::Ready(next) => {
                    if let Some(item) = self.fetch(next) {
                        return Some(item);
                    }
                }
            }
        }
    }

    /// Asks for what does not wait in the queue.
    fn fetch(&self, next: Next) -> Option<Item> {
        match next {
            Next::Item(item) => Some(item),
            Next::Pull(stream) => stream.pull(&self.socket),
            Next::People { stream, join, told } => {
                let (people, version) = self.registry.crowd.since(stream.key, told)?;
                self.socket.hand_people(stream.ch, join, version).then_some(Item::People(people))
            }
            Next::End => None,
        }
    }

    /// Waits until the socket is to be closed; gives the code unless the handle was dropped.
    ///
    /// To be selected on beside a send that may be stuck; [`next`](Self::next) then gives the item as well.
    pub async fn closed(&self) -> Option<CloseCode> {
        self.socket.closed.cancelled().await;
        self.socket.close_code()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.registry.close(&self.socket, None);
    }
}
