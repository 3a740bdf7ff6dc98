//! A log of millions of entries: how long each filter's page, a proof and the whole verification take.
//!
//! `cargo bench -p muster-service --bench audit_log -- --entries 10000000`, with `--folder` on the disk that is to be measured; PostgreSQL with `--url postgres://…`,
//! which must be empty. Without numbers it makes a small one, to see that it works. The file is removed in the end.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking, and prints what it found")]

use ledger::{
    Actor, Against, Change, Cursor, Filter, Kept, Leaf, Object, Outcome, Signer, Value, append, consistency, inclusion,
    page, proof_text, seal, sign, verify,
};
use migration::MigratorTrait as _;
use sea_orm::ConnectionTrait as _;
use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};
use store::{Engine, Options, Store, Sync, insert_all};
use uuid::Uuid;

/// When the log begins, in microseconds; an entry comes each 50 ms.
const START_US: i64 = 1_790_000_000_000_000;
const EVERY_US: i64 = 50_000;
const PEOPLE: u64 = 500;
const PROJECTS: u64 = 200;
const ACTIONS: [&str; 12] = [
    "task.create",
    "task.move",
    "task.rename",
    "task.assign",
    "task.due",
    "comment.add",
    "task.describe",
    "label.add",
    "sign_in",
    "member.add",
    "project.archive",
    "export.create",
];
/// How many are sealed in one transaction.
const AT_ONCE: u64 = 5_000;
/// How often each question is asked, each time for something else.
const TIMES: u64 = 200;
const PAGE: u16 = 50;

fn id(family: u8, n: u64) -> [u8; 16] {
    let mut id = [family; 16];
    // Spread like real ids, each the same in every run (the multiplier of SplitMix64).
    id[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id[8..].copy_from_slice(&n.to_be_bytes());
    id[8] = family;
    id
}

/// Rare actions are rare: one in a hundred thousand is the last.
fn action(n: u64) -> &'static str {
    match n {
        n if n % 100_000 == 7 => ACTIONS[11],
        n if n % 10_000 == 3 => ACTIONS[10],
        n if n % 1_000 == 1 => ACTIONS[9],
        n => ACTIONS[usize::try_from(n % 9).unwrap()],
    }
}

fn leaf(n: u64) -> Vec<u8> {
    let at = START_US + i64::try_from(n).unwrap() * EVERY_US;
    let project = id(4, n / 3 % PROJECTS);
    let (old, new) = (format!("{}", n % 7), format!("{}", n % 11));
    Leaf {
        kind: "command",
        entry: id(1, n),
        at_us: at,
        actor: Actor { kind: "person", id: Some(id(2, n * 7 % PEOPLE)) },
        session: None,
        action: action(n),
        object: Object { kind: "task", id: Some(id(3, n / 20)) },
        project: Some(project),
        outcome: Outcome::Done,
        changes: vec![Change { field: "status", old: Value::Public(&old), new: Value::Public(&new) }],
        request: Some(id(5, n)),
        private: Vec::new(),
    }
    .encode()
}

struct Asked {
    entries: u64,
    folder: PathBuf,
    url: Option<String>,
}

impl Asked {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
        let mut said: HashMap<&str, String> =
            words.chunks(2).filter_map(|pair| Some((pair[0].trim_start_matches("--"), pair.get(1)?.clone()))).collect();
        Self {
            entries: said.remove("entries").map_or(20_000, |n| n.parse().unwrap()),
            folder: said.remove("folder").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from),
            url: said.remove("url"),
        }
    }
}

#[tokio::main]
async fn main() {
    let Asked { entries, folder, url } = Asked::read();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("large.db");
    let files = ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", file.display())));
    for file in &files {
        let _ = std::fs::remove_file(file);
    }
    let url = url.unwrap_or_else(|| format!("sqlite://{}", file.display()));
    let store = Store::open(&Options { sync: Sync::Process, ..Options::new(&url) }).await.unwrap();
    store.migrate(async |tx| migration::Migrator::up(tx, None).await).await.unwrap();
    let signer = Signer::new([&[1; 32]]);
    build(&store, entries, &signer).await;
    if store.engine() == Engine::Postgres {
        store.migrate(async |tx| tx.execute_unprepared("ANALYZE ledger_entries").await.map(drop)).await.unwrap();
    }
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum();
    println!("{entries} entries in {} MB\n", bytes / 1_000_000);
    println!("| question | median | 99 of 100 | slowest |\n|---|---|---|---|");
    filters(&store, entries).await;
    proofs(&store, entries).await;
    whole(&store, entries).await;
    store.close().await.unwrap();
    for file in &files {
        let _ = std::fs::remove_file(file);
    }
}

async fn build(store: &Store, entries: u64, signer: &Signer) {
    let began = Instant::now();
    let mut next = 0;
    while next < entries {
        let upto = (next + AT_ONCE).min(entries);
        let leaves: Vec<Vec<u8>> = (next..upto).map(leaf).collect();
        let n = u16::try_from(upto - next).unwrap();
        let done = store.migrate(async |tx| {
            insert_all(tx, vec![append(leaves)]).await?;
            seal(tx, n).await.map_err(|e| sea_orm::DbErr::Custom(e.to_string()))?;
            if next % (AT_ONCE * 20) == 0 || upto == entries {
                let at_ms = (START_US + i64::try_from(upto).unwrap() * EVERY_US) / 1000;
                sign(tx, signer, at_ms, &[]).await.map_err(|e| sea_orm::DbErr::Custom(e.to_string()))?;
            }
            Ok(())
        });
        done.await.unwrap();
        next = upto;
        if next % 500_000 == 0 {
            store.checkpoint().await.unwrap();
            eprintln!("{next} entries after {:.0} s", began.elapsed().as_secs_f64());
        }
    }
    store.checkpoint().await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!("built and sealed in {seconds:.0} s, {:.0} entries a second", as_f64(entries) / seconds);
}

