//! Every command is taken back by its inverse, or says why not.

#![expect(clippy::expect_used, reason = "a helper of a test stops it")]

use muster_model::{
    Board, Body, Change, Command, CommandKind, CommentId, Event, Hue, Instant, Key, Label, NoInverse, Past, PersonId,
    ProjectRole, Recorded, Role, Said, Spot, Stamp, Stream, TaskId, decide, inverse, rebase,
    testing::{All, Random, START_MS, Texts, any_command, five_statuses, valid},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A project and what was written in it; who works in it is an Admin.
struct World {
    board: Board,
    texts: Texts,
    people: Vec<PersonId>,
    me: PersonId,
    random: Random,
}

impl Past for World {
    fn board(&self) -> &Board {
        &self.board
    }
    fn me(&self) -> PersonId {
        self.me
    }
    fn text(&self, task: TaskId) -> Option<Body> {
        Some(self.texts.descriptions.get(&task).cloned().unwrap_or_else(|| valid("")))
    }
    fn comment(&self, comment: CommentId) -> Option<(Said, Option<Body>)> {
        self.texts.comments.get(&comment).cloned()
    }
}

/// What people see of a task.
type Seen = BTreeMap<TaskId, String>;

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let people: Vec<PersonId> = (0..5).map(|_| random.id()).collect();
        let (key, hue): (Key, _) = (valid("MUS"), Hue::of(&[3]));
        let board = Board::new(random.id(), key.clone(), valid("Muster"), hue);
        let statuses = five_statuses(&mut random);
        let mut world = Self { board, texts: Texts::default(), me: people[0], people, random };
        world.apply(Event::ProjectOpened { key, name: valid("Muster"), hue, statuses, is_sample: false }, None);
        for n in [0, 1, 2] {
            world.apply(Event::MemberAdded { person: world.people[n], role: ProjectRole::Lead }, None);
        }
        world
    }

    fn apply(&mut self, event: Event, text: Option<Body>) {
        let (seq, at) = (self.board.seq + 1, Instant::from_ms(START_MS));
        let change = Change { stream: Stream::Project(self.board.project), event, text };
        self.texts.apply(&change, self.me);
        self.board.apply(&Recorded { seq, op: None, actor: self.me, at, event: change.event, text: None, html: None });
    }

    /// Does a command; answers whether anything changed, or the refusal.
    fn execute(&mut self, command: &Command) -> Result<bool, muster_model::Refusal> {
        let at = Instant::from_ms(START_MS);
        let stamp = Stamp { op: self.random.id(), actor: self.me, role: Role::Admin, at };
        let changes = decide(&All(&self.board, &self.texts), command, &stamp)?;
        let is_change = !changes.is_empty();
        for Change { stream, event, text } in changes {
            if stream == Stream::Project(self.board.project) {
                self.apply(event, text);
            }
        }
        Ok(is_change)
    }

    /// Everything but what never comes back: numbers, versions, ranks (the order does), and what was created since and
    /// lies in the trash.
    fn seen(&self, tasks: &BTreeSet<TaskId>) -> (String, Vec<Vec<TaskId>>, Seen) {
        let board = &self.board;
        let about = format!(
            "{} {:?} {} {:?} {:?} {:?}",
            board.name, board.hue, board.is_archived, board.statuses, board.labels, board.members
        );
        let columns = board.statuses.iter().map(|s| {
            let mut places = board.places(s.id);
            places.retain(|t| tasks.contains(t));
            places
        });
        let mut seen = Seen::new();
        for task in board.all_tasks().filter(|t| tasks.contains(&t.id)) {
            let comments: Vec<_> = self.texts.comments.values().filter(|(said, _)| said.task == task.id).collect();
            let comments: Vec<_> = comments.iter().filter_map(|(_, text)| text.as_ref()).collect();
            let text = self.text(task.id);
            let (is_trashed, watch) = (task.trashed_at.is_some(), &task.watch);
            let word = format!(
                "{} {:?} {:?} {:?} {:?} {:?} {watch:?} {} {is_trashed} {} {text:?} {comments:?}",
                task.title,
                task.due,
                task.priority,
                task.assignees,
                task.labels,
                task.parent,
                task.is_archived,
                task.n_comments,
            );
            seen.insert(task.id, word);
        }
        (about, columns.collect(), seen)
    }

    fn tasks(&self) -> BTreeSet<TaskId> {
        self.board.all_tasks().map(|t| t.id).collect()
    }
}

