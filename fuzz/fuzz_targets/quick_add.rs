//! Lines of quick add: whatever is typed, what was understood are words of the line, in order, and the rest is the title.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{
    Day, Instant, MOST_LEVELS, new_id,
    quick_add::{Known, lines, read},
};

fuzz_target!(|input: (i32, &str)| {
    let (number, text) = input;
    let Some(today) = Day::from_number(number.rem_euclid(2_932_896)) else { return };
    let at = Instant::from_ms(1_790_000_000_000);
    let people = ["Ana Petrović", "Dev Menon", "Ben Okafor"].into_iter().zip(1..);
    let labels = ["Compliance", "Very long name"].into_iter().zip(1..);
    let known = Known {
        today,
        me: Some(new_id(at, [1; 10])),
        people: people.map(|(name, n)| (new_id(at, [n; 10]), name.to_owned())).collect(),
        labels: labels.map(|(name, n)| (new_id(at, [n; 10]), name.to_owned())).collect(),
    };
    let line = read(text, &known, &[]);
    let mut before = 0;
    for token in &line.tokens {
        assert!(before <= token.from && token.from < token.to, "words in another order, or none");
        // It is cut out of the text: a place inside of a character would panic here.
        let word = &text[token.from..token.to];
        assert!(!word.trim().is_empty());
        let kept = read(text, &known, &[word.to_owned()]);
        assert!(kept.tokens.iter().all(|other| text[other.from..other.to] != *word), "kept as text, and read");
        before = token.to;
    }
    assert_eq!(line.title.is_empty(), text.trim().is_empty(), "a title got lost");
    let _ = line.due(today);
    let pasted = lines(text, MOST_LEVELS);
    let mut around = 0;
    for (n, line) in pasted.iter().enumerate() {
        assert!(line.level < MOST_LEVELS && (n > 0 || line.level == 0) && line.level <= around + 1);
        assert!(!line.text.trim().is_empty());
        around = line.level;
    }
});
