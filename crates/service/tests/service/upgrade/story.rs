//! What happens in an installation until every table of its schema has rows: for the copy of a schema that today's program fills.
//!
//! A change that brings tables or columns adds a scene that fills them, at the end. Whoever reads a copy looks for the names in here.

use data_encoding::BASE32_NOPAD;
use model::{
    AskLink, Command, Day, Due, EnableCodes, Hue, Label, Mark, NewEmail, NewStatus, Password, Priority, Register,
    Registration, Role, SignIn, Spot, TaskId, UseLink, ZoneName, testing::valid,
};
use muster_service::{
    Actor, account,
    audit::{self, Afar, Delivery, Keeper, Receiver},
    export::{self, Format, What},
    inbox::{follow_once, mark},
    keys, kit,
    kit::{House, Project, create_task},
    notify, people, presence, query, queue, sample,
};
use std::sync::Arc;
use totp_rs::{Builder, Secret};
use vault::{KeyId, KeyRing};

pub(super) const KEY: &str = "MUS";
pub(super) const FENCE: &str = "Paint the fence";
pub(super) const GATE: &str = "Oil the garden gate";
pub(super) const QUESTION: &str = "Which colour, Łukasz?";
const MINUTE_MS: i64 = 60_000;

/// Who and what the scenes are about.
pub(super) struct Stage {
    mus: Project,
    ada: Actor,
    ben: Actor,
    vera: Actor,
    fence: TaskId,
    gate: TaskId,
}

/// The ring with which the last scene ends, and with which every copy can be read.
pub(super) fn ring() -> KeyRing {
    let first = KeyRing::generate(id(1), [7; 32]).unwrap();
    first.with_key(id(2), [2; 32]).unwrap().promoted(id(2)).unwrap()
}

fn id(number: u32) -> KeyId {
    KeyId::new(number).unwrap()
}

/// Everything, in order.
pub(super) async fn tell(house: &House) {
    let stage = &work(house).await;
    more_work(house, stage).await;
    inbox(house, stage).await;
    again(house, stage).await;
    clockwork(house, stage).await;
    log(house).await;
    letters(house, stage).await;
    guests(house, stage).await;
    locks(house, stage).await;
    unseen(house, stage).await;
    rotation(house).await;
    check(house, stage).await;
    exports(house, stage).await;
    samples(house, stage).await;
    last_words(house, stage).await;
}

async fn act(house: &House, actor: &Actor, command: Command) {
    house.clock.advance_ms(MINUTE_MS);
    house.done(actor, command).await;
}

fn to(stage: &Stage, task: TaskId, column: usize) -> Command {
    Command::MoveTask { project: stage.mus.id, task, to: stage.mus.statuses[column], spot: Spot::Last }
}

fn password(text: &str) -> Password {
    Password::new(text.into())
}

/// Streams, events, operations, texts, people, sessions, tokens, projects, tasks, comments, entries of the log that wait.
pub(super) async fn work(house: &House) -> Stage {
    account::set_up_token(house).await.unwrap().unwrap();
    let ada = house.admin("Ada Lindqvist").await;
    let mus = house.project(KEY).await;
    let (ben, vera) = (house.member(&mus, "Ben Øster").await, house.viewer(&mus, "Vera").await);
    let gone = house.member(&mus, "Łukasz").await;
    let (fence, gate, project, lead) = (house.id(), house.id(), mus.id, &mus.lead);
    let stage = Stage { mus: mus.clone(), ada, ben, vera, fence, gate };
    let due = Due::Day(Day::from_ymd(2026, 10, 2).unwrap());
    let create = Command::CreateTask {
        project,
        task: fence,
        title: valid(FENCE),
        text: Some(valid("Two coats.\n\n- [ ] sand it first")),
        status: mus.statuses[0],
        due: Some(due),
        assignees: vec![ben.person],
        priority: None,
        labels: vec![],
        parent: None,
    };
    act(house, lead, create).await;
    act(house, lead, create_task(&mus, gate, "Oil the gate")).await;
    act(house, lead, Command::RenameTask { project, task: gate, title: valid(GATE) }).await;
    act(house, &ben, Command::DescribeTask { project, task: gate, base: 0, text: valid("It *creaks*.") }).await;
    let due = Due::At { instant: house.now().plus_ms(90 * MINUTE_MS), zone: valid::<ZoneName>("Europe/Warsaw") };
    act(house, lead, Command::SetDue { project, task: gate, due: Some(due) }).await;
    act(house, &ben, to(&stage, fence, 2)).await;
    act(house, lead, Command::Assign { project, task: gate, person: gone.person }).await;
    act(house, lead, Command::Unassign { project, task: gate, person: gone.person }).await;
    // He is assigned and hears of it anyway: to follow what one talks about came with the next schema.
    act(house, &ben, Command::AddComment { project, task: fence, comment: house.id(), text: valid(QUESTION) }).await;
    act(house, lead, Command::RemoveMember { project, person: gone.person }).await;
    account::sign_out(house, &gone).await.unwrap();
    stage
}

