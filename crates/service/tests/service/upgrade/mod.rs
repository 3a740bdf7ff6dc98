//! A database of every earlier schema, with data in it, comes up to date and serves on.
//!
//! `copies` has a copy (as `muster backup` writes it) of an installation for each change of the schema, with rows as they were when that
//! change was the newest; its README says how they came to be. A change without one fails here.

mod story;

use migration::{Migrator, MigratorTrait};
use model::{Command, Due, ProjectId, Question, TaskId, testing::valid};
use muster_service::{
    audit::{self, Keeper},
    backup, keys,
    kit::{Database, Engine, House, Project, Sync, create_task},
    query,
};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use store::{Options, Store, copy::Reader};
use story::{FENCE, GATE, KEY, QUESTION};
use uuid::Uuid;

/// What a migration leaves to say that it was done.
const DONE: &str = "seaql_migrations";
/// Set when the copy of the newest schema is to be written.
const WRITE: &str = "MUSTER_WRITE_COPY";
/// Columns that a later change of the schema fills where they were empty.
const FILLED_LATER: [(&str, &str); 1] = [("exports", "expires_at")];
/// Tables in which only a running server's clock writes.
const BY_THE_CLOCK: [&str; 2] = ["cron_entries", "cron_slots"];
const DAY_MS: i64 = 24 * 3_600_000;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/service/upgrade/copies")
}

/// The changes of the schema, oldest first.
fn changes() -> Vec<String> {
    Migrator::migrations().iter().map(|change| change.name().to_owned()).collect()
}

/// A copy's tables: the columns and the rows of each.
type Tables = BTreeMap<String, (Vec<String>, Vec<Vec<Json>>)>;

fn tables(copy: &str) -> Tables {
    let mut tables = Tables::new();
    let mut name = String::new();
    for line in copy.lines() {
        match serde_json::from_str(line).unwrap() {
            Json::Array(row) => tables.get_mut(&name).unwrap().1.push(row),
            line => {
                let Some(table) = line["table"].as_str() else { continue };
                table.clone_into(&mut name);
                let columns = serde_json::from_value(line["columns"].clone()).unwrap();
                tables.insert(name.clone(), (columns, Vec::new()));
            }
        }
    }
    tables
}

async fn copy_of(store: &Store) -> String {
    let mut copy = Vec::new();
    backup::write(store, model::Instant::from_ms(model::testing::START_MS), &mut copy).await.unwrap();
    String::from_utf8(copy).unwrap()
}

async fn empty(engine: Engine) -> (Database, Store) {
    let database = Database::new(engine).await;
    let store = Store::open(&Options { sync: Sync::Process, ..Options::new(database.url()) }).await.unwrap();
    (database, store)
}

/// A database as the program that came with the `n`th change left it.
async fn old(engine: Engine, n: usize, copy: &str) -> (Database, Store) {
    let (database, store) = empty(engine).await;
    let reader = Reader::begin(copy.as_bytes()).unwrap();
    store
        .migrate(async |tx| {
            Migrator::install(tx).await?;
            Migrator::up(tx, Some(u32::try_from(n).unwrap())).await
        })
        .await
        .unwrap();
    store
        .migrate(async |tx| {
            reader.load(tx, &[DONE]).await.unwrap();
            Ok(())
        })
        .await
        .unwrap();
    (database, store)
}

/// Whatever was in the tables is there, in the columns that there were.
fn assert_kept(change: &str, before: &Tables, after: &Tables) {
    for (table, (columns, rows)) in before {
        let (columns_now, rows_now) = &after[table];
        let filled = |column: &String| FILLED_LATER.iter().any(|(t, c)| t == table && c == column);
        let kept: Vec<usize> = (0..columns.len()).filter(|n| !filled(&columns[*n])).collect();
        let place =
            |n: &usize| columns_now.iter().position(|now| *now == columns[*n]).expect("a column that was there");
        let places: Vec<usize> = kept.iter().map(place).collect();
        let told = |rows: &[Vec<Json>], places: &[usize]| -> BTreeSet<String> {
            rows.iter().map(|row| places.iter().map(|n| row[*n].to_string()).collect::<Vec<_>>().join(",")).collect()
        };
        assert_eq!(told(rows_now, &places), told(rows, &kept), "{table}, since {change}");
    }
}

async fn the_project(house: &House) -> Project {
    let sql = "SELECT id, created_by FROM projects WHERE key = $1";
    let row = store::one(house.store().reader(), sql, [KEY.into()]).await.unwrap().unwrap();
    let (id, lead): (Uuid, Uuid) = (store::get(&row, 0).unwrap(), store::get(&row, 1).unwrap());
    let board = house.board(ProjectId::from(id)).await;
    let statuses = board.statuses.iter().map(|status| status.id).collect();
    // With the password that they had then.
    let lead = house.sign_in_again(lead.into()).await;
    Project { id: id.into(), key: valid(KEY), statuses, lead }
}

