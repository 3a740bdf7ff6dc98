//! Keys that change while people work: each step and its gate, what is read and found meanwhile, and what the log says of it.

use model::{AskLink, Email, Password, PersonId, Register, SignIn, testing::valid};
use muster_service::{
    account::{self, From, actor, forgot, register, sign_in},
    audit, execute,
    keys::{self, By, Doing, KeyId, KeysError, Pace, Place, Policy, Step},
    kit::{Database, Engine, House, PASSWORD, Sync, create_task},
    query,
};
use vault::KeyRing;

const DAY_MS: i64 = 24 * 3_600_000;

fn id(number: u32) -> KeyId {
    KeyId::new(number).unwrap()
}

fn place(server: &str) -> Place {
    Place { server: server.into(), ring: "the test".into(), is_writable: true, old_after_days: 365, ..Place::default() }
}

async fn begin(house: &House, server: &str) {
    keys::begin(house, place(server)).await.unwrap();
}

/// Adds key 2, as a server whose ring file was changed.
async fn add(house: &House) {
    assert!(keys::load(house, house.ring().with_key(id(2), [2; 32]).unwrap()).await.unwrap());
}

async fn promote(house: &House) {
    house.clock.advance_ms(1_000);
    keys::check(house, By::Operator, &house.ring(), Step::Promote(id(2))).await.unwrap();
    assert!(keys::load(house, house.ring().promoted(id(2)).unwrap()).await.unwrap());
    keys::note(house, By::Operator, Step::Promote(id(2))).await.unwrap();
}

async fn retire(house: &House, signs_out: bool) -> Result<(), KeysError> {
    let step = Step::Retire { key: id(1), signs_out };
    audit::Keeper::new(house, Vec::new()).settle().await.unwrap();
    keys::check(house, By::Operator, &house.ring(), step).await?;
    keys::note(house, By::Operator, step).await?;
    keys::load(house, house.ring().with_retired(id(1)).unwrap()).await.map(drop)
}

/// Re-encrypts everything, as the queue does.
async fn rotate(house: &House) {
    keys::rotate(house, By::Operator, Pace::Emergency).await.unwrap();
    while keys::status(house).await.unwrap().is_rotating() {
        house.clock.advance_ms(6_000);
        house.work_on(keys::QUEUE).await;
    }
}

fn email(text: &str) -> Email {
    valid(text)
}

async fn sign_up(house: &House, name: &str, address: &str) -> account::Opened {
    let form = Register { name: valid(name), email: email(address), password: Password::new(PASSWORD.into()) };
    register(house, form, &From::default()).await.unwrap();
    house.work().await;
    let token = house.secret(address, "/verify/").await.unwrap();
    let from = From { agent: Some("Firefox".into()), address: Some("203.0.113.9".into()), zone: None, device: None };
    let form = model::Verify { token, password: Password::new(PASSWORD.into()) };
    account::verify(house, form, from).await.unwrap()
}

async fn enter(house: &House, address: &str) -> Option<PersonId> {
    let form = SignIn { email: email(address), password: Password::new(PASSWORD.into()), remember: false };
    sign_in(house, form, From::default()).await.ok()?.opened().map(|opened| opened.actor.person)
}

async fn under(house: &House, key: u32) -> u64 {
    let counts = keys::status(house).await.unwrap().counts;
    counts.iter().filter(|count| count.key == KeyId::new(key)).map(|count| count.n).sum()
}

/// What the log says of the keys: the action and its outcome.
async fn told(house: &House) -> Vec<(String, String)> {
    audit::Keeper::new(house, Vec::new()).settle().await.unwrap();
    let entries = audit::latest(house.store(), 200).await.unwrap();
    let mut told: Vec<_> = entries.into_iter().filter(|e| e.kind == "keys").map(|e| (e.action, e.outcome)).collect();
    told.reverse();
    told
}

