//! The sheet of shortcuts: what can be pressed where one is, and the switch for single keys.

use leptos::prelude::*;

use crate::{
    components::dialog::{Dialog, DialogRef},
    dom,
    keys::{self, Shortcut},
    live::{live, part},
    pages::{apart::HAND, palette::caps_view},
};

/// Opens the sheet. Copy it into whatever opens it.
#[derive(Clone, Copy)]
pub(crate) struct SheetRef {
    dialog: DialogRef,
    shown: RwSignal<Vec<Shortcut>>,
}

impl SheetRef {
    pub(crate) fn new() -> Self {
        Self { dialog: DialogRef::new(), shown: RwSignal::new(Vec::new()) }
    }

    pub(crate) fn open(self, keys: &keys::Keys) {
        self.shown.set(keys.all());
        self.dialog.open();
    }
}

/// The sheet.
#[component]
pub(crate) fn KeySheet(
    /// Opens it.
    sheet: SheetRef,
) -> impl IntoView {
    let keys = keys::keys();
    let are_off = keys.are_off.clone();
    part! {
        <Dialog dialog=sheet.dialog id="keys-h" title="Keyboard shortcuts" lead="What you can press on this page.">
            <div class="dialog-body key-sheet">{live(move || HAND.get().map(|hand| (hand.shortcuts)(&sheet.shown.get())))}</div>
            <div class="dialog-foot">
                <label class="check">
                    <input
                        type="checkbox"
                        role="switch"
                        prop:checked=move || !are_off.get()
                        on:change=move |event| keys.switch(!event_target_checked(&event))
                    />
                    "Single-key shortcuts"
                </label>
                <p class="tiny faint">"Kept on this device."</p>
            </div>
        </Dialog>
    }
}

/// The shortcuts under their headings.
pub(crate) fn groups(all: &[Shortcut]) -> AnyView {
    let is_mac = !all.is_empty() && dom::is_mac();
    let mut names: Vec<&'static str> = Vec::new();
    for shortcut in all {
        if !names.contains(&shortcut.group) {
            names.push(shortcut.group);
        }
    }
    let mut views = Vec::new();
    for name in names {
        let mut lines = Vec::new();
        for shortcut in all.iter().filter(|s| s.group == name) {
            lines.push(part! {
                <div>
                    <dt>{shortcut.name}</dt>
                    <dd class="keys">{caps_view(keys::caps(shortcut.keys, is_mac))}</dd>
                </div>
            });
        }
        views.push(part! {
            <section>
                <h3>{name}</h3>
                <dl>{lines}</dl>
            </section>
        });
    }
    views.into_any()
}
