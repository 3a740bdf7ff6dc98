//! What is refused, with which words, and what is so already: a table for each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use muster_model::{
    Board, Category, Change, Command, Due, Event, Facts, Hue, Instant, Key, NewStatus, PersonId, ProjectId,
    ProjectRole, Rank, Recorded, Refusal, Role, Spot, Stamp, StatusId, Stream, TaskId, decide,
    testing::{Random, START_MS, five_statuses, valid},
};

/// A project with a Lead, a Member and a Viewer, two tasks in its first status, and people outside.
struct World {
    board: Board,
    statuses: Vec<StatusId>,
    lead: PersonId,
    member: PersonId,
    viewer: PersonId,
    outsider: PersonId,
    unknown: PersonId,
    first: TaskId,
    second: TaskId,
    random: Random,
}

/// What is known: the board unless there is none; everybody but one; one key.
struct Known<'a> {
    board: Option<&'a Board>,
    unknown: PersonId,
}

impl Facts for Known<'_> {
    fn board(&self) -> Option<&Board> {
        self.board
    }
    fn knows(&self, person: PersonId) -> bool {
        person != self.unknown
    }
    fn has_key(&self, key: &Key) -> bool {
        key.as_str() == "TAKEN"
    }
}

impl World {
    fn new() -> Self {
        let mut random = Random::new(1);
        let [lead, member, viewer, outsider, unknown] = std::array::from_fn(|_| random.id());
        let [first, second]: [TaskId; 2] = std::array::from_fn(|_| random.id());
        let (project, statuses): (ProjectId, _) = (random.id(), five_statuses(&mut random));
        let ids: Vec<StatusId> = statuses.iter().map(|s| s.id).collect();
        let (key, name, hue): (Key, _, _) = (valid("MUS"), valid("Muster"), Hue::of(&[1]));
        let ranks = [Rank::between(None, None), Rank::between(Some(&Rank::between(None, None)), None)];
        let task = |task, number, rank: &Rank, assignees| Event::TaskCreated {
            task,
            number,
            title: valid("Paint the fence"),
            status: ids[0],
            rank: rank.clone(),
            due: Some(due()),
            assignees,
            text_version: 1,
        };
        let events = [
            Event::ProjectOpened { key, name, hue, statuses },
            Event::MemberAdded { person: lead, role: ProjectRole::Lead },
            Event::MemberAdded { person: member, role: ProjectRole::Member },
            Event::MemberAdded { person: viewer, role: ProjectRole::Viewer },
            task(first, 1, &ranks[0], vec![member]),
            task(second, 2, &ranks[1], vec![]),
        ];
        let at = Instant::from_ms(START_MS);
        let feed: Vec<Recorded> = (1..)
            .zip(events)
            .map(|(seq, event)| Recorded { seq, op: None, actor: lead, at, event, text: None })
            .collect();
        let board = Board::fold(project, &feed).unwrap();
        Self { board, statuses: ids, lead, member, viewer, outsider, unknown, first, second, random }
    }

    fn decide(&self, actor: PersonId, command: &Command) -> Result<Vec<Change>, Refusal> {
        let is_here = command.project() == self.board.project;
        let known = Known { board: is_here.then_some(&self.board), unknown: self.unknown };
        let op = Random::new(2).id();
        decide(&known, command, &Stamp { op, actor, role: Role::User, at: Instant::from_ms(START_MS) })
    }

    fn create(&self, task: TaskId, status: StatusId, assignees: Vec<PersonId>) -> Command {
        let (project, title) = (self.board.project, valid("New"));
        Command::CreateTask { project, task, title, text: None, status, due: None, assignees }
    }

    fn begin(&mut self, key: &str, statuses: Vec<NewStatus>) -> Command {
        let (name, hue) = (valid("Another"), Hue::of(&[2]));
        Command::CreateProject { project: self.random.id(), key: valid(key), name, hue, statuses }
    }
}

fn due() -> Due {
    Due::Day("2026-11-27".parse().unwrap())
}

