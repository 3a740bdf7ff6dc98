//! How many values a second a rotation seals again, without rests: `cargo bench -p muster-service --bench rotation`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench fails by panicking, and its macros document nothing")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use muster_service::{
    keys::{self, By, Pace, Place},
    kit::{Database, Engine, House, Sync},
};
use std::time::{Duration, Instant};

/// How many people there are; each has a name, an address and its index.
const PEOPLE: u64 = 1_000;

/// Brings a new key, and answers how long everything takes to be sealed under it.
async fn rotate(house: &House, number: u8) -> Duration {
    let key = house.ring().next_id().unwrap();
    keys::load(house, house.ring().with_key(key, [number; 32]).unwrap()).await.unwrap();
    keys::load(house, house.ring().promoted(key).unwrap()).await.unwrap();
    keys::rotate(house, By::Operator, Pace::Emergency).await.unwrap();
    let began = Instant::now();
    while keys::status(house).await.unwrap().is_rotating() {
        house.work().await;
        house.clock.advance_ms(6_000);
    }
    began.elapsed()
}

fn rotation(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = c.benchmark_group("rotation");
    group.throughput(Throughput::Elements(PEOPLE * 3)).sample_size(10);
    let mut engines = vec![("sqlite", Engine::Sqlite)];
    if std::env::var_os("MUSTER_TEST_POSTGRES").is_some() {
        engines.push(("postgresql", Engine::Postgres));
    }
    for (name, engine) in engines {
        let house = runtime.block_on(async {
            let house = House::over(Database::new(engine).await, Sync::Full, 1).await;
            keys::begin(&house, Place::default()).await.unwrap();
            for n in 0..PEOPLE {
                house.person(&format!("Person {n}")).await;
            }
            house
        });
        let mut number = 100;
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                (0..times)
                    .map(|_| {
                        number += 1;
                        runtime.block_on(rotate(&house, number))
                    })
                    .sum()
            });
        });
        runtime.block_on(house.close());
    }
    group.finish();
}

criterion_group!(benches, rotation);
criterion_main!(benches);
