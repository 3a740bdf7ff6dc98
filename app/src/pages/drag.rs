//! Carrying tasks with the pointer, on the board and elsewhere. A mouse has to go a few pixels first, a finger to rest: a quick one scrolls.
//!
//! Must not know: what is in hand and where it goes. That is for a [`Hand`] to say.

use leptos::prelude::*;
use model::TaskId;
use std::sync::{Arc, Mutex};
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent, MouseEvent, PointerEvent};

use crate::{
    data::hold,
    dom::{self, Ears},
    live::{effect, memo},
    measure,
};

/// How far a pressed pointer goes before it carries, in pixels.
const SLACK: f64 = 6.0;
/// How long a finger rests before it carries.
const REST_MS: u64 = 250;
/// How near the edge of what scrolls the pointer makes it scroll, in pixels, and how fast at most, per frame.
const EDGE: f64 = 56.0;
const FASTEST: f64 = 16.0;

/// A place on the screen.
pub(crate) type Point = (f64, f64);

/// Who carries tasks, and where they can be put down.
pub(crate) trait Hand: Send + Sync {
    /// The id of the element in which the tasks lie.
    fn area(&self) -> &'static str;
    /// What of the page is lifted with a task: the id of something in it, and a selector of the whole.
    fn lifted(&self, task: TaskId) -> (String, &'static str);
    /// Whether the reader may carry tasks.
    fn may_carry(&self) -> bool;
    /// Whether nothing is in hand. Tracked.
    fn is_empty(&self) -> bool;
    /// Takes a task in hand.
    fn lift(&self, task: TaskId);
    /// Carries it to this place of the screen. Says whether anything was scrolled for it.
    fn carry(&self, task: TaskId, at: Point) -> bool;
    /// Puts it down where it was carried to.
    fn put_down(&self);
    /// Puts it back to where it was.
    fn put_back(&self);
    /// A task was clicked with Ctrl or Shift: it is chosen, or all up to it.
    fn choose(&self, task: TaskId, is_range: bool);
    /// A key was pressed.
    fn hear(&self, event: &Event);
    /// Something got the focus.
    fn focused(&self, event: &Event);
}

/// What the pointer does.
#[derive(Clone, Copy, PartialEq)]
enum Pointer {
    Free,
    /// Pressed on a task. Each press has a number, so that a timer knows its own.
    Pressed {
        task: TaskId,
        id: i32,
        at: Point,
        by_touch: bool,
        press: u32,
    },
    /// Carrying: where it is, and where in the card it holds it.
    Carrying {
        task: TaskId,
        id: i32,
        at: Point,
        hold: Point,
        is_due: bool,
    },
    /// Has just put something down: the click that follows means nothing.
    Done,
}

/// Carrying with the pointer. Every clone is the same.
#[derive(Clone)]
struct Drag {
    hand: Arc<dyn Hand>,
    pointer: Arc<Mutex<(Pointer, u32)>>,
}

/// Listens to what the pointer and the keyboard do where the tasks lie, for as long as that is shown.
pub(crate) fn listen(hand: Arc<dyn Hand>) {
    let drag = Drag { hand: hand.clone(), pointer: Arc::new(Mutex::new((Pointer::Free, 0))) };
    let heard = drag.clone();
    effect(move || {
        let (area, document) = (heard.clone(), heard.clone());
        Ears::keep(Some(heard.hand.area()), EVENTS, move |event| area.hear(&event));
        // Wherever the focus is meanwhile.
        Ears::keep(None, &["keydown"], move |event| {
            let is_escape = event.dyn_ref::<KeyboardEvent>().is_some_and(|key| key.key() == "Escape");
            if is_escape && document.is_carrying() {
                event.prevent_default();
                document.hand.put_back();
            }
        });
    });
    // Whoever ends the carrying, the pointer lets go.
    let is_empty = memo(move || hand.is_empty());
    effect(move || {
        if is_empty.get() {
            drag.let_go();
        }
    });
}

const EVENTS: &[&str] = &[
    "pointerdown",
    "pointermove",
    "pointerup",
    "pointercancel",
    "lostpointercapture",
    "touchmove",
    "dragstart",
    "contextmenu",
    "click",
    "keydown",
    "focusin",
];

/// The task that an event is about.
pub(crate) fn task_of(event: &Event) -> Option<TaskId> {
    dom::told_around(event, "data-task")?.parse().ok()
}

impl Drag {
    fn hear(&self, event: &Event) {
        let name = event.type_();
        match name.as_str() {
            "keydown" => return self.hand.hear(event),
            "focusin" => return self.hand.focused(event),
            // Links can be dragged elsewhere by the browser; cards are links.
            "dragstart" => return event.prevent_default(),
            "touchmove" if self.is_carrying() => return event.prevent_default(),
            "contextmenu" if self.is_held_by_touch() => return event.prevent_default(),
            _ => {}
        }
        if let Some(pointer) = event.dyn_ref::<PointerEvent>() {
            match name.as_str() {
                "pointerdown" => self.press(pointer),
                "pointermove" => self.moved(pointer),
                "pointerup" => self.released(),
                "pointercancel" | "lostpointercapture" => self.lost(),
                "click" => self.clicked(pointer),
                _ => {}
            }
        }
    }

    fn now(&self) -> Pointer {
        hold(&self.pointer).0
    }

    fn set(&self, next: Pointer) {
        hold(&self.pointer).0 = next;
    }

    fn is_carrying(&self) -> bool {
        matches!(self.now(), Pointer::Carrying { .. })
    }

    fn is_held_by_touch(&self) -> bool {
        matches!(self.now(), Pointer::Carrying { .. } | Pointer::Pressed { by_touch: true, .. })
    }

