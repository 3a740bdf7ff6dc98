//! Questions and commands, so that only who asks can stop them.

use http::Method;
use model::{
    Answer as Done, Category, Command, Day, Due, Envelope, Hue, Label, NewStatus, Priority, ProjectRole, Question,
    Reply, Spot,
    testing::{any_key, five_statuses, valid},
};
use serde_json::json;
use service::kit::{Project, create_task};

use super::{
    About, letter, letter_of,
    world::{Thing, Who, Whose, World},
};

pub(super) const fn about_question(name: &str) -> About {
    match name.as_bytes() {
        b"me" | b"home" | b"my_tasks" | b"inbox" | b"zone" => About::Nothing,
        _ => About::Something,
    }
}

pub(super) async fn question(world: &World<'_>, name: &str, who: Who, whose: Whose) -> char {
    let caller = world.caller(who);
    let (project, thing) = (world.project(caller, whose), world.thing(caller, whose).await);
    let question = match name {
        "me" => Question::Me,
        "home" => Question::Home,
        "board" => Question::Board { key: project.key.clone() },
        "my_tasks" => Question::MyTasks,
        "inbox" => Question::Inbox,
        "search" => Question::Search { text: format!("zebra {}", project.key) },
        "overview" => Question::Overview { project: project.id },
        "task" => Question::Task { project: thing.project.id, task: thing.task },
        "versions" => Question::Versions { project: thing.project.id, comment: thing.comment },
        "people" => Question::People { ids: vec![world.person(caller, whose).person] },
        "find_people" => Question::FindPeople { project: project.id, text: "Root".into() },
        "zone" => Question::Zone { name: "Europe/Berlin".to_owned().try_into().unwrap() },
        new => panic!("the question {new} has no case: ask it here, and add its line to the grid"),
    };
    let answer = world.send(caller, Method::POST, "/api/ask", Some(json!({ "question": question }))).await;
    let told = letter(&answer);
    if told != 'y' {
        return told;
    }
    // What is not for the reader is not in the answer.
    let is_there = match answer.json::<Reply>() {
        Reply::Nothing(_) => name == "me",
        Reply::People(cards) => !cards.is_empty(),
        Reply::Found(found) => found.hits.iter().any(|hit| hit.key == project.key),
        Reply::Home(_)
        | Reply::Board { .. }
        | Reply::MyTasks(_)
        | Reply::Inbox(_)
        | Reply::Drawn(_)
        | Reply::Task(_)
        | Reply::Zone(_) => true,
    };
    if is_there { 'y' } else { '.' }
}

pub(super) fn about_command(name: &str) -> About {
    if name == "create_project" { About::Nothing } else { About::Something }
}

pub(super) async fn command(world: &World<'_>, name: &str, who: Who, whose: Whose) -> char {
    let caller = world.caller(who);
    let project = world.project(caller, whose);
    let command = match of_project(world, name, &project).await {
        Some(command) => command,
        None => of_task(world, name, &world.thing(caller, whose).await).await,
    };
    let envelope = Envelope { op: world.house.id(), command };
    let answer = world.send(caller, Method::POST, "/api/execute", Some(json!([envelope]))).await;
    let told = letter(&answer);
    let is_archived = name == "archive_project" && world.house.board(project.id).await.is_archived;
    if is_archived {
        let back = Command::ArchiveProject { project: project.id, on: false };
        world.house.done(&world.root, back).await;
    }
    match (told, answer.status) {
        ('y', _) => match answer.json::<Vec<Done>>().remove(0) {
            Done::Done(_) => 'y',
            Done::Refused(refusal) => letter_of(refusal.status(), || refusal.clone()),
        },
        (other, _) => other,
    }
}

