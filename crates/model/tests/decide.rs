//! What is refused, with which words, and what is so already: a table for each.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use muster_model::{
    Board, Category, Change, Command, CommentId, Due, Event, Facts, Hue, Instant, Key, Label, LabelId, NewStatus,
    PersonId, Priority, ProjectId, ProjectRole, Rank, Recorded, Refusal, Role, Said, Spot, Stamp, StatusId, Stream,
    TaskId, decide,
    testing::{Random, START_MS, Texts, five_statuses, valid},
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
    label: LabelId,
    /// The Member said it about the first task.
    comment: CommentId,
    texts: Texts,
    random: Random,
}

/// What is known: the board unless there is none; everybody but one; one key.
struct Known<'a> {
    board: Option<&'a Board>,
    texts: &'a Texts,
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
    fn comment(&self, comment: CommentId) -> Option<Said> {
        self.texts.comments.get(&comment).map(|(said, _)| *said)
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
            priority: None,
            labels: vec![],
            parent: None,
            mentions: vec![],
        };
        let (label, comment): (LabelId, CommentId) = (random.id(), random.id());
        let bug = Label { id: label, name: valid("Bug"), hue };
        let said = Event::CommentAdded { comment, task: first, mentions: vec![] };
        let events = [
            Event::ProjectOpened { key, name, hue, statuses, is_sample: false },
            Event::MemberAdded { person: lead, role: ProjectRole::Lead },
            Event::MemberAdded { person: member, role: ProjectRole::Member },
            Event::MemberAdded { person: viewer, role: ProjectRole::Viewer },
            task(first, 1, &ranks[0], vec![member]),
            task(second, 2, &ranks[1], vec![]),
            Event::LabelSet { from: None, to: Some(bug) },
            said.clone(),
        ];
        let mut texts = Texts::default();
        texts.apply(&Change { stream: Stream::Project(project), event: said, text: Some(valid("Hm")) }, member);
        let at = Instant::from_ms(START_MS);
        let feed: Vec<Recorded> = (1..)
            .zip(events)
            .map(|(seq, event)| Recorded { seq, op: None, actor: lead, at, event, text: None, html: None })
            .collect();
        let board = Board::fold(project, &feed).unwrap();
        Self {
            board,
            statuses: ids,
            lead,
            member,
            viewer,
            outsider,
            unknown,
            first,
            second,
            label,
            comment,
            texts,
            random,
        }
    }

    fn decide(&self, actor: PersonId, command: &Command) -> Result<Vec<Change>, Refusal> {
        let is_here = command.project() == self.board.project;
        let known = Known { board: is_here.then_some(&self.board), texts: &self.texts, unknown: self.unknown };
        let op = Random::new(2).id();
        decide(&known, command, &Stamp { op, actor, role: Role::User, at: Instant::from_ms(START_MS) })
    }

    fn create(&self, task: TaskId, status: StatusId, assignees: Vec<PersonId>) -> Command {
        let (project, title) = (self.board.project, valid("New"));
        let (priority, labels, parent) = (None, vec![], None);
        Command::CreateTask { project, task, title, text: None, status, due: None, assignees, priority, labels, parent }
    }

    fn begin(&mut self, key: &str, statuses: Vec<NewStatus>) -> Command {
        let (name, hue) = (valid("Another"), Hue::of(&[2]));
        Command::CreateProject { project: self.random.id(), key: valid(key), name, hue, statuses, is_sample: false }
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
    let (priority, labels, parent) = (Some(Priority::Low), vec![], None);
    let create =
        Command::CreateTask { project, task, title, text, status, due: None, assignees, priority, labels, parent };
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
            w.board.apply(&Recorded { seq, op: None, actor: w.lead, at, event, text: None, html: None });
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

impl World {
    /// Makes something true without asking.
    fn tell(&mut self, event: Event) {
        let (seq, at, actor) = (self.board.seq + 1, Instant::from_ms(START_MS), self.lead);
        let change = Change { stream: Stream::Project(self.board.project), event, text: Some(valid("Text")) };
        self.texts.apply(&change, actor);
        self.board.apply(&Recorded { seq, op: None, actor, at, event: change.event, text: None, html: None });
    }

    /// A task at the end of the first status.
    fn another(&mut self, parent: Option<TaskId>) -> TaskId {
        let task = self.random.id();
        let mut create = self.create(task, self.statuses[0], vec![]);
        if let Command::CreateTask { parent: of, .. } = &mut create {
            *of = parent;
        }
        for change in self.decide(self.lead, &create).unwrap() {
            self.tell(change.event);
        }
        task
    }
}

#[test]
fn statuses_and_labels_are_refused_for_their_reasons() {
    let mut w = World::new();
    let project = w.board.project;
    let [first, second, ..] = w.statuses[..] else { panic!() };
    let (gone, hue): (StatusId, _) = (w.random.id(), Hue::of(&[1]));
    let new = |id| NewStatus { id, name: valid("New"), category: Category::Todo };
    let label = |id, name: &str| Command::PutLabel { project, label: Label { id, name: valid(name), hue } };
    let status = Refusal::invalid("status", "This status is not in the project any more. Choose another one.");
    let stay = Refusal::invalid("to", "The tasks cannot stay in this status. Choose another one.");
    let same = "Another label is called the same. Choose another name, or use that one.";
    let table = [
        (Command::AddStatus { project, status: new(first), place: 0 }, Refusal::IdTaken),
        (Command::ChangeStatus { project, status: new(gone) }, status.clone()),
        (Command::MoveStatus { project, status: gone, place: 0 }, status.clone()),
        (Command::RemoveStatus { project, status: first, to: first }, stay),
        (Command::RemoveStatus { project, status: first, to: gone }, status.clone()),
        (Command::RemoveStatus { project, status: gone, to: second }, status),
        (label(w.random.id(), "Bug"), Refusal::invalid("name", same)),
    ];
    for (command, refusal) in table {
        assert_eq!(w.decide(w.lead, &command), Err(refusal), "{command:?}");
    }
    for n in 5..20 {
        w.tell(Event::StatusAdded { status: new(Random::new(n).id()), place: 0 });
    }
    let add = Command::AddStatus { project, status: new(gone), place: 0 };
    assert_eq!(w.decide(w.lead, &add), Err(Refusal::invalid("statuses", "A project has 1 to 20 statuses.")));
    for n in 1..100 {
        w.tell(Event::LabelSet {
            from: None,
            to: Some(Label { id: Random::new(n).id(), name: valid(&n.to_string()), hue }),
        });
    }
    let many = Refusal::invalid("name", "A project has at most 100 labels. Remove one that nobody uses first.");
    let more = label(w.random.id(), "One more");
    assert_eq!(w.decide(w.lead, &more), Err(many));
    assert!(w.decide(w.lead, &label(w.label, "Fault")).is_ok(), "changing one is no more");
}

#[test]
fn what_is_archived_or_in_the_trash_is_not_changed_but_moved_and_brought_back() {
    let mut w = World::new();
    let (project, task, me) = (w.board.project, w.first, w.lead);
    let rename = Command::RenameTask { project, task, title: valid("Other") };
    let archive = |on| Command::ArchiveTask { project, task, on };
    let trash = |on| Command::TrashTask { project, task, on };
    w.tell(Event::TaskArchived { task, on: true });
    assert_eq!(w.decide(me, &rename), Err(Refusal::Archived));
    assert_eq!(w.decide(me, &archive(true)), Ok(vec![]));
    assert_eq!(w.decide(me, &archive(false)).unwrap()[0].event, Event::TaskArchived { task, on: false });
    w.tell(Event::TaskTrashed { task, on: true });
    for command in [&rename, &archive(false)] {
        assert_eq!(w.decide(me, command), Err(Refusal::InTrash));
    }
    assert_eq!(w.decide(me, &trash(true)), Ok(vec![]));
    assert_eq!(w.decide(me, &trash(false)).unwrap()[0].event, Event::TaskTrashed { task, on: false });
    let go = Command::MoveTask { project, task, to: w.statuses[1], spot: Spot::Last };
    assert_eq!(w.decide(me, &go).unwrap().len(), 1);
    assert_eq!(w.board.column(w.statuses[0]).collect::<Vec<_>>(), [w.second]);

    w.tell(Event::ProjectArchived { on: true });
    let name = Command::RenameProject { project, name: valid("Other") };
    for command in [&name, &trash(false), &w.create(w.first, w.statuses[0], vec![])] {
        assert_eq!(w.decide(me, command), Err(Refusal::Archived));
    }
    let remove = Command::RemoveMember { project, person: w.member };
    assert_eq!(w.decide(me, &remove).unwrap().len(), 2, "access can always be ended");
    let back = Command::ArchiveProject { project, on: false };
    assert_eq!(w.decide(me, &back).unwrap()[0].event, Event::ProjectArchived { on: false });
}

#[test]
fn a_task_is_a_part_of_another_but_never_of_itself_nor_too_deep() {
    let mut w = World::new();
    let (project, top, lead) = (w.board.project, w.first, w.lead);
    let second = w.another(Some(top));
    let third = w.another(Some(second));
    let fourth = w.another(Some(third));
    let unknown: TaskId = w.random.id();
    let set = |task, parent| Command::SetParent { project, task, parent };
    let itself = "A task cannot be a part of itself or of one of its parts. Choose another one.";
    let deep = "Parts of tasks go four levels deep at most. Choose a task further up.";
    let gone = "The task that this should be a part of is not in the project. Choose another one.";
    let lone = w.second;
    let table = [
        (top, Some(top), itself),
        (top, Some(fourth), itself),
        (second, Some(third), itself),
        (lone, Some(fourth), deep),
        (top, Some(lone), deep),
        (lone, Some(unknown), gone),
    ];
    for (task, parent, why) in table {
        assert_eq!(w.decide(lead, &set(task, parent)), Err(Refusal::invalid("parent", why)), "{task} {parent:?}");
    }
    assert_eq!(w.decide(lead, &set(second, Some(top))), Ok(vec![]));
    let event = Event::ParentSet { task: second, from: Some(top), to: Some(lone) };
    assert_eq!(w.decide(lead, &set(second, Some(lone))).unwrap()[0].event, event);
    let free = Event::ParentSet { task: fourth, from: Some(third), to: None };
    assert_eq!(w.decide(lead, &set(fourth, None)).unwrap()[0].event, free);
}

#[test]
fn comments_are_changed_by_their_authors_and_removed_by_a_lead_too() {
    let mut w = World::new();
    let (project, task, comment, second) = (w.board.project, w.first, w.comment, w.second);
    let edit = |task, base, text: &str| Command::EditComment { project, task, comment, base, text: valid(text) };
    let remove = Command::RemoveComment { project, task, comment, base: 1 };
    let table = [
        (w.lead, edit(task, 1, "Mine"), Refusal::MayNot),
        (w.viewer, remove.clone(), Refusal::MayNot),
        (w.member, edit(second, 1, "Hm"), Refusal::NotFound),
        (w.member, edit(task, 2, "Hm"), Refusal::TextChanged { by: w.member, version: 1 }),
        (
            w.member,
            Command::RemoveComment { project, task, comment, base: 2 },
            Refusal::TextChanged { by: w.member, version: 1 },
        ),
        (w.member, edit(task, 1, " "), Refusal::invalid("text", "Write something first.")),
        (w.member, Command::RemoveComment { project, task: second, comment, base: 1 }, Refusal::NotFound),
    ];
    for (actor, command, refusal) in table {
        assert_eq!(w.decide(actor, &command), Err(refusal), "{command:?}");
    }
    let removed = Event::CommentRemoved { comment, task, version: 2 };
    for actor in [w.member, w.lead] {
        assert_eq!(w.decide(actor, &remove).unwrap()[0].event, removed);
    }
    assert_eq!(w.board.task(task).unwrap().n_comments, 1);
    w.tell(removed);
    assert_eq!(w.board.task(task).unwrap().n_comments, 0);
    assert_eq!(w.decide(w.member, &remove), Ok(vec![]));
    let back = Event::CommentEdited { comment, task, version: 3, back: true, mentions: vec![] };
    assert_eq!(w.decide(w.member, &edit(task, 2, "Again")).unwrap()[0].event, back);
    w.tell(back);
    assert_eq!(w.board.task(task).unwrap().n_comments, 1);
}

#[test]
fn who_comments_watches_unless_they_said_no() {
    let mut w = World::new();
    let (project, task, comment) = (w.board.project, w.first, w.random.id());
    let say = Command::AddComment { project, task, comment, text: valid("Hm") };
    let watch = |from, to| Event::WatchSet { task, person: w.viewer, from, to };
    let told = |w: &World, actor| w.decide(actor, &say).unwrap().into_iter().nth(1).map(|c| c.event);
    assert_eq!(told(&w, w.viewer), Some(watch(None, Some(true))));
    for actor in [w.lead, w.member] {
        assert_eq!(told(&w, actor), None, "who created it or is assigned watches anyway");
    }
    let no = watch(None, Some(false));
    w.tell(no);
    assert_eq!(told(&w, w.viewer), None);
    let now = w.board.task(task).unwrap();
    let mut watchers = vec![w.lead, w.member];
    watchers.sort_unstable();
    assert_eq!((now.watchers(), now.is_watched_by(w.viewer)), (watchers, false));
}

#[test]
fn who_is_meant_in_a_text_is_told_if_they_are_in_the_project() {
    let w = World::new();
    let (project, task) = (w.board.project, w.first);
    let text = valid(&format!("@[{}] and @[{}] and @[{}]", w.member, w.outsider, w.member));
    let describe = Command::DescribeTask { project, task, base: 1, text };
    let described = Event::TaskDescribed { task, version: 2, mentions: vec![w.member] };
    assert_eq!(w.decide(w.lead, &describe).unwrap()[0].event, described);
}

#[test]
fn a_removed_status_leaves_its_tasks_in_order_at_the_end_of_another() {
    let mut w = World::new();
    let [from, to, ..] = w.statuses[..] else { panic!() };
    let (third, fourth) = (w.another(None), w.another(None));
    let moved = Command::MoveTask { project: w.board.project, task: fourth, to, spot: Spot::First };
    for change in w.decide(w.lead, &moved).unwrap() {
        w.tell(change.event);
    }
    w.tell(Event::TaskTrashed { task: w.second, on: true });
    let remove = Command::RemoveStatus { project: w.board.project, status: from, to };
    let changes = w.decide(w.lead, &remove).unwrap();
    assert_eq!(changes.len(), 1);
    w.tell(changes[0].event.clone());
    assert_eq!(w.board.column(to).collect::<Vec<_>>(), [fourth, w.first, third]);
    assert_eq!(w.board.places(to), [fourth, w.first, w.second, third]);
    assert_eq!(w.board.statuses.len(), 4);
}

#[test]
fn a_task_that_is_deleted_for_good_leaves_its_parts_and_nothing_else() {
    let mut w = World::new();
    let [status, ..] = w.statuses[..] else { panic!() };
    let whole = w.another(None);
    let part = w.another(Some(whole));
    w.tell(Event::TaskTrashed { task: whole, on: true });
    let n = w.board.n_tasks();
    w.tell(Event::TaskPurged { task: whole });
    assert_eq!((w.board.task(whole), w.board.task(part).unwrap().parent), (None, None));
    assert_eq!((w.board.n_tasks(), w.board.parts(whole).count()), (n - 1, 0));
    assert!(!w.board.places(status).contains(&whole));
    w.tell(Event::TaskPurged { task: whole });
    assert_eq!(w.board.n_tasks(), n - 1, "once is enough");
}
