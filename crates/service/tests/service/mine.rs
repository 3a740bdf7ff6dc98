//! What a person has to do, in all projects, and nothing that is another's.

use model::{Category, Command, Due, PersonId, Priority, Spot, TaskId, testing::valid};
use muster_service::{
    Actor,
    kit::{House, Project, create_task},
    query,
};

fn day(text: &str) -> Due {
    Due::Day(text.parse().unwrap())
}

fn at(ms: i64) -> Due {
    Due::At { instant: model::Instant::from_ms(ms), zone: valid("Europe/Berlin") }
}

/// A task for somebody.
async fn task_for(house: &House, project: &Project, who: PersonId, title: &str, by: Option<Due>) -> TaskId {
    let id = house.id();
    let mut command = create_task(project, id, title);
    if let Command::CreateTask { assignees, due, .. } = &mut command {
        assignees.push(who);
        *due = by;
    }
    house.done(&project.lead, command).await;
    id
}

async fn titles(house: &House, reader: &Actor) -> Vec<String> {
    let mine = query::my_tasks(house, reader).await.unwrap();
    mine.tasks.into_iter().map(|t| t.title.to_string()).collect()
}

muster_service::both_engines! {
    async fn open_tasks_of_the_reader_come_from_all_their_projects_by_due(house) {
        let (mus, ott) = (house.project("MUS").await, house.project("OTT").await);
        let ana = house.member(&mus, "Ana").await;
        house.add(&ott, &ana, model::ProjectRole::Viewer).await;
        let who = ana.person;
        let first = task_for(house, &mus, who, "Undated", None).await;
        task_for(house, &ott, who, "Friday", Some(day("2026-11-27"))).await;
        task_for(house, &mus, who, "Thursday", Some(day("2026-11-26"))).await;
        // 2026-11-27, 15:30 UTC.
        task_for(house, &mus, who, "Friday at half past three", Some(at(1_795_793_400_000))).await;
        let urgent = task_for(house, &ott, who, "Urgent on Friday", Some(day("2026-11-27"))).await;
        let set = Command::SetPriority { project: ott.id, task: urgent, priority: Some(Priority::Urgent) };
        house.done(&ott.lead, set).await;
        task_for(house, &mus, mus.lead.person, "Not Ana's", None).await;
        house.task(&mus, "Nobody's").await;
        let expected = ["Thursday", "Urgent on Friday", "Friday", "Friday at half past three", "Undated"];
        assert_eq!(titles(house, &ana).await, expected);
        let mine = query::my_tasks(house, &ana).await.unwrap();
        let roles: Vec<_> = mine.projects.iter().map(|p| (p.key.to_string(), p.role, p.statuses.len())).collect();
        let mut expected = [
            (mus.id, ("MUS".to_owned(), Some(model::ProjectRole::Member), 5)),
            (ott.id, ("OTT".to_owned(), Some(model::ProjectRole::Viewer), 5)),
        ];
        expected.sort_by_key(|(id, _)| *id);
        assert_eq!(roles, expected.map(|(_, role)| role));
        let categories: Vec<Category> = mine.projects[0].statuses.iter().map(|s| s.category).collect();
        assert_eq!(categories, Category::ALL);
        for project in &mine.projects {
            assert_eq!(project.seq, house.board(project.id).await.seq);
        }
        assert_eq!((mine.tasks[4].id, mine.tasks[4].number, mine.is_cut), (first, 1, false));
    }

    async fn what_is_finished_put_away_or_out_of_sight_is_not_there(house) {
        let (mus, old) = (house.project("MUS").await, house.project("OLD").await);
        let ana = house.member(&mus, "Ana").await;
        house.add(&old, &ana, model::ProjectRole::Member).await;
        let (who, project) = (ana.person, mus.id);
        task_for(house, &old, who, "In an archived project", None).await;
        house.done(&old.lead, Command::ArchiveProject { project: old.id, on: true }).await;
        for (title, status) in [("Done", 3), ("Cancelled", 4)] {
            let task = task_for(house, &mus, who, title, None).await;
            house.done(&ana, Command::MoveTask { project, task, to: mus.statuses[status], spot: Spot::Last }).await;
        }
        let task = task_for(house, &mus, who, "Archived", None).await;
        house.done(&ana, Command::ArchiveTask { project, task, on: true }).await;
        let task = task_for(house, &mus, who, "In the trash", None).await;
        house.done(&ana, Command::TrashTask { project, task, on: true }).await;
        let task = task_for(house, &mus, who, "Given away", None).await;
        house.done(&ana, Command::Unassign { project, task, person: who }).await;
        assert_eq!(titles(house, &ana).await, Vec::<String>::new());
        let task = task_for(house, &mus, who, "Open", None).await;
        for (title, done) in [("Part", false), ("Finished part", true)] {
            let part = house.task(&mus, title).await;
            house.done(&ana, Command::SetParent { project, task: part, parent: Some(task) }).await;
            if done {
                let to = mus.statuses[3];
                house.done(&ana, Command::MoveTask { project, task: part, to, spot: Spot::Last }).await;
            }
        }
        let mine = query::my_tasks(house, &ana).await.unwrap();
        assert_eq!((mine.tasks.len(), mine.tasks[0].n_parts, mine.tasks[0].n_done), (1, 2, 1));
        // Who is not in the project any more sees nothing of it, even what is still theirs.
        house.done(&mus.lead, Command::RemoveMember { project, person: who }).await;
        let mine = query::my_tasks(house, &ana).await.unwrap();
        assert_eq!((mine.tasks, mine.projects), (vec![], vec![]));
    }

    async fn a_stranger_has_no_tasks_and_an_admin_only_their_own(house) {
        let mus = house.project("MUS").await;
        let (ana, stranger, admin) =
            (house.member(&mus, "Ana").await, house.person("Carl").await, house.admin("Admin").await);
        task_for(house, &mus, ana.person, "Paint the fence", None).await;
        for reader in [&stranger, &admin] {
            assert_eq!(titles(house, reader).await, Vec::<String>::new());
        }
        assert_eq!(query::my_tasks(house, &stranger).await.unwrap().projects, []);
        assert_eq!(query::my_tasks(house, &admin).await.unwrap().projects.len(), 1);
    }
}
