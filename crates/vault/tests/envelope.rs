//! What the vault promises about sealed values, indexes and derived keys.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use muster_vault::{Column, KeyId, KeyRing, OVERHEAD, Vault, VaultError, key_of, prefix_of};
use proptest::prelude::*;

const EMAIL: Column = Column::new("users.email");
const NAME: Column = Column::new("users.name");
const ROW: [u8; 16] = *b"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

/// Base64 of the bytes 0..32, which `vectors.py` uses too.
const FIRST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SECOND: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// A vault that seals every value with the nonce of `vectors.py`.
fn vault(ring: &str) -> Vault {
    Vault::new(KeyRing::parse(ring).unwrap(), || std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap()))
}

fn one_key() -> Vault {
    vault(&format!("7:active:{FIRST}"))
}

/// 6 and 7 differ in one bit, so that a flipped bit can also name the other key.
fn two_keys() -> Vault {
    vault(&format!("7:active:{FIRST}\n6:decrypt_only:{SECOND}"))
}

fn key(number: u32) -> KeyId {
    KeyId::new(number).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|d| char::from_digit(d.into(), 16).unwrap()).collect()
}

#[test]
fn envelopes_indexes_and_keys_equal_those_of_the_second_implementation() {
    let vault = one_key();
    let head = "0100000007404142434445464748494a4b4c4d4e4f5051525354555657\
                3b19294d5ae87aa599481cbf38ed320a9e98d07df4a32ddffcb85f358facf108";
    let sealed = "f992711541868cd633ca7ed7bbba051b46aea89a55738ca3094062d06a0e7a20";
    assert_eq!(hex(&vault.seal(EMAIL, ROW, b"ines@example.org")), format!("{head}{sealed}"));
    assert_eq!(hex(&vault.seal(EMAIL, ROW, b"")), format!("{head}247af2cf28feea937c867424db44a07b"));

    let index = vault.blind(EMAIL, b"ines@example.org");
    assert_eq!(index.key, key(7));
    assert_eq!(hex(&index.mac), "a89434e3205d2c57328c170b5373d4fe69938244a373ca81e88052e530ef036c");
    let session = vault.derive("session");
    assert_eq!(hex(session.expose()), "9bab7d71aad78527016223c2233dddd424b0c95f33cc0b8482010a4ef48661c7");
}

#[test]
fn every_flipped_bit_is_an_error_that_names_its_cause() {
    let vault = two_keys();
    let sealed = vault.seal(EMAIL, ROW, b"ines@example.org");
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0 => VaultError::Malformed,
            1..5 => match u32::from_be_bytes(changed[1..5].try_into().unwrap()) {
                6 => VaultError::WrongKey(key(6)),
                other => VaultError::UnknownKey(key(other)),
            },
            5..61 => VaultError::WrongKey(key(7)),
            _ => VaultError::Tampered { column: EMAIL, row: ROW },
        };
        assert_eq!(vault.open(EMAIL, ROW, &changed).unwrap_err(), expected, "bit {bit}");
    }
}

#[test]
fn a_value_moved_to_another_row_or_column_does_not_open() {
    let vault = one_key();
    let sealed = vault.seal(EMAIL, ROW, b"ines@example.org");
    let other_row = [9; 16];
    assert_eq!(
        vault.open(EMAIL, other_row, &sealed).unwrap_err(),
        VaultError::Tampered { column: EMAIL, row: other_row }
    );
    assert_eq!(vault.open(NAME, ROW, &sealed).unwrap_err(), VaultError::Tampered { column: NAME, row: ROW });
}

