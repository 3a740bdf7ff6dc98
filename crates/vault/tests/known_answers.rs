//! The ciphers underneath, checked against their published vectors: a dependency that changes must not change the format.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305, aead::inout::InOutBuf};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn xchacha20_poly1305_gives_the_answer_of_the_draft() {
    // draft-irtf-cfrg-xchacha-03, section A.3.1.
    let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
    let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
    let mut text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                     sunscreen would be it."
        .to_vec();
    let tag = XChaCha20Poly1305::new(&key.into())
        .encrypt_inout_detached(&nonce.into(), &bytes("50515253c0c1c2c3c4c5c6c7"), InOutBuf::from(text.as_mut_slice()))
        .unwrap();
    assert_eq!(
        text,
        bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
             731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
             2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
             21f9664c97637da9768812f615c68b13b52e"
        )
    );
    assert_eq!(tag.to_vec(), bytes("c0875924c1c7987947deafd8780acf49"));
}

#[test]
fn hkdf_sha256_gives_the_answers_of_its_rfc() {
    // RFC 5869, appendix A.1 and A.3 (without salt and info).
    let cases = [
        (
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        ("", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ];
    for (salt, info, expected) in cases {
        let salt = bytes(salt);
        let salt = (!salt.is_empty()).then_some(salt.as_slice());
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(salt, &[0x0b; 22]).expand(&bytes(info), &mut okm).unwrap();
        assert_eq!(okm.to_vec(), bytes(expected));
    }
}

#[test]
fn hmac_sha256_gives_the_answer_of_its_rfc() {
    // RFC 4231, section 4.3. The key is shorter than a block and is padded.
    let mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap().chain_update(b"what do ya want for nothing?").finalize();
    assert_eq!(mac.into_bytes().to_vec(), bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}
