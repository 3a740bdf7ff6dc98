//! What `part!` makes of markup: a shape that never changes, and slots for what does.
//!
//! There is one piece of code for all markup: [`html`] writes it as text on the server, [`painted`] makes elements of it or
//! takes over those that the server wrote. What a shape looks like is told by `muster-markup`.
//!
//! Must not know: what is painted.

mod html;
mod painted;
mod value;

use leptos::{
    ev::EventDescriptor,
    prelude::*,
    tachys::{
        html::{
            attribute::{Attribute, any_attribute::AnyAttribute},
            element::ElementType,
            node_ref::NodeRefContainer,
        },
        hydration::Cursor,
        view::{Position, PositionState, RenderFlags, add_attr::AddAnyAttr},
    },
};
use std::borrow::Cow;
use wasm_bindgen::JsCast;

pub(crate) use muster_markup::part;
pub(crate) use value::{Value, value};

use painted::Painted;

/// What an event does.
pub(crate) type Act = Box<dyn FnMut(web_sys::Event)>;
/// What keeps a reference to an element.
pub(crate) type Keep = Box<dyn FnOnce(&web_sys::Element) + Send>;

/// What a shape leaves open.
pub(crate) enum Slot {
    /// The value of an attribute or a property, or the content as HTML.
    Value(Value),
    /// What an event does; nothing on the server.
    On(Option<send_wrapper::SendWrapper<Act>>),
    /// What keeps a reference to the element.
    Keep(Keep),
    /// A text.
    Text(Cow<'static, str>),
    /// A part of its own.
    View(AnyView),
}

/// What an event does.
pub(crate) fn on<E: EventDescriptor>(_: E, mut act: impl FnMut(E::EventType) + 'static) -> Slot
where
    E::EventType: JsCast,
{
    if cfg!(feature = "ssr") {
        return Slot::On(None);
    }
    let act: Act = Box::new(move |event: web_sys::Event| act(event.unchecked_into()));
    Slot::On(Some(send_wrapper::SendWrapper::new(act)))
}

/// What keeps a reference to the element.
pub(crate) fn node_ref<E: ElementType>(node: impl NodeRefContainer<E>) -> Slot {
    Slot::Keep(Box::new(move |element| node.load(element)))
}

/// What stands between the tags of an element.
pub(crate) trait IntoChild {
    /// As it is kept.
    fn into_child(self) -> Slot;
}

impl IntoChild for &'static str {
    fn into_child(self) -> Slot {
        Slot::Text(Cow::Borrowed(self))
    }
}

impl IntoChild for String {
    fn into_child(self) -> Slot {
        Slot::Text(Cow::Owned(self))
    }
}

impl IntoChild for AnyView {
    fn into_child(self) -> Slot {
        Slot::View(self)
    }
}

impl IntoChild for () {
    fn into_child(self) -> Slot {
        Slot::View(().into_any())
    }
}

impl IntoChild for Option<AnyView> {
    fn into_child(self) -> Slot {
        Slot::View(self.into_any())
    }
}

impl IntoChild for Option<&'static str> {
    fn into_child(self) -> Slot {
        Slot::View(self.map(markup_text).into_any())
    }
}

impl IntoChild for Option<String> {
    fn into_child(self) -> Slot {
        Slot::View(self.map(markup_text).into_any())
    }
}

impl IntoChild for Vec<AnyView> {
    fn into_child(self) -> Slot {
        Slot::View(self.into_any())
    }
}

fn markup_text(text: impl Into<Cow<'static, str>>) -> AnyView {
    markup("\u{b}", vec![Slot::Text(text.into())])
}

/// What stands between the tags of an element.
pub(crate) fn child(child: impl IntoChild) -> Slot {
    child.into_child()
}

/// A part that is nothing but a value.
pub(crate) fn alone(child: impl IntoChild) -> AnyView {
    match child.into_child() {
        Slot::View(view) => view,
        slot => markup("\u{b}", vec![slot]),
    }
}

/// A part of this shape.
pub(crate) fn markup(shape: &'static str, slots: Vec<Slot>) -> AnyView {
    Markup { shape, slots }.into_any()
}

/// The steps of a shape, in order.
fn steps(shape: &'static str) -> impl Iterator<Item = (char, &'static str)> {
    let mut rest = shape;
    std::iter::from_fn(move || {
        let kind = rest.chars().next()?;
        let text = &rest[1..];
        // Texts of the markup may hold line breaks and tabs, and no other control characters.
        let end = text.find(|c: char| c < '\t' || c == '\u{b}' || c == '\u{c}').unwrap_or(text.len());
        rest = &text[end..];
        Some((kind, &text[..end]))
    })
}

/// Markup of any shape.
pub(crate) struct Markup {
    shape: &'static str,
    slots: Vec<Slot>,
}

impl Render for Markup {
    type State = Painted;

    fn build(self) -> Painted {
        Painted::build(self.shape, self.slots)
    }

    fn rebuild(self, painted: &mut Painted) {
        painted.rebuild(self.shape, self.slots);
    }
}

impl AddAnyAttr for Markup {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _: A) -> Self {
        self
    }
}

impl RenderHtml for Markup {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {
        for slot in &mut self.slots {
            if let Slot::View(view) = slot {
                view.dry_resolve();
            }
        }
    }

    async fn resolve(mut self) -> Self {
        for slot in &mut self.slots {
            if let Slot::View(view) = slot {
                let waiting = std::mem::replace(view, ().into_any());
                *view = waiting.resolve().await;
            }
        }
        self
    }

    fn html_len(&self) -> usize {
        self.shape.len() * 2
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, flags: RenderFlags, _: Vec<AnyAttribute>) {
        html::write(self.shape, self.slots, buf, position, flags);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Painted {
        Painted::take_over(self.shape, self.slots, cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
