//! The few things of the document that the pages touch by hand: focus, the session's storage, leaving.
//!
//! Runs in the browser only: from effects and event handlers, never while painting.

use leptos::prelude::StoredValue;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, Element, HtmlAnchorElement, HtmlElement, KeyboardEvent, MouseEvent, Storage};

use crate::{nav::Address, paths::Place};

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Says that the page answers to people now. Tests wait for it.
pub(crate) fn mark_hydrated() {
    if let Some(body) = document().and_then(|d| d.body()) {
        let _ = body.set_attribute("data-hydrated", "true");
    }
}

/// The content of a `<meta name=…>`.
pub(crate) fn meta(name: &str) -> Option<String> {
    document()?.query_selector(&format!("meta[name='{name}']")).ok()??.get_attribute("content")
}

/// The value of a cookie that programs may read.
pub(crate) fn cookie(name: &str) -> Option<String> {
    let all = js_sys::Reflect::get(document()?.as_ref(), &JsValue::from_str("cookie")).ok()?.as_string()?;
    let found = all.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.map(ToOwned::to_owned)
}

/// Whether the document is the shell that the device keeps, and not what the server painted for this address.
pub(crate) fn is_shell() -> bool {
    document().and_then(|d| d.body()).is_some_and(|body| body.has_attribute("data-shell"))
}

/// Calls the window so.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// The text inside the element with this id.
pub(crate) fn text_of(id: &str) -> Option<String> {
    document()?.get_element_by_id(id)?.text_content()
}

/// Gives the focus to the element with this id, if it is there.
pub(crate) fn focus(id: &str) {
    let element = document().and_then(|d| d.get_element_by_id(id));
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The same when the next frame is about to be painted: for what is only just being put there.
pub(crate) fn focus_soon(id: impl Into<String>) {
    let id = id.into();
    next_frame(move || focus(&id));
}

/// The id of the element that has the focus, when it has one.
pub(crate) fn focused() -> Option<String> {
    document()?.active_element().map(|e| e.id()).filter(|id| !id.is_empty())
}

/// The id of the element that had the focus before it came to where the event tells; empty for none.
pub(crate) fn came_from(event: &web_sys::FocusEvent) -> String {
    event.related_target().and_then(|t| t.dyn_into::<Element>().ok()).map(|e| e.id()).unwrap_or_default()
}

/// The same without scrolling anything.
pub(crate) fn focus_in_place(id: &str) {
    let element = document().and_then(|d| d.get_element_by_id(id));
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let how = web_sys::FocusOptions::new();
        how.set_prevent_scroll(true);
        let _ = element.focus_with_options(&how);
    }
}

/// Gives the focus to the element with this id if nothing has it. Nothing is scrolled: the reader may look elsewhere.
pub(crate) fn focus_if_lost(id: &str) {
    let is_lost = document().is_some_and(|d| d.active_element().is_none_or(|e| e.tag_name() == "BODY"));
    if is_lost {
        focus_in_place(id);
    }
}

/// Gives the focus back if it is lost by what is about to be painted. A list that is reordered takes elements out and
/// puts them in again, and the browser drops the focus of what it takes out, even of rows that did not move.
pub(crate) fn keep_focus() {
    if let Some(id) = focused() {
        next_frame(move || focus_if_lost(&id));
    }
}

/// Calls back before the next frame is painted. Unlike the framework's own, this and [`after`] outlive the part of the page
/// that asked: a socket must not lose its watchdog because the reader has gone to another page.
pub(crate) fn next_frame(then: impl FnOnce() + 'static) {
    if let Some(window) = web_sys::window() {
        let _ = window.request_animation_frame(Closure::once_into_js(then).unchecked_ref());
    }
}

/// A timer that [`after`] has set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer(i32);

impl Timer {
    /// It does not fire any more.
    pub(crate) fn cancel(self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.0);
        }
    }
}

/// Calls back after a time in milliseconds; browsers count in 32 bits.
pub(crate) fn after(ms: u64, then: impl FnOnce() + 'static) -> Option<Timer> {
    let (then, ms) = (Closure::once_into_js(then), i32::try_from(ms).unwrap_or(i32::MAX));
    let window = web_sys::window()?;
    window.set_timeout_with_callback_and_timeout_and_arguments_0(then.unchecked_ref(), ms).ok().map(Timer)
}

fn device() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// A text kept for this device.
pub(crate) fn kept(key: &str) -> Option<String> {
    device()?.get_item(key).ok()?
}

