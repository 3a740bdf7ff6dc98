//! The keyboard on the board: going from task to task, carrying them, choosing them.
//!
//! Keys that mean something to the browser too are heard on the board itself; what can be pressed without standing on a task
//! is in the page's table of shortcuts.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent};

use crate::{
    dom,
    keys::{self, Shortcut},
    pages::{
        drag::task_of,
        grip::{Grip, Way},
        task_keys,
    },
};

/// The heading in the sheet of shortcuts.
const GROUP: &str = "Board";

/// Puts the board's keys into the table.
pub(crate) fn register(grip: &Grip) {
    let go = |keys, name, way| {
        let grip = grip.clone();
        Shortcut::new(keys, name, GROUP, move || step(&grip, way))
    };
    let (choosing, clearing) = (grip.clone(), grip.clone());
    let mut table = vec![
        go("j|ArrowDown", "Next task", Way::Down),
        go("k|ArrowUp", "Task before", Way::Up),
        go("ArrowRight", "Column to the right", Way::Right),
        go("ArrowLeft", "Column to the left", Way::Left),
        // On a task these are heard below; here they are written for the sheet.
        Shortcut::new("Space", "Lift the task, and drop it", GROUP, || false),
        Shortcut::new("x", "Select the task", GROUP, move || choosing.choose_here()),
        Shortcut::new("Escape", "Put back, or select nothing", GROUP, move || clearing.choose_none()),
    ];
    table.extend(task_keys::of_chosen(grip, GROUP));
    keys::register(table);
}

/// Whether a task of the board has the focus.
pub(crate) fn is_on_a_task() -> bool {
    dom::focused().is_some_and(|id| id.starts_with("open-"))
}

/// Goes or carries one further. Who stands nowhere begins at the board's stop.
fn step(grip: &Grip, way: Way) -> bool {
    let is_nowhere = dom::focused().is_none_or(|id| id == "main");
    if !(is_nowhere || is_on_a_task()) {
        return false;
    }
    if grip.in_hand().is_some_and(|carried| carried.by_keys) {
        grip.carry(way);
        return true;
    }
    let Some(stop) = grip.stop.get_untracked() else { return false };
    let next = if is_nowhere { Some(stop) } else { grip.next(stop, way) };
    if let Some(next) = next {
        grip.go_to(next);
    }
    true
}

/// A key was pressed somewhere on the board.
pub(crate) fn hear(grip: &Grip, event: &Event) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    let is_special = key.ctrl_key() || key.meta_key() || key.alt_key() || key.shift_key() || key.is_composing();
    if is_special || event.default_prevented() || dom::is_about_a_control(event) {
        return;
    }
    let Some(task) = task_of(event) else { return };
    let by_keys = grip.in_hand().is_some_and(|carried| carried.by_keys);
    match key.key().as_str() {
        " " if by_keys => grip.drop(),
        " " if grip.in_hand().is_none() => grip.lift(task, true),
        "Escape" if by_keys => grip.put_back(),
        // The link is followed by the browser, but not with something in hand.
        "Enter" if by_keys => {}
        " " => {}
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Something on the board got the focus.
pub(crate) fn focused(grip: &Grip, event: &Event) {
    if let Some(task) = task_of(event) {
        grip.stand_at(task);
    }
}
