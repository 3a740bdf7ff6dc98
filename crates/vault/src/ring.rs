//! The key ring: versioned root keys, which of them is used for new values, and the text form in which they are kept.
//!
//! Must not know: where the text comes from (environment, file, command), and what the keys encrypt.
//! Invariant: a ring that exists has exactly one active key, and no two keys share an id or their bytes.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Secret, derive::fingerprint};

/// The number of a root key. Never 0, so that an all-zero header cannot name a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

impl KeyId {
    /// The key with this number; `None` for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number, 1 or more.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a key of the ring may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Seals new values and opens old ones. A ring has exactly one.
    Active,
    /// Opens what it sealed, and seals nothing: a key on its way in or on its way out.
    DecryptOnly,
    /// Does nothing any more. It stays in the text until no backup needs it.
    Retired,
}

impl KeyState {
    /// As it is written in a ring's text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt_only",
            Self::Retired => "retired",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::DecryptOnly, Self::Retired].into_iter().find(|state| state.name() == name)
    }
}

/// Why a text is not a key ring.
///
/// No message holds any part of the text: in a mistyped line, any field may be the key. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// There is no key at all.
    #[error("the key ring holds no key; it needs one line `id:active:base64 of 32 random bytes`")]
    Empty,
    /// A line has not three fields.
    #[error("line {line} of the key ring is not of the form `id:state:base64`")]
    Malformed {
        /// Counted from 1.
        line: usize,
    },
    /// The first field is not a number from 1 to 4294967295.
    #[error("line {line} of the key ring does not begin with a key number from 1 to 4294967295")]
    BadId {
        /// Counted from 1.
        line: usize,
    },
    /// The second field names no state.
    #[error("line {line} of the key ring names no known state; states are active, decrypt_only and retired")]
    BadState {
        /// Counted from 1.
        line: usize,
    },
    /// The third field is not standard base64 with padding.
    #[error("line {line} of the key ring does not end in valid base64")]
    BadBase64 {
        /// Counted from 1.
        line: usize,
    },
    /// The key is too short or too long.
    #[error("key {key} has {found} bytes; a key has exactly 32")]
    WrongLength {
        /// The key in question.
        key: KeyId,
        /// How many bytes it has.
        found: usize,
    },
    /// The key was never filled with random bytes.
    #[error("key {0} is all zeros, which is no secret")]
    AllZero(KeyId),
    /// Two lines have the same number.
    #[error("key {0} is in the ring twice")]
    DuplicateId(KeyId),
    /// Two numbers stand for the same bytes, so that rotating from one to the other would change nothing.
    #[error("keys {0} and {1} are the same key under two numbers")]
    DuplicateKey(KeyId, KeyId),
    /// Nothing could be sealed.
    #[error("no key of the ring is active; exactly one must be")]
    NoActive,
    /// It is not clear which key seals.
    #[error("keys {0} and {1} are both active; exactly one may be")]
    SeveralActive(KeyId, KeyId),
}

/// Why a ring cannot be changed in this way. The ring is then as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingChangeError {
    /// There is no such key.
    #[error("key {0} is not in the ring")]
    NoKey(KeyId),
    /// It seals already.
    #[error("key {0} is the active key already")]
    IsActive(KeyId),
    /// A retired key does not come back: what it sealed since nobody knows.
    #[error("key {0} is retired; add a new key instead")]
    IsRetired(KeyId),
    /// Nothing could be sealed any more.
    #[error("key {0} is the active key; promote another one before it is retired")]
    SealsStill(KeyId),
    /// There is no number left.
    #[error("the highest key number is taken; give the next key a lower number that is free")]
    NoNumberLeft,
    /// The new key cannot be one.
    #[error(transparent)]
    Key(#[from] KeyRingError),
}

/// By what people tell keys apart without seeing them: eight bytes of HKDF-SHA256 of the key, from which nothing of it can be
/// computed. Equal keys have equal fingerprints, on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 8]);

