//! Who may give which command: the door answers as `model::may` says.

use model::{
    Answer, Category, Command, CommandKind, Hue, Label, NewStatus, Priority, ProjectRole, Refusal, Role, Spot,
    Standing, Verdict, may, testing::valid,
};
use muster_service::{
    Actor,
    kit::{House, Project, create_task},
};

/// A command of this kind that only permission could stop. A comment is the actor's own, if they may say anything.
#[expect(clippy::too_many_lines, reason = "an arm for each kind of command")]
async fn possible(house: &House, project: &Project, actor: &Actor, kind: CommandKind) -> Command {
    let id = project.id;
    if house.board(id).await.is_archived {
        house.done(&project.lead, Command::ArchiveProject { project: id, on: false }).await;
    }
    let task = house.task(project, "Something").await;
    for status in house.board(id).await.statuses.iter().rev().take_while(|s| !project.statuses.contains(&s.id)) {
        let (status, to) = (status.id, project.statuses[0]);
        house.done(&project.lead, Command::RemoveStatus { project: id, status, to }).await;
    }
    let newcomer = house.person("Newcomer").await;
    match kind {
        CommandKind::CreateProject => {
            let (key, statuses) = house.chance.with(|r| (model::testing::any_key(r), model::testing::five_statuses(r)));
            let (name, hue) = (valid("New"), model::Hue::of(&[1]));
            Command::CreateProject { project: house.id(), key, name, hue, statuses, is_sample: false }
        }
        CommandKind::AddMember => {
            Command::AddMember { project: id, person: newcomer.person, role: ProjectRole::Member }
        }
        CommandKind::ChangeMember | CommandKind::RemoveMember => {
            house.add(project, &newcomer, ProjectRole::Viewer).await;
            let (person, role) = (newcomer.person, ProjectRole::Member);
            if kind == CommandKind::RemoveMember {
                Command::RemoveMember { project: id, person }
            } else {
                Command::ChangeMember { project: id, person, role }
            }
        }
        CommandKind::RenameProject => {
            let n = house.board(id).await.seq;
            Command::RenameProject { project: id, name: valid(&format!("Name {n}")) }
        }
        CommandKind::ColourProject => {
            let hue = Hue::try_from(house.board(id).await.hue.number() % 8 + 1).unwrap();
            Command::ColourProject { project: id, hue }
        }
        CommandKind::ArchiveProject => Command::ArchiveProject { project: id, on: true },
        CommandKind::RemoveSample => {
            let sample = house.id();
            let (key, statuses) = house.chance.with(|r| (model::testing::any_key(r), model::testing::five_statuses(r)));
            let (name, hue) = (valid("Sample"), model::Hue::of(&[1]));
            let begin = Command::CreateProject { project: sample, key, name, hue, statuses, is_sample: true };
            house.done(&project.lead, begin).await;
            if let Some(role) = house.board(id).await.members.get(&actor.person) {
                let add = Command::AddMember { project: sample, person: actor.person, role: *role };
                house.done(&project.lead, add).await;
            }
            Command::RemoveSample { project: sample }
        }
        CommandKind::AddStatus => Command::AddStatus { project: id, status: a_status(house), place: 9 },
        CommandKind::ChangeStatus | CommandKind::MoveStatus | CommandKind::RemoveStatus => {
            let status = a_status(house);
            let (of, to) = (status.id, project.statuses[0]);
            house.done(&project.lead, Command::AddStatus { project: id, status: status.clone(), place: 9 }).await;
            match kind {
                CommandKind::ChangeStatus => {
                    let category = Category::Backlog;
                    Command::ChangeStatus { project: id, status: NewStatus { category, ..status } }
                }
                CommandKind::MoveStatus => Command::MoveStatus { project: id, status: of, place: 0 },
                _ => Command::RemoveStatus { project: id, status: of, to },
            }
        }
        CommandKind::PutLabel => Command::PutLabel { project: id, label: a_label(house) },
        CommandKind::RemoveLabel | CommandKind::LabelTask => {
            let label = a_label(house);
            house.done(&project.lead, Command::PutLabel { project: id, label: label.clone() }).await;
            if kind == CommandKind::RemoveLabel {
                Command::RemoveLabel { project: id, label: label.id }
            } else {
                Command::LabelTask { project: id, task, label: label.id, on: true }
            }
        }
        CommandKind::SetPriority => Command::SetPriority { project: id, task, priority: Some(Priority::High) },
        CommandKind::SetParent => {
            let parent = Some(house.task(project, "Above").await);
            Command::SetParent { project: id, task, parent }
        }
        CommandKind::Watch => Command::Watch { project: id, task, on: Some(true) },
        CommandKind::ArchiveTask => Command::ArchiveTask { project: id, task, on: true },
        CommandKind::TrashTask => Command::TrashTask { project: id, task, on: true },
        CommandKind::EditComment | CommandKind::RemoveComment => {
            let comment = house.id();
            let say = Command::AddComment { project: id, task, comment, text: valid("Hm") };
            if let Answer::Refused(_) = house.execute(actor, say.clone()).await {
                house.done(&project.lead, say).await;
            }
            if kind == CommandKind::RemoveComment {
                Command::RemoveComment { project: id, task, comment, base: 1 }
            } else {
                Command::EditComment { project: id, task, comment, base: 1, text: valid("Hm!") }
            }
        }
        CommandKind::CreateTask => create_task(project, house.id(), "New"),
        CommandKind::RenameTask => Command::RenameTask { project: id, task, title: valid("Other") },
        CommandKind::DescribeTask => Command::DescribeTask { project: id, task, base: 0, text: valid("Text") },
        CommandKind::MoveTask => Command::MoveTask { project: id, task, to: project.statuses[3], spot: Spot::First },
        CommandKind::SetDue => {
            Command::SetDue { project: id, task, due: Some(model::Due::Day("2026-12-24".parse().unwrap())) }
        }
        CommandKind::Assign => Command::Assign { project: id, task, person: project.lead.person },
        CommandKind::Unassign => {
            let person = project.lead.person;
            house.done(&project.lead, Command::Assign { project: id, task, person }).await;
            Command::Unassign { project: id, task, person }
        }
        CommandKind::AddComment => Command::AddComment { project: id, task, comment: house.id(), text: valid("Hm") },
    }
}

