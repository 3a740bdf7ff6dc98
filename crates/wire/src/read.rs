//! From a [`Node`] to a value.

use std::{borrow::Cow, sync::Arc};

use crate::{Fault, Node};

/// A type that can be read.
pub trait FromWire: Sized {
    /// Reads the value. A missing field comes as an [absent](Node::is_absent) node.
    ///
    /// # Errors
    ///
    /// The first fault that is found.
    fn read(node: Node<'_>) -> Result<Self, Fault>;
}

/// A field of an object.
#[inline(never)]
pub fn field<T: FromWire>(node: Node<'_>, name: &'static str) -> Result<T, Fault> {
    node.get(name).and_then(T::read).map_err(|fault| fault.within(name))
}

/// A field of an object that may be missing.
#[inline(never)]
pub fn field_or_default<T: FromWire + Default>(node: Node<'_>, name: &'static str) -> Result<T, Fault> {
    if node.get(name)?.is_absent() { Ok(T::default()) } else { field(node, name) }
}

/// Which of the names a variant has, and its content. In `bare` the bits of those without content are set.
pub fn variant<'a>(node: Node<'a>, names: &[&str], bare: u64) -> Result<(usize, Node<'a>), Fault> {
    // Of what is neither a text nor an object the second fault is told.
    let (name, content) = if let Ok(name) = node.text() {
        (name, node.absent())
    } else {
        let (name, content) = node.only()?;
        (name.text()?, content)
    };
    let which = place(&name, names)?;
    if bare >> which & 1 == u64::from(content.is_nothing()) { Ok((which, content)) } else { Err(unknown()) }
}

/// Which of the names stands in this field.
pub fn tagged(node: Node<'_>, tag: &'static str, names: &[&str]) -> Result<usize, Fault> {
    let name = node.get(tag)?.text();
    name.and_then(|name| place(&name, names)).map_err(|fault| fault.within(tag))
}

fn place(name: &str, names: &[&str]) -> Result<usize, Fault> {
    names.iter().position(|n| *n == name).ok_or_else(unknown)
}

#[cold]
#[inline(never)]
fn unknown() -> Fault {
    Fault::new("This is none of the words that can stand here.")
}

impl FromWire for bool {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        node.boolean()
    }
}

macro_rules! integers {
    ($($name:ident)+) => { $(
        impl FromWire for $name {
            fn read(node: Node<'_>) -> Result<Self, Fault> {
                Self::try_from(integer(node)?).map_err(|_| out_of_range())
            }
        }
    )+ };
}

integers!(u8 u16 u32 i16 i32);

impl FromWire for i64 {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        integer(node)
    }
}

impl FromWire for u64 {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        node.number()?.parse().map_err(|_| out_of_range())
    }
}

#[inline(never)]
fn integer(node: Node<'_>) -> Result<i64, Fault> {
    node.number()?.parse().map_err(|_| out_of_range())
}

#[cold]
#[inline(never)]
fn out_of_range() -> Fault {
    Fault::new("This has to be a whole number, and not as large or as small.")
}

impl FromWire for String {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        node.text().map(Cow::into_owned)
    }
}

impl<T: FromWire> FromWire for Option<T> {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        if node.is_nothing() { Ok(None) } else { T::read(node).map(Some) }
    }
}

impl<T: FromWire> FromWire for Vec<T> {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        // It grows as it is read: a length that a stranger wrote reserves nothing.
        let mut list = Self::new();
        for item in node.items()? {
            list.push(T::read(item)?);
        }
        Ok(list)
    }
}

impl<T: FromWire> FromWire for Box<T> {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        T::read(node).map(Self::new)
    }
}

impl<T: FromWire> FromWire for Arc<T> {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        T::read(node).map(Self::new)
    }
}

/// The items of a list of just so many.
#[inline(never)]
fn row<const N: usize>(node: Node<'_>) -> Result<[Node<'_>; N], Fault> {
    let mut items = node.items()?;
    let row = std::array::from_fn(|_| items.next().unwrap_or_else(|| node.absent()));
    if items.next().is_none() { Ok(row) } else { Err(Fault::new("This list is too long.")) }
}

impl<A: FromWire, B: FromWire> FromWire for (A, B) {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        let [a, b] = row(node)?;
        Ok((A::read(a)?, B::read(b)?))
    }
}

impl<A: FromWire, B: FromWire, C: FromWire> FromWire for (A, B, C) {
    fn read(node: Node<'_>) -> Result<Self, Fault> {
        let [a, b, c] = row(node)?;
        Ok((A::read(a)?, B::read(b)?, C::read(c)?))
    }
}
