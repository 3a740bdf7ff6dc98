//! A server that is killed at any moment has all that it answered, and nothing half.
//!
//! The child is this test binary again: it opens the database, does commands from many hands at once, and says which
//! were answered. The parent kills it after a number of answers, opens the database, and looks.

use model::{
    Answer, Command, Done, Envelope, PersonId, ProjectId, Spot, StatusId, TaskId,
    testing::{Random, valid},
};
use muster_service::{
    account::Claim,
    execute,
    kit::{Database, Engine, House},
};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
};

/// With this in the environment the test is the child: what it needs to know, as JSON.
const CHILD: &str = "MUSTER_TEST_KILLED";
const ROUNDS: u64 = 10;
const HANDS: u64 = 12;

type Orders = (String, PersonId, [u8; 32], ProjectId, Vec<StatusId>, u64);

/// Kills what it holds, also when the test fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One hand: creates tasks, moves them and says something, and writes down each answer. It ends by being killed.
async fn hand(house: &House, orders: &Orders, n: u64) {
    let (_, person, session_hash, project, statuses, seed) = orders;
    let claim = Claim { person: *person, session_hash: *session_hash };
    let mut random = Random::new(seed * 1_000 + n);
    let mut tasks: Vec<TaskId> = Vec::new();
    loop {
        let batch: Vec<Envelope> = (0..=random.below(4))
            .map(|_| {
                let (project, status) = (*project, *random.pick(statuses));
                let command = if tasks.is_empty() || random.one_in(3) {
                    let task = random.id();
                    tasks.push(task);
                    let title = valid("Paint the fence");
                    let text = random.one_in(2).then(|| valid("Green."));
                    let (assignees, priority, labels, parent) = (vec![*person], None, vec![], None);
                    Command::CreateTask {
                        project,
                        task,
                        title,
                        text,
                        status,
                        due: None,
                        assignees,
                        priority,
                        labels,
                        parent,
                    }
                } else if random.one_in(2) {
                    let task = *random.pick(&tasks);
                    Command::AddComment { project, task, comment: random.id(), text: valid("Here.") }
                } else {
                    Command::MoveTask { project, task: *random.pick(&tasks), to: status, spot: Spot::First }
                };
                Envelope { op: random.id(), command }
            })
            .collect();
        let answers = execute(house, claim, batch.clone()).await;
        for answered in batch.into_iter().zip(answers) {
            let line = serde_json::to_string(&answered).unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "\n{line}").unwrap();
            out.flush().unwrap();
        }
    }
}

async fn child(orders: &str) {
    let orders: Orders = serde_json::from_str(orders).unwrap();
    let house = House::over(Database::of(&orders.0), muster_service::kit::Sync::Full, orders.5).await;
    futures::future::join_all((0..HANDS).map(|n| hand(&house, &orders, n))).await;
}

fn start(test: &str, orders: &Orders) -> Killed {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads", "1"]);
    command.env(CHILD, serde_json::to_string(orders).unwrap());
    Killed(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
}

/// Kills the child when it has given so many answers; answers all that it gave.
fn answers_until_killed(mut child: Killed, n: usize) -> Vec<(Envelope, Answer)> {
    let out = BufReader::new(child.0.stdout.take().unwrap());
    let mut answered = Vec::new();
    for line in out.lines() {
        // What does not read is what the test runner says, and the last line if it was cut.
        if let Ok(answer) = serde_json::from_str(&line.unwrap()) {
            answered.push(answer);
            if answered.len() == n {
                child.0.kill().unwrap();
            }
        }
    }
    answered
}

async fn check(house: &House, claim: Claim, answered: &[(Envelope, Answer)]) {
    house.assert_whole().await;
    let before = house.trace().await;
    for (envelope, answer) in answered {
        let again = house.send(claim, envelope.clone()).await;
        match (answer, &again) {
            // A move to where the task is already takes no number, and may be a move when it is repeated later.
            (Answer::Done(Done { first: 0, .. }), _) => unreachable!("those are not repeated"),
            (Answer::Done(then), Answer::Done(now)) => {
                assert_eq!((then.stream, then.first, then.last), (now.stream, now.first, now.last));
            }
            other => panic!("{envelope:?}: {other:?}"),
        }
    }
    assert_eq!(house.trace().await, before);
}

async fn survives(engine: Engine, test: &str) {
    if let Ok(orders) = std::env::var(CHILD) {
        return child(&orders).await;
    }
    let house = House::open(engine).await;
    let project = house.project("MUS").await;
    let claim = Claim::from(&project.lead);
    let mut database = house.close().await;
    let (mut random, mut all_answered) = (Random::new(7), Vec::new());
    for round in 1..=ROUNDS {
        let orders = (
            database.url().to_owned(),
            claim.person,
            claim.session_hash,
            project.id,
            project.statuses.clone(),
            10 + round,
        );
        let answered = answers_until_killed(start(test, &orders), 1 + random.below(120));
        assert!(!answered.is_empty());
        all_answered.extend(answered.into_iter().filter(|(_, a)| !matches!(a, Answer::Done(d) if d.first == 0)));
        let house = House::over(database, muster_service::kit::Sync::Process, 1_000 + round).await;
        check(&house, claim, &all_answered).await;
        assert!(usize::try_from(house.board(project.id).await.seq).unwrap() >= all_answered.len());
        database = house.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_sqlite_that_is_killed_has_all_that_it_answered() {
    survives(Engine::Sqlite, "killed::a_server_on_sqlite_that_is_killed_has_all_that_it_answered").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_postgresql_that_is_killed_has_all_that_it_answered() {
    survives(Engine::Postgres, "killed::a_server_on_postgresql_that_is_killed_has_all_that_it_answered").await;
}
