//! Field encryption with versioned keys and a blind index.
//!
//! Whoever steals a database, its backup or its log should learn no name and no address. This crate encrypts single fields
//! before they are written, so that the database never sees them:
//!
//! - A sealed value **cannot be moved**. It is bound to its column and its row; put anywhere else, it does not open.
//! - Keys **have versions**. Old values stay readable while new ones are sealed under a new key, so that changing keys needs no
//!   pause.
//! - A value that cannot be opened **says why**: unknown key, wrong key, tampered or malformed are four different troubles.
//! - Encrypted values **can be found** by equality, through an index that only the holder of the keys can compute.
//! - Keys and opened values **cannot be printed by accident**, and are wiped when dropped.
//!
//! ```
//! use muster_vault::{Column, KeyId, KeyRing, Vault, VaultError};
//!
//! const EMAIL: Column = Column::new("users.email");
//!
//! // In production, the ring is read with `KeyRing::parse` from wherever secrets are kept. Randomness comes from outside.
//! fn random<const N: usize>() -> [u8; N] {
//!     let mut bytes = [0; N];
//!     getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
//!     bytes
//! }
//! let ring = KeyRing::generate(KeyId::new(1).unwrap(), random())?;
//! let vault = Vault::new(ring, random);
//!
//! // A row must have its id before its fields are sealed.
//! let (ines, otto) = ([1; 16], [2; 16]);
//! let sealed = vault.seal(EMAIL, ines, b"ines@example.org");
//! assert_eq!(vault.open(EMAIL, ines, &sealed)?.expose(), b"ines@example.org");
//!
//! // Somebody with access to the database copies the value into another row.
//! assert_eq!(vault.open(EMAIL, otto, &sealed).unwrap_err(), VaultError::Tampered { column: EMAIL, row: otto });
//!
//! // A second, unique column finds the row again, without telling the address.
//! let written = vault.blind(EMAIL, b"ines@example.org");
//! assert!(vault.blind_all(EMAIL, b"ines@example.org").contains(&written));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The envelope
//!
//! ```text
//! 0x01 | key id u32 BE | nonce 24 | commitment 32 | XChaCha20-Poly1305 ciphertext | tag 16
//! ```
//!
//! - The key of each message and the commitment are both HKDF-SHA256 of the root key (salt: the nonce; labels
//!   `muster-vault/1/message/key` and `muster-vault/1/message/commitment`). Each value so has a key of its own.
//! - The commitment is compared in constant time before decryption. Poly1305 alone does not bind a ciphertext to one key; with
//!   the commitment, nobody can make an envelope that opens differently under two keys, and a wrong key is told apart from a
//!   changed value.
//! - The associated data is `0x01 | key id u32 BE | length of column name u32 BE | column name | row id 16`.
//! - The key id stands in clear at a fixed place, so that rows per key can be counted in SQL: `substr(column, 1, 5)`.
//!
//! What shows: the length of a value, its key id, and, in a blind index, which values are equal.
//!
//! # Changing keys
//!
//! A ring goes from one key to the next in four steps, none of which needs a pause. Who shares the data has to follow each step
//! before the next one is taken:
//!
//! 1. [`KeyRing::with_key`]: everybody gets the new key, which only opens.
//! 2. [`KeyRing::promoted`]: it seals what is written from now on. The old one still opens.
//! 3. [`Vault::reseal`]: what the old one sealed is sealed again, row by row, each by a compare-and-set, so that nobody's change
//!    is lost. `SELECT count(*) … WHERE substr(column, 1, 5) = ` [`prefix_of`] says how many are left.
//! 4. [`KeyRing::with_retired`]: when none is left, the old key opens nothing any more. It can be destroyed when no backup
//!    needs it.
//!
//! [`Vault::load`] brings each step into a running program. A [`Source`] reads the ring from a setting, a file, a credential of
//! systemd, the output of a command, or (feature `kv`) HashiCorp Vault; a file it can also replace, whole or not at all.
//! `cargo run -p muster-vault --example rotation` goes through all of it.
//!
//! # Other keys
//!
//! Blind indexes use HMAC-SHA256 under a key per column (label `muster-vault/1/blind/<column>`), and [`Vault::derive`] gives
//! keys for anything else (label `muster-vault/1/purpose/<purpose>`), both by HKDF-SHA256 without salt. All ciphers are those
//! of [RustCrypto](https://github.com/RustCrypto).
//!
//! # Limits
//!
//! But for a [`Source`], which is asked only when the caller asks, the crate does no input or output; it has no async code, asks
//! no clock and no random source but the one it is given. It protects data at rest. A process that holds the keys, and whoever
//! controls it, can read everything. What is compared with what it protects: an index under a stolen key can be searched with a
//! dictionary of addresses, so an index key is as much worth as the values.

mod derive;
mod ring;
mod secret;
pub mod source;
mod vault;

pub use ring::{Fingerprint, KeyId, KeyRing, KeyRingError, KeyState, RingChangeError};
pub use secret::Secret;
pub use source::{Source, SourceError};
pub use vault::{BlindIndex, Column, OVERHEAD, Vault, VaultError, key_of, prefix_of};
