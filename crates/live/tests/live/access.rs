//! Access that ends: nothing later is sent, whoever was doing what at that moment.

use std::sync::Arc;

use muster_live::{CloseCode, Item, JoinError, Reason, Signal};
use tokio::task::JoinSet;

use crate::kit::*;

const INES_LEAVES: Signal = Signal::AccessEnded { person: INES, reason: REMOVED };

#[tokio::test(start_paused = true)]
async fn an_ended_access_gets_what_came_before_and_nothing_later() {
    let house = House::new();
    let (_ines, mut ines) = house.watcher(INES, FENCE).await;
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    house.feed.write(FENCE);
    house.feed.signal(FENCE, INES_LEAVES);
    house.say(FENCE);
    otto.until(3).await;
    ines.until(1).await;
    ines.next().await;
    assert_eq!((ines.gone, ines.last), (Some(REMOVED), 1));
    house.say(FENCE);
    otto.until(4).await;
    assert!(ines.outbox.try_next().is_none());
    assert_eq!(otto.frames, 3, "the frame is split at the entry that ends access");
}

#[tokio::test(start_paused = true)]
async fn an_end_of_access_reaches_a_socket_that_is_behind() {
    let house = House::new();
    let (_ines, mut ines) = house.watcher(INES, FENCE).await;
    for _ in 0..100 {
        house.say(FENCE);
        yields(5).await;
    }
    house.hub.publish(FENCE, house.feed.signal(FENCE, INES_LEAVES));
    house.say(FENCE);
    settle().await;
    ines.take_waiting();
    assert_eq!((ines.frames, ines.last, ines.gone), (64, 64, Some(REMOVED)));
    assert_eq!(house.hub.stats().streams, 0);
}

