//! What people tried and were refused. It is counted in memory and written some seconds later, one entry for each person and
//! each kind of thing that they tried, so that nobody can flood the log by trying.
//!
//! Who crashes the server loses at most these seconds of refusals; what was done is never counted like this.

use ledger::Outcome;
use model::{CommandKind, Instant, PersonId, ProjectId, Refusal};
use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::batch::{Book, By, Note, told};

/// How many different ones are told apart at once. What comes beyond them is counted together.
const MOST: usize = 4096;

/// What was refused to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Tried {
    person: PersonId,
    action: &'static str,
    project: ProjectId,
}

/// What was refused since it was last written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused {
    tried: HashMap<Tried, u32>,
    more: u32,
}

/// The counters of this node.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Refused>);

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a command that was refused, if somebody tried what is not theirs to do. That something is gone, archived or
    /// wrongly written is no matter for an audit.
    pub(crate) fn count(&self, person: PersonId, kind: CommandKind, project: ProjectId, refusal: &Refusal) {
        if !matches!(refusal, Refusal::MayNot | Refusal::NotFound) {
            return;
        }
        let mut refused = self.lock();
        let tried = Tried { person, action: kind.action(), project };
        let has_room = refused.tried.len() < MOST || refused.tried.contains_key(&tried);
        let n = if has_room { refused.tried.entry(tried).or_default() } else { &mut refused.more };
        *n = n.saturating_add(1);
    }

    /// Takes what is counted, to write it.
    pub(super) fn take(&self) -> Option<Refused> {
        let refused = mem::take(&mut *self.lock());
        (!refused.tried.is_empty()).then_some(refused)
    }

    /// Gives back what could not be written.
    pub(super) fn give_back(&self, refused: Refused) {
        let mut now = self.lock();
        now.more = now.more.saturating_add(refused.more);
        for (tried, n) in refused.tried {
            let sum = now.tried.entry(tried).or_default();
            *sum = sum.saturating_add(n);
        }
    }
}

impl Refused {
    /// Writes an entry for each.
    pub(super) fn note(&self, book: &mut Book<'_>, at: Instant) {
        let mut tried: Vec<_> = self.tried.iter().collect();
        // In one order, however the map lies.
        tried.sort_by_key(|(tried, _)| (tried.person, tried.project, tried.action));
        for (Tried { person, action, project }, n) in tried {
            put(book, By::visitor(Some(*person), None), action, Some(*project), *n, at);
        }
        if self.more > 0 {
            put(book, By::SERVER, "command", None, self.more, at);
        }
    }
}

fn put(book: &mut Book<'_>, by: By, action: &str, project: Option<ProjectId>, n: u32, at: Instant) {
    let times = n.to_string();
    let (object, changes) = (("project", project.map(ProjectId::uuid)), vec![told("times", &times)]);
    book.note(Note { kind: "command", by, at, action, object, outcome: Outcome::Refused, changes });
}
