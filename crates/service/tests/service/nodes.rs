//! Several nodes over one PostgreSQL, and what each of them remembers.

use futures::future::join_all;
use model::{Answer, CloseAccount, Envelope, Password, Refusal, SignIn, testing::valid};
use muster_service::{
    account,
    kit::{Database, Engine, House, Sync, create_task},
    query,
};
use std::sync::atomic::Ordering;

/// Another node over the database of the first.
async fn node(house: &House, seed: u64) -> House {
    House::over(Database::of(house.database().url()), Sync::Process, seed).await
}

fn at_once(house: &House) -> u64 {
    house.writer_stats().at_once.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_is_written_in_one_statement() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let task = house.task(&project, "The first one is looked up").await;
    assert_eq!(at_once(&house), 0);
    for n in 1..=5 {
        house.task(&project, &format!("Task {n}")).await;
    }
    let title = valid("Renamed");
    house.done(&project.lead, model::Command::RenameTask { project: project.id, task, title }).await;
    assert_eq!(at_once(&house), 6);
    house.assert_whole().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_take_turns_in_one_project_do_everything_once() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let other = node(&house, 2).await;
    for n in 0..10 {
        for node in [&house, &other] {
            node.done(&project.lead, create_task(&project, node.id(), &format!("Task {n}"))).await;
        }
        // Twice on one of them, so that it goes by what it remembers.
        house.done(&project.lead, create_task(&project, house.id(), "Again")).await;
    }
    assert!(at_once(&house) > 0);
    assert_eq!(house.board(project.id).await.n_tasks(), 30);
    house.assert_whole().await;
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_comes_to_two_nodes_at_once_is_done_once() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let other = node(&house, 2).await;
    let envelopes: Vec<Envelope> = (0..60).map(|_| house.envelope(create_task(&project, house.id(), "Once"))).collect();
    let at = async |node: &House| join_all(envelopes.iter().map(|e| node.send(&project.lead, e.clone()))).await;
    let (here, there) = futures::join!(at(&house), at(&other));
    for (a, b) in here.iter().zip(&there) {
        let (Answer::Done(a), Answer::Done(b)) = (a, b) else { panic!("{a:?} {b:?}") };
        assert_eq!((a.stream, a.first, a.last), (b.stream, b.first, b.last));
    }
    assert_eq!(house.board(project.id).await.n_tasks(), 60);
    house.assert_whole().await;
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_on_one_node_ends_on_all() {
    let house = House::open(Engine::Postgres).await;
    let project = house.project("MUS").await;
    let other = node(&house, 2).await;
    for _ in 0..3 {
        other.task(&project, "Remembered there").await;
    }
    muster_service::account::sign_out(&house, &project.lead).await.unwrap();
    let task = create_task(&project, other.id(), "Too late");
    assert_eq!(other.refused(&project.lead, task).await, Refusal::SignIn);
    house.assert_whole().await;
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gave_up_their_account_has_no_name_on_any_node() {
    let house = House::open(Engine::Postgres).await;
    let (admin, ana) = (house.admin("Admin").await, house.person("Ana").await);
    let other = node(&house, 2).await;
    let names = async |node: &House| {
        let cards = query::people(node, &admin, vec![ana.person]).await.unwrap();
        cards.into_iter().map(|card| card.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((names(&house).await, names(&other).await), (vec!["Ana".to_owned()], vec!["Ana".to_owned()]));
    let email = query::me(&house, &ana).await.unwrap().email.as_str().to_owned();
    account::close(&house, &ana, CloseAccount { email }).await.unwrap();
    assert_eq!(names(&other).await, ["Former member"]);
    assert_eq!(names(&house).await, ["Former member"]);
    other.close().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_count_guesses_together() {
    let house = House::open(Engine::Postgres).await;
    let other = node(&house, 2).await;
    let guess = async |node: &House| {
        let password = Password::new("not the right one at all".into());
        let form = SignIn { email: valid("nobody@norrvik.example"), password, remember: false };
        account::sign_in(node, form, account::From::default()).await.unwrap_err()
    };
    for node in [&house, &other, &house, &other, &house] {
        assert_eq!(guess(node).await, Refusal::WrongCredentials);
    }
    for node in [&other, &house] {
        assert!(matches!(guess(node).await, Refusal::TooMany { .. }));
    }
    other.close().await;
    house.close().await;
}