#[test]
fn each_refusal_has_its_reason() {
    let mut w = World::new();
    let (project, task, lead) = (w.board.project, w.first, w.lead);
    let (no_task, no_status, elsewhere): (TaskId, StatusId, ProjectId) = (w.random.id(), w.random.id(), w.random.id());
    let new = w.random.id();
    let statuses = five_statuses(&mut w.random);
    let twice = vec![statuses[0].clone(), statuses[0].clone()];
    let (name, category) = (valid("Many"), Category::Todo);
    let many: Vec<NewStatus> =
        (0..21).map(|_| NewStatus { id: w.random.id(), name: Clone::clone(&name), category }).collect();
    let status = Refusal::invalid("status", "This status is not in the project any more. Choose another one.");
    let assignee = Refusal::invalid("assignee", "This person is not in the project. Add them to the project first.");
    let number = Refusal::invalid("statuses", "A project has 1 to 20 statuses.");
    let same = Refusal::invalid("statuses", "Two statuses have the same id.");
    let nobody = Refusal::invalid("person", "There is no such person. Ask them to create an account first.");
    let mut taken = w.begin("FREE", statuses.clone());
    if let Command::CreateProject { project: id, .. } = &mut taken {
        *id = project;
    }
    let rename = |project, task| Command::RenameTask { project, task, title: valid("Other") };
    let say = |task, text: &str| Command::AddComment { project, task, comment: Random::new(3).id(), text: valid(text) };
    let describe = |task, base| Command::DescribeTask { project, task, base, text: valid("Text") };
    let go = |task, to| Command::MoveTask { project, task, to, spot: Spot::Last };
    let change = |person, role| Command::ChangeMember { project, person, role };
    let table = [
        // the project
        (lead, taken, Refusal::IdTaken),
        (lead, w.begin("TAKEN", statuses.clone()), Refusal::KeyTaken),
        (lead, w.begin("FREE", vec![]), number.clone()),
        (lead, w.begin("FREE", many), number),
        (lead, w.begin("FREE", twice), same),
        // who may not, and for whom it is not there
        (lead, rename(elsewhere, task), Refusal::NotFound),
        (w.outsider, rename(project, task), Refusal::NotFound),
        (w.outsider, w.create(new, w.statuses[0], vec![]), Refusal::NotFound),
        (w.viewer, rename(project, task), Refusal::MayNot),
        (w.viewer, rename(project, no_task), Refusal::MayNot),
        (w.member, change(w.viewer, ProjectRole::Member), Refusal::MayNot),
        // members
        (lead, Command::AddMember { project, person: w.unknown, role: ProjectRole::Viewer }, nobody),
        (lead, Command::AddMember { project, person: lead, role: ProjectRole::Viewer }, Refusal::LastLead),
        (lead, change(w.outsider, ProjectRole::Viewer), Refusal::NotFound),
        (lead, change(lead, ProjectRole::Member), Refusal::LastLead),
        (lead, Command::RemoveMember { project, person: lead }, Refusal::LastLead),
        // tasks
        (lead, w.create(task, w.statuses[0], vec![]), Refusal::IdTaken),
        (lead, w.create(new, no_status, vec![]), status.clone()),
        (lead, w.create(new, w.statuses[0], vec![w.member, w.outsider]), assignee.clone()),
        (lead, rename(project, no_task), Refusal::NotFound),
        (lead, describe(no_task, 0), Refusal::NotFound),
        (lead, describe(task, 0), Refusal::TextChanged { by: lead, version: 1 }),
        (lead, describe(task, 2), Refusal::TextChanged { by: lead, version: 1 }),
        (lead, go(no_task, w.statuses[0]), Refusal::NotFound),
        (lead, go(task, no_status), status),
        (lead, Command::SetDue { project, task: no_task, due: None }, Refusal::NotFound),
        (lead, Command::Assign { project, task: no_task, person: lead }, Refusal::NotFound),
        (lead, Command::Assign { project, task, person: w.outsider }, assignee),
        (lead, Command::Unassign { project, task: no_task, person: lead }, Refusal::NotFound),
        (lead, say(no_task, "Hm"), Refusal::NotFound),
        (lead, say(task, " \n\t"), Refusal::invalid("text", "Write something first.")),
    ];
    for (actor, command, refusal) in table {
        assert_eq!(w.decide(actor, &command), Err(refusal), "{command:?}");
    }
}