#[test]
fn a_value_cut_short_or_made_longer_does_not_open() {
    let vault = one_key();
    let sealed = vault.seal(EMAIL, ROW, b"ines@example.org");
    for len in 0..sealed.len() {
        let expected =
            if len < OVERHEAD { VaultError::Malformed } else { VaultError::Tampered { column: EMAIL, row: ROW } };
        assert_eq!(vault.open(EMAIL, ROW, &sealed[..len]).unwrap_err(), expected, "{len} bytes");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(vault.open(EMAIL, ROW, &longer).unwrap_err(), VaultError::Tampered { column: EMAIL, row: ROW });
}

#[test]
fn a_key_number_of_zero_is_malformed() {
    let vault = one_key();
    let mut sealed = vault.seal(EMAIL, ROW, b"x");
    sealed[1..5].fill(0);
    assert_eq!(vault.open(EMAIL, ROW, &sealed).unwrap_err(), VaultError::Malformed);
}

#[test]
fn other_key_bytes_under_the_same_number_are_the_wrong_key() {
    let sealed = one_key().seal(EMAIL, ROW, b"ines@example.org");
    let other = vault(&format!("7:active:{SECOND}"));
    assert_eq!(other.open(EMAIL, ROW, &sealed).unwrap_err(), VaultError::WrongKey(key(7)));
}

#[test]
fn old_values_open_until_their_key_is_retired() {
    let sealed = one_key().seal(EMAIL, ROW, b"ines@example.org");
    let rotated = vault(&format!("8:active:{SECOND}\n7:decrypt_only:{FIRST}"));
    assert_eq!(rotated.open(EMAIL, ROW, &sealed).unwrap().expose(), b"ines@example.org");
    assert_eq!(rotated.seal(EMAIL, ROW, b"ines@example.org")[1..5], [0, 0, 0, 8]);

    let retired = vault(&format!("8:active:{SECOND}\n7:retired:{FIRST}"));
    assert_eq!(retired.open(EMAIL, ROW, &sealed).unwrap_err(), VaultError::UnknownKey(key(7)));
}

#[test]
fn a_vault_that_loads_another_ring_seals_with_it_for_everybody_who_shares_it() {
    let vault = std::sync::Arc::new(one_key());
    let elsewhere = vault.clone();
    let sealed = elsewhere.seal(EMAIL, ROW, b"ines@example.org");
    vault.load(KeyRing::parse(&format!("8:active:{SECOND}\n7:decrypt_only:{FIRST}")).unwrap());
    assert_eq!(elsewhere.ring().active(), key(8));
    assert_eq!(elsewhere.open(EMAIL, ROW, &sealed).unwrap().expose(), b"ines@example.org");
    assert_eq!(key_of(&elsewhere.seal(EMAIL, ROW, b"x")), Some(key(8)));
}

#[test]
fn what_is_sealed_again_is_the_same_value_in_the_same_place_under_the_active_key() {
    let old = one_key().seal(EMAIL, ROW, b"ines@example.org");
    let rotated = vault(&format!("8:active:{SECOND}\n7:decrypt_only:{FIRST}"));
    let new = rotated.reseal(EMAIL, ROW, &old).unwrap().unwrap();
    assert!(new.starts_with(&prefix_of(key(8))) && old.starts_with(&prefix_of(key(7))));
    assert_eq!(rotated.open(EMAIL, ROW, &new).unwrap().expose(), b"ines@example.org");
    assert_eq!(rotated.reseal(EMAIL, ROW, &new).unwrap(), None);
    // Nothing that does not open is sealed again, so that a moved or changed value is not made good.
    let moved = rotated.reseal(NAME, ROW, &old).unwrap_err();
    assert_eq!(moved, VaultError::Tampered { column: NAME, row: ROW });
    assert_eq!(rotated.reseal(EMAIL, ROW, &old[1..]).unwrap_err(), VaultError::Malformed);
}

#[test]
fn swapped_rows_columns_and_key_numbers_are_each_an_error_of_their_own_kind() {
    let vault = two_keys();
    let (columns, rows) = ([EMAIL, NAME, Column::new("mails.content")], [ROW, [1; 16], [2; 16]]);
    let places: Vec<_> = columns.into_iter().flat_map(|column| rows.map(|row| (column, row))).collect();
    for &(column, row) in &places {
        let sealed = vault.seal(column, row, b"ines@example.org");
        for &(other, elsewhere) in &places {
            let opened = vault.open(other, elsewhere, &sealed);
            if (other, elsewhere) == (column, row) {
                assert_eq!(opened.unwrap().expose(), b"ines@example.org");
            } else {
                assert_eq!(opened.unwrap_err(), VaultError::Tampered { column: other, row: elsewhere });
            }
        }
        let mut renumbered = sealed;
        renumbered[1..5].copy_from_slice(&6_u32.to_be_bytes());
        assert_eq!(vault.open(column, row, &renumbered).unwrap_err(), VaultError::WrongKey(key(6)));
    }
}

#[test]
fn blind_indexes_differ_by_column_by_value_and_by_key_and_survive_a_rotation() {
    let vault = one_key();
    let index = vault.blind(EMAIL, b"ines@example.org");
    assert_eq!(index, vault.blind(EMAIL, b"ines@example.org"));
    assert_ne!(index.mac, vault.blind(NAME, b"ines@example.org").mac);
    assert_ne!(index.mac, vault.blind(EMAIL, b"otto@example.org").mac);

    let rotated = self::vault(&format!("8:active:{SECOND}\n7:decrypt_only:{FIRST}"));
    let all = rotated.blind_all(EMAIL, b"ines@example.org");
    assert_eq!(all, [rotated.blind(EMAIL, b"ines@example.org"), index]);
    assert_ne!(all[0].mac, all[1].mac);
}

#[test]
fn derived_keys_differ_by_purpose_and_the_old_ones_stay_known() {
    let vault = one_key();
    assert_ne!(vault.derive("session").expose(), vault.derive("webhook").expose());
    // The same word as a column and as a purpose.
    assert_ne!(*vault.derive("users.email").expose(), vault.blind(EMAIL, b"").mac);

    let rotated =
        self::vault(&format!("8:active:{SECOND}\n7:decrypt_only:{FIRST}\n5:retired:{}", FIRST.replace('A', "B")));
    let all = rotated.derive_all("session");
    assert_eq!(all.iter().map(|(key, _)| key.get()).collect::<Vec<_>>(), [8, 7]);
    assert_eq!(all[0].1.expose(), rotated.derive("session").expose());
    assert_eq!(all[1].1.expose(), vault.derive("session").expose());
}

#[test]
fn errors_and_debug_output_tell_where_but_no_secret() {
    let vault = one_key();
    let sealed = vault.seal(EMAIL, ROW, b"ines@example.org");
    let moved = vault.open(NAME, ROW, &sealed).unwrap_err();
    assert_eq!(
        moved.to_string(),
        "users.name of row 101112131415161718191a1b1c1d1e1f was changed or moved after it was sealed"
    );
    assert_eq!(format!("{:?}", vault.open(EMAIL, ROW, &sealed).unwrap()), "[secret]");
    let told = format!("{vault:?}");
    assert!(told.contains("[secret]") && !told.contains("1, 2, 3"), "{told}");
}

proptest! {
    #[test]
    fn what_was_sealed_opens_to_the_same(
        plain in proptest::collection::vec(any::<u8>(), 0..300),
        row: [u8; 16],
        nonce: [u8; 24],
        root: [u8; 32],
        number in 1_u32..,
    ) {
        prop_assume!(root != [0; 32]);
        let vault = Vault::new(KeyRing::generate(key(number), root).unwrap(), move || nonce);
        let sealed = vault.seal(EMAIL, row, &plain);
        prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
        let opened = vault.open(EMAIL, row, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &plain);
    }

    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(one_key().open(EMAIL, ROW, &bytes).is_err());
    }
}