/// A command about a project; nothing if it is about a task.
async fn of_project(world: &World<'_>, name: &str, here: &Project) -> Option<Command> {
    let (house, project) = (world.house, here.id);
    let status = || NewStatus { id: house.id(), name: valid("Review"), category: Category::InProgress };
    let label = || {
        let id: model::LabelId = house.id();
        Label { id, name: valid(&id.to_string()), hue: Hue::of(&[1]) }
    };
    let added = async || {
        // One at a time: a project has at most twenty.
        for status in house.board(project).await.statuses.iter().filter(|s| !here.statuses.contains(&s.id)) {
            let (status, to) = (status.id, here.statuses[0]);
            house.done(&world.root, Command::RemoveStatus { project, status, to }).await;
        }
        let status = status();
        house.done(&world.root, Command::AddStatus { project, status: status.clone(), place: 9 }).await;
        status
    };
    Some(match name {
        "create_project" => {
            let (key, statuses) = house.chance.with(|random| (any_key(random), five_statuses(random)));
            let (project, name, hue) = (house.id(), valid("New"), Hue::of(&[1]));
            Command::CreateProject { project, key, name, hue, statuses, is_sample: false }
        }
        "rename_project" => Command::RenameProject { project, name: valid("Another name") },
        "colour_project" => Command::ColourProject { project, hue: Hue::of(&[3]) },
        "archive_project" => Command::ArchiveProject { project, on: true },
        "remove_sample" => Command::RemoveSample { project: sample(world, here).await },
        "add_status" => {
            added().await;
            Command::AddStatus { project, status: NewStatus { name: valid("Another"), ..status() }, place: 9 }
        }
        "change_status" => {
            Command::ChangeStatus { project, status: NewStatus { category: Category::Backlog, ..added().await } }
        }
        "move_status" => Command::MoveStatus { project, status: added().await.id, place: 0 },
        "remove_status" => Command::RemoveStatus { project, status: added().await.id, to: here.statuses[0] },
        "put_label" => Command::PutLabel { project, label: label() },
        "remove_label" => {
            let label = label();
            house.done(&world.root, Command::PutLabel { project, label: label.clone() }).await;
            Command::RemoveLabel { project, label: label.id }
        }
        "add_member" => Command::AddMember { project, person: newcomer(world).await, role: ProjectRole::Viewer },
        "change_member" | "remove_member" => {
            let person = newcomer(world).await;
            house.done(&world.root, Command::AddMember { project, person, role: ProjectRole::Viewer }).await;
            match name {
                "change_member" => Command::ChangeMember { project, person, role: ProjectRole::Member },
                _ => Command::RemoveMember { project, person },
            }
        }
        _ => return None,
    })
}

/// A sample beside a project, with the same people.
async fn sample(world: &World<'_>, here: &Project) -> model::ProjectId {
    let house = world.house;
    let (key, statuses) = house.chance.with(|random| (any_key(random), five_statuses(random)));
    let (project, name, hue) = (house.id(), valid("Sample"), Hue::of(&[1]));
    house.done(&world.root, Command::CreateProject { project, key, name, hue, statuses, is_sample: true }).await;
    for (person, role) in house.board(here.id).await.members.iter() {
        // Whom nobody can add any more is no member here.
        house.execute(&world.root, Command::AddMember { project, person: *person, role: *role }).await;
    }
    project
}

async fn newcomer(world: &World<'_>) -> model::PersonId {
    world.house.person("Newcomer").await.person
}

/// A command about a task.
async fn of_task(world: &World<'_>, name: &str, thing: &Thing) -> Command {
    let (house, lead) = (world.house, thing.project.lead);
    let Thing { project: Project { id: project, statuses, .. }, task, comment } = thing.clone();
    match name {
        "create_task" => create_task(&thing.project, house.id(), "New"),
        "rename_task" => Command::RenameTask { project, task, title: valid("Other") },
        "describe_task" => Command::DescribeTask { project, task, base: 0, text: valid("Text") },
        "move_task" => Command::MoveTask { project, task, to: statuses[1], spot: Spot::First },
        "set_due" => Command::SetDue { project, task, due: Day::from_ymd(2026, 12, 24).map(Due::Day) },
        "set_priority" => Command::SetPriority { project, task, priority: Some(Priority::High) },
        "label_task" => {
            let id: model::LabelId = house.id();
            let label = Label { id, name: valid(&id.to_string()), hue: Hue::of(&[1]) };
            house.done(&lead, Command::PutLabel { project, label }).await;
            Command::LabelTask { project, task, label: id, on: true }
        }
        "set_parent" => {
            let parent = Some(house.task(&thing.project, "Above").await);
            Command::SetParent { project, task, parent }
        }
        "assign" => Command::Assign { project, task, person: lead.person },
        "unassign" => {
            house.done(&lead, Command::Assign { project, task, person: lead.person }).await;
            Command::Unassign { project, task, person: lead.person }
        }
        "watch" => Command::Watch { project, task, on: Some(false) },
        "archive_task" => Command::ArchiveTask { project, task, on: true },
        "trash_task" => Command::TrashTask { project, task, on: true },
        "add_comment" => Command::AddComment { project, task, comment: house.id(), text: valid("Hm") },
        "edit_comment" => Command::EditComment { project, task, comment, base: 1, text: valid("Hm!") },
        "remove_comment" => Command::RemoveComment { project, task, comment, base: 1 },
        new => panic!("the command {new} has no case: give it here, and add its line to the grid"),
    }
}