impl fmt::Display for Fingerprint {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// Versioned root keys of 32 bytes each: one active, any number that only open, any number retired.
///
/// As text, it has one key per line, `id:state:base64`. Blank lines, and blanks around a line, do not count; the order of the
/// lines means nothing, only the state does.
///
/// ```
/// use muster_vault::{KeyId, KeyRing, KeyRingError, KeyState};
///
/// let ring = KeyRing::parse(
///     "2:active:ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=
///      1:decrypt_only:/ty6mHZUMhD+3LqYdlQyEP7cuph2VDIQ/ty6mHZUMhA=",
/// )?;
/// assert_eq!(ring.active().get(), 2);
/// assert_eq!(ring.keys().map(|(id, state)| (id.get(), state)).collect::<Vec<_>>(), [
///     (2, KeyState::Active),
///     (1, KeyState::DecryptOnly),
/// ]);
/// # Ok::<(), KeyRingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    active: RootKey,
    decrypt_only: Vec<RootKey>,
    retired: Vec<RootKey>,
}

/// One root key. All that is ever encrypted is encrypted under keys derived from one.
#[derive(Clone, Debug)]
pub(crate) struct RootKey {
    pub(crate) id: KeyId,
    pub(crate) bytes: Secret<[u8; 32]>,
}

impl KeyRing {
    /// A ring of one active key made of `random`, which must come from a cryptographic random source.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::AllZero`] if the source was evidently broken.
    pub fn generate(id: KeyId, random: [u8; 32]) -> Result<Self, KeyRingError> {
        let active = RootKey::new(id, Secret::new(random))?;
        Ok(Self { active, decrypt_only: Vec::new(), retired: Vec::new() })
    }

    /// Reads a ring from its text form.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, as a [`KeyRingError`]. Nothing of the text is repeated in it.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        // Room for all keys at once: a vector that grows leaves unwiped copies behind.
        let n_lines = text.lines().count();
        let (mut decrypt_only, mut retired) = (Vec::with_capacity(n_lines), Vec::with_capacity(n_lines));
        let mut active: Option<RootKey> = None;

        for (index, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
            let (key, state) = parse_line(line, index + 1)?;
            for other in active.iter().chain(&decrypt_only).chain(&retired) {
                key.refuse_duplicate_of(other)?;
            }
            match (state, &active) {
                (KeyState::Active, Some(first)) => return Err(KeyRingError::SeveralActive(first.id, key.id)),
                (KeyState::Active, None) => active = Some(key),
                (KeyState::DecryptOnly, _) => decrypt_only.push(key),
                (KeyState::Retired, _) => retired.push(key),
            }
        }

