//! Ids that belong to something else: another project's tasks, statuses and comments, a person, the instance.

use model::{Answer, Command, Refusal, Spot, Stream, testing::valid};
use muster_service::{
    execute,
    kit::{House, Project, create_task},
};
use uuid::Uuid;

/// Begins a project with an id that is something else's.
fn begin(house: &House, id: Uuid, key: &str) -> Command {
    let statuses = house.chance.with(model::testing::five_statuses);
    let (name, hue) = (valid("Stolen"), model::Hue::of(&[1]));
    Command::CreateProject { project: id.into(), key: valid(key), name, hue, statuses, is_sample: false }
}

/// Two projects of two people; the second one's lead knows the ids of the first.
async fn two_projects(house: &House) -> (Project, Project) {
    (house.project("OURS").await, house.project("MINE").await)
}

muster_service::both_engines! {
    async fn what_belongs_to_another_project_is_refused_and_that_project_is_untouched(house) {
        let (ours, mine) = two_projects(house).await;
        let task = house.task(&ours, "Paint the fence").await;
        let comment = house.id();
        let say = Command::AddComment { project: ours.id, task, comment, text: valid("Green.") };
        house.done(&ours.lead, say).await;
        let own = house.task(&mine, "My own").await;
        let (project, to, text) = (mine.id, mine.statuses[1], valid("Mine now"));
        let mut begun = begin(house, house.id(), "STOLEN");
        if let Command::CreateProject { statuses, .. } = &mut begun {
            statuses[2].id = ours.statuses[0];
        }
        let commands = vec![
            (create_task(&mine, task, "Mine"), Refusal::IdTaken),
            (Command::RenameTask { project, task, title: valid("Mine") }, Refusal::NotFound),
            (Command::DescribeTask { project, task, base: 0, text }, Refusal::NotFound),
            (Command::MoveTask { project, task, to, spot: Spot::Last }, Refusal::NotFound),
            (Command::SetDue { project, task, due: None }, Refusal::NotFound),
            (Command::Assign { project, task, person: mine.lead.person }, Refusal::NotFound),
            (Command::Unassign { project, task, person: ours.lead.person }, Refusal::NotFound),
            (Command::AddComment { project, task, comment: house.id(), text: valid("Hm") }, Refusal::NotFound),
            (Command::AddComment { project, task: own, comment, text: valid("Hm") }, Refusal::IdTaken),
            (
                Command::MoveTask { project, task: own, to: ours.statuses[0], spot: Spot::Last },
                Refusal::invalid("status", "This status is not in the project any more. Choose another one."),
            ),
            (begin(house, ours.id.uuid(), "STOLEN"), Refusal::IdTaken),
            (begun, Refusal::IdTaken),
        ];
        let (before, board) = (house.trace().await, house.board(ours.id).await);
        for (command, refusal) in &commands {
            assert_eq!(&house.refused(&mine.lead, command.clone()).await, refusal, "{command:?}");
        }
        // Together, and with a good one among them that is done all the same.
        let good = house.envelope(create_task(&mine, house.id(), "Good"));
        let mut envelopes: Vec<_> = commands.iter().map(|(command, _)| house.envelope(command.clone())).collect();
        envelopes.insert(5, good);
        let mut answers = execute(house, &mine.lead, envelopes).await;
        assert!(matches!(answers.remove(5), Answer::Done(_)));
        let expected: Vec<Answer> = commands.into_iter().map(|(_, refusal)| Answer::Refused(refusal)).collect();
        assert_eq!(answers, expected);
        assert_eq!(house.board(ours.id).await, board);
        assert_eq!(house.board(mine.id).await.n_tasks(), 2);
        let n = |trace: &[(String, i64)], table| trace.iter().find(|(name, _)| name == table).unwrap().1;
        assert_eq!(n(&house.trace().await, "events"), n(&before, "events") + 1);
        // A spot behind a foreign task is the end.
        let behind = Command::MoveTask { project, task: own, to: mine.statuses[0], spot: Spot::After(task) };
        house.done(&mine.lead, behind).await;
        assert_eq!(house.board(mine.id).await.column(mine.statuses[0]).last(), Some(own));
    }

    async fn of_two_tasks_with_one_id_in_one_batch_one_is_created(house) {
        let lead = house.person("Ana").await;
        let (one, two) = (house.project_of(&lead, "ONE").await, house.project_of(&lead, "TWO").await);
        // With a task in each, the ends of their columns are known, and nothing is written before the batch ends.
        for project in [&one, &two] {
            house.task(project, "There already").await;
        }
        let task = house.id();
        let rename = |project: &Project, title| Command::RenameTask { project: project.id, task, title: valid(title) };
        let commands = [create_task(&one, task, "In one"), create_task(&two, task, "In two"), rename(&one, "One"), rename(&two, "Two")];
        // While the writer is busy with the first of the others, all that follows gathers into one batch.
        let others = (0..8).map(|n| create_task(&one, house.id(), &format!("Other {n}")));
        let envelopes = others.chain(commands).map(|command| house.envelope(command)).collect();
        let answers = execute(house, &lead, envelopes).await.split_off(8);
        let n_done = |answers: &[Answer]| answers.iter().filter(|a| matches!(a, Answer::Done(_))).count();
        assert_eq!((n_done(&answers[..2]), n_done(&answers[2..])), (1, 1), "{answers:?}");
        assert_eq!(house.board(one.id).await.n_tasks() + house.board(two.id).await.n_tasks(), 11);
    }

    async fn a_project_cannot_take_the_stream_of_a_person_or_of_the_instance(house) {
        let ana = house.person("Ana").await;
        let bea = house.person("Bea").await;
        let before = house.trace().await;
        for id in [bea.person.uuid(), ana.person.uuid(), Stream::Instance.uuid()] {
            assert_eq!(house.refused(&ana, begin(house, id, "STOLEN")).await, Refusal::IdTaken);
        }
        assert_eq!(house.trace().await, before);
        assert!(house.feed(Stream::Person(bea.person)).await.is_empty());
    }
}