/// Counts are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_f64(n: u64) -> f64 {
    n as f64
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1e3;
    let (middle, most) = (ms(times.len() / 2), ms(times.len() * 99 / 100));
    println!("| {what} | {middle:.2} ms | {most:.2} ms | {:.2} ms |", ms(times.len()));
}

/// Some number below `n`, another one for each question.
fn some(question: u64, n: u64) -> u64 {
    (question + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % n
}

/// The n-th question of a kind, and where its page begins.
type Make<'a> = Box<dyn Fn(u64) -> (Filter, Option<Cursor>) + 'a>;

async fn filters(store: &Store, entries: u64) {
    let uuid = |family, n| Some(Uuid::from_bytes(id(family, n)));
    let at = |n: u64| START_US + i64::try_from(n).unwrap() * EVERY_US;
    let all = Filter::default();
    let somewhere = |n: u64| Some(Cursor { at_us: at(some(n, entries)), position: 0 });
    let day = |n: u64| {
        let from = at(some(n, entries));
        (Some(from), Some(from + 86_400_000_000))
    };
    let rare = || Some(ACTIONS[11].to_owned());
    let questions: Vec<(&str, Make<'_>)> = vec![
        ("the newest", Box::new(|_| (all.clone(), None))),
        ("from somewhere on", Box::new(|n| (all.clone(), somewhere(n)))),
        ("by a person", Box::new(|n| (Filter { actor: uuid(2, n % PEOPLE), ..all.clone() }, somewhere(n)))),
        ("by a person who did nothing", Box::new(|n| (Filter { actor: uuid(2, PEOPLE + n), ..all.clone() }, None))),
        ("in a project", Box::new(|n| (Filter { project: uuid(4, n % PROJECTS), ..all.clone() }, somewhere(n)))),
        ("about a task", Box::new(|n| (Filter { object: uuid(3, some(n, entries / 20)), ..all.clone() }, None))),
        ("of an action", Box::new(|n| (Filter { action: Some(action(n % 9).into()), ..all.clone() }, somewhere(n)))),
        ("of a rare action", Box::new(|_| (Filter { action: rare(), ..all.clone() }, None))),
        (
            "of a day",
            Box::new(|n| {
                let (from_us, until_us) = day(n);
                (Filter { from_us, until_us, ..all.clone() }, None)
            }),
        ),
        (
            "by a person in a project",
            Box::new(|n| {
                (Filter { actor: uuid(2, n % PEOPLE), project: uuid(4, n % PROJECTS), ..all.clone() }, somewhere(n))
            }),
        ),
        (
            "of a rare action in a project",
            Box::new(|n| (Filter { action: rare(), project: uuid(4, n % PROJECTS), ..all.clone() }, None)),
        ),
        (
            "of a rare action by a person",
            Box::new(|n| (Filter { action: rare(), actor: uuid(2, n % PEOPLE), ..all.clone() }, None)),
        ),
        (
            "by a person, of an action, in a project, before a day",
            Box::new(|n| {
                let (_, until_us) = day(n);
                let (actor, project) = (uuid(2, n % PEOPLE), uuid(4, n % PROJECTS));
                (Filter { actor, project, action: Some(action(n % 9).into()), until_us, ..all.clone() }, None)
            }),
        ),
    ];
    for (what, make) in questions {
        let (mut times, mut n_found) = (Vec::new(), 0);
        for n in 0..TIMES {
            let (filter, after) = make(n);
            let began = Instant::now();
            n_found += page(store.reader(), &filter, after, PAGE).await.unwrap().entries.len();
            times.push(began.elapsed());
        }
        let n_found = n_found as u64 / TIMES;
        told(&format!("page of {PAGE}: {what} ({n_found} found)"), times);
    }
}

async fn proofs(store: &Store, entries: u64) {
    let snapshot = store.snapshot().await.unwrap();
    let (mut inclusions, mut texts, mut consistencies) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..TIMES {
        let position = some(n, entries);
        let began = Instant::now();
        inclusion(&*snapshot, position, entries).await.unwrap();
        inclusions.push(began.elapsed());
        let began = Instant::now();
        proof_text(&*snapshot, position).await.unwrap().unwrap();
        texts.push(began.elapsed());
        let began = Instant::now();
        consistency(&*snapshot, position.max(1), entries).await.unwrap();
        consistencies.push(began.elapsed());
    }
    told("inclusion proof", inclusions);
    told("inclusion proof as a file, with its checkpoint", texts);
    told("consistency proof", consistencies);
}

async fn whole(store: &Store, entries: u64) {
    let snapshot = store.snapshot().await.unwrap();
    let began = Instant::now();
    let opened = |kept: &Kept| Some(kept.value.clone());
    let verified = verify(&*snapshot, Against::default(), &opened).await.unwrap().unwrap();
    assert_eq!(verified.size, entries);
    let seconds = began.elapsed().as_secs_f64();
    println!("\nverified in {seconds:.1} s, {:.0} entries a second", as_f64(entries) / seconds);
}
