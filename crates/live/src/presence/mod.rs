//! Who is where: what each page says that it is doing, merged per person, and what of it those who watch were told.
//!
//! Must not know: sockets, timers, what an object or a part of it is. Nothing here reads a clock: every act is told the
//! time, in milliseconds of a clock that only runs forward.
//!
//! Invariants: a page is in at most one stream. What people are shown is computed from the pages and from what other
//! nodes have reported, never changed by itself. Each change of it has a number, so that whoever was told up to a number
//! gets what is another since, however much that is, in one go.

mod room;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::keys::{NodeKey, PersonKey, StreamKey};
use crate::limits::Limits;
use room::{Elsewhere, Room};

/// How long typing holds unless it is said again.
const TYPING_MS: u64 = 3_000;
/// A node that was silent for this long is dead. They report every four seconds.
const SILENT_MS: u64 = 12_000;
/// How long the people of a node that stopped in order stay: they come back on another.
const MOVING_MS: u64 = 5_000;
/// How long a room without anybody is kept, so that those who watch it hear who left.
const EMPTY_MS: u64 = 60_000;

/// How busy somebody is with something; the later is the more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The page is open and nobody has looked at it for a while.
    Idle,
    /// Looking at it.
    Viewing,
    /// Writing in a field that was opened for it.
    Editing,
    /// Writing at this moment. Holds for three seconds unless it is said again, and is viewing then.
    Typing,
}

/// One thing that a page is doing in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Doing {
    /// With what; none: with the stream as a whole.
    pub object: Option<[u8; 16]>,
    /// With which part of it, in a code of the host's own; 0 for none.
    pub part: u8,
    /// How.
    pub mode: Mode,
}

/// What all pages of one person are doing in one stream, each thing once, the busiest first; nothing when they are not there.
pub type Doings = Arc<[Doing]>;

/// One person in one stream, as one node tells it to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where.
    pub stream: StreamKey,
    /// Who.
    pub person: PersonKey,
    /// What they are doing there on that node.
    pub doing: Doings,
}

/// What is another than before about who is in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Where.
    pub stream: StreamKey,
    /// Whether whoever is not named is not there.
    pub all: bool,
    /// Those who came, or are doing something else.
    pub here: Vec<(PersonKey, Doings)>,
    /// Those who are not there any more.
    pub left: Vec<PersonKey>,
}

/// Tells a socket's page apart from all others of this node.
pub(crate) type PageId = u64;

struct Page {
    person: PersonKey,
    stream: StreamKey,
    doing: Doing,
    /// The person does not want to be seen.
    is_hidden: bool,
    typing_until: Option<u64>,
    gone_at: Option<u64>,
}

struct Node {
    heard_at: u64,
    /// It stopped in order: until when its people are shown.
    until: Option<u64>,
}

/// What came of a look at the clock and at what has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Streams about which there is something to tell.
    pub(crate) changed: Vec<StreamKey>,
    /// Whether there is something to report to other nodes.
    pub(crate) has_report: bool,
    /// When to look again if nothing happens.
    pub(crate) next: Option<u64>,
}

pub(crate) struct Presence {
    most_people: usize,
    most_doings: usize,
    pages: HashMap<PageId, Page>,
    rooms: HashMap<StreamKey, Room>,
    nodes: HashMap<NodeKey, Node>,
    /// When to look at which page; some look in vain.
    deadlines: BinaryHeap<Reverse<(u64, PageId)>>,
    /// Rooms that became empty, and when.
    emptied: VecDeque<(u64, StreamKey)>,
    /// The number of the last change that was shown, over all streams.
    version: u64,
    dirty: HashSet<(StreamKey, PersonKey)>,
    /// What other nodes have not been told; `None` while there are none to tell.
    untold: Option<HashSet<(StreamKey, PersonKey)>>,
}

