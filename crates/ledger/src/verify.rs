//! The verifier: is given a log from its first entry to its last and says whether it is whole, or what the first thing is
//! that is not.
//!
//! Must not know: where the log comes from, a live database or a file. It keeps the right edge of the tree and the roots to
//! be met, so a log of any length is read once.

use std::collections::HashSet;

use crate::{
    Against, Change, Commitment, Fault, Finding, Hash, Leaf, NoteError, Projection, PublicKey, TreeHead, Value,
    Verified,
    checkpoint::{keys_of, name_of, receipt},
    frontier::Frontier,
    leaf_hash,
    note::{n_signatures, open},
    own::{Kept, Place, Side, erased, restarted},
};

/// How long an entry may wait for its position.
const SEALED_WITHIN_MS: i64 = 60_000;
/// How long it may wait to be signed.
const SIGNED_WITHIN_MS: i64 = 10 * 60_000;

/// A root that the tree must have at a size.
struct Watch {
    size: u64,
    root: Hash,
    epoch: u32,
    is_anchor: bool,
}

/// A row of `ledger_checkpoints`, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckpointRow {
    pub(crate) number: Option<i64>,
    pub(crate) size: Option<i64>,
    pub(crate) at_ms: Option<i64>,
    pub(crate) keys: Option<String>,
    pub(crate) note: Option<String>,
}

/// A row of `ledger_anchors`, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnchorRow {
    pub(crate) number: Option<i64>,
    pub(crate) sink: Option<String>,
    pub(crate) size: Option<i64>,
    pub(crate) at_ms: Option<i64>,
    pub(crate) note: Option<String>,
}

/// A private value that an entry commits to.
pub(crate) struct Committed {
    pub(crate) position: u64,
    pub(crate) place: Place,
    commitment: Commitment,
}

/// What an entry turned out to be.
pub(crate) struct Seen {
    pub(crate) told: Projection,
    pub(crate) committed: Vec<Committed>,
    /// The stored subtrees that it completes: level, place, hash.
    pub(crate) nodes: Vec<(u32, u64, Hash)>,
}

pub(crate) struct Verifier {
    against: Against,
    known: Vec<PublicKey>,
    frontier: Frontier,
    name: Option<String>,
    watches: Vec<Watch>,
    next: usize,
    good: u64,
    n_checkpoints: u64,
    is_newest_trusted: bool,
    signed: Option<(u64, i64)>,
    last_at_us: i64,
    unsigned_since_us: Option<i64>,
    n_private: u64,
    missing: Vec<(u64, Place)>,
    erased: HashSet<Place>,
    n_erased: u64,
    remarks: Vec<String>,
}

impl Verifier {
    pub(crate) fn new(against: Against) -> Self {
        Self {
            known: against.keys.clone(),
            against,
            frontier: Frontier::default(),
            name: None,
            watches: Vec::new(),
            next: 0,
            good: 0,
            n_checkpoints: 0,
            is_newest_trusted: true,
            signed: None,
            last_at_us: 0,
            unsigned_since_us: None,
            n_private: 0,
            missing: Vec::new(),
            erased: HashSet::new(),
            n_erased: 0,
            remarks: Vec::new(),
        }
    }

