//! The command palette: everything that can be gone to or done, found by a few letters.
//!
//! What can be found is a list of [`Group`]s, put together in [`Reach::groups`]; painting knows nothing else.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use model::{Key, TaskId};
use std::sync::Arc;

use crate::{
    components::{
        avatar::ProjectTile,
        icon::{Icon, StatusIcon},
        prio::PriorityIcon,
    },
    data::client,
    dom, keys,
    live::{effect, live, part},
    nav::nav,
    pages::{
        apart::HAND,
        find::{Wanted, marked},
        reach::{Group, Item, Look, Page, Pick, Reach},
    },
};

/// Opens the palette. Copy it into whatever opens it.
#[derive(Clone, Copy)]
pub(crate) struct PaletteRef {
    node: NodeRef<html::Dialog>,
    is_open: RwSignal<bool>,
    /// The task whose card had the focus.
    pub(super) focused: RwSignal<Option<TaskId>>,
}

impl PaletteRef {
    pub(crate) fn new() -> Self {
        Self { node: NodeRef::new(), is_open: RwSignal::new(false), focused: RwSignal::new(None) }
    }

    pub(crate) fn open(self) {
        HAND.then(move || self.show());
    }

    fn show(self) {
        if let Some(dialog) = self.node.try_get_untracked().flatten()
            && !dialog.open()
        {
            let focused = dom::focused().and_then(|id| id.strip_prefix("open-").and_then(|id| id.parse().ok()));
            self.focused.set(focused);
            self.is_open.set(true);
            let _ = dialog.show_modal();
        }
    }

    pub(super) fn close(self) {
        if let Some(dialog) = self.node.try_get_untracked().flatten() {
            dialog.close();
        }
    }
}

/// The palette.
#[component]
pub(crate) fn Palette(
    /// Opens it.
    palette: PaletteRef,
    /// The project that is open.
    current: Option<Key>,
    /// Signs out.
    sign_out: Callback<()>,
) -> impl IntoView {
    let reach = Reach { client: client(), nav: nav(), keys: keys::keys(), current, sign_out, palette };
    let is_open = palette.is_open;
    part! {
        <dialog
            class="dialog dialog-palette"
            aria-label="Command palette"
            node_ref=palette.node
            on:close=move |_| is_open.set(false)
            on:click=move |event| {
                // Outside of the frame is the dialog itself.
                if dom::is_on_itself(&event) {
                    palette.close();
                }
            }
        >
            {live(move || is_open.get().then(|| HAND.get().map(|hand| (hand.palette)(&reach))).flatten())}
        </dialog>
    }
}

/// What is inside the palette while it is open.
pub(crate) fn inside(reach: &Reach) -> AnyView {
    part! { <Inside reach=reach.clone()/> }
}

