//! Markup in the document: made, or taken over from the server; changed in place when its shape stays.

use leptos::{
    prelude::*,
    tachys::{
        hydration::Cursor,
        view::{Position, PositionState, any_view::AnyViewState},
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt, closure::Closure};
use web_sys::{Document, Element, Event, Node, Text};

use super::{
    Act, Slot, steps,
    value::{Now, Value},
};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Markup in the document.
pub(crate) struct Painted {
    shape: &'static str,
    /// What stands side by side in the parent.
    roots: Vec<Root>,
    /// What has come of each slot.
    kept: Vec<Kept>,
}

enum Root {
    Node(Node),
    /// The view in the slot of this place.
    Slot(usize),
}

enum Kept {
    /// An attribute that stays as it is until somebody paints anew.
    Attribute(Element, Now),
    /// A property, or the content as HTML.
    Property(Element),
    /// What follows what it reads, and the element on which it is seen.
    Live(Element, #[expect(dead_code, reason = "it acts for as long as it is kept")] RenderEffect<Now>),
    Listener(Listener),
    Element(Element),
    Text(Text),
    View(AnyViewState),
}

struct Listener {
    element: Element,
    name: &'static str,
    act: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(element: &Element, name: &'static str, act: Option<SendWrapper<Act>>) -> Option<Self> {
        let act = Closure::wrap(act?.take());
        let _ = element.add_event_listener_with_callback(name, act.as_ref().unchecked_ref());
        Some(Self { element: element.clone(), name, act })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.element.remove_event_listener_with_callback(self.name, self.act.as_ref().unchecked_ref());
    }
}

fn document() -> Document {
    web_sys::window().and_then(|w| w.document()).unwrap_throw()
}

/// Sets an attribute, a property, or the content of an element.
fn set(element: &Element, kind: char, name: &str, now: Option<&str>) {
    match (kind, now) {
        ('\u{3}', Some(text)) => {
            let _ = element.set_attribute(name, text);
        }
        ('\u{3}', None) => {
            let _ = element.remove_attribute(name);
        }
        ('\u{7}', now) => element.set_inner_html(now.unwrap_or_default()),
        (_, now) => {
            // A flag is a property that is true; a text of no length is one of `value`.
            let value = match now {
                Some("") if name != "value" => JsValue::TRUE,
                Some(text) => JsValue::from_str(text),
                None if name == "value" => JsValue::from_str(""),
                None => JsValue::FALSE,
            };
            let _ = js_sys::Reflect::set(element, &JsValue::from_str(name), &value);
        }
    }
}

/// Gives an element a value. What the server has painted is left as it stands, but properties, which it cannot paint.
fn give(element: &Element, kind: char, name: &'static str, value: Value, is_painted: bool) -> Kept {
    let skip_first = is_painted && kind != '\u{4}';
    if let Value::Live(mut work_out) = value {
        let at = element.clone();
        let effect = RenderEffect::new(move |before: Option<Now>| {
            let now = work_out().now();
            if !(before.is_none() && skip_first) && before.as_ref() != Some(&now) {
                set(&at, kind, name, now.as_deref());
            }
            now
        });
        return Kept::Live(element.clone(), effect);
    }
    let now = value.now();
    if !skip_first {
        set(element, kind, name, now.as_deref());
    }
    if kind == '\u{3}' { Kept::Attribute(element.clone(), now) } else { Kept::Property(element.clone()) }
}

/// Fits what is in a slot to an element.
fn fit(element: &Element, kind: char, name: &'static str, slot: Slot, is_painted: bool) -> Kept {
    match slot {
        Slot::Value(value) => give(element, kind, name, value, is_painted),
        Slot::On(act) => match Listener::new(element, name, act) {
            Some(listener) => Kept::Listener(listener),
            None => Kept::Element(element.clone()),
        },
        Slot::Keep(keep) => {
            keep(element);
            Kept::Element(element.clone())
        }
        Slot::Text(_) | Slot::View(_) => Kept::Element(element.clone()),
    }
}

/// Properties that depend on what is inside the element are set when that is there.
struct Late {
    place: usize,
    name: &'static str,
    slot: Slot,
}

impl Painted {
    /// Makes the elements.
    pub(super) fn build(shape: &'static str, slots: Vec<Slot>) -> Self {
        let document = document();
        let mut painted = Self { shape, roots: Vec::new(), kept: Vec::with_capacity(slots.len()) };
        let mut slots = slots.into_iter();
        let mut open: Vec<(Element, bool, Vec<Late>)> = Vec::new();
        for (kind, text) in steps(shape) {
            match kind {
                '\u{1}' => {
                    let is_svg = text == "svg" || open.last().is_some_and(|(_, is_svg, _)| *is_svg);
                    let element = if is_svg {
                        document.create_element_ns(Some(SVG), text)
                    } else {
                        document.create_element(text)
                    };
                    let element = element.unwrap_throw();
                    painted.append(open.last().map(|(parent, ..)| parent), &element);
                    open.push((element, is_svg, Vec::new()));
                }
                '\u{2}' => {
                    if let (Some((name, value)), Some((element, ..))) = (text.split_once('='), open.last()) {
                        let _ = element.set_attribute(name, value);
                    }
                }
                '\u{8}' => {
                    let node = document.create_text_node(text);
                    painted.append(open.last().map(|(parent, ..)| parent), &node);
                }
                '\u{c}' => {
                    if let Some((element, _, late)) = open.pop() {
                        for Late { place, name, slot } in late {
                            painted.kept[place] = fit(&element, '\u{4}', name, slot, false);
                        }
                    }
                }
                _ => {
                    let Some(slot) = slots.next() else { continue };
                    let place = painted.kept.len();
                    let kept = match (slot, open.last_mut()) {
                        (Slot::Text(text), parent) => {
                            let node = document.create_text_node(&text);
                            painted.append(parent.map(|(parent, ..)| &*parent), &node);
                            Kept::Text(node)
                        }
                        (Slot::View(view), Some((parent, ..))) => {
                            let mut view = view.build();
                            view.mount(parent, None);
                            Kept::View(view)
                        }
                        (Slot::View(view), None) => {
                            painted.roots.push(Root::Slot(place));
                            Kept::View(view.build())
                        }
                        (slot, Some((element, _, late))) if kind == '\u{4}' => {
                            late.push(Late { place, name: text, slot });
                            Kept::Element(element.clone())
                        }
                        (slot, Some((element, ..))) => fit(element, kind, text, slot, false),
                        (_, None) => continue,
                    };
                    painted.kept.push(kept);
                }
            }
        }
        painted
    }

    fn append(&mut self, parent: Option<&Element>, node: &Node) {
        match parent {
            Some(parent) => {
                let _ = parent.append_child(node);
            }
            None => self.roots.push(Root::Node(node.clone())),
        }
    }

    /// Takes over what the server has painted.
    pub(super) fn take_over(shape: &'static str, slots: Vec<Slot>, cursor: &Cursor, position: &PositionState) -> Self {
        let mut painted = Self { shape, roots: Vec::new(), kept: Vec::with_capacity(slots.len()) };
        let mut slots = slots.into_iter();
        let mut open: Vec<Element> = Vec::new();
        for (kind, text) in steps(shape) {
            match kind {
                '\u{1}' => {
                    match position.get() {
                        Position::FirstChild => cursor.child(),
                        Position::Current => {}
                        _ => cursor.sibling(),
                    }
                    let element: Element = cursor.current().dyn_into().expect_throw(text);
                    if open.is_empty() {
                        painted.roots.push(Root::Node(element.clone().into()));
                    }
                    open.push(element);
                    position.set(Position::FirstChild);
                }
                '\u{2}' => {}
                '\u{8}' => {
                    let _ = text.hydrate::<true>(cursor, position);
                    if open.is_empty() {
                        painted.roots.push(Root::Node(cursor.current()));
                    }
                }
                '\u{c}' => {
                    if let Some(element) = open.pop() {
                        cursor.set(element.into());
                        position.set(Position::NextChild);
                    }
                }
                _ => {
                    let Some(slot) = slots.next() else { continue };
                    let place = painted.kept.len();
                    let kept = match (slot, open.last()) {
                        (Slot::Text(text), _) => {
                            let _ = text.into_owned().hydrate::<true>(cursor, position);
                            let node: Text = cursor.current().dyn_into().expect_throw("a text");
                            if open.is_empty() {
                                painted.roots.push(Root::Node(node.clone().into()));
                            }
                            Kept::Text(node)
                        }
                        (Slot::View(view), parent) => {
                            if parent.is_none() {
                                painted.roots.push(Root::Slot(place));
                            }
                            Kept::View(view.hydrate::<true>(cursor, position))
                        }
                        (slot, Some(element)) => fit(element, kind, text, slot, true),
                        (_, None) => continue,
                    };
                    painted.kept.push(kept);
                }
            }
        }
        painted
    }

    /// Paints anew: in place, if the shape is the same.
    pub(super) fn rebuild(&mut self, shape: &'static str, slots: Vec<Slot>) {
        let fits = shape == self.shape
            && self.kept.iter().zip(&slots).all(|(kept, slot)| match slot {
                Slot::Text(_) => matches!(kept, Kept::Text(_)),
                Slot::View(_) => matches!(kept, Kept::View(_)),
                _ => true,
            });
        if !fits {
            let mut new = Self::build(shape, slots);
            self.insert_before_this(&mut new);
            self.unmount();
            *self = new;
            return;
        }
        let of_slots = steps(shape).filter(|(kind, _)| !matches!(kind, '\u{1}' | '\u{2}' | '\u{8}' | '\u{c}'));
        for ((kept, slot), (kind, name)) in self.kept.iter_mut().zip(slots).zip(of_slots) {
            kept.change(kind, name, slot);
        }
    }
}

impl Kept {
    fn change(&mut self, kind: char, name: &'static str, slot: Slot) {
        match (&mut *self, slot) {
            (Self::View(state), Slot::View(view)) => view.rebuild(state),
            (Self::Text(node), Slot::Text(text)) if node.data() != *text => node.set_data(&text),
            (Self::Attribute(element, before), Slot::Value(value)) if !matches!(value, Value::Live(_)) => {
                let now = value.now();
                if now != *before {
                    set(element, kind, name, now.as_deref());
                    *before = now;
                }
            }
            (
                Self::Attribute(element, _)
                | Self::Property(element)
                | Self::Live(element, _)
                | Self::Element(element)
                | Self::Listener(Listener { element, .. }),
                slot,
            ) => {
                let element = element.clone();
                *self = fit(&element, kind, name, slot, false);
            }
            _ => {}
        }
    }
}

impl Mountable for Painted {
    fn unmount(&mut self) {
        for root in &self.roots {
            match root {
                Root::Node(node) => {
                    if let Some(parent) = node.parent_node() {
                        let _ = parent.remove_child(node);
                    }
                }
                Root::Slot(place) => {
                    if let Kept::View(view) = &mut self.kept[*place] {
                        view.unmount();
                    }
                }
            }
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        for root in &self.roots {
            match root {
                Root::Node(node) => {
                    let _ = parent.insert_before(node, marker);
                }
                Root::Slot(place) => {
                    if let Kept::View(view) = &mut self.kept[*place] {
                        view.mount(parent, marker);
                    }
                }
            }
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.roots.iter().any(|root| match root {
            Root::Node(node) => node.parent_element().is_some_and(|parent| {
                child.mount(&parent, Some(node));
                true
            }),
            Root::Slot(place) => match &self.kept[*place] {
                Kept::View(view) => view.insert_before_this(child),
                _ => false,
            },
        })
    }

    fn elements(&self) -> Vec<Element> {
        let of = |root: &Root| match root {
            Root::Node(node) => node.dyn_ref::<Element>().cloned().into_iter().collect(),
            Root::Slot(place) => match &self.kept[*place] {
                Kept::View(view) => view.elements(),
                _ => Vec::new(),
            },
        };
        self.roots.iter().flat_map(of).collect()
    }
}
