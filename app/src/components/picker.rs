//! A button that shows what is chosen and opens a list to choose from: one or several, found by typing.
//!
//! Must not know: what a choice stands for.

use leptos::{ev::KeyboardEvent, prelude::*};
use model::{Hue, PersonId, Priority};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{
    components::{
        avatar::Avatar,
        icon::{Icon, StatusIcon},
        popover::{self, Opener, popover},
        prio::PriorityIcon,
    },
    live::{live, part},
};

/// The most choices that are shown at a time; typing finds the others.
const MOST: usize = 50;

/// What stands before the text of a choice.
pub(crate) enum Look {
    /// An icon, such as `i-user`.
    Icon(&'static str),
    /// The box of a status, by its shape.
    Status(&'static str),
    /// The tally of a priority.
    Priority(Option<Priority>),
    /// Somebody's avatar.
    Person(PersonId),
    /// The dot of a label.
    Dot(Hue),
}

impl Look {
    /// As it is painted.
    pub(crate) fn paint(self) -> AnyView {
        match self {
            Self::Icon(name) => part! { <Icon name/> },
            Self::Status(shape) => part! { <StatusIcon shape/> },
            Self::Priority(priority) => part! { <PriorityIcon priority/> },
            Self::Person(person) => part! { <Avatar person size="xs"/> },
            Self::Dot(hue) => part! { <span class="dot" data-hue=hue.number().to_string() aria-hidden="true"></span> },
        }
    }
}

/// Something that can be chosen.
pub(crate) struct Choice {
    /// Tells it apart: the number of an id, or any other.
    pub(crate) id: u128,
    /// What it is called.
    pub(crate) text: String,
    /// What stands before the text.
    pub(crate) look: Look,
}

/// What can be chosen and what becomes of it.
#[derive(Clone, Copy)]
pub(crate) struct Picks {
    /// What there is to choose from, in order. Tracked while the list is open.
    pub(crate) choices: Callback<(), Vec<Choice>>,
    /// Which of them are chosen. Tracked.
    pub(crate) chosen: Callback<(), Vec<u128>>,
    /// Somebody chose one, or, where several can be chosen, took one back (then the second is false).
    pub(crate) choose: Callback<(u128, bool)>,
    /// Makes a choice with the name that was typed, where that is possible.
    pub(crate) create: Option<Callback<String>>,
    /// Whether several can be chosen.
    pub(crate) several: bool,
}

/// A button that shows what is chosen (its children) and opens the list.
#[component]
pub(crate) fn Picker(
    /// The id of the button, unique in the document.
    id: String,
    /// What is chosen, such as "Status".
    name: String,
    /// The classes of the button.
    #[prop(default = "prop-btn")]
    class: &'static str,
    /// Whether nothing can be chosen now.
    #[prop(into, default = Signal::stored(false))]
    disabled: Signal<bool>,
    /// What can be chosen.
    picks: Picks,
    /// What is chosen now, as it is shown on the button.
    children: Children,
) -> impl IntoView {
    let (button, called) = (id.clone(), name.clone());
    let inside = move || list(button.clone(), called.clone(), picks);
    popover(Opener { id, name, class, opens: "dialog", disabled }, children(), Box::new(|_| ()), Box::new(inside))
}

fn list(button: String, name: String, picks: Picks) -> AnyView {
    let (query, active) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let list_id = button.clone() + "-list";
    let (controls, labelled) = (list_id.clone(), name.clone());
    let (options, keys, touched) = (button.clone(), button.clone(), button.clone());
    let on_key = move |event: KeyboardEvent| key(&keys, active, &event);
    part! {
        <input
            class="picker-filter"
            type="text"
            role="combobox"
            aria-label=labelled
            aria-expanded="true"
            aria-autocomplete="list"
            aria-controls=controls
            aria-activedescendant=move || option_id(&touched, active.get())
            autocomplete="off"
            placeholder=if picks.create.is_some() { "Find or create" } else { "Find" }
            prop:value=move || query.get()
            on:input=move |event| {
                active.set(0);
                query.set(event_target_value(&event));
            }
            on:keydown=on_key
        />
        <ul
            class="picker-list"
            role="listbox"
            tabindex="-1"
            id=list_id
            aria-label=name
            aria-multiselectable=picks.several.then_some("true")
        >
            {live(move || found(&options, picks, query, active))}
        </ul>
    }
}

fn option_id(button: &str, place: usize) -> String {
    button.to_owned() + "-" + &place.to_string()
}

/// The choices that fit what was typed.
fn found(button: &str, picks: Picks, query: RwSignal<String>, active: RwSignal<usize>) -> AnyView {
    let typed = query.get();
    let sought = folded(&typed);
    let sought = sought.trim();
    let mut is_there = false;
    let mut place = 0;
    let mut options: Vec<AnyView> = Vec::new();
    for Choice { id, text, look } in picks.choices.run(()) {
        let name = folded(&text);
        is_there |= name == sought;
        if !name.contains(sought) {
            continue;
        }
        if place == MOST {
            options.push(part! { <li class="picker-note" role="presentation">"Type to find more."</li> });
            break;
        }
        let owner = button.to_owned();
        let is_chosen = move || picks.chosen.run(()).contains(&id);
        let choose = Callback::new(move |()| {
            let on = !(picks.several && untrack(is_chosen));
            if picks.several {
                query.set(String::new());
            } else {
                popover::close(&owner);
            }
            picks.choose.run((id, on));
        });
        options.push(option(button, place, active, Callback::new(move |()| is_chosen()), choose, look, text));
        place += 1;
    }
    let name = typed.trim().to_owned();
    if let Some(create) = picks.create.filter(|_| !is_there && !name.is_empty()) {
        let text = "Create “".to_owned() + &name + "”";
        let make = Callback::new(move |()| {
            query.set(String::new());
            create.run(name.clone());
        });
        let never = Callback::new(|()| false);
        options.push(option(button, place, active, never, make, Look::Icon("i-plus"), text));
    } else if options.is_empty() {
        options.push(part! { <li class="picker-note" role="presentation">"Nothing fits."</li> });
    }
    options.into_any()
}

fn option(
    button: &str,
    place: usize,
    active: RwSignal<usize>,
    is_chosen: Callback<(), bool>,
    act: Callback<()>,
    look: Look,
    text: String,
) -> AnyView {
    part! {
        <li
            class="menu-item"
            role="option"
            id=option_id(button, place)
            aria-selected=move || is_chosen.run(()).to_string()
            data-active=move || (active.get() == place).then_some("")
            on:click=move |_| act.run(())
        >
            {look.paint()}
            <span class="truncate">{text}</span>
            <Icon name="i-check" class="icon picker-check"/>
        </li>
    }
}

/// Arrows go through the list while the field keeps the focus; Enter chooses.
fn key(button: &str, active: RwSignal<usize>, event: &KeyboardEvent) {
    if event.is_composing() {
        return;
    }
    let Some(list) = popover::element(&(button.to_owned() + "-list")) else { return };
    let n = list.query_selector_all("[role=option]").map_or(0, |all| all.length() as usize);
    let now = active.get_untracked();
    let to = match event.key().as_str() {
        "ArrowDown" => now + 1,
        "ArrowUp" => now + n - usize::from(n > 0),
        "Enter" => {
            event.prevent_default();
            if let Some(option) = popover::element(&option_id(button, now)) {
                option.click();
            }
            return;
        }
        "Tab" => return popover::close(button),
        _ => return,
    };
    event.prevent_default();
    let to = to % n.max(1);
    active.set(to);
    if let Some(option) = popover::element(&option_id(button, to)) {
        show(&option);
    }
}

/// Scrolls the list just so far that an option is seen.
fn show(option: &Element) {
    let Some(list) = option.parent_element() else { return };
    let (at, around) = (option.get_bounding_client_rect(), list.get_bounding_client_rect());
    let above = (around.top() - at.top()).max(0.0);
    let below = (at.bottom() - around.bottom()).max(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "a list is not that long")]
    list.set_scroll_top(list.scroll_top() + (below - above) as i32);
}

/// As it is compared: in small letters, accents apart from their letters, so that the letter alone finds it. Asked for in
/// the browser only, where lists are open.
fn folded(text: &str) -> String {
    // The browser has the tables for this; the server paints lists only where nothing is sought.
    if cfg!(feature = "ssr") {
        return text.to_lowercase();
    }
    let text: js_sys::JsString = text.into();
    let text = text.to_lower_case().normalize("NFD");
    text.unchecked_into::<wasm_bindgen::JsValue>().as_string().unwrap_or_default()
}
