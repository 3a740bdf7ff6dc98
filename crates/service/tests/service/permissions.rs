//! Who may give which command: the door answers as `model::may` says.

use model::{Answer, Command, CommandKind, ProjectRole, Refusal, Role, Spot, Standing, Verdict, may, testing::valid};
use muster_service::kit::{House, Project, create_task};

/// A command of this kind that only permission could stop.
async fn possible(house: &House, project: &Project, kind: CommandKind) -> Command {
    let id = project.id;
    let task = house.task(project, "Something").await;
    let newcomer = house.person("Newcomer").await;
    match kind {
        CommandKind::CreateProject => {
            let (key, statuses) = house.chance.with(|r| (model::testing::any_key(r), model::testing::five_statuses(r)));
            let (name, hue) = (valid("New"), model::Hue::of(&[1]));
            Command::CreateProject { project: house.id(), key, name, hue, statuses }
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
                    let command = possible(house, &project, *kind).await;
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
