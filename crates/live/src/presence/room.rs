//! The people of one stream: what is shown of each, since which change, and who has left.
//!
//! Must not know: clocks, what pages there are.

use std::collections::{HashMap, VecDeque};

use super::{Doing, Doings, Mode, PageId, People};
use crate::keys::{NodeKey, PersonKey, StreamKey};

/// Who is told of fewer departures than these is told who is there instead.
const MOST_LEFT: usize = 256;

/// What another node says about somebody.
pub(super) struct Elsewhere {
    pub(super) node: NodeKey,
    /// The full report of that node in which, or after which, it said so.
    pub(super) round: u64,
    pub(super) doing: Doings,
}

#[derive(Default)]
pub(super) struct Somebody {
    pub(super) pages: Vec<PageId>,
    pub(super) elsewhere: Vec<Elsewhere>,
    /// What is shown; nothing: they are not.
    shown: Doings,
    /// The change that made it so.
    version: u64,
}

pub(super) struct Room {
    pub(super) people: HashMap<PersonKey, Somebody>,
    /// Who left, with which change; some have come back.
    left: VecDeque<(u64, PersonKey)>,
    /// Departures up to this change are forgotten.
    floor: u64,
    version: u64,
}

impl Room {
    /// An empty one. What was before this change is not known.
    pub(super) fn after(floor: u64) -> Self {
        Self { people: HashMap::new(), left: VecDeque::new(), floor, version: floor }
    }

    /// Somebody's place; nothing when they are one too many.
    pub(super) fn person(&mut self, person: PersonKey, most: usize) -> Option<&mut Somebody> {
        if self.people.len() >= most && !self.people.contains_key(&person) {
            return None;
        }
        Some(self.people.entry(person).or_default())
    }

    /// Shows this of somebody; says whether it is another than before, and is change `version` then.
    pub(super) fn show(&mut self, person: PersonKey, doing: Doings, version: u64) -> bool {
        let Some(somebody) = self.people.get_mut(&person) else { return false };
        let (is_new, is_gone) = (somebody.shown != doing, doing.is_empty());
        if is_new {
            (somebody.shown, somebody.version) = (doing, version);
            self.version = version;
        }
        if somebody.pages.is_empty() && somebody.elsewhere.is_empty() {
            self.people.remove(&person);
        }
        if is_new && is_gone {
            self.left.push_back((version, person));
            if self.left.len() > MOST_LEFT
                && let Some((forgotten, _)) = self.left.pop_front()
            {
                self.floor = forgotten;
            }
        }
        is_new
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// All who are shown.
    pub(super) fn shown(&self) -> Vec<(PersonKey, Doings)> {
        let shown = self.people.iter().filter(|(_, somebody)| !somebody.shown.is_empty());
        shown.map(|(person, somebody)| (*person, somebody.shown.clone())).collect()
    }

    pub(super) fn since(&self, stream: StreamKey, told: u64) -> Option<(People, u64)> {
        if told >= self.version {
            return None;
        }
        let all = told < self.floor;
        let shown = self.people.iter().filter(|(_, somebody)| !somebody.shown.is_empty());
        let here = shown
            .filter(|(_, somebody)| all || somebody.version > told)
            .map(|(person, somebody)| (*person, somebody.shown.clone()))
            .collect();
        let is_there = |person: &PersonKey| self.people.get(person).is_some_and(|somebody| !somebody.shown.is_empty());
        let mut left: Vec<PersonKey> = Vec::new();
        for (version, person) in &self.left {
            if !all && *version > told && !is_there(person) && !left.contains(person) {
                left.push(*person);
            }
        }
        Some((People { stream, all, here, left }, self.version))
    }
}

/// Each thing once, as busy as any page is with it, the busiest first.
pub(super) fn merged(doings: impl Iterator<Item = Doing>, most: usize) -> Doings {
    let mut all: Vec<Doing> = doings.collect();
    all.sort_unstable_by_key(|doing| (std::cmp::Reverse(doing.mode), doing.object, doing.part));
    let mut merged: Vec<Doing> = Vec::with_capacity(all.len().min(most));
    for doing in all {
        // Whoever looks at a thing on one page is not idle on it because of another.
        let is_same =
            |other: &Doing| other.object == doing.object && (other.part == doing.part || doing.mode == Mode::Idle);
        if merged.len() < most && !merged.iter().any(is_same) {
            merged.push(doing);
        }
    }
    merged.into()
}
