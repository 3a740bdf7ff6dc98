//! Mentions as people read and type them: by name. The text itself holds ids, see `model::pieces`.
//!
//! Must not know: what the text is of.

use leptos::prelude::*;
use model::{PersonId, Piece, pieces};

use crate::{
    data::{Client, boards::LiveBoard, client},
    live::{live, part},
};

/// A text as it is read, with the names of who is meant.
pub(crate) fn said(text: &str) -> AnyView {
    let people = client().people;
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned().into_any(),
        Piece::Person(id) => {
            let people = people.clone();
            part! { <span class="mention">"@" {live(move || people.name(id))}</span> }
        }
    };
    pieces(text).map(piece).collect_view().into_any()
}

/// The members by name. Two of one name are left out: a name would not say who of them is meant.
pub(crate) fn named(client: &Client, board: &LiveBoard) -> Vec<(String, PersonId)> {
    untrack(|| {
        let all = client.people.by_name(board.members().into_iter().map(|(id, _)| id));
        let is_alone = |name: &String| all.iter().filter(|(other, _)| other == name).count() == 1;
        all.iter().filter(|(name, _)| is_alone(name)).cloned().collect()
    })
}

/// A text as it is typed: names instead of ids.
pub(crate) fn typed(text: &str, named: &[(String, PersonId)]) -> String {
    let mut typed = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => typed += text,
            Piece::Person(id) => match named.iter().find(|(_, other)| *other == id) {
                Some((name, _)) => {
                    typed.push('@');
                    typed += name;
                }
                None => typed += &written(id),
            },
        }
    }
    typed
}

fn written(id: PersonId) -> String {
    "@[".to_owned() + &id.to_string() + "]"
}

/// A text as it is kept: ids instead of names. They are in order, and so of two names that begin alike the longer one is
/// looked for first.
pub(crate) fn meant(typed: String, named: &[(String, PersonId)]) -> String {
    named.iter().rev().fold(typed, |text, (name, id)| {
        let (mut rest, mut meant) = (text.as_str(), String::new());
        while let Some((before, after)) = rest.split_once('@') {
            let begins = !before.ends_with(char::is_alphanumeric);
            let ends = |rest: &&str| !rest.starts_with(char::is_alphanumeric);
            meant += before;
            rest = after;
            match after.strip_prefix(name.as_str()).filter(ends).filter(|_| begins) {
                Some(behind) => {
                    meant += &written(*id);
                    rest = behind;
                }
                None => meant.push('@'),
            }
        }
        meant + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, new_id};

    #[test]
    fn a_text_comes_back_as_it_was_after_it_was_typed_by_name() {
        let [ana, petrovic, gone]: [PersonId; 3] = [1, 2, 3].map(|n| new_id(Instant::from_ms(n), [7; 10]));
        let named = [("Ana".to_owned(), ana), ("Ana Petrović".to_owned(), petrovic)];
        let kept = format!("@[{ana}], @[{petrovic}] and @[{gone}]: mail x@Ana.example, @Anabel @");
        let seen = typed(&kept, &named);
        assert_eq!(seen, format!("@Ana, @Ana Petrović and @[{gone}]: mail x@Ana.example, @Anabel @"));
        assert_eq!(meant(seen, &named), kept);
    }
}
