//! Presence with sockets and a clock: takes in what pages say, and calls those who watch when it is another.
//!
//! Must not know: how presence is merged, what an object is. Locks: presence is taken before a socket's state, never after it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use crate::keys::{CloseCode, NodeKey, StreamKey};
use crate::limits::Limits;
use crate::lock;
use crate::presence::{Doing, People, Presence, Seen};
use crate::registry::Registry;
use crate::socket::Socket;
use crate::tasks::through_panics;

/// Those who watch are told at most this often.
const PACE: Duration = Duration::from_millis(50);

/// How a page's connection ends, as far as one can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The peer has closed it (1001, 1005). A reload looks the same, and is back at once.
    Closed,
    /// It broke (1006), and may be back in a moment.
    Lost,
}

impl Departure {
    /// For how long the page is shown all the same, in milliseconds.
    pub(crate) const fn grace_ms(self) -> u64 {
        match self {
            Self::Closed => 1_500,
            Self::Lost => 5_000,
        }
    }
}

/// The presence of a node.
pub(crate) struct Crowd {
    presence: Mutex<Presence>,
    began: Instant,
    /// Rung when something has changed.
    bell: Notify,
    /// Rung when there is something to report to other nodes.
    report: Notify,
}

impl Crowd {
    pub(crate) fn new(limits: &Limits) -> Self {
        let presence = Mutex::new(Presence::new(limits));
        Self { presence, began: Instant::now(), bell: Notify::new(), report: Notify::new() }
    }

    pub(crate) fn focus(&self, socket: &Socket, stream: StreamKey, doing: Doing) {
        let is_hidden = socket.is_hidden.load(Ordering::Relaxed);
        self.change(|presence, now| {
            // Under this lock: whoever ends the access comes either before this, or after it and takes the page out again.
            if socket.watches(stream) {
                presence.focus(now, socket.id, socket.person, is_hidden, (stream, doing));
            }
        });
    }

    pub(crate) fn blur(&self, socket: &Socket) {
        self.change(|presence, _| presence.blur(socket.id));
    }

    pub(crate) fn leave(&self, socket: &Socket, stream: StreamKey) {
        self.change(|presence, _| presence.leave(socket.id, stream));
    }

    /// A socket is closed, with this code if this node is it who closes it.
    pub(crate) fn part(&self, socket: &Socket, code: Option<CloseCode>) {
        let grace_ms = match code {
            Some(CloseCode::SESSION_OVER) => 0,
            _ => socket.grace_ms.load(Ordering::Relaxed),
        };
        self.change(|presence, now| presence.part(now, socket.id, grace_ms));
    }

    pub(crate) fn hide(&self, socket: &Socket, is_hidden: bool) {
        self.change(|presence, _| {
            socket.is_hidden.store(is_hidden, Ordering::Relaxed);
            presence.hide(socket.id, is_hidden);
        });
    }

    pub(crate) fn hear(&self, node: NodeKey, round: u64, seen: Vec<Seen>, is_last: bool) {
        self.change(|presence, now| presence.hear(now, node, round, seen, is_last));
    }

    pub(crate) fn part_node(&self, node: NodeKey) {
        self.change(|presence, now| presence.part_node(now, node));
    }

    pub(crate) fn all(&self, stream: StreamKey) -> (People, u64) {
        self.presence().all(stream)
    }

    pub(crate) fn since(&self, stream: StreamKey, told: u64) -> Option<(People, u64)> {
        self.presence().since(stream, told)
    }

    pub(crate) async fn report(&self) -> Vec<Seen> {
        loop {
            let seen = self.presence().take_report();
            if !seen.is_empty() {
                return seen;
            }
            self.report.notified().await;
        }
    }

    pub(crate) fn report_all(&self) -> Vec<Seen> {
        self.presence().report_all()
    }

    fn change(&self, change: impl FnOnce(&mut Presence, u64)) {
        change(&mut self.presence(), self.now());
        self.bell.notify_one();
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn presence(&self) -> MutexGuard<'_, Presence> {
        lock(&self.presence)
    }
}

/// Calls those who watch, for as long as the hub lives.
pub(crate) async fn tell_people(registry: Arc<Registry>) {
    let stop = registry.stop.clone();
    stop.run_until_cancelled(through_panics("presence", || turns(&registry))).await;
}

async fn turns(registry: &Registry) {
    let crowd = &registry.crowd;
    loop {
        let settled = {
            let mut presence = crowd.presence();
            presence.settle(crowd.now())
        };
        for stream in settled.changed.iter().filter_map(|key| registry.stream(*key)) {
            for socket in stream.subscribers().iter() {
                socket.call_people(stream.ch);
            }
        }
        if settled.has_report {
            crowd.report.notify_one();
        }
        // What changes meanwhile is told together.
        sleep(PACE).await;
        match settled.next {
            Some(next) => {
                let _ = timeout_at(crowd.began + Duration::from_millis(next), crowd.bell.notified()).await;
            }
            None => crowd.bell.notified().await,
        }
    }
}
