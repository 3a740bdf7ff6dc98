//! The vault: seals and opens single fields, and computes what they are found by.
//!
//! Must not know: SQL, what a column means, the clock. The envelope is described in the crate documentation.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305, aead::inout::InOutBuf};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{
    KeyId, KeyRing, Secret,
    derive::{blind_index_key, message_keys, purpose_key},
    ring::RootKey,
};

/// The only suite there is: XChaCha20-Poly1305 with a key and a commitment by HKDF-SHA256.
const SUITE: u8 = 0x01;
const HEADER_LEN: usize = 1 + 4 + 24 + 32;
const TAG_LEN: usize = 16;

/// How many bytes an envelope is longer than what it holds.
pub const OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// The logical name of an encrypted column, such as `users.email`.
///
/// It is bound into every envelope, so it must stay when the table is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Column(&'static str);

impl Column {
    /// The column with this logical name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The logical name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why an envelope could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The ring has no key of this number, or the key is retired. Adding the key as `decrypt_only` helps.
    #[error("key {0} is not in the ring, or is retired")]
    UnknownKey(KeyId),
    /// The commitment differs: the ring holds other bytes under this number than those that sealed, or the envelope's header
    /// was changed.
    #[error("key {0} is not the key that sealed this value")]
    WrongKey(KeyId),
    /// The right key, but not what was sealed here: the value was changed, or it was moved from another column or row.
    #[error("{column} of row {:032x} was changed or moved after it was sealed", u128::from_be_bytes(*row))]
    Tampered {
        /// Where the value was found.
        column: Column,
        /// Where the value was found.
        row: [u8; 16],
    },
    /// Not an envelope: too short, of an unknown suite, or without a key number.
    #[error("not a sealed value")]
    Malformed,
}

/// What an encrypted value is found by: equal values of one column have equal indexes under one key, and nothing else shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlindIndex {
    /// The root key that the index was computed under; rows carry it so that an old index can be found and replaced.
    pub key: KeyId,
    /// HMAC-SHA256 of the value, under a key of the column's own.
    pub mac: [u8; 32],
}

/// Seals and opens fields with the keys of a ring.
///
/// It can be shared freely. When the ring changes, [`load`](Self::load) puts the new one in place for all who share it; what is
/// being sealed or opened at that moment goes on with the ring that it began with.
pub struct Vault {
    ring: RwLock<Arc<KeyRing>>,
    nonces: Box<dyn Fn() -> [u8; 24] + Send + Sync>,
}

impl Vault {
    /// A vault with these keys. `nonces` is asked once per sealed value and must answer 24 fresh bytes of a cryptographic
    /// random source; only a test may answer otherwise.
    pub fn new(ring: KeyRing, nonces: impl Fn() -> [u8; 24] + Send + Sync + 'static) -> Self {
        Self { ring: RwLock::new(Arc::new(ring)), nonces: Box::new(nonces) }
    }

    /// The ring that is in use now.
    #[must_use]
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses this ring from now on.
    ///
    /// Keys that were [derived](Self::derive) before are those of the old ring: whoever kept some must derive them again.
    pub fn load(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Seals `plain` for this column and row, under the active key. The envelope is [`OVERHEAD`] bytes longer than `plain`.
    ///
    /// The length of `plain` shows; pad what is short and tells by its length.
    ///
    /// # Panics
    ///
    /// If `plain` is longer than 256 GiB, which is as much as one nonce may encrypt.
    #[must_use]
    pub fn seal(&self, column: Column, row: [u8; 16], plain: &[u8]) -> Vec<u8> {
        self.seal_under(self.ring().active_key(), column, row, plain)
    }

    fn seal_under(&self, key: &RootKey, column: Column, row: [u8; 16], plain: &[u8]) -> Vec<u8> {
        let nonce = (self.nonces)();
        let message = message_keys(key, &nonce);

        let mut envelope = Vec::with_capacity(plain.len() + OVERHEAD);
        envelope.push(SUITE);
        envelope.extend_from_slice(&key.id.get().to_be_bytes());
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(&message.commitment);
        envelope.extend_from_slice(plain);

        let cipher = XChaCha20Poly1305::new(message.cipher.expose().into());
        let place = place(key.id, column, row);
        #[expect(clippy::expect_used, reason = "the cipher refuses only values over 256 GiB, which no field holds")]
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), &place, InOutBuf::from(&mut envelope[HEADER_LEN..]))
            .expect("a field is shorter than 256 GiB");
        envelope.extend_from_slice(&tag);
        envelope
    }

    /// Opens what [`seal`](Self::seal) made for the same column and row, under any usable key of the ring.
    ///
    /// # Errors
    ///
    /// A [`VaultError`] that tells which of four things is wrong. Nothing of the value is given out then.
    pub fn open(&self, column: Column, row: [u8; 16], envelope: &[u8]) -> Result<Secret<Vec<u8>>, VaultError> {
        open_with(&self.ring(), column, row, envelope)
    }

    /// Seals again, under the active key, what was sealed for the same column and row under another one; `None` if the active
    /// key sealed it. One step of a rotation: the caller puts the answer in the place of `envelope`, if that is still there.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn reseal(&self, column: Column, row: [u8; 16], envelope: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        // One ring for both halves: it may be replaced meanwhile.
        let ring = self.ring();
        let plain = open_with(&ring, column, row, envelope)?;
        let is_current = key_of(envelope) == Some(ring.active());
        Ok((!is_current).then(|| self.seal_under(ring.active_key(), column, row, plain.expose())))
    }

    /// The blind index of `value` under the active key: what is written.
    ///
    /// Equal bytes give equal indexes, so the value must be in its normal form (an address in lower case, say).
    #[must_use]
    pub fn blind(&self, column: Column, value: &[u8]) -> BlindIndex {
        blind_under(self.ring().active_key(), column, value)
    }

    /// The blind indexes of `value` under all usable keys, the active one first: what is looked up, since during a rotation
    /// some rows still have the old one.
    #[must_use]
    pub fn blind_all(&self, column: Column, value: &[u8]) -> Vec<BlindIndex> {
        self.ring().usable().map(|key| blind_under(key, column, value)).collect()
    }

    /// A key for another purpose, such as signing sessions, derived from the active key. Different purposes have unrelated
    /// keys, and none tells anything about the root key.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        purpose_key(self.ring().active_key(), purpose)
    }

    /// The keys of this purpose under all usable root keys, the active one first: what a signature is checked against, so that
    /// sessions survive a rotation.
    #[must_use]
    pub fn derive_all(&self, purpose: &str) -> Vec<(KeyId, Secret<[u8; 32]>)> {
        self.ring().usable().map(|key| (key.id, purpose_key(key, purpose))).collect()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("ring", &self.ring()).finish_non_exhaustive()
    }
}

