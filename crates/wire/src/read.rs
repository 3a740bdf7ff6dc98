//! From a [`Node`] to a value.

use std::{borrow::Cow, sync::Arc};

use crate::{Fault, Node};

/// A type that can be read.
pub trait FromWire: Sized {
    /// Reads the value. A missing field comes as an [absent](Node::is_absent) node.
    ///
    /// Nothing means that it could not be read; then the node was told [why](Node::fault).
    fn read(node: Node<'_>) -> Option<Self>;
}

/// A field of an object.
#[must_use]
#[inline(never)]
pub fn field<T: FromWire>(node: Node<'_>, name: &'static str) -> Option<T> {
    let value = T::read(node.get(name)?);
    if value.is_none() {
        node.within(name);
    }
    value
}

/// A field of an object that may be missing.
#[must_use]
#[inline(never)]
pub fn field_or_default<T: FromWire + Default>(node: Node<'_>, name: &'static str) -> Option<T> {
    if node.get(name)?.is_absent() { Some(T::default()) } else { field(node, name) }
}

/// Which of the names a variant has, and its content. In `bare` the bits of those without content are set.
#[must_use]
#[inline(never)]
pub fn variant<'a>(node: Node<'a>, names: &[&str], bare: u64) -> Option<(usize, Node<'a>)> {
    let (name, content) = node.variant()?;
    let which = place(&name, names).filter(|which| bare >> which & 1 == u64::from(content.is_nothing()));
    which.map_or_else(|| unknown(node), |which| Some((which, content)))
}

/// Which of the names stands in this field.
#[must_use]
#[inline(never)]
pub fn tagged(node: Node<'_>, tag: &'static str, names: &[&str]) -> Option<usize> {
    let which = node.get(tag)?.text().and_then(|name| place(&name, names).or_else(|| unknown(node)));
    if which.is_none() {
        node.within(tag);
    }
    which
}

fn place(name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|n| *n == name)
}

fn unknown<T>(node: Node<'_>) -> Option<T> {
    node.fault(Fault::new("This is none of the words that can stand here."))
}

impl FromWire for bool {
    fn read(node: Node<'_>) -> Option<Self> {
        node.boolean()
    }
}

macro_rules! integers {
    ($($name:ident)+) => { $(
        impl FromWire for $name {
            fn read(node: Node<'_>) -> Option<Self> {
                Self::try_from(integer(node)?).ok().or_else(|| out_of_range(node))
            }
        }
    )+ };
}

integers!(u8 u16 u32 i16 i32);

impl FromWire for i64 {
    fn read(node: Node<'_>) -> Option<Self> {
        integer(node)
    }
}

impl FromWire for u64 {
    fn read(node: Node<'_>) -> Option<Self> {
        node.number()?.parse().ok().or_else(|| out_of_range(node))
    }
}

#[inline(never)]
fn integer(node: Node<'_>) -> Option<i64> {
    node.number()?.parse().ok().or_else(|| out_of_range(node))
}

fn out_of_range<T>(node: Node<'_>) -> Option<T> {
    node.fault(Fault::new("This has to be a whole number, and not as large or as small."))
}

impl FromWire for String {
    fn read(node: Node<'_>) -> Option<Self> {
        node.text().map(Cow::into_owned)
    }
}

impl<T: FromWire> FromWire for Option<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        if node.is_nothing() { Some(None) } else { T::read(node).map(Some) }
    }
}

impl<T: FromWire> FromWire for Vec<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        // It grows as it is read: a length that a stranger wrote reserves nothing.
        let mut list = Self::new();
        for item in node.items()? {
            list.push(T::read(item)?);
        }
        Some(list)
    }
}

impl<T: FromWire> FromWire for Box<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        T::read(node).map(Self::new)
    }
}

impl<T: FromWire> FromWire for Arc<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        T::read(node).map(Self::new)
    }
}

/// The items of a list of just so many.
#[inline(never)]
fn row<const N: usize>(node: Node<'_>) -> Option<[Node<'_>; N]> {
    let mut items = node.items()?;
    let row = std::array::from_fn(|_| items.next().unwrap_or_else(|| node.absent()));
    if items.next().is_none() { Some(row) } else { node.fault(Fault::new("This list is too long.")) }
}

impl<A: FromWire, B: FromWire> FromWire for (A, B) {
    fn read(node: Node<'_>) -> Option<Self> {
        let [a, b] = row(node)?;
        Some((A::read(a)?, B::read(b)?))
    }
}

impl<A: FromWire, B: FromWire, C: FromWire> FromWire for (A, B, C) {
    fn read(node: Node<'_>) -> Option<Self> {
        let [a, b, c] = row(node)?;
        Some((A::read(a)?, B::read(b)?, C::read(c)?))
    }
}
