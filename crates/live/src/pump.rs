//! The pump of one stream: reads what is new, in order, and hands it to all who watch. And the check twice a second that
//! makes a lost bell harmless.
//!
//! Must not know: sockets beyond handing them a frame, and what an entry says beyond its signal.
//! Invariant: a signal is applied before its entry, or any later one, can be had by anybody.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::feed::{Entry, Feed, FeedError, Signal};
use crate::frame::Frame;
use crate::keys::{CloseCode, Reason};
use crate::registry::Registry;
use crate::ring::signed;
use crate::socket::{Delivery, Socket};
use crate::stats::Counters;
use crate::stream::{Stream, Subscribers};
use crate::tasks::through_panics;

/// How often the heads of all watched streams are asked for: what a lost bell costs at most, and what happened on another node. A
/// session that ends there has to have no socket here within a second.
const HEAD_CHECK: Duration = Duration::from_millis(500);
/// How many heads are asked for at once, so that a statement keeps a fair size.
const HEADS_AT_ONCE: usize = 500;
/// A read of a few rows that takes longer has met a database in trouble.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The first wait after a failed read; doubled up to the longest.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

pub(crate) struct Pump<F> {
    pub(crate) feed: Arc<F>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) stream: Arc<Stream>,
}

impl<F: Feed> Pump<F> {
    /// Runs until nobody watches, or the hub drains.
    pub(crate) async fn run(self) {
        let stop = self.stream.stop.clone();
        stop.run_until_cancelled(through_panics("pump", || self.turns())).await;
    }

    async fn turns(&self) {
        let mut retry = FIRST_RETRY;
        loop {
            match self.turn().await {
                Ok(()) => retry = FIRST_RETRY,
                Err(error) => {
                    // Told once for each trouble; every stream would tell it.
                    if retry == FIRST_RETRY {
                        tracing::warn!(stream = %self.stream.key, %error, "a feed could not be read; trying again");
                    }
                    sleep(retry).await;
                    retry = (retry * 2).min(LONGEST_RETRY);
                }
            }
        }
    }

    async fn turn(&self) -> Result<(), FeedError> {
        let wanted = self.stream.take_wanted();
        if let Some(from) = wanted {
            self.fill(from).await.inspect_err(|_| self.stream.want(from))?;
        }
        let head = self.stream.head();
        if head > self.stream.sent() {
            self.forward(head).await?;
        } else if wanted.is_none() {
            self.stream.bell.notified().await;
        }
        Ok(())
    }

    /// Reads what is new and hands it on.
    async fn forward(&self, head: i64) -> Result<(), FeedError> {
        let sent = self.stream.sent();
        let entries = self.read(sent, self.stream.limits.frame_entries).await?;
        let Some(first) = entries.first() else {
            self.stream.lower(head, sent);
            return Ok(());
        };
        if first.seq != sent + 1 {
            tracing::error!(stream = %self.stream.key, sent, found = first.seq, "a feed has a hole; going on behind it");
            self.stream.restart(first.seq - 1);
        }

        let mut run = Vec::with_capacity(entries.len());
        for (expected, entry) in (first.seq..).zip(entries) {
            if entry.seq != expected {
                break; // The next read begins here, and says so.
            }
            if let Some(signal) = entry.signal {
                self.hand_on(std::mem::take(&mut run)).await;
                self.apply(signal, entry.seq);
            }
            run.push(entry);
        }
        self.hand_on(run).await;
        Ok(())
    }

    async fn hand_on(&self, run: Vec<Entry>) {
        if run.is_empty() {
            return;
        }
        let (frames, subscribers) = self.stream.append(run);
        for frame in &frames {
            self.fan_out(frame, &subscribers).await;
        }
    }

    /// Gives a frame to all who watch, and returns when all have it: the next one must not overtake it.
    async fn fan_out(&self, frame: &Arc<Frame>, subscribers: &Subscribers) {
        let at_once = self.stream.limits.deliveries_per_turn.max(1);
        if subscribers.len() <= at_once {
            deliver(&self.registry.counters, frame, subscribers);
            return;
        }
        // Sending is most of the work. In a large project all cores share it, and others have their turns in between.
        let mut parts = JoinSet::new();
        for start in (0..subscribers.len()).step_by(at_once) {
            let (frame, subscribers) = (Arc::clone(frame), Arc::clone(subscribers));
            let counters = Arc::clone(&self.registry.counters);
            parts.spawn(async move {
                let end = subscribers.len().min(start + at_once);
                deliver(&counters, &frame, subscribers.get(start..end).unwrap_or_default());
            });
        }
        while let Some(part) = parts.join_next().await {
            if let Err(error) = part {
                tracing::error!(stream = %self.stream.key, %error, "a part of a fan-out broke off");
            }
        }
    }

