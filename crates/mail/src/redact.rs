//! What a mail server says, without the people in it: replies go to logs and to the lists of jobs.

use crate::Address;

/// The most of a reply that is kept, in characters.
const LONGEST: usize = 300;

/// A reply on one line. Whatever holds an `@` becomes `[address]`, whatever holds a link `[link]`, and what is before the `@` of
/// the recipient's address, or a part of their name, `[name]`.
pub(crate) fn reply(text: &str, to: &Address) -> String {
    let names: Vec<String> = [Some(to.local()), to.name()]
        .into_iter()
        .flatten()
        .flat_map(|name| name.split_whitespace().chain([name]))
        .map(str::to_lowercase)
        .collect();
    let words: Vec<String> = text.split_whitespace().map(|word| without_people(word, &names)).collect();
    crate::clean::one_line(&words.join(" "), LONGEST)
}

fn without_people(word: &str, names: &[String]) -> String {
    let core = word.trim_matches(|c: char| !c.is_alphanumeric());
    let (start, end) = match word.find(core) {
        Some(at) if !core.is_empty() => (at, at + core.len()),
        _ => return word.to_owned(),
    };
    let instead = if core.contains("://") {
        "[link]"
    } else if word.contains('@') {
        "[address]"
    } else if names.contains(&core.to_lowercase()) {
        "[name]"
    } else {
        return word.to_owned();
    };
    // A long address in brackets may have been cut; the punctuation around it is kept if it is only that.
    let is_around = |text: &str| text.chars().all(|c| c.is_ascii_punctuation() && c != '@');
    let (before, behind) = (&word[..start], &word[end..]);
    let keep = |text: &str| if is_around(text) { text.to_owned() } else { String::new() };
    format!("{}{instead}{}", keep(before), keep(behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_keeps_its_reason_and_loses_the_people() {
        let to = Address::new("Bo Åkerlund", "bo.akerlund@example.org").unwrap();
        for (said, told) in [
            ("5.1.1 <bo.akerlund@example.org>: user unknown", "5.1.1 <[address]>: user unknown"),
            ("No such user bo.akerlund here", "No such user [name] here"),
            ("Mailbox of ÅKERLUND, full", "Mailbox of [name], full"),
            ("blocked, see https://rbl.example/?q=bo@example.org", "blocked, see [link]"),
            ("rejected (BO.AKERLUND@EXAMPLE.ORG)", "rejected ([address])"),
            ("4.7.1 Greylisted,\r\n try again in 60 s", "4.7.1 Greylisted, try again in 60 s"),
            ("", ""),
        ] {
            assert_eq!(reply(said, &to), told, "{said:?}");
        }
        assert!(reply(&"long ".repeat(200), &to).chars().count() <= LONGEST);
    }
}
