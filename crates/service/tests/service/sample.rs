//! The sample project: it is made by the commands that everything is made by, and one command removes all of it.

use ledger::Outcome;
use model::{
    Answer, Command, Event, Hue, ProjectId, ProjectRole, Refusal, Stream,
    testing::{five_statuses, valid},
};
use muster_service::{
    Actor, both_engines, execute, inbox,
    kit::{House, create_task},
    query, sample,
};

/// Tables of what belongs to projects.
const TABLES: [&str; 11] = [
    "projects",
    "members",
    "statuses",
    "labels",
    "tasks",
    "task_labels",
    "assignees",
    "watchers",
    "comments",
    "text_versions",
    "search_texts",
];

async fn counts(house: &House) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(house.number(&format!("SELECT count(*) FROM {table}")).await);
    }
    counts
}

async fn begun(house: &House, ana: &Actor) -> ProjectId {
    let key = sample::begin(house, ana).await.unwrap();
    query::board(house, ana, &key).await.unwrap().board.project()
}

both_engines! {
    async fn a_sample_has_something_of_everything_and_is_made_by_commands(house) {
        let ana = house.person("Ana").await;
        let project = begun(house, &ana).await;
        let board = house.board(project).await;
        assert!(board.is_sample);
        assert_eq!(board, house.folded(project).await);
        assert_eq!(board.members.iter().collect::<Vec<_>>(), [(&ana.person, &ProjectRole::Lead)]);
        assert_eq!((board.statuses.len(), board.labels.len(), board.n_tasks()), (3, 3, 11));
        let tasks: Vec<_> = board.all_tasks().cloned().collect();
        for status in &board.statuses {
            assert!(tasks.iter().any(|task| task.status == status.id), "{} is empty", status.name);
        }
        let whole: Vec<_> = tasks.iter().filter(|task| task.parent.is_none()).collect();
        assert_eq!(whole.len(), 9);
        assert!(whole.iter().all(|task| task.text_version == 1 && task.labels.len() == 1), "each says what to do");
        assert!(tasks.iter().any(|task| task.due.is_some()) && tasks.iter().any(|task| task.n_comments == 1));
        assert_eq!(sample::of(house, &ana).await.unwrap(), [project]);
        assert_eq!(house.noted("project.create", Outcome::Done).await, 1);
        assert_eq!(house.noted("task.create", Outcome::Done).await, 11);
    }

    async fn samples_of_several_people_have_keys_of_their_own(house) {
        let (ana, ben) = (house.person("Ana").await, house.person("Ben").await);
        assert_eq!(sample::begin(house, &ana).await.unwrap().as_str(), "TRY");
        assert_eq!(sample::begin(house, &ben).await.unwrap().as_str(), "TRY2");
        assert_eq!(sample::of(house, &ben).await.unwrap().len(), 1);
    }

    async fn one_command_removes_a_sample_with_all_that_is_in_it_and_nothing_else(house) {
        let ana = house.person("Ana").await;
        let own = house.project_of(&ana, "MUS").await;
        house.task(&own, "Paint the fence").await;
        let before = counts(house).await;
        let project = begun(house, &ana).await;
        let (ben, task) = (house.person("Ben").await, house.id());
        let status = house.board(project).await.statuses[0].id;
        let create = Command::CreateTask {
            project,
            task,
            title: valid("Secret surprise for Otto"),
            text: Some(valid("He must not know")),
            status,
            due: None,
            assignees: vec![ana.person],
            priority: None,
            labels: vec![],
            parent: None,
        };
        for command in [
            Command::AddMember { project, person: ben.person, role: ProjectRole::Member },
            Command::RenameProject { project, name: valid("Surprise for Otto") },
            create,
            Command::AddComment { project, task, comment: house.id(), text: valid("Balloons for Otto?") },
            Command::Assign { project, task, person: ben.person },
            Command::Watch { project, task, on: Some(true) },
        ] {
            house.done(&ana, command).await;
        }
        inbox::follow_once(house).await.unwrap();
        house.work().await;

        let done = house.done(&ana, Command::RemoveSample { project }).await;
        assert_eq!(done.stream, Stream::Project(project));
        assert_eq!(counts(house).await, before);
        assert_eq!(house.number("SELECT count(*) FROM notices").await, 0);
        let typed = "SELECT (SELECT count(*) FROM events WHERE payload LIKE '%Otto%') \
                     + (SELECT count(*) FROM text_versions WHERE body LIKE '%Otto%')";
        assert_eq!(house.number(typed).await, 0, "nothing that was typed is left");
        let gone = house.feed(Stream::Instance).await.into_iter().rfind(|e| e.actor == ana.person).unwrap();
        assert_eq!(gone.event, Event::ProjectRemoved { project });
        assert_eq!(house.noted("project.remove_sample", Outcome::Done).await, 1);
        // What is sent later finds nothing, whatever was remembered of it; the rest goes on, and the key is free.
        for command in [
            Command::RenameTask { project, task, title: valid("Still here?") },
            Command::AddMember { project, person: ana.person, role: ProjectRole::Lead },
            Command::RemoveSample { project },
        ] {
            assert_eq!(house.refused(&ana, command.clone()).await, Refusal::NotFound, "{command:?}");
        }
        assert_eq!(query::home(house, &ana).await.unwrap().projects.len(), 1);
        assert_eq!(query::home(house, &ben).await.unwrap().projects.len(), 0);
        assert_eq!(sample::begin(house, &ana).await.unwrap().as_str(), "TRY");
    }

    async fn what_comes_in_one_batch_with_the_removal_is_refused_behind_it_and_gone_with_it_before(house) {
        let ana = house.person("Ana").await;
        let project = begun(house, &ana).await;
        let status = house.board(project).await.statuses[0].id;
        let of = kit_project(project, status, &ana);
        let (first, second) = (create_task(&of, house.id(), "Before"), create_task(&of, house.id(), "Behind"));
        let envelopes = [first, Command::RemoveSample { project }, second].map(|command| house.envelope(command));
        let answers = execute(house, &ana, envelopes.into()).await;
        assert!(matches!(answers[0], Answer::Done(_)) && matches!(answers[1], Answer::Done(_)), "{answers:?}");
        assert_eq!(answers[2], Answer::Refused(Refusal::NotFound));
        assert_eq!(house.number("SELECT count(*) FROM tasks").await, 0);
    }

    async fn only_a_sample_can_be_removed_and_only_by_its_leads_while_it_is_one(house) {
        let project = house.project("MUS").await;
        let refusal = house.refused(&project.lead, Command::RemoveSample { project: project.id }).await;
        assert!(refusal.tell().ends_with("Archive it instead."), "{refusal:?}");

        let ana = house.person("Ana").await;
        let sample = begun(house, &ana).await;
        let (ben, eve) = (house.person("Ben").await, house.person("Eve").await);
        let add = Command::AddMember { project: sample, person: ben.person, role: ProjectRole::Member };
        house.done(&ana, add).await;
        assert_eq!(house.refused(&ben, Command::RemoveSample { project: sample }).await, Refusal::MayNot);
        assert_eq!(house.refused(&eve, Command::RemoveSample { project: sample }).await, Refusal::NotFound);

        // One that is used for work is not thrown away by one click.
        let of = kit_project(sample, house.board(sample).await.statuses[0].id, &ana);
        for n in 0..190 {
            house.done(&ana, create_task(&of, house.id(), &format!("Task {n}"))).await;
        }
        let refusal = house.refused(&ana, Command::RemoveSample { project: sample }).await;
        assert!(refusal.tell().ends_with("Archive it instead."), "{refusal:?}");
        assert_eq!(house.board(sample).await.n_tasks(), 201);
    }

    async fn an_archived_sample_can_be_removed_too(house) {
        let ana = house.person("Ana").await;
        let project = begun(house, &ana).await;
        house.done(&ana, Command::ArchiveProject { project, on: true }).await;
        house.done(&ana, Command::RemoveSample { project }).await;
        assert_eq!(query::home(house, &ana).await.unwrap().projects, []);
    }

    async fn a_hand_made_sample_is_one_too(house) {
        let ana = house.admin("Ana").await;
        let (project, statuses) = (house.id(), house.chance.with(five_statuses));
        let (key, name, hue) = (valid("OWN"), valid("My own"), Hue::of(&[1]));
        house.done(&ana, Command::CreateProject { project, key, name, hue, statuses, is_sample: true }).await;
        assert!(house.folded(project).await.is_sample);
        house.done(&ana, Command::RemoveSample { project }).await;
    }
}

fn kit_project(id: ProjectId, status: model::StatusId, lead: &Actor) -> muster_service::kit::Project {
    muster_service::kit::Project { id, key: valid("TRY"), statuses: vec![status], lead: *lead }
}
