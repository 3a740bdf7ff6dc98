//! Whose names may be read, and that none lies in the database for everybody to read.

use model::{
    AskLink, Command, Due, ProjectRole, Refusal, Register, Role, SignIn, Stream, TaskId, Verify, testing::valid,
};
use muster_service::{
    Actor,
    account::{From, forgot, register, sign_in, verify},
    audit::{Keeper, check_now},
    export::{self, Format, What},
    inbox::follow_once,
    keys,
    kit::{Engine, House, Project},
    query,
};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[tokio::test]
async fn names_and_addresses_are_not_in_the_files_in_clear() {
    let house = House::open(Engine::Sqlite).await;
    let (email, password) = (valid("zebulonia@quartzfield.example"), model::Password::new("slow copper kettle".into()));
    let form = Register { name: valid("Zebulonia Quartzfield"), email, password };
    register(&house, form.clone(), &From::default()).await.unwrap();
    house.work().await;
    let secret = house.secret(form.email.as_str(), "/verify/").await.unwrap();
    let link = Verify { token: secret.clone(), password: form.password.clone() };
    verify(&house, link, From::default()).await.unwrap();
    // A mail that waits to be sent lies there, too.
    forgot(&house, AskLink { email: form.email.clone() }, &From::default()).await.unwrap();
    let agent = Some("Netscape Navigator 4".into());
    let from = From { agent, address: Some("203.0.113.77".into()), ..From::default() };
    let form = SignIn { email: form.email, password: form.password, remember: true };
    let ana = sign_in(&house, form, from).await.unwrap().opened().unwrap();
    let project = house.project_of(&ana.actor, "MUS").await;
    house.task(&project, "Paint the fence").await;
    house.assert_whole().await;
    let mut bytes = Vec::new();
    for file in house.database().files() {
        bytes.extend(std::fs::read(file).unwrap());
    }
    let has = |text: &str| bytes.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text.as_bytes()));
    assert!(has("Paint the fence"), "the bytes are those of the database");
    for text in ["zebulonia", "quartzfield", "navigator", "203.0.113", "slow copper", &ana.cookie, &secret] {
        assert!(!has(text), "{text} is in the files");
    }
    house.close().await;
}

/// All that a program tells its log, at every level and of every span, kept to be looked through.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<String>>);

impl Visit for Heard {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0.lock().unwrap(), "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Heard {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
        self.0.lock().unwrap().push('\n');
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Two hundred things that are known of fifty people: names, addresses, browsers, networks.
fn known() -> Vec<[String; 4]> {
    let person = |n: u32| {
        [
            format!("Quirindel{n:02} Zauberstein{n:02}"),
            format!("quirindel{n:02}.z@post{n:02}.example"),
            format!("Netscape Navigator {n:02}.77 (Plan 9)"),
            format!("203.0.113.{}", 100 + n),
        ]
    };
    (0..50).map(person).collect()
}

/// Addresses of people who were only invited.
fn invited() -> Vec<String> {
    (0..10).map(|n| format!("invitandel{n:02}@post{n:02}.example")).collect()
}

/// A backup of a PostgreSQL as its own tool makes it; bytes are hexadecimal there.
fn dump(url: &str) -> Vec<u8> {
    let output = std::process::Command::new("pg_dump").arg("--dbname").arg(url).output().expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What each of the two hundred things has in it, as it would lie in a file.
const STEMS: [&str; 5] = ["quirindel", "zauberstein", "navigator", "203.0.113", "invitandel"];

/// Looks through the files of a PostgreSQL as they lie on its disk: those of this database, and the write-ahead log since it began.
async fn look_through_the_disk(house: &House, began: &str) {
    let db = house.store().reader();
    house.tamper("CHECKPOINT", vec![]).await;
    let files = "SELECT 'base/' || d.oid || '/' || f FROM pg_database d, LATERAL pg_ls_dir('base/' || d.oid) f \
                 WHERE d.datname = current_database() AND f ~ '^[0-9]' AND $1 <> ''";
    let log = "SELECT 'pg_wal/' || name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' \
               AND name BETWEEN $1 AND pg_walfile_name(pg_current_wal_lsn())";
    let mut has_title = [false; 2];
    for (place, sql) in [files, log].into_iter().enumerate() {
        for row in store::all(db, sql, [began.to_owned().into()]).await.unwrap() {
            // All of it; nothing if it went away meanwhile.
            let read = "SELECT pg_read_binary_file($1, 0, 1000000000, true)";
            let path: String = store::get(&row, 0).unwrap();
            let found = store::one(db, read, [path.into()]).await.unwrap().unwrap();
            let Some(bytes) = store::get::<Option<Vec<u8>>>(&found, 0).unwrap() else { continue };
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            has_title[place] |= text.contains("paint the fence");
            for stem in STEMS {
                assert!(!text.contains(stem), "{stem} is on the disk in clear");
            }
        }
    }
    assert_eq!(has_title, [true; 2], "the files and the log are those of this database");
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "{byte:02x}").unwrap();
        all
    })
}