        match active {
            Some(active) => Ok(Self { active, decrypt_only, retired }),
            None if decrypt_only.is_empty() && retired.is_empty() => Err(KeyRingError::Empty),
            None => Err(KeyRingError::NoActive),
        }
    }

    /// The text form, with the active key first. It holds all keys in the clear.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        const LONGEST_LINE: usize = "4294967295:decrypt_only:".len() + 44 + "\n".len();
        // Room for all lines at once: a string that grows leaves unwiped copies behind.
        let mut text = String::with_capacity(self.all().count() * LONGEST_LINE);
        for (key, state) in self.all() {
            for part in [key.id.to_string().as_str(), ":", state.name(), ":"] {
                text.push_str(part);
            }
            STANDARD.encode_string(key.bytes.expose(), &mut text);
            text.push('\n');
        }
        Secret::new(text)
    }

    /// This ring with one more key, which only opens: the first step of a rotation, on every node. It is made of `random`, which
    /// must come from a cryptographic random source.
    ///
    /// # Errors
    ///
    /// [`RingChangeError::Key`] if the number is taken, or if the source was evidently broken.
    pub fn with_key(&self, id: KeyId, random: [u8; 32]) -> Result<Self, RingChangeError> {
        let key = RootKey::new(id, Secret::new(random))?;
        for (other, _) in self.all() {
            key.refuse_duplicate_of(other)?;
        }
        let mut ring = self.clone();
        ring.decrypt_only.push(key);
        Ok(ring)
    }

    /// This ring with another active key; the one that was active only opens from then on.
    ///
    /// Whether everybody who shares the data has the key is for the caller to know: whoever lacks it cannot read what is sealed
    /// from now on.
    ///
    /// # Errors
    ///
    /// When the key is not there, is retired or is active already.
    pub fn promoted(&self, id: KeyId) -> Result<Self, RingChangeError> {
        let mut ring = self.clone();
        let Some(place) = ring.decrypt_only.iter().position(|key| key.id == id) else {
            return Err(match self.state(id) {
                None => RingChangeError::NoKey(id),
                Some(KeyState::Retired) => RingChangeError::IsRetired(id),
                Some(KeyState::Active | KeyState::DecryptOnly) => RingChangeError::IsActive(id),
            });
        };
        std::mem::swap(&mut ring.active, &mut ring.decrypt_only[place]);
        Ok(ring)
    }

    /// This ring with a key retired, so that it opens nothing any more.
    ///
    /// Whether anything is still sealed under it is for the caller to know.
    ///
    /// # Errors
    ///
    /// When the key is not there, is retired already or seals.
    pub fn with_retired(&self, id: KeyId) -> Result<Self, RingChangeError> {
        let mut ring = self.clone();
        let Some(place) = ring.decrypt_only.iter().position(|key| key.id == id) else {
            return Err(match self.state(id) {
                None => RingChangeError::NoKey(id),
                Some(KeyState::Retired) => RingChangeError::IsRetired(id),
                Some(KeyState::Active | KeyState::DecryptOnly) => RingChangeError::SealsStill(id),
            });
        };
        let key = ring.decrypt_only.swap_remove(place);
        ring.retired.push(key);
        Ok(ring)
    }

    /// The number for the next key: one more than the highest.
    ///
    /// # Errors
    ///
    /// [`RingChangeError::NoNumberLeft`].
    pub fn next_id(&self) -> Result<KeyId, RingChangeError> {
        let highest = self.keys().map(|(id, _)| id.get()).max().unwrap_or_default();
        highest.checked_add(1).and_then(KeyId::new).ok_or(RingChangeError::NoNumberLeft)
    }

    /// What a key may do; nothing if it is not there.
    #[must_use]
    pub fn state(&self, id: KeyId) -> Option<KeyState> {
        self.keys().find(|(key, _)| *key == id).map(|(_, state)| state)
    }

    /// All keys with their fingerprints, in the order of [`keys`](Self::keys).
    pub fn fingerprints(&self) -> impl Iterator<Item = (KeyId, Fingerprint)> + '_ {
        self.all().map(|(key, _)| (key.id, Fingerprint(fingerprint(key))))
    }

    /// The key that seals.
    #[must_use]
    pub const fn active(&self) -> KeyId {
        self.active.id
    }

    /// All keys with what they may do: the active one, those that only open, those that are retired.
    pub fn keys(&self) -> impl Iterator<Item = (KeyId, KeyState)> + '_ {
        self.all().map(|(key, state)| (key.id, state))
    }

    pub(crate) const fn active_key(&self) -> &RootKey {
        &self.active
    }

    /// The keys that may open something, the active one first.
    pub(crate) fn usable(&self) -> impl Iterator<Item = &RootKey> {
        std::iter::once(&self.active).chain(&self.decrypt_only)
    }

    fn all(&self) -> impl Iterator<Item = (&RootKey, KeyState)> {
        std::iter::once((&self.active, KeyState::Active))
            .chain(self.decrypt_only.iter().map(|key| (key, KeyState::DecryptOnly)))
            .chain(self.retired.iter().map(|key| (key, KeyState::Retired)))
    }
}

impl RootKey {
    fn new(id: KeyId, bytes: Secret<[u8; 32]>) -> Result<Self, KeyRingError> {
        if bytes.expose().ct_eq(&[0; 32]).into() { Err(KeyRingError::AllZero(id)) } else { Ok(Self { id, bytes }) }
    }

    fn refuse_duplicate_of(&self, other: &Self) -> Result<(), KeyRingError> {
        if self.id == other.id {
            return Err(KeyRingError::DuplicateId(self.id));
        }
        if self.bytes.expose().ct_eq(other.bytes.expose()).into() {
            return Err(KeyRingError::DuplicateKey(other.id, self.id));
        }
        Ok(())
    }
}

