//! Finding a text by a few words of it, as one types them: in any order, from anywhere in a word, small or capital.
//!
//! Must not know: what the texts are.

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<Vec<char>>);

fn small(c: char) -> char {
    // A letter that has two small ones is found by its first.
    c.to_lowercase().next().unwrap_or(c)
}

fn folded(text: &str) -> Vec<char> {
    text.chars().map(small).collect()
}

/// Where a word is: at the beginning of one if it is there at all, else in the middle.
fn place_of(word: &[char], text: &[char]) -> Option<usize> {
    let mut inside = None;
    for (place, window) in text.windows(word.len()).enumerate() {
        if window == word {
            if place == 0 || !text[place - 1].is_alphanumeric() {
                return Some(place);
            }
            inside = inside.or(Some(place));
        }
    }
    inside
}

impl Wanted {
    /// The words of what was typed.
    pub(crate) fn read(typed: &str) -> Self {
        Self(typed.split_whitespace().map(folded).collect())
    }

    /// Whether anything fits.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all words are in a text: 1 if each begins a word there, 2 if not. Nothing if one is not there.
    pub(crate) fn fits(&self, text: &str) -> Option<usize> {
        let text = folded(text);
        let mut rank = 1;
        for word in &self.0 {
            let place = place_of(word, &text)?;
            if place > 0 && text[place - 1].is_alphanumeric() {
                rank = 2;
            }
        }
        Some(rank)
    }
}

/// A text in pieces, each with whether it is what was looked for.
pub(crate) fn marked(text: &str, wanted: &Wanted) -> Vec<(String, bool)> {
    let small = folded(text);
    let mut is_marked = vec![false; small.len()];
    for word in &wanted.0 {
        if let Some(place) = place_of(word, &small) {
            is_marked[place..place + word.len()].fill(true);
        }
    }
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (c, is_marked) in text.chars().zip(is_marked) {
        match pieces.last_mut() {
            Some((piece, was_marked)) if *was_marked == is_marked => piece.push(c),
            _ => pieces.push((c.to_string(), is_marked)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_are_found_in_any_order_and_the_beginning_of_a_word_counts_more() {
        for (typed, text, rank) in [
            ("dock", "Charging dock handshake", Some(1)),
            ("hand DOCK", "Charging dock handshake", Some(1)),
            ("shake", "Charging dock handshake", Some(2)),
            ("dock x", "Charging dock handshake", None),
            ("ärger", "Kein ÄRGER mehr", Some(1)),
            ("pairing", "Film the dock-pairing clip", Some(1)),
            ("", "Anything", Some(1)),
        ] {
            assert_eq!(Wanted::read(typed).fits(text), rank, "{typed} in {text}");
        }
    }

    #[test]
    fn what_was_looked_for_is_marked_in_the_letters_of_the_text() {
        let pieces = marked("Retry Docking twice", &Wanted::read("dock tw"));
        let told: Vec<(&str, bool)> = pieces.iter().map(|(piece, on)| (piece.as_str(), *on)).collect();
        assert_eq!(told, [("Retry ", false), ("Dock", true), ("ing ", false), ("tw", true), ("ice", false)]);
    }
}
