//! Salted commitments: a value is bound to an entry without being in it.
//!
//! Must not know: where values and salts are kept. Erasing both leaves a commitment that tells nothing and still proves.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of a 32-byte salt followed by a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// The commitment to `value`. The salt must come from a cryptographic random source and serve for this value only: a name
    /// or an address is quickly guessed, a salt is not.
    #[must_use]
    pub fn of(salt: &[u8; 32], value: &[u8]) -> Self {
        Self(Sha256::new().chain_update(salt).chain_update(value).finalize().into())
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({})", crate::tree::Hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_the_hash_of_salt_and_value() {
        // `printf 'SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSines' | sha256sum`
        let expected = "Commitment(dfa266a20cb141c43a86d66d63168ce68f77423b25ee547facc3bbfb05797e89)";
        assert_eq!(format!("{:?}", Commitment::of(b"SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS", b"ines")), expected);
    }

    #[test]
    fn another_salt_or_another_value_is_another_commitment() {
        let commitment = Commitment::of(&[1; 32], b"ines");
        assert_ne!(commitment, Commitment::of(&[2; 32], b"ines"));
        assert_ne!(commitment, Commitment::of(&[1; 32], b"otto"));
    }
}