/// Labels, parts, watchers, priorities, the archive and the trash, comments that are edited and removed.
pub(super) async fn more_work(house: &House, stage: &Stage) {
    let (project, lead, Stage { fence, gate, ben, vera, .. }) = (stage.mus.id, &stage.mus.lead, stage);
    let (fence, gate, label) = (*fence, *gate, house.id());
    let urgent = Label { id: label, name: valid("outside"), hue: Hue::of(&[3]) };
    act(house, lead, Command::PutLabel { project, label: urgent }).await;
    act(house, lead, Command::LabelTask { project, task: fence, label, on: true }).await;
    act(house, lead, Command::SetPriority { project, task: gate, priority: Some(Priority::High) }).await;
    let (part, old, wrong) = (house.id(), house.id(), house.id());
    for (task, title) in [(part, "Buy brushes"), (old, "Mow the lawn"), (wrong, "Pant the fence")] {
        act(house, ben, create_task(&stage.mus, task, title)).await;
    }
    act(house, ben, Command::SetParent { project, task: part, parent: Some(fence) }).await;
    act(house, ben, Command::ArchiveTask { project, task: old, on: true }).await;
    act(house, ben, Command::TrashTask { project, task: wrong, on: true }).await;
    act(house, vera, Command::Watch { project, task: gate, on: Some(true) }).await;
    let (kept, removed) = (house.id(), house.id());
    for (comment, text) in [(kept, "Gren"), (removed, "Never mind")] {
        act(house, ben, Command::AddComment { project, task: fence, comment, text: valid(text) }).await;
    }
    let text = valid("Green");
    act(house, ben, Command::EditComment { project, task: fence, comment: kept, base: 1, text }).await;
    act(house, ben, Command::RemoveComment { project, task: fence, comment: removed, base: 1 }).await;
    act(house, lead, Command::RenameProject { project, name: valid("House and garden") }).await;
    let status = NewStatus { id: house.id(), name: valid("Drying"), category: model::Category::InProgress };
    act(house, lead, Command::AddStatus { project, status, place: 3 }).await;
}

/// Notices, and how far they were read.
pub(super) async fn inbox(house: &House, stage: &Stage) {
    let Stage { mus, ben, gate, .. } = stage;
    act(house, &mus.lead, Command::Assign { project: mus.id, task: *gate, person: ben.person }).await;
    follow_once(house).await.unwrap();
    mark(house, ben, Mark::AllRead { at: house.now() }).await.unwrap();
    let text = valid(&format!("@[{}] the oil is in the shed", ben.person));
    act(house, &mus.lead, Command::AddComment { project: mus.id, task: *gate, comment: house.id(), text }).await;
    follow_once(house).await.unwrap();
}

/// A task that comes into another column, and is moved within it.
pub(super) async fn again(house: &House, stage: &Stage) {
    act(house, &stage.ben, to(stage, stage.gate, 1)).await;
    act(house, &stage.ben, to(stage, stage.gate, 1)).await;
}

/// Jobs, the crontab, a queue that is paused.
pub(super) async fn clockwork(house: &House, stage: &Stage) {
    house.clock.advance_ms(10 * MINUTE_MS);
    house.strike().await;
    queue::order(house, &stage.ada, queue::Wanted::Pause("upkeep".into())).await.unwrap();
}

/// Whoever takes what they are sent.
struct Friend;

impl Receiver for Friend {
    fn name(&self) -> String {
        "friend".into()
    }

    fn take(&self, _: &Delivery) -> Result<(), String> {
        Ok(())
    }
}

/// The sealed log: entries, nodes, a checkpoint, a receipt.
pub(super) async fn log(house: &House) {
    audit::send_to(house, Afar { receiver: Some(Arc::new(Friend)), mail: None });
    Keeper::new(house, vec![]).settle().await.unwrap();
    house.work().await;
}

