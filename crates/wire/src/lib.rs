//! JSON (RFC 8259) for our own types: what the page and the server tell each other, and what the feed stores.
//!
//! Made for few bytes of program, because the page carries it. One parser and one writer that know no types; a type adds one
//! short call for each of its fields. The general frameworks write the parser out again for each type instead, with a branch
//! for every form in which a value could come. A wasm that reads a recorded event, a page with a board and a refusal, and writes a
//! command (`opt-level = "z"`, then `wasm-opt -Oz`) has 53 kB with this (20 kB as brotli) and 156 kB (48 kB) with `serde_json`; one
//! that only formats a text and fills a list has 13 kB (5 kB).
//!
//! Must not know: the types themselves, and where texts come from or go to.
//!
//! ```
//! # use wire::Wire;
//! #[derive(Debug, PartialEq, Wire)]
//! struct Move {
//!     task: u32,
//!     #[wire(optional)]
//!     why: Option<String>,
//! }
//!
//! let text = wire::to_string(&Move { task: 7, why: None });
//! assert_eq!(text, r#"{"task":7}"#);
//! assert_eq!(wire::from_str::<Move>(&text)?.task, 7);
//! assert_eq!(wire::from_str::<Move>("{}").unwrap_err().to_string(), "task: This is missing.");
//! # Ok::<(), wire::Fault>(())
//! ```
//!
//! # How types look
//!
//! - A struct with named fields is an object with its fields in the order of declaration. `#[wire(name = "s")]` gives a field
//!   another name. `#[wire(default)]`: when it is missing it is the type's default. `#[wire(optional)]`: the same, and it is
//!   left out when it [is absent](ToWire::is_absent).
//! - A struct with one nameless field looks like that field. `#[wire(checked)]`: it is read by way of `TryFrom`, whose error is a
//!   [`Fault`] or turns into one.
//! - A variant of an enum is called by its name in `snake_case`. One without content is a text; another is an object of one
//!   field, which has the variant's name and holds the content. `#[wire(tag = "t")]` on the enum puts the name into a field
//!   beside the content's fields instead.
//! - [`Option`] is `null` when there is nothing, and a missing field reads as nothing.
//!
//! Unknown fields are ignored. When a field comes twice the first counts.

mod doc;
mod fault;
mod read;
mod write;

/// What the derived code calls.
#[doc(hidden)]
pub mod code {
    pub use crate::{
        read::{field, field_or_default, tagged, variant},
        write::{begin, begin_tagged, begin_variant, end, end_variant, put, put_present},
    };
}

pub use doc::{Doc, Items, Node};
pub use fault::Fault;
pub use read::FromWire;
pub use wire_derive::{FromWire, ToWire, Wire};
pub use write::{ToWire, write_text};

/// A type that can be written and read. Derived, or it follows from [`ToWire`] and [`FromWire`].
pub trait Wire: ToWire + FromWire {}

impl<T: ToWire + FromWire> Wire for T {}

/// Reads a JSON text.
///
/// # Errors
///
/// The first [`Fault`]: the text is not JSON, or not what the type asks for.
pub fn from_str<T: FromWire>(text: &str) -> Result<T, Fault> {
    Doc::parse(text)?.read()
}

/// Writes a value as JSON, without white space.
#[must_use]
pub fn to_string<T: ToWire + ?Sized>(value: &T) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}