muster_service::both_engines! {
    async fn a_rotation_takes_every_value_to_the_new_key_and_nobody_notices(house) {
        begin(house, "one").await;
        let ana = sign_up(house, "Ana Petrović", "ana@norrvik.example").await;
        let project = house.project("MUS").await;
        let entry = [8; 16];
        house.keep_private(entry, ana.actor.person, "203.0.113.80").await;
        add(house).await;
        assert_eq!((under(house, 1).await > 0, under(house, 2).await), (true, 0));
        promote(house).await;
        // A mail that waits is sealed under the new key, the others under the old one.
        forgot(house, AskLink { email: email("ana@norrvik.example") }, &From::default()).await.unwrap();
        assert!(under(house, 1).await > 0 && under(house, 2).await > 0);
        assert_eq!(enter(house, "ana@norrvik.example").await, Some(ana.actor.person));
        rotate(house).await;
        assert_eq!(under(house, 1).await, 0);
        let desk = keys::status(house).await.unwrap();
        let rotation = desk.rotation.as_ref().unwrap();
        assert_eq!((rotation.key, rotation.n_failed, rotation.percent()), (id(2), 0, 100));
        assert!(rotation.n_done >= rotation.n_total && rotation.n_total > 0);
        assert_eq!((desk.n_elsewhere(), desk.n_unreadable()), (0, 0));

        assert_eq!(enter(house, "ANA@norrvik.example").await, Some(ana.actor.person));
        assert_eq!(actor(house, &ana.cookie).await.unwrap(), Some(ana.actor), "who was signed in still is");
        assert_eq!(house.private(entry).await.as_deref(), Some("203.0.113.80"));
        let sessions = account::sessions(house, &ana.actor).await.unwrap();
        assert!(sessions.iter().any(|card| card.address.as_deref() == Some("203.0.113.9")));
        assert_eq!(query::me(house, &ana.actor).await.unwrap().email, email("ana@norrvik.example"));
        house.task(&project, "Paint the fence").await;

        retire(house, true).await.unwrap();
        assert_eq!(house.private(entry).await.as_deref(), Some("203.0.113.80"));
        assert_eq!(enter(house, "ana@norrvik.example").await, Some(ana.actor.person));
        assert_eq!(actor(house, &ana.cookie).await.unwrap(), None, "the pass was signed by the old key");
        let told = told(house).await;
        let actions: Vec<&str> = told.iter().map(|(action, _)| action.as_str()).collect();
        let expected = ["keys_load", "keys_load", "keys_load", "keys_promote", "keys_rotate_emergency", "keys_rotated",
            "keys_sign_out", "keys_retire", "keys_load"];
        assert_eq!(actions, expected);
        assert!(told.iter().all(|(_, outcome)| outcome == "done"));
    }

    async fn checkpoints_are_signed_and_verified_across_a_rotation(house) {
        begin(house, "one").await;
        house.project("MUS").await;
        let keeper = audit::Keeper::new(house, Vec::new());
        keeper.settle().await.unwrap();
        let before = audit::public_keys(house.store(), &vault_of(house)).await.unwrap();
        add(house).await;
        promote(house).await;
        house.project("TWO").await;
        rotate(house).await;
        let step = Step::Retire { key: id(1), signs_out: true };
        let early = keys::check(house, By::Operator, &house.ring(), step).await.unwrap_err();
        assert!(matches!(early, KeysError::Unsigned(_)), "the old key alone has signed: {early}");
        keeper.settle().await.unwrap();
        retire(house, true).await.unwrap();
        house.project("SUN").await;
        keeper.settle().await.unwrap();
        let against = audit::Against { keys: before, ..audit::Against::default() };
        let verified = audit::verify(house.store(), &vault_of(house), against).await.unwrap().unwrap();
        assert!(verified.is_trusted);
    }

    async fn retiring_a_key_that_one_row_needs_is_refused_with_the_count(house) {
        begin(house, "one").await;
        let ana = sign_up(house, "Ana", "ana@norrvik.example").await;
        add(house).await;
        promote(house).await;
        let name = sealed(house, "SELECT name FROM users WHERE id = $1", ana.actor.person).await;
        rotate(house).await;
        // A restored row, or a writer that was very slow.
        let sql = "UPDATE users SET name = $1 WHERE id = $2";
        house.tamper(sql, vec![name.into(), ana.actor.person.into()]).await;
        match retire(house, true).await.unwrap_err() {
            KeysError::InUse { key, n, told } => {
                assert_eq!((key, n, told), (id(1), 1, vec!["Names of people: 1".to_owned()]));
            }
            other => panic!("{other}"),
        }
        // Nor is a ring taken in which somebody has done it by hand.
        let by_hand = keys::load(house, house.ring().with_retired(id(1)).unwrap()).await.unwrap_err();
        assert!(matches!(by_hand, KeysError::InUse { n: 1, .. }), "{by_hand}");
        let lost = KeyRing::generate(id(2), [2; 32]).unwrap();
        assert!(matches!(keys::load(house, lost).await.unwrap_err(), KeysError::InUse { n: 1, .. }));
        let trouble = keys::status(house).await.unwrap().trouble.unwrap();
        assert!(trouble.contains("1 record is encrypted with it (Names of people: 1)"), "{trouble}");
        assert_eq!(query::me(house, &ana.actor).await.unwrap().person.name.as_str(), "Ana");
        rotate(house).await;
        retire(house, true).await.unwrap();
        assert_eq!(told(house).await.iter().filter(|(_, outcome)| outcome == "refused").count(), 1);
    }

    async fn retiring_a_key_that_signed_open_sessions_is_refused_until_they_may_end(house) {
        begin(house, "one").await;
        let ana = house.admin("Ana").await;
        add(house).await;
        promote(house).await;
        rotate(house).await;
        assert!(matches!(retire(house, false).await.unwrap_err(), KeysError::Sessions { n: 1, .. }));
        assert_eq!(keys::status(house).await.unwrap().keys[1].n_sessions, 1);
        assert_eq!(account::sessions(house, &ana).await.unwrap().len(), 1);
        house.clock.advance_ms(31 * DAY_MS);
        keys::beat(house).await.unwrap();
        retire(house, false).await.unwrap();
    }

    async fn a_field_that_cannot_be_read_is_unreadable_alone_and_its_page_is_still_there(house) {
        begin(house, "one").await;
        let ana = sign_up(house, "Ana", "ana@norrvik.example").await;
        let ben = sign_up(house, "Ben", "ben@norrvik.example").await;
        let project = house.project_of(&ana.actor, "MUS").await;
        house.add(&project, &ben.actor, model::ProjectRole::Member).await;
        let task = house.task(&project, "Paint the fence").await;
        let swap = "UPDATE users SET name = (SELECT email FROM users WHERE id = $1) WHERE id = $1";
        house.tamper(swap, vec![ben.actor.person.into()]).await;
        let move_there = "UPDATE users SET email = (SELECT email FROM users WHERE id = $2) WHERE id = $1";
        house.tamper(move_there, vec![ana.actor.person.into(), ben.actor.person.into()]).await;
        house.tamper("UPDATE sessions SET address = agent WHERE address IS NOT NULL", vec![]).await;
        // Another server, which has not seen the names.
        keys::load(house, house.ring().with_key(id(9), [9; 32]).unwrap()).await.unwrap();
        let me = query::me(house, &ana.actor).await.unwrap();
        assert_eq!((me.person.name.as_str(), me.email.as_str()), ("Ana", "unreadable@address.invalid"));
        let page = query::board(house, &ana.actor, &project.key).await.unwrap();
        let mut names: Vec<&str> = page.people.iter().map(|card| card.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Ana", "Unreadable name"]);
        query::task(house, &ana.actor, project.id, task).await.unwrap();
        query::home(house, &ben.actor).await.unwrap();
        let sessions = account::sessions(house, &ana.actor).await.unwrap();
        assert_eq!((sessions[0].agent.as_deref(), sessions[0].address.as_deref()), (Some("Firefox"), None));
        assert_eq!(query::home(house, &ana.actor).await.unwrap().projects.len(), 1);
        // A rotation passes them by, says so, and leaves them as they are.
        add(house).await;
        promote(house).await;
        rotate(house).await;
        let rotation = keys::status(house).await.unwrap().rotation.unwrap();
        let n_sessions = u64::try_from(house.number("SELECT count(*) FROM sessions WHERE address IS NOT NULL").await).unwrap();
        assert_eq!(rotation.n_failed, 2 + n_sessions + 1, "a name, an address and its index, and those of the sessions");
        assert!(matches!(retire(house, true).await.unwrap_err(), KeysError::InUse { .. }));
    }

    async fn only_admins_see_the_keys_and_change_them_with_their_password(house) {
        begin(house, "one").await;
        let (admin, user) = (house.admin("Ana").await, house.person("Ben").await);
        let asked = keys::Asked { doing: Some(Doing::Retire(id(1))) };
        assert_eq!(keys::desk(house, &user, asked).await.unwrap_err(), model::Refusal::NotFound);
        let desk = keys::desk(house, &admin, asked).await.unwrap();
        assert_eq!((desk.asked.doing, desk.active()), (Some(Doing::Retire(id(1))), Some(id(1))));
        let password = || Password::new(PASSWORD.into());
        assert_eq!(keys::authorize(house, &user, password()).await.unwrap_err(), model::Refusal::NotFound);
        let wrong = keys::authorize(house, &admin, Password::new("something else".into())).await.unwrap_err();
        assert_eq!(wrong.field(), Some("password"));
        assert_eq!(keys::authorize(house, &admin, password()).await.unwrap(), By::Admin(admin));
    }

    async fn a_ring_of_another_house_is_refused(house) {
        begin(house, "one").await;
        let other = KeyRing::generate(id(1), [8; 32]).unwrap();
        let refused = keys::load(house, other).await.unwrap_err();
        assert!(matches!(refused, KeysError::OtherKey { .. }), "{refused}");
        assert!(keys::status(house).await.unwrap().trouble.is_some());
        let refused = keys::load(house, house.ring().with_key(id(2), [2; 32]).unwrap()).await;
        assert!(refused.unwrap());
        assert_eq!(keys::status(house).await.unwrap().trouble, None);
    }

    async fn an_old_key_is_told_of(house) {
        begin(house, "one").await;
        assert_eq!(keys::is_old(house).await.unwrap(), None);
        house.clock.advance_ms(364 * DAY_MS);
        assert_eq!(keys::is_old(house).await.unwrap(), None);
        house.clock.advance_ms(DAY_MS);
        assert_eq!(keys::is_old(house).await.unwrap(), Some(365));
        assert_eq!(keys::status(house).await.unwrap().old_days, Some(365));
        keys::beat(house).await.unwrap();
        add(house).await;
        promote(house).await;
        assert_eq!(keys::is_old(house).await.unwrap(), None);
    }

    async fn a_policy_rotates_an_old_key_step_by_step_and_goes_on_where_it_was(house) {
        let policy = Place { rotates_after_days: 90, ..place("one") };
        keys::begin(house, policy.clone()).await.unwrap();
        house.admin("Ana").await;
        house.clock.advance_ms(89 * DAY_MS);
        keys::beat(house).await.unwrap();
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Nothing);
        house.clock.advance_ms(DAY_MS);
        keys::beat(house).await.unwrap();
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Add);
        add(house).await;
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Promote(id(2)));
        promote(house).await;
        // The server that promoted it died before it began to re-encrypt.
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Reencrypt);
        keys::rotate(house, By::Server, Pace::Routine).await.unwrap();
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Nothing, "one is under way");
        rotate(house).await;
        assert_eq!(keys::by_policy(house).await.unwrap(), Policy::Nothing);
        assert_eq!(under(house, 1).await, 0);
    }

    async fn a_policy_tells_where_it_cannot_change_the_ring_or_others_lack_the_key(house) {
        let policy = Place { rotates_after_days: 90, is_writable: false, ..place("one") };
        keys::begin(house, policy.clone()).await.unwrap();
        house.clock.advance_ms(90 * DAY_MS);
        let told = keys::by_policy(house).await.unwrap();
        assert!(matches!(&told, Policy::Told(why) if why.contains("90 days old") && why.contains("the test")), "{told:?}");
        keys::begin(house, Place { is_writable: true, ..policy }).await.unwrap();
        add(house).await;
        house.tamper(
            "INSERT INTO vault_nodes (id, name, seen_at, keys) VALUES ($1, 'two', $2, '[]')",
            vec![house.id::<uuid::Uuid>().into(), house.now().ms().into()],
        )
        .await;
        let told = keys::by_policy(house).await.unwrap();
        assert!(matches!(&told, Policy::Told(why) if why.contains("two has not got it yet")), "{told:?}");
    }

    async fn a_paused_queue_pauses_the_rotation_and_it_goes_on_where_it_was(house) {
        begin(house, "one").await;
        let admin = house.admin("Ana").await;
        add(house).await;
        promote(house).await;
        muster_service::queue::order(house, &admin, muster_service::queue::Wanted::Pause("keys".into())).await.unwrap();
        keys::rotate(house, By::Operator, Pace::Routine).await.unwrap();
        house.work().await;
        let desk = keys::status(house).await.unwrap();
        assert_eq!((desk.pulse, desk.rotation.unwrap().n_done), (keys::Pulse::Paused, 0));
        muster_service::queue::order(house, &admin, muster_service::queue::Wanted::Resume("keys".into())).await.unwrap();
        rotate(house).await;
        assert_eq!(under(house, 1).await, 0);
        let nothing = keys::rotate(house, By::Operator, Pace::Routine).await.unwrap_err();
        assert!(matches!(nothing, KeysError::NothingToDo(_)));
    }

    async fn an_emergency_signs_everybody_out(house) {
        begin(house, "one").await;
        let people = [house.admin("Ana").await, house.person("Ben").await, house.person("Cem").await];
        keys::sign_out_everybody(house, By::Admin(people[0])).await.unwrap();
        for person in people {
            assert_eq!(account::sessions(house, &person).await.unwrap(), []);
        }
        assert_eq!(told(house).await.last().unwrap().0, "keys_sign_out");
    }

    async fn an_address_is_unique_across_the_keys(house) {
        begin(house, "one").await;
        let ana = sign_up(house, "Ana", "ana@norrvik.example").await;
        add(house).await;
        promote(house).await;
        let again = async || {
            house.clock.advance_ms(3_600_000);
            let form = Register {
                name: valid("Somebody"),
                email: email("Ana@norrvik.example"),
                password: Password::new("another long password".into()),
            };
            register(house, form, &From::default()).await.unwrap();
            house.number("SELECT count(*) FROM users").await
        };
        let n = again().await;
        rotate(house).await;
        assert_eq!(again().await, n);
        assert_eq!(house.number("SELECT count(*) FROM user_email_index WHERE key_id = 2").await, n);
        assert_eq!(enter(house, "ana@norrvik.example").await, Some(ana.actor.person));
    }
}

