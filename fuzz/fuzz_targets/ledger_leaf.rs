//! Leaves of the ledger: one form for each, so whatever is read is written as it was; and whatever can be said is read.
#![no_main]

use ledger::{Actor, Change, Leaf, Object, Outcome, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(leaf) = Leaf::decode(data) {
        assert_eq!(leaf.encode(), data, "two forms of one leaf");
    }
    let Some((numbers, rest)) = data.split_first_chunk::<11>() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut words = text.split(' ').chain(std::iter::repeat(""));
    let mut word = || words.next().unwrap_or_default();
    let at_us = i64::from_le_bytes(numbers[..8].try_into().expect("eight"));
    let (kind, action, field) = (word(), word(), word());
    let leaf = Leaf {
        kind,
        entry: [numbers[8]; 16],
        at_us,
        actor: Actor { kind: word(), id: (numbers[9] & 1 == 1).then_some([1; 16]) },
        session: None,
        action,
        object: Object { kind: word(), id: (numbers[9] & 2 == 2).then_some([2; 16]) },
        project: (numbers[9] & 4 == 4).then_some([3; 16]),
        outcome: [Outcome::Done, Outcome::Refused, Outcome::Failed][usize::from(numbers[9]) % 3],
        changes: vec![Change { field, old: Value::Absent, new: Value::Public(word()) }; usize::from(numbers[9] >> 5)],
        request: (numbers[9] & 8 == 8).then_some([4; 16]),
        private: Vec::new(),
    };
    let mut bytes = leaf.encode();
    assert_eq!(Leaf::decode(&bytes).expect("a leaf reads what it writes"), leaf);
    // A changed byte is another leaf, or none; never the same one.
    let place = usize::from(numbers[10]) % bytes.len();
    bytes[place] ^= numbers[9] | 1;
    if let Ok(other) = Leaf::decode(&bytes) {
        assert_ne!(other, leaf);
        assert_eq!(other.encode(), bytes);
    }
});
