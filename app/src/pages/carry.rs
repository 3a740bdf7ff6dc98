//! The keyboard on the board: going from task to task, carrying them, choosing them.
//!
//! Single letters go with the arrows: J, K, H, L go about and X chooses.

use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent};

use crate::{
    dom,
    pages::{
        drag::task_of,
        grip::{Grip, Way},
    },
};

/// A key was pressed somewhere on the board.
pub(crate) fn hear(grip: &Grip, event: &Event) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    let is_special = key.ctrl_key() || key.meta_key() || key.alt_key() || key.is_composing();
    if is_special || event.default_prevented() || dom::is_about_a_control(event) {
        return;
    }
    let Some(task) = task_of(event) else { return };
    let by_keys = grip.in_hand().is_some_and(|carried| carried.by_keys);
    let way = match key.key().as_str() {
        "ArrowUp" | "k" | "K" => Some(Way::Up),
        "ArrowDown" | "j" | "J" => Some(Way::Down),
        "ArrowLeft" | "h" | "H" => Some(Way::Left),
        "ArrowRight" | "l" | "L" => Some(Way::Right),
        " " => {
            if by_keys {
                grip.drop();
            } else if grip.in_hand().is_none() {
                grip.lift(task, true);
            }
            None
        }
        "Escape" if by_keys => {
            grip.put_back();
            None
        }
        // The link is followed by the browser, but not with something in hand.
        "Enter" if by_keys => None,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    match way {
        Some(way) if by_keys => grip.carry(way),
        Some(way) => {
            if let Some(next) = grip.next(task, way) {
                grip.go_to(next);
            }
        }
        None => {}
    }
}

/// Something on the board got the focus.
pub(crate) fn focused(grip: &Grip, event: &Event) {
    if let Some(task) = task_of(event) {
        grip.stand_at(task);
    }
}
