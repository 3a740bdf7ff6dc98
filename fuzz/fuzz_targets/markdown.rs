//! Texts as HTML: of bounded length, with elements and attributes of the list alone, and nothing left for the second look to take away.
#![no_main]
#![allow(dead_code, reason = "the sources have more than is fuzzed")]

#[path = "../../crates/service/src/markdown/clean.rs"]
mod clean;
#[path = "../../crates/service/src/markdown/words.rs"]
mod words;
#[path = "../../crates/service/src/markdown/write.rs"]
mod write;

use libfuzzer_sys::fuzz_target;

const EMPTY: [&str; 3] = ["br", "hr", "input"];
const ELEMENTS: &str =
    " a blockquote br code del div em h3 h4 h5 h6 hr input li ol p pre span strong table tbody td th thead tr ul ";

fn is_listed(element: &str, attribute: &str, value: &str) -> bool {
    match (element, attribute) {
        ("a", "href") => {
            let value = value.to_lowercase();
            ["http:", "https:", "mailto:"].iter().any(|start| value.starts_with(start))
                || (value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\"))
        }
        ("a", "rel") => value == clean::REL,
        ("div", "class" | "role" | "aria-label" | "tabindex") => {
            matches!(value, "table-wrap" | "group" | "Table" | "0")
        }
        ("th" | "td", "data-align") => matches!(value, "center" | "right"),
        ("ol", "start") | ("input", "data-at") => value.bytes().all(|b| b.is_ascii_digit()),
        ("span", "class") => value == "mention",
        ("span", "data-person") => value.parse::<model::PersonId>().is_ok(),
        ("input", "type") => value == "checkbox",
        ("input", "disabled" | "checked" | "aria-label") => true,
        _ => false,
    }
}

/// Panics unless every element is of the list and closed, with attributes of the list.
fn check(html: &str) {
    let (mut open, mut rest) = (Vec::new(), html);
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a loose > in {html}");
        let (tag, after) = rest[at + 1..].split_once('>').expect("every tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {html}");
            continue;
        }
        let (name, mut left) = tag.split_once(' ').unwrap_or((tag, ""));
        while let Some((attribute, value)) = left.trim_start().split_once("=\"") {
            let (value, next) = value.split_once('"').expect("every value ends");
            assert!(is_listed(name, attribute, value), "<{name} {attribute}={value:?}> in {html}");
            left = next;
        }
        assert!(left.is_empty() && ELEMENTS.contains(&format!(" {name} ")), "<{tag}> in {html}");
        if !EMPTY.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty() && !rest.contains('>'), "{open:?} in {html}");
}

fuzz_target!(|text: &str| {
    // No text of ours holds other control characters.
    if model::Body::try_from(text).is_err() {
        return;
    }
    let html = write::html(text, "MUS");
    assert!(html.len() < 4 * write::MOST_BYTES);
    let cleaned = clean::cleaned(&html);
    check(&cleaned);
    assert_eq!(clean::cleaned(&cleaned), cleaned, "the second look changes what it has let through");
    assert!(write::in_short(text, 120).chars().count() <= 8 * 120);
    for (at, _) in text.match_indices("[ ]").take(4) {
        let _ = model::tick::turned(text, at);
    }
    let _ = model::mentions(text);
});
