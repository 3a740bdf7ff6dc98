//! From a value to a text, the same as `serde_json` writes it.
//!
//! The text is its own memory: a comma is due unless the last byte opened the list or object.

use std::sync::Arc;

/// A type that can be written.
pub trait ToWire {
    /// Appends the value.
    fn write(&self, out: &mut String);

    /// Whether an optional field with this value is left out: nothing, zero, false, or empty.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Appends a text with its quotes. Only what has to be escaped is (RFC 8259, section 7).
#[inline(never)]
pub fn write_text(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, 0..b' ' | b'"' | b'\\')) {
        let Some((plain, behind)) = rest.split_at_checked(at) else { break };
        push(out, plain);
        let byte = behind.as_bytes().first().copied().unwrap_or_default();
        let short = match byte {
            b'\n' => b'n',
            b'\t' => b't',
            b'\r' => b'r',
            0x08 => b'b',
            0x0c => b'f',
            0..b' ' => b'u',
            plain => plain,
        };
        out.push('\\');
        out.push(char::from(short));
        if short == b'u' {
            push(out, "00");
            out.push(char::from(b'0' + byte / 16));
            out.push(char::from(HEX[usize::from(byte % 16)]));
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    push(out, rest);
    out.push('"');
}

#[inline(never)]
fn write_integer(out: &mut String, is_negative: bool, mut magnitude: u64) {
    // The largest has twenty digits.
    let mut digits = [0; 20];
    let mut n = 0;
    for place in &mut digits {
        *place = b'0' + (magnitude % 10) as u8;
        magnitude /= 10;
        n += 1;
        if magnitude == 0 {
            break;
        }
    }
    if is_negative {
        out.push('-');
    }
    out.extend(digits.iter().take(n).rev().map(|digit| char::from(*digit)));
}

#[inline(never)]
fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

#[inline(never)]
fn comma(out: &mut String) {
    if !matches!(out.as_bytes().last(), Some(b'{' | b'[')) {
        out.push(',');
    }
}

/// Opens an object.
pub fn begin(out: &mut String) {
    push(out, "{");
}

/// Closes an object.
pub fn end(out: &mut String) {
    push(out, "}");
}

/// Opens the object of a variant; its content comes next.
pub fn begin_variant(out: &mut String, name: &'static str) {
    begin(out);
    key(out, name);
}

/// Closes a variant whose content is an object.
pub fn end_variant(out: &mut String) {
    push(out, "}}");
}

/// Opens the object of a variant that has its name in a field.
pub fn begin_tagged(out: &mut String, tag: &'static str, name: &'static str) {
    begin_variant(out, tag);
    write_text(out, name);
}

/// A field of an object.
#[inline(never)]
pub fn put<T: ToWire + ?Sized>(out: &mut String, name: &'static str, value: &T) {
    key(out, name);
    value.write(out);
}

/// A field of an object, unless its value is absent.
pub fn put_present<T: ToWire + ?Sized>(out: &mut String, name: &'static str, value: &T) {
    if !value.is_absent() {
        put(out, name, value);
    }
}

/// The derive has seen that nothing in the name has to be escaped.
#[inline(never)]
fn key(out: &mut String, name: &'static str) {
    comma(out);
    push(out, "\"");
    push(out, name);
    push(out, "\":");
}

impl ToWire for bool {
    fn write(&self, out: &mut String) {
        push(out, if *self { "true" } else { "false" });
    }

    fn is_absent(&self) -> bool {
        !*self
    }
}

macro_rules! integers {
    ($($name:ident)+) => { $(
        impl ToWire for $name {
            fn write(&self, out: &mut String) {
                let number = i64::from(*self);
                write_integer(out, number < 0, number.unsigned_abs());
            }

            fn is_absent(&self) -> bool {
                *self == 0
            }
        }
    )+ };
}

integers!(u8 u16 u32 i16 i32 i64);

impl ToWire for u64 {
    fn write(&self, out: &mut String) {
        write_integer(out, false, *self);
    }

    fn is_absent(&self) -> bool {
        *self == 0
    }
}

impl ToWire for str {
    fn write(&self, out: &mut String) {
        write_text(out, self);
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl ToWire for String {
    fn write(&self, out: &mut String) {
        write_text(out, self);
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToWire> ToWire for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => push(out, "null"),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: ToWire> ToWire for [T] {
    fn write(&self, out: &mut String) {
        push(out, "[");
        for item in self {
            comma(out);
            item.write(out);
        }
        push(out, "]");
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToWire> ToWire for Vec<T> {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! pointers {
    ($($name:ty),+) => { $(
        impl<T: ToWire + ?Sized> ToWire for $name {
            fn write(&self, out: &mut String) {
                T::write(self, out);
            }

            fn is_absent(&self) -> bool {
                T::is_absent(self)
            }
        }
    )+ };
}

pointers!(&T, Box<T>, Arc<T>);

impl<A: ToWire, B: ToWire> ToWire for (A, B) {
    fn write(&self, out: &mut String) {
        push(out, "[");
        self.0.write(out);
        push(out, ",");
        self.1.write(out);
        push(out, "]");
    }
}

impl<A: ToWire, B: ToWire, C: ToWire> ToWire for (A, B, C) {
    fn write(&self, out: &mut String) {
        push(out, "[");
        self.0.write(out);
        push(out, ",");
        self.1.write(out);
        push(out, ",");
        self.2.write(out);
        push(out, "]");
    }
}