#[tokio::test(start_paused = true)]
async fn an_access_that_ends_while_it_is_granted_is_not_granted() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (socket, mut outbox) = house.connect(INES);
    let outcome = socket
        .join(FENCE, 0, async || {
            let yes = house.feed.may(FENCE, INES);
            house.hub.publish(FENCE, house.feed.signal(FENCE, INES_LEAVES));
            settle().await;
            yes
        })
        .await;
    assert_eq!(outcome, Err(JoinError::Ended(REMOVED)));
    otto.until(1).await;
    assert!(outbox.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_end_of_access_from_before_it_was_given_back_does_not_count() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    // The pump has not heard of any of this when Ines joins.
    house.feed.signal(FENCE, INES_LEAVES);
    house.feed.give_back(FENCE);
    let (socket, outbox) = house.connect(INES);
    house.join(&socket, FENCE, 2).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 2);
    house.say(FENCE);
    ines.until(3).await;
    otto.until(3).await;
    assert_eq!(ines.gone, None);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_stream_tells_everybody_and_stops_its_pump() {
    let house = House::new();
    let (_ines, mut ines) = house.watcher(INES, FENCE).await;
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    house.hub.publish(FENCE, house.feed.signal(FENCE, Signal::StreamEnded { reason: Reason(7) }));
    for reader in [&mut ines, &mut otto] {
        reader.next().await;
        assert_eq!((reader.gone, reader.last), (Some(Reason(7)), 0));
    }
    assert_eq!(house.hub.stats().streams, 0);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_ends_or_changes_a_session_or_a_person_closes_their_sockets_and_no_others() {
    for (signal, code, closed) in [
        (Signal::SessionEnded { session: session(1) }, CloseCode::SESSION_OVER, [true, false, false]),
        (Signal::PersonEnded { person: INES }, CloseCode::SESSION_OVER, [true, true, false]),
        (Signal::PersonChanged { person: INES }, CloseCode::RESTART, [true, true, false]),
    ] {
        let house = House::new();
        let mut sockets = vec![house.watcher(INES, FENCE).await];
        let (elsewhere, outbox) = house.hub.connect(INES, session(9)).unwrap();
        sockets.push((elsewhere, Reader::new(outbox, FENCE, 0)));
        sockets.push(house.watcher(OTTO, FENCE).await);
        house.hub.publish(FENCE, house.feed.signal(FENCE, signal));
        settle().await;
        for ((_, reader), closed) in sockets.iter_mut().zip(closed) {
            let item = reader.outbox.try_next();
            assert_eq!(matches!(item, Some(Item::Close(with)) if with == code), closed, "{signal:?} {item:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_redacted_is_not_served_from_memory() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    house.say_many(FENCE, 5, 0);
    otto.until(5).await;
    house.feed.redact(FENCE, 3);
    house.hub.publish(FENCE, house.feed.signal(FENCE, Signal::Redacted));
    otto.until(6).await;
    let (ines, mut outbox) = house.connect(INES);
    house.join(&ines, FENCE, 2).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(br#""seq":6,"pad":""}]}"#) {
        if let Some(Item::Events(frame)) = outbox.next().await {
            text = [text, frame.text.to_vec()].concat();
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("null") && !text.contains(r#""seq":3"#), "{text}");
}

/// Ines is removed and taken back at random moments while she joins again and again; Otto stays.
async fn revolving_door(seed: u64) {
    let mut chance = Chance::new(seed);
    let house = Arc::new(House::with(tight(&mut chance)));
    house.feed.dawdle(chance.fork());
    let mut tasks = JoinSet::new();

    let (writer, mut pace) = (Arc::clone(&house), chance.fork());
    tasks.spawn(async move {
        let mut inside = true;
        for _ in 0..60 {
            let seq = match pace.below(6) {
                0 if inside => writer.feed.signal(FENCE, INES_LEAVES),
                0 => writer.feed.give_back(FENCE),
                _ => writer.feed.write(FENCE),
            };
            inside = writer.feed.may(FENCE, INES).is_ok();
            if !pace.one_in(4) {
                writer.hub.publish(FENCE, seq);
            }
            yields(pace.below(12)).await;
        }
    });

    let ends: fn(&Memory, i64) -> i64 = |feed, head| feed.next_end(FENCE, head).unwrap_or(i64::MAX);
    for person in [INES, INES, OTTO] {
        let (house, mut pace) = (Arc::clone(&house), chance.fork());
        tasks.spawn(async move {
            let (socket, mut outbox) = house.connect(person);
            for _ in 0..12 {
                yields(pace.below(40)).await;
                let (before, after) = (pace.below(5), pace.below(5));
                let outcome = socket
                    .join(FENCE, 0, async || {
                        yields(before).await;
                        let answer = house.feed.may(FENCE, person);
                        yields(after).await;
                        answer
                    })
                    .await;
                if outcome.is_err() {
                    continue;
                }
                let (mut head, mut last, mut gone) = (0, 0, false);
                for _ in 0..pace.below(20) {
                    yields(pace.below(6)).await;
                    match outbox.try_next() {
                        Some(Item::Joined { head: granted, .. }) => (head, last, gone) = (granted, 0, false),
                        Some(Item::Events(frame)) => {
                            assert!(!gone, "entries after the end");
                            assert_eq!(frame.first, last + 1);
                            last = frame.last;
                            assert!(person == OTTO || last < ends(&house.feed, head), "{last} is after the end");
                        }
                        Some(Item::Resync { head: told, .. }) => {
                            assert!(person == OTTO || told < ends(&house.feed, head), "resync after the end");
                            last = told;
                        }
                        Some(Item::Gone { .. }) => gone = true,
                        Some(Item::Close(code)) => panic!("{code:?}"),
                        Some(Item::People(_)) => assert!(!gone, "people after the end"),
                        None => (),
                    }
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    house.hub.drain().await;
}

#[test]
fn whoever_is_removed_and_taken_back_while_joining_never_gets_what_came_after_an_end() {
    for seed in 0..2_000 {
        alone(revolving_door(seed));
    }
}
