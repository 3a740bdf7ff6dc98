//! A copy of the whole database: of one moment while people work, taken in on either engine, and refused when it is not whole.

use model::{
    Envelope,
    testing::{Random, any_command},
};
use muster_service::{
    audit::{self, Keeper},
    backup::{self, RestoreError},
    both_engines, execute,
    kit::{Database, Engine, House, Project, Sync},
};
use std::sync::atomic::{AtomicBool, Ordering};
use store::{CopyError, Options, Store};

async fn work(house: &House, project: &Project, seed: u64, batches: usize) {
    let mut random = Random::new(seed);
    for _ in 0..batches {
        let board = house.board(project.id).await;
        let command = any_command(&board, &[project.lead.person], &mut random);
        execute(house, &project.lead, vec![Envelope { op: random.id(), command }]).await;
    }
}

async fn copy_of(house: &House) -> Vec<u8> {
    let mut copy = Vec::new();
    backup::write(house.store(), house.now(), &mut copy).await.unwrap();
    copy
}

async fn empty(engine: Engine) -> (Database, Store) {
    let database = Database::new(engine).await;
    let store = Store::open(&Options { sync: Sync::Process, ..Options::new(database.url()) }).await.unwrap();
    (database, store)
}

/// A house over what was restored from the copy.
async fn restored(engine: Engine, copy: &[u8], seed: u64) -> House {
    let (database, store) = empty(engine).await;
    backup::restore(&store, copy).await.unwrap();
    store.close().await.unwrap();
    // Whoever has the store has the lock on its file.
    drop(store);
    House::over(database, Sync::Process, seed).await
}

/// The tables and rows, without when the copy was made and its sum.
fn content(copy: &[u8]) -> Vec<&str> {
    let lines: Vec<&str> = std::str::from_utf8(copy).unwrap().lines().collect();
    lines[1..lines.len() - 1].to_vec()
}

both_engines! {
    async fn a_copy_is_taken_in_by_either_engine_and_everything_is_as_it_was(house) {
        let project = house.project("MUS").await;
        house.member(&project, "Ben").await;
        work(house, &project, 1, 60).await;
        let (keeper, board) = (Keeper::new(house, vec![]), house.board(project.id).await);
        let size = keeper.settle().await.unwrap().size;
        let copy = copy_of(house).await;
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let there = restored(engine, &copy, 2).await;
            assert_eq!(content(&copy_of(&there).await), content(&copy), "{engine:?}");
            assert_eq!(there.board(project.id).await, board);
            assert_eq!(audit::check(&there, vec![]).await.unwrap().unwrap().size, size);
            // Work goes on, and the engine numbers on from where it was.
            work(&there, &project, 3, 20).await;
            Keeper::new(&there, vec![]).settle().await.unwrap();
            assert!(audit::check(&there, vec![]).await.unwrap().unwrap().size > size);
            there.assert_whole().await;
            there.close().await;
        }
    }

    async fn a_copy_made_while_people_work_is_of_one_moment(house) {
        let project = house.project("MUS").await;
        let is_over = AtomicBool::new(false);
        let copies = async {
            let mut copies = Vec::new();
            for _ in 0..4 {
                copies.push(copy_of(house).await);
            }
            is_over.store(true, Ordering::Relaxed);
            copies
        };
        let working = async {
            let mut seed = 10;
            while !is_over.load(Ordering::Relaxed) {
                work(house, &project, seed, 5).await;
                seed += 1;
            }
        };
        let (copies, ()) = tokio::join!(copies, working);
        for copy in copies {
            let there = restored(Engine::Sqlite, &copy, 2).await;
            there.assert_whole().await;
            there.close().await;
        }
    }

    async fn what_is_cut_off_or_changed_or_does_not_belong_is_refused_and_leaves_nothing(house) {
        let project = house.project("MUS").await;
        work(house, &project, 1, 10).await;
        let copy = String::from_utf8(copy_of(house).await).unwrap();
        let lines: Vec<&str> = copy.lines().collect();
        let rows = copy.find("\n[").unwrap() + 2;
        let without = |gone: usize| {
            let kept = lines.iter().enumerate().filter(|(n, _)| *n != gone).map(|(_, line)| format!("{line}\n"));
            kept.collect::<String>()
        };
        let a_row = lines.iter().rposition(|line| line.starts_with('[')).unwrap();
        let broken = [
            String::new(),
            "a letter\n".into(),
            copy[..rows].into(),
            copy[..copy.len() - 1].into(),
            without(lines.len() - 1),
            without(a_row),
            copy.replacen("\"table\":\"users\"", "\"table\":\"losers\"", 1),
            copy.replacen("\"format\":1", "\"format\":2", 1),
            format!("{copy}[]\n"),
            format!("{}\n[1]\n", lines[0]),
        ];
        let (_database, store) = empty(house.store().engine()).await;
        for (n, text) in broken.iter().enumerate() {
            let error = backup::restore(&store, text.as_bytes()).await.unwrap_err();
            assert!(matches!(error, RestoreError::Copy(CopyError::Damaged { .. })), "{n}: {error}");
        }
        let newer = copy.replacen("\"schema\":\"m", "\"schema\":\"n", 1);
        assert!(matches!(backup::restore(&store, newer.as_bytes()).await.unwrap_err(), RestoreError::Newer(_)));
        // Nothing of all that is there: the whole copy still fits.
        backup::restore(&store, copy.as_bytes()).await.unwrap();
        let error = backup::restore(&store, copy.as_bytes()).await.unwrap_err();
        assert!(matches!(error, RestoreError::Copy(CopyError::NotEmpty(_))), "{error}");
        store.close().await.unwrap();
    }

    async fn the_schema_is_brought_up_to_date_once(house) {
        assert_eq!(backup::migrate(house.store()).await.unwrap(), Vec::<String>::new());
        let (_database, store) = empty(house.store().engine()).await;
        let made = backup::migrate(&store).await.unwrap();
        assert!(made.len() > 10 && made.is_sorted(), "{made:?}");
        assert_eq!(backup::migrate(&store).await.unwrap(), Vec::<String>::new());
        store.close().await.unwrap();
    }
}
