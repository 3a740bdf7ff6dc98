//! Streams, who watches them, and fan-out: from "stream 7 now reaches to 4711" to a frame in every socket that watches.
//!
//! Must not know: what an entry means, HTTP, sockets of the system, SQL, or who may read what. Entries are JSON text with a number;
//! access is a question the caller answers.
//!
//! # How it works
//!
//! - [`Hub::publish`] only raises a stream's head. One **pump** per watched stream reads what is new from the [`Feed`], in
//!   order, up to 128 entries in one read, encodes them once, and puts the same [`Frame`] into every socket's queue. Under load,
//!   a frame holds several entries. A lost publish is repaired by a check of all watched heads, twice a second.
//! - A host may [attach](SocketHandle::attach) a [`Line`] to a socket: a frame that is next in order then goes to the peer from
//!   the pump's thread, and the queue is for what the peer cannot take at once.
//! - Every subscription has a **cursor**, and is given a frame only if that begins right after it. A socket that lost the
//!   pace (its queue holds 64 frames or 256 KiB) is *behind* there: nothing more is queued, and when its reader comes back
//!   it is given what it missed from the stream's **ring**, the newest 512 entries or 256 KiB, encoded. What the ring has
//!   let go the pump reads again, once for all who miss it. Beyond 2,000 entries or 1 MiB it is told [`Item::Resync`], once.
//!   So nothing is lost or doubled, and a stalled socket costs its queue and no more.
//! - **Joining** is being behind from the start: the socket is subscribed, then access is decided, then what came after
//!   `since` is given like anything else that was missed. Nobody who joins is written into a queue twice or read for alone.
//! - A page that watches a stream may say [what it is doing](SocketHandle::focus). All who watch are told who is there, merged
//!   per person, at most every 50 ms ([`Item::People`]). Nothing of it is queued: a socket whose turn it is gets what is
//!   another since the last time. Pages whose connection ended stay for a [moment](Departure), so that a reload does not flicker.
//!   Nodes [report](Hub::report) to each other; the way of the reports is the host's.
//! - An entry may carry a [`Signal`]. It is applied before that entry, or a later one, can be had by anybody: a person
//!   whose access ended is told [`Item::Gone`] and gets nothing of it, also if they were joining at that moment.
//!
//! The hub spawns one task for each watched stream, one for the head check and one for who is there, owns them all, and ends them in
//! [`Hub::drain`]. Bounds are in [`Limits`]. It cannot help a peer that stops reading without end: give each send a timeout
//! and close (1013), or wait for [`Outbox::closed`] beside it.
//!
//! # Example
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use muster_live::{Entry, Feed, FeedError, Hub, Item, Limits, PersonKey, SessionKey, StreamKey};
//!
//! /// A feed of one stream, in memory.
//! #[derive(Clone, Default)]
//! struct Memory(Arc<Mutex<Vec<Entry>>>);
//!
//! impl Memory {
//!     fn write(&self, json: &str) -> i64 {
//!         let mut entries = self.0.lock().unwrap();
//!         let seq = entries.len() as i64 + 1;
//!         entries.push(Entry { seq, json: json.into(), signal: None });
//!         seq
//!     }
//!     fn head(&self) -> i64 {
//!         self.0.lock().unwrap().len() as i64
//!     }
//! }
//!
//! impl Feed for Memory {
//!     async fn read(&self, _: StreamKey, after: i64, limit: usize) -> Result<Vec<Entry>, FeedError> {
//!         Ok(self.0.lock().unwrap().iter().filter(|entry| entry.seq > after).take(limit).cloned().collect())
//!     }
//!     async fn heads(&self, streams: &[StreamKey]) -> Result<Vec<(StreamKey, i64)>, FeedError> {
//!         Ok(streams.iter().map(|stream| (*stream, self.head())).collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (feed, fence) = (Memory::default(), StreamKey { kind: 1, id: [7; 16] });
//! let hub = Hub::start(feed.clone(), Limits::default());
//! feed.write(r#"{"seq":1,"is":"painted"}"#);
//!
//! let (socket, mut outbox) = hub.connect(PersonKey([1; 16]), SessionKey([2; 16])).unwrap();
//! socket.join(fence, 0, async || Ok::<_, ()>(feed.head())).await.unwrap(); // may they? yes, and the head is …
//! hub.publish(fence, feed.write(r#"{"seq":2,"is":"dry"}"#));
//!
//! assert!(matches!(outbox.next().await, Some(Item::Joined { head: 1, .. })));
//! let (mut text, mut last) = (String::new(), 0);
//! while last < 2 {
//!     let Some(Item::Events(frame)) = outbox.next().await else { panic!("only entries follow") };
//!     assert_eq!(frame.first, last + 1);
//!     (text, last) = (String::from_utf8(frame.text.to_vec()).unwrap(), frame.last);
//! }
//! assert!(text.ends_with(r#"{"seq":2,"is":"dry"}]}"#), "{text}");
//! hub.drain().await;
//! assert!(matches!(outbox.next().await, Some(Item::Close(_))));
//! # }
//! ```

#![forbid(unsafe_code)]

mod feed;
mod frame;
mod hub;
mod join;
mod keys;
mod limits;
mod people;
mod presence;
mod pump;
mod registry;
mod ring;
mod socket;
mod stats;
mod stream;
mod tasks;

pub use feed::{Entry, Feed, FeedError, Signal};
pub use frame::{Frame, Item, Line, text_message};
pub use hub::{Hub, Outbox};
pub use join::{JoinError, SocketHandle};
pub use keys::{CloseCode, NodeKey, PersonKey, Reason, SessionKey, StreamKey};
pub use limits::Limits;
pub use people::Departure;
pub use presence::{Doing, Doings, Mode, People, Seen};
pub use registry::ConnectError;
pub use stats::Stats;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere: every change under these locks is complete at each point where it could panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
