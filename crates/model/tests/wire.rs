//! What every type looks like on the wire and in the feed. Events are for ever: a text that stands here must be read always.

#![expect(clippy::unwrap_used, reason = "a helper of a test stops it")]

use std::fmt::Debug;

use muster_model::{
    Answer, Board, BoardPage, BoardSnapshot, Body, Category, Change, Command, Comment, CommentId, Day, Done, Due,
    Email, Envelope, Event, Found, Hit, HomePage, Hue, Inbox, Instant, Key, Label, LabelId, Mark, Me, MyProject,
    MyTask, MyTasks, Name, NewStatus, Notice, NoticeKind, Noticed, OpId, Password, PersonCard, PersonId, Place,
    Priority, ProjectCard, ProjectId, ProjectRole, Question, Rank, Recorded, Refusal, Register, Role, SessionId, SetUp,
    SignIn, Spot, Stamp, StatusId, Stream, TaskAnswer, TaskId, TaskPage, Title, Told, Welcome, ZoneName, decide,
    live::{At, ClientFrame, Field, Gone, Mode, Present, ServerFrame},
    testing::{All, Random, START_MS, Texts, any_command, five_statuses, valid},
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use wire::Wire;

/// An id whose text is one letter many times.
fn id<T: std::str::FromStr<Err: Debug>>(letter: char) -> T {
    format!("{}A", letter.to_string().repeat(21)).parse().unwrap()
}

const P: &str = r#""pppppppppppppppppppppA""#;
const T: &str = r#""tttttttttttttttttttttA""#;
const S: &str = r#""sssssssssssssssssssssA""#;
const U: &str = r#""uuuuuuuuuuuuuuuuuuuuuA""#;
const V: &str = r#""vvvvvvvvvvvvvvvvvvvvvA""#;
const C: &str = r#""cccccccccccccccccccccA""#;
const L: &str = r#""lllllllllllllllllllllA""#;
const O: &str = r#""oooooooooooooooooooooA""#;

/// Puts the ids above into a text where their letters stand in `<` and `>`.
fn with_ids(text: &str) -> String {
    [("<p>", P), ("<t>", T), ("<s>", S), ("<u>", U), ("<v>", V), ("<c>", C), ("<l>", L), ("<o>", O)]
        .iter()
        .fold(text.to_owned(), |text, (mark, id)| text.replace(mark, id))
}

#[track_caller]
fn looks<T: Wire + Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, text: &str) {
    let text = with_ids(text);
    assert_eq!(wire::to_string(value), text);
    assert_eq!(&wire::from_str::<T>(&text).unwrap(), value, "{text}");
    same_as_serde(value);
}

/// For now other crates still read and write by way of serde: both have to be the same.
#[track_caller]
fn same_as_serde<T: Wire + Serialize + DeserializeOwned + Debug>(value: &T) {
    let text = wire::to_string(value);
    assert_eq!(text, serde_json::to_string(value).unwrap());
    assert_eq!(format!("{:?}", wire::from_str::<T>(&text).unwrap()), format!("{value:?}"));
    assert_eq!(format!("{:?}", serde_json::from_str::<T>(&text).unwrap()), format!("{value:?}"));
}

fn at_instant() -> Due {
    Due::At { instant: Instant::from_ms(1_790_000_000_000), zone: valid::<ZoneName>("Europe/Berlin") }
}

fn on_day() -> Due {
    Due::Day(Day::from_ymd(2026, 11, 27).unwrap())
}

fn a_status() -> NewStatus {
    NewStatus { id: id('s'), name: valid("Doing"), category: Category::InProgress }
}

fn a_label() -> Label {
    Label { id: id::<LabelId>('l'), name: valid("Bug"), hue: Hue::of(&[3]) }
}

fn a_recorded() -> Recorded {
    let event = Event::CommentAdded { comment: id('c'), task: id('t'), mentions: vec![] };
    let (text, html) = (Some("Hi\n".into()), Some("<b>Hi</b>".into()));
    Recorded { seq: 7, op: Some(id('o')), actor: id('u'), at: Instant::from_ms(5), event, text, html }
}

const RECORDED: &str =
    r#"{"s":7,"o":<o>,"a":<u>,"t":5,"e":{"comment_added":{"comment":<c>,"task":<t>}},"x":"Hi\n","h":"<b>Hi</b>"}"#;

