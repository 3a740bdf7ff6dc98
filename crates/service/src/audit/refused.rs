//! What people tried and were refused. It is counted in memory and written some seconds later, one entry for each person and
//! each kind of thing that they tried, so that nobody can flood the log by trying.
//!
//! Who crashes the server loses at most these seconds of refusals; what was done is never counted like this.

use ledger::Outcome;
use model::{Instant, PersonId, ProjectId, Refusal};
use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

use crate::{
    Actor, Cx,
    batch::{Book, By, Note, told},
};

/// How many different ones are told apart at once. What comes beyond them is counted together.
const MOST: usize = 4096;

/// What somebody tried. Written down in this order, however the map lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tried {
    pub(crate) person: PersonId,
    pub(crate) project: Option<ProjectId>,
    /// The family of the entry.
    pub(crate) kind: &'static str,
    pub(crate) action: &'static str,
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

    /// Counts what was refused, if somebody tried what is not theirs to do. That something is gone, archived or wrongly
    /// written is no matter for an audit.
    pub(crate) fn count(&self, tried: Tried, refusal: &Refusal) {
        if !matches!(refusal, Refusal::MayNot | Refusal::NotFound) {
            return;
        }
        let mut refused = self.lock();
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
        let mut tried: Vec<_> = self.tried.iter().map(|(tried, n)| (*tried, *n)).collect();
        tried.sort_unstable();
        for (Tried { person, project, kind, action }, n) in tried {
            let object = project.map_or(("installation", None), |project| ("project", Some(project.uuid())));
            put(book, By::visitor(Some(person), None), (kind, action), object, n, at);
        }
        if self.more > 0 {
            put(book, By::SERVER, ("command", "command"), ("project", None), self.more, at);
        }
    }
}

type Names = (&'static str, &'static str);

fn put(book: &mut Book<'_>, by: By, (kind, action): Names, object: (&str, Option<Uuid>), n: u32, at: Instant) {
    let times = n.to_string();
    let changes = vec![told("times", &times)];
    book.note(Note { kind, by, at, action, object, outcome: Outcome::Refused, changes });
}

/// Hands on what came of an action that is no command, and counts it if it was refused.
pub(crate) fn counted<T>(
    cx: &Cx,
    actor: &Actor,
    (kind, action): Names,
    project: Option<ProjectId>,
    result: Result<T, Refusal>,
) -> Result<T, Refusal> {
    let tried = Tried { person: actor.person, project, kind, action };
    result.inspect_err(|refusal| cx.audit.refusals.count(tried, refusal))
}
