//! Markup as text, on the server.

use leptos::{
    prelude::RenderHtml,
    tachys::view::{Position, RenderFlags},
};

use super::{Slot, steps};

/// Elements that have neither content nor an end tag (HTML Living Standard, 13.1.2).
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Writes markup, with the marks between texts by which a page finds them again.
pub(super) fn write(
    shape: &'static str,
    slots: Vec<Slot>,
    buf: &mut String,
    position: &mut Position,
    flags: RenderFlags,
) {
    let mut slots = slots.into_iter();
    let mut open = Vec::new();
    let mut in_tag = false;
    for (kind, text) in steps(shape) {
        // The tag ends where its content begins.
        if in_tag && matches!(kind, '\u{1}' | '\u{7}' | '\u{8}' | '\u{b}' | '\u{c}') {
            buf.push('>');
            in_tag = false;
            *position = Position::FirstChild;
        }
        match kind {
            '\u{1}' => {
                buf.push('<');
                buf.push_str(text);
                open.push(text);
                in_tag = true;
            }
            '\u{2}' => {
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                attribute(buf, name, Some(value));
            }
            '\u{8}' => text.to_html_with_buf(buf, position, flags, Vec::new()),
            '\u{c}' => {
                if let Some(name) = open.pop().filter(|name| !VOID.contains(name)) {
                    buf.push_str("</");
                    buf.push_str(name);
                    buf.push('>');
                }
                *position = Position::NextChild;
            }
            _ => match (kind, slots.next()) {
                ('\u{3}', Some(Slot::Value(value))) => attribute(buf, text, value.now().as_deref()),
                // What a property says that is an attribute too is seen before the page lives.
                ('\u{7}', Some(Slot::Value(value))) => buf.push_str(value.now().as_deref().unwrap_or_default()),
                ('\u{b}', Some(Slot::Text(text))) => {
                    text.into_owned().to_html_with_buf(buf, position, flags, Vec::new());
                }
                ('\u{b}', Some(Slot::View(view))) => view.to_html_with_buf(buf, position, flags, Vec::new()),
                _ => {}
            },
        }
    }
}

fn attribute(buf: &mut String, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    buf.push(' ');
    buf.push_str(name);
    if value.is_empty() {
        return;
    }
    buf.push_str("=\"");
    for c in value.chars() {
        match c {
            '"' => buf.push_str("&quot;"),
            '&' => buf.push_str("&amp;"),
            '<' => buf.push_str("&lt;"),
            '>' => buf.push_str("&gt;"),
            _ => buf.push(c),
        }
    }
    buf.push('"');
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::markup::part;
    use leptos::prelude::*;

    fn written(view: AnyView) -> String {
        view.to_html()
    }

    #[test]
    fn markup_is_written_as_it_stands_with_its_values_escaped() {
        let (name, is_off) = ("Ana & \"Ben\" <co>".to_owned(), true);
        let shown = name.clone();
        let nothing = None::<String>;
        let view = part! {
            <label class="field" for="x" title=name hidden=!is_off>
                "A text "
                <b>{shown}</b>
                <input id="x" disabled=is_off value=nothing/>
            </label>
        };
        assert_eq!(
            written(view),
            "<label class=\"field\" for=\"x\" title=\"Ana &amp; &quot;Ben&quot; &lt;co&gt;\">A text \
             <b>Ana &amp; \"Ben\" &lt;co&gt;</b><input id=\"x\" disabled></label>"
        );
    }

    #[test]
    fn texts_side_by_side_are_kept_apart() {
        let (one, two) = ("1".to_owned(), String::new());
        assert_eq!(written(part! { <p>"n" {one} {two}</p> }), "<p>n<!>1<!> </p>");
    }

    #[test]
    fn what_is_not_there_leaves_its_place() {
        let nothing = None::<AnyView>;
        assert_eq!(written(part! { <p>{nothing}</p><hr/> }), "<p><!></p><hr>");
    }

    #[test]
    fn a_value_is_worked_out_once_and_events_leave_no_trace() {
        let view = part! { <button type="button" data-n=move || 3.to_string() on:click=|_| ()>"Go"</button> };
        assert_eq!(written(view), "<button type=\"button\" data-n=\"3\">Go</button>");
    }
}
