//! How letters look, compared with reviewed files in `letters/`. `UPDATE_LETTERS=1` writes them anew; look at them in a browser.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mail::Letter;
use std::{fs, path::PathBuf};
use support::letters::{all, brand, home, hostile};

#[track_caller]
fn assert_reviewed(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/letters").join(name);
    if std::env::var_os("UPDATE_LETTERS").is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{name} is not as reviewed; run with UPDATE_LETTERS=1 and look at the difference");
}

#[test]
fn letters_look_as_they_were_reviewed() {
    for (name, letter) in all() {
        let content = letter.render(&brand());
        assert_reviewed(&format!("{name}.html"), &content.html);
        assert_reviewed(&format!("{name}.txt"), &content.text);
    }
}

/// The start tags of a document, without those in comments.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut left = html;
    while let Some(at) = left.find('<') {
        left = &left[at..];
        if let Some(comment) = left.strip_prefix("<!--") {
            left = comment.split_once("-->").unwrap().1;
            continue;
        }
        let end = left.find('>').unwrap();
        tags.push(&left[..=end]);
        left = &left[end..];
    }
    tags
}

#[test]
fn no_text_becomes_markup() {
    let html = hostile().render(&brand()).html;
    for tag in tags(&html) {
        let name = tag.trim_start_matches(['<', '/']).split([' ', '>']).next().unwrap();
        let known = [
            "!doctype", "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "h1", "h2", "p",
            "a", "br", "span",
        ];
        assert!(known.contains(&name), "{tag}");
        for attribute in ["onclick", "onerror", "src="] {
            assert!(!tag.to_lowercase().contains(&format!(" {attribute}")), "{tag}");
        }
    }
    assert!(!html.contains(['\0', '\u{1b}']));
}

#[test]
fn nothing_is_fetched_from_outside() {
    for (name, letter) in all() {
        let html = letter.render(&brand()).html;
        for tag in tags(&html) {
            assert!(!tag.starts_with("<img") && !tag.starts_with("<link") && !tag.contains(" src="), "{name}: {tag}");
        }
        assert!(!html.contains("url(") && !html.contains("@import") && !html.contains("@font-face"), "{name}");
    }
}

#[test]
fn both_forms_have_the_same_links() {
    for (name, letter) in all() {
        let content = letter.render(&brand());
        let unescaped = content.html.replace("&amp;", "&").replace("&quot;", "\"").replace("&#39;", "'");
        let of_html = tags(&unescaped).into_iter().filter(|tag| tag.starts_with("<a "));
        for link in of_html.filter_map(|tag| tag.split("href=\"").nth(1)?.split('"').next()) {
            assert!(content.text.contains(link), "{name}: {link} is not in the text");
        }
    }
}

#[test]
fn lines_of_text_are_short_but_for_links() {
    for (name, letter) in all() {
        for line in letter.render(&brand()).text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 72, "{name}: {line}");
        }
    }
}

#[test]
fn what_is_empty_is_left_out() {
    let content = Letter::new("Hello", "Hello").facts([]).section("Overdue", []).render(&brand());
    assert_eq!(content.text, "Hello\n=====\n\n-- \nMuster: https://tasks.example.org\n");
    assert!(!content.html.contains("Overdue") && !content.html.contains("display:none"));
    assert_eq!(home().host(), "tasks.example.org");
}
