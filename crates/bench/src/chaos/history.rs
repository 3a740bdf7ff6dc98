//! What has to hold after any trouble, and the words for what does not: the judge of `cargo xtask bench chaos`.
//!
//! It is given three things: what the clients were answered, what each of them saw, and what the database holds in the end.
//!
//! Must not know: processes, sockets, databases. All of it is data, so that a test can bend it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use model::{Done, OpId, PersonId, Recorded, Refusal, Stream};

/// The feed, the operations and the audit log, as they are stored.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The events of each stream, in the order of their numbers, without texts.
    pub feed: BTreeMap<Stream, Vec<Recorded>>,
    /// Where each stream says that it ends.
    pub heads: BTreeMap<Stream, i64>,
    /// The operations that were done.
    pub ops: Vec<Op>,
    /// The operation of each entry of the audit log that says that a command was done.
    pub logged: Vec<OpId>,
    /// How many other entries the log has: sign-ins, refusals, what jobs did.
    pub n_other_entries: usize,
    /// How many entries wait to get their place in the log.
    pub n_unsealed: usize,
}

/// An operation that was done, by its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Its id.
    pub op: OpId,
    /// Who did it.
    pub actor: PersonId,
    /// The stream of its main events.
    pub stream: Stream,
    /// Their first number.
    pub first: i64,
    /// Their last number.
    pub last: i64,
}

/// What a client was finally told about a command.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which client.
    pub client: usize,
    /// Which command.
    pub op: OpId,
    /// What.
    pub answer: Result<Done, Refusal>,
}

/// What a client saw, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saw {
    /// The server said that what follows on the socket is what comes after this number.
    From(Stream, i64),
    /// An event arrived on the socket: its number, and [`print`] of the whole.
    Came(Stream, i64, u64),
    /// The client began anew with a board that has everything up to this number.
    Board(Stream, i64),
    /// The client folded the event with this number in: from the socket, or from the answer to its own command.
    Folded(Stream, i64),
}

