//! Sealing and opening a value, beside the cipher alone in the same run: `cargo bench -p muster-vault`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking, and its macros document nothing")]

use std::hint::black_box;

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead as _, Payload},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use muster_vault::{Column, KeyId, KeyRing, Vault};

const EMAIL: Column = Column::new("users.email");
const NAME: Column = Column::new("users.name");
const ROW: [u8; 16] = [5; 16];
const LENGTHS: [usize; 2] = [64, 4096];

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn vault() -> Vault {
    Vault::new(KeyRing::generate(KeyId::new(1).unwrap(), random()).unwrap(), random)
}

fn values(c: &mut Criterion) {
    let (vault, raw) = (vault(), ChaCha20Poly1305::new(&random::<32>().into()));
    for (what, is_sealing) in [("seal", true), ("open", false)] {
        let mut group = c.benchmark_group(what);
        for length in LENGTHS {
            let plain = vec![7; length];
            let aad = b"users.email 0123456789abcdef";
            let sealed = vault.seal(EMAIL, ROW, &plain);
            let nonce = random::<12>().into();
            let raw_sealed = raw.encrypt(&nonce, Payload { msg: &plain, aad }).unwrap();
            group.throughput(Throughput::Bytes(length as u64));
            group.bench_function(BenchmarkId::new("vault", length), |b| {
                b.iter(|| {
                    if is_sealing {
                        vault.seal(EMAIL, ROW, black_box(&plain))
                    } else {
                        vault.open(EMAIL, ROW, black_box(&sealed)).unwrap().expose().clone()
                    }
                });
            });
            group.bench_function(BenchmarkId::new("chacha20poly1305", length), |b| {
                b.iter(|| {
                    if is_sealing {
                        let nonce = random::<12>().into();
                        raw.encrypt(&nonce, Payload { msg: black_box(&plain), aad }).unwrap()
                    } else {
                        raw.decrypt(&nonce, Payload { msg: black_box(&raw_sealed), aad }).unwrap()
                    }
                });
            });
        }
        group.finish();
    }
}

/// What a page costs that shows fifty people, each with a name and an address.
fn list(c: &mut Criterion) {
    let vault = vault();
    let rows: Vec<_> = (0..50_u8)
        .map(|n| {
            let row = [n; 16];
            (row, vault.seal(NAME, row, b"Ana Petrovic of Norrvik"), vault.seal(EMAIL, row, b"ana@norrvik.example"))
        })
        .collect();
    c.bench_function("open a list of 50 rows with 2 columns", |b| {
        b.iter(|| {
            for (row, name, email) in &rows {
                black_box(vault.open(NAME, *row, name).unwrap());
                black_box(vault.open(EMAIL, *row, email).unwrap());
            }
        });
    });
}

criterion_group!(benches, values, list);
criterion_main!(benches);
