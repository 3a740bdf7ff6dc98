//! The order of tasks within a status: texts between any two of which there is always another.
//!
//! Must not know: tasks. Source of the method: David Greenspan, "Implementing Fractional Indexing" (2020): a whole part
//! whose first letter says how long it is, so that appending stays short, and a fraction in base 62.

use serde::{Deserialize, Serialize};
use wire::Wire;

use crate::text::Invalid;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bytes. Only who moves tasks into ever the same gap, thousands of times, gets there.
const LONGEST: usize = 400;

/// A place in an order; compares byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Wire)]
#[serde(try_from = "String", into = "String")]
#[wire(checked)]
pub struct Rank(String);

impl Rank {
    /// The place between two others; `None` is the open end. Equal or swapped neighbours give the place after the first.
    #[must_use]
    pub fn between(before: Option<&Self>, after: Option<&Self>) -> Self {
        let after = match (before, after) {
            (Some(b), Some(a)) if a <= b => None,
            _ => after,
        };
        Self(match (before, after) {
            (None, None) => "a0".to_owned(),
            (Some(b), None) => {
                let (whole, fraction) = split(&b.0);
                increment(whole).unwrap_or_else(|| format!("{whole}{}", midpoint(fraction, None)))
            }
            (None, Some(a)) => {
                let (whole, fraction) = split(&a.0);
                if fraction.is_empty() {
                    decrement(whole).unwrap_or_else(|| format!("{whole}{}", midpoint("", Some(fraction))))
                } else {
                    whole.to_owned()
                }
            }
            (Some(b), Some(a)) => {
                let ((b_whole, b_fraction), (a_whole, a_fraction)) = (split(&b.0), split(&a.0));
                if b_whole == a_whole {
                    format!("{b_whole}{}", midpoint(b_fraction, Some(a_fraction)))
                } else {
                    match increment(b_whole) {
                        Some(next) if next.as_str() < a.0.as_str() => next,
                        _ => format!("{b_whole}{}", midpoint(b_fraction, None)),
                    }
                }
            }
        })
    }

    /// Whether it is longer than what is read back: the gap between its neighbours is used up.
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        self.0.len() > LONGEST
    }

    /// The text, for the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Rank {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        let bytes = text.as_bytes();
        let whole = bytes.first().map_or(0, |head| whole_len(*head));
        let fine = whole > 0
            && bytes.len() >= whole
            && bytes.len() <= LONGEST
            && bytes.iter().all(u8::is_ascii_alphanumeric)
            && (bytes.len() == whole || bytes[bytes.len() - 1] != b'0');
        if fine { Ok(Self(text)) } else { Err(Invalid("This is not a place in an order.")) }
    }
}

impl From<Rank> for String {
    fn from(rank: Rank) -> Self {
        rank.0
    }
}

/// Bytes of the whole part, head included: `a` has one digit, `z` 26, and `Z` one, `A` 26 below zero.
const fn whole_len(head: u8) -> usize {
    match head {
        b'a'..=b'z' => (head - b'a') as usize + 2,
        b'A'..=b'Z' => (b'Z' - head) as usize + 2,
        _ => 0,
    }
}

fn split(rank: &str) -> (&str, &str) {
    let len = rank.as_bytes().first().map_or(0, |head| whole_len(*head));
    rank.split_at_checked(len).unwrap_or((rank, ""))
}

fn digit(byte: u8) -> usize {
    DIGITS.iter().position(|d| *d == byte).unwrap_or(0)
}

/// The next whole part, or nothing after the last.
fn increment(whole: &str) -> Option<String> {
    step(whole, |d| if d + 1 < DIGITS.len() { Some(d + 1) } else { None }, b'0', b'Z', b'a', b'z')
}

/// The whole part before, or nothing before the first.
fn decrement(whole: &str) -> Option<String> {
    step(whole, |d| d.checked_sub(1), b'z', b'a', b'Z', b'A')
}

/// Moves the digits by one with carry. When all overflow, the head moves on: from `from` it jumps to `to`, at `last` it ends.
fn step(whole: &str, turn: impl Fn(usize) -> Option<usize>, reset: u8, from: u8, to: u8, last: u8) -> Option<String> {
    let (head, digits) = whole.as_bytes().split_first()?;
    let mut digits = digits.to_vec();
    for place in digits.iter_mut().rev() {
        if let Some(next) = turn(digit(*place)) {
            *place = DIGITS[next];
            return Some(join(*head, &digits));
        }
        *place = reset;
    }
    if *head == last {
        return None;
    }
    let next = if *head == from {
        to
    } else if last == b'z' {
        head + 1
    } else {
        head - 1
    };
    digits.resize(whole_len(next) - 1, reset);
    Some(join(next, &digits))
}

fn join(head: u8, digits: &[u8]) -> String {
    std::iter::once(&head).chain(digits).map(|b| char::from(*b)).collect()
}

/// The shortest fraction between two; `None` is one. Neither ends in zero, and neither does the answer.
fn midpoint(low: &str, high: Option<&str>) -> String {
    let (low, mut out) = (low.as_bytes(), String::new());
    let mut high = high.map(str::as_bytes);
    let mut place = 0;
    loop {
        let l = low.get(place).map_or(0, |b| digit(*b));
        let h = high.map_or(DIGITS.len(), |h| h.get(place).map_or(0, |b| digit(*b)));
        if l == h {
            out.push(char::from(DIGITS[l]));
        } else if h > l + 1 {
            out.push(char::from(DIGITS[usize::midpoint(l, h)]));
            return out;
        } else {
            // Neighbouring digits: keep the lower one and look for room behind it. If the upper text goes on, its
            // digit alone is already between.
            if high.is_some_and(|h| h.len() > place + 1) {
                out.push(char::from(DIGITS[h]));
                return out;
            }
            out.push(char::from(DIGITS[l]));
            high = None;
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn appending_ten_thousand_times_stays_short() {
        let mut last = None;
        for _ in 0..10_000 {
            let next = Rank::between(last.as_ref(), None);
            assert!(last.is_none_or(|l| l < next));
            last = Some(next);
        }
        assert!(last.unwrap().as_str().len() <= 4);
    }

    #[test]
    fn putting_first_a_thousand_times_stays_short() {
        let mut first = Rank::between(None, None);
        for _ in 0..1_000 {
            let next = Rank::between(None, Some(&first));
            assert!(next < first);
            first = next;
        }
        assert!(first.as_str().len() <= 4, "{first:?}");
    }

    #[test]
    fn swapped_neighbours_give_a_place_and_no_panic() {
        let (a, b) = (Rank("a1".into()), Rank("a0".into()));
        assert!(Rank::between(Some(&a), Some(&b)) > a);
    }

    proptest! {
        #[test]
        fn there_is_always_a_place_between(picks in prop::collection::vec(any::<prop::sample::Index>(), 1..300)) {
            let mut order: Vec<Rank> = Vec::new();
            for pick in picks {
                let at = pick.index(order.len() + 1);
                let new = Rank::between(at.checked_sub(1).map(|i| &order[i]), order.get(at));
                prop_assert!(Rank::try_from(String::from(new.clone())).is_ok(), "{:?}", new);
                order.insert(at, new);
                prop_assert!(order.windows(2).all(|w| w[0] < w[1]), "{:?}", order);
            }
        }
    }
}
