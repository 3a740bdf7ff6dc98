//! Who is there: told to those who watch, soon and not too often, and to nobody else.

use std::time::Duration;

use muster_live::{Departure, Doing, Item, Mode, NodeKey, People, Signal};
use tokio::time::{Instant, advance};

use crate::kit::*;

const LOOKING: Doing = Doing { object: None, part: 0, mode: Mode::Viewing };
const EDITING: Doing = Doing { object: Some([7; 16]), part: 2, mode: Mode::Editing };

impl Reader {
    /// The next word of who is there, and how long it took.
    async fn people(&mut self) -> (People, Duration) {
        let asked = Instant::now();
        loop {
            match self.outbox.next().await.expect("the socket is open") {
                Item::People(people) => return (people, asked.elapsed()),
                other => self.take(&other),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_watch_are_told_at_once_and_those_who_come_later_when_they_join() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (ines, _ines) = house.watcher(INES, FENCE).await;
    ines.focus(FENCE, EDITING);
    let (told, took) = otto.people().await;
    assert_eq!(told.here, [(INES, [EDITING].into())]);
    assert!(took <= Duration::from_millis(60), "{took:?}");
    let (late, outbox) = house.connect(OTTO);
    house.join(&late, FENCE, 0).await.unwrap();
    assert_eq!(Reader::new(outbox, FENCE, 0).people().await.0.here, told.here);
    // A host that tells it with the answer to the join has told it.
    let (later, outbox) = house.connect(OTTO);
    house.join(&later, FENCE, 0).await.unwrap();
    assert_eq!(later.people(FENCE).here, told.here);
    let mut reader = Reader::new(outbox, FENCE, 0);
    reader.joined().await;
    assert!(reader.outbox.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_told_in_one_word_every_fifty_milliseconds() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (ines, _ines) = house.watcher(INES, FENCE).await;
    ines.focus(FENCE, LOOKING);
    otto.people().await;
    let began = Instant::now();
    let mut words = 0;
    for n in 0..1_000_u32 {
        ines.focus(FENCE, Doing { object: Some([u8::try_from(n % 200).unwrap(); 16]), ..LOOKING });
        advance(Duration::from_millis(1)).await;
        settle().await;
        while let Some(item) = otto.outbox.try_next() {
            words += usize::from(matches!(item, Item::People(_)));
        }
    }
    let most = usize::try_from(began.elapsed().as_millis() / 50).unwrap() + 1;
    assert!((10..=most).contains(&words), "{words} words in {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_page_says_nothing_about_a_stream_that_it_does_not_watch() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (ines, _ines) = house.watcher(INES, SHED).await;
    ines.focus(FENCE, LOOKING);
    settle().await;
    assert!(otto.outbox.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn who_loses_access_disappears_and_hears_nothing_more() {
    let house = House::new();
    let (otto_socket, mut otto) = house.watcher(OTTO, FENCE).await;
    let (ines_socket, mut ines) = house.watcher(INES, FENCE).await;
    ines_socket.focus(FENCE, LOOKING);
    otto.people().await;
    ines.people().await;
    let leaves = Signal::AccessEnded { person: INES, reason: REMOVED };
    house.hub.publish(FENCE, house.feed.signal(FENCE, leaves));
    assert_eq!(otto.people().await.0.left, [INES]);
    ines_socket.focus(FENCE, LOOKING);
    otto_socket.focus(FENCE, LOOKING);
    assert_eq!(otto.people().await.0.here, [(OTTO, [LOOKING].into())]);
    ines.take_waiting();
    assert_eq!(ines.gone, Some(REMOVED));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_is_forgiven_for_a_moment_and_a_session_that_ends_is_not() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    for (how, expected) in [(Departure::Closed, 1_500), (Departure::Lost, 5_000)] {
        let (ines, _reader) = house.watcher(INES, FENCE).await;
        ines.focus(FENCE, LOOKING);
        otto.people().await;
        ines.will_end(how);
        drop(ines);
        let (told, took) = otto.people().await;
        assert_eq!(told.left, [INES]);
        assert!((expected..=expected + 60).contains(&took.as_millis()), "{how:?}: {took:?}");
    }
    let (ines, _reader) = house.watcher(INES, FENCE).await;
    ines.focus(FENCE, LOOKING);
    otto.people().await;
    house.hub.end_session(ines.session());
    let (told, took) = otto.people().await;
    assert_eq!(told.left, [INES]);
    assert!(took <= Duration::from_millis(60), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_not_seen() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (before, _before) = house.watcher(INES, FENCE).await;
    before.focus(FENCE, LOOKING);
    otto.people().await;
    before.will_end(Departure::Closed);
    drop(before);
    advance(Duration::from_millis(900)).await;
    let (after, _after) = house.watcher(INES, FENCE).await;
    after.focus(FENCE, LOOKING);
    advance(Duration::from_secs(10)).await;
    settle().await;
    assert!(otto.outbox.try_next().is_none());
}

#[tokio::test(start_paused = true)]
async fn somebody_hides_on_all_of_their_pages_and_on_those_that_open_later() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (one, _one) = house.watcher(INES, FENCE).await;
    let (two, _two) = house.watcher(INES, FENCE).await;
    one.focus(FENCE, LOOKING);
    two.focus(FENCE, EDITING);
    otto.people().await;
    house.hub.appear_offline(INES, true);
    let (told, took) = otto.people().await;
    assert_eq!(told.left, [INES]);
    assert!(took <= Duration::from_millis(60), "{took:?}");
    one.focus(FENCE, EDITING);
    settle().await;
    assert!(otto.outbox.try_next().is_none());
    house.hub.appear_offline(INES, false);
    assert_eq!(otto.people().await.0.here, [(INES, [EDITING].into())]);
}

#[tokio::test(start_paused = true)]
async fn what_one_node_reports_another_tells() {
    let (here, there) = (House::new(), House::new());
    let node = NodeKey([1; 8]);
    assert!(here.hub.report_all().is_empty());
    let (_otto, mut otto) = there.watcher(OTTO, FENCE).await;
    let (ines, _ines) = here.watcher(INES, FENCE).await;
    ines.focus(FENCE, LOOKING);
    there.hub.hear(node, 1, here.hub.report().await, false);
    assert_eq!(otto.people().await.0.here, [(INES, [LOOKING].into())]);
    // Here the node dies: nothing is heard of it.
    let (told, took) = otto.people().await;
    assert_eq!(told.left, [INES]);
    assert!(took <= Duration::from_secs(13), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_costs_nothing_and_is_told_how_it_is_when_it_does() {
    let house = House::new();
    let (_otto, mut otto) = house.watcher(OTTO, FENCE).await;
    let (ines, _ines) = house.watcher(INES, FENCE).await;
    for n in 0..200_u8 {
        ines.focus(FENCE, Doing { object: Some([n; 16]), ..LOOKING });
        advance(Duration::from_millis(60)).await;
        settle().await;
    }
    assert_eq!(house.hub.stats().queued_bytes, 0);
    let (told, _) = otto.people().await;
    assert_eq!(told.here, [(INES, [Doing { object: Some([199; 16]), ..LOOKING }].into())]);
    assert!(otto.outbox.try_next().is_none());
}
