//! Many at once.

use futures::future::join_all;
use model::{Answer, Command, ProjectRole, Refusal, testing::valid};
use muster_service::{
    kit::{House, Project, create_task},
    query,
};

/// 200 commands at once: each creates a task, and half of them are followed by a comment on it by the same person.
async fn rush(house: &House, projects: &[Project]) {
    let mut chains = Vec::new();
    for n in 0..200 {
        let project = &projects[n % projects.len()];
        chains.push(async move {
            let task = house.id();
            let mut done = vec![house.done(&project.lead, create_task(project, task, &format!("Task {n}"))).await];
            if (n / projects.len()).is_multiple_of(2) {
                let say = Command::AddComment { project: project.id, task, comment: house.id(), text: valid("Here.") };
                done.push(house.done(&project.lead, say).await);
            }
            assert!(done.windows(2).all(|w| w[0].last < w[1].first));
            done.len()
        });
    }
    let answered: usize = join_all(chains).await.into_iter().sum();
    assert_eq!(answered, 300);
    for project in projects {
        let board = house.board(project.id).await;
        assert_eq!(board.n_tasks(), 200 / projects.len());
        assert_eq!(usize::try_from(board.seq).unwrap(), 2 + 300 / projects.len());
    }
}

muster_service::both_engines! {
    async fn more_readers_than_there_are_connections_do_not_wait_for_themselves(house) {
        let project = house.project("MUS").await;
        house.task(&project, "Paint the fence").await;
        let reader = house.member(&project, "Ana").await;
        // A question that held a connection while it waited for a second one would let all of these time out.
        let all = join_all((0..12).map(async |_| {
            let (home, mine) = futures::join!(query::home(house, &reader), query::my_tasks(house, &reader));
            let (inbox, found) = futures::join!(query::inbox(house, &reader), query::search(house, &reader, "fence"));
            home?;
            mine?;
            inbox?;
            found.map(|found| found.hits.len())
        }));
        for found in all.await {
            assert_eq!(found, Ok(1));
        }
    }

    async fn of_two_leads_removed_at_the_same_moment_one_stays(house) {
        for round in 0..10 {
            let project = house.project(&format!("M{round}")).await;
            let other = house.lead(&project, "Ana").await;
            let remove = |person| Command::RemoveMember { project: project.id, person };
            // Each removes the other.
            let (a, b) = futures::join!(
                house.execute(&project.lead, remove(other.person)),
                house.execute(&other, remove(project.lead.person)),
            );
            let answers = [a, b];
            assert_eq!(answers.iter().filter(|a| matches!(a, Answer::Done(_))).count(), 1, "{answers:?}");
            // Who came second was not in the project any more.
            assert!(answers.contains(&Answer::Refused(Refusal::NotFound)), "{answers:?}");
            assert_eq!(house.board(project.id).await.n_leads(), 1);
        }
    }

    async fn of_two_leads_who_step_down_at_the_same_moment_one_stays(house) {
        for round in 0..10 {
            let project = house.project(&format!("M{round}")).await;
            let other = house.lead(&project, "Ana").await;
            let step_down = |person| Command::ChangeMember { project: project.id, person, role: ProjectRole::Member };
            let (a, b) = futures::join!(
                house.execute(&project.lead, step_down(project.lead.person)),
                house.execute(&other, step_down(other.person)),
            );
            let answers = [a, b];
            assert_eq!(answers.iter().filter(|a| matches!(a, Answer::Done(_))).count(), 1, "{answers:?}");
            assert!(answers.contains(&Answer::Refused(Refusal::LastLead)), "{answers:?}");
            assert_eq!(house.board(project.id).await.n_leads(), 1);
        }
    }

    async fn two_hundred_commands_at_once_in_one_project_are_all_answered(house) {
        let project = house.project("MUS").await;
        rush(house, &[project]).await;
    }

    async fn two_hundred_commands_at_once_in_twenty_projects_are_all_answered(house) {
        let mut projects = Vec::new();
        for n in 0..20 {
            projects.push(house.project(&format!("P{n}")).await);
        }
        rush(house, &projects).await;
    }

    async fn of_many_projects_with_one_key_at_once_one_is_begun(house) {
        let ana = house.person("Ana").await;
        let begin = || {
            let statuses = house.chance.with(model::testing::five_statuses);
            let (name, hue) = (valid("One"), model::Hue::of(&[1]));
            Command::CreateProject { project: house.id(), key: valid("ONE"), name, hue, statuses, is_sample: false }
        };
        let answers = join_all((0..10).map(|_| house.execute(&ana, begin()))).await;
        assert_eq!(answers.iter().filter(|a| matches!(a, Answer::Done(_))).count(), 1);
        assert_eq!(answers.iter().filter(|a| **a == Answer::Refused(Refusal::KeyTaken)).count(), 9, "{answers:?}");
    }
}