/// Keeps a text for this device; an empty one is removed. A full or forbidden storage loses it, and the page goes on.
pub(crate) fn keep(key: &str, text: &str) {
    if let Some(storage) = device() {
        let _ = if text.is_empty() { storage.remove_item(key) } else { storage.set_item(key, text) };
    }
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// Where it means nothing but a shortcut.
    Page,
    /// In a field, where it writes.
    Field,
    /// Where it has a meaning of its own: on a menu, or while a dialog is open.
    Own,
}

/// A key that was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// As a shortcut names it: `c`, `D`, `?`, `Space`, `Shift+ArrowUp`, `Mod+k`.
    pub(crate) name: String,
    pub(crate) on: On,
}

/// Which key was pressed; nothing when somebody has acted on it already, or it can be no shortcut.
pub(crate) fn pressed(event: &web_sys::Event) -> Option<Pressed> {
    let event = event.dyn_ref::<KeyboardEvent>()?;
    let key = event.key();
    if event.default_prevented()
        || event.is_composing()
        || event.alt_key()
        || matches!(key.as_str(), "Shift" | "Control" | "Alt" | "Meta" | "AltGraph")
    {
        return None;
    }
    let shift = event.shift_key();
    // On a keyboard of other letters, the place of the key counts.
    let letter = event.code().strip_prefix("Key").map(str::to_owned).filter(|_| !key.is_ascii());
    let key = letter.unwrap_or(key);
    let mut name = if event.ctrl_key() || event.meta_key() { "Mod+".to_owned() } else { String::new() };
    match key.as_str() {
        " " => name += "Space",
        one if one.len() == 1 && shift => name += &one.to_ascii_uppercase(),
        one if one.len() == 1 => name += &one.to_ascii_lowercase(),
        long => {
            name += if shift { "Shift+" } else { "" };
            name += long;
        }
    }
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let is_in = |what: &str| target.as_ref().is_some_and(|e| e.closest(what).ok().flatten().is_some());
    let has_dialog = document()?.query_selector("dialog:modal").ok()?.is_some();
    // A button is pressed with these.
    let presses = matches!(name.as_str(), "Space" | "Enter") && is_in("a, button, summary, [role=button]");
    let on = if has_dialog || presses || is_in("[role=menu], [role=listbox], [popover]") {
        On::Own
    } else if is_in("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") {
        On::Field
    } else {
        On::Page
    };
    Some(Pressed { name, on })
}

/// Whether an event is about the element itself that listens to it, and nothing inside.
pub(crate) fn is_on_itself(event: &web_sys::Event) -> bool {
    event.target() == event.current_target()
}

/// Lets what contains the element with this id be seen to have changed: the style sheet says how.
pub(crate) fn flash(id: &str, around: &str) {
    const STAYS_MS: u64 = 2_000;
    let element = document().and_then(|d| d.get_element_by_id(id)).and_then(|e| e.closest(around).ok().flatten());
    if let Some(element) = element {
        let _ = element.set_attribute("data-changed", "");
        after(STAYS_MS, move || {
            let _ = element.remove_attribute("data-changed");
        });
    }
}

/// Scrolls so that the element with this id can be seen.
pub(crate) fn show(id: &str) {
    if let Some(element) = document().and_then(|d| d.get_element_by_id(id)) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// The text that is about to be pasted; empty for anything else.
pub(crate) fn pasted(event: &web_sys::Event) -> String {
    let data = event.dyn_ref::<web_sys::ClipboardEvent>().and_then(web_sys::ClipboardEvent::clipboard_data);
    data.and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default()
}

/// The beginning of all addresses of this site.
pub(crate) fn origin() -> String {
    web_sys::window().and_then(|w| w.location().origin().ok()).unwrap_or_default()
}

/// Whether the keyboard is a Mac's.
pub(crate) fn is_mac() -> bool {
    let platform = web_sys::window().and_then(|w| w.navigator().platform().ok());
    platform.is_some_and(|name| name.starts_with("Mac") || name.starts_with("iP"))
}

/// Goes to another address with a whole new page.
pub(crate) fn go(path: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.location().assign(path);
    }
}

/// The address that the window shows.
pub(crate) fn address() -> Option<Address> {
    let location = web_sys::window()?.location();
    Some(Address { path: location.pathname().ok()?, query: location.search().ok()? })
}

/// Makes the window show another address of this site, with a new place in its history unless `replace` is set.
pub(crate) fn set_address(href: &str, replace: bool) {
    if let Some(history) = web_sys::window().and_then(|w| w.history().ok()) {
        // Only an address of another site is refused.
        let _ = if replace {
            history.replace_state_with_url(&JsValue::NULL, "", Some(href))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(href))
        };
    }
}