/// Does random commands, then takes all of them back; answers the kinds that were.
fn there_and_back(seed: u64) -> BTreeSet<CommandKind> {
    let mut world = World::new(seed);
    for _ in 0..60 {
        let command = any_command(&world.board, &world.people, &mut world.random);
        let _ = world.execute(&command);
    }
    let tasks = world.tasks();
    let before = world.seen(&tasks);
    let (mut back, mut kinds): (Vec<(Command, Vec<Command>)>, _) = (Vec::new(), BTreeSet::new());
    for _ in 0..120 {
        let command = any_command(&world.board, &world.people, &mut world.random);
        let commands = inverse(&command, &world);
        // What has no inverse says why, and is not done here.
        if let Err(NoInverse(why)) = commands {
            assert!(why.ends_with('.'), "{why}");
        } else if world.execute(&command) == Ok(true) {
            kinds.insert(command.kind());
            back.push((command, commands.expect("an inverse")));
        }
    }
    while let Some((command, commands)) = back.pop() {
        for undo in commands {
            if let Err(refusal) = world.execute(&undo) {
                panic!("{undo:?} for {command:?} was refused: {refusal}");
            }
            rebase(back.iter_mut().flat_map(|(_, commands)| commands), &command, &undo);
        }
    }
    assert_eq!(world.seen(&tasks), before);
    assert!(world.board.all_tasks().all(|t| tasks.contains(&t.id) || t.trashed_at.is_some()));
    kinds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_commands_are_taken_back_in_reverse_order(seed: u64) {
        there_and_back(seed);
    }
}

#[test]
fn every_kind_of_command_is_taken_back_but_those_that_begin_and_remove_projects() {
    let kinds: BTreeSet<CommandKind> = (0..40).flat_map(there_and_back).collect();
    let missing: Vec<_> = CommandKind::ALL.iter().filter(|k| !kinds.contains(k)).collect();
    assert_eq!(missing, [&CommandKind::CreateProject, &CommandKind::RemoveSample]);
}

#[test]
fn what_is_not_taken_back_says_why() {
    let mut world = World::new(1);
    let (project, status) = (world.board.project, world.board.statuses[0].id);
    let hue = Hue::of(&[1]);
    let label = Label { id: world.random.id(), name: valid("Label"), hue };
    world.execute(&Command::PutLabel { project, label: label.clone() }).expect("a label");
    let mut last = None;
    for n in 0..201 {
        let task = world.random.id();
        let create = Command::CreateTask {
            project,
            task,
            title: valid(&format!("Task {n}")),
            text: None,
            status,
            due: None,
            assignees: vec![],
            priority: None,
            labels: vec![label.id],
            parent: None,
        };
        world.execute(&create).expect("a task");
        last = Some(task);
    }
    let task = last.expect("a task");
    let comment = world.random.id();
    world.execute(&Command::AddComment { project, task, comment, text: valid("Hm") }).expect("a comment");
    world.me = world.people[1];
    let statuses = five_statuses(&mut world.random);
    let remove = Command::RemoveComment { project, task, comment, base: 1 };
    let (key, name) = (valid("NEW"), valid("New"));
    let table = [
        (Command::CreateProject { project, key, name, hue, statuses, is_sample: false }, "Archive it instead."),
        (Command::RemoveSample { project }, "Begin another one."),
        (Command::RemoveStatus { project, status, to: world.board.statuses[1].id }, "many at once."),
        (Command::RemoveLabel { project, label: label.id }, "many at once."),
        (remove, "Ask them to write it again."),
        (Command::MoveTask { project, task: world.random.id(), to: status, spot: Spot::Last }, "to see it."),
    ];
    for (command, end) in table {
        let NoInverse(why) = inverse(&command, &world).expect_err("a reason");
        assert!(why.ends_with(end), "{command:?}: {why}");
    }
}
