//! What is shown of people, with a clock of the test's own.

use super::*;

const FENCE: StreamKey = StreamKey { kind: 1, id: [1; 16] };
const SHED: StreamKey = StreamKey { kind: 1, id: [2; 16] };
const ANA: PersonKey = PersonKey([1; 16]);
const BEN: PersonKey = PersonKey([2; 16]);
const NODE: NodeKey = NodeKey([1; 8]);
const PAINT: [u8; 16] = [7; 16];

const LOOKING: Doing = Doing { object: None, part: 0, mode: Mode::Viewing };

fn at(object: [u8; 16], part: u8, mode: Mode) -> Doing {
    Doing { object: Some(object), part, mode }
}

/// Presence with a clock, and somebody who watches the fence.
struct Watched {
    presence: Presence,
    now: u64,
    told: u64,
}

impl Watched {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self { presence: Presence::new(&limits), now: 0, told: 0 }
    }

    fn focus(&mut self, page: PageId, person: PersonKey, doing: Doing) {
        self.presence.focus(self.now, page, person, false, (FENCE, doing));
    }

    /// What the watcher is told now, as a sentence.
    fn told(&mut self) -> String {
        self.presence.settle(self.now);
        let Some((people, told)) = self.presence.since(FENCE, self.told) else { return "nothing".into() };
        self.told = told;
        let mut here = people.here;
        here.sort();
        let name = |person: &PersonKey| if *person == ANA { "Ana" } else { "Ben" };
        let mut words: Vec<String> = Vec::new();
        for (person, doing) in &here {
            let modes: Vec<String> = doing.iter().map(|doing| format!("{:?} {}", doing.mode, doing.part)).collect();
            words.push(format!("{} {}", name(person), modes.join(" + ")));
        }
        words.extend(people.left.iter().map(|person| format!("{} left", name(person))));
        (if people.all { "only " } else { "" }).to_owned() + &words.join(", ")
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
    }

    fn next_in(&mut self) -> Option<u64> {
        self.presence.settle(self.now).next.map(|at| at - self.now)
    }
}

#[test]
fn pages_of_one_person_are_told_as_one() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.focus(2, ANA, at(PAINT, 2, Mode::Editing));
    assert_eq!(watched.told(), "Ana Editing 2 + Viewing 0");
    watched.focus(3, ANA, LOOKING);
    assert_eq!(watched.told(), "nothing");
    watched.presence.blur(2);
    assert_eq!(watched.told(), "Ana Viewing 0");
    watched.presence.blur(1);
    assert_eq!(watched.told(), "nothing");
    watched.presence.blur(3);
    assert_eq!(watched.told(), "Ana left");
}

#[test]
fn who_looks_on_one_page_is_not_idle_for_another() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, Doing { mode: Mode::Idle, ..LOOKING });
    assert_eq!(watched.told(), "Ana Idle 0");
    watched.focus(2, ANA, LOOKING);
    assert_eq!(watched.told(), "Ana Viewing 0");
}

#[test]
fn what_changes_and_changes_back_is_told_as_it_is() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.focus(2, BEN, LOOKING);
    assert_eq!(watched.told(), "Ana Viewing 0, Ben Viewing 0");
    watched.focus(1, ANA, at(PAINT, 0, Mode::Viewing));
    watched.focus(1, ANA, LOOKING);
    assert_eq!(watched.told(), "nothing");
}

#[test]
fn typing_holds_for_three_seconds_unless_it_is_said_again() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, at(PAINT, 3, Mode::Typing));
    assert_eq!(watched.told(), "Ana Typing 3");
    assert_eq!(watched.next_in(), Some(3_000));
    watched.later(2_000);
    watched.focus(1, ANA, at(PAINT, 3, Mode::Typing));
    watched.later(2_999);
    assert_eq!(watched.told(), "nothing");
    watched.later(1);
    assert_eq!(watched.told(), "Ana Viewing 0");
    assert_eq!(watched.next_in(), None);
}

#[test]
fn a_page_that_comes_back_in_time_was_never_away() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.told();
    watched.presence.part(watched.now, 1, 1_500);
    watched.later(1_499);
    assert_eq!(watched.told(), "nothing");
    watched.focus(2, ANA, LOOKING);
    watched.later(1);
    assert_eq!(watched.told(), "nothing");
    watched.presence.part(watched.now, 2, 5_000);
    watched.later(5_000);
    assert_eq!(watched.told(), "Ana left");
}