/// By what an event is known again: everything but its text, which may be erased later.
#[must_use]
pub fn print(recorded: &Recorded) -> u64 {
    let bare = Recorded { text: None, html: None, ..recorded.clone() };
    let mut hasher = DefaultHasher::new();
    // Our own types cannot fail to be written as JSON.
    serde_json::to_string(&bare).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

impl Books {
    /// Everything that is wrong in what is stored, by itself: numbers with gaps, operations without their events or with too
    /// many, events of no operation, and a log that has not exactly one entry for each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (stream, events) in &self.feed {
            let head = self.heads.get(stream).copied().unwrap_or(0);
            let numbers = events.iter().map(|e| e.seq);
            if let Some((is, should)) = numbers.zip(1..).find(|(is, should)| is != should) {
                faults.push(format!("the feed of {stream} has number {is} where {should} should be"));
            } else if i64::try_from(events.len()) != Ok(head) {
                faults.push(format!("the feed of {stream} has {} events, and its head is {head}", events.len()));
            }
        }
        let placed = self.placed();
        let mut known = HashSet::new();
        for op in &self.ops {
            if !known.insert(op.op) {
                faults.push(format!("operation {} was done twice", op.op));
            }
            let numbers = placed.get(&(op.stream, op.op)).map_or(&[][..], Vec::as_slice);
            if !numbers.iter().copied().eq(op.first..=op.last) {
                faults.push(format!(
                    "operation {} should have the events {} to {} of {}, and has {numbers:?}",
                    op.op, op.first, op.last, op.stream
                ));
            }
        }
        let strays = placed.keys().filter(|(_, op)| !known.contains(op));
        faults.extend(strays.map(|(stream, op)| format!("{stream} has events of {op}, which was never done")));
        let mut logged: HashMap<OpId, usize> = self.ops.iter().map(|op| (op.op, 0)).collect();
        for op in &self.logged {
            *logged.entry(*op).or_default() += 1;
        }
        let wrong = logged.iter().filter(|(op, n)| **n != usize::from(known.contains(op)));
        faults.extend(wrong.map(|(op, n)| format!("the audit log has {n} entries for operation {op}")));
        if self.n_unsealed > 0 {
            faults.push(format!("{} entries of the audit log never got their place", self.n_unsealed));
        }
        faults
    }

    /// The numbers of each operation's events, by stream.
    fn placed(&self) -> HashMap<(Stream, OpId), Vec<i64>> {
        let mut placed: HashMap<(Stream, OpId), Vec<i64>> = HashMap::new();
        for (stream, events) in &self.feed {
            for event in events {
                if let Some(op) = event.op {
                    placed.entry((*stream, op)).or_default().push(event.seq);
                }
            }
        }
        placed
    }

    /// Where what the clients were told is not what was done: each command that was answered as done is there once, under the
    /// numbers of the answer; what was refused or changed nothing is not there; and nothing is there that nobody was told of, but
    /// what was `before`.
    #[must_use]
    pub fn contradicts(&self, told: &[Told], before: &Self) -> Vec<String> {
        let done: HashMap<OpId, &Op> = self.ops.iter().map(|op| (op.op, op)).collect();
        let mut asked: HashSet<OpId> = before.ops.iter().map(|op| op.op).collect();
        let mut faults = Vec::new();
        for Told { client, op, answer } in told {
            if !asked.insert(*op) {
                faults.push(format!("client {client} was told twice about {op}"));
            }
            let fault = match (answer, done.get(op)) {
                (Ok(Done { last: 0, .. }) | Err(_), None) => continue,
                (Ok(told), Some(op)) if (told.stream, told.first, told.last) == (op.stream, op.first, op.last) => {
                    continue;
                }
                (Ok(Done { last: 0, .. }), Some(_)) => {
                    "was told that nothing changed, and it is in the history".to_owned()
                }
                (Err(refusal), Some(_)) => format!("was refused ({refusal:?}), and it is in the history"),
                (Ok(told), None) => {
                    format!(
                        "was told it was done as {} to {} of {}, and it is lost",
                        told.first, told.last, told.stream
                    )
                }
                (Ok(told), Some(op)) => format!(
                    "was told it was done as {} to {} of {}, and the history has it as {} to {} of {}",
                    told.first, told.last, told.stream, op.first, op.last, op.stream
                ),
            };
            faults.push(format!("client {client}, {op}: {fault}"));
        }
        let unasked = self.ops.iter().filter(|op| !asked.contains(&op.op));
        faults.extend(unasked.map(|op| format!("{} of {} was done, and nobody was told", op.op, op.actor)));
        faults
    }

    /// Where what a client saw is not what happened. On the socket, after each word of the server from where it goes on, every
    /// event comes once and in order; what the client folds follows what it had without a gap; and each event is the one
    /// that is stored.
    #[must_use]
    pub fn belies(&self, client: usize, saw: &[Saw]) -> Vec<String> {
        let mut faults = Vec::new();
        let (mut told, mut held) = (HashMap::new(), HashMap::new());
        for saw in saw {
            let fault = match *saw {
                Saw::From(stream, after) => {
                    told.insert(stream, after);
                    continue;
                }
                Saw::Board(stream, seq) => {
                    held.insert(stream, seq);
                    continue;
                }
                Saw::Came(stream, seq, print) => self.came(told.get_mut(&stream), stream, seq, print),
                Saw::Folded(stream, seq) => goes_on(held.get_mut(&stream), seq, "folded"),
            };
            if let Err(fault) = fault {
                let (Saw::From(stream, _) | Saw::Board(stream, _) | Saw::Came(stream, ..) | Saw::Folded(stream, _)) =
                    saw;
                faults.push(format!("client {client}, {stream}: {fault}"));
            }
        }
        faults
    }

    fn came(&self, told: Option<&mut i64>, stream: Stream, seq: i64, came: u64) -> Result<(), String> {
        goes_on(told, seq, "told")?;
        let place = usize::try_from(seq - 1).unwrap_or(usize::MAX);
        let stored = self.feed.get(&stream).and_then(|events| events.get(place));
        match stored {
            None => Err(format!("event {seq} came, and is not in the history")),
            Some(stored) if print(stored) != came => Err(format!("event {seq} came as another than the stored one")),
            Some(_) => Ok(()),
        }
    }
}

