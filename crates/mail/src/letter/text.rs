//! A letter as plain text: for those who read mail so, and for programs that judge mail by whether it has one.
//!
//! Lines are at most 72 characters long (RFC 5322 asks for 78, and answers indent them); only a link is never broken.

use super::{Brand, Letter, Part, Row};

const WIDTH: usize = 72;
pub(super) const PREFERENCES: &str = "Change what is sent to you";
pub(super) const UNSUBSCRIBE: &str = "Unsubscribe";

pub(super) fn render(letter: &Letter, brand: &Brand) -> String {
    let mut blocks = vec![headed(&letter.heading, '=')];
    blocks.extend(letter.greeting.as_deref().map(|text| wrap(text, "", "")));
    blocks.extend(letter.parts.iter().map(part));
    // What follows these two dashes and their space is a signature, which mail programs leave out of answers (RFC 3676, 4.3).
    let mut foot = vec!["-- ".to_owned()];
    if !letter.why.is_empty() {
        foot.push(wrap(&letter.why, "", ""));
    }
    let links = [(PREFERENCES, &letter.preferences), (UNSUBSCRIBE, &letter.unsubscribe)];
    foot.extend(links.into_iter().filter_map(|(label, link)| link.as_ref().map(|link| format!("{label}:\n{link}"))));
    foot.push(format!("{}: {}", brand.name, brand.home));
    blocks.push(foot.join("\n"));
    blocks.join("\n\n") + "\n"
}

fn part(part: &Part) -> String {
    match part {
        Part::Paragraph(text) | Part::Note(text) => wrap(text, "", ""),
        Part::Verbatim(text) => text.trim_end_matches('\n').to_owned(),
        Part::Quote { who, text } => format!("{}\n{}", wrap(&format!("{who}:"), "", ""), wrap(text, "> ", "> ")),
        Part::Button { label, link } => format!("{}\n{link}", wrap(&format!("{label}:"), "", "")),
        Part::Facts(facts) => {
            let lines = facts.iter().map(|fact| wrap(&format!("{}: {}", fact.name, fact.value), "", "  "));
            lines.collect::<Vec<_>>().join("\n")
        }
        Part::Section { heading, rows } => {
            let rows = rows.iter().map(row).collect::<Vec<_>>().join("\n");
            if heading.is_empty() { rows } else { format!("{}\n{rows}", headed(heading, '-')) }
        }
    }
}

fn row(row: &Row) -> String {
    let mut lines = vec![wrap(&row.title, "* ", "  ")];
    if !row.meta.is_empty() {
        lines.push(wrap(&row.meta, "  ", "  "));
    }
    lines.extend(row.link.as_ref().map(|link| format!("  {link}")));
    lines.join("\n")
}

/// A text with a line below it.
fn headed(text: &str, line: char) -> String {
    let text = wrap(text, "", "");
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    format!("{text}\n{}", line.to_string().repeat(width))
}

/// A text in lines of at most [`WIDTH`] characters; `first` stands before its first line, `other` before the others. Line ends
/// are kept. A word that is longer than a line stands alone.
fn wrap(text: &str, first: &str, other: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let begin = |lines: &Vec<String>| if lines.is_empty() { first.to_owned() } else { other.to_owned() };
        let mut line = begin(&lines);
        let mut is_empty = true;
        for word in paragraph.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
                line = begin(&lines);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_a_program_stay_as_they_are() {
        let long = format!("\u{2014} muster/0123456789abcdef {}", "A".repeat(92));
        let text = part(&Part::Verbatim(format!("muster/0123456789abcdef/1\n9\n\n{long}\n")));
        assert_eq!(text, format!("muster/0123456789abcdef/1\n9\n\n{long}"));
    }

    #[test]
    fn lines_are_short_and_nothing_is_lost() {
        let long = "word ".repeat(40);
        let wrapped = wrap(&long, "* ", "  ");
        assert!(wrapped.lines().all(|line| line.chars().count() <= WIDTH), "{wrapped}");
        assert!(wrapped.starts_with("* word") && wrapped.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(wrapped.matches("word").count(), 40);
        assert_eq!(wrap("a\n\nb", "> ", "> "), "> a\n>\n> b");
        let link = format!("see https://example.org/{}", "x".repeat(100));
        assert_eq!(wrap(&link, "", "").lines().nth(1), link.split(' ').nth(1));
    }
}