#[component]
fn Inside(reach: Reach) -> impl IntoView {
    let (query, page, active) = (RwSignal::new(String::new()), RwSignal::new(Page::Top), RwSignal::new(0_usize));
    let found = RwSignal::new(Arc::<Vec<Group>>::default());
    let subject = reach.subject();
    let looking = reach.clone();
    let about = subject.clone();
    effect(move || {
        let (text, page) = (query.get(), page.get());
        found.set(Arc::new(untrack(|| looking.groups(&text, page, about.as_ref()))));
        active.set(0);
    });
    let node = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(input) = node.get() {
            let _ = input.focus();
        }
    });
    let n_found = move || found.with(|groups| groups.iter().map(|g| g.items.len()).sum::<usize>());
    let pick = {
        let (reach, subject) = (reach.clone(), subject.clone());
        Callback::new(move |place: usize| {
            let item = found.with_untracked(|groups| groups.iter().flat_map(|g| &g.items).nth(place).cloned());
            match item.map(|item| item.pick) {
                None => {}
                Some(Pick::Page(next)) => {
                    page.set(next);
                    query.set(String::new());
                }
                Some(pick) => reach.pick(pick, subject.as_ref()),
            }
        })
    };
    let creating = reach.clone();
    let pressed = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let n = n_found();
        match event.key().as_str() {
            "ArrowDown" if n > 0 => active.update(|a| *a = (*a + 1) % n),
            "ArrowUp" if n > 0 => active.update(|a| *a = (*a + n - 1) % n),
            "Enter" if event.shift_key() => match creating.creation(&query.get_untracked()) {
                Some(item) => creating.pick(item.pick, None),
                None => return,
            },
            "Enter" => pick.run(active.get_untracked()),
            "Backspace" if query.with_untracked(String::is_empty) => page.set(Page::Top),
            "k" if event.ctrl_key() || event.meta_key() => creating.palette.close(),
            _ => return,
        }
        event.prevent_default();
        dom::show(&format!("cp-{}", active.get_untracked()));
    };
    part! {
        <div class="palette-input">
            <Icon name="i-search"/>
            <label class="vh" for="cp">
                "Search or run a command"
            </label>
            <input
                id="cp"
                role="combobox"
                aria-expanded="true"
                aria-controls="cp-list"
                aria-autocomplete="list"
                aria-activedescendant=move || (n_found() > 0).then(|| format!("cp-{}", active.get()))
                autocomplete="off"
                spellcheck="false"
                placeholder=move || page.get().prompt()
                node_ref=node
                prop:value=move || query.get()
                on:input=move |event| query.set(event_target_value(&event))
                on:keydown=pressed
            />
            <kbd class="kbd">"Esc"</kbd>
        </div>
        {subject
            .map(|subject| {
                let (look, text) = (subject.look(), subject.called() + " " + subject.task.title.as_str());
                part! {
                    <div class="context-row">
                        <span class="tag">
                            <StatusIcon shape=look/>
                            {text}
                        </span>
                    </div>
                }
            })}
        <div class="palette-list" role="listbox" id="cp-list" aria-label="Results">
            {live(move || groups_view(&found.get(), &query.get_untracked(), active, pick))}
        </div>
        <div class="palette-foot">
            <span class="hide-phone">
                <kbd class="kbd">"↑"</kbd>
                <kbd class="kbd">"↓"</kbd>
                "Move"
            </span>
            <span class="hide-phone">
                <kbd class="kbd">"Enter"</kbd>
                "Open"
            </span>
            <span class="push" role="status">
                {live(move || match n_found() {
                    0 => "Nothing found on this device".to_owned(),
                    1 => "1 result, searched on this device".to_owned(),
                    n => n.to_string() + " results, searched on this device",
                })}
            </span>
        </div>
    }
}

fn groups_view(groups: &[Group], query: &str, active: RwSignal<usize>, pick: Callback<usize>) -> AnyView {
    let (wanted, mut place) = (Wanted::read(query), 0);
    let mut views = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let id = format!("cg-{number}");
        let name_id = id.clone();
        let mut items = Vec::new();
        for item in &group.items {
            items.push(item_view(item, &wanted, place, active, pick));
            place += 1;
        }
        views.push(part! {
            <ul role="group" aria-labelledby=id>
                <li class="menu-label" role="presentation" id=name_id>
                    {group.name.clone()}
                </li>
                {items}
            </ul>
        });
    }
    views.into_any()
}

fn item_view(item: &Item, wanted: &Wanted, place: usize, active: RwSignal<usize>, pick: Callback<usize>) -> AnyView {
    let look = match &item.look {
        Look::Icon(name) => part! { <Icon name=*name/> },
        Look::Status(shape) => part! { <StatusIcon shape=*shape/> },
        Look::Priority(priority) => part! { <PriorityIcon priority=*priority/> },
        Look::Project(name, hue) => part! { <ProjectTile name=name.clone() hue=*hue/> },
    };
    let mut text = Vec::new();
    for (piece, is_marked) in marked(&item.text, wanted) {
        text.push(if is_marked {
            part! { <mark>{piece}</mark> }
        } else {
            piece.into_any()
        });
    }
    let end = if item.caps.is_empty() {
        (!item.note.is_empty()).then(|| part! { <span class="faint tiny push num">{item.note.clone()}</span> })
    } else {
        Some(part! { <span class="keys push">{caps_view(item.caps.clone())}</span> })
    };
    part! {
        <li
            class="menu-item"
            role="option"
            id=format!("cp-{place}")
            aria-selected=move || (active.get() == place).to_string()
            on:click=move |_| pick.run(place)
            on:pointermove=move |_| {
                if active.get_untracked() != place {
                    active.set(place);
                }
            }
        >
            {look}
            <span>{text}</span>
            {end}
        </li>
    }
}

/// Keys as they stand on a keyboard.
pub(crate) fn caps_view(caps: Vec<String>) -> AnyView {
    let mut views = Vec::new();
    for cap in caps {
        views.push(part! { <kbd class="kbd">{cap}</kbd> });
    }
    views.into_any()
}