/// People see what was there, and work goes on.
async fn assert_serves(house: &House) {
    house.assert_whole().await;
    let mus = the_project(house).await;
    let board = house.board(mus.id).await;
    assert_eq!(house.folded(mus.id).await, board);
    let find = |title: &str| board.all_tasks().find(|task| task.title.as_str() == title).expect("a task").clone();
    let (fence, gate) = (find(FENCE), find(GATE));
    assert_eq!((fence.number, gate.number), (1, 2));
    assert!(matches!(&gate.due, Some(Due::At { zone, .. }) if zone.as_str() == "Europe/Warsaw"), "{:?}", gate.due);
    let page = query::task(house, &mus.lead, mus.id, fence.id).await.unwrap();
    assert!(format!("{page:?}").contains(QUESTION), "{page:?}");
    let cards =
        query::people(house, &mus.lead, board.members.iter().map(|(person, _)| *person).collect()).await.unwrap();
    let names: BTreeSet<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["Ben Øster", "Lead of MUS", "Vera"]));
    assert_eq!(query::search(house, &mus.lead, "creaks").await.unwrap().hits.len(), 1);
    for question in [Question::Home, Question::MyTasks, Question::Inbox] {
        query::answer(house, &mus.lead, question).await.unwrap();
    }
    query::overview(house, &mus.lead, mus.id, 0).await.unwrap();

    let task: TaskId = house.id();
    house.done(&mus.lead, create_task(&mus, task, "And the shed")).await;
    let text = valid("It needs it, too");
    house.done(&mus.lead, Command::AddComment { project: mus.id, task, comment: house.id(), text }).await;
    house.done(&mus.lead, Command::SetParent { project: mus.id, task, parent: Some(fence.id) }).await;
    assert_eq!(house.board(mus.id).await.all_tasks().count(), board.all_tasks().count() + 1);
}

/// The audit log: what was signed is still so, what waited is sealed, and all of it verifies.
async fn assert_logged(house: &House) {
    let n = house.number("SELECT (SELECT count(*) FROM ledger_pending) + (SELECT count(*) FROM ledger_entries)").await;
    let keeper = Keeper::new(house, vec![]);
    let state = keeper.settle().await.unwrap();
    assert_eq!(state.trouble, None);
    let verified = audit::check(house, vec![]).await.unwrap().unwrap();
    assert!(verified.is_trusted && verified.size >= u64::try_from(n).unwrap(), "{verified:?}");
}

async fn all_come_up_to_date(engine: Engine) {
    let changes = changes();
    for (n, change) in (1..).zip(&changes) {
        let copy = std::fs::read_to_string(folder().join(format!("{change}.jsonl"))).unwrap();
        let (database, store) = old(engine, n, &copy).await;
        // As a server does when it starts.
        assert_eq!(backup::migrate(&store).await.unwrap(), changes[n..], "since {change}");
        let now = copy_of(&store).await;
        assert_kept(change, &tables(&copy), &tables(&now));
        let (_beside, restored) = empty(engine).await;
        backup::restore(&restored, copy.as_bytes()).await.unwrap();
        assert_eq!(tables(&copy_of(&restored).await), tables(&now), "a copy of {change} that is taken in today");
        restored.close().await.unwrap();
        store.close().await.unwrap();
        drop(store);

        let house = House::with_ring(database, Sync::Process, 1000 + u64::try_from(n).unwrap(), story::ring()).await;
        house.clock.advance_ms(2 * DAY_MS);
        keys::begin(&house, keys::Place::default()).await.unwrap();
        assert_serves(&house).await;
        assert_logged(&house).await;
        // What waited then is done now, and what the clock brings.
        house.strike().await;
        house.assert_whole().await;
        assert_logged(&house).await;
        house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_every_schema_comes_up_to_date_with_all_that_was_in_it_on_sqlite() {
    all_come_up_to_date(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_every_schema_comes_up_to_date_with_all_that_was_in_it_on_postgres() {
    all_come_up_to_date(Engine::Postgres).await;
}

#[test]
fn every_change_of_the_schema_has_a_copy_of_what_was_in_it() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let copies: BTreeSet<String> = files.filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned)).collect();
    let changes: BTreeSet<String> = changes().into_iter().collect();
    assert_eq!(copies, changes, "{WRITE}=1 cargo test -p muster-service --features kit --test service -- upgrade::");
    for change in changes {
        let copy = std::fs::read_to_string(folder().join(format!("{change}.jsonl"))).unwrap();
        assert_eq!(Reader::begin(copy.as_bytes()).unwrap().head().schema, change);
    }
}

/// What is not in the story is in no copy, and nobody sees how it is upgraded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_fills_every_table_and_the_newest_copy_has_them_all() {
    let house = House::open(Engine::Sqlite).await;
    story::tell(&house).await;
    house.assert_whole().await;
    let told = copy_of(house.store()).await;
    house.close().await;
    let newest = folder().join(format!("{}.jsonl", changes().last().unwrap()));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&newest, &told).unwrap();
    }
    let (told, kept) = (tables(&told), tables(&std::fs::read_to_string(newest).unwrap()));
    let columns = |tables: &Tables| -> BTreeMap<String, Vec<String>> {
        tables.iter().map(|(name, (columns, _))| (name.clone(), columns.clone())).collect()
    };
    assert_eq!(columns(&told), columns(&kept));
    let empty = |tables: &Tables| -> Vec<String> {
        let empty = tables.iter().filter(|(_, (_, rows))| rows.is_empty()).map(|(name, _)| name.clone());
        empty.filter(|name| !BY_THE_CLOCK.contains(&name.as_str())).collect()
    };
    assert_eq!((empty(&told), empty(&kept)), (vec![], vec![]), "tables without rows");
}
