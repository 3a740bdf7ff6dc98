//! Sockets and tasks begin and end; nothing stays behind.

use std::time::Duration;

use muster_live::{CloseCode, ConnectError, Item, JoinError, Limits, StreamKey};

use crate::kit::*;

fn stream(n: u8) -> StreamKey {
    StreamKey { kind: 3, id: [n; 16] }
}

#[tokio::test(start_paused = true)]
async fn drain_closes_all_and_stops_every_pump() {
    let house = House::new();
    let mut sockets = Vec::new();
    for n in 0..10 {
        sockets.push(house.watcher(INES, stream(n)).await);
    }
    house.hub.drain().await;
    for (socket, reader) in &mut sockets {
        assert!(matches!(reader.outbox.next().await, Some(Item::Close(CloseCode::RESTART))));
        assert!(reader.outbox.next().await.is_none());
        assert_eq!(house.join(socket, FENCE, 0).await, Err(JoinError::Closed));
    }
    let stats = house.hub.stats();
    assert_eq!((stats.sockets, stats.streams), (0, 0));
    assert_eq!(house.hub.connect(INES, session(1)).err(), Some(ConnectError::Draining));
    let House { feed, hub } = house;
    drop((hub, sockets));
    assert_eq!(feed.holders(), 1, "a task still holds the feed");
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_is_dropped_takes_its_tasks_along() {
    let House { feed, hub } = {
        let house = House::new();
        let _watching = house.watcher(INES, FENCE).await;
        house
    };
    drop(hub);
    settle().await;
    assert_eq!(feed.holders(), 1);
}

#[tokio::test(start_paused = true)]
async fn drain_does_not_wait_for_a_feed_that_hangs() {
    let house = House::new();
    let (_socket, _ines) = house.watcher(INES, FENCE).await;
    house.feed.set_down(true);
    house.say(FENCE);
    settle().await;
    let asked = tokio::time::Instant::now();
    house.hub.drain().await;
    assert_eq!(asked.elapsed().as_millis(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_one_who_leaves_stops_the_pump() {
    let house = House::new();
    let (ines, _ines_reader) = house.watcher(INES, FENCE).await;
    let (otto, otto_reader) = house.watcher(OTTO, FENCE).await;
    // The pump has something to read, and tries again and again.
    house.feed.set_down(true);
    house.say(FENCE);
    settle().await;
    ines.leave(FENCE);
    assert_eq!(house.hub.stats().streams, 1);
    drop((otto, otto_reader));
    assert_eq!(house.hub.stats().streams, 0);
    let before = house.feed.reads();
    tokio::time::advance(Duration::from_mins(1)).await;
    settle().await;
    assert_eq!(house.feed.reads(), before);
}

#[tokio::test(start_paused = true)]
async fn an_ended_session_or_person_is_closed_at_once_whatever_waits() {
    let house = House::new();
    let (ines, mut reader) = house.watcher(INES, FENCE).await;
    let (_second, mut second) = house.hub.connect(INES, session(9)).unwrap();
    house.say_many(FENCE, 1_000, 0);
    settle().await;
    house.hub.end_session(session(1));
    assert!(matches!(reader.outbox.next().await, Some(Item::Close(CloseCode::SESSION_OVER))));
    assert_eq!(ines.closed().await, Some(CloseCode::SESSION_OVER));
    assert_eq!(house.join(&ines, FENCE, 0).await, Err(JoinError::Closed));
    assert!(second.try_next().is_none());
    house.hub.end_person(INES);
    assert!(matches!(second.try_next(), Some(Item::Close(CloseCode::SESSION_OVER))));
    assert_eq!(house.hub.stats().sockets, 0);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_stuck_hears_that_its_socket_is_closed() {
    let house = House::new();
    let (socket, outbox) = house.connect(INES);
    let mut closed = std::pin::pin!(outbox.closed());
    assert!(futures::poll!(closed.as_mut()).is_pending());
    socket.close(CloseCode(1013));
    assert_eq!(closed.await, Some(CloseCode(1013)));
}

#[tokio::test(start_paused = true)]
async fn a_socket_ends_when_either_half_is_dropped() {
    let house = House::new();
    let (handle, mut outbox) = house.connect(INES);
    drop(handle);
    assert!(outbox.next().await.is_none());
    let (handle, outbox) = house.connect(INES);
    drop(outbox);
    assert_eq!(handle.closed().await, None);
    assert_eq!(house.join(&handle, FENCE, 0).await, Err(JoinError::Closed));
    assert_eq!(house.hub.stats().sockets, 0);
}

#[tokio::test(start_paused = true)]
async fn sockets_per_person_and_streams_per_socket_are_limited() {
    let house = House::with(Limits { sockets_per_person: 2, streams_per_socket: 3, ..Limits::default() });
    let (first, _outbox) = house.connect(INES);
    let second = house.connect(INES);
    assert_eq!(house.hub.connect(INES, session(5)).err(), Some(ConnectError::TooManySockets));
    let _another_person = house.connect(OTTO);
    drop(second);
    let _second = house.connect(INES);

    for n in 0..3 {
        house.join(&first, stream(n), 0).await.unwrap();
    }
    assert_eq!(house.join(&first, stream(3), 0).await, Err(JoinError::TooManyStreams));
    house.join(&first, stream(0), 0).await.unwrap();
    first.leave(stream(1));
    house.join(&first, stream(3), 0).await.unwrap();
    assert_eq!(house.hub.stats().streams, 3);
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_stream_that_was_left_follows() {
    let house = House::new();
    let (socket, mut ines) = house.watcher(INES, FENCE).await;
    house.say(FENCE);
    settle().await;
    socket.leave(FENCE);
    house.say(FENCE);
    settle().await;
    assert!(ines.outbox.try_next().is_none());
}
