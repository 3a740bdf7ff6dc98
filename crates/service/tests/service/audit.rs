//! The audit log of a house: kept in the background, read by those who may, and found out when it was edited.

use model::{Refusal, Role, testing::valid};
use muster_service::{
    audit::{self, Anchor, Asked, Erasure, Fault, Keeper, Told},
    both_engines,
    kit::{Database, Engine, House, Sync, create_task},
};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::Tasks;

/// An anchor in memory, which can be broken.
#[derive(Default)]
struct Shelf {
    notes: Mutex<Vec<String>>,
    is_broken: AtomicBool,
}

impl Shelf {
    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

impl Anchor for Shelf {
    fn name(&self) -> String {
        "shelf".into()
    }

    fn newest_note(&self) -> io::Result<Option<String>> {
        Ok(self.notes.lock().unwrap().last().cloned())
    }

    fn remember(&self, note: &str) -> io::Result<()> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("the shelf is broken"));
        }
        self.notes.lock().unwrap().push(note.to_owned());
        Ok(())
    }
}

fn keeper(house: &House) -> (Keeper, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    (Keeper::new(house, vec![shelf.clone()]), shelf)
}

fn actions(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.action.as_str()).collect()
}

both_engines! {
    async fn what_people_do_is_sealed_signed_and_anchored_and_verifies(house) {
        let (keeper, shelf) = keeper(house);
        let project = house.project("MUS").await;
        house.task(&project, "Paint the fence").await;
        let state = keeper.settle().await.unwrap();
        assert_eq!((state.trouble, state.anchored), (None, Some(state.size)));
        assert_eq!(house.number("SELECT count(*) FROM ledger_pending").await, 0);
        let verified = audit::check(house, shelf.notes()).await.unwrap().unwrap();
        assert_eq!((verified.size, verified.anchored, verified.is_trusted), (state.size, Some(state.size), true));
        keeper.settle().await.unwrap();
        assert_eq!(shelf.notes().len(), 1, "nothing has grown");
        house.task(&project, "And the gate").await;
        keeper.settle().await.unwrap();
        assert_eq!(audit::check(house, shelf.notes()).await.unwrap().unwrap().size, state.size + 1);
        assert_eq!(shelf.notes().len(), 2);
    }

    async fn a_started_keeper_seals_by_itself(house) {
        let (keeper, _) = keeper(house);
        let tasks = Tasks::new();
        keeper.start(&tasks);
        let project = house.project("MUS").await;
        house.task(&project, "Paint the fence").await;
        let sealed = async {
            while house.number("SELECT count(*) FROM ledger_pending").await > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), sealed).await.expect("what waits is sealed");
        tasks.stop().await;
        assert!(house.number("SELECT count(*) FROM ledger_checkpoints").await > 0, "a log that grows is signed");
    }

    async fn an_admin_reads_all_a_lead_their_project_and_nobody_else_anything(house) {
        let project = house.project("MUS").await;
        let other = house.project("OTH").await;
        house.task(&project, "Paint the fence").await;
        house.task(&other, "Cut the hedge").await;
        let (member, viewer) = (house.member(&project, "Otto").await, house.viewer(&project, "Vera").await);
        let admin = house.person_as("Ada", Role::Admin).await;
        keeper(house).0.settle().await.unwrap();
        let of = |id| Asked { project: Some(id), ..Asked::default() };

        let seen = audit::entries(house, &project.lead, of(project.id), None, 50).await.unwrap().entries;
        assert_eq!(actions(&seen), ["member.add", "member.add", "task.create", "project.create"]);
        assert!(seen.iter().all(|told| told.project == Some(project.id)));
        let all = audit::entries(house, &admin, Asked::default(), None, 50).await.unwrap().entries;
        assert_eq!(i64::try_from(all.len()).unwrap(), house.number("SELECT count(*) FROM ledger_entries").await);
        let foreign = all.iter().find(|told| told.project == Some(other.id)).unwrap().position;
        let own = seen[0].position;
        assert_eq!(audit::entry(house, &project.lead, own).await.unwrap(), seen[0]);
        let proof = audit::proof(house, &project.lead, own).await.unwrap().unwrap();
        assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n"));

        for (who, project_of, position) in [
            (&member, Some(project.id), own),
            (&viewer, Some(project.id), own),
            (&other.lead, Some(project.id), own),
            (&project.lead, None, foreign),
        ] {
            let asked = Asked { project: project_of, ..Asked::default() };
            assert_eq!(audit::entries(house, who, asked, None, 50).await, Err(Refusal::NotFound));
            assert_eq!(audit::entry(house, who, position).await, Err(Refusal::NotFound));
            assert_eq!(audit::proof(house, who, position).await, Err(Refusal::NotFound));
        }
        assert_eq!(audit::entry(house, &admin, 1_000).await, Err(Refusal::NotFound));
    }

    async fn entries_are_found_by_who_what_and_where_in_pages(house) {
        let project = house.project("MUS").await;
        let admin = house.person_as("Ada", Role::Admin).await;
        let ines = house.member(&project, "Ines").await;
        let mut tasks = Vec::new();
        for n in 0..5 {
            house.clock.advance_ms(1_000);
            let task = house.id();
            house.done(&ines, create_task(&project, task, &format!("Task {n}"))).await;
            tasks.push(task);
        }
        keeper(house).0.settle().await.unwrap();
        let asked = Asked { person: Some(ines.person), action: Some("task.create".into()), ..Asked::default() };
        let first = audit::entries(house, &admin, asked.clone(), None, 3).await.unwrap();
        let second = audit::entries(house, &admin, asked, first.next, 3).await.unwrap();
        assert_eq!((first.entries.len(), second.entries.len(), second.next), (3, 2, None));
        let objects: Vec<_> = first.entries.iter().chain(&second.entries).filter_map(|told| told.object).collect();
        assert_eq!(objects, tasks.iter().rev().map(|task| task.uuid()).collect::<Vec<_>>());
        let asked = Asked { object: Some(tasks[2].uuid()), ..Asked::default() };
        assert_eq!(audit::entries(house, &admin, asked, None, 3).await.unwrap().entries.len(), 1);
        let from = house.now().plus_ms(-1_000);
        let asked = Asked { from: Some(from), until: Some(house.now()), ..Asked::default() };
        assert_eq!(audit::entries(house, &admin, asked, None, 9).await.unwrap().entries.len(), 1);
    }

    async fn an_anchor_that_is_broken_is_told_and_gets_the_checkpoint_later(house) {
        let (keeper, shelf) = keeper(house);
        let project = house.project("MUS").await;
        shelf.is_broken.store(true, Ordering::Relaxed);
        assert!(keeper.settle().await.unwrap_err().contains("the shelf is broken"));
        house.task(&project, "Work goes on").await;
        shelf.is_broken.store(false, Ordering::Relaxed);
        let state = keeper.settle().await.unwrap();
        assert_eq!(state.anchored, Some(state.size));
    }

    async fn a_log_that_lost_what_was_anchored_is_not_signed_until_its_epoch_is_begun_anew(house) {
        let (keeper, shelf) = keeper(house);
        let project = house.project("MUS").await;
        keeper.settle().await.unwrap();
        let note = shelf.notes().pop().unwrap();
        let head = ledger::TreeHead::of_note(&note).unwrap();
        // The anchor has seen more than this copy of the database has.
        let lost = ledger::TreeHead { size: head.size + 9, ..head };
        shelf.notes.lock().unwrap().push(note.replace(&format!("\n{}\n", lost.size - 9), &format!("\n{}\n", lost.size)));
        house.task(&project, "Work goes on").await;
        assert!(keeper.settle().await.unwrap_err().contains("muster audit restart-epoch"));
        house.task(&project, "And on").await;
        assert_eq!(audit::restart_epoch(house, Some(lost), "the disk broke".into()).await, Ok(2));
        keeper.settle().await.unwrap();
        let verified = audit::check(house, vec![]).await.unwrap().unwrap();
        assert_eq!((verified.remarks.len(), verified.signed.map(|s| s.0)), (1, Some(verified.size)));
    }

    async fn an_edited_entry_is_found_with_its_position(house) {
        house.project("MUS").await;
        let (keeper, shelf) = keeper(house);
        keeper.settle().await.unwrap();
        assert_eq!(audit::erase(house, Erasure::Entry(1)).await, Ok(0), "nothing private is in it");
        let copy = "CREATE TABLE unguarded AS SELECT * FROM ledger_entries";
        for sql in [copy, "DROP TABLE ledger_entries", "ALTER TABLE unguarded RENAME TO ledger_entries"] {
            house.tamper(sql, vec![]).await;
        }
        house.tamper("UPDATE ledger_entries SET action = 'task.create' WHERE position = 1", vec![]).await;
        let finding = audit::check(house, shelf.notes()).await.unwrap().unwrap_err();
        assert_eq!((finding.fault, finding.position), (Fault::Column, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_changes_on_three_nodes_are_a_thousand_entries_of_one_log() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let node = async |seed| House::over(Database::of(house.database().url()), Sync::Process, seed).await;
    let (second, third) = (node(2).await, node(3).await);
    let tasks = Tasks::new();
    for each in [&house, &second, &third] {
        keeper(each).0.start(&tasks);
    }
    let before = house.number("SELECT count(*) FROM ops").await;
    let hands = (0..1_000).map(|n| {
        let (each, project) = ([&house, &second, &third][n % 3], &project);
        async move {
            let title = valid::<model::Title>(&format!("Task {n}"));
            each.done(&project.lead, create_task(project, each.id(), title.as_str())).await;
        }
    });
    futures::future::join_all(hands).await;
    tasks.stop().await;
    let (keeper, shelf) = keeper(&house);
    keeper.settle().await.unwrap();
    let verified = audit::check(&house, shelf.notes()).await.unwrap().unwrap();
    let created = "SELECT count(*) FROM ledger_entries WHERE action = 'task.create'";
    assert_eq!(house.number(created).await, 1_000);
    assert_eq!(house.number("SELECT count(*) FROM ops").await, before + 1_000);
    assert_eq!(verified.size.cast_signed(), house.number("SELECT count(*) FROM ledger_entries").await);
    house.assert_whole().await;
    second.close().await;
    third.close().await;
    house.close().await;
}
