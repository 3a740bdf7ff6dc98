//! How a text becomes words.
//!
//! Both engines get the same words and split nothing by themselves, so that they find the same.

use model::{Piece, pieces};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Longer words are cut: they are seldom words.
const LONGEST: usize = 64;
/// The most different words of one text.
const MOST: usize = 10_000;

/// The form in which two characters that look alike to a reader are the same: compatible ones in one form (NFKC), without
/// marks, without capitals.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).nfc();
    // To capitals and back: `ß` and `SS` are then the same, and so are all three forms of sigma.
    plain.flat_map(char::to_uppercase).flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c))
}

/// The words of a text, each once, with one space between them: letters and digits, and numbers of tasks such as `mus-42` as
/// one. People who are mentioned are left out: an id is not a word, and no name is known here.
pub(crate) fn terms(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for piece in pieces(text) {
        let Piece::Text(text) = piece else { continue };
        for word in words_of(text) {
            words.push(word);
        }
    }
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words.truncate(MOST);
    words.join(" ")
}

fn words_of(text: &str) -> Vec<String> {
    let folded: Vec<char> = folded(text).collect();
    let mut words = Vec::new();
    for run in folded.split(|c| !c.is_alphanumeric() && *c != '-') {
        let run: String = run.iter().collect();
        if is_number_of_task(&run) {
            words.push(run);
        } else {
            let parts = run.split('-').filter(|part| !part.is_empty());
            words.extend(parts.map(|part| part.chars().take(LONGEST).collect::<String>()));
        }
    }
    words
}

/// Such as `mus-42`: a key of two to six letters or digits, the first a letter, and a number.
fn is_number_of_task(run: &str) -> bool {
    run.split_once('-').is_some_and(|(key, number)| {
        (2..=6).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric())
            && key.as_bytes()[0].is_ascii_alphabetic()
            && (1..=9).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A part of a text around the first word that begins with one of these terms, on one line.
pub(crate) fn around(text: &str, terms: &str) -> String {
    /// Characters before the word, and in all.
    const BEFORE: usize = 40;
    const LENGTH: usize = 160;
    let plain: String = pieces(text).map(|piece| if let Piece::Text(text) = piece { text } else { "@…" }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let fits = |word: &str| words_of(word).iter().any(|w| terms.split(' ').any(|term| w.starts_with(term)));
    let found = words.iter().position(|word| fits(word)).unwrap_or(0);
    let (mut from, mut length) = (found, 0);
    while from > 0 && length + words[from - 1].chars().count() < BEFORE {
        from -= 1;
        length += words[from].chars().count() + 1;
    }
    let mut excerpt = String::from(if from > 0 { "… " } else { "" });
    let rest = words[from..].join(" ");
    excerpt.extend(rest.chars().take(LENGTH));
    if rest.chars().count() > LENGTH {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_the_same_word() {
        for (text, words) in [
            ("Torque sensor drifts", "torque sensor drifts"),
            ("STRASSE Straße strasse", "strasse"),
            ("Petrović, cafe\u{301} naïve ﬁne", "petrovic cafe naive fine"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ"),
            ("İstanbul ISTANBUL", "istanbul"),
            ("Ｆｕｌｌ ① ½", "full 1 1 2"),
            ("한국어 テスト 中文", "한국어 テスト 中文"),
            ("see MUS-42, mus-42. not x-42 or MUS-42x", "see mus-42 not x 42 or mus 42x"),
            ("don't re-read 40 °C a_b", "don t re read 40 c a b"),
            ("  \n\t!? ", ""),
            ("a\u{0}b '; DROP \"x\"", "a b drop x"),
        ] {
            let words = words.split(' ').fold(Vec::new(), |mut all: Vec<&str>, w| {
                if !all.contains(&w) {
                    all.push(w);
                }
                all
            });
            assert_eq!(terms(text), words.join(" "), "{text:?}");
        }
    }

    #[test]
    fn a_person_who_is_mentioned_is_not_a_word() {
        assert_eq!(terms("Ask @[AZrT_qwBcAAAAAAAAAAAAA] now"), "ask now");
    }

    #[test]
    fn an_excerpt_shows_the_word() {
        let text = format!("{} the adhesive fails {}", "word ".repeat(50), "more ".repeat(50));
        let excerpt = around(&text, "adhes");
        assert!(excerpt.starts_with("… ") && excerpt.contains("the adhesive fails") && excerpt.ends_with('…'));
        assert_eq!(around("Short\ntext", "nothing"), "Short text");
        assert_eq!(around("", "x"), "");
    }
}
