//! How every key comes out of a root key: HKDF-SHA256 (RFC 5869), with a label of its own for each use.
//!
//! Must not know: what the derived keys do. No two labels are equal, and none is the beginning of another, so that no use can
//! be made to produce another's key.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::{Secret, ring::RootKey};

/// The keys of one sealed value: a fresh pair for each nonce.
pub(crate) struct MessageKeys {
    pub(crate) cipher: Secret<[u8; 32]>,
    pub(crate) commitment: [u8; 32],
}

pub(crate) fn message_keys(root: &RootKey, nonce: &[u8; 24]) -> MessageKeys {
    let hkdf = Hkdf::<Sha256>::new(Some(nonce), root.bytes.expose());
    let commitment = expand(&hkdf, &[b"muster-vault/1/message/commitment"]);
    MessageKeys { cipher: expand(&hkdf, &[b"muster-vault/1/message/key"]), commitment: *commitment.expose() }
}

pub(crate) fn blind_index_key(root: &RootKey, column: &str) -> Secret<[u8; 32]> {
    let hkdf = Hkdf::<Sha256>::new(None, root.bytes.expose());
    expand(&hkdf, &[b"muster-vault/1/blind/", column.as_bytes()])
}

pub(crate) fn purpose_key(root: &RootKey, purpose: &str) -> Secret<[u8; 32]> {
    let hkdf = Hkdf::<Sha256>::new(None, root.bytes.expose());
    expand(&hkdf, &[b"muster-vault/1/purpose/", purpose.as_bytes()])
}

/// By what a root key is told from others.
pub(crate) fn fingerprint(root: &RootKey) -> [u8; 8] {
    let hkdf = Hkdf::<Sha256>::new(None, root.bytes.expose());
    let whole = expand(&hkdf, &[b"muster-vault/1/fingerprint"]);
    std::array::from_fn(|place| whole.expose()[place])
}

fn expand(hkdf: &Hkdf<Sha256>, label: &[&[u8]]) -> Secret<[u8; 32]> {
    let mut key = [0; 32];
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only outputs over 255 * 32 bytes")]
    hkdf.expand_multi_info(label, &mut key).expect("32 bytes can always be expanded");
    Secret::new(key)
}
