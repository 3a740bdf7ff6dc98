//! The entries of the audit log that a batch leaves, and the private values beside them.
//!
//! What somebody typed is sealed and kept apart, and the entry only commits to it, so that it can be erased one day while
//! the log stays whole.

use ledger::{Change, Commitment, Kept, Leaf, Object, Outcome, Side, Value};
use model::PersonId;
use std::mem;
use store::Insert;
use vault::Vault;

use super::{
    Ordered,
    differs::{Differs, Was},
    ledger_hash,
};
use crate::{Actor, Outside, keys::PRIVATE};

/// A bench looks what a change costs without its entry. Not in any server: it is only there with the kit.
#[cfg(feature = "kit")]
pub(crate) static IS_LEFT_OUT: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn is_left_out() -> bool {
    #[cfg(feature = "kit")]
    return IS_LEFT_OUT.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(feature = "kit"))]
    false
}

/// What waits to be appended.
#[derive(Default)]
pub(super) struct Leaves {
    leaves: Vec<Vec<u8>>,
    kept: Vec<Kept>,
}

/// A value as an entry tells it.
pub(super) enum Told {
    Nothing,
    Open(String),
    Kept(Commitment),
}

impl Told {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Nothing => Value::Absent,
            Self::Open(text) => Value::Public(text),
            Self::Kept(commitment) => Value::Committed(*commitment),
        }
    }
}

impl Leaves {
    pub(super) fn put(&mut self, leaf: &Leaf<'_>) {
        if is_left_out() {
            return;
        }
        self.leaves.push(leaf.encode());
    }

    /// Puts the entry of a command that was done.
    pub(super) fn command(
        &mut self,
        house: (&Outside, &Vault),
        entry: [u8; 16],
        actor: &Actor,
        ordered: &Ordered,
        differs: Vec<Differs>,
    ) {
        if is_left_out() {
            return;
        }
        let command = &ordered.envelope.command;
        let (kind, id) = command.object();
        let mut told = |side, field, was| self.told(house, entry, (side, field), actor.person, was);
        let values: Vec<_> = differs
            .into_iter()
            .map(|Differs { field, old, new }| (field, told(Side::Old, field, old), told(Side::New, field, new)))
            .collect();
        self.put(&Leaf {
            kind: "command",
            entry,
            at_us: ordered.at.ms().saturating_mul(1000),
            actor: ledger::Actor { kind: "person", id: Some(actor.person.bytes()) },
            session: Some(ledger_hash(actor.session_hash)),
            action: command.kind().action(),
            object: Object { kind, id: Some(id.into_bytes()) },
            project: Some(command.project().bytes()),
            outcome: Outcome::Done,
            changes: values
                .iter()
                .map(|(field, old, new)| Change { field, old: old.value(), new: new.value() })
                .collect(),
            request: Some(ordered.envelope.op.bytes()),
            private: vec![],
        });
    }

    pub(super) fn told(
        &mut self,
        (outside, vault): (&Outside, &Vault),
        entry: [u8; 16],
        (side, field): (Side, &str),
        person: PersonId,
        was: Was,
    ) -> Told {
        match was {
            Was::Nothing => Told::Nothing,
            Was::Open(text) => Told::Open(text),
            Was::Typed(text) => {
                let value = vault.seal(PRIVATE, entry, text.as_bytes());
                let (person, salt) = (Some(person.bytes()), outside.random());
                let kept = Kept { entry, side, field: field.to_owned(), person, salt, value };
                let commitment = kept.commitment(text.as_bytes());
                self.kept.push(kept);
                Told::Kept(commitment)
            }
        }
    }

    /// All of it, to be written.
    pub(super) fn take(&mut self) -> [Insert; 2] {
        [ledger::append(mem::take(&mut self.leaves)), ledger::keep(mem::take(&mut self.kept))]
    }
}