/// Wishes, mails that were sent and one that waits, somebody who has not confirmed an address.
pub(super) async fn letters(house: &House, stage: &Stage) {
    let Stage { mus, ben, vera, fence, .. } = stage;
    let mut wishes = notify::preferences(house, vera).await.unwrap();
    wishes.zone = Some(valid("Asia/Tokyo"));
    notify::prefer(house, vera, wishes).await.unwrap();
    act(
        house,
        ben,
        Command::DescribeTask {
            project: mus.id,
            task: *fence,
            base: 1,
            text: valid(&format!("Three coats, @[{}].", vera.person)),
        },
    )
    .await;
    follow_once(house).await.unwrap();
    house.clock.advance_ms(10 * MINUTE_MS);
    house.work().await;
    let form =
        Register { name: valid("Nils"), email: valid("nils@norrvik.example"), password: password(kit::PASSWORD) };
    account::register(house, form, &account::From::default()).await.unwrap();
}

/// Invitations, and who may register.
pub(super) async fn guests(house: &House, stage: &Stage) {
    let project = people::ToProject { project: stage.mus.id, role: model::ProjectRole::Member };
    people::invite(house, &stage.ada, vec![valid("ines@norrvik.example")], Role::User, vec![project]).await.unwrap();
    let domains = Registration::Domains(vec![valid("norrvik.example")]);
    people::set_registration(house, &stage.ada, domains).await.unwrap();
}

/// Codes from an app, somebody between two steps, a wrong password, another address.
pub(super) async fn locks(house: &House, stage: &Stage) {
    // Such steps ask for somebody who has just shown who they are.
    let (ben, vera) = (house.sign_in_again(stage.ben.person).await, house.sign_in_again(stage.vera.person).await);
    let (ben, vera) = (&ben, &vera);
    let offer = account::offer(house, ben).await.unwrap();
    let secret: [u8; 20] = BASE32_NOPAD.decode(offer.secret.replace(' ', "").as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().unwrap();
    let code = totp.generate(u64::try_from(house.now().ms() / 1000).unwrap()).to_string();
    account::enable(house, ben, EnableCodes { offer: offer.sealed, code }).await.unwrap();
    house.clock.advance_ms(MINUTE_MS);
    account::ask_email(house, vera, NewEmail { email: valid("vera@norrvik.example") }).await.unwrap();
    house.work().await;
    let token = house.secret("vera@norrvik.example", "/email/").await.unwrap();
    account::confirm_email(house, vera, UseLink { token }).await.unwrap();
    for (who, typed) in [(ben, kit::PASSWORD), (vera, "not this one")] {
        let email = query::me(house, who).await.unwrap().email;
        let form = SignIn { email, password: password(typed), remember: true };
        let entered = account::sign_in(house, form, account::From::default()).await;
        assert_eq!(entered.is_ok(), typed == kit::PASSWORD, "{typed}");
    }
}

/// Somebody who is not to be seen.
pub(super) async fn unseen(house: &House, stage: &Stage) {
    presence::appear(house, stage.vera.person, true).await.unwrap();
}

/// A second key, and everything sealed anew.
pub(super) async fn rotation(house: &House) {
    let place = keys::Place { server: "one".into(), ring: "the test".into(), ..keys::Place::default() };
    keys::begin(house, place).await.unwrap();
    assert!(keys::load(house, house.ring().with_key(id(2), [2; 32]).unwrap()).await.unwrap());
    assert!(keys::load(house, house.ring().promoted(id(2)).unwrap()).await.unwrap());
    keys::rotate(house, keys::By::Operator, keys::Pace::Emergency).await.unwrap();
    while keys::status(house).await.unwrap().is_rotating() {
        house.clock.advance_ms(MINUTE_MS);
        house.work_on(keys::QUEUE).await;
    }
}

/// A check of the whole log.
pub(super) async fn check(house: &House, stage: &Stage) {
    queue::order(house, &stage.ada, queue::Wanted::Resume("upkeep".into())).await.unwrap();
    audit::check_now(house, &stage.ada).await.unwrap();
    house.work().await;
    queue::order(house, &stage.ada, queue::Wanted::Pause("mail".into())).await.unwrap();
}

/// One that is ready and one that waits.
pub(super) async fn exports(house: &House, stage: &Stage) {
    let Stage { mus, .. } = stage;
    export::begin(house, &mus.lead, What::Project(mus.id), Format::Csv).await.unwrap();
    house.work().await;
    export::begin(house, &stage.ada, What::AuditLog, Format::JsonLines).await.unwrap();
}

/// A project that is there to be tried out.
pub(super) async fn samples(house: &House, stage: &Stage) {
    sample::begin(house, &stage.ada).await.unwrap();
}

/// What waits when the copy is made: a mail with its job, entries of the log that are not sealed.
pub(super) async fn last_words(house: &House, stage: &Stage) {
    Keeper::new(house, vec![]).settle().await.unwrap();
    account::forgot(house, AskLink { email: valid("vera@norrvik.example") }, &account::From::default()).await.unwrap();
    act(house, &stage.mus.lead, to(stage, stage.fence, 3)).await;
}