/// Shows the beginning of the page.
pub(crate) fn scroll_to_top() {
    if let Some(window) = web_sys::window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Where a click on a link leads, if the page may follow it by itself: a plain click on a link to a page of this site that
/// this program paints and that asks for nothing special.
pub(crate) fn followed_link(event: &web_sys::Event) -> Option<String> {
    let click = event.dyn_ref::<MouseEvent>()?;
    let is_plain =
        click.button() == 0 && !(click.alt_key() || click.ctrl_key() || click.meta_key() || click.shift_key());
    if !is_plain || event.default_prevented() {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let special = link.has_attribute("target") || link.has_attribute("download") || link.has_attribute("rel");
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    let here = web_sys::window()?.location();
    let is_ours = link.origin() == here.origin().ok()? && Place::read(&link.pathname()).is_in_program();
    (!special && is_ours).then(|| format!("{}{}{}", link.pathname(), link.search(), link.hash()))
}

/// Loads this page anew.
pub(crate) fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// The address of the live channel on this page's host.
pub(crate) fn live_url() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/live", location.host().ok()?))
}

/// Whether somebody can see the page.
pub(crate) fn is_visible() -> bool {
    document().is_none_or(|d| d.visibility_state() != web_sys::VisibilityState::Hidden)
}

/// Calls `then` whenever the window or the document fires this event, for as long as the page lives.
pub(crate) fn on_event(of: EventSource, name: &str, then: impl Fn(web_sys::Event) + 'static) {
    let closure = Closure::<dyn Fn(web_sys::Event)>::new(then);
    let target: Option<web_sys::EventTarget> = match of {
        EventSource::Window => web_sys::window().map(Into::into),
        EventSource::Document => document().map(Into::into),
    };
    if let Some(target) = target {
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref::<js_sys::Function>());
        closure.forget();
    }
}

/// Listens to an element or the document for as long as the part of the page that asked is there.
pub(crate) struct Ears {
    target: web_sys::EventTarget,
    names: &'static [&'static str],
    closure: Closure<dyn Fn(web_sys::Event)>,
}

impl Ears {
    /// Hears these events of the element with this id; of the document if none is given. From an effect, whose next run
    /// or end is the end of it. The browser does not begin to scroll before the listener has spoken.
    pub(crate) fn keep(id: Option<&str>, names: &'static [&'static str], hear: impl Fn(web_sys::Event) + 'static) {
        let Some(document) = document() else { return };
        let target: Option<web_sys::EventTarget> = match id {
            Some(id) => document.get_element_by_id(id).map(Into::into),
            None => Some(document.into()),
        };
        let Some(target) = target else { return };
        let closure = Closure::<dyn Fn(web_sys::Event)>::new(hear);
        let how = web_sys::AddEventListenerOptions::new();
        how.set_passive(false);
        for name in names {
            let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
                name,
                closure.as_ref().unchecked_ref(),
                &how,
            );
        }
        StoredValue::new_local(Self { target, names, closure });
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        for name in self.names {
            let _ = self.target.remove_event_listener_with_callback(name, self.closure.as_ref().unchecked_ref());
        }
    }
}

/// What an attribute says of the element that an event is about, or of the nearest one around it that has it.
pub(crate) fn told_around(event: &web_sys::Event, attribute: &str) -> Option<String> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    element.closest(&["[", attribute, "]"].concat()).ok()??.get_attribute(attribute)
}

/// What this pointer does is told to the element with this id from now on, wherever it goes.
pub(crate) fn capture_pointer(id: &str, pointer: i32) {
    if let Some(element) = document().and_then(|d| d.get_element_by_id(id)) {
        // It may have been lifted already.
        let _ = element.set_pointer_capture(pointer);
    }
}

/// Whether an event is about something in an element that fits a selector.
pub(crate) fn is_within(event: &web_sys::Event, selector: &str) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|e| e.closest(selector).ok().flatten().is_some())
}

/// Whether an event is about a button or a field.
pub(crate) fn is_about_a_control(event: &web_sys::Event) -> bool {
    is_within(event, "button, input, textarea, select, [role=menu]")
}

/// Who fires an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventSource {
    Window,
    Document,
}

/// Sets the text of `beforeunload`, with which a browser asks whether to leave.
pub(crate) fn ask_before_leaving(event: &web_sys::Event) {
    event.prevent_default();
    let _ = js_sys::Reflect::set(event, &JsValue::from_str("returnValue"), &JsValue::from_str("unsent"));
}
