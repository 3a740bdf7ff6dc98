//! Envelopes of the vault: what nobody sealed does not open, what was changed does not, and what was sealed does. And the text of a ring.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vault::{Column, KeyRing, Vault, key_of};

const COLUMN: Column = Column::new("fuzz.column");
const ROW: [u8; 16] = [7; 16];

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let ring = "2:active:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n1:decrypt_only:ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=";
    Vault::new(KeyRing::parse(ring).expect("a ring"), || [9; 24])
});

fuzz_target!(|data: &[u8]| {
    assert!(VAULT.open(COLUMN, ROW, data).is_err(), "an envelope that nobody sealed");
    assert!(VAULT.reseal(COLUMN, ROW, data).is_err());
    let _ = key_of(data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(ring) = KeyRing::parse(text)
    {
        let again = KeyRing::parse(ring.to_text().expose()).expect("a ring reads what it writes");
        assert!(ring.keys().eq(again.keys()) && ring.fingerprints().eq(again.fingerprints()));
    }
    // The first bytes say what is changed in an envelope of the others.
    let Some((&[high, low, flip], plain)) = data.split_first_chunk::<3>() else { return };
    let mut sealed = VAULT.seal(COLUMN, ROW, plain);
    let place = usize::from(u16::from_be_bytes([high, low])) % sealed.len();
    sealed[place] ^= flip;
    match VAULT.open(COLUMN, ROW, &sealed) {
        Ok(opened) => assert!(flip == 0 && opened.expose().as_slice() == plain),
        Err(_) => assert_ne!(flip, 0, "what was sealed does not open"),
    }
    assert!(VAULT.open(COLUMN, [8; 16], &sealed).is_err() && VAULT.open(COLUMN, ROW, &sealed[..place]).is_err());
});
