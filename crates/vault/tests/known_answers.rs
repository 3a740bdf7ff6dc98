//! The ciphers underneath, checked against their published vectors: a dependency that changes must not change the format.
//! `vectors/` holds them as data, with where they come from; `end2end/verify_vault.py` checks the same files.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305, aead::inout::InOutBuf};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use muster_vault::{Column, KeyId, KeyRing, Vault};
use sha2::Sha256;

const XCHACHA: &str = include_str!("vectors/wycheproof_xchacha20_poly1305.txt");
const HKDF: &str = include_str!("vectors/wycheproof_hkdf_sha256.txt");
const HMAC: &str = include_str!("vectors/wycheproof_hmac_sha256.txt");
const OWN: &str = include_str!("vectors/own.txt");

/// The tests of a file, each as its words.
fn tests(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

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

#[test]
fn xchacha20_poly1305_gives_the_answers_of_project_wycheproof() {
    let (mut n_valid, mut n_invalid) = (0, 0);
    for words in tests(XCHACHA) {
        let [number, result, key, iv, aad, msg, ct, tag] = words[..] else { panic!("{words:?}") };
        let (key, msg, mut text): ([u8; 32], _, _) = (bytes(key).try_into().unwrap(), bytes(msg), bytes(ct));
        let cipher = XChaCha20Poly1305::new(&key.into());
        // A nonce of another length cannot even be handed over.
        let opened = <[u8; 24]>::try_from(bytes(iv)).is_ok_and(|iv| {
            let tag: [u8; 16] = bytes(tag).try_into().unwrap();
            let text = InOutBuf::from(text.as_mut_slice());
            cipher.decrypt_inout_detached(&iv.into(), &bytes(aad), text, &tag.into()).is_ok()
        });
        assert_eq!(opened, result == "valid", "test {number}");
        if opened {
            assert_eq!(text, msg, "test {number}");
            let iv: [u8; 24] = bytes(iv).try_into().unwrap();
            let sealed =
                cipher.encrypt_inout_detached(&iv.into(), &bytes(aad), InOutBuf::from(text.as_mut_slice())).unwrap();
            assert_eq!((text, sealed.to_vec()), (bytes(ct), bytes(tag)), "test {number}");
        }
        *if opened { &mut n_valid } else { &mut n_invalid } += 1;
    }
    assert_eq!(n_valid + n_invalid, 315);
    assert!(n_valid > 200 && n_invalid > 20, "{n_valid} {n_invalid}");
}

#[test]
fn hkdf_sha256_gives_the_answers_of_project_wycheproof() {
    let mut n_tests = 0;
    for words in tests(HKDF) {
        let [number, result, ikm, salt, info, size, okm] = words[..] else { panic!("{words:?}") };
        let (salt, mut expanded) = (bytes(salt), vec![0; size.parse().unwrap()]);
        let salt = (!salt.is_empty()).then_some(salt.as_slice());
        let is_done = Hkdf::<Sha256>::new(salt, &bytes(ikm)).expand(&bytes(info), &mut expanded).is_ok();
        assert_eq!(is_done, result == "valid", "test {number}");
        assert!(!is_done || expanded == bytes(okm), "test {number}");
        n_tests += 1;
    }
    assert_eq!(n_tests, 86);
}

#[test]
fn hmac_sha256_gives_the_answers_of_project_wycheproof() {
    let mut n_tests = 0;
    for words in tests(HMAC) {
        let [number, result, key, msg, tag] = words[..] else { panic!("{words:?}") };
        let mac = Hmac::<Sha256>::new_from_slice(&bytes(key)).unwrap().chain_update(bytes(msg));
        // Some have a tag that is cut short, which these tests allow and the vault never makes.
        let is_right = mac.verify_truncated_left(&bytes(tag)).is_ok();
        assert_eq!(is_right, result == "valid", "test {number}");
        n_tests += 1;
    }
    assert_eq!(n_tests, 174);
}

/// A column of the vectors. They are few, and a column is a literal of its program.
fn column(name: &str) -> Column {
    [Column::new("users.email"), Column::new("users.name"), Column::new("mails.content")]
        .into_iter()
        .find(|column| column.name() == name)
        .unwrap()
}

fn vault(number: &str, root: &str, nonce: Vec<u8>) -> Vault {
    let ring = KeyRing::generate(KeyId::new(number.parse().unwrap()).unwrap(), bytes(root).try_into().unwrap());
    let nonce: [u8; 24] = nonce.try_into().unwrap();
    Vault::new(ring.unwrap(), move || nonce)
}

#[test]
fn envelopes_indexes_keys_and_fingerprints_are_those_of_the_implementation_in_python() {
    let mut n_tests = 0;
    for words in tests(OWN) {
        match words[..] {
            ["envelope", number, root, nonce, name, row, plain, envelope] => {
                let (vault, row) = (vault(number, root, bytes(nonce)), bytes(row).try_into().unwrap());
                assert_eq!(vault.seal(column(name), row, &bytes(plain)), bytes(envelope), "{words:?}");
                assert_eq!(vault.open(column(name), row, &bytes(envelope)).unwrap().expose(), &bytes(plain));
            }
            ["blind", root, name, value, index] => {
                let found = vault("1", root, vec![0; 24]).blind(column(name), &bytes(value));
                assert_eq!(found.mac.to_vec(), bytes(index), "{words:?}");
            }
            ["purpose", root, purpose, key] => {
                let derived = vault("1", root, vec![0; 24]).derive(purpose);
                assert_eq!(derived.expose().to_vec(), bytes(key), "{words:?}");
            }
            ["fingerprint", root, told] => {
                let ring = vault("1", root, vec![0; 24]).ring();
                assert_eq!(ring.fingerprints().next().unwrap().1.to_string(), told, "{words:?}");
            }
            _ => panic!("{words:?}"),
        }
        n_tests += 1;
    }
    assert_eq!(n_tests, 44);
}