#[test]
fn a_page_whose_connection_ended_writes_no_more() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, at(PAINT, 2, Mode::Editing));
    watched.told();
    watched.presence.part(watched.now, 1, 1_500);
    assert_eq!(watched.told(), "Ana Viewing 0");
    // The second end, of the other half of the socket, changes nothing.
    watched.later(1_000);
    watched.presence.part(watched.now, 1, 5_000);
    watched.later(500);
    assert_eq!(watched.told(), "Ana left");
}

#[test]
fn a_wanted_departure_is_told_at_once() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.told();
    watched.presence.leave(1, SHED);
    assert_eq!(watched.told(), "nothing");
    watched.presence.leave(1, FENCE);
    assert_eq!(watched.told(), "Ana left");
    watched.focus(1, ANA, LOOKING);
    watched.told();
    watched.presence.part(watched.now, 1, 0);
    assert_eq!(watched.told(), "Ana left");
}

#[test]
fn who_goes_to_another_stream_has_left_the_first() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.told();
    watched.presence.focus(watched.now, 1, ANA, false, (SHED, LOOKING));
    assert_eq!(watched.told(), "Ana left");
    assert!(watched.presence.since(SHED, 0).is_some());
}

#[test]
fn who_appears_offline_is_not_there_and_is_back_when_they_want() {
    let mut watched = Watched::new();
    watched.presence.focus(watched.now, 1, ANA, true, (FENCE, LOOKING));
    assert_eq!(watched.told(), "nothing");
    watched.presence.hide(1, false);
    assert_eq!(watched.told(), "Ana Viewing 0");
    watched.presence.report_all();
    watched.presence.hide(1, true);
    assert_eq!(watched.told(), "Ana left");
    assert!(watched.presence.report_all().is_empty());
}

#[test]
fn who_comes_later_is_told_all_and_whoever_missed_too_much_as_well() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    assert_eq!(watched.told(), "Ana Viewing 0");
    let early = watched.told;
    for page in 2..400 {
        watched.presence.focus(
            watched.now,
            page,
            PersonKey([u8::try_from(page % 250).unwrap() + 3; 16]),
            false,
            (FENCE, LOOKING),
        );
        watched.presence.settle(watched.now);
        watched.presence.blur(page);
        watched.presence.settle(watched.now);
    }
    watched.told = early;
    assert_eq!(watched.told(), "only Ana Viewing 0");
}

#[test]
fn a_full_stream_shows_no_more_and_a_person_so_much() {
    let mut watched = Watched::with(Limits { people_per_stream: 1, doings_per_person: 2, ..Limits::default() });
    for (page, part) in [(1, 1), (2, 2), (3, 3)] {
        watched.focus(page, ANA, at(PAINT, part, Mode::Editing));
    }
    watched.focus(4, BEN, LOOKING);
    assert_eq!(watched.told(), "Ana Editing 1 + Editing 2");
}

#[test]
fn other_nodes_are_told_changes_and_show_them_like_their_own() {
    let (mut here, mut there) = (Watched::new(), Watched::new());
    assert!(here.presence.report_all().is_empty());
    here.focus(1, ANA, LOOKING);
    assert!(here.presence.settle(here.now).has_report);
    there.presence.hear(there.now, NODE, 1, here.presence.take_report(), false);
    assert_eq!(there.told(), "Ana Viewing 0");
    assert!(!there.presence.settle(there.now).has_report, "what others said is not said again");
    // On both nodes at once: one person.
    there.focus(9, ANA, LOOKING);
    assert_eq!(there.told(), "nothing");
    here.presence.blur(1);
    there.presence.hear(there.now, NODE, 1, here.presence.take_report(), false);
    assert_eq!(there.told(), "nothing");
    there.presence.blur(9);
    assert_eq!(there.told(), "Ana left");
}

#[test]
fn a_full_report_mends_what_was_lost() {
    let mut watched = Watched::new();
    let seen = |person| Seen { stream: FENCE, person, doing: [LOOKING].into() };
    watched.presence.hear(watched.now, NODE, 1, vec![seen(ANA)], true);
    assert_eq!(watched.told(), "Ana Viewing 0");
    // That Ana has left was lost. The report is in two parts.
    watched.presence.hear(watched.now, NODE, 2, vec![seen(BEN)], false);
    assert_eq!(watched.told(), "Ben Viewing 0");
    watched.presence.hear(watched.now, NODE, 2, Vec::new(), true);
    assert_eq!(watched.told(), "Ana left");
}

