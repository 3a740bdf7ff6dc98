//! What is remembered between batches: boards and sessions, as they were when the last batch that had them was committed.
//!
//! Nothing here is believed. A board is used again only if its locked stream is where the board left it, and a session
//! only if its row says the same.

use model::{Instant, ProjectId};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Item, opening::commands, partial::Partial};
use crate::account::{Actor, Session};

/// How many boards stay in memory.
const KEPT_BOARDS: usize = 512;
/// How many sessions.
const KEPT_SESSIONS: usize = 4_096;

/// The sessions of a batch, by their hashes.
pub(super) type Sessions = BTreeMap<[u8; 32], Actor>;

#[derive(Default)]
pub(super) struct Memory {
    boards: Mutex<HashMap<ProjectId, Partial>>,
    sessions: Mutex<HashMap<[u8; 32], Session>>,
}

/// All that a batch of commands needs to be decided.
pub(super) struct Recalled {
    pub(super) boards: HashMap<ProjectId, Partial>,
    pub(super) sessions: Sessions,
}

impl Memory {
    /// Takes a board out.
    pub(super) fn take_board(&self, project: ProjectId) -> Option<Partial> {
        locked(&self.boards).remove(&project)
    }

    pub(super) fn keep_board(&self, board: Partial) {
        keep(&self.boards, KEPT_BOARDS, board.project(), board);
    }

    pub(super) fn keep_session(&self, session: Session) {
        keep(&self.sessions, KEPT_SESSIONS, session.actor.session_hash, session);
    }

    /// Takes out what these items need, if all of it is here; else leaves everything.
    pub(super) fn recall(&self, items: &[Item]) -> Option<Recalled> {
        if items.iter().any(|item| !matches!(item, Item::Command(_))) {
            return None;
        }
        let sessions = self.recall_sessions(items)?;
        let mut kept = locked(&self.boards);
        let is_here = commands(items).all(|ordered| {
            let command = &ordered.envelope.command;
            kept.get(&command.project()).is_some_and(|board| board.suffices(command))
        });
        let projects = commands(items).map(|ordered| ordered.envelope.command.project());
        is_here.then(|| Recalled {
            boards: projects.filter_map(|project| kept.remove_entry(&project)).collect(),
            sessions,
        })
    }

    fn recall_sessions(&self, items: &[Item]) -> Option<Sessions> {
        let kept = locked(&self.sessions);
        let now = commands(items).map(|ordered| ordered.at).max().unwrap_or(Instant::from_ms(0));
        let found = commands(items).map(|ordered| {
            let claim = ordered.claim;
            let session = kept.get(&claim.session_hash).filter(|s| s.actor.person == claim.person);
            session.filter(|s| now < s.settled_until).map(|s| (claim.session_hash, s.actor))
        });
        found.collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts something in; something else goes when there are too many.
fn keep<K: Copy + Eq + Hash, V>(kept: &Mutex<HashMap<K, V>>, most: usize, key: K, value: V) {
    let mut kept = locked(kept);
    if kept.len() >= most
        && !kept.contains_key(&key)
        && let Some(any) = kept.keys().next().copied()
    {
        kept.remove(&any);
    }
    kept.insert(key, value);
}
