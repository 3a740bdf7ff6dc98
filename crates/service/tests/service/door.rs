//! The one door: what a command leaves behind, and what one that is refused or repeated does not.

use model::{
    Answer, Category, Command, CommandKind, Done, Envelope, Event, Hue, Label, NewStatus, Priority, ProjectRole,
    Refusal, Spot, Stream, TaskId, testing::valid,
};
use muster_service::{
    Actor, execute,
    kit::{House, Project, create_task},
};
use std::collections::BTreeSet;

/// One command of each kind but the creation of the project, each of which changes something.
pub(crate) async fn one_of_each(house: &House, project: &Project) -> Vec<Command> {
    let newcomer = house.person("Newcomer").await.person;
    let lead = project.lead.person;
    let id = project.id;
    let [task, other, third]: [TaskId; 3] = [house.id(), house.id(), house.id()];
    let [said, unsaid] = [house.id(), house.id()];
    let status = NewStatus { id: house.id(), name: valid("Drying"), category: Category::InProgress };
    let label = Label { id: house.id(), name: valid("Outside"), hue: Hue::of(&[2]) };
    let renamed = NewStatus { name: valid("Wet"), ..status.clone() };
    let mut commands = vec![
        create_task(project, task, "Paint the fence"),
        create_task(project, other, "Buy paint"),
        create_task(project, third, "Wait for the sun"),
    ];
    commands.extend(of_the_project(project, status, renamed, &label));
    commands.extend([
        Command::RenameTask { project: id, task, title: valid("Paint the \"whole\" fence") },
        Command::DescribeTask { project: id, task, base: 0, text: valid("Green.\nBoth sides.") },
        Command::MoveTask { project: id, task, to: project.statuses[0], spot: Spot::After(third) },
        Command::SetDue { project: id, task, due: Some(model::Due::Day("2026-11-27".parse().unwrap())) },
        Command::SetPriority { project: id, task, priority: Some(Priority::High) },
        Command::LabelTask { project: id, task, label: label.id, on: true },
        Command::SetParent { project: id, task: other, parent: Some(task) },
        Command::Watch { project: id, task, on: Some(false) },
        Command::Assign { project: id, task, person: lead },
        Command::Unassign { project: id, task, person: lead },
        Command::ArchiveTask { project: id, task: other, on: true },
        Command::TrashTask { project: id, task: third, on: true },
        Command::AddComment { project: id, task, comment: said, text: valid("Which green?") },
        Command::AddComment { project: id, task, comment: unsaid, text: valid("Any.") },
        Command::EditComment { project: id, task, comment: said, base: 1, text: valid("Which shade of green?") },
        Command::RemoveComment { project: id, task, comment: unsaid, base: 1 },
        Command::RemoveLabel { project: id, label: label.id },
        Command::AddMember { project: id, person: newcomer, role: ProjectRole::Viewer },
        Command::ChangeMember { project: id, person: newcomer, role: ProjectRole::Member },
        Command::RemoveMember { project: id, person: newcomer },
        Command::ArchiveProject { project: id, on: true },
    ]);
    commands
}

/// What changes the project itself.
fn of_the_project(project: &Project, status: NewStatus, renamed: NewStatus, label: &Label) -> [Command; 7] {
    let (gone, to, project) = (status.id, project.statuses[0], project.id);
    [
        Command::RenameProject { project, name: valid("The garden") },
        Command::ColourProject { project, hue: Hue::of(&[7]) },
        Command::AddStatus { project, status, place: 1 },
        Command::ChangeStatus { project, status: renamed },
        Command::MoveStatus { project, status: gone, place: 0 },
        Command::RemoveStatus { project, status: gone, to },
        Command::PutLabel { project, label: label.clone() },
    ]
}