/// A vault with the ring that the house has.
fn vault_of(house: &House) -> vault::Vault {
    vault::Vault::new((*house.ring()).clone(), || [1; 24])
}

async fn sealed(house: &House, sql: &str, person: PersonId) -> Vec<u8> {
    let row = store::one(house.store().reader(), sql, [person.into()]).await.unwrap().unwrap();
    store::get(&row, 0).unwrap()
}

/// Another server over the database of the first, with the ring of one key.
async fn node(house: &House, seed: u64, name: &str) -> House {
    let other = House::over(Database::of(house.database().url()), Sync::Process, seed).await;
    begin(&other, name).await;
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_one_server_lacks_is_not_promoted() {
    let house = House::open(Engine::Postgres).await;
    begin(&house, "north").await;
    house.person("Otto").await;
    let other = node(&house, 2, "south").await;
    add(&house).await;
    let lacking = |error: KeysError| match error {
        KeysError::Lacking { nodes, .. } => nodes,
        other => panic!("{other}"),
    };
    let refused = keys::check(&house, By::Operator, &house.ring(), Step::Promote(id(2))).await.unwrap_err();
    assert_eq!(lacking(refused), ["south"]);
    // Nor does a server use a ring in which somebody has done it by hand.
    let by_hand = keys::load(&house, house.ring().promoted(id(2)).unwrap()).await.unwrap_err();
    assert_eq!(lacking(by_hand), ["south"]);
    assert_eq!(house.ring().active(), id(1));
    // Another key under the same number is not the same key.
    let wrong = keys::load(&other, other.ring().with_key(id(2), [3; 32]).unwrap()).await.unwrap_err();
    assert!(matches!(wrong, KeysError::OtherKey { .. }), "{wrong}");
    add(&other).await;
    promote(&house).await;
    other.clock.advance_ms(1_000);
    // One that was not told yet goes on with the old key, and reads what the new one sealed.
    let ana = sign_up(&house, "Ana", "ana@norrvik.example").await;
    assert_eq!(enter(&other, "ana@norrvik.example").await, Some(ana.actor.person));
    assert_eq!(query::me(&other, &ana.actor).await.unwrap().person.name.as_str(), "Ana");
    assert_eq!(actor(&other, &ana.cookie).await.unwrap(), Some(ana.actor));
    let step = Step::Retire { key: id(1), signs_out: true };
    let sealing = keys::check(&house, By::Operator, &house.ring(), step).await.unwrap_err();
    assert!(matches!(sealing, KeysError::Sealing { nodes, .. } if nodes == ["south"]));
    // A server that is gone is not waited for.
    other.close().await;
    house.clock.advance_ms(31_000);
    keys::beat(&house).await.unwrap();
    rotate(&house).await;
    retire(&house, true).await.unwrap();
    house.assert_whole().await;
    house.close().await;
}

/// Twenty people change what is sealed, and come and go, while everything is sealed again.
async fn with_writers(houses: &[&House]) {
    let house = houses[0];
    let project = house.project("MUS").await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(sign_up(house, &format!("Person {n}"), &format!("p{n}@norrvik.example")).await);
    }
    for house in houses {
        add(house).await;
    }
    for house in houses {
        assert!(keys::load(house, house.ring().promoted(id(2)).unwrap()).await.unwrap());
    }
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let over = || is_over.load(std::sync::atomic::Ordering::SeqCst);
    let writer = async |n: usize| {
        let house = houses[n % houses.len()];
        let (mut rounds, address) = (0, format!("p{n}@norrvik.example"));
        while !over() || rounds < 2 {
            assert_eq!(enter(house, &address).await, Some(people[n].actor.person), "sign-in works throughout");
            forgot(house, AskLink { email: email(&address) }, &From::default()).await.unwrap();
            let task = create_task(&project, house.id(), &format!("Task {n}.{rounds}"));
            execute(house, &project.lead, vec![house.envelope(task)]).await;
            // The name changes without the service's knowing when: only a compare-and-set keeps it.
            let name = format!("Person {n} in round {rounds}");
            house.rename(people[n].actor.person, &name).await;
            assert_eq!(house.name_of(people[n].actor.person).await, name);
            rounds += 1;
        }
        rounds
    };
    let writers = async { futures::future::join_all((0..20).map(writer)).await };
    let rotation = async {
        rotate(house).await;
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let (rounds, ()) = futures::join!(writers, rotation);
    for (n, rounds) in rounds.iter().enumerate() {
        let name = format!("Person {n} in round {}", rounds - 1);
        assert_eq!(house.name_of(people[n].actor.person).await, name, "no edit is lost");
    }
    rotate_rest(house).await;
    assert_eq!(under(house, 1).await, 0);
    house.assert_whole().await;
}

/// What was written under the old key while the last pass went by is sealed again by another rotation.
async fn rotate_rest(house: &House) {
    if keys::status(house).await.unwrap().n_elsewhere() > 0 {
        rotate(house).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_writers_lose_nothing_during_a_rotation_on_sqlite() {
    let house = House::open(Engine::Sqlite).await;
    begin(&house, "one").await;
    with_writers(&[&house]).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_writers_on_two_servers_lose_nothing_during_a_rotation_on_postgresql() {
    let house = House::open(Engine::Postgres).await;
    begin(&house, "north").await;
    let other = node(&house, 2, "south").await;
    with_writers(&[&house, &other]).await;
    other.close().await;
    house.close().await;
}
