//! A value that must not reach a log: keys, passwords, tokens, opened fields.
//!
//! Must not know: what the value is for.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A value that is never printed and is wiped from memory when dropped.
///
/// It has no `Display`, its `Debug` is `[secret]`, and the only way in is [`expose`](Self::expose), which is easy to search
/// for. Wiping reaches the place where the value rests when it is dropped; moving a value that is not behind a pointer may
/// leave a copy of its bytes at its former place.
///
/// ```
/// use muster_vault::Secret;
///
/// let token = Secret::new(String::from("correct horse"));
/// assert_eq!(format!("{token:?}"), "[secret]");
/// assert_eq!(token.expose(), "correct horse");
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> ZeroizeOnDrop for Secret<T> {}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    struct Watched(Rc<Cell<bool>>);

    impl Zeroize for Watched {
        fn zeroize(&mut self) {
            self.0.set(true);
        }
    }

    #[test]
    fn a_dropped_secret_has_been_wiped() {
        let wiped = Rc::new(Cell::new(false));
        let secret = Secret::new(Watched(Rc::clone(&wiped)));
        assert!(!wiped.get());
        drop(secret);
        assert!(wiped.get());
    }

    #[test]
    fn debug_prints_no_secret_even_inside_other_values() {
        let printed = format!("{:?}", Some(Secret::new(vec![0x41_u8, 0x42, 0x43])));
        assert_eq!(printed, "Some([secret])");
    }
}
