//! Words of a text as HTML: escaped, with people, tasks and addresses in them.
//!
//! People are masked before Markdown is read, since an id may hold what means something there. A mask is as long as what it
//! stands for, so that places in the text stay what they are.

use model::{PersonId, Piece, pieces};
use std::fmt::Write as _;

use super::clean::REL;

/// Begins and ends a mask. Texts hold no control characters but line breaks and tabs.
const MASK: char = '\u{1}';
/// `@[`, an id and `]`, without the two marks.
const DIGITS: usize = 23;

/// A text without mentions, and whom they mean.
pub(super) struct Masked {
    pub(super) text: String,
    people: Vec<PersonId>,
    /// What the numbers of tasks begin with, such as `MUS-`.
    prefix: String,
}

/// What may be found in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Find {
    /// People, tasks and addresses.
    All,
    /// People alone: inside a link, and in code.
    People,
}

impl Masked {
    pub(super) fn new(text: &str, key: &str) -> Self {
        let (mut masked, mut people) = (String::with_capacity(text.len()), Vec::new());
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => masked.extend(text.chars().map(|c| if c == MASK { ' ' } else { c })),
                Piece::Person(id) => {
                    // Writing to a String cannot fail.
                    let _ = write!(masked, "{MASK}{:0DIGITS$}{MASK}", people.len());
                    people.push(id);
                }
            }
        }
        Self { text: masked, people, prefix: if key.is_empty() { String::new() } else { format!("{key}-") } }
    }

    /// Whom the mask at the beginning of a text stands for, and what follows it.
    fn person<'t>(&self, text: &'t str) -> Option<(PersonId, &'t str)> {
        let rest = text.strip_prefix(MASK)?;
        let (number, rest) = (rest.get(..DIGITS)?, rest.get(DIGITS..)?.strip_prefix(MASK)?);
        Some((*self.people.get(number.parse::<usize>().ok()?)?, rest))
    }

    /// The number of the task that is named at the beginning of a text, and what follows it.
    fn task<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let rest = text.strip_prefix(self.prefix.as_str()).filter(|_| !self.prefix.is_empty())?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, rest) = rest.split_at(end);
        let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            || rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        ((1..10).contains(&number.len()) && !number.starts_with('0') && !goes_on).then_some((number, rest))
    }

    /// A text as it was before people were masked.
    pub(super) fn unmasked(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(MASK) {
            out += &rest[..at];
            rest = &rest[at..];
            if let Some((person, after)) = self.person(rest) {
                let _ = write!(out, "@[{person}]");
                rest = after;
            } else {
                rest = &rest[MASK.len_utf8()..];
            }
        }
        out + rest
    }

    /// The beginning of a text, with its mentions as they are written; none is cut in two. A mention counts as a name.
    pub(super) fn cut(&self, text: &str, most: usize) -> String {
        const NAME: usize = 15;
        let (mut out, mut rest, mut left) = (String::new(), text, most);
        while let Some(c) = rest.chars().next() {
            if left == 0 {
                out.push('…');
                break;
            }
            if let Some((person, after)) = self.person(rest) {
                let _ = write!(out, "@[{person}]");
                (rest, left) = (after, left.saturating_sub(NAME));
            } else {
                if c != MASK {
                    out.push(c);
                }
                (rest, left) = (&rest[c.len_utf8()..], left - 1);
            }
        }
        out
    }

    /// Writes words. A line break is one, as in what people type.
    pub(super) fn write(&self, out: &mut String, words: &str, find: Find) {
        let (mut rest, mut before) = (words, ' ');
        while let Some(c) = rest.chars().next() {
            if c == MASK
                && let Some((person, after)) = self.person(rest)
            {
                let _ = write!(out, "<span class=\"mention\" data-person=\"{person}\">@</span>");
                (rest, before) = (after, 'x');
                continue;
            }
            if find == Find::All && !(before.is_alphanumeric() || matches!(before, '_' | '-' | '/' | '.')) {
                if let Some((number, after)) = self.task(rest) {
                    let key = self.prefix.trim_end_matches('-');
                    let _ = write!(out, "<a href=\"/p/{key}/{number}\">{key}-{number}</a>");
                    (rest, before) = (after, 'x');
                    continue;
                }
                if let Some(address) = address(rest) {
                    out.push_str("<a href=\"");
                    escape(out, address);
                    let _ = write!(out, "\" rel=\"{REL}\">");
                    escape(out, address);
                    out.push_str("</a>");
                    (rest, before) = (&rest[address.len()..], 'x');
                    continue;
                }
            }
            match c {
                '\n' => out.push_str("<br>"),
                c => escape_one(out, c),
            }
            (rest, before) = (&rest[c.len_utf8()..], c);
        }
    }

    /// Writes code, whose line breaks stay.
    pub(super) fn write_code(&self, out: &mut String, code: &str) {
        for (n, line) in code.split('\n').enumerate() {
            if n > 0 {
                out.push('\n');
            }
            self.write(out, line, Find::People);
        }
    }

    /// Words without people, for a label.
    pub(super) fn label(&self, words: &str) -> String {
        let (mut out, mut rest) = (String::new(), words);
        while let Some(c) = rest.chars().next() {
            if let Some((_, after)) = self.person(rest) {
                rest = after;
                continue;
            }
            // A mask that was cut off.
            if c == MASK {
                break;
            }
            escape_one(&mut out, if c.is_whitespace() { ' ' } else { c });
            rest = &rest[c.len_utf8()..];
        }
        out
    }
}

/// The address at the beginning of a text, without what rather belongs to the sentence around it.
fn address(text: &str) -> Option<&str> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    if !host.starts_with(char::is_alphanumeric) {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || c == '<').unwrap_or(text.len());
    let mut address = &text[..end];
    // Counted once: a text of nothing but brackets is as long as any.
    let n_open = address.matches('(').count();
    let mut n_close = address.matches(')').count();
    loop {
        if address.ends_with(|c: char| "?!.,:;*_~'\"]}".contains(c)) {
            address = &address[..address.len() - 1];
        } else if address.ends_with(')') && n_close > n_open {
            address = &address[..address.len() - 1];
            n_close -= 1;
        } else {
            return Some(address);
        }
    }
}

/// Writes a text, in the form in which HTML is written out everywhere.
pub(super) fn escape(out: &mut String, text: &str) {
    text.chars().for_each(|c| escape_one(out, c));
}

fn escape_one(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        c if c.is_control() && c != '\t' => {}
        c => out.push(c),
    }
}

/// Makes a text that was escaped fit between quotation marks.
pub(super) fn quoted(escaped: &str) -> String {
    escaped.replace('"', "&quot;")
}
