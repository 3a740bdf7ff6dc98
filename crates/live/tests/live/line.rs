//! Frames that go straight to the peer: in order with what goes through the outbox, whatever the line takes.

use std::sync::{Arc, Mutex};

use muster_live::{Frame, Item, Limits, Line, Outbox};

use crate::kit::*;

/// A peer: what has reached it, and whether more goes straight.
struct Peer {
    heard: Mutex<Vec<Heard>>,
    /// How many frames of ten it does not take at once.
    refuses: usize,
    chance: Mutex<Chance>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Straight(i64, i64),
    Written(i64, i64),
    Joined,
    Resync(i64),
    Gone,
}

impl Peer {
    fn new(refuses: usize, chance: Chance) -> Arc<Self> {
        Arc::new(Self { heard: Mutex::default(), refuses, chance: Mutex::new(chance) })
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    fn hear(&self, heard: Heard) {
        self.heard.lock().unwrap().push(heard);
    }

    /// Writes what the outbox gives; each item takes some turns.
    async fn write(self: Arc<Self>, mut outbox: Outbox) {
        while let Some(item) = outbox.next().await {
            let turns = self.chance.lock().unwrap().below(6);
            yields(turns).await;
            match item {
                Item::Events(frame) => self.hear(Heard::Written(frame.first, frame.last)),
                Item::Joined { .. } => self.hear(Heard::Joined),
                Item::Resync { head, .. } => self.hear(Heard::Resync(head)),
                Item::Gone { .. } => self.hear(Heard::Gone),
                Item::People(_) => (),
                Item::Close(_) => return,
            }
        }
    }

    /// The last number it was told, after a check that none before is missing, came twice or came late.
    #[track_caller]
    fn last(&self) -> i64 {
        let (mut last, mut gone) = (0, false);
        for heard in self.heard() {
            assert!(!gone, "{heard:?} after the end of access");
            match heard {
                Heard::Straight(first, to) | Heard::Written(first, to) => {
                    assert_eq!(first, last + 1, "{:?}", self.heard());
                    last = to;
                }
                Heard::Resync(head) => last = head,
                Heard::Joined => assert_eq!(last, 0),
                Heard::Gone => gone = true,
            }
        }
        last
    }
}

impl Line for Peer {
    fn try_send(&self, frame: &Frame) -> bool {
        let takes = self.chance.lock().unwrap().below(10) >= self.refuses;
        if takes {
            self.hear(Heard::Straight(frame.first, frame.last));
        }
        takes
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_next_goes_straight_and_what_the_line_refuses_goes_through_the_outbox() {
    let house = House::new();
    let (socket, mut ines) = house.watcher(INES, FENCE).await;
    let (open, jammed) = (Peer::new(0, Chance::new(1)), Peer::new(10, Chance::new(1)));
    socket.attach(open.clone());
    house.say(FENCE);
    settle().await;
    assert_eq!(open.heard(), [Heard::Straight(1, 1)]);
    assert!(ines.outbox.try_next().is_none(), "it was sent already");

    socket.attach(jammed.clone());
    house.say(FENCE);
    settle().await;
    ines.last = 1;
    ines.take_waiting();
    assert_eq!((ines.last, jammed.heard().len()), (2, 0));
    assert_eq!(house.hub.stats().deliveries, 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_past_an_item_that_is_being_written() {
    let house = House::new();
    let (socket, mut ines) = house.watcher(INES, FENCE).await;
    house.say(FENCE);
    settle().await;
    let in_hand = ines.outbox.try_next();
    let peer = Peer::new(0, Chance::new(1));
    socket.attach(peer.clone());
    house.say(FENCE);
    settle().await;
    assert!(matches!(in_hand, Some(Item::Events(frame)) if frame.last == 1));
    assert_eq!(peer.heard(), []);

    // Asking for the next says that it is written.
    assert!(matches!(ines.outbox.try_next(), Some(Item::Events(frame)) if frame.first == 2));
    assert!(ines.outbox.try_next().is_none());
    house.say(FENCE);
    settle().await;
    assert_eq!(peer.heard(), [Heard::Straight(3, 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_socket_lets_its_line_go() {
    let house = House::new();
    let (socket, _ines) = house.watcher(INES, FENCE).await;
    let peer = Peer::new(0, Chance::new(1));
    socket.attach(peer.clone());
    assert_eq!(Arc::strong_count(&peer), 2);
    house.hub.end_person(INES);
    assert_eq!(Arc::strong_count(&peer), 1);
    socket.attach(peer.clone());
    assert_eq!(Arc::strong_count(&peer), 1, "nothing would take it away again");
    house.say(FENCE);
    settle().await;
    assert_eq!(peer.heard(), []);
}

#[test]
fn whatever_lines_take_everybody_hears_everything_in_order_until_access_ends() {
    for seed in 0..300 {
        alone(async move {
            let mut chance = Chance::new(seed);
            let limits = Limits { behind_entries: 2_000, ..tight(&mut chance) };
            let house = House::with(limits);
            house.feed.dawdle(chance.fork());
            let mut peers = Vec::new();
            let (mut sockets, mut writers) = (Vec::new(), tokio::task::JoinSet::new());
            for (n, person) in [INES, OTTO, INES, OTTO, INES].into_iter().enumerate() {
                let (socket, outbox) = house.connect(person);
                let peer = Peer::new(n * 2, chance.fork());
                writers.spawn(peer.clone().write(outbox));
                if chance.one_in(2) {
                    socket.attach(peer.clone());
                    house.join(&socket, FENCE, 0).await.unwrap();
                } else {
                    house.join(&socket, FENCE, 0).await.unwrap();
                    socket.attach(peer.clone());
                }
                peers.push((person, peer));
                sockets.push(socket);
                for _ in 0..chance.below(5) {
                    house.say(FENCE);
                    yields(chance.below(8)).await;
                }
            }
            let end = house.feed.signal(FENCE, muster_live::Signal::AccessEnded { person: OTTO, reason: REMOVED });
            house.hub.publish(FENCE, end);
            for _ in 0..30 {
                house.say(FENCE);
                yields(chance.below(8)).await;
            }
            let head = house.feed.head(FENCE);
            for (person, peer) in &peers {
                let stays = *person == INES;
                let is_told = || if stays { peer.last() == head } else { peer.heard().contains(&Heard::Gone) };
                for _ in 0..10_000 {
                    if is_told() {
                        break;
                    }
                    yields(10).await;
                }
                settle().await;
                assert!(is_told(), "seed {seed}: {:?}", peer.heard());
                // Who was behind when it ended is not told the rest.
                assert!(stays || peer.last() < end, "seed {seed}: {:?}", peer.heard());
            }
        });
    }
}
