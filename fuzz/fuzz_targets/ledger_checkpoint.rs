//! Signed notes and checkpoints: nobody else's signature is taken, and a checkpoint that is read is written in the same words.
#![no_main]

use ledger::{PublicKey, Signer, TreeHead, notes, open_note, verify_export};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEYS: LazyLock<(Signer, Vec<PublicKey>)> = LazyLock::new(|| {
    let signer = Signer::new([&[7; 32]]);
    let keys = signer.public("muster/fuzz");
    (signer, keys)
});

fuzz_target!(|text: &str| {
    let (signer, keys) = &*KEYS;
    if let Ok(key) = PublicKey::parse(text) {
        assert_eq!(PublicKey::parse(&key.to_string()).map(|k| k.to_string()), Ok(key.to_string()));
    }
    for note in notes(text) {
        let _ = TreeHead::of_note(&note);
    }
    let Ok(head) = TreeHead::parse(text) else {
        assert!(open_note(text, keys).is_err(), "a signature that nobody made");
        let _ = verify_export(text.as_bytes(), ledger::Against::default());
        return;
    };
    let own = head.text();
    assert_eq!(TreeHead::parse(&own).as_ref(), Ok(&head), "a checkpoint reads what it writes");
    let _ = head.name_and_epoch();
    let note = signer.sign("muster/fuzz", &own);
    assert_eq!(open_note(&note, keys), Ok(own.as_str()));
    assert_eq!(TreeHead::of_note(&note), Ok(head));
});