#[test]
fn the_people_of_a_silent_node_are_gone_after_twelve_seconds() {
    let mut watched = Watched::new();
    let seen = vec![Seen { stream: FENCE, person: ANA, doing: [LOOKING].into() }];
    watched.presence.hear(watched.now, NODE, 1, seen.clone(), true);
    watched.told();
    watched.later(11_999);
    assert_eq!(watched.told(), "nothing");
    assert_eq!(watched.next_in(), Some(1));
    watched.later(1);
    assert_eq!(watched.told(), "Ana left");
    // It was not dead, only far away.
    watched.presence.hear(watched.now, NODE, 5, seen, true);
    assert_eq!(watched.told(), "Ana Viewing 0");
}

#[test]
fn the_people_of_a_node_that_stops_have_five_seconds_to_come_back_elsewhere() {
    let mut watched = Watched::new();
    let seen = vec![Seen { stream: FENCE, person: ANA, doing: [LOOKING].into() }];
    watched.presence.hear(watched.now, NODE, 1, seen, true);
    watched.told();
    watched.presence.part_node(watched.now, NODE);
    watched.later(4_999);
    watched.focus(1, ANA, LOOKING);
    watched.later(1);
    assert_eq!(watched.told(), "nothing");
}

#[test]
fn an_empty_room_is_dropped_and_who_watches_it_still_is_told_the_truth() {
    let mut watched = Watched::new();
    watched.focus(1, ANA, LOOKING);
    watched.told();
    let stale = watched.told;
    watched.presence.blur(1);
    assert_eq!(watched.told(), "Ana left");
    watched.later(EMPTY_MS);
    watched.presence.settle(watched.now);
    assert!(watched.presence.rooms.is_empty());
    watched.focus(2, BEN, LOOKING);
    watched.told = stale;
    assert_eq!(watched.told(), "only Ben Viewing 0");
}

/// Random acts on two nodes that report to each other: in the end both show the same, and what a watcher was told piece by
/// piece is what they would be told at once.
#[test]
fn pieces_add_up_to_the_whole_whatever_happens() {
    for seed in 0..200_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut draw = |n: u64| {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
        };
        let mut nodes = [Presence::new(&Limits::default()), Presence::new(&Limits::default())];
        let mut told: [(u64, HashMap<PersonKey, Doings>); 2] = [(0, HashMap::new()), (0, HashMap::new())];
        let (mut now, mut rounds) = (0, [0, 0]);
        for node in &mut nodes {
            node.report_all();
        }
        for _ in 0..150 {
            now += draw(900);
            let which = usize::try_from(draw(2)).unwrap();
            let page = draw(6);
            let person = PersonKey([u8::try_from(page / 2).unwrap(); 16]);
            let mode = [Mode::Idle, Mode::Viewing, Mode::Editing, Mode::Typing][usize::try_from(draw(4)).unwrap()];
            let stream = if draw(4) == 0 { SHED } else { FENCE };
            let doing = at([u8::try_from(draw(3)).unwrap(); 16], u8::try_from(draw(3)).unwrap(), mode);
            let node = &mut nodes[which];
            match draw(8) {
                0 => node.blur(page),
                1 => node.part(now, page, 1_500),
                2 => node.hide(page, draw(2) == 0),
                _ => node.focus(now, page, person, false, (stream, doing)),
            }
            tell(&mut nodes, now, &mut rounds, which, draw(5) == 0);
            look(&mut nodes[which], now, &mut told[which]);
        }
        now += 5_000;
        for which in [0, 1] {
            nodes[which].settle(now);
            tell(&mut nodes, now, &mut rounds, which, true);
        }
        for which in [0, 1] {
            look(&mut nodes[which], now, &mut told[which]);
        }
        let mut whole = (0, HashMap::new());
        look(&mut nodes[0], now, &mut whole);
        assert_eq!((&told[0].1, &told[1].1), (&whole.1, &whole.1), "seed {seed}");
    }
}

/// One node reports to the other: everything, or what is new, of which some is lost.
fn tell(nodes: &mut [Presence; 2], now: u64, rounds: &mut [u64; 2], which: usize, is_full: bool) {
    let node = NodeKey([u8::try_from(which).unwrap(); 8]);
    nodes[which].settle(now);
    let seen = if is_full {
        rounds[which] += 1;
        nodes[which].report_all()
    } else {
        nodes[which].take_report()
    };
    nodes[1 - which].hear(now, node, rounds[which], seen, is_full);
}

/// A watcher of the fence takes in what they are told.
fn look(node: &mut Presence, now: u64, told: &mut (u64, HashMap<PersonKey, Doings>)) {
    node.settle(now);
    let Some((people, version)) = node.since(FENCE, told.0) else { return };
    told.0 = version;
    if people.all {
        told.1.clear();
    }
    told.1.extend(people.here);
    for person in &people.left {
        assert!(!people.all);
        told.1.remove(person);
    }
}