/// Under which key an envelope says that it was sealed, without opening it; nothing if it is no envelope.
#[must_use]
pub fn key_of(envelope: &[u8]) -> Option<KeyId> {
    Envelope::read(envelope).map(|envelope| envelope.key)
}

/// The first bytes of every envelope under a key, by which rows are counted in SQL.
#[must_use]
pub const fn prefix_of(key: KeyId) -> [u8; 5] {
    let [a, b, c, d] = key.get().to_be_bytes();
    [SUITE, a, b, c, d]
}

fn open_with(ring: &KeyRing, column: Column, row: [u8; 16], envelope: &[u8]) -> Result<Secret<Vec<u8>>, VaultError> {
    let Envelope { key, nonce, commitment, sealed, tag } = Envelope::read(envelope).ok_or(VaultError::Malformed)?;
    let key = ring.usable().find(|usable| usable.id == key).ok_or(VaultError::UnknownKey(key))?;
    let message = message_keys(key, nonce);
    if !bool::from(message.commitment.ct_eq(commitment)) {
        return Err(VaultError::WrongKey(key.id));
    }

    let cipher = XChaCha20Poly1305::new(message.cipher.expose().into());
    let place = place(key.id, column, row);
    let mut plain = sealed.to_vec();
    match cipher.decrypt_inout_detached(nonce.into(), &place, InOutBuf::from(plain.as_mut_slice()), tag.into()) {
        Ok(()) => Ok(Secret::new(plain)),
        Err(_) => Err(VaultError::Tampered { column, row }),
    }
}

/// The parts of an envelope, in their order.
struct Envelope<'a> {
    key: KeyId,
    nonce: &'a [u8; 24],
    commitment: &'a [u8; 32],
    sealed: &'a [u8],
    tag: &'a [u8; TAG_LEN],
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[SUITE], rest) = bytes.split_first_chunk()? else { return None };
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (commitment, rest) = rest.split_first_chunk()?;
        let (sealed, tag) = rest.split_last_chunk()?;
        Some(Self { key: KeyId::new(u32::from_be_bytes(*key))?, nonce, commitment, sealed, tag })
    }
}

/// The associated data: `suite | key id u32 | length of the column name u32 | column name | row id 16`, numbers big-endian.
fn place(key: KeyId, column: Column, row: [u8; 16]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "a column name is a literal of the program")]
    let name_len = u32::try_from(column.0.len()).expect("a column name is shorter than 4 GiB");
    let mut place = Vec::with_capacity(1 + 4 + 4 + column.0.len() + 16);
    place.push(SUITE);
    place.extend_from_slice(&key.get().to_be_bytes());
    place.extend_from_slice(&name_len.to_be_bytes());
    place.extend_from_slice(column.0.as_bytes());
    place.extend_from_slice(&row);
    place
}

fn blind_under(root: &RootKey, column: Column, value: &[u8]) -> BlindIndex {
    let key = blind_index_key(root, column.0);
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes a key of 32 bytes");
    BlindIndex { key: root.id, mac: mac.chain_update(value).finalize().into_bytes().into() }
}
