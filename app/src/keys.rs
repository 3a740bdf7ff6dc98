//! Shortcuts: one listener for the whole page, and one table from which it acts and from which the sheet and the palette
//! are written. Whoever paints a part of a page [registers](register) what can be pressed there; it goes with the part.
//!
//! A single key never fires in a field, in a menu or behind a dialog, and single characters can be switched off.
//!
//! Must not know: what a shortcut does.

use leptos::prelude::*;
use std::sync::{Arc, Mutex};

use crate::{
    data::hold,
    dom::{self, On, Pressed},
    ids,
};

/// How long a key waits for the one that makes it a sequence, in milliseconds.
const PATIENCE_MS: i64 = 1_000;
/// Where this device keeps that single characters are off.
const OFF_KEY: &str = "muster:keys";

/// The heading for what works on every page.
pub(crate) const EVERYWHERE: &str = "Everywhere";

/// The heading for what leads somewhere.
pub(crate) const GO_TO: &str = "Go to";

/// What a shortcut does; says whether it did something. If not, the key goes on to whoever else listens.
pub(crate) type Act = Arc<dyn Fn() -> bool + Send + Sync>;

/// A shortcut.
#[derive(Clone)]
pub(crate) struct Shortcut {
    /// What is pressed, and other keys for the same after a `|`: `c`, `D` (with Shift), `?`, `ArrowDown`, `Space`, `g b` (one
    /// after the other), `Mod+k` (Ctrl, or Command on a Mac), `Mod+Z` (with Shift too).
    pub(crate) keys: &'static str,
    /// What it does, as the sheet and the palette say it.
    pub(crate) name: &'static str,
    /// Its symbol in the palette.
    pub(crate) icon: &'static str,
    /// Under which heading the sheet has it.
    pub(crate) group: &'static str,
    /// Whether it works in a field, too. Only with `Mod`.
    pub(crate) in_fields: bool,
    pub(crate) act: Act,
}

impl Shortcut {
    /// One that does not work in a field.
    pub(crate) fn new(
        keys: &'static str,
        name: &'static str,
        group: &'static str,
        act: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { keys, name, icon: "i-dot", group, in_fields: false, act: Arc::new(act) }
    }

    /// The same with a symbol.
    pub(crate) fn icon(mut self, icon: &'static str) -> Self {
        self.icon = icon;
        self
    }

    /// The same, in fields too.
    pub(crate) fn in_fields(mut self) -> Self {
        self.in_fields = true;
        self
    }
}

/// The table, in the order in which it was registered, with a number for each part of a page.
type Table = Arc<Mutex<Vec<(u32, Vec<Shortcut>)>>>;

/// The page's shortcuts. Cheap to clone; every clone is the same table.
#[derive(Clone)]
pub(crate) struct Keys {
    table: Table,
    /// Whether single characters do nothing.
    pub(crate) are_off: ArcRwSignal<bool>,
}

/// The page's own. Every part is below [`crate::App`], which provides it.
#[expect(clippy::expect_used, reason = "App provides it before it paints anything")]
pub(crate) fn keys() -> Keys {
    use_context::<Keys>().expect("App provides the shortcuts")
}

/// Adds shortcuts for as long as the caller is mounted. What was registered later comes first when keys are the same.
pub(crate) fn register(shortcuts: Vec<Shortcut>) {
    let keys = keys();
    let number = {
        let mut table = hold(&keys.table);
        let number = table.last().map_or(0, |(number, _)| number + 1);
        table.push((number, shortcuts));
        number
    };
    on_cleanup(move || hold(&keys.table).retain(|(n, _)| *n != number));
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { table: Arc::default(), are_off: ArcRwSignal::new(false) }
    }

    /// All that can be pressed now, what was registered first before the rest.
    pub(crate) fn all(&self) -> Vec<Shortcut> {
        hold(&self.table).iter().flat_map(|(_, shortcuts)| shortcuts.clone()).collect()
    }

    /// Switches single characters off or on, for this device.
    pub(crate) fn switch(&self, off: bool) {
        dom::keep(OFF_KEY, if off { "off" } else { "" });
        self.are_off.set(off);
    }

    /// Listens from now on. In the browser only, once.
    pub(crate) fn listen(&self) {
        self.are_off.set(dom::kept(OFF_KEY).is_some());
        let (keys, before) = (self.clone(), Mutex::new((String::new(), 0)));
        dom::on_event(dom::EventSource::Document, "keydown", move |event| {
            let Some(pressed) = dom::pressed(&event) else { return };
            let before = &mut *hold(&before);
            let (first, at) = std::mem::take(before);
            let now = ids::now().ms();
            let first = if now - at < PATIENCE_MS { first } else { String::new() };
            if keys.press(&pressed, &first) {
                event.prevent_default();
            } else if keys.begins(&pressed) {
                *before = (pressed.name, now);
            }
        });
    }

    /// Does what is pressed; says whether anything was.
    fn press(&self, pressed: &Pressed, first: &str) -> bool {
        let are_off = self.are_off.get_untracked();
        // Nothing is locked while it acts: it may open or close parts with shortcuts of their own.
        let meant: Vec<Act> = {
            let table = hold(&self.table);
            let all = table.iter().rev().flat_map(|(_, shortcuts)| shortcuts);
            all.filter(|s| s.keys.split('|').any(|keys| may_fire(keys, s.in_fields, are_off, pressed, first)))
                .map(|s| s.act.clone())
                .collect()
        };
        meant.iter().any(|act| act())
    }

    /// Whether a sequence begins with this.
    fn begins(&self, pressed: &Pressed) -> bool {
        pressed.on == On::Page
            && hold(&self.table).iter().flat_map(|(_, all)| all).any(|s| {
                s.keys.split('|').any(|keys| keys.split_once(' ').is_some_and(|(first, _)| first == pressed.name))
            })
    }
}