/// Whether a number is the next one; goes on with it in any case, so that one fault is told once.
fn goes_on(last: Option<&mut i64>, seq: i64, what: &str) -> Result<(), String> {
    let Some(last) = last else { return Err(format!("event {seq} was {what} before it was said from where")) };
    let before = std::mem::replace(last, seq);
    match seq - before {
        1 => Ok(()),
        ..=0 => Err(format!("event {seq} was {what} again or late, after {before}")),
        _ => Err(format!("events {} to {} are missing: {seq} was {what} after {before}", before + 1, seq - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{
        Event, Instant, ProjectId,
        testing::{Random, valid},
    };

    fn op(n: u8) -> OpId {
        model::new_id(Instant::from_ms(1), [n; 10])
    }

    fn actor() -> PersonId {
        model::new_id(Instant::from_ms(1), [200; 10])
    }

    fn stream() -> Stream {
        Stream::Project(Random::new(3).id::<ProjectId>())
    }

    fn event(seq: i64, of: u8) -> Recorded {
        let event = Event::ProjectRenamed { from: valid("Before"), to: valid(&format!("Name {seq}")) };
        Recorded { seq, op: Some(op(of)), actor: actor(), at: Instant::from_ms(seq), event, text: None, html: None }
    }

    /// Three operations with one, two and one events, all of them in the log.
    fn books() -> Books {
        let feed = vec![event(1, 1), event(2, 2), event(3, 2), event(4, 3)];
        let op = |n, first, last| Op { op: op(n), actor: actor(), stream: stream(), first, last };
        Books {
            feed: [(stream(), feed)].into(),
            heads: [(stream(), 4)].into(),
            ops: vec![op(1, 1, 1), op(2, 2, 3), op(3, 4, 4)],
            logged: vec![self::op(1), self::op(2), self::op(3)],
            n_other_entries: 0,
            n_unsealed: 0,
        }
    }

    fn done(n: u8, first: i64, last: i64) -> Told {
        let done = Done { stream: stream(), first, last, events: Vec::new() };
        Told { client: 7, op: op(n), answer: Ok(done) }
    }

    fn told() -> Vec<Told> {
        let refused = Told { client: 7, op: op(9), answer: Err(Refusal::MayNot) };
        vec![done(1, 1, 1), done(2, 2, 3), done(3, 4, 4), done(8, 0, 0), refused]
    }

    fn came(seq: i64, of: u8) -> Saw {
        Saw::Came(stream(), seq, print(&event(seq, of)))
    }

    fn events(books: &mut Books) -> &mut Vec<Recorded> {
        books.feed.get_mut(&stream()).unwrap()
    }

    #[track_caller]
    fn assert_one(faults: &[String], words: &str) {
        assert!(faults.len() == 1 && faults[0].contains(words), "{faults:#?} instead of one that says {words:?}");
    }

    #[test]
    fn a_history_in_which_all_is_well_has_no_faults() {
        assert_eq!(books().faults(), Vec::<String>::new());
        assert_eq!(books().contradicts(&told(), &Books::default()), Vec::<String>::new());
        let saw = [Saw::From(stream(), 1), came(2, 2), came(3, 2), Saw::From(stream(), 2), came(3, 2), came(4, 3)];
        assert_eq!(books().belies(7, &saw), Vec::<String>::new());
        let (board, fold) = (Saw::Board(stream(), 1), |n| Saw::Folded(stream(), n));
        assert_eq!(books().belies(7, &[board, fold(2), fold(3), board, fold(2)]), Vec::<String>::new());
    }

    #[test]
    fn a_lost_event_is_found_in_the_middle_and_at_the_end() {
        for place in 0..4 {
            let mut books = books();
            events(&mut books).remove(place);
            let faults = books.faults();
            assert!(faults.iter().any(|f| f.starts_with("the feed")), "{place}: {faults:?}");
            assert!(faults.iter().any(|f| f.starts_with("operation")), "{place}: {faults:?}");
        }
    }

    #[test]
    fn a_doubled_event_is_found_under_the_same_number_and_under_the_next() {
        let mut same = books();
        events(&mut same).insert(3, event(3, 2));
        assert!(same.faults().iter().any(|f| f.contains("has number 3 where 4 should be")), "{:?}", same.faults());
        let mut again = books();
        events(&mut again).push(event(5, 3));
        again.heads.insert(stream(), 5);
        assert_one(&again.faults(), "should have the events 4 to 4");
    }

    #[test]
    fn a_reordered_event_is_found() {
        let mut books = books();
        events(&mut books).swap(1, 3);
        assert!(books.faults().iter().any(|f| f.contains("has number 4 where 2 should be")), "{:?}", books.faults());
    }

    #[test]
    fn a_command_that_was_answered_and_is_not_there_is_found() {
        let mut books = books();
        books.ops.remove(1);
        assert_one(&books.contradicts(&told(), &Books::default()), "it is lost");
        assert!(books.faults().iter().any(|f| f.contains("which was never done")));
    }

    #[test]
    fn a_command_that_was_refused_or_changed_nothing_and_is_there_is_found() {
        for n in [8, 9] {
            let mut books = books();
            events(&mut books).push(event(5, n));
            books.ops.push(Op { op: op(n), actor: actor(), stream: stream(), first: 5, last: 5 });
            assert_one(&books.contradicts(&told(), &Books::default()), "it is in the history");
        }
    }

    #[test]
    fn a_command_that_was_done_twice_or_under_other_numbers_or_unasked_is_found() {
        let mut twice = books();
        twice.ops.push(twice.ops[0]);
        assert_one(&twice.faults(), "was done twice");
        let mut told = told();
        told[0] = done(1, 2, 2);
        assert_one(&books().contradicts(&told, &Books::default()), "the history has it as 1 to 1");
        told.remove(0);
        assert_one(&books().contradicts(&told, &Books::default()), "nobody was told");
        assert_eq!(books().contradicts(&[], &books()), Vec::<String>::new(), "what was there before");
    }

    #[test]
    fn a_log_that_lacks_an_entry_or_has_one_twice_is_found() {
        let mut books = books();
        books.logged.pop();
        assert_one(&books.faults(), "0 entries for operation");
        books.logged.extend([op(3), op(3)]);
        assert_one(&books.faults(), "2 entries for operation");
        books.logged.pop();
        books.logged.push(op(42));
        assert_one(&books.faults(), "1 entries for operation");
    }

    #[test]
    fn a_client_that_missed_an_event_heard_one_twice_or_out_of_order_is_found() {
        let from = Saw::From(stream(), 0);
        for (saw, words) in [
            (vec![from, came(1, 1), came(3, 2), came(4, 3)], "events 2 to 2 are missing"),
            (vec![from, came(1, 1), came(1, 1), came(2, 2)], "again or late"),
            (vec![came(1, 1)], "before it was said from where"),
            (vec![from, came(1, 3)], "another than the stored one"),
            (vec![Saw::From(stream(), 4), came(5, 3)], "is not in the history"),
            (vec![Saw::Board(stream(), 1), Saw::Folded(stream(), 3)], "events 2 to 2 are missing"),
            (vec![Saw::Board(stream(), 1), Saw::Folded(stream(), 1)], "again or late"),
        ] {
            assert_one(&books().belies(7, &saw), words);
        }
        let swapped = books().belies(7, &[from, came(2, 2), came(1, 1), came(3, 2)]);
        assert!(swapped.len() >= 2 && swapped[1].contains("again or late"), "{swapped:?}");
    }
}