    fn apply(&self, signal: Signal, seq: i64) {
        match signal {
            Signal::AccessEnded { person, reason } => {
                self.end_access(&self.registry.sockets_of_person(person), seq, reason);
            }
            Signal::StreamEnded { reason } => self.end_access(&self.stream.subscribers(), seq, reason),
            Signal::SessionEnded { session } => {
                self.close(&self.registry.sockets_of_session(session), CloseCode::SESSION_OVER);
            }
            Signal::PersonChanged { person } => {
                self.close(&self.registry.sockets_of_person(person), CloseCode::RESTART);
            }
            Signal::PersonEnded { person } => {
                self.close(&self.registry.sockets_of_person(person), CloseCode::SESSION_OVER);
            }
            Signal::Redacted => self.stream.forget(),
        }
    }

    fn end_access(&self, sockets: &[Arc<Socket>], seq: i64, reason: Reason) {
        for socket in sockets {
            if socket.end_access(&self.stream, seq, reason) {
                self.registry.end(&self.stream, socket);
            }
        }
    }

    fn close(&self, sockets: &[Arc<Socket>], code: CloseCode) {
        for socket in sockets {
            self.registry.close(socket, Some(code));
        }
    }

    /// Reads the entries after `from` that the ring has let go.
    async fn fill(&self, from: i64) -> Result<(), FeedError> {
        // Only this task adds and cuts while the ring may grow, so the floor stands still. Were a read to outlast that,
        // those who wait would be told to resync.
        let floor = self.stream.floor();
        let mut older = VecDeque::new();
        let (mut bytes, mut after) = (0, from);
        while after < floor {
            let limit = usize::try_from(floor - after).unwrap_or(usize::MAX).min(self.stream.limits.frame_entries);
            let page = self.read(after, limit).await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                if entry.seq != after + 1 {
                    older.clear();
                    bytes = 0;
                }
                after = entry.seq;
                bytes += entry.json.len();
                older.push_back(entry);
            }
            while bytes > self.stream.room_for_older() || signed(older.len()) > floor - from {
                let Some(oldest) = older.pop_front() else { break };
                bytes -= oldest.json.len();
            }
        }
        self.stream.fill(older, from);
        Ok(())
    }

    async fn read(&self, after: i64, limit: usize) -> Result<Vec<Entry>, FeedError> {
        ask(&self.registry, self.feed.read(self.stream.key, after, limit)).await
    }
}

fn deliver(counters: &Counters, frame: &Arc<Frame>, sockets: &[Arc<Socket>]) {
    let (mut given, mut fell_behind) = (0, 0);
    for socket in sockets {
        match socket.deliver(frame) {
            Delivery::Given => given += 1,
            Delivery::FellBehind => fell_behind += 1,
            Delivery::Skipped => (),
        }
    }
    counters.deliveries.fetch_add(given, Ordering::Relaxed);
    counters.fell_behind.fetch_add(fell_behind, Ordering::Relaxed);
}

/// Asks the feed, with a bound on how many ask at once and how long one waits for the answer.
async fn ask<T>(registry: &Registry, question: impl Future<Output = Result<T, FeedError>>) -> Result<T, FeedError> {
    // The semaphore is never closed; without a permit we would only be less polite.
    let _permit = registry.reads.acquire().await.ok();
    timeout(READ_TIMEOUT, question).await.unwrap_or(Err(FeedError::TimedOut))
}

/// Twice a second: asks for the heads of all that is watched, and cuts back what was filled for those who caught up.
pub(crate) async fn check_heads<F: Feed>(feed: Arc<F>, registry: Arc<Registry>) {
    let stop = registry.stop.clone();
    stop.run_until_cancelled(through_panics("head check", || checks(&*feed, &registry))).await;
}

async fn checks<F: Feed>(feed: &F, registry: &Registry) {
    let mut clock = interval(HEAD_CHECK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut healthy = true;
    loop {
        clock.tick().await;
        let streams = registry.watched();
        for stream in &streams {
            stream.tick();
        }
        let outcome = check(feed, registry, &streams).await;
        if let Err(error) = &outcome
            && healthy
        {
            tracing::warn!(%error, "the heads of the watched streams could not be read; trying again");
        }
        healthy = outcome.is_ok();
    }
}

async fn check<F: Feed>(feed: &F, registry: &Registry, streams: &[Arc<Stream>]) -> Result<(), FeedError> {
    for some in streams.chunks(HEADS_AT_ONCE) {
        let keys: Vec<_> = some.iter().map(|stream| stream.key).collect();
        for (key, head) in ask(registry, feed.heads(&keys)).await? {
            if let Some(stream) = registry.stream(key) {
                stream.raise(head);
            }
        }
    }
    Ok(())
}
