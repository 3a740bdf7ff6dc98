//! A button that opens a menu.
//!
//! Must not know: what its items do.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::{
    components::{
        icon::Icon,
        popover::{self, Opener, popover},
    },
    live::part,
};

/// A line of a menu.
pub(crate) struct Item {
    icon: &'static str,
    text: String,
    is_bad: bool,
    act: Callback<()>,
}

impl Item {
    /// A line with an icon, such as `i-link`, or without one, and what it does.
    pub(crate) fn new(icon: &'static str, text: impl Into<String>, act: Callback<()>) -> Self {
        Self { icon, text: text.into(), is_bad: false, act }
    }

    /// It takes something away; such lines stand last, behind a rule.
    pub(crate) fn bad(mut self) -> Self {
        self.is_bad = true;
        self
    }
}

/// A button that opens a menu; its children are what is on the button.
#[component]
pub(crate) fn Menu(
    /// The id of the button, unique in the document.
    id: String,
    /// What the button is called.
    name: String,
    /// The classes of the button.
    #[prop(default = "icon-btn")]
    class: &'static str,
    /// Its lines, asked for when it opens.
    items: Callback<(), Vec<Item>>,
    /// What is on the button.
    children: Children,
) -> impl IntoView {
    let button = id.clone();
    let opener = Opener { id, name, class, opens: "menu", disabled: Signal::stored(false) };
    let roaming = button.clone();
    let inside = move || {
        let mut was_bad = true;
        let lines = untrack(|| items.run(()));
        lines
            .into_iter()
            .map(|item| {
                let parted = item.is_bad && !was_bad;
                was_bad = item.is_bad;
                line(button.clone(), item, parted)
            })
            .collect_view()
            .into_any()
    };
    popover(opener, children(), Box::new(move |event| roam(&roaming, event)), Box::new(inside))
}

fn line(button: String, item: Item, parted: bool) -> AnyView {
    let Item { icon, text, is_bad, act } = item;
    let rule = parted.then(|| part! { <div class="menu-sep" role="separator"></div> });
    let icon = (!icon.is_empty()).then(|| part! { <Icon name=icon/> });
    part! {
        {rule}
        <button
            class="menu-item"
            type="button"
            role="menuitem"
            tabindex="-1"
            data-tone=is_bad.then_some("bad")
            on:click=move |_| {
                popover::close(&button);
                act.run(());
            }
        >
            {icon}
            <span>{text}</span>
        </button>
    }
}

/// Arrows, Home and End go from line to line, a letter to the next line that begins with it.
fn roam(button: &str, event: &KeyboardEvent) {
    let Some(menu) = popover::element(&popover::popover_id(button)) else { return };
    let Ok(lines) = menu.query_selector_all("[role=menuitem]") else { return };
    let lines: Vec<Element> = (0..lines.length()).filter_map(|n| lines.get(n)?.dyn_into().ok()).collect();
    let focused = popover::focused();
    let now = lines.iter().position(|line| Some(line) == focused.as_ref());
    let n = lines.len();
    let key = event.key();
    let to = match key.as_str() {
        "ArrowDown" => now.map_or(0, |at| at + 1),
        "ArrowUp" => now.unwrap_or(0) + n - usize::from(n > 0),
        "Home" => 0,
        "End" => n.wrapping_sub(1),
        "Tab" => return popover::close(button),
        " " | "Enter" => return,
        key if key.chars().count() == 1 => {
            let from = now.map_or(0, |at| at + 1);
            let begins = |line: &Element| line.text_content().is_some_and(|text| begins_with(&text, key));
            let Some(step) = (0..n).find(|step| begins(&lines[(from + step) % n])) else { return };
            from + step
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(line) = lines.get(to % n.max(1)).and_then(|line| line.dyn_ref::<HtmlElement>()) {
        let _ = line.focus();
    }
}

fn begins_with(text: &str, key: &str) -> bool {
    text.get(..key.len()).is_some_and(|first| first.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_finds_a_line_in_either_case_and_none_in_the_middle_of_a_letter() {
        for (text, key, begins) in
            [("Duplicate", "d", true), ("Écrire", "É", true), ("Écrire", "E", false), ("", "a", false)]
        {
            assert_eq!(begins_with(text, key), begins, "{text} {key}");
        }
    }
}
