//! Texts on their way into a header: one line, no control characters, not longer than a header may be.
//!
//! The encoding itself (RFC 2047) is the library's. This is what it leaves to its caller.

/// A text as a header's value, at most `most` characters.
///
/// Line ends and control characters become spaces, so that no text can begin a header of its own (RFC 5322, section 2.2). Also
/// `=?`, which would begin an encoded word (RFC 2047) that nobody meant, is taken apart.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let spaced: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?");
    match joined.char_indices().nth(most) {
        None => joined,
        // The place of the sign that says that something is missing.
        Some(_) => joined.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Also the separators that Unicode has beside the control characters: some programs end a line at them.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_without_control_characters() {
        for (text, expected) in [
            ("Paint the fence", "Paint the fence"),
            ("a\r\nBcc: eve@example.org", "a Bcc: eve@example.org"),
            ("a\rb\nc\u{85}d\u{2028}e\0f\u{7f}g", "a b c d e f g"),
            ("  a \t b  ", "a b"),
            ("=?utf-8?q?=0ABcc:?=", "= ?utf-8?q?=0ABcc:?="),
        ] {
            assert_eq!(one_line(text, 100), expected, "{text:?}");
        }
        assert_eq!(one_line("äöüäöü", 4), "äöü…");
        assert_eq!(one_line("äöüä", 4), "äöüä");
    }
}