impl Presence {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            most_people: limits.people_per_stream,
            most_doings: limits.doings_per_person,
            pages: HashMap::new(),
            rooms: HashMap::new(),
            nodes: HashMap::new(),
            deadlines: BinaryHeap::new(),
            emptied: VecDeque::new(),
            version: 0,
            dirty: HashSet::new(),
            untold: None,
        }
    }

    // pages

    /// A page says what it is doing, instead of what it said before.
    pub(crate) fn focus(&mut self, now: u64, id: PageId, person: PersonKey, is_hidden: bool, at: (StreamKey, Doing)) {
        let (stream, doing) = at;
        if self.pages.get(&id).is_some_and(|page| page.stream != stream) {
            self.blur(id);
        }
        let (floor, most) = (self.version, self.most_people);
        let room = self.rooms.entry(stream).or_insert_with(|| Room::after(floor));
        let Some(somebody) = room.person(person, most) else { return };
        if !somebody.pages.contains(&id) {
            somebody.pages.push(id);
        }
        let typing_until = (doing.mode == Mode::Typing).then_some(now + TYPING_MS);
        if let Some(until) = typing_until {
            self.deadlines.push(Reverse((until, id)));
        }
        self.pages.insert(id, Page { person, stream, doing, is_hidden, typing_until, gone_at: None });
        self.touch(stream, person);
    }

    /// A page is nowhere any more, at once.
    pub(crate) fn blur(&mut self, id: PageId) {
        let Some(page) = self.pages.remove(&id) else { return };
        if let Some(somebody) = self.rooms.get_mut(&page.stream).and_then(|room| room.people.get_mut(&page.person)) {
            somebody.pages.retain(|other| *other != id);
        }
        self.touch(page.stream, page.person);
    }

    /// A page does not follow this stream any more.
    pub(crate) fn leave(&mut self, id: PageId, stream: StreamKey) {
        if self.pages.get(&id).is_some_and(|page| page.stream == stream) {
            self.blur(id);
        }
    }

    /// A page's connection has ended: it stays for so many milliseconds, doing nothing, since it may come back.
    pub(crate) fn part(&mut self, now: u64, id: PageId, grace_ms: u64) {
        if grace_ms == 0 {
            return self.blur(id);
        }
        let Some(page) = self.pages.get_mut(&id).filter(|page| page.gone_at.is_none()) else { return };
        page.gone_at = Some(now + grace_ms);
        page.typing_until = None;
        page.doing.part = 0;
        page.doing.mode = page.doing.mode.min(Mode::Viewing);
        let (stream, person) = (page.stream, page.person);
        self.deadlines.push(Reverse((now + grace_ms, id)));
        self.touch(stream, person);
    }

    /// A page's person wants to be seen from now on, or not.
    pub(crate) fn hide(&mut self, id: PageId, is_hidden: bool) {
        let Some(page) = self.pages.get_mut(&id).filter(|page| page.is_hidden != is_hidden) else { return };
        page.is_hidden = is_hidden;
        let (stream, person) = (page.stream, page.person);
        self.touch(stream, person);
    }

    // other nodes

    /// Another node reports; `round` grows with each full report, and after the last part of one, what that did not name
    /// is not there.
    pub(crate) fn hear(&mut self, now: u64, node: NodeKey, round: u64, seen: Vec<Seen>, is_last: bool) {
        self.nodes.insert(node, Node { heard_at: now, until: None });
        let (floor, most) = (self.version, self.most_people);
        for Seen { stream, person, doing } in seen {
            let room = self.rooms.entry(stream).or_insert_with(|| Room::after(floor));
            let Some(somebody) = room.person(person, most) else { continue };
            somebody.elsewhere.retain(|other| other.node != node);
            if !doing.is_empty() {
                somebody.elsewhere.push(Elsewhere { node, round, doing });
            }
            self.dirty.insert((stream, person));
        }
        if is_last {
            self.forget(node, round);
        }
    }

    /// A node stops in order: its people stay for a moment, since they come back elsewhere.
    pub(crate) fn part_node(&mut self, now: u64, node: NodeKey) {
        if let Some(node) = self.nodes.get_mut(&node) {
            node.until = Some(now + MOVING_MS);
        }
    }

    /// What of this node others have not been told.
    pub(crate) fn take_report(&mut self) -> Vec<Seen> {
        let untold = self.untold.as_mut().map(std::mem::take).unwrap_or_default();
        untold.into_iter().map(|(stream, person)| Seen { stream, person, doing: self.local(stream, person) }).collect()
    }

    /// All of this node. From the first time on, there are other nodes to be told.
    pub(crate) fn report_all(&mut self) -> Vec<Seen> {
        self.untold = Some(HashSet::new());
        let pages: HashSet<_> = self.pages.values().map(|page| (page.stream, page.person)).collect();
        let all = pages.into_iter().map(|(stream, person)| Seen { stream, person, doing: self.local(stream, person) });
        all.filter(|seen| !seen.doing.is_empty()).collect()
    }

    fn local(&self, stream: StreamKey, person: PersonKey) -> Doings {
        let somebody = self.rooms.get(&stream).and_then(|room| room.people.get(&person));
        let pages = somebody.map_or(&[][..], |somebody| &somebody.pages);
        room::merged(pages.iter().filter_map(|id| self.visible(*id)), self.most_doings)
    }

    fn visible(&self, id: PageId) -> Option<Doing> {
        self.pages.get(&id).filter(|page| !page.is_hidden).map(|page| page.doing)
    }

    /// Takes out what a node said before a round.
    fn forget(&mut self, node: NodeKey, before: u64) {
        for (stream, room) in &mut self.rooms {
            for (person, somebody) in &mut room.people {
                let n = somebody.elsewhere.len();
                somebody.elsewhere.retain(|other| other.node != node || other.round >= before);
                if somebody.elsewhere.len() < n {
                    self.dirty.insert((*stream, *person));
                }
            }
        }
    }

    // telling

    /// Lets time pass, and shows what has changed.
    pub(crate) fn settle(&mut self, now: u64) -> Settled {
        self.expire_pages(now);
        self.expire_nodes(now);
        let mut changed = HashSet::new();
        for (stream, person) in std::mem::take(&mut self.dirty) {
            if self.show(now, stream, person) {
                changed.insert(stream);
            }
        }
        self.drop_empty(now);
        let nodes = self.nodes.values().map(|node| node.until.unwrap_or(node.heard_at + SILENT_MS));
        let next = nodes.chain(self.deadlines.peek().map(|Reverse((at, _))| *at)).min();
        let has_report = self.untold.as_ref().is_some_and(|untold| !untold.is_empty());
        Settled { changed: changed.into_iter().collect(), has_report, next }
    }

    /// All who are in a stream, and the number up to which that tells.
    pub(crate) fn all(&self, stream: StreamKey) -> (People, u64) {
        let room = self.rooms.get(&stream);
        let here = room.map(Room::shown).unwrap_or_default();
        // A room that is made later begins at this number or a later one.
        (People { stream, all: true, here, left: Vec::new() }, room.map_or(self.version, Room::version))
    }

    /// What is another in a stream since this number, and the number up to which it tells; nothing if nothing is.
    pub(crate) fn since(&self, stream: StreamKey, told: u64) -> Option<(People, u64)> {
        self.rooms.get(&stream)?.since(stream, told)
    }

    /// Something about somebody has changed on this node.
    fn touch(&mut self, stream: StreamKey, person: PersonKey) {
        self.dirty.insert((stream, person));
        if let Some(untold) = &mut self.untold {
            untold.insert((stream, person));
        }
    }

    fn expire_pages(&mut self, now: u64) {
        while let Some(Reverse((_, id))) = self.deadlines.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.deadlines.pop();
            let Some(page) = self.pages.get_mut(&id) else { continue };
            let is_over = |at: Option<u64>| at.is_some_and(|at| at <= now);
            if is_over(page.gone_at) {
                self.blur(id);
            } else if is_over(page.typing_until) {
                page.typing_until = None;
                (page.doing.part, page.doing.mode) = (0, Mode::Viewing);
                let (stream, person) = (page.stream, page.person);
                self.touch(stream, person);
            }
        }
    }

    fn expire_nodes(&mut self, now: u64) {
        let is_over = |node: &Node| node.until.is_some_and(|at| at <= now) || node.heard_at + SILENT_MS <= now;
        let over: Vec<NodeKey> = self.nodes.iter().filter(|(_, node)| is_over(node)).map(|(key, _)| *key).collect();
        for node in over {
            self.nodes.remove(&node);
            self.forget(node, u64::MAX);
        }
    }

    /// Computes anew what is shown of somebody; says whether it is another.
    fn show(&mut self, now: u64, stream: StreamKey, person: PersonKey) -> bool {
        let Some(somebody) = self.rooms.get(&stream).and_then(|room| room.people.get(&person)) else { return false };
        let here = somebody.pages.iter().filter_map(|id| self.visible(*id));
        let elsewhere = somebody.elsewhere.iter().flat_map(|other| other.doing.iter().copied());
        let doing = room::merged(here.chain(elsewhere), self.most_doings);
        let Some(room) = self.rooms.get_mut(&stream) else { return false };
        let is_new = room.show(person, doing, self.version + 1);
        self.version += u64::from(is_new);
        if room.people.is_empty() {
            self.emptied.push_back((now, stream));
        }
        is_new
    }

    fn drop_empty(&mut self, now: u64) {
        while let Some((at, stream)) = self.emptied.front().copied().filter(|(at, _)| at + EMPTY_MS <= now) {
            self.emptied.pop_front();
            // It may have been empty, then not, and be empty again since later: then it is further back in the line too.
            let is_later = self.emptied.iter().any(|(other, key)| *key == stream && *other > at);
            if !is_later && self.rooms.get(&stream).is_some_and(|room| room.people.is_empty()) {
                self.rooms.remove(&stream);
            }
        }
    }
}
