//! Fast writers, slow readers: bounded, and nothing lost in silence.

use std::time::Duration;

use muster_live::{Item, Limits};

use crate::kit::*;

#[tokio::test(start_paused = true)]
async fn under_load_several_entries_travel_in_one_frame() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    house.say_many(FENCE, 1_000, 0);
    ines.until(1_000).await;
    assert_eq!(ines.frames, 1_000_usize.div_ceil(128));
}

#[tokio::test(start_paused = true)]
async fn a_frame_holds_at_most_its_bytes_and_a_larger_entry_travels_alone() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    house.say_many(FENCE, 3, 15_000);
    house.say_many(FENCE, 1, 300_000);
    house.say_many(FENCE, 2, 0);
    ines.until(6).await;
    assert_eq!((ines.frames, ines.resyncs.len()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_catches_up_without_losing_an_entry() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    for _ in 0..1_900 {
        house.say(FENCE);
        yields(5).await;
    }
    settle().await;
    assert_eq!(house.hub.stats().behind, 1, "64 frames of one entry are the queue's bound");
    assert_eq!(ines.last, 0);
    ines.until(1_900).await;
    assert_eq!((ines.resyncs.len(), house.hub.stats().behind), (0, 0));
    house.say(FENCE);
    ines.until(1_901).await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_is_too_far_behind_is_told_once_and_goes_on_from_there() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    for _ in 0..4_000 {
        house.say(FENCE);
        yields(5).await;
    }
    settle().await;
    ines.take_waiting();
    assert_eq!((ines.resyncs.as_slice(), ines.last), (&[4_000][..], 4_000));
    assert_eq!(ines.frames, 64, "what was queued before it fell behind");
    house.say(FENCE);
    ines.until(4_001).await;
    assert_eq!(house.hub.stats().resyncs, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_misses_too_many_bytes_is_told_once() {
    let house = House::new();
    house.say_many(FENCE, 400, 4_000);
    let (socket, outbox) = house.connect(INES);
    house.join(&socket, FENCE, 0).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 0);
    ines.joined().await;
    ines.next().await;
    assert_eq!((ines.resyncs.as_slice(), ines.frames), (&[400][..], 0));

    // 200 of them are within the bytes: the same stream serves that, though its ring had let them go.
    let (near, outbox) = house.connect(OTTO);
    house.join(&near, FENCE, 200).await.unwrap();
    let mut otto = Reader::new(outbox, FENCE, 200);
    otto.until(400).await;
    assert_eq!(otto.resyncs.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_socket_holds_its_queue_and_no_more_and_the_others_do_not_notice() {
    let house = House::new();
    let (_stalled, mut stalled) = house.watcher(INES, FENCE).await;
    let (_reading, mut reading) = house.watcher(OTTO, FENCE).await;
    for seq in 1..=2_500 {
        house.feed.write_with(FENCE, 6_000, None);
        house.hub.publish(FENCE, seq);
        reading.until(seq).await;
        assert!(house.hub.stats().queued_bytes <= 256 * 1024);
    }
    assert_eq!(reading.resyncs.len(), 0);
    stalled.take_waiting();
    // 43 frames of 6 kB are 256 KiB.
    assert_eq!((stalled.frames, stalled.last), (43, 2_500));
    assert_eq!(stalled.resyncs, [2_500]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_bell_is_repaired_by_the_head_check() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    settle().await; // the first check is over
    house.feed.write(FENCE);
    settle().await;
    assert!(ines.outbox.try_next().is_none(), "nobody told");
    let asked = tokio::time::Instant::now();
    ines.until(1).await;
    assert!(asked.elapsed() <= Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_bell_before_its_entry_can_be_read_turns_no_wheel_and_loses_nothing() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    house.hub.publish(FENCE, 1);
    settle().await;
    assert!(house.feed.reads() < 3, "{} reads", house.feed.reads());
    house.feed.write(FENCE);
    ines.until(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_is_down_for_a_while_loses_nothing() {
    let house = House::new();
    house.say_many(FENCE, 100, 0);
    let (socket, outbox) = house.connect(INES);
    house.feed.set_down(true);
    house.join(&socket, FENCE, 0).await.unwrap();
    let mut ines = Reader::new(outbox, FENCE, 0);
    ines.joined().await;
    house.say(FENCE);
    tokio::time::advance(Duration::from_secs(30)).await;
    settle().await;
    assert!(ines.outbox.try_next().is_none());
    house.feed.set_down(false);
    ines.until(101).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_feed_does_not_end_the_pump() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    house.feed.panic_once();
    house.say(FENCE);
    ines.until(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_hole_in_the_feed_makes_readers_resync_and_not_wait_for_ever() {
    let house = House::new();
    let (_socket, mut ines) = house.watcher(INES, FENCE).await;
    house.say_many(FENCE, 20, 0);
    house.feed.lose_until(FENCE, 10);
    ines.until(20).await;
    assert_eq!(ines.resyncs.len(), 1);
    house.say(FENCE);
    ines.until(21).await;
}

#[tokio::test(start_paused = true)]
async fn catching_up_and_news_take_turns() {
    let house = House::with(Limits { frame_entries: 10, ..Limits::default() });
    house.say_many(FENCE, 500, 0);
    let (socket, mut outbox) = house.connect(INES);
    house.join(&socket, SHED, 0).await.unwrap();
    house.join(&socket, FENCE, 0).await.unwrap();
    while !matches!(outbox.next().await, Some(Item::Events(frame)) if frame.stream == FENCE) {}
    for _ in 0..20 {
        house.say(SHED);
        yields(20).await;
    }
    let order: Vec<_> = std::iter::from_fn(|| outbox.try_next()).take(10).filter_map(|item| item.stream()).collect();
    let of_the_fence = order.iter().filter(|stream| **stream == FENCE).count();
    assert_eq!((order.len(), of_the_fence), (10, 5));
}
