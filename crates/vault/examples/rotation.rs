//! A rotation from its first step to its last, over a table that is only a map: `cargo run -p muster-vault --example rotation`.
//!
//! It shows what a thief sees, that nobody has to stop working, and what each mistake is answered with.

use std::{collections::BTreeMap, error::Error};

use muster_vault::{Column, KeyId, KeyRing, Vault, key_of, prefix_of};

const EMAIL: Column = Column::new("users.email");

/// `users(id, email)`, and the index by which an address is found.
#[derive(Default)]
struct Table {
    rows: BTreeMap<[u8; 16], Vec<u8>>,
    index: BTreeMap<[u8; 32], [u8; 16]>,
}

impl Table {
    fn register(&mut self, vault: &Vault, row: u8, email: &str) {
        let row = [row; 16];
        self.rows.insert(row, vault.seal(EMAIL, row, email.as_bytes()));
        self.index.insert(vault.blind(EMAIL, email.as_bytes()).mac, row);
    }

    /// As a sign-in does it: under every key that may still be in use.
    fn find(&self, vault: &Vault, email: &str) -> Option<[u8; 16]> {
        vault.blind_all(EMAIL, email.as_bytes()).iter().find_map(|index| self.index.get(&index.mac)).copied()
    }

    /// As SQL counts: `SELECT count(*) FROM users WHERE substr(email, 1, 5) = …`.
    fn count(&self, key: KeyId) -> usize {
        self.rows.values().filter(|sealed| sealed.starts_with(&prefix_of(key))).count()
    }
}

#[expect(clippy::expect_used, reason = "a system without randomness cannot keep secrets")]
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    bytes
}

fn main() -> Result<(), Box<dyn Error>> {
    let first = KeyId::new(1).ok_or("0 is no key")?;
    let vault = Vault::new(KeyRing::generate(first, random())?, random);
    let mut table = Table::default();
    table.register(&vault, 1, "ines@example.org");
    table.register(&vault, 2, "otto@example.org");
    let stolen: Vec<Vec<u8>> = table.rows.values().cloned().collect();
    println!("what lies in the database: {:02x?} …", &stolen[0][..16]);

    // 1. Everybody gets the new key. It opens, and seals nothing.
    let second = vault.ring().next_id()?;
    vault.load(vault.ring().with_key(second, random())?);
    println!("key {second} is added; {} values are under key {first}", table.count(first));

    // 2. It seals from now on. Nothing that is there has changed, and everything can be read and found.
    vault.load(vault.ring().promoted(second)?);
    table.register(&vault, 3, "uma@example.org");
    assert_eq!(table.find(&vault, "ines@example.org"), Some([1; 16]));
    assert_eq!(table.find(&vault, "uma@example.org"), Some([3; 16]));
    println!("key {second} is promoted; under it: {}, under key {first}: {}", table.count(second), table.count(first));

    // 3. What the old key sealed is sealed again. A real table does it with a compare-and-set.
    for (row, sealed) in &mut table.rows {
        if let Some(again) = vault.reseal(EMAIL, *row, sealed)? {
            let email = vault.open(EMAIL, *row, &again)?;
            let [new, old @ ..] = &vault.blind_all(EMAIL, email.expose())[..] else { return Err("no key".into()) };
            table.index.retain(|mac, _| old.iter().all(|old| old.mac != *mac));
            table.index.insert(new.mac, *row);
            *sealed = again;
        }
    }
    println!("all is sealed again; under key {first}: {}", table.count(first));

    // 4. The gate: no value needs the old key. It opens nothing any more.
    assert_eq!(table.count(first), 0);
    vault.load(vault.ring().with_retired(first)?);
    assert_eq!(table.find(&vault, "otto@example.org"), Some([2; 16]));
    println!("key {first} is retired; all {} people can sign in", table.rows.len());

    // What goes wrong says what it is.
    let moved = vault.open(EMAIL, [2; 16], &table.rows[&[1; 16]]).map(drop);
    println!("the address of one in the row of another: {}", moved.err().ok_or("it must not open")?);
    let refused = vault.ring().promoted(first).map(drop);
    println!("the old key once more: {}", refused.err().ok_or("it must not come back")?);
    assert!(table.rows.values().all(|sealed| key_of(sealed) == Some(second)));
    Ok(())
}