    fn press(&self, event: &PointerEvent) {
        // A second finger, or a second button, changes nothing about what is carried.
        if self.is_carrying() {
            return;
        }
        self.set(Pointer::Free);
        let with_keys = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.button() != 0 || !event.is_primary() || with_keys || dom::is_about_a_control(event) {
            return;
        }
        let Some(task) = task_of(event).filter(|_| self.hand.may_carry() && untrack(|| self.hand.is_empty())) else {
            return;
        };
        let by_touch = event.pointer_type() == "touch";
        let press = {
            let mut pointer = hold(&self.pointer);
            pointer.1 = pointer.1.wrapping_add(1);
            pointer.0 = Pointer::Pressed { task, id: event.pointer_id(), at: point(event), by_touch, press: pointer.1 };
            pointer.1
        };
        if by_touch {
            let drag = self.clone();
            dom::after(REST_MS, move || {
                if matches!(drag.now(), Pointer::Pressed { press: now, .. } if now == press) {
                    drag.begin();
                }
            });
        }
    }

    fn moved(&self, event: &PointerEvent) {
        let to = point(event);
        match self.now() {
            // It was let go where nobody listened.
            Pointer::Pressed { .. } if event.buttons() == 0 => self.set(Pointer::Free),
            Pointer::Pressed { at, by_touch, .. } if (to.0 - at.0).hypot(to.1 - at.1) > SLACK => {
                if by_touch {
                    self.set(Pointer::Free);
                } else {
                    self.begin();
                    self.follow(to);
                }
            }
            Pointer::Carrying { id, .. } if id == event.pointer_id() => self.follow(to),
            _ => {}
        }
    }

    /// Lifts what is pressed.
    fn begin(&self) {
        let Pointer::Pressed { task, id, at, .. } = self.now() else { return };
        let (id_in_it, whole) = self.hand.lifted(task);
        let lifted = measure::lift_copy(&id_in_it, whole);
        let (Some(card), Some(())) = (measure::frame_around(&id_in_it, whole), lifted) else {
            return self.set(Pointer::Free);
        };
        self.set(Pointer::Carrying { task, id, at, hold: (at.0 - card.left, at.1 - card.top), is_due: false });
        self.hand.lift(task);
        dom::capture_pointer(self.hand.area(), id);
        self.follow(at);
    }

    /// Follows the pointer, once per frame.
    fn follow(&self, to: Point) {
        let mut pointer = hold(&self.pointer);
        if let Pointer::Carrying { at, is_due, .. } = &mut pointer.0 {
            *at = to;
            if !std::mem::replace(is_due, true) {
                drop(pointer);
                let drag = self.clone();
                dom::next_frame(move || drag.frame());
            }
        }
    }

    fn frame(&self) {
        let (task, at, grasp) = {
            let mut pointer = hold(&self.pointer);
            let Pointer::Carrying { task, at, hold, is_due, .. } = &mut pointer.0 else { return };
            *is_due = false;
            (*task, *at, *hold)
        };
        measure::move_copy(at.0 - grasp.0, at.1 - grasp.1);
        // At an edge the rest comes into view, and goes on coming while the pointer rests there.
        if self.hand.carry(task, at) {
            self.follow(at);
        }
    }

    fn released(&self) {
        match self.now() {
            Pointer::Carrying { task, at, .. } => {
                self.hand.carry(task, at);
                self.hand.put_down();
                self.let_go();
            }
            _ => self.set(Pointer::Free),
        }
    }

    /// The browser took the pointer for something else.
    fn lost(&self) {
        match self.now() {
            Pointer::Carrying { .. } => self.hand.put_back(),
            Pointer::Pressed { .. } => self.set(Pointer::Free),
            Pointer::Free | Pointer::Done => {}
        }
    }

    /// Nothing is carried any more.
    fn let_go(&self) {
        if self.is_carrying() {
            measure::remove_copy();
            self.set(Pointer::Done);
            let drag = self.clone();
            // The click of this very release comes before.
            dom::after(0, move || {
                if drag.now() == Pointer::Done {
                    drag.set(Pointer::Free);
                }
            });
        }
    }

    /// A click right after a release means nothing; with Ctrl or Shift it chooses.
    fn clicked(&self, event: &MouseEvent) {
        if self.now() == Pointer::Done {
            return event.prevent_default();
        }
        let (one, range) = (event.ctrl_key() || event.meta_key(), event.shift_key());
        if !(one || range) || !self.hand.may_carry() || dom::is_about_a_control(event) {
            return;
        }
        if let Some(task) = task_of(event) {
            event.prevent_default();
            self.hand.choose(task, range);
        }
    }
}

fn point(event: &MouseEvent) -> Point {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

/// How fast to scroll with the pointer at `at` in something that goes from `start` to `end`: faster nearer to the edge.
#[expect(clippy::cast_possible_truncation, reason = "at most the fastest")]
pub(crate) fn speed(at: f64, start: f64, end: f64) -> i32 {
    let into = |depth: f64| (depth / EDGE * FASTEST).clamp(0.0, FASTEST).ceil() as i32;
    if end - start < 3.0 * EDGE { 0 } else { into(at - (end - EDGE)) - into(start + EDGE - at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_to_the_edge_the_faster_it_scrolls() {
        assert_eq!(speed(500.0, 0.0, 1000.0), 0);
        assert_eq!(speed(1000.0, 0.0, 1000.0), 16);
        assert_eq!(speed(2000.0, 0.0, 1000.0), 16);
        assert_eq!(speed(-5.0, 0.0, 1000.0), -16);
        assert!(speed(950.0, 0.0, 1000.0) > 0 && speed(950.0, 0.0, 1000.0) < 4);
        assert_eq!(speed(50.0, 0.0, 100.0), 0, "too small to scroll by its edges");
    }
}
