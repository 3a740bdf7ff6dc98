//! A button and what it opens: a native popover, so that the browser closes it on Escape and on a press elsewhere, shows it
//! over everything, and gives the focus back. Its place follows the button; on a phone it is a sheet at the bottom.
//!
//! Must not know: what is inside.

use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, ToggleEvent};

use crate::{
    dom,
    live::{live, part},
};

/// Between a popover and its button, and the edges of the window.
const GAP: f64 = 4.0;
const EDGE: f64 = 8.0;

/// The button that opens it.
pub(crate) struct Opener {
    /// The id of the button, unique in the document.
    pub(crate) id: String,
    /// What it is called; its popover is called the same.
    pub(crate) name: String,
    /// Its classes.
    pub(crate) class: &'static str,
    /// What it opens: `menu`, or `dialog` for one with a field in it.
    pub(crate) opens: &'static str,
    /// Whether it cannot be pressed now.
    pub(crate) disabled: Signal<bool>,
}

/// The id of what a button opens.
pub(crate) fn popover_id(button: &str) -> String {
    button.to_owned() + "-pop"
}

/// A button with what it opens, which is painted only while it is open.
pub(crate) fn popover(
    opener: Opener,
    face: AnyView,
    mut keys: Box<dyn FnMut(&KeyboardEvent)>,
    mut inside: Box<dyn FnMut() -> AnyView + Send>,
) -> AnyView {
    let Opener { id, name, class, opens, disabled } = opener;
    let open = RwSignal::new(is_laid_open());
    let (target, popover, shown, called) = (popover_id(&id), popover_id(&id), id.clone(), name.clone());
    let is_menu = opens == "menu";
    let before = (!is_menu).then(|| part! { <span class="vh">{name.clone() + ": "}</span> });
    part! {
        <button
            class=class
            type="button"
            id=id
            popovertarget=target
            aria-label=is_menu.then_some(name)
            aria-haspopup=opens
            aria-expanded=move || open.get().to_string()
            disabled=move || disabled.get()
        >
            {before}
            {face}
        </button>
        <div
            class=if is_menu { "popover menu" } else { "popover picker" }
            popover="auto"
            // The focus is inside at once, and with it every key, before `arrive` finds its place.
            autofocus
            tabindex="-1"
            role=opens
            aria-label=called
            id=popover
            on:beforetoggle=move |event: ToggleEvent| {
                if event.new_state() == "open" {
                    open.set(true);
                    let id = shown.clone();
                    // It is shown and filled by then, and not painted yet.
                    dom::next_frame(move || arrive(&id));
                }
            }
            // Emptied only when the browser has given back the focus: it does so if the focus is still inside.
            on:toggle=move |event: ToggleEvent| open.set(event.new_state() == "open")
            on:keydown=move |event: KeyboardEvent| {
                // The keys of what is open are its own: Escape must not close the page below as well.
                if !(event.ctrl_key() || event.meta_key()) {
                    event.stop_propagation();
                }
                keys(&event);
            }
        >
            {live(move || open.get().then(&mut inside))}
        </div>
    }
}

/// Whether what is opened by a press is painted open from the beginning: never in the browser.
fn is_laid_open() -> bool {
    #[cfg(feature = "ssr")]
    return use_context::<crate::gallery::LaidOpen>().is_some();
    #[cfg(not(feature = "ssr"))]
    false
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// An element by its id.
pub(crate) fn element(id: &str) -> Option<HtmlElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// The one that has the focus.
pub(crate) fn focused() -> Option<web_sys::Element> {
    document()?.active_element()
}

/// Presses the button with this id; says whether it is there and can be pressed.
pub(crate) fn press(button: &str) -> bool {
    let button = element(button).filter(|button| !button.has_attribute("disabled"));
    if let Some(button) = &button {
        button.click();
    }
    button.is_some()
}

/// Closes what the button with this id has opened; the focus goes back to where it was.
pub(crate) fn close(button: &str) {
    if let Some(popover) = element(&popover_id(button)) {
        // It may be closed already.
        let _ = popover.hide_popover();
    }
}

/// Puts it under its button and the focus into it.
fn arrive(button: &str) {
    let Some((button, popover)) = element(button).zip(element(&popover_id(button))) else { return };
    place(&button, &popover);
    // On touch the keyboard of the screen would cover half of it: a field gets the focus when it is tapped.
    let is_touch =
        web_sys::window().and_then(|w| w.match_media("(pointer: coarse)").ok()?).is_some_and(|m| m.matches());
    let first = if is_touch { "[role=menuitem], [role=listbox]" } else { "[role=menuitem], input" };
    let first = popover.query_selector(first).ok().flatten().and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(first) = first {
        let _ = first.focus();
    }
}

/// Below the start of the button; above it or at its end where the window ends too soon.
fn place(button: &HtmlElement, popover: &HtmlElement) {
    let Some(window) = document().and_then(|d| d.document_element()) else { return };
    let (width, height) = (f64::from(window.client_width()), f64::from(window.client_height()));
    let at = button.get_bounding_client_rect();
    let (wide, high) = (f64::from(popover.offset_width()), f64::from(popover.offset_height()));
    let (below, above) = (height - at.bottom() - GAP - EDGE, at.top() - GAP - EDGE);
    let is_above = high > below && above > below;
    let start = if at.left() + wide > width - EDGE { at.right() - wide } else { at.left() };
    let start = start.min(width - wide - EDGE).max(EDGE);
    // From the edge on which the button is: it stays there when less is in it.
    let (from_edge, room) = if is_above { (height - at.top() + GAP, above) } else { (at.bottom() + GAP, below) };
    let style = popover.style();
    for (name, value) in [("--x", start), ("--y", from_edge), ("--room", room)] {
        let _ = style.set_property(name, &(value.to_string() + "px"));
    }
    let _ = popover.set_attribute("data-side", if is_above { "top" } else { "bottom" });
}