/// What else leaves traces: invitations, notices and the mails about them, reminders, exports, names that change, the sealed log.
async fn live_together(house: &House, project: &Project, task: TaskId, people: &[Actor]) {
    let admin = house.admin("Ada").await;
    let guests = invited().iter().map(|address| valid(address)).collect();
    muster_service::people::invite(house, &admin, guests, Role::User, vec![]).await.unwrap();
    let id = project.id;
    for person in &people[1..8] {
        house.add(project, person, ProjectRole::Member).await;
        house.done(&people[0], Command::Assign { project: id, task, person: person.person }).await;
        let text = valid(&format!("@[{}] I will do it", people[0].person));
        house.done(person, Command::AddComment { project: id, task, comment: house.id(), text }).await;
    }
    let due = Some(Due::Day(house.now().day_utc()));
    house.done(&people[0], Command::SetDue { project: id, task, due }).await;
    follow_once(house).await.unwrap();
    house.clock.advance_ms(6 * 60_000);
    house.strike().await;
    assert!(house.number("SELECT count(*) FROM notices").await >= 7);
    for (format, what) in [(Format::Csv, What::Everything), (Format::Json, What::ProjectLog(id))] {
        export::begin(house, &people[0], what, format).await.unwrap();
    }
    house.work().await;
    assert_eq!(house.files().await, 2);
    Keeper::new(house, vec![]).settle().await.unwrap();
    check_now(house, &admin).await.unwrap();
    house.work().await;
}

/// Fifty people register, sign in, ask for links, and change what is theirs, while the keys are rotated; one of them is unreadable.
async fn two_hundred_things_are_nowhere(engine: Engine) {
    let heard = Heard::default();
    let _log = tracing::subscriber::set_default(heard.clone());
    let house = House::open(engine).await;
    let began = match engine {
        Engine::Sqlite => String::new(),
        Engine::Postgres => {
            let sql = "SELECT pg_walfile_name(pg_current_wal_lsn())";
            store::get(&store::one(house.store().reader(), sql, []).await.unwrap().unwrap(), 0).unwrap()
        }
    };
    keys::begin(&house, keys::Place { server: "one".into(), ..keys::Place::default() }).await.unwrap();
    let password = || model::Password::new("slow copper kettle".into());
    let mut people = Vec::new();
    for [name, address, agent, network] in known() {
        let email = valid::<model::Email>(&address);
        register(&house, Register { name: valid(&name), email: email.clone(), password: password() }, &From::default())
            .await
            .unwrap();
        house.work().await;
        let token = house.secret(&address, "/verify/").await.unwrap();
        let from = From { agent: Some(agent), address: Some(network.clone()), zone: None, device: None };
        let opened = verify(&house, Verify { token, password: password() }, from).await.unwrap();
        house.keep_private(*opened.actor.person.uuid().as_bytes(), opened.actor.person, &network).await;
        // A mail that waits.
        forgot(&house, AskLink { email: email.clone() }, &From::default()).await.unwrap();
        let wrong = SignIn { email, password: model::Password::new("wrong".into()), remember: false };
        assert!(sign_in(&house, wrong, From::default()).await.is_err());
        people.push(opened.actor);
    }
    let project = house.project_of(&people[0], "MUS").await;
    let task = house.task(&project, "Paint the fence").await;
    live_together(&house, &project, task, &people).await;
    let second = house.ring().next_id().unwrap();
    keys::load(&house, house.ring().with_key(second, [2; 32]).unwrap()).await.unwrap();
    keys::load(&house, house.ring().promoted(second).unwrap()).await.unwrap();
    let moved = "UPDATE users SET name = (SELECT email FROM users WHERE id = $1) WHERE id = $1";
    house.tamper(moved, vec![people[9].person.into()]).await;
    keys::rotate(&house, keys::By::Operator, keys::Pace::Emergency).await.unwrap();
    while keys::status(&house).await.unwrap().is_rotating() {
        house.clock.advance_ms(6_000);
        house.work().await;
    }
    forgot(&house, AskLink { email: valid(&known()[0][1]) }, &From::default()).await.unwrap();

    let mut bytes = match engine {
        Engine::Sqlite => {
            let files = house.database().files();
            let mut backup = files[0].clone();
            backup.set_extension("backup");
            house.back_up(&backup).await;
            let mut all = std::fs::read(backup).unwrap();
            for file in files {
                all.extend(std::fs::read(file).unwrap());
            }
            all
        }
        Engine::Postgres => {
            look_through_the_disk(&house, &began).await;
            dump(house.database().url())
        }
    };
    let log = heard.0.lock().unwrap().clone();
    assert!(log.contains("cannot be sealed again"), "the log is that of this house");
    bytes.extend(log.into_bytes());
    bytes.make_ascii_lowercase();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("paint the fence"), "the bytes are those of the database");
    let mut n_looked_for = 0;
    for thing in known().into_iter().flatten().chain(invited()) {
        let thing = thing.to_lowercase();
        assert!(!text.contains(&thing) && !text.contains(&hex(&thing)), "{thing} is there in clear");
        n_looked_for += 1;
    }
    assert_eq!(n_looked_for, 210);
    house.close().await;
}

