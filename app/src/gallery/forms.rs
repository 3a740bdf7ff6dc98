//! What is pressed, typed into and chosen from.

use leptos::prelude::*;
use model::{Hue, Refusal};

use super::{LaidOpen, part, section};
use crate::{
    components::{
        field::{Faults, FormFault, TextField},
        hue_picker::HuePicker,
        icon::Icon,
        menu::{Item, Menu},
        name_field::{Keep, NameField},
        picker::{Choice, Look, Picker, Picks},
    },
    gallery::people,
};

/// What the pointer and the focus do to a part.
const FORCED: [(&str, &str); 3] = [("Hover", "hover"), ("Focus", "focus-visible"), ("Pressed", "active")];

pub(super) fn buttons() -> AnyView {
    let kinds = [
        ("Primary", "btn btn-primary", "New task"),
        ("Plain", "btn", "Share"),
        ("Quiet", "btn btn-quiet", "Filter"),
        ("Danger", "btn btn-danger", "Delete"),
        ("Large", "btn btn-primary btn-lg", "Sign in"),
    ];
    let mut all: Vec<AnyView> = Vec::new();
    for (kind, class, text) in kinds {
        all.push(part(kind, button(class, text, None)));
    }
    for class in ["btn btn-primary", "btn", "btn btn-quiet", "btn btn-danger"] {
        all.extend(FORCED.map(|(state, pseudo)| part(state, button(class, "Save", Some(pseudo)))));
        all.push(part("Disabled", view! { <button class=class type="button" disabled>"Save"</button> }));
        let busy = view! {
            <button class=class type="button" aria-busy="true">
                <span class="spinner" aria-hidden="true"></span>
                "Save"
            </button>
        };
        all.push(part("Busy", busy));
    }
    all.push(part("Icon", icon_button(None, false)));
    all.extend(FORCED.map(|(state, pseudo)| part(state, icon_button(Some(pseudo), false))));
    all.push(part("Disabled", icon_button(None, true)));
    section("Buttons", all)
}

fn button(class: &'static str, text: &'static str, force: Option<&'static str>) -> AnyView {
    view! {
        <button class=class type="button" data-force=force>
            <Icon name="i-plus"/>
            {text}
        </button>
    }
    .into_any()
}

fn icon_button(force: Option<&'static str>, is_disabled: bool) -> AnyView {
    view! {
        <button class="icon-btn" type="button" aria-label="More" title="More" data-force=force disabled=is_disabled>
            <Icon name="i-more"/>
        </button>
    }
    .into_any()
}

pub(super) fn fields() -> AnyView {
    let wrong = Faults::none();
    wrong.set(Refusal::invalid("key", "A key has 2 to 6 letters or digits and begins with a letter, such as MUS."));
    let whole = Faults::none();
    whole.set(Refusal::Busy { after_s: 2 });
    let hint = "In front of each task's number, such as MUS-42.";
    let text = |id: &'static str, faults: Faults| {
        view! { <TextField label="Key" name="key" id node=NodeRef::new() faults hint class="input input-key"/> }
    };
    let input = |id: &'static str, force: Option<&'static str>, is_disabled: bool| {
        view! {
            <div class="field">
                <label class="label" for=id>
                    "Name"
                </label>
                <input class="input" id=id type="text" value="Otter M2 launch" data-force=force disabled=is_disabled/>
            </div>
        }
    };
    let mut all = vec![part("Empty, with a hint", text("g-key", Faults::none()))];
    all.push(part("Filled", input("g-filled", None, false)));
    all.push(part("Hover", input("g-hover", Some("hover"), false)));
    all.push(part("Focus", input("g-focus", Some("focus-visible"), false)));
    all.push(part("Invalid", text("g-wrong", wrong)));
    all.push(part("Disabled", input("g-off", None, true)));
    all.push(part("The form was refused", view! { <FormFault faults=whole fields=&["key"]/> }));
    let keep: Keep = Box::new(|_| Ok(()));
    all.push(part(
        "A name in place",
        view! { <NameField label="Name of the status".to_owned() id="g-name".to_owned() name="In review" keep/> },
    ));
    let select = view! {
        <div class="field">
            <label class="label" for="g-select">
                "Role"
            </label>
            <select class="select" id="g-select">
                <option>"Member"</option>
            </select>
        </div>
    };
    all.push(part("Select", select));
    let area = view! {
        <div class="field">
            <label class="label" for="g-area">
                "Description"
            </label>
            <textarea class="textarea" id="g-area" rows="3">
                "Done when five units stay below 0.3 N·m."
            </textarea>
        </div>
    };
    all.push(part("Text of several lines", area));
    let check = |words: &'static str, is_checked: bool, is_disabled: bool| {
        view! {
            <label class="check">
                <input type="checkbox" checked=is_checked disabled=is_disabled/>
                {words}
            </label>
        }
    };
    all.push(part("Box, off", check("Keep me signed in", false, false)));
    all.push(part("Box, on", check("Keep me signed in", true, false)));
    all.push(part("Box, disabled", check("Not available", false, true)));
    let choose = Callback::new(|_: Hue| ());
    all.push(part(
        "Colours",
        view! { <HuePicker legend="Colour".to_owned() name="g-hue".to_owned() hue=Signal::stored(5_u8) choose/> },
    ));
    section("Fields", all)
}