/// Whether keys are what is pressed, after `first`, and may do something there.
fn may_fire(keys: &str, in_fields: bool, are_off: bool, pressed: &Pressed, first: &str) -> bool {
    let (before, last) = keys.split_once(' ').unwrap_or(("", keys));
    // What has begun as a sequence is not something else, but for keys that cannot be typed.
    let goes_on = before == first || (before.is_empty() && last.starts_with("Mod+"));
    if !goes_on || last != pressed.name {
        return false;
    }
    let is_character = last.chars().count() == 1;
    let is_there = match pressed.on {
        On::Page => true,
        On::Field => in_fields,
        On::Own => false,
    };
    is_there && !(is_character && are_off)
}

/// What is written on the keys of a shortcut: of its first way, one after the other.
pub(crate) fn caps(keys: &str, is_mac: bool) -> Vec<String> {
    let mut caps = Vec::new();
    for key in keys.split('|').next().unwrap_or_default().split(' ') {
        let (has_mod, key) = key.strip_prefix("Mod+").map_or((false, key), |key| (true, key));
        if has_mod {
            caps.push(if is_mac { "⌘" } else { "Ctrl" }.to_owned());
        }
        let (has_shift, key) = key.strip_prefix("Shift+").map_or((false, key), |key| (true, key));
        let is_capital = key.len() == 1 && key.bytes().all(|b| b.is_ascii_uppercase());
        if has_shift || is_capital {
            caps.push("Shift".to_owned());
        }
        caps.push(match key {
            "ArrowUp" => "↑".to_owned(),
            "ArrowDown" => "↓".to_owned(),
            "ArrowLeft" => "←".to_owned(),
            "ArrowRight" => "→".to_owned(),
            "Escape" => "Esc".to_owned(),
            key if key.len() == 1 => key.to_ascii_uppercase(),
            key => key.to_owned(),
        });
    }
    caps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(keys: &str, name: &str, on: On, first: &str) -> bool {
        may_fire(keys, false, false, &Pressed { name: name.to_owned(), on }, first)
    }

    #[test]
    fn a_key_fires_on_the_page_and_not_in_a_field_or_behind_a_dialog() {
        assert!(fires("c", "c", On::Page, ""));
        assert!(!fires("c", "C", On::Page, ""));
        assert!(!fires("c", "c", On::Field, ""));
        assert!(!fires("c", "c", On::Own, ""));
        let palette = |on| may_fire("Mod+k", true, false, &Pressed { name: "Mod+k".to_owned(), on }, "");
        assert!(palette(On::Field) && !palette(On::Own));
    }

    #[test]
    fn a_sequence_needs_its_first_key_and_takes_the_second_from_others() {
        assert!(fires("g b", "b", On::Page, "g"));
        assert!(!fires("g b", "b", On::Page, ""));
        assert!(!fires("b", "b", On::Page, "g"));
        assert!(fires("Mod+z", "Mod+z", On::Page, "g"));
    }

    #[test]
    fn single_characters_are_switched_off_and_others_are_not() {
        for (keys, name, first, fires) in [
            ("c", "c", "", false),
            ("?", "?", "", false),
            ("g b", "b", "g", false),
            ("ArrowDown", "ArrowDown", "", true),
            ("Mod+z", "Mod+z", "", true),
        ] {
            let pressed = Pressed { name: name.to_owned(), on: On::Page };
            assert_eq!(may_fire(keys, false, true, &pressed, first), fires, "{keys}");
        }
    }

    #[test]
    fn the_keys_are_written_as_they_are_on_a_keyboard() {
        for (keys, told) in [
            ("c", "C"),
            ("D", "Shift D"),
            ("g b", "G B"),
            ("Mod+k|/", "Ctrl K"),
            ("Mod+Z", "Ctrl Shift Z"),
            ("j|ArrowDown", "J"),
            ("Shift+ArrowUp", "Shift ↑"),
        ] {
            assert_eq!(caps(keys, false).join(" "), told);
        }
        assert_eq!(caps("Mod+k", true), ["⌘", "K"]);
    }
}
