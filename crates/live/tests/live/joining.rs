//! Joining while entries are written: complete, in order, once.

use std::cell::Cell;
use std::sync::Arc;

use muster_live::{Item, JoinError, Limits};
use tokio::task::JoinSet;

use crate::kit::*;

#[tokio::test(start_paused = true)]
async fn a_late_joiner_gets_what_it_missed_and_then_what_comes() {
    let house = House::new();
    house.say_many(FENCE, 10, 0);
    let (socket, outbox) = house.connect(INES);
    house.join(&socket, FENCE, 4).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 4);
    ines.until(10).await;
    house.say(FENCE);
    ines.until(11).await;
    assert_eq!((ines.head, ines.resyncs.len()), (10, 0));
}

/// One stream, a writer whose bells get lost, and readers who come late, read slowly, leave and come again.
async fn race(seed: u64, lose_bells: bool, limits: fn(&mut Chance) -> Limits) {
    let mut chance = Chance::new(seed);
    let limits = limits(&mut chance);
    let house = Arc::new(House::with(limits));
    house.feed.dawdle(chance.fork());
    let total = i64::try_from(20 + chance.below(80)).unwrap();
    for _ in 0..chance.below(20) {
        house.feed.write(FENCE);
    }

    let mut tasks = JoinSet::new();
    let (writer, mut pace) = (Arc::clone(&house), chance.fork());
    tasks.spawn(async move {
        while writer.feed.head(FENCE) < total {
            let seq = writer.feed.write(FENCE);
            if !(lose_bells && pace.one_in(5)) {
                writer.hub.publish(FENCE, seq);
            }
            yields(pace.below(6)).await;
        }
    });
    for _ in 0..4 {
        let (house, mut chance) = (Arc::clone(&house), chance.fork());
        tasks.spawn(async move {
            yields(chance.below(200)).await;
            let (socket, outbox) = house.connect(INES);
            let mut reader = Reader::new(outbox, FENCE, 0);
            // The last visit stays to the end; those before leave somewhere in the middle.
            for visits_left in (0..=chance.below(3)).rev() {
                let since = reader.last.max(i64::try_from(chance.below(20)).unwrap().min(house.feed.head(FENCE)));
                reader.last = since;
                let (before, after) = (chance.below(4), chance.below(4));
                socket
                    .join(FENCE, since, async || {
                        yields(before).await;
                        let head = house.feed.may(FENCE, INES);
                        yields(after).await;
                        head
                    })
                    .await
                    .unwrap();
                reader.joined().await;
                let stop = if visits_left == 0 { total } else { total.min(reader.last + 5) };
                while reader.last < stop {
                    let (before, told) = (reader.last, reader.resyncs.len());
                    reader.next().await;
                    let missed = usize::try_from(reader.last - before).unwrap();
                    assert!(
                        reader.resyncs.len() == told || missed > limits.behind_entries,
                        "told to resync for {missed}"
                    );
                    yields(chance.below(12)).await;
                }
                if visits_left > 0 && chance.one_in(2) {
                    socket.leave(FENCE);
                }
            }
            assert_eq!(reader.last, total);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    house.hub.drain().await;
}

#[test]
fn joins_and_entries_in_any_order_leave_no_gap_and_no_double() {
    for seed in 0..2_000 {
        alone(race(seed, true, tight));
    }
}

#[test]
fn joins_and_entries_on_two_threads_leave_no_gap_and_no_double() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    for seed in 0..300 {
        // Real time passes here, so no bell is lost: each would cost a second.
        runtime.block_on(race(seed, false, tight));
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_joins_is_served_by_one_read_and_not_by_one_each() {
    let house = House::new();
    house.say_many(FENCE, 300, 50);
    let (_first, mut first) = house.watcher(OTTO, FENCE).await;
    let before = house.feed.reads();

    let mut readers = Vec::new();
    for n in 0..500_u16 {
        let person = muster_live::PersonKey([u8::try_from(n % 250).unwrap() + 3; 16]);
        let (socket, outbox) = house.connect(person);
        house.join(&socket, FENCE, 200).await.unwrap();
        readers.push((socket, Reader::new(outbox, FENCE, 200)));
    }
    for (_, reader) in &mut readers {
        reader.until(300).await;
    }
    assert_eq!(house.feed.reads() - before, 1);
    // The catch-up is encoded once for all of them, too.
    assert_eq!(house.hub.stats().frames, 1);
    house.say(FENCE);
    first.until(301).await;
}

#[tokio::test(start_paused = true)]
async fn who_claims_to_have_seen_the_future_is_told_to_resync() {
    let house = House::new();
    house.say_many(FENCE, 3, 0);
    let (socket, outbox) = house.connect(INES);
    house.join(&socket, FENCE, 40).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 40);
    ines.joined().await;
    ines.next().await;
    assert_eq!((ines.resyncs.as_slice(), ines.last), (&[3][..], 3));
    house.say(FENCE);
    ines.until(4).await;
}

#[tokio::test(start_paused = true)]
async fn a_join_decided_on_older_data_than_the_stream_started_from_is_decided_again() {
    let house = House::new();
    let (socket, outbox) = house.connect(INES);
    let asked = Cell::new(0);
    let (other, _other_outbox) = house.connect(OTTO);
    socket
        .join(FENCE, 0, async || {
            asked.set(asked.get() + 1);
            if asked.get() > 1 {
                return house.feed.may(FENCE, INES);
            }
            // Meanwhile the stream moves on, and somebody else starts it from there.
            let old = house.feed.head(FENCE);
            house.say_many(FENCE, 2, 0);
            house.join(&other, FENCE, 0).await.unwrap();
            Ok(old)
        })
        .await
        .unwrap();
    assert_eq!(asked.get(), 2);
    Reader::new(outbox, FENCE, 0).until(2).await;
}

#[tokio::test(start_paused = true)]
async fn answers_that_stay_out_of_date_refuse_the_join() {
    let house = House::new();
    house.say_many(FENCE, 5, 0);
    let (_otto, _outbox) = house.watcher(OTTO, FENCE).await;
    let (ines, _outbox) = house.connect(INES);
    let outcome = ines.join(FENCE, 0, async || Ok::<_, ()>(4)).await;
    assert_eq!(outcome, Err(JoinError::Stale));
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_join_that_is_dropped_or_refused_leaves_nothing_behind() {
    let house = House::new();
    let (socket, mut outbox) = house.connect(INES);
    {
        let join = socket.join(FENCE, 0, std::future::pending::<Result<i64, ()>>);
        let mut join = std::pin::pin!(join);
        assert!(futures::poll!(join.as_mut()).is_pending());
        assert_eq!(house.hub.stats().streams, 1);
    }
    assert_eq!(house.hub.stats().streams, 0);
    assert_eq!(socket.join(FENCE, 0, async || Err("no")).await, Err(JoinError::Refused("no")));
    assert_eq!(house.hub.stats().streams, 0);
    house.say(FENCE);
    settle().await;
    assert!(outbox.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_left_while_access_is_decided_is_not_joined() {
    let house = House::new();
    let (socket, mut outbox) = house.connect(INES);
    let outcome = socket
        .join(FENCE, 0, async || {
            socket.leave(FENCE);
            house.feed.may(FENCE, INES)
        })
        .await;
    assert_eq!(outcome, Err(JoinError::Left));
    assert!(outbox.try_next().is_none());
    assert_eq!(house.hub.stats().streams, 0);
}

#[tokio::test(start_paused = true)]
async fn joining_again_begins_anew_and_takes_back_what_is_queued() {
    let house = House::new();
    let (socket, outbox) = house.connect(INES);
    house.join(&socket, FENCE, 0).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 0);
    ines.joined().await;
    house.say_many(FENCE, 5, 0);
    settle().await;
    house.join(&socket, FENCE, 2).await.unwrap();
    ines.last = 2;
    ines.joined().await;
    ines.until(5).await;
    assert_eq!(house.hub.stats().streams, 1);
    socket.leave(FENCE);
    assert_eq!(house.hub.stats().streams, 0);
}

#[tokio::test(start_paused = true)]
async fn streams_of_one_socket_do_not_disturb_each_other() {
    let house = House::with(Limits { queue_frames: 2, ring_entries: 4, frame_entries: 2, ..Limits::default() });
    let (socket, mut outbox) = house.connect(INES);
    let mut last = std::collections::HashMap::from([(FENCE, 0), (SHED, 0)]);
    for stream in [FENCE, SHED] {
        house.join(&socket, stream, 0).await.unwrap();
    }
    for _ in 0..50 {
        house.say_many(FENCE, 3, 0);
        house.say_many(SHED, 1, 0);
        settle().await;
        for _ in 0..3 {
            if let Some(Item::Events(frame)) = outbox.try_next() {
                assert_eq!(last.insert(frame.stream, frame.last), Some(frame.first - 1));
            }
        }
    }
    while last[&FENCE] < 150 || last[&SHED] < 50 {
        if let Item::Events(frame) = outbox.next().await.unwrap() {
            assert_eq!(last.insert(frame.stream, frame.last), Some(frame.first - 1));
        }
    }
}
