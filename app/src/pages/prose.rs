//! Long texts as they are read: as the server has rendered them, and as they were typed until it has.
//!
//! The server's HTML leaves two things to the page: the names of people, which each reader may know or not, and whether the
//! boxes in it can be ticked.
//!
//! Must not know: Markdown, what the text is of.

use leptos::prelude::*;
use model::{Body, tick};

use crate::{
    data::{client, people::People},
    dom,
    live::{live, part},
    pages::mentioned::said,
};

/// A text to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// As it was typed.
    pub(crate) text: String,
    /// As the server has rendered it.
    pub(crate) html: Option<String>,
}

/// What begins a mention, up to the id of who is meant.
const MENTION: &str = "<span class=\"mention\" data-person=\"";
/// How many letters an id has.
const ID: usize = 22;

/// A text. `scope` tells its boxes from those of other texts on the page; who `may` ticks one, and `then` gets the text with
/// the box ticked.
pub(crate) fn prose(
    class: &'static str,
    scope: &str,
    written: Memo<Written>,
    may: Memo<bool>,
    then: Callback<Body>,
) -> AnyView {
    let (people, prefix) = (client().people, ["box-", scope, "-"].concat());
    live(move || {
        let Written { text, html } = written.get();
        let Some(html) = html else {
            return part! {
                <div class=class data-plain data-state="pending">
                    {said(&text)}
                </div>
            };
        };
        let (names, can_tick) = (people.clone(), may.get());
        let html = with_boxes(&html, &prefix, can_tick);
        let prefix = prefix.clone();
        let tick = move |event: web_sys::MouseEvent| {
            let Some(id) = dom::told_around(&event, "id").filter(|_| can_tick) else { return };
            let Some(at) = id.strip_prefix(&prefix).and_then(|at| at.parse().ok()) else { return };
            // It is ticked by being painted anew, with the text.
            event.prevent_default();
            let text = tick::turned(&text, at).and_then(|text| Body::try_from(text).ok());
            if let Some(text) = text {
                then.run(text);
                dom::focus_soon(id);
            }
        };
        part! { <div class=class on:click=tick inner_html=move || with_names(&html, &names)></div> }
    })
}

/// Gives each box an id, by which the focus finds it when it is painted anew.
fn with_boxes(html: &str, prefix: &str, can_tick: bool) -> String {
    let kind = if can_tick { "<input type=\"checkbox\" id=\"" } else { "<input type=\"checkbox\" disabled=\"\" id=\"" };
    html.replace(tick::BOX, &[kind, prefix].concat())
}

/// Puts the names in. Tracked.
pub(crate) fn with_names(html: &str, people: &People) -> String {
    let mut parts = html.split(MENTION);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.get(..ID).and_then(|id| id.parse().ok()).map(|id| people.name(id)).unwrap_or_default();
        let (before, after) = part.split_once('@').unwrap_or((part, ""));
        for piece in [MENTION, before, "@", &name.replace('&', "&amp;").replace('<', "&lt;"), after] {
            out += piece;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Instant, Name, PersonCard, PersonId, new_id};

    #[test]
    fn names_are_put_in_where_people_are_meant_and_cannot_be_markup() {
        let people = People::default();
        let id: PersonId = new_id(Instant::from_ms(1), [7; 10]);
        people.learn(vec![PersonCard { id, name: Name::try_from("<b>A&B").unwrap() }]);
        let html = |name: &str| format!("<p>a@b {MENTION}{id}\">@{name}</span>, x@y</p>");
        assert_eq!(with_names(&html(""), &people), html("&lt;b>A&amp;B"));
        assert_eq!(with_names("<p>@</p>", &people), "<p>@</p>");
    }

    #[test]
    fn boxes_have_ids_and_can_be_ticked_by_who_may() {
        let html = format!("{}7\" checked=\"\" aria-label=\"a\"> a", tick::BOX);
        let shown =
            |more: &str| format!("<input type=\"checkbox\"{more} id=\"box-td-7\" checked=\"\" aria-label=\"a\"> a");
        assert_eq!(with_boxes(&html, "box-td-", true), shown(""));
        assert_eq!(with_boxes(&html, "box-td-", false), shown(" disabled=\"\""));
    }
}
