//! What follows the question mark of an address: names and values, read and written.
//!
//! Must not know: what they mean.

/// The names with their values, as they were meant; a name alone has no value.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, String)> {
    query.trim_start_matches('?').split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name, decoded(value))
    })
}

/// The first value with this name.
pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    pairs(query).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Writes a value as it stands in a query.
pub(crate) fn encode(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// Adds a name and its value to an address; nothing if there is no value.
#[cfg(feature = "ssr")]
pub(crate) fn put(address: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    let text = value.map(|value| value.to_string()).unwrap_or_default();
    if !text.is_empty() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        encode(address, &text);
    }
}

/// A value of a query as it was meant. A broken escape stays as it is; bytes that are no text become the mark for those.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |place: usize| after.get(place).and_then(|b| char::from(*b).to_digit(16));
        rest = if let (b'%', Some((high, low))) = (first, digit(0).zip(digit(1))) {
            bytes.push((high * 16 + low).to_le_bytes()[0]);
            &after[2..]
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_without_their_encoding() {
        for (query, found) in [
            ("?next=/p/MUS/3", Some("/p/MUS/3")),
            ("a=1&next=%2Fp%2FM%C3%BCS", Some("/p/MüS")),
            ("next=a+b", Some("a b")),
            ("next=%", Some("%")),
            ("next=%zz%4", Some("%zz%4")),
            ("next=%ff", Some("\u{fffd}")),
            ("next", Some("")),
            ("other=1", None),
            ("", None),
        ] {
            assert_eq!(value(query, "next").as_deref(), found, "{query}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["", "Ana & Ben = 2", "%2F+#?", "Grüße, 世界 👋"] {
            let mut query = "?x=1&q=".to_owned();
            encode(&mut query, text);
            assert_eq!(value(&query, "q").as_deref(), Some(text));
        }
    }
}