/// Menus and pickers: closed, and open.
pub(super) fn choices() -> AnyView {
    let (shut, open) = (closed(), laid_open());
    section("Menus and pickers", vec![shut, open])
}

fn closed() -> AnyView {
    part("Closed", view! { <div class="gallery-row">{menu("g-menu-shut")} {picker("g-pick-shut", false)}</div> })
}

fn laid_open() -> AnyView {
    let owner = Owner::new();
    let view = owner.with(|| {
        provide_context(LaidOpen);
        view! {
            <div class="gallery-row">
                <div>{menu("g-menu")}</div>
                <div>{picker("g-pick", false)}</div>
                <div>{picker("g-people", true)}</div>
            </div>
        }
        .into_any()
    });
    on_cleanup(move || drop(owner));
    part("Open", view)
}

fn menu(id: &'static str) -> AnyView {
    let nothing = Callback::new(|()| ());
    let items = Callback::new(move |()| {
        vec![
            Item::new("i-copy", "Duplicate", nothing),
            Item::new("i-archive", "Archive", nothing),
            Item::new("i-trash", "Move to trash", nothing).bad(),
        ]
    });
    view! {
        <Menu id=id.to_owned() name="Task menu".to_owned() items>
            <Icon name="i-more"/>
        </Menu>
    }
    .into_any()
}

/// One status of five, or several people.
fn picker(id: &'static str, several: bool) -> AnyView {
    let shapes = [
        ("backlog", "Backlog"),
        ("todo", "Todo"),
        ("progress", "In progress"),
        ("review", "In review"),
        ("done", "Done"),
    ];
    let choices = Callback::new(move |()| -> Vec<Choice> {
        if several {
            let of = |card: model::PersonCard| Choice {
                id: card.id.uuid().as_u128(),
                text: card.name.to_string(),
                look: Look::Person(card.id),
            };
            return people::cards().into_iter().map(of).collect();
        }
        let of = |(n, (shape, text)): (u128, (&'static str, &str))| Choice {
            id: n,
            text: text.to_owned(),
            look: Look::Status(shape),
        };
        (0_u128..).zip(shapes).map(of).collect()
    });
    let chosen = Callback::new(move |()| {
        if several { people::cards().iter().take(2).map(|card| card.id.uuid().as_u128()).collect() } else { vec![2] }
    });
    let picks = Picks { choices, chosen, choose: Callback::new(|_| ()), create: None, several };
    let name = if several { "Assignees" } else { "Status" };
    view! {
        <Picker id=id.to_owned() name=name.to_owned() picks>
            <span class="truncate">{if several { "Ana Petrović, Ben Okafor" } else { "In progress" }}</span>
        </Picker>
    }
    .into_any()
}