#[tokio::test]
async fn nothing_of_two_hundred_personal_things_is_in_the_file_the_wal_a_backup_or_the_log_on_sqlite() {
    two_hundred_things_are_nowhere(Engine::Sqlite).await;
}

#[tokio::test]
async fn nothing_of_two_hundred_personal_things_is_in_the_files_the_wal_a_backup_or_the_log_on_postgresql() {
    two_hundred_things_are_nowhere(Engine::Postgres).await;
}

muster_service::both_engines! {
    async fn names_are_shown_to_those_who_share_a_project_and_to_admins(house) {
        let project = house.project("MUS").await;
        let (ana, bea) = (house.viewer(&project, "Ana").await, house.viewer(&project, "Bea").await);
        let (carl, admin) = (house.person("Carl").await, house.admin("Admin").await);
        let ids = vec![ana.person, bea.person, carl.person, house.id()];
        let names = async |actor| {
            let mut names: Vec<String> =
                query::people(house, actor, ids.clone()).await.unwrap().into_iter().map(|c| c.name.into()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&ana).await, ["Ana", "Bea"]);
        assert_eq!(names(&carl).await, ["Carl"]);
        assert_eq!(names(&admin).await, ["Ana", "Bea", "Carl"]);
        house.done(&project.lead, Command::RemoveMember { project: project.id, person: bea.person }).await;
        assert_eq!(names(&ana).await, ["Ana"]);
        assert_eq!(names(&bea).await, ["Bea"]);
        let many = vec![ana.person; 101];
        assert_eq!(query::people(house, &ana, many).await.unwrap_err().field(), Some("ids"));
    }

    async fn people_are_found_by_those_who_may_add_them(house) {
        let project = house.project("MUS").await;
        let viewer = house.viewer(&project, "Petra Viewer").await;
        let stranger = house.person("Petra Vogel").await;
        house.person("Ana Petrović").await;
        house.person("Dora").await;
        let find = async |actor, text| {
            let found = query::find_people(house, actor, project.id, text).await?;
            Ok::<Vec<String>, Refusal>(found.into_iter().map(|c| c.name.into()).collect())
        };
        assert_eq!(find(&project.lead, "petr").await.unwrap(), ["Ana Petrović", "Petra Vogel"]);
        assert_eq!(find(&project.lead, "etr").await.unwrap(), Vec::<String>::new());
        assert_eq!(find(&project.lead, " ").await.unwrap(), Vec::<String>::new());
        let address = query::me(house, &stranger).await.unwrap().email;
        assert_eq!(find(&project.lead, address.as_str()).await.unwrap(), ["Petra Vogel"]);
        assert_eq!(find(&viewer, "petr").await.unwrap_err(), Refusal::MayNot);
        assert_eq!(find(&stranger, "petr").await.unwrap_err(), Refusal::NotFound);
    }

    async fn a_page_holds_what_its_reader_may_see_and_the_names_that_appear_on_it(house) {
        let project = house.project("MUS").await;
        let (ana, stranger, admin) =
            (house.viewer(&project, "Ana").await, house.person("Carl").await, house.admin("Admin").await);
        let task = house.task(&project, "Paint the fence").await;
        for reader in [&ana, &admin, &project.lead] {
            let page = query::board(house, reader, &project.key).await.unwrap();
            let names: Vec<&str> = page.people.iter().map(|c| c.name.as_str()).collect();
            assert_eq!((names.len(), names.contains(&"Ana"), names.contains(&"Carl")), (2, true, false));
            assert_eq!(model::Board::try_from(page.board).unwrap(), house.board(project.id).await);
            let answer = query::task(house, reader, project.id, task).await.unwrap();
            assert_eq!(answer.page.told.len(), 1);
            assert_eq!(query::home(house, reader).await.unwrap().projects.len(), 1);
        }
        assert_eq!(query::board(house, &stranger, &project.key).await.unwrap_err(), Refusal::NotFound);
        assert_eq!(query::task(house, &stranger, project.id, task).await.unwrap_err(), Refusal::NotFound);
        assert_eq!(query::home(house, &stranger).await.unwrap().projects, []);
        let other = house.project("OTHER").await;
        assert_eq!(query::task(house, &other.lead, other.id, task).await.unwrap_err(), Refusal::NotFound);
    }

    async fn streams_are_followed_by_those_they_are_for(house) {
        let project = house.project("MUS").await;
        let (ana, carl) = (house.viewer(&project, "Ana").await, house.person("Carl").await);
        let (of_project, of_ana) = (Stream::Project(project.id), Stream::Person(ana.person));
        assert_eq!(query::head(house, &ana, of_project).await, Ok(house.board(project.id).await.seq));
        assert_eq!(query::head(house, &ana, of_ana).await, Ok(1));
        for stream in [of_project, of_ana, Stream::Project(house.id())] {
            assert_eq!(query::head(house, &carl, stream).await, Err(Refusal::NotFound));
        }
        assert_eq!(query::head(house, &carl, Stream::Person(carl.person)).await, Ok(0));
        assert!(query::head(house, &carl, Stream::Instance).await.unwrap() > 0);
    }
}