#[test]
fn ids_and_small_things() {
    looks(&id::<PersonId>('p'), "<p>");
    looks(&id::<ProjectId>('p'), "<p>");
    looks(&id::<StatusId>('p'), "<p>");
    looks(&id::<TaskId>('p'), "<p>");
    looks(&id::<CommentId>('p'), "<p>");
    looks(&id::<SessionId>('p'), "<p>");
    looks(&id::<OpId>('p'), "<p>");
    looks(&Stream::Instance, r#""i""#);
    looks(&Stream::Project(id('p')), r#""ppppppppppppppppppppppA""#);
    looks(&Stream::Person(id('p')), r#""upppppppppppppppppppppA""#);
    looks(&Instant::from_ms(-3), "-3");
    looks(&Day::from_ymd(987, 1, 2).unwrap(), r#""0987-01-02""#);
    looks(&valid::<ZoneName>("Etc/GMT+5"), r#""Etc/GMT+5""#);
    looks(&on_day(), r#"{"day":"2026-11-27"}"#);
    looks(&at_instant(), r#"{"at":{"instant":1790000000000,"zone":"Europe/Berlin"}}"#);
    looks(&valid::<Title>("Say \"hello\""), r#""Say \"hello\"""#);
    looks(&valid::<Name>("Ana Petrović"), r#""Ana Petrović""#);
    looks(&valid::<Key>("MUS"), r#""MUS""#);
    looks(&valid::<Body>("a\n\tb\\ 🪴\u{2028}"), "\"a\\n\\tb\\\\ 🪴\u{2028}\"");
    looks(&valid::<Email>("ana@norrvik.example"), r#""ana@norrvik.example""#);
    looks(&Rank::between(None, None), r#""a0""#);
    looks(&Hue::of(&[3]), "4");
    for (role, text) in Role::ALL.iter().zip([r#""user""#, r#""manager""#, r#""admin""#]) {
        looks(role, text);
    }
    for (role, text) in ProjectRole::ALL.iter().zip([r#""viewer""#, r#""member""#, r#""lead""#]) {
        looks(role, text);
    }
    let texts = [r#""backlog""#, r#""todo""#, r#""in_progress""#, r#""done""#, r#""cancelled""#];
    for (category, text) in Category::ALL.iter().zip(texts) {
        looks(category, text);
    }
    looks(&PersonCard { id: id('u'), name: valid("Ana") }, r#"{"id":<u>,"name":"Ana"}"#);
}

#[test]
fn refusals() {
    looks(&Refusal::invalid("title", "Write a title."), r#"{"invalid":{"field":"title","why":"Write a title."}}"#);
    looks(&Refusal::TextChanged { by: id('u'), version: 2 }, r#"{"text_changed":{"by":<u>,"version":2}}"#);
    looks(&Refusal::TooMany { after_s: 3 }, r#"{"too_many":{"after_s":3}}"#);
    looks(&Refusal::Busy { after_s: 3 }, r#"{"busy":{"after_s":3}}"#);
    looks(&Refusal::Fault { reference: "7f".into() }, r#"{"fault":{"reference":"7f"}}"#);
    for (refusal, text) in [
        (Refusal::NotFound, r#""not_found""#),
        (Refusal::MayNot, r#""may_not""#),
        (Refusal::SignIn, r#""sign_in""#),
        (Refusal::WrongCredentials, r#""wrong_credentials""#),
        (Refusal::LastLead, r#""last_lead""#),
        (Refusal::KeyTaken, r#""key_taken""#),
        (Refusal::Archived, r#""archived""#),
        (Refusal::InTrash, r#""in_trash""#),
        (Refusal::IdTaken, r#""id_taken""#),
        (Refusal::OpReused, r#""op_reused""#),
        (Refusal::BadLink, r#""bad_link""#),
        (Refusal::Outdated, r#""outdated""#),
        (Refusal::TooLarge, r#""too_large""#),
        (Refusal::Offline, r#""offline""#),
    ] {
        looks(&refusal, text);
    }
}

#[test]
fn commands() {
    let (project, task, person) = (id::<ProjectId>('p'), id::<TaskId>('t'), id::<PersonId>('u'));
    looks(
        &Command::CreateProject {
            project,
            key: valid("MUS"),
            name: valid("Muster"),
            hue: Hue::of(&[3]),
            statuses: vec![a_status()],
            is_sample: false,
        },
        r#"{"create_project":{"project":<p>,"key":"MUS","name":"Muster","hue":4,"statuses":[{"id":<s>,"name":"Doing","category":"in_progress"}]}}"#,
    );
    looks(
        &Command::CreateProject {
            project,
            key: valid("TRY"),
            name: valid("Try Muster"),
            hue: Hue::of(&[3]),
            statuses: vec![],
            is_sample: true,
        },
        r#"{"create_project":{"project":<p>,"key":"TRY","name":"Try Muster","hue":4,"statuses":[],"is_sample":true}}"#,
    );
    looks(&Command::RemoveSample { project }, r#"{"remove_sample":{"project":<p>}}"#);
    let role = ProjectRole::Lead;
    looks(
        &Command::AddMember { project, person, role },
        r#"{"add_member":{"project":<p>,"person":<u>,"role":"lead"}}"#,
    );
    looks(
        &Command::ChangeMember { project, person, role },
        r#"{"change_member":{"project":<p>,"person":<u>,"role":"lead"}}"#,
    );
    looks(&Command::RemoveMember { project, person }, r#"{"remove_member":{"project":<p>,"person":<u>}}"#);
    let (title, status) = (valid::<Title>("Paint"), id::<StatusId>('s'));
    looks(
        &Command::CreateTask {
            project,
            task,
            title: title.clone(),
            text: None,
            status,
            due: None,
            assignees: Vec::new(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        },
        r#"{"create_task":{"project":<p>,"task":<t>,"title":"Paint","status":<s>}}"#,
    );
    looks(
        &Command::CreateTask {
            project,
            task,
            title: title.clone(),
            text: Some(valid("Red.")),
            status,
            due: Some(on_day()),
            assignees: vec![person, id('v')],
            priority: Some(Priority::High),
            labels: vec![id('l')],
            parent: Some(id('v')),
        },
        r#"{"create_task":{"project":<p>,"task":<t>,"title":"Paint","text":"Red.","status":<s>,"due":{"day":"2026-11-27"},"assignees":[<u>,<v>],"priority":"high","labels":[<l>],"parent":<v>}}"#,
    );
    looks(
        &Command::RenameTask { project, task, title },
        r#"{"rename_task":{"project":<p>,"task":<t>,"title":"Paint"}}"#,
    );
    looks(
        &Command::DescribeTask { project, task, base: 0, text: valid("") },
        r#"{"describe_task":{"project":<p>,"task":<t>,"base":0,"text":""}}"#,
    );
    for (spot, text) in
        [(Spot::First, r#""first""#), (Spot::Last, r#""last""#), (Spot::After(id('v')), r#"{"after":<v>}"#)]
    {
        looks(&spot, text);
        looks(
            &Command::MoveTask { project, task, to: status, spot },
            &format!(r#"{{"move_task":{{"project":<p>,"task":<t>,"to":<s>,"spot":{text}}}}}"#),
        );
    }
    looks(&Command::SetDue { project, task, due: None }, r#"{"set_due":{"project":<p>,"task":<t>,"due":null}}"#);
    looks(
        &Command::SetDue { project, task, due: Some(on_day()) },
        r#"{"set_due":{"project":<p>,"task":<t>,"due":{"day":"2026-11-27"}}}"#,
    );
    looks(&Command::Assign { project, task, person }, r#"{"assign":{"project":<p>,"task":<t>,"person":<u>}}"#);
    looks(&Command::Unassign { project, task, person }, r#"{"unassign":{"project":<p>,"task":<t>,"person":<u>}}"#);
    let comment = Command::AddComment { project, task, comment: id('c'), text: valid("Hi") };
    let text = r#"{"add_comment":{"project":<p>,"task":<t>,"comment":<c>,"text":"Hi"}}"#;
    looks(&comment, text);
    looks(&Envelope { op: id('o'), command: comment }, &format!(r#"{{"op":<o>,"command":{text}}}"#));
}

#[test]
fn a_command_without_a_place_goes_to_the_end() {
    let text = with_ids(r#"{"move_task":{"project":<p>,"task":<t>,"to":<s>}}"#);
    let moved = Command::MoveTask { project: id('p'), task: id('t'), to: id('s'), spot: Spot::Last };
    assert_eq!(wire::from_str(&text), Ok(moved));
}

#[test]
fn answers() {
    let stream = Stream::Instance;
    let done = Done { stream, first: 0, last: 0, events: Vec::new() };
    looks(&done, r#"{"stream":"i","first":0,"last":0}"#);
    looks(&Answer::Done(done), r#"{"done":{"stream":"i","first":0,"last":0}}"#);
    let done = Done { stream, first: 7, last: 7, events: vec![a_recorded()] };
    looks(&Answer::Done(done), &format!(r#"{{"done":{{"stream":"i","first":7,"last":7,"events":[{RECORDED}]}}}}"#));
    looks(&Answer::Refused(Refusal::NotFound), r#"{"refused":"not_found"}"#);
    looks(&Answer::Refused(Refusal::Busy { after_s: 1 }), r#"{"refused":{"busy":{"after_s":1}}}"#);
}

#[test]
fn events() {
    let (project, task, person) = (id::<ProjectId>('p'), id::<TaskId>('t'), id::<PersonId>('u'));
    let (role, title, status) = (ProjectRole::Member, valid::<Title>("Paint"), id::<StatusId>('s'));
    let rank = Rank::between(None, None);
    for (event, text) in [
        (Event::PersonJoined { person, role: Role::User }, r#"{"person_joined":{"person":<u>,"role":"user"}}"#),
        (
            Event::RoleChanged { person, from: Role::User, to: Role::Manager },
            r#"{"role_changed":{"person":<u>,"from":"user","to":"manager"}}"#,
        ),
        (Event::PersonDisabled { person }, r#"{"person_disabled":{"person":<u>}}"#),
        (Event::PersonEnabled { person }, r#"{"person_enabled":{"person":<u>}}"#),
        (Event::PersonLeft { person }, r#"{"person_left":{"person":<u>}}"#),
        (Event::ProjectCreated { project }, r#"{"project_created":{"project":<p>}}"#),
        (Event::ProjectRemoved { project }, r#"{"project_removed":{"project":<p>}}"#),
        (Event::TeamNamed { name: Some(valid("Norrvik")) }, r#"{"team_named":{"name":"Norrvik"}}"#),
        (Event::TeamNamed { name: None }, r#"{"team_named":{"name":null}}"#),
        (Event::ProjectGained { project, role }, r#"{"project_gained":{"project":<p>,"role":"member"}}"#),
        (Event::ProjectLost { project }, r#"{"project_lost":{"project":<p>}}"#),
        (Event::InboxChanged { unread: 3 }, r#"{"inbox_changed":{"unread":3}}"#),
        (
            Event::ProjectOpened {
                key: valid("MUS"),
                name: valid("Muster"),
                hue: Hue::of(&[3]),
                statuses: vec![a_status()],
                is_sample: false,
            },
            r#"{"project_opened":{"key":"MUS","name":"Muster","hue":4,"statuses":[{"id":<s>,"name":"Doing","category":"in_progress"}]}}"#,
        ),
        (Event::MemberAdded { person, role }, r#"{"member_added":{"person":<u>,"role":"member"}}"#),
        (
            Event::MemberChanged { person, from: ProjectRole::Viewer, to: ProjectRole::Lead },
            r#"{"member_changed":{"person":<u>,"from":"viewer","to":"lead"}}"#,
        ),
        (Event::MemberRemoved { person, role }, r#"{"member_removed":{"person":<u>,"role":"member"}}"#),
        (
            Event::TaskCreated {
                task,
                number: 1,
                title: title.clone(),
                status,
                rank: rank.clone(),
                due: None,
                assignees: Vec::new(),
                text_version: 0,
                priority: None,
                labels: Vec::new(),
                parent: None,
                mentions: Vec::new(),
            },
            r#"{"task_created":{"task":<t>,"number":1,"title":"Paint","status":<s>,"rank":"a0"}}"#,
        ),
        (
            Event::TaskCreated {
                task,
                number: 1,
                title: title.clone(),
                status,
                rank: rank.clone(),
                due: Some(at_instant()),
                assignees: vec![person],
                text_version: 1,
                priority: Some(Priority::Urgent),
                labels: vec![id('l')],
                parent: Some(id('v')),
                mentions: vec![person],
            },
            r#"{"task_created":{"task":<t>,"number":1,"title":"Paint","status":<s>,"rank":"a0","due":{"at":{"instant":1790000000000,"zone":"Europe/Berlin"}},"assignees":[<u>],"text_version":1,"priority":"urgent","labels":[<l>],"parent":<v>,"mentions":[<u>]}}"#,
        ),
        (
            Event::TaskRenamed { task, from: title.clone(), to: title },
            r#"{"task_renamed":{"task":<t>,"from":"Paint","to":"Paint"}}"#,
        ),
        (Event::TaskDescribed { task, version: 3, mentions: vec![] }, r#"{"task_described":{"task":<t>,"version":3}}"#),
        (
            Event::TaskMoved { task, from: status, to: status, rank },
            r#"{"task_moved":{"task":<t>,"from":<s>,"to":<s>,"rank":"a0"}}"#,
        ),
        (
            Event::DueSet { task, from: None, to: Some(on_day()) },
            r#"{"due_set":{"task":<t>,"from":null,"to":{"day":"2026-11-27"}}}"#,
        ),
        (Event::TaskAssigned { task, person }, r#"{"task_assigned":{"task":<t>,"person":<u>}}"#),
        (Event::TaskUnassigned { task, person }, r#"{"task_unassigned":{"task":<t>,"person":<u>}}"#),
        (
            Event::CommentAdded { comment: id('c'), task, mentions: vec![] },
            r#"{"comment_added":{"comment":<c>,"task":<t>}}"#,
        ),
    ] {
        looks(&event, text);
    }
    looks(&a_recorded(), RECORDED);
    looks(
        &Recorded { op: None, text: None, html: None, ..a_recorded() },
        r#"{"s":7,"a":<u>,"t":5,"e":{"comment_added":{"comment":<c>,"task":<t>}}}"#,
    );
}

#[test]
fn commands_about_projects_and_their_statuses_and_labels() {
    let (project, status) = (id::<ProjectId>('p'), id::<StatusId>('s'));
    let new = r#"{"id":<s>,"name":"Doing","category":"in_progress"}"#;
    for (command, text) in [
        (Command::RenameProject { project, name: valid("New") }, r#""rename_project":{"project":<p>,"name":"New"}"#),
        (Command::ColourProject { project, hue: Hue::of(&[3]) }, r#""colour_project":{"project":<p>,"hue":4}"#),
        (Command::ArchiveProject { project, on: true }, r#""archive_project":{"project":<p>,"on":true}"#),
        (
            Command::AddStatus { project, status: a_status(), place: 1 },
            &format!(r#""add_status":{{"project":<p>,"status":{new},"place":1}}"#),
        ),
        (
            Command::ChangeStatus { project, status: a_status() },
            &format!(r#""change_status":{{"project":<p>,"status":{new}}}"#),
        ),
        (Command::MoveStatus { project, status, place: 2 }, r#""move_status":{"project":<p>,"status":<s>,"place":2}"#),
        (
            Command::RemoveStatus { project, status, to: id('v') },
            r#""remove_status":{"project":<p>,"status":<s>,"to":<v>}"#,
        ),
        (
            Command::PutLabel { project, label: a_label() },
            r#""put_label":{"project":<p>,"label":{"id":<l>,"name":"Bug","hue":4}}"#,
        ),
        (Command::RemoveLabel { project, label: id('l') }, r#""remove_label":{"project":<p>,"label":<l>}"#),
    ] {
        looks(&command, &format!("{{{text}}}"));
    }
}

#[test]
fn commands_about_what_a_task_is_and_what_is_said() {
    let (project, task, comment) = (id::<ProjectId>('p'), id::<TaskId>('t'), id::<CommentId>('c'));
    let some = Some(Priority::Low);
    for (command, text) in [
        (
            Command::SetPriority { project, task, priority: None },
            r#""set_priority":{"project":<p>,"task":<t>,"priority":null}"#,
        ),
        (
            Command::SetPriority { project, task, priority: some },
            r#""set_priority":{"project":<p>,"task":<t>,"priority":"low"}"#,
        ),
        (
            Command::LabelTask { project, task, label: id('l'), on: false },
            r#""label_task":{"project":<p>,"task":<t>,"label":<l>,"on":false}"#,
        ),
        (
            Command::SetParent { project, task, parent: Some(id('v')) },
            r#""set_parent":{"project":<p>,"task":<t>,"parent":<v>}"#,
        ),
        (Command::Watch { project, task, on: None }, r#""watch":{"project":<p>,"task":<t>,"on":null}"#),
        (Command::Watch { project, task, on: Some(true) }, r#""watch":{"project":<p>,"task":<t>,"on":true}"#),
        (Command::ArchiveTask { project, task, on: true }, r#""archive_task":{"project":<p>,"task":<t>,"on":true}"#),
        (Command::TrashTask { project, task, on: true }, r#""trash_task":{"project":<p>,"task":<t>,"on":true}"#),
        (
            Command::EditComment { project, task, comment, base: 1, text: valid("Hi") },
            r#""edit_comment":{"project":<p>,"task":<t>,"comment":<c>,"base":1,"text":"Hi"}"#,
        ),
        (
            Command::RemoveComment { project, task, comment, base: 2 },
            r#""remove_comment":{"project":<p>,"task":<t>,"comment":<c>,"base":2}"#,
        ),
    ] {
        looks(&command, &format!("{{{text}}}"));
    }
}

#[test]
fn events_about_projects_and_their_statuses_and_labels() {
    let (status, hue) = (id::<StatusId>('s'), Hue::of(&[3]));
    let new = r#"{"id":<s>,"name":"Doing","category":"in_progress"}"#;
    for (event, text) in [
        (Event::ProjectRenamed { from: valid("A"), to: valid("B") }, r#""project_renamed":{"from":"A","to":"B"}"#),
        (Event::ProjectColoured { from: hue, to: hue }, r#""project_coloured":{"from":4,"to":4}"#),
        (Event::ProjectArchived { on: true }, r#""project_archived":{"on":true}"#),
        (
            Event::StatusAdded { status: a_status(), place: 1 },
            &format!(r#""status_added":{{"status":{new},"place":1}}"#),
        ),
        (
            Event::StatusChanged { from: a_status(), to: a_status() },
            &format!(r#""status_changed":{{"from":{new},"to":{new}}}"#),
        ),
        (Event::StatusMoved { status, from: 1, to: 2 }, r#""status_moved":{"status":<s>,"from":1,"to":2}"#),
        (
            Event::StatusRemoved { status: a_status(), place: 1, to: id('v') },
            &format!(r#""status_removed":{{"status":{new},"place":1,"to":<v>}}"#),
        ),
        (
            Event::LabelSet { from: None, to: Some(a_label()) },
            r#""label_set":{"from":null,"to":{"id":<l>,"name":"Bug","hue":4}}"#,
        ),
    ] {
        looks(&event, &format!("{{{text}}}"));
    }
}

#[test]
fn events_about_what_a_task_is_and_what_is_said() {
    let (task, person, comment) = (id::<TaskId>('t'), id::<PersonId>('u'), id::<CommentId>('c'));
    for (event, text) in [
        (
            Event::PrioritySet { task, from: None, to: Some(Priority::Medium) },
            r#""priority_set":{"task":<t>,"from":null,"to":"medium"}"#,
        ),
        (
            Event::TaskLabelled { task, label: id('l'), on: true },
            r#""task_labelled":{"task":<t>,"label":<l>,"on":true}"#,
        ),
        (Event::ParentSet { task, from: Some(id('v')), to: None }, r#""parent_set":{"task":<t>,"from":<v>,"to":null}"#),
        (
            Event::WatchSet { task, person, from: None, to: Some(false) },
            r#""watch_set":{"task":<t>,"person":<u>,"from":null,"to":false}"#,
        ),
        (Event::TaskArchived { task, on: true }, r#""task_archived":{"task":<t>,"on":true}"#),
        (Event::TaskTrashed { task, on: false }, r#""task_trashed":{"task":<t>,"on":false}"#),
        (Event::TaskPurged { task }, r#""task_purged":{"task":<t>}"#),
        (
            Event::CommentEdited { comment, task, version: 2, back: false, mentions: vec![] },
            r#""comment_edited":{"comment":<c>,"task":<t>,"version":2}"#,
        ),
        (
            Event::CommentEdited { comment, task, version: 2, back: true, mentions: vec![person] },
            r#""comment_edited":{"comment":<c>,"task":<t>,"version":2,"back":true,"mentions":[<u>]}"#,
        ),
        (
            Event::CommentRemoved { comment, task, version: 2 },
            r#""comment_removed":{"comment":<c>,"task":<t>,"version":2}"#,
        ),
    ] {
        looks(&event, &format!("{{{text}}}"));
    }
}

fn inbox(me: &Me, my_text: &str) {
    let notice = Notice {
        seq: 9,
        kind: NoticeKind::Mentioned,
        by: id('u'),
        at: Instant::from_ms(5),
        is_read: false,
        what: Some("Hi".into()),
    };
    let one_text = r#"{"seq":9,"kind":"mentioned","by":<u>,"at":5,"is_read":false,"what":"Hi"}"#;
    looks(&notice, one_text);
    let noticed = Noticed {
        task: id('t'),
        project: id('p'),
        key: valid("MUS"),
        name: valid("Muster"),
        hue: Hue::of(&[3]),
        number: 7,
        title: valid("Paint"),
        status: valid("Doing"),
        category: Category::InProgress,
        priority: None,
        notices: vec![notice],
    };
    assert!(noticed.is_unread());
    let task_text = format!(
        r#"{{"task":<t>,"project":<p>,"key":"MUS","name":"Muster","hue":4,"number":7,"title":"Paint","status":"Doing","category":"in_progress","priority":null,"notices":[{one_text}]}}"#
    );
    looks(&noticed, &task_text);
    let inbox = Inbox { me: me.clone(), people: vec![], tasks: vec![noticed], is_cut: false };
    looks(&inbox, &format!(r#"{{"me":{my_text},"people":[],"tasks":[{task_text}],"is_cut":false}}"#));
    looks(&Question::Inbox, r#""inbox""#);
    let task = id('t');
    for (mark, text) in [
        (Mark::Read { task, to: 9 }, r#"{"read":{"task":<t>,"to":9}}"#),
        (Mark::Unread { task, to: 9 }, r#"{"unread":{"task":<t>,"to":9}}"#),
        (Mark::Archived { task, to: 9 }, r#"{"archived":{"task":<t>,"to":9}}"#),
        (Mark::Back { task, to: 9 }, r#"{"back":{"task":<t>,"to":9}}"#),
        (Mark::AllRead { at: Instant::from_ms(5) }, r#"{"all_read":{"at":5}}"#),
    ] {
        looks(&mark, text);
    }
}

#[test]
fn pages() {
    let me = Me {
        person: PersonCard { id: id('u'), name: valid("Ana") },
        email: valid("ana@norrvik.example"),
        role: Role::Admin,
        person_seq: 3,
        instance_seq: 4,
        unread: 0,
        team: None,
    };
    let my_text = r#"{"person":{"id":<u>,"name":"Ana"},"email":"ana@norrvik.example","role":"admin","person_seq":3,"instance_seq":4}"#;
    looks(&me, my_text);
    looks(&Me { unread: 2, ..me.clone() }, &my_text.replace(r#""instance_seq":4"#, r#""instance_seq":4,"unread":2"#));
    let card = ProjectCard {
        id: id('p'),
        key: valid("MUS"),
        name: valid("Muster"),
        hue: Hue::of(&[3]),
        role: None,
        n_open: 1,
        n_mine: 2,
        n_members: 3,
        is_archived: true,
    };
    let card_text = r#"{"id":<p>,"key":"MUS","name":"Muster","hue":4,"role":null,"n_open":1,"n_mine":2,"n_members":3,"is_archived":true}"#;
    looks(&card, card_text);
    mine(&me, my_text);
    inbox(&me, my_text);
    found(&me, my_text);
    looks(&HomePage { me, projects: vec![card] }, &format!(r#"{{"me":{my_text},"projects":[{card_text}]}}"#));
    let comment = Comment {
        id: id('c'),
        by: id('u'),
        at: Instant::from_ms(9),
        text: None,
        html: None,
        version: 2,
        is_removed: true,
    };
    let comment_text = r#"{"id":<c>,"by":<u>,"at":9,"text":null,"version":2,"is_removed":true}"#;
    looks(&comment, comment_text);
    let page = TaskPage {
        told: vec![Told::Said(comment), Told::Happened(a_recorded())],
        text: Some("Red.".into()),
        text_version: 1,
        seq: 8,
        html: Some("<b>Red</b>".into()),
        ..TaskPage::new(id('t'))
    };
    let page_text = format!(
        r#"{{"task":<t>,"seq":8,"text_version":1,"text":"Red.","html":"<b>Red</b>","told":[{{"said":{comment_text}}},{{"happened":{RECORDED}}}]}}"#
    );
    looks(&page, &page_text);
    looks(&TaskAnswer { page, people: Vec::new() }, &format!(r#"{{"page":{page_text},"people":[]}}"#));
    looks(&Welcome { person: None }, r#"{"person":null}"#);
    looks(&Welcome { person: Some(id('u')) }, r#"{"person":<u>}"#);
}

fn mine(me: &Me, my_text: &str) {
    let project = MyProject {
        id: id('p'),
        key: valid("MUS"),
        name: valid("Muster"),
        hue: Hue::of(&[3]),
        role: Some(ProjectRole::Member),
        seq: 9,
        statuses: vec![a_status()],
    };
    let project_text = r#"{"id":<p>,"key":"MUS","name":"Muster","hue":4,"role":"member","seq":9,"statuses":[{"id":<s>,"name":"Doing","category":"in_progress"}]}"#;
    looks(&project, project_text);
    let task = MyTask {
        id: id('t'),
        project: id('p'),
        number: 42,
        title: valid("Paint"),
        status: id('s'),
        due: Some(on_day()),
        priority: Some(Priority::High),
        n_comments: 1,
        n_parts: 3,
        n_done: 2,
    };
    let task_text = r#"{"id":<t>,"project":<p>,"number":42,"title":"Paint","status":<s>,"due":{"day":"2026-11-27"},"priority":"high","n_comments":1,"n_parts":3,"n_done":2}"#;
    looks(&task, task_text);
    looks(
        &MyTasks { me: me.clone(), projects: vec![project], tasks: vec![task], is_cut: false },
        &format!(r#"{{"me":{my_text},"projects":[{project_text}],"tasks":[{task_text}],"is_cut":false}}"#),
    );
}

fn found(me: &Me, my_text: &str) {
    for (place, text) in
        [(Place::Title, r#""title""#), (Place::Description, r#""description""#), (Place::Comment, r#""comment""#)]
    {
        looks(&place, text);
    }
    let hit = Hit {
        task: id('t'),
        key: valid("MUS"),
        project: valid("Muster"),
        hue: Hue::of(&[3]),
        number: 42,
        title: valid("Paint"),
        category: Category::Done,
        is_archived: false,
        place: Place::Comment,
        excerpt: "… red".into(),
    };
    let hit_text = r#"{"task":<t>,"key":"MUS","project":"Muster","hue":4,"number":42,"title":"Paint","category":"done","is_archived":false,"place":"comment","excerpt":"… red"}"#;
    looks(&hit, hit_text);
    let found = Found { me: me.clone(), hits: vec![hit], is_cut: true };
    looks(&found, &format!(r#"{{"me":{my_text},"hits":[{hit_text}],"is_cut":true}}"#));
}

#[test]
fn forms_of_accounts() {
    let (name, email) = (valid::<Name>("Ana"), valid::<Email>("ana@norrvik.example"));
    let password = Password::new("correct \"horse\"".into());
    looks(&password, r#""correct \"horse\"""#);
    let sign_in = SignIn { email: email.clone(), password: password.clone(), remember: false };
    let text = r#"{"email":"ana@norrvik.example","password":"correct \"horse\"","remember":false}"#;
    assert_eq!(wire::to_string(&sign_in), text);
    assert!(!wire::from_str::<SignIn>(r#"{"email":"ana@norrvik.example","password":"x"}"#).unwrap().remember);
    same_as_serde(&sign_in);
    let register = Register { name: name.clone(), email: email.clone(), password: password.clone() };
    let text = r#"{"name":"Ana","email":"ana@norrvik.example","password":"correct \"horse\""}"#;
    assert_eq!(wire::to_string(&register), text);
    same_as_serde(&register);
    let set_up = SetUp { token: "t".into(), name, email, password };
    let text = r#"{"token":"t","name":"Ana","email":"ana@norrvik.example","password":"correct \"horse\""}"#;
    assert_eq!(wire::to_string(&set_up), text);
    same_as_serde(&set_up);
}

#[test]
fn frames() {
    let stream = Stream::Instance;
    looks(
        &ClientFrame::Hello { proto: 1, build: "b".into(), person_since: 3, instance_since: 4 },
        r#"{"t":"hello","proto":1,"build":"b","person_since":3,"instance_since":4}"#,
    );
    looks(&ClientFrame::Join { stream, since: 5 }, r#"{"t":"join","stream":"i","since":5}"#);
    looks(&ClientFrame::Leave { stream }, r#"{"t":"leave","stream":"i"}"#);
    looks(&ClientFrame::Ping { n: 3 }, r#"{"t":"ping","n":3}"#);
    let at = At { task: Some(id('t')), field: Some(Field::Description), mode: Mode::Editing };
    looks(
        &ClientFrame::Focus { project: id('p'), at },
        r#"{"t":"focus","project":<p>,"at":{"task":<t>,"field":"description","mode":"editing"}}"#,
    );
    looks(&ClientFrame::Blur {}, r#"{"t":"blur"}"#);
    looks(
        &ServerFrame::People { stream, all: false, here: Vec::new(), left: vec![id('u')] },
        r#"{"t":"people","stream":"i","here":[],"left":[<u>]}"#,
    );
    let here = vec![Present { person: id('u'), at: vec![At { mode: Mode::Idle, ..At::default() }] }];
    looks(
        &ServerFrame::People { stream, all: true, here: here.clone(), left: Vec::new() },
        r#"{"t":"people","stream":"i","all":true,"here":[{"person":<u>,"at":[{"mode":"idle"}]}],"left":[]}"#,
    );
    looks(
        &ServerFrame::Welcome { proto: 1, build: "b".into(), beat_ms: 25_000 },
        r#"{"t":"welcome","proto":1,"build":"b","beat_ms":25000}"#,
    );
    let joined = |people| ServerFrame::Joined { stream, ch: 1, head: 7, people };
    looks(&joined(Vec::new()), r#"{"t":"joined","stream":"i","ch":1,"head":7}"#);
    looks(
        &joined(here.clone()),
        r#"{"t":"joined","stream":"i","ch":1,"head":7,"people":[{"person":<u>,"at":[{"mode":"idle"}]}]}"#,
    );
    looks(
        &ServerFrame::Events { ch: 1, events: vec![a_recorded()] },
        &format!(r#"{{"t":"events","ch":1,"events":[{RECORDED}]}}"#),
    );
    looks(&ServerFrame::Resync { stream, head: 9 }, r#"{"t":"resync","stream":"i","head":9}"#);
    looks(&ServerFrame::Gone { stream, reason: Gone::Removed }, r#"{"t":"gone","stream":"i","reason":"removed"}"#);
    looks(&ServerFrame::Beat {}, r#"{"t":"beat"}"#);
    looks(&ServerFrame::Pong { n: 3 }, r#"{"t":"pong","n":3}"#);
    looks(&ServerFrame::Refused { stream: None, reason: "no".into() }, r#"{"t":"refused","reason":"no"}"#);
    looks(
        &ServerFrame::Refused { stream: Some(stream), reason: "no".into() },
        r#"{"t":"refused","stream":"i","reason":"no"}"#,
    );
}

/// A fold over a feed of random commands, as a server that knows everything would make it.
struct Story {
    board: Board,
    texts: Texts,
    feed: Vec<Recorded>,
    commands: Vec<Command>,
    refusals: Vec<Refusal>,
}

impl Story {
    fn new(seed: u64, n_commands: usize) -> Self {
        let mut random = Random::new(seed);
        let people: Vec<PersonId> = (0..5).map(|_| random.id()).collect();
        let (key, name, hue) = (valid::<Key>("MUS"), valid::<Name>("Muster"), Hue::of(&[3]));
        let board = Board::new(random.id(), key.clone(), name.clone(), hue);
        let mut story =
            Self { board, texts: Texts::default(), feed: Vec::new(), commands: Vec::new(), refusals: Vec::new() };
        let opened = Event::ProjectOpened { key, name, hue, statuses: five_statuses(&mut random), is_sample: false };
        let first = Event::MemberAdded { person: people[0], role: ProjectRole::Lead };
        for event in [opened, first] {
            story.record(event, people[0], None, None);
        }
        for _ in 0..n_commands {
            let command = any_command(&story.board, &people, &mut random);
            let at = Instant::from_ms(START_MS + story.board.seq * 977);
            let stamp = Stamp { op: random.id(), actor: people[0], role: Role::Admin, at };
            match decide(&All(&story.board, &story.texts), &command, &stamp) {
                Ok(changes) => {
                    for change in changes {
                        story.texts.apply(&change, stamp.actor);
                        let Change { event, text, .. } = change;
                        story.record(event, stamp.actor, Some(stamp.op), text.map(String::from));
                    }
                }
                Err(refusal) => story.refusals.push(refusal),
            }
            story.commands.push(command);
        }
        story
    }

    fn record(&mut self, event: Event, actor: PersonId, op: Option<OpId>, text: Option<String>) {
        let (seq, at) = (self.board.seq + 1, Instant::from_ms(START_MS));
        let recorded = Recorded { seq, op, actor, at, event, text, html: None };
        self.board.apply(&recorded);
        self.feed.push(recorded);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_command_event_refusal_and_board_is_read_as_it_was_written(seed: u64) {
        let story = Story::new(seed, 60);
        for command in &story.commands {
            same_as_serde(&Envelope { op: id('o'), command: command.clone() });
        }
        for refusal in &story.refusals {
            same_as_serde(&Answer::Refused(refusal.clone()));
        }
        same_as_serde(&ServerFrame::Events { ch: 3, events: story.feed.clone() });
        let people = story.board.members.keys().map(|person| PersonCard { id: *person, name: valid("Ana") });
        let page = BoardPage { board: BoardSnapshot::from(&story.board), people: people.collect() };
        same_as_serde(&page);
        let back: BoardPage = wire::from_str(&wire::to_string(&page)).unwrap();
        prop_assert_eq!(Board::try_from(back.board).unwrap(), story.board);
    }

    #[test]
    fn a_damaged_text_is_refused_or_read_and_never_a_panic(seed: u64, cut: prop::sample::Index, other: char) {
        let story = Story::new(seed, 20);
        let page = BoardPage { board: BoardSnapshot::from(&story.board), people: Vec::new() };
        let frame = ServerFrame::Events { ch: 3, events: story.feed };
        for text in [wire::to_string(&page), wire::to_string(&frame), wire::to_string(&story.commands)] {
            let at = text.floor_char_boundary(cut.index(text.len()));
            prop_assert!(wire::from_str::<BoardPage>(&text[..at]).is_err());
            prop_assert!(wire::from_str::<ServerFrame>(&text[..at]).is_err());
            prop_assert!(wire::from_str::<Vec<Command>>(&text[..at]).is_err());
            let mut changed = text.clone();
            let removed = changed.remove(at);
            changed.insert(at, if removed == other { '0' } else { other });
            // A damaged snapshot that can be read is found by its columns or is another board.
            let _ = wire::from_str::<BoardPage>(&changed).ok().map(|page| Board::try_from(page.board));
            let _ = wire::from_str::<ServerFrame>(&changed);
            let _ = wire::from_str::<Vec<Command>>(&changed);
        }
    }
}

#[test]
fn a_fault_names_the_field_and_speaks_in_the_sentence_of_its_type() {
    let fault = |text: &str| {
        let fault = wire::from_str::<Envelope>(&with_ids(text)).unwrap_err();
        (fault.field(), fault.what())
    };
    let rename = |title: &str| {
        fault(&format!(r#"{{"op":<o>,"command":{{"rename_task":{{"project":<p>,"task":<t>,"title":{title}}}}}}}"#))
    };
    assert_eq!(rename(r#""  ""#), ("title", "Write a title."));
    assert_eq!(rename("3"), ("title", "This has to be a text."));
    assert_eq!(fault(r#"{"op":"o"}"#), ("op", "This is not an id."));
    assert_eq!(fault(r#"{"op":<o>}"#), ("command", "This is missing."));
    assert_eq!(
        fault(r#"{"op":<o>,"command":{"fly":{}}}"#),
        ("command", "This is none of the words that can stand here.")
    );
    let fault = wire::from_str::<Due>(r#"{"day":"2026-02-29"}"#).unwrap_err();
    assert_eq!(fault.what(), "The calendar has no such day. Write it as 2026-11-27.");
    let fault = wire::from_str::<ProjectCard>(&with_ids(r#"{"id":<p>,"key":"MUS","name":"M","hue":9}"#)).unwrap_err();
    assert_eq!((fault.field(), fault.what()), ("hue", "A colour is a number from 1 to 8."));
}

#[test]
fn an_event_of_a_later_version_is_read_without_what_is_unknown() {
    let text =
        with_ids(r#"{"e":{"task_described":{"new":[{}],"version":3,"task":<t>}},"z":1,"s":7,"a":<u>,"t":5,"x":null}"#);
    let event = Event::TaskDescribed { task: id('t'), version: 3, mentions: vec![] };
    let recorded =
        Recorded { seq: 7, op: None, actor: id('u'), at: Instant::from_ms(5), event, text: None, html: None };
    assert_eq!(wire::from_str(&text), Ok(recorded));
}