#[test]
fn nothing_follows_when_all_is_so_already() {
    let w = World::new();
    let (project, first, second, column) = (w.board.project, w.first, w.second, w.statuses[0]);
    let go = |task, spot| Command::MoveTask { project, task, to: column, spot };
    for command in [
        Command::AddMember { project, person: w.member, role: ProjectRole::Member },
        Command::ChangeMember { project, person: w.lead, role: ProjectRole::Lead },
        Command::RemoveMember { project, person: w.outsider },
        Command::RenameTask { project, task: first, title: valid("Paint the fence") },
        Command::SetDue { project, task: first, due: Some(due()) },
        Command::Assign { project, task: first, person: w.member },
        Command::Unassign { project, task: second, person: w.member },
        go(first, Spot::First),
        go(second, Spot::Last),
        go(second, Spot::After(first)),
        go(second, Spot::After(second)),
    ] {
        assert_eq!(w.decide(w.lead, &command), Ok(vec![]), "{command:?}");
    }
}

#[test]
fn a_membership_is_told_to_the_project_and_to_the_person() {
    let w = World::new();
    let project = w.board.project;
    let tell = |person, event, told| {
        Ok(vec![
            Change { stream: Stream::Project(project), event, text: None },
            Change { stream: Stream::Person(person), event: told, text: None },
        ])
    };
    let (role, gained) = (ProjectRole::Lead, Event::ProjectGained { project, role: ProjectRole::Lead });
    let add = Command::AddMember { project, person: w.outsider, role };
    let added = Event::MemberAdded { person: w.outsider, role };
    assert_eq!(w.decide(w.lead, &add), tell(w.outsider, added, gained.clone()));
    // To add who is there with another role is to change it.
    let add = Command::AddMember { project, person: w.viewer, role };
    let changed = Event::MemberChanged { person: w.viewer, from: ProjectRole::Viewer, to: role };
    assert_eq!(w.decide(w.lead, &add), tell(w.viewer, changed, gained));
    let remove = Command::RemoveMember { project, person: w.member };
    let removed = Event::MemberRemoved { person: w.member, role: ProjectRole::Member };
    assert_eq!(w.decide(w.lead, &remove), tell(w.member, removed, Event::ProjectLost { project }));
}

#[test]
fn a_blank_description_of_a_new_task_is_none_and_assignees_are_named_once() {
    let mut w = World::new();
    let (project, task, status, title) = (w.board.project, w.random.id(), w.statuses[1], valid("New"));
    let assignees = vec![w.member, w.lead, w.member];
    let text = Some(valid(" \n "));
    let create = Command::CreateTask { project, task, title, text, status, due: None, assignees };
    let changes = w.decide(w.lead, &create).unwrap();
    let [Change { event: Event::TaskCreated { number, assignees, text_version, .. }, text: None, .. }] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    let mut both = vec![w.lead, w.member];
    both.sort_unstable();
    assert_eq!((*number, *text_version, assignees), (3, 0, &both));
}

#[test]
fn a_gap_that_is_used_up_is_refused_before_a_place_cannot_be_read_back() {
    let mut w = World::new();
    let third = w.random.id();
    let create = w.create(third, w.statuses[0], vec![]);
    let apply = |w: &mut World, changes: Vec<Change>| {
        for Change { event, .. } in changes {
            let (seq, at) = (w.board.seq + 1, Instant::from_ms(START_MS));
            w.board.apply(&Recorded { seq, op: None, actor: w.lead, at, event, text: None });
        }
    };
    let created = w.decide(w.lead, &create).unwrap();
    apply(&mut w, created);
    let (project, to, spot) = (w.board.project, w.statuses[0], Spot::After(w.first));
    let mut n_moves = 0;
    let refusal = loop {
        let task = [w.second, third][n_moves % 2];
        match w.decide(w.lead, &Command::MoveTask { project, task, to, spot }) {
            Ok(changes) => apply(&mut w, changes),
            Err(refusal) => break refusal,
        }
        for task in w.board.tasks() {
            assert!(Rank::try_from(String::from(task.rank.clone())).is_ok(), "after {n_moves} moves");
        }
        n_moves += 1;
    };
    assert_eq!(refusal.field(), Some("spot"));
    assert!(n_moves > 1_000, "{n_moves}");
    // Another place is free, and then the gap is as wide as before.
    let last = Command::MoveTask { project, task: w.second, to, spot: Spot::Last };
    let moved = w.decide(w.lead, &last).unwrap();
    apply(&mut w, moved);
}
