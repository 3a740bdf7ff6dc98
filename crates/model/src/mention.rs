//! Mentions: a person in a text, written as `@[` their id `]`.
//!
//! The text itself says who is meant, so that no list beside it can disagree with it, page and server find the same, and
//! neither the feed nor the text holds a name: a person may change theirs, or be erased. Pages show the name.

use crate::{id::PersonId, people::set_in};

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// A person is meant.
    Person(PersonId),
}

const BEGIN: &str = "@[";
/// Bytes of an id.
const ID: usize = 22;

/// The text in pieces, in order. What looks like a mention and holds no id is plain text.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let (mut rest, mut waiting) = (text, None);
    std::iter::from_fn(move || {
        if let Some(person) = waiting.take() {
            return Some(Piece::Person(person));
        }
        let mut from = 0;
        while let Some(at) = rest[from..].find(BEGIN).map(|at| from + at) {
            let begin = at + BEGIN.len();
            let id = rest.get(begin..begin + ID).and_then(|id| id.parse().ok());
            if let Some(person) = id
                && rest[begin + ID..].starts_with(']')
            {
                let before = &rest[..at];
                rest = &rest[begin + ID + 1..];
                if before.is_empty() {
                    return Some(Piece::Person(person));
                }
                waiting = Some(person);
                return Some(Piece::Text(before));
            }
            from = begin;
        }
        let last = std::mem::take(&mut rest);
        (!last.is_empty()).then_some(Piece::Text(last))
    })
}

/// Who is meant in a text, each once, sorted by id.
#[must_use]
pub fn mentions(text: &str) -> Vec<PersonId> {
    let mut people = Vec::new();
    for piece in pieces(text) {
        if let Piece::Person(person) = piece {
            set_in(&mut people, person, true);
        }
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::new_id, when::Instant};

    #[test]
    fn who_is_meant_is_found_between_the_words() {
        let [ana, elif]: [PersonId; 2] = [1, 2].map(|n| new_id(Instant::from_ms(n), [7; 10]));
        let text = format!("@[{elif}]@[{ana}] ä @[nobody] @[{ana}] @[{elif} @[");
        let found: Vec<Piece<'_>> = pieces(&text).collect();
        let rest = format!(" @[{elif} @[");
        let expected = [
            Piece::Person(elif),
            Piece::Person(ana),
            Piece::Text(" ä @[nobody] "),
            Piece::Person(ana),
            Piece::Text(&rest),
        ];
        assert_eq!(found, expected);
        assert_eq!(mentions(&text), [ana, elif]);
    }

    #[test]
    fn a_text_without_mentions_is_one_piece_and_an_empty_one_none() {
        for text in ["a@b.example [x]", "@[", "@[日本語日本語日本語日本語]"] {
            assert_eq!(pieces(text).collect::<Vec<_>>(), [Piece::Text(text)]);
        }
        assert_eq!(pieces("").count(), 0);
    }
}
