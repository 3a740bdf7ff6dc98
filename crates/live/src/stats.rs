//! What the hub counts, for the caller's metrics.

use std::sync::atomic::AtomicU64;

/// The state of a hub at one moment. Counters start at zero with the hub and only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Open sockets.
    pub sockets: usize,
    /// Streams that somebody watches.
    pub streams: usize,
    /// Subscriptions that are served from the ring at this moment, because they are catching up.
    pub behind: usize,
    /// Bytes that wait in the queues of all sockets. Frames are shared: the memory behind it is less.
    pub queued_bytes: usize,
    /// Counter: frames encoded.
    pub frames: u64,
    /// Counter: frames put into a socket's queue.
    pub deliveries: u64,
    /// Counter: subscriptions that lost the pace, mostly because their queue was full.
    pub fell_behind: u64,
    /// Counter: sockets told to take a snapshot.
    pub resyncs: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) frames: AtomicU64,
    pub(crate) deliveries: AtomicU64,
    pub(crate) fell_behind: AtomicU64,
    pub(crate) resyncs: AtomicU64,
}