fn parse_line(text: &str, line: usize) -> Result<(RootKey, KeyState), KeyRingError> {
    let mut fields = text.split(':');
    let (Some(id), Some(state), Some(key), None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
        return Err(KeyRingError::Malformed { line });
    };
    let id = id.parse().ok().and_then(KeyId::new).ok_or(KeyRingError::BadId { line })?;
    let state = KeyState::parse(state).ok_or(KeyRingError::BadState { line })?;

    let mut decoded = Zeroizing::new(Vec::with_capacity(key.len()));
    STANDARD.decode_vec(key, &mut decoded).map_err(|_| KeyRingError::BadBase64 { line })?;
    let bytes = <[u8; 32]>::try_from(decoded.as_slice())
        .map_err(|_| KeyRingError::WrongLength { key: id, found: decoded.len() })?;
    Ok((RootKey::new(id, Secret::new(bytes))?, state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> KeyId {
        KeyId::new(number).unwrap()
    }

    fn line(number: u32, state: &str, key: &[u8]) -> String {
        format!("{number}:{state}:{}", STANDARD.encode(key))
    }

    #[test]
    fn a_ring_reads_back_from_its_own_text() {
        let text = [
            line(3, "retired", &[3; 32]),
            line(9, "active", &[9; 32]),
            String::new(),
            format!("  {}\r", line(4, "decrypt_only", &[4; 32])),
        ]
        .join("\n");
        let ring = KeyRing::parse(&text).unwrap();
        let expected = [(id(9), KeyState::Active), (id(4), KeyState::DecryptOnly), (id(3), KeyState::Retired)];
        assert_eq!(ring.keys().collect::<Vec<_>>(), expected);

        let written = ring.to_text();
        let again = KeyRing::parse(written.expose()).unwrap();
        assert_eq!(again.keys().collect::<Vec<_>>(), expected);
        assert_eq!(again.to_text().expose(), written.expose());
        assert_eq!(again.active_key().bytes.expose(), &[9; 32]);
    }

    #[test]
    fn a_generated_ring_has_one_active_key_and_reads_back() {
        let ring = KeyRing::generate(id(1), [7; 32]).unwrap();
        let again = KeyRing::parse(ring.to_text().expose()).unwrap();
        assert_eq!(again.active(), id(1));
        assert_eq!(again.active_key().bytes.expose(), &[7; 32]);
        assert_eq!(KeyRing::generate(id(1), [0; 32]).unwrap_err(), KeyRingError::AllZero(id(1)));
    }

    #[test]
    fn a_ring_goes_through_a_rotation_one_state_at_a_time() {
        let old = KeyRing::generate(id(1), [1; 32]).unwrap();
        assert_eq!(old.next_id(), Ok(id(2)));
        let added = old.with_key(id(2), [2; 32]).unwrap();
        assert_eq!((added.active(), added.state(id(2))), (id(1), Some(KeyState::DecryptOnly)));
        let promoted = added.promoted(id(2)).unwrap();
        assert_eq!((promoted.active(), promoted.state(id(1))), (id(2), Some(KeyState::DecryptOnly)));
        let retired = promoted.with_retired(id(1)).unwrap();
        assert_eq!((retired.active(), retired.state(id(1))), (id(2), Some(KeyState::Retired)));
        assert_eq!(retired.next_id(), Ok(id(3)));
        let again = KeyRing::parse(retired.to_text().expose()).unwrap();
        assert_eq!(again.keys().collect::<Vec<_>>(), retired.keys().collect::<Vec<_>>());
        assert_eq!(again.active_key().bytes.expose(), &[2; 32]);
    }

    #[test]
    fn no_step_of_a_rotation_can_be_left_out() {
        let ring = KeyRing::generate(id(1), [1; 32]).unwrap().with_key(id(2), [2; 32]).unwrap();
        let done = ring.promoted(id(2)).unwrap().with_retired(id(1)).unwrap();
        for (refused, expected) in [
            (ring.promoted(id(3)), RingChangeError::NoKey(id(3))),
            (ring.promoted(id(1)), RingChangeError::IsActive(id(1))),
            (done.promoted(id(1)), RingChangeError::IsRetired(id(1))),
            (ring.with_retired(id(1)), RingChangeError::SealsStill(id(1))),
            (ring.with_retired(id(3)), RingChangeError::NoKey(id(3))),
            (done.with_retired(id(1)), RingChangeError::IsRetired(id(1))),
            (ring.with_key(id(2), [3; 32]), RingChangeError::Key(KeyRingError::DuplicateId(id(2)))),
            (done.with_key(id(3), [1; 32]), RingChangeError::Key(KeyRingError::DuplicateKey(id(1), id(3)))),
            (ring.with_key(id(3), [0; 32]), RingChangeError::Key(KeyRingError::AllZero(id(3)))),
        ] {
            assert_eq!(refused.unwrap_err(), expected);
        }
        let last = KeyRing::generate(KeyId::new(u32::MAX).unwrap(), [1; 32]).unwrap();
        assert_eq!(last.next_id(), Err(RingChangeError::NoNumberLeft));
    }

    #[test]
    fn a_fingerprint_belongs_to_the_bytes_and_not_to_the_number() {
        let of = |number, key: [u8; 32]| KeyRing::generate(id(number), key).unwrap().fingerprints().next().unwrap().1;
        assert_eq!(of(1, [1; 32]), of(2, [1; 32]));
        assert_ne!(of(1, [1; 32]), of(1, [2; 32]));
        assert_eq!(of(1, [1; 32]).to_string().len(), 16);
    }

    #[test]
    fn text_that_is_no_ring_is_refused_with_the_reason() {
        let good = line(1, "active", &[1; 32]);
        let cases = [
            (String::new(), KeyRingError::Empty),
            ("\n  \n".to_owned(), KeyRingError::Empty),
            (format!("{good}\nhello"), KeyRingError::Malformed { line: 2 }),
            (format!("{good}:x"), KeyRingError::Malformed { line: 1 }),
            (good.replacen('1', "one", 1), KeyRingError::BadId { line: 1 }),
            (good.replacen('1', "0", 1), KeyRingError::BadId { line: 1 }),
            (good.replacen('1', "4294967296", 1), KeyRingError::BadId { line: 1 }),
            (format!("\n{}", line(1, "Active", &[1; 32])), KeyRingError::BadState { line: 2 }),
            ("1:active:not base64".to_owned(), KeyRingError::BadBase64 { line: 1 }),
            ("1:active:".to_owned(), KeyRingError::WrongLength { key: id(1), found: 0 }),
            (line(1, "active", &[1; 31]), KeyRingError::WrongLength { key: id(1), found: 31 }),
            (line(1, "active", &[1; 33]), KeyRingError::WrongLength { key: id(1), found: 33 }),
            (line(1, "active", &[0; 32]), KeyRingError::AllZero(id(1))),
            (format!("{good}\n{}", line(1, "retired", &[2; 32])), KeyRingError::DuplicateId(id(1))),
            (format!("{good}\n{}", line(2, "retired", &[1; 32])), KeyRingError::DuplicateKey(id(1), id(2))),
            (line(1, "decrypt_only", &[1; 32]), KeyRingError::NoActive),
            (format!("{good}\n{}", line(2, "active", &[2; 32])), KeyRingError::SeveralActive(id(1), id(2))),
        ];
        for (text, expected) in cases {
            assert_eq!(KeyRing::parse(&text).unwrap_err(), expected, "{text:?}");
        }
    }

    #[test]
    fn no_refusal_prints_any_part_of_a_key() {
        let key = STANDARD.encode([0xA7; 32]);
        // Fields in the wrong places, each time with the key where something else belongs.
        for text in [
            key.clone(),
            format!("{key}:active:1"),
            format!("1:{key}:active"),
            format!("1:active:{key}!"),
            format!("1:active:{}", &key[..40]),
            format!("1:active:{key}:{key}"),
            format!("1:active:{key}\n2:active:{key}"),
        ] {
            let error = KeyRing::parse(&text).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(!told.contains(&key[..8]), "{told}");
        }
    }

    #[test]
    fn debug_of_a_ring_prints_numbers_but_no_bytes() {
        let ring = KeyRing::generate(id(77), [0xA7; 32]).unwrap();
        let told = format!("{ring:?}");
        assert!(told.contains("77") && told.contains("[secret]"), "{told}");
        assert!(!told.contains("167") && !told.to_lowercase().contains("a7"), "{told}");
    }
}
