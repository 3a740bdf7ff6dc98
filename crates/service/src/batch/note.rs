//! An entry of the log about something that is not a command: who did what, in the few words that all of those entries share.
//!
//! Must not know: what was done.

use ledger::{Change, Hash, Leaf, Object, Outcome, Side, Value};
use model::{Instant, PersonId};
use uuid::Uuid;

use super::{Book, differs::Was, ledger_hash};
use crate::Actor;

/// By whom something was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    kind: &'static str,
    person: Option<PersonId>,
    session: Option<Hash>,
}

impl By {
    /// Somebody who is signed in.
    pub(crate) fn actor(actor: &Actor) -> Self {
        Self::visitor(Some(actor.person), Some(actor.session_hash))
    }

    /// Somebody at the door: it is known who they are, or not.
    pub(crate) fn visitor(person: Option<PersonId>, session: Option<[u8; 32]>) -> Self {
        let kind = if person.is_some() { "person" } else { "visitor" };
        Self { kind, person, session: session.map(ledger_hash) }
    }

    /// Whoever has the command line of the server.
    pub(crate) const OPERATOR: Self = Self { kind: "operator", person: None, session: None };

    /// The program itself.
    pub(crate) const SERVER: Self = Self { kind: "system", person: None, session: None };
}

/// What an entry says.
#[derive(Debug)]
pub(crate) struct Note<'a> {
    pub(crate) kind: &'a str,
    pub(crate) by: By,
    pub(crate) at: Instant,
    pub(crate) action: &'a str,
    /// What it was done to: its kind and, if there are several, which.
    pub(crate) object: (&'a str, Option<Uuid>),
    pub(crate) outcome: Outcome,
    /// What became different, field by field. Values are for ever: no names and no addresses are among them.
    pub(crate) changes: Vec<Change<'a>>,
}

/// A field that has a value now.
pub(crate) const fn told<'a>(field: &'a str, value: &'a str) -> Change<'a> {
    Change { field, old: Value::Absent, new: Value::Public(value) }
}

/// A field that somebody typed, what it was, and what it is.
pub(crate) type Typed = (&'static str, Option<String>, Option<String>);

impl Book<'_> {
    /// Puts the entry in the log.
    pub(crate) fn note(&mut self, note: Note<'_>) {
        self.note_typed(note, None);
    }

    /// The same with what somebody typed, to which the entry only commits.
    pub(crate) fn note_typed(&mut self, note: Note<'_>, typed: Option<Typed>) {
        let (kind, id) = note.object;
        let id = id.map(Uuid::into_bytes);
        let entry = self.new_entry();
        let was = |text: Option<String>| text.map_or(Was::Nothing, Was::Typed);
        let kept = match (typed, note.by.person) {
            (Some((field, old, new)), Some(person)) => {
                let old = self.keep(entry, (Side::Old, field), person, was(old));
                Some((field, old, self.keep(entry, (Side::New, field), person, was(new))))
            }
            _ => None,
        };
        let mut changes: Vec<Change<'_>> = note.changes;
        changes.extend(kept.as_ref().map(|(field, old, new)| Change { field, old: old.value(), new: new.value() }));
        self.leaf(&Leaf {
            kind: note.kind,
            entry,
            at_us: note.at.ms().saturating_mul(1000),
            actor: ledger::Actor { kind: note.by.kind, id: note.by.person.map(PersonId::bytes) },
            session: note.by.session,
            action: note.action,
            object: Object { kind, id },
            // A project's Leads read what was done to it.
            project: id.filter(|_| kind == "project"),
            outcome: note.outcome,
            changes,
            request: None,
            private: vec![],
        });
    }
}