    /// How many entries have come.
    pub(crate) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) const fn has_remarks(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// The next checkpoint; all come before the first entry.
    pub(crate) fn checkpoint(&mut self, row: &CheckpointRow) -> Result<(), Finding> {
        let (number, before) = (self.n_checkpoints, self.signed.map_or(0, |(size, _)| size));
        let finding = |fault, told: &str| Finding::at(fault, before, format!("checkpoint {number}: {told}"));
        if row.number.map(i64::unsigned_abs) != Some(number) {
            return Err(finding(Fault::Gap, "its row is missing, doubled or not in its place"));
        }
        let unreadable = || finding(Fault::Column, "its row cannot be read");
        let note = row.note.as_deref().ok_or_else(|| finding(Fault::Signature, "its note is gone"))?;
        let keys = row.keys.as_deref().ok_or_else(unreadable)?;
        let keys = keys_of(keys).map_err(|_| finding(Fault::Column, "its keys cannot be read"))?;
        let wrong = |error: NoteError| finding(Fault::Signature, &error.to_string());
        let trusted = open(note, &self.against.keys);
        self.is_newest_trusted = match &trusted {
            Ok(_) => true,
            Err(NoteError::Untrusted) => self.against.keys.is_empty(),
            Err(error) => return Err(wrong(error.clone())),
        };
        // A key that is gone from the ring vouched for what newer checkpoints cover as well.
        let text = trusted.or_else(|_| open(note, &keys)).map_err(wrong)?;
        let all_signed =
            n_signatures(note) == keys.len() && keys.iter().all(|key| open(note, std::slice::from_ref(key)).is_ok());
        let head = TreeHead::parse(text).map_err(wrong)?;
        let is_told = row.size.map(i64::unsigned_abs) == Some(head.size) && row.at_ms == head.at_ms;
        if !all_signed || keys.is_empty() || !is_told {
            return Err(finding(Fault::Column, "its columns do not say what was signed"));
        }
        if head.size <= before {
            return Err(finding(Fault::Gap, "it is for a smaller log than the one before it"));
        }
        self.known.extend(keys.into_iter().filter(|key| !self.known.contains(key)).collect::<Vec<_>>());
        self.signed = Some((head.size, head.at_ms.unwrap_or_default()));
        self.watch(&head, false).map_err(|told| finding(Fault::Fork, told))?;
        self.n_checkpoints += 1;
        Ok(())
    }

    /// The next receipt of an anchor, after all checkpoints.
    pub(crate) fn receipt(&self, number: u64, row: &AnchorRow) -> Result<u64, Finding> {
        let finding = |fault, told: &str| Finding::at(fault, 0, format!("anchor receipt {number}: {told}"));
        if row.number.map(i64::unsigned_abs) != Some(number) {
            return Err(finding(Fault::Gap, "its row is missing, doubled or not in its place"));
        }
        let note = row.note.as_deref().ok_or_else(|| finding(Fault::Signature, "its note is gone"))?;
        let text = open(note, &self.known).map_err(|error| finding(Fault::Signature, &error.to_string()))?;
        let told = || {
            let (sink, size) = (row.sink.as_deref()?, row.size?.unsigned_abs());
            let name = text.lines().next()?.strip_suffix("/anchored")?;
            (text == receipt(name, sink, size, row.at_ms?)).then_some(size)
        };
        told().ok_or_else(|| finding(Fault::Column, "its columns do not say what was signed"))
    }

    /// All that was signed is known; entries may come.
    pub(crate) fn begin(&mut self) -> Result<(), Finding> {
        if !self.is_newest_trusted {
            let (size, _) = self.signed.unwrap_or_default();
            let told = "the newest checkpoint is not signed by a key that is trusted";
            return Err(Finding {
                fault: Fault::Signature,
                position: 0,
                upto: size.saturating_sub(1),
                told: told.into(),
            });
        }
        for note in std::mem::take(&mut self.against.anchors) {
            let finding = |told: String| Finding::at(Fault::Signature, 0, format!("an anchored checkpoint: {told}"));
            let text = open(&note, &self.known).map_err(|error| finding(error.to_string()))?;
            let head = TreeHead::parse(text).map_err(|error| finding(error.to_string()))?;
            self.watch(&head, true).map_err(|told| Finding::at(Fault::Fork, 0, told))?;
        }
        self.watches.sort_by_key(|watch| watch.size);
        Ok(())
    }

    fn watch(&mut self, head: &TreeHead, is_anchor: bool) -> Result<(), &'static str> {
        let (name, epoch) = head.name_and_epoch().ok_or("it is not one of a log like this")?;
        if self.name.get_or_insert_with(|| name.to_owned()) != name {
            return Err("it is one of another log");
        }
        self.watches.push(Watch { size: head.size, root: head.root, epoch, is_anchor });
        Ok(())
    }

    /// The next entry. `hash` is the one that is stored beside it.
    pub(crate) fn entry(
        &mut self,
        found: Option<i64>,
        body: Option<&[u8]>,
        hash: Option<&[u8]>,
    ) -> Result<Seen, Finding> {
        let position = self.frontier.size();
        if found.map(i64::unsigned_abs) != Some(position) {
            let told = match found {
                Some(found) if found.unsigned_abs() < position => format!("entry #{found} is there twice"),
                _ => format!("entry #{position} is missing"),
            };
            let position = found.map_or(position, |found| found.unsigned_abs().min(position));
            return Err(Finding::at(Fault::Gap, position, told));
        }
        let bad = |told: String| Finding::at(Fault::Body, position, format!("entry #{position}: {told}"));
        let body = body.ok_or_else(|| bad("its bytes are gone".into()))?;
        let own = leaf_hash(body);
        if hash != Some(&own.0[..]) {
            return Err(bad("its bytes are not those that were hashed".into()));
        }
        let leaf = Leaf::decode(body).map_err(|error| bad(error.to_string()))?;
        if position == 0 && self.name.get_or_insert_with(|| name_of(body)) != &name_of(body) {
            return Err(Finding::at(Fault::Fork, 0, "the first entry is not the one that gave the log its name"));
        }
        let nodes = self.frontier.push(own);
        self.meet_watches()?;
        self.note_time(leaf.at_us);
        self.note_restart(&leaf, position)?;
        let told = Projection::of(&leaf);
        let erased = erased(&leaf);
        self.n_erased += erased.len() as u64;
        self.erased.extend(erased);
        Ok(Seen { told, committed: committed(&leaf, position), nodes })
    }

    fn meet_watches(&mut self) -> Result<(), Finding> {
        while let Some(watch) = self.watches.get(self.next).filter(|watch| watch.size == self.frontier.size()) {
            if self.frontier.root() != watch.root {
                let what = if watch.is_anchor { "anchored" } else { "signed" };
                let (position, upto) = (self.good, watch.size - 1);
                let told = format!("the entries #{position} to #{upto} are not those that were {what} at that size");
                return Err(Finding { fault: Fault::Fork, position, upto, told });
            }
            self.good = watch.size;
            self.next += 1;
        }
        Ok(())
    }

    fn note_time(&mut self, at_us: i64) {
        self.last_at_us = at_us;
        if self.signed.is_none_or(|(size, _)| self.frontier.size() > size) {
            self.unsigned_since_us.get_or_insert(at_us);
        }
    }

    /// What an epoch's beginning says to be lost is not looked for any more.
    fn note_restart(&mut self, leaf: &Leaf<'_>, position: u64) -> Result<(), Finding> {
        let Some((epoch, lost)) = restarted(leaf) else { return Ok(()) };
        self.watches.retain(|watch| watch.size <= position || watch.epoch >= epoch || watch.size > lost);
        let told = if lost > position {
            format!("entries #{position} to #{} of epoch {} are lost", lost - 1, epoch - 1)
        } else {
            "it says that nothing is lost".to_owned()
        };
        let told = format!("epoch {epoch} was begun at #{position}: {told}");
        if lost > position && self.against.epoch.is_some_and(|known| known < epoch) {
            return Err(Finding { fault: Fault::Truncated, position, upto: lost - 1, told });
        }
        self.remarks.push(told);
        Ok(())
    }

    /// The private values that are kept for some entries, which all came before; `opened` is what each value opens to.
    pub(crate) fn private(&mut self, wanted: Vec<Committed>, kept: &[(Kept, Option<Vec<u8>>)]) -> Result<(), Finding> {
        for Committed { position, place, commitment } in wanted {
            let mut found =
                kept.iter().filter(|(kept, _)| (kept.entry, kept.side) == (place.0, place.1) && kept.field == place.2);
            let bad = |told: &str| {
                Err(Finding::at(
                    Fault::Commitment,
                    position,
                    format!("entry #{position}: the value of {} {told}", place.2),
                ))
            };
            match (found.next(), found.next()) {
                (None, _) => self.missing.push((position, place)),
                (Some(_), Some(_)) => return bad("is there twice"),
                (Some((_, None)), None) => return bad("cannot be read"),
                (Some((kept, Some(value))), None) => {
                    if kept.commitment(value) != commitment {
                        return bad("is not the one that it commits to");
                    }
                    self.n_private += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether values are gone of which no entry has said that they were erased.
    pub(crate) fn misses(&self) -> bool {
        self.missing.iter().any(|(_, place)| !self.erased.contains(place))
    }

    /// An entry that waits to be sealed.
    pub(crate) fn waiting(&mut self, body: &[u8]) {
        if let Ok(leaf) = Leaf::decode(body) {
            self.erased.extend(erased(&leaf));
        }
    }

    /// The log is at its end. `n_private` is how many private values there are, where that is known, and `waits_since_us`
    /// since when the oldest entry waits to be sealed.
    pub(crate) fn end(self, n_private: Option<u64>, waits_since_us: Option<i64>) -> Result<Verified, Finding> {
        let size = self.frontier.size();
        if let Some(watch) = self.watches.get(self.next) {
            let what = if watch.is_anchor { "anchored" } else { "signed" };
            let told = format!("the log ends before entry #{size}, but it had {} when it was {what}", watch.size);
            return Err(Finding { fault: Fault::Truncated, position: size, upto: watch.size - 1, told });
        }
        if let Some((position, place)) = self.missing.iter().find(|(_, place)| !self.erased.contains(place)) {
            let told =
                format!("entry #{position}: the value of {} is gone, and nothing says that it was erased", place.2);
            return Err(Finding::at(Fault::Vanished, *position, told));
        }
        if let Some(n) = n_private.filter(|n| *n != self.n_private) {
            let told = format!("{n} private values are kept, but entries commit to {} of them", self.n_private);
            return Err(Finding { fault: Fault::Commitment, position: 0, upto: size.saturating_sub(1), told });
        }
        self.stale(waits_since_us)?;
        let anchored = self.watches.iter().filter(|watch| watch.is_anchor).map(|watch| watch.size).max();
        Ok(Verified {
            name: self.name.unwrap_or_default(),
            size,
            root: self.frontier.root(),
            signed: self.signed,
            anchored,
            n_private: self.n_private,
            n_erased: self.n_erased,
            is_trusted: !self.against.keys.is_empty(),
            remarks: self.remarks,
        })
    }

    fn stale(&self, waits_since_us: Option<i64>) -> Result<(), Finding> {
        let Some(now) = self.against.now_ms else { return Ok(()) };
        let too_long = |since_us: Option<i64>, within: i64| since_us.is_some_and(|since| now - since / 1000 > within);
        let size = self.frontier.size();
        if too_long(waits_since_us, SEALED_WITHIN_MS) {
            let told = "entries wait for more than a minute to be sealed. Is the server running?";
            return Err(Finding::at(Fault::Stale, size, told));
        }
        if too_long(self.unsigned_since_us, SIGNED_WITHIN_MS) {
            let (position, upto) = (self.signed.map_or(0, |(size, _)| size), size.saturating_sub(1));
            let told = format!("entries from #{position} on are not signed, for more than ten minutes");
            return Err(Finding { fault: Fault::Stale, position, upto, told });
        }
        Ok(())
    }
}

fn committed(leaf: &Leaf<'_>, position: u64) -> Vec<Committed> {
    let of = |side, field: &str, value: Value<'_>| match value {
        Value::Committed(commitment) => {
            Some(Committed { position, place: (leaf.entry, side, field.to_owned()), commitment })
        }
        Value::Absent | Value::Public(_) => None,
    };
    let changes = leaf.changes.iter().flat_map(|Change { field, old, new }| {
        [of(Side::Old, field, *old), of(Side::New, field, *new)].into_iter().flatten()
    });
    let beside = leaf.private.iter().filter_map(|p| of(Side::Beside, p.field, Value::Committed(p.commitment)));
    changes.chain(beside).collect()
}
