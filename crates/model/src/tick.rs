//! Boxes of lists of what is to be done, `- [ ]` in a text: ticked in place, and painted before the server has rendered it.
//!
//! Must not know: Markdown. Where boxes are is said by the server, in the HTML of the text: each has the place of its
//! bracket in the text, in bytes.

/// What stands before the place of a box in HTML. No text begins so: there, `<` is written otherwise.
pub const BOX: &str = "<input type=\"checkbox\" disabled=\"\" data-at=\"";
const CHECKED: &str = " checked=\"\"";

/// Whether the box at this place is ticked; nothing when there is none.
fn is_ticked(text: &str, at: usize) -> Option<bool> {
    match text.as_bytes().get(at..at.checked_add(3)?)? {
        b"[ ]" => Some(false),
        b"[x]" | b"[X]" => Some(true),
        _ => None,
    }
}

/// The text with the box at this place ticked, or not any more. Nothing when there is no box.
#[must_use]
pub fn turned(text: &str, at: usize) -> Option<String> {
    let mark = if is_ticked(text, at)? { " " } else { "x" };
    Some([&text[..=at], mark, &text[at + 2..]].concat())
}

/// The HTML of a text when nothing but boxes has changed since `before`, of which it is. Nothing for all other changes.
#[must_use]
pub fn repainted(html: &str, before: &str, now: &str) -> Option<String> {
    let mut html = html.to_owned();
    if before.len() != now.len() {
        return None;
    }
    for (at, _) in before.bytes().zip(now.bytes()).enumerate().filter(|(_, (was, is))| was != is) {
        let at = at.checked_sub(1)?;
        let (was, is) = (is_ticked(before, at)?, is_ticked(now, at)?);
        let place = [BOX, &at.to_string(), "\""].concat();
        let end = html.find(&place)? + place.len();
        if was && !is {
            html.get(end..)?.strip_prefix(CHECKED)?;
            html.replace_range(end..end + CHECKED.len(), "");
        } else if is && !was {
            html.insert_str(end, CHECKED);
        }
    }
    Some(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_ticked_and_unticked_where_it_stands_and_nowhere_else() {
        let text = "ä\n- [ ] one\n- [X] two";
        assert_eq!(turned(text, 5).as_deref(), Some("ä\n- [x] one\n- [X] two"));
        assert_eq!(turned(text, 15).as_deref(), Some("ä\n- [ ] one\n- [ ] two"));
        for at in [0, 1, 4, 6, 21, 23, usize::MAX] {
            assert_eq!(turned(text, at), None, "{at}");
        }
    }

    #[test]
    fn html_follows_boxes_and_nothing_else() {
        let (none, one) = ("- [ ] a\n- [ ] b", "- [ ] a\n- [x] b");
        let html = |checked: &str| format!("{BOX}2\"> a {BOX}10\"{checked}> b");
        assert_eq!(repainted(&html(""), none, one), Some(html(CHECKED)));
        assert_eq!(repainted(&html(CHECKED), one, none), Some(html("")));
        assert_eq!(repainted(&html(CHECKED), one, one), Some(html(CHECKED)));
        assert_eq!(repainted(&html(""), none, "- [ ] a\n- [ ] c"), None);
        assert_eq!(repainted(&html(""), none, "- [ ] a"), None);
        assert_eq!(repainted("without boxes", none, one), None);
    }
}