fn done(answer: &Answer) -> &Done {
    match answer {
        Answer::Done(done) => done,
        Answer::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// Commands that cannot be done, each with its answer.
async fn hopeless(house: &House, project: &Project, task: TaskId) -> Vec<(Command, Refusal)> {
    let stranger = house.person("Stranger").await.person;
    let (id, lead, nobody) = (project.id, project.lead.person, house.id());
    let text = valid("Not this");
    let Command::CreateTask { title, status, .. } = create_task(project, task, "Again") else { unreachable!() };
    vec![
        (create_task(project, task, "Again"), Refusal::IdTaken),
        (
            Command::CreateTask {
                project: id,
                task: house.id(),
                title: title.clone(),
                text: None,
                status,
                due: None,
                assignees: vec![stranger],
                priority: None,
                labels: Vec::new(),
                parent: None,
            },
            Refusal::invalid("assignee", "This person is not in the project. Add them to the project first."),
        ),
        (Command::RenameTask { project: id, task: house.id(), title }, Refusal::NotFound),
        (
            Command::DescribeTask { project: id, task, base: 7, text },
            Refusal::TextChanged { by: project.lead.person, version: 0 },
        ),
        (
            Command::MoveTask { project: id, task, to: house.id(), spot: Spot::Last },
            Refusal::invalid("status", "This status is not in the project any more. Choose another one."),
        ),
        (
            Command::AddComment { project: id, task, comment: house.id(), text: valid(" \n ") },
            Refusal::invalid("text", "Write something first."),
        ),
        (
            Command::AddMember { project: id, person: nobody, role: ProjectRole::Lead },
            Refusal::invalid("person", "There is no such person. Ask them to create an account first."),
        ),
        (Command::ChangeMember { project: id, person: stranger, role: ProjectRole::Lead }, Refusal::NotFound),
        (Command::RemoveMember { project: id, person: lead }, Refusal::LastLead),
        (Command::ChangeMember { project: id, person: lead, role: ProjectRole::Member }, Refusal::LastLead),
        (Command::RemoveMember { project: house.id(), person: lead }, Refusal::NotFound),
    ]
}

muster_service::both_engines! {
    async fn every_command_takes_its_numbers_and_shows_in_rows_and_feed(house) {
        let project = house.project("MUS").await;
        let commands = one_of_each(house, &project).await;
        let mut kinds: BTreeSet<CommandKind> = commands.iter().map(Command::kind).collect();
        kinds.extend([CommandKind::CreateProject, CommandKind::RemoveSample]);
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), CommandKind::ALL);
        let mut head = house.board(project.id).await.seq;
        for command in commands {
            let done = house.done(&project.lead, command).await;
            assert_eq!((done.stream, done.first), (Stream::Project(project.id), head + 1));
            assert_eq!(done.events, house.feed(done.stream).await[usize::try_from(head).unwrap()..]);
            head = done.last;
            let board = house.board(project.id).await;
            assert_eq!(board, house.folded(project.id).await);
            assert_eq!(board.seq, head);
        }
        let board = house.board(project.id).await;
        let task = board.task_numbered(1).unwrap();
        assert_eq!(task.title.as_str(), "Paint the \"whole\" fence");
        assert_eq!((task.n_comments, task.text_version, task.assignees.len()), (1, 1, 0));
        assert_eq!(board.column(project.statuses[0]).last(), Some(task.id));
    }

    async fn what_is_refused_leaves_no_trace(house) {
        let project = house.project("MUS").await;
        let task = house.task(&project, "Paint the fence").await;
        let hopeless = hopeless(house, &project, task).await;
        let (before, board) = (house.trace().await, house.board(project.id).await);
        for (command, refusal) in &hopeless {
            assert_eq!(&house.refused(&project.lead, command.clone()).await, refusal, "{command:?}");
        }
        let envelopes = hopeless.iter().map(|(command, _)| house.envelope(command.clone())).collect();
        let together = execute(house, &project.lead, envelopes).await;
        let expected: Vec<Answer> = hopeless.into_iter().map(|(_, refusal)| Answer::Refused(refusal)).collect();
        assert_eq!(together, expected);
        assert_eq!((house.trace().await, house.board(project.id).await), (before, board));
    }

    async fn a_key_belongs_to_one_project(house) {
        let project = house.project("MUS").await;
        let before = house.trace().await;
        let statuses = house.chance.with(model::testing::five_statuses);
        let (name, hue) = (valid("Another"), model::Hue::of(&[1]));
        let again = Command::CreateProject { project: house.id(), key: valid("mus"), name, hue, statuses, is_sample: false };
        assert_eq!(house.refused(&project.lead, again).await, Refusal::KeyTaken);
        assert_eq!(house.trace().await, before);
    }

    async fn a_repeated_operation_gets_the_stored_answer_and_changes_nothing(house) {
        let project = house.project("MUS").await;
        let commands = one_of_each(house, &project).await;
        let envelopes: Vec<Envelope> = commands.into_iter().map(|command| house.envelope(command)).collect();
        let first = execute(house, &project.lead, envelopes.clone()).await;
        let (before, board) = (house.trace().await, house.board(project.id).await);
        let mut twice = envelopes.clone();
        twice.extend(envelopes.clone());
        let again = execute(house, &project.lead, twice).await;
        for (n, answer) in again.iter().enumerate() {
            let (now, then) = (done(answer), done(&first[n % envelopes.len()]));
            assert_eq!((now.stream, now.first, now.last), (then.stream, then.first, then.last));
            assert!(now.events.is_empty() && !then.events.is_empty());
        }
        assert_eq!((house.trace().await, house.board(project.id).await), (before, board));
    }

    async fn an_operation_that_comes_twice_in_one_batch_is_done_once(house) {
        let project = house.project("MUS").await;
        let envelope = house.envelope(create_task(&project, house.id(), "Once"));
        let answers = execute(house, &project.lead, vec![envelope; 3]).await;
        let numbers: Vec<i64> = answers.iter().map(|a| done(a).first).collect();
        assert_eq!(numbers, [numbers[0]; 3]);
        assert_eq!(house.board(project.id).await.n_tasks(), 1);
    }

    async fn an_operation_whose_answer_was_lost_is_answered_alike_though_it_could_not_be_done_again(house) {
        let project = house.project("MUS").await;
        let (task, status) = (house.task(&project, "Known").await, project.statuses[1]);
        let (of, spot) = (project.id, Spot::Last);
        for command in [
            create_task(&project, house.id(), "Once"),
            Command::MoveTask { project: of, task, to: status, spot },
        ] {
            let envelope = house.envelope(command);
            let (first, again) = (house.send(&project.lead, envelope.clone()).await, house.send(&project.lead, envelope).await);
            let (first, again) = (done(&first), done(&again));
            assert_eq!((first.stream, first.first, first.last), (again.stream, again.first, again.last));
        }
    }

    async fn the_same_operation_with_another_content_is_refused(house) {
        let project = house.project("MUS").await;
        let first = house.envelope(create_task(&project, house.id(), "One"));
        let other = Envelope { op: first.op, command: create_task(&project, house.id(), "Two") };
        done(&house.send(&project.lead, first.clone()).await);
        let before = house.trace().await;
        assert_eq!(house.send(&project.lead, other.clone()).await, Answer::Refused(Refusal::OpReused));
        // Somebody else's operation of the same id is another one, and its owner hears nothing of the first.
        let ana = house.member(&project, "Ana").await;
        done(&house.send(&ana, other).await);
        assert_eq!(house.board(project.id).await.n_tasks(), 2);
        assert!(house.trace().await > before);
    }

    async fn what_is_so_already_leaves_no_trace(house) {
        let project = house.project("MUS").await;
        let (id, lead) = (project.id, project.lead.person);
        let task = house.task(&project, "Paint the fence").await;
        let before = house.trace().await;
        for command in [
            Command::RenameTask { project: id, task, title: valid("Paint the fence") },
            Command::MoveTask { project: id, task, to: project.statuses[0], spot: Spot::Last },
            Command::MoveTask { project: id, task, to: project.statuses[0], spot: Spot::First },
            Command::MoveTask { project: id, task, to: project.statuses[0], spot: Spot::After(task) },
            Command::SetDue { project: id, task, due: None },
            Command::Unassign { project: id, task, person: lead },
            Command::AddMember { project: id, person: lead, role: ProjectRole::Lead },
            Command::ChangeMember { project: id, person: lead, role: ProjectRole::Lead },
            Command::RemoveMember { project: id, person: house.id() },
        ] {
            let done = house.done(&project.lead, command.clone()).await;
            assert_eq!((done.first, done.last, done.events.len()), (0, 0, 0), "{command:?}");
        }
        assert_eq!(house.trace().await, before);
    }

    async fn a_batch_of_fifty_is_done_in_order_and_a_refused_one_stops_none(house) {
        let project = house.project("MUS").await;
        let tasks: Vec<TaskId> = (0..25).map(|_| house.id()).collect();
        let mut commands = Vec::new();
        for (n, task) in tasks.iter().enumerate() {
            commands.push(create_task(&project, *task, &format!("Task {n}")));
            // The one before, which only this batch knows; in the middle one that nobody knows.
            let renamed = if n == 12 { house.id() } else { *task };
            commands.push(Command::RenameTask { project: project.id, task: renamed, title: valid(&format!("Step {n}")) });
        }
        let envelopes = commands.into_iter().map(|c| house.envelope(c)).collect();
        let answers = execute(house, &project.lead, envelopes).await;
        let refused: Vec<usize> =
            answers.iter().enumerate().filter(|(_, a)| matches!(a, Answer::Refused(_))).map(|(n, _)| n).collect();
        assert_eq!(refused, [25]);
        let numbers: Vec<i64> = answers.iter().filter(|a| matches!(a, Answer::Done(_))).map(|a| done(a).first).collect();
        assert!(numbers.windows(2).all(|w| w[1] == w[0] + 1), "{numbers:?}");
        let board = house.board(project.id).await;
        assert_eq!(board.column(project.statuses[0]).collect::<Vec<_>>(), tasks);
        for (n, task) in (1..).zip(&tasks) {
            let task = board.task(*task).unwrap();
            assert_eq!(task.number, n);
            let word = if n == 13 { "Task" } else { "Step" };
            assert_eq!(task.title.as_str(), format!("{word} {}", n - 1));
        }
    }

    async fn a_project_and_its_first_tasks_can_come_in_one_batch(house) {
        let ana = house.person("Ana").await;
        let statuses = house.chance.with(model::testing::five_statuses);
        let (id, status) = (house.id(), statuses[0].id);
        let project = Project { id, key: valid("NEW"), statuses: vec![status], lead: ana };
        let (name, hue) = (valid("New"), model::Hue::of(&[1]));
        let create = Command::CreateProject { project: id, key: valid("NEW"), name, hue, statuses, is_sample: false };
        let first = create_task(&project, house.id(), "First");
        let envelopes = vec![house.envelope(create), house.envelope(first)];
        for answer in execute(house, &ana, envelopes).await {
            done(&answer);
        }
        assert_eq!(house.board(id).await.n_tasks(), 1);
    }

    async fn the_streams_of_persons_and_of_the_instance_get_their_events(house) {
        let project = house.project("MUS").await;
        let ana: Actor = house.viewer(&project, "Ana").await;
        let (id, person) = (project.id, ana.person);
        house.done(&project.lead, Command::ChangeMember { project: id, person, role: ProjectRole::Lead }).await;
        house.done(&ana, Command::RemoveMember { project: id, person }).await;
        let told: Vec<Event> = house.feed(Stream::Person(person)).await.into_iter().map(|e| e.event).collect();
        let gained = |role| Event::ProjectGained { project: id, role };
        assert_eq!(told, [gained(ProjectRole::Viewer), gained(ProjectRole::Lead), Event::ProjectLost { project: id }]);
        let instance: Vec<Event> = house.feed(Stream::Instance).await.into_iter().map(|e| e.event).collect();
        let joined = |person| Event::PersonJoined { person, role: model::Role::User };
        assert_eq!(
            instance,
            [joined(project.lead.person), Event::ProjectCreated { project: id }, joined(person)]
        );
    }
}
