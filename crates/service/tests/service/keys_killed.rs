//! A server that is killed while it seals everything again: twenty times, at any moment, with twenty people at work.
//!
//! The child is this test binary again. It brings a new key, begins to re-encrypt, and lets people change what is sealed, saying
//! which changes were answered. The parent kills it, opens the database, and looks whether one is missing.

use futures::future::{join, join_all};
use model::{Email, PersonId, SignIn, testing::Random};
use muster_service::{
    account::{From, sign_in},
    keys::{self, By, KeyId, Pace, Place},
    kit::{Database, Engine, House, PASSWORD, Sync},
    queue,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    time::Duration,
};
use store::Tasks;
use vault::KeyRing;

/// With this in the environment the test is the child: what it needs to know, as JSON.
const CHILD: &str = "MUSTER_TEST_KEYS_KILLED";
const ROUNDS: u32 = 20;
const PEOPLE: usize = 260;
const WRITERS: usize = 20;
/// How much faster the clock of a child goes, so that the lease of its killed predecessor ends soon.
const FASTER: i64 = 50;

/// The address of the database, the round, and some of the people.
type Orders = (String, u32, Vec<PersonId>);

/// A name that was given and answered: the round, and which one in it.
type Given = BTreeMap<PersonId, (u32, u32)>;

fn id(number: u32) -> KeyId {
    KeyId::new(number).unwrap()
}

/// The key of a number; the first is that of every house.
fn bytes(number: u32) -> [u8; 32] {
    [if number == 1 { 7 } else { 100 + u8::try_from(number).unwrap() }; 32]
}

/// The ring of a round: as many keys as there were rounds, the newest of them active.
fn ring(round: u32) -> KeyRing {
    let first = KeyRing::generate(id(1), bytes(1)).unwrap();
    (2..=round)
        .fold(first, |ring, number| ring.with_key(id(number), bytes(number)).unwrap().promoted(id(number)).unwrap())
}

async fn open(database: Database, round: u32, seed: u64) -> House {
    let house = House::with_ring(database, Sync::Full, seed, ring(round)).await;
    // Later than all that was before, whatever its clock said.
    house.clock.advance_ms(i64::try_from(seed).unwrap() * 3_600_000);
    let place = Place { server: format!("server of {seed}"), ..Place::default() };
    keys::begin(&house, place).await.unwrap();
    house
}

/// Gives people names, one after the other, and says each that was given. It ends by being killed.
async fn write(house: &House, people: Vec<PersonId>, round: u32) {
    for n in 1.. {
        for person in &people {
            house.rename(*person, &format!("Name {round} {n}")).await;
            let mut out = std::io::stdout().lock();
            writeln!(out, "\ngiven {person} {round} {n}").unwrap();
            out.flush().unwrap();
        }
    }
}

/// A moment, which takes longer by the clock of the house.
async fn beat(house: &House) {
    tokio::time::sleep(Duration::from_millis(20)).await;
    house.clock.advance_ms(20 * FASTER);
    keys::beat(house).await.unwrap();
}

async fn child(orders: &str) {
    let (url, round, people): Orders = serde_json::from_str(orders).unwrap();
    let house = open(Database::of(&url), round, u64::from(round) * 2).await;
    keys::load(&house, house.ring().with_key(id(round + 1), bytes(round + 1)).unwrap()).await.unwrap();
    keys::load(&house, house.ring().promoted(id(round + 1)).unwrap()).await.unwrap();
    queue::serve(&house, &Tasks::new()).unwrap();
    keys::rotate(&house, By::Operator, Pace::Routine).await.unwrap();
    let beats = async {
        loop {
            beat(&house).await;
        }
    };
    let share = people.len().div_ceil(WRITERS);
    let writers = people.chunks(share).map(|people| write(&house, people.to_vec(), round));
    join(beats, join_all(writers)).await;
}

/// Kills what it holds, also when the test fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(test: &str, orders: &Orders) -> Killed {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads", "1"]);
    command.env(CHILD, serde_json::to_string(orders).unwrap());
    Killed(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
}

/// Kills the child when it has given so many names, and learns all that it gave.
fn given_until_killed(mut child: Killed, n: usize, given: &mut Given) {
    let out = BufReader::new(child.0.stdout.take().unwrap());
    let mut n_given = 0;
    for line in out.lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        // The last line may be cut.
        let ["given", person, round, which] = words[..] else { continue };
        let (Ok(person), Ok(round), Ok(which)) = (person.parse(), round.parse(), which.parse()) else { continue };
        given.insert(person, (round, which));
        n_given += 1;
        if n_given == n {
            child.0.kill().unwrap();
        }
    }
    assert!(n_given >= n, "the child ended by itself after {n_given} of {n}");
}

/// Every answered name is there, or one that the same hand gave after it.
async fn check(house: &House, given: &Given) {
    for (person, answered) in given {
        let name = house.name_of(*person).await;
        let mut words = name.split(' ').skip(1).map(|word| word.parse::<u32>().unwrap());
        let there = (words.next().unwrap(), words.next().unwrap());
        assert!(there >= *answered, "{name} was given before {answered:?}");
    }
}

async fn survives(engine: Engine, test: &str) {
    if let Ok(orders) = std::env::var(CHILD) {
        return child(&orders).await;
    }
    let house = House::open(engine).await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(house.person(&format!("Name 0 {n}")).await.person);
    }
    let addresses: Vec<Email> = house.emails().await;
    let mut database = house.close().await;
    let (mut random, mut given, mut n_in_the_middle) = (Random::new(11), Given::new(), 0);
    for round in 1..=ROUNDS {
        let orders = (database.url().to_owned(), round, people.clone());
        given_until_killed(start(test, &orders), 1 + random.below(150), &mut given);
        let house = open(database, round + 1, u64::from(round) * 2 + 1).await;
        check(&house, &given).await;
        let desk = keys::status(&house).await.unwrap();
        assert_eq!(desk.n_unreadable(), 0);
        n_in_the_middle += u32::from(desk.is_rotating());
        let email = addresses[random.below(addresses.len())].clone();
        let form = SignIn { email, password: model::Password::new(PASSWORD.into()), remember: false };
        sign_in(&house, form, From::default()).await.unwrap();
        database = house.close().await;
    }
    assert!(n_in_the_middle > ROUNDS / 4, "{n_in_the_middle} were killed in the middle");
    let house = open(database, ROUNDS + 1, 1_000).await;
    let jobs = Tasks::new();
    queue::serve(&house, &jobs).unwrap();
    loop {
        let desk = keys::status(&house).await.unwrap();
        match (desk.is_rotating(), desk.n_elsewhere()) {
            (true, _) => beat(&house).await,
            (false, 0) => break,
            (false, _) => keys::rotate(&house, By::Operator, Pace::Emergency).await.unwrap(),
        }
    }
    jobs.stop().await;
    check(&house, &given).await;
    let desk = keys::status(&house).await.unwrap();
    assert_eq!((desk.n_elsewhere(), desk.rotation.unwrap().n_failed), (0, 0));
    assert_eq!(house.number("SELECT count(*) FROM user_email_index").await, i64::try_from(PEOPLE).unwrap());
    house.assert_whole().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_on_sqlite_that_is_killed_twenty_times_loses_no_edit() {
    survives(Engine::Sqlite, "keys_killed::a_rotation_on_sqlite_that_is_killed_twenty_times_loses_no_edit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_on_postgresql_that_is_killed_twenty_times_loses_no_edit() {
    survives(Engine::Postgres, "keys_killed::a_rotation_on_postgresql_that_is_killed_twenty_times_loses_no_edit").await;
}