fn a_status(house: &House) -> NewStatus {
    NewStatus { id: house.id(), name: valid("Review"), category: Category::InProgress }
}

/// A label whose name no other has.
fn a_label(house: &House) -> Label {
    let id: model::LabelId = house.id();
    Label { id, name: valid(&id.to_string()), hue: Hue::of(&[1]) }
}

muster_service::both_engines! {
    async fn the_door_answers_as_the_table_of_permissions_says(house) {
        let project = house.project("MUS").await;
        for role in Role::ALL {
            for in_project in [None, Some(ProjectRole::Viewer), Some(ProjectRole::Member), Some(ProjectRole::Lead)] {
                let actor = house.person_as("Somebody", *role).await;
                if let Some(role) = in_project {
                    house.add(&project, &actor, role).await;
                }
                for kind in CommandKind::ALL {
                    let command = possible(house, &project, &actor, *kind).await;
                    let before = house.trace().await;
                    let answer = house.execute(&actor, command).await;
                    match may(Standing { role: *role, in_project }, *kind) {
                        Verdict::Yes => assert!(matches!(&answer, Answer::Done(d) if d.first > 0), "{kind:?} {answer:?}"),
                        Verdict::No => assert_eq!(answer, Answer::Refused(Refusal::MayNot), "{kind:?}"),
                        Verdict::Absent => assert_eq!(answer, Answer::Refused(Refusal::NotFound), "{kind:?}"),
                    }
                    let is_done = matches!(answer, Answer::Done(_));
                    assert_eq!(house.trace().await != before, is_done, "{kind:?} by {role:?} {in_project:?}");
                }
            }
        }
    }

    async fn who_was_removed_may_nothing_any_more(house) {
        let project = house.project("MUS").await;
        let ana = house.lead(&project, "Ana").await;
        house.done(&ana, create_task(&project, house.id(), "Mine")).await;
        house.done(&project.lead, Command::RemoveMember { project: project.id, person: ana.person }).await;
        let refusal = house.refused(&ana, create_task(&project, house.id(), "Mine too")).await;
        assert_eq!(refusal, Refusal::NotFound);
    }
}
