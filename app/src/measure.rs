//! Where things lie on the screen: boxes, scrolling, sizes that only the browser knows, and a copy of an element that
//! follows the pointer.
//!
//! Runs in the browser only: from effects and event handlers, never while painting. Sizes go through the CSSOM, since the
//! content security policy lets no element have a style of its own.

use leptos::prelude::StoredValue;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Document, Element, HtmlElement, ResizeObserver, ScrollIntoViewOptions, ScrollLogicalPosition};

/// A box on the screen, in its pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    fn of(element: &Element) -> Self {
        let rect = element.get_bounding_client_rect();
        Self { left: rect.left(), top: rect.top(), right: rect.right(), bottom: rect.bottom() }
    }

    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(self) -> f64 {
        self.bottom - self.top
    }
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// The box of the element with this id.
pub(crate) fn frame_of(id: &str) -> Option<Frame> {
    by_id(id).map(|element| Frame::of(&element))
}

/// The box of what stands around the element with this id.
pub(crate) fn frame_around(id: &str, around: &str) -> Option<Frame> {
    by_id(id)?.closest(around).ok()?.map(|element| Frame::of(&element))
}

/// The boxes of the children that have an attribute, each with its value, in their order.
pub(crate) fn frames_in(id: &str, attribute: &str) -> Vec<(String, Frame)> {
    let mut frames = Vec::new();
    let mut next = by_id(id).and_then(|element| element.first_element_child());
    while let Some(child) = next {
        if let Some(value) = child.get_attribute(attribute) {
            frames.push((value, Frame::of(&child)));
        }
        next = child.next_element_sibling();
    }
    frames
}

/// What an attribute says of the element at a place of the screen, or of the nearest one around it that has it.
pub(crate) fn told_at(x: f64, y: f64, attribute: &str) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let element = document()?.element_from_point(x as f32, y as f32)?;
    element.closest(&["[", attribute, "]"].concat()).ok()??.get_attribute(attribute)
}

/// How far down the element with this id is scrolled.
pub(crate) fn scrolled(id: &str) -> f64 {
    by_id(id).map_or(0.0, |element| f64::from(element.scroll_top()))
}

/// Scrolls the element with this id. Says whether there was any way left to go.
pub(crate) fn scroll_by(id: &str, right: i32, down: i32) -> bool {
    by_id(id).is_some_and(|element| {
        let before = (element.scroll_left(), element.scroll_top());
        if right != 0 {
            element.set_scroll_left(before.0 + right);
        }
        if down != 0 {
            element.set_scroll_top(before.1 + down);
        }
        before != (element.scroll_left(), element.scroll_top())
    })
}

/// Scrolls as little as is needed to show the element with this id.
pub(crate) fn bring_into_view(id: &str) {
    if let Some(element) = by_id(id) {
        let how = ScrollIntoViewOptions::new();
        how.set_block(ScrollLogicalPosition::Nearest);
        how.set_inline(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&how);
    }
}

fn set_on(element: &Element, name: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.style().set_property(name, value);
    }
}

/// Sets a size of the element with this id, in pixels, as a custom property that the style sheet reads.
pub(crate) fn set_size(id: &str, name: &str, pixels: f64) {
    if let Some(element) = by_id(id) {
        set_on(&element, name, &in_pixels(pixels));
    }
}

fn in_pixels(pixels: f64) -> String {
    pixels.round().to_string() + "px"
}

/// Calls back whenever the element with this id gets another size, for as long as the effect that asked is not run again.
pub(crate) fn on_resize(id: &str, then: impl Fn() + 'static) {
    let Some(element) = by_id(id) else { return };
    let closure = Closure::<dyn Fn()>::new(then);
    if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
        observer.observe(&element);
        StoredValue::new_local(Sizes { observer, _closure: closure });
    }
}

/// Observes sizes for as long as it is kept.
struct Sizes {
    observer: ResizeObserver,
    _closure: Closure<dyn Fn()>,
}

impl Drop for Sizes {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// The id of the layer in which a copy follows the pointer.
const LAYER: &str = "drag-layer";

/// Puts a copy of what stands around the element with this id into a layer over the page, where it follows the pointer.
pub(crate) fn lift_copy(id: &str, around: &str) -> Option<()> {
    let (document, original) = (document()?, by_id(id)?.closest(around).ok()??);
    let copy: Element = original.clone_node_with_deep(true).ok()?.unchecked_into();
    // No two elements of a page are called the same.
    let named = copy.query_selector_all("[id]").ok()?;
    for place in 0..named.length() {
        if let Some(element) = named.item(place).and_then(|node| node.dyn_into::<Element>().ok()) {
            let _ = element.remove_attribute("id");
        }
    }
    let layer = document.create_element("div").ok()?;
    layer.set_id(LAYER);
    layer.set_class_name("drag-layer");
    for attribute in ["inert", "aria-hidden"] {
        let _ = layer.set_attribute(attribute, "true");
    }
    let _ = copy.set_attribute("data-state", "dragging");
    layer.append_child(&copy).ok()?;
    set_on(&layer, "--drag-w", &in_pixels(Frame::of(&original).width()));
    document.body()?.append_child(&layer).ok()?;
    Some(())
}

/// Moves the copy.
pub(crate) fn move_copy(x: f64, y: f64) {
    if let Some(layer) = by_id(LAYER) {
        let to = ["translate(", &in_pixels(x), ",", &in_pixels(y), ")"].concat();
        set_on(&layer, "transform", &to);
    }
}

/// Takes the copy away.
pub(crate) fn remove_copy() {
    if let Some(layer) = by_id(LAYER) {
        layer.remove();
    }
}
