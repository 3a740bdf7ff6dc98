//! The query of an address: a value is read as it was written, and a view that is read is written so that it is read again.
#![no_main]
#![allow(dead_code, reason = "the sources have more than is fuzzed")]

#[path = "../../app/src/query.rs"]
mod query;
#[path = "../../app/src/data/view.rs"]
mod view;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut address = "?q=".to_owned();
    query::encode(&mut address, text);
    assert_eq!(query::value(&address, "q").as_deref(), Some(text));
    for with_layout in [false, true] {
        let read = view::View::read(text);
        let written = read.query(with_layout);
        let again = view::View::read(&written);
        let layout = if with_layout { read.layout } else { view::Layout::default() };
        assert_eq!(again, view::View { layout, ..read }, "{written}");
        assert_eq!(again.query(with_layout), written);
    }
});
