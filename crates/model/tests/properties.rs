//! What holds for any sequence of commands: of the desk, of the snapshot, of deciding over a part, of folding.

use muster_model::{
    Board, BoardSnapshot, Change, Command, Desk, Envelope, Event, Hue, Instant, Key, MOST_LEVELS, PersonId, ProjectId,
    ProjectRole, Recorded, Refusal, Role, Spot, Stamp, StatusId, Stream, Stretch, TaskId, decide, merge, merged,
    testing::{All, Random, START_MS, Texts, any_command, five_statuses, valid},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A project with its feed, in memory.
struct Server {
    board: Board,
    feed: Vec<Recorded>,
    texts: Texts,
    people: Vec<PersonId>,
    random: Random,
}

impl Server {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let people: Vec<PersonId> = (0..6).map(|_| random.id()).collect();
        let project: ProjectId = random.id();
        let statuses = five_statuses(&mut random);
        let (key, name, hue): (Key, _, _) = (valid("MUS"), valid("Muster"), Hue::of(&[3]));
        let mut server = Self {
            board: Board::new(project, key.clone(), valid("Muster"), hue),
            feed: Vec::new(),
            texts: Texts::default(),
            people,
            random,
        };
        server.record(Event::ProjectOpened { key, name, hue, statuses, is_sample: false }, None);
        let roles = [ProjectRole::Lead, ProjectRole::Lead, ProjectRole::Member, ProjectRole::Viewer];
        for (person, role) in server.people.clone().into_iter().zip(roles) {
            server.record(Event::MemberAdded { person, role }, None);
        }
        server
    }

    fn record(&mut self, event: Event, stamp: Option<Stamp>) {
        let seq = self.board.seq + 1;
        let (actor, at) = stamp.map_or((self.people[0], Instant::from_ms(START_MS)), |s| (s.actor, s.at));
        let recorded = Recorded { seq, op: stamp.map(|s| s.op), actor, at, event, text: None, html: None };
        self.board.apply(&recorded);
        self.feed.push(recorded);
    }

    fn stamp(&mut self) -> Stamp {
        let role = if self.random.one_in(4) { Role::Admin } else { Role::User };
        let actor = if self.random.one_in(2) { self.people[0] } else { *self.random.pick(&self.people) };
        let at = Instant::from_ms(START_MS + self.board.seq * 977);
        Stamp { op: self.random.id(), actor, role, at }
    }

    /// Does a command; says whether it gave events.
    fn execute(&mut self, command: &Command, stamp: Stamp) -> bool {
        let changes = decide(&All(&self.board, &self.texts), command, &stamp).unwrap_or_default();
        let here: Vec<Change> =
            changes.into_iter().filter(|c| c.stream == Stream::Project(self.board.project)).collect();
        let is_change = !here.is_empty();
        for change in here {
            self.texts.apply(&change, stamp.actor);
            self.record(change.event, Some(stamp));
        }
        is_change
    }

    fn execute_any(&mut self, n: usize) {
        for _ in 0..n {
            let command = any_command(&self.board, &self.people, &mut self.random);
            let stamp = self.stamp();
            self.execute(&command, stamp);
        }
    }
}

/// The definition: what is confirmed, with every waiting command folded over it again.
fn painted_anew(desk: &Desk) -> Board {
    let mut anew = Desk::new(desk.confirmed().clone());
    for pending in desk.waiting() {
        // What is refused now is not painted.
        let _ = anew.dispatch(Envelope { op: pending.stamp.op, command: pending.command.clone() }, pending.stamp);
    }
    anew.painted().clone()
}

/// A task and what it is a part of.
fn above(board: &Board, task: Option<TaskId>) -> Vec<TaskId> {
    std::iter::successors(task, |id| board.task(*id)?.parent).collect()
}

/// The parts of a task, and theirs.
fn below(board: &Board, task: TaskId) -> Vec<TaskId> {
    board.parts(task).flat_map(|part| below(board, part.id).into_iter().chain([part.id])).collect()
}

/// A board with just the tasks that the server loads for a command.
fn part_for(board: &Board, command: &Command) -> Board {
    let mut part = Board::new(board.project, board.key.clone(), board.name.clone(), board.hue);
    part.is_archived = board.is_archived;
    part.statuses.clone_from(&board.statuses);
    part.labels.clone_from(&board.labels);
    part.members.clone_from(&board.members);
    (part.next_number, part.seq) = (board.next_number, board.seq);
    let mut needed: BTreeSet<TaskId> = command.task().into_iter().collect();
    let last = |status: StatusId, n| board.places(status).into_iter().rev().take(n).collect::<Vec<_>>();
    match command {
        Command::CreateTask { status, parent, .. } => {
            needed.extend(last(*status, 1));
            needed.extend(above(board, *parent));
        }
        Command::SetParent { task, parent, .. } => {
            needed.extend(above(board, *parent));
            needed.extend(below(board, *task));
        }
        Command::RemoveStatus { status, to, .. } => {
            needed.extend(board.places(*status));
            needed.extend(last(*to, 1));
        }
        Command::MoveTask { to, spot, .. } => {
            needed.extend(last(*to, 2));
            match spot {
                Spot::First => needed.extend(board.places(*to).into_iter().take(2)),
                Spot::After(other) => {
                    needed.insert(*other);
                    needed.extend(board.places(*to).into_iter().skip_while(|t| t != other).skip(1).take(2));
                }
                Spot::Last => {}
            }
        }
        _ => {}
    }
    for task in needed {
        if let Some(task) = board.task(task) {
            part.put(task.clone());
        }
    }
    part
}

/// What holds for every board.
fn assert_sound(board: &Board) {
    let mut shown = BTreeSet::new();
    for status in &board.statuses {
        shown.extend(board.column(status.id));
        assert!(board.column(status.id).all(|t| board.task(t).is_some_and(|t| t.is_live() && t.status == status.id)));
    }
    assert_eq!(board.all_tasks().count(), board.n_tasks(), "a task in a status that is not there");
    for task in board.all_tasks() {
        assert_eq!(shown.contains(&task.id), task.is_live());
        assert!(above(board, Some(task.id)).len() <= MOST_LEVELS, "{task:?}");
        assert!(task.labels.iter().all(|l| board.label(*l).is_some()), "{task:?}");
        assert!(task.labels.is_sorted() && task.assignees.is_sorted() && task.watch.is_sorted(), "{task:?}");
        assert!(task.parent.is_none_or(|p| board.parts(p).any(|part| part.id == task.id)));
        assert!(board.parts(task.id).all(|part| part.parent == Some(task.id)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_board_is_sound_after_any_commands(seed: u64) {
        let mut server = Server::new(seed);
        for _ in 0..40 {
            server.execute_any(5);
            assert_sound(&server.board);
        }
    }

    #[test]
    fn what_is_painted_is_what_is_confirmed_with_the_waiting_commands_over_it(seed: u64) {
        let mut server = Server::new(seed);
        server.execute_any(30);
        let mut desk = Desk::new(server.board.clone());
        let (mut told, mut sent) = (server.feed.len(), 0);
        let mut outbox: Vec<(Command, Stamp)> = Vec::new();
        for _ in 0..120 {
            match server.random.below(8) {
                0..=2 => {
                    // The page goes by what it sees.
                    let command = any_command(desk.painted(), &server.people, &mut server.random);
                    let mut stamp = server.stamp();
                    (stamp.actor, stamp.role) = (server.people[0], Role::User);
                    let envelope = Envelope { op: stamp.op, command: command.clone() };
                    if desk.dispatch(envelope, stamp).is_ok() {
                        outbox.push((command, stamp));
                    }
                }
                3 => server.execute_any(2),
                4 if sent < outbox.len() => {
                    let (command, stamp) = outbox[sent].clone();
                    sent += 1;
                    if !server.execute(&command, stamp) {
                        desk.settle(stamp.op);
                    }
                }
                5 if server.random.one_in(6) => {
                    told = server.feed.len();
                    desk.replace(server.board.clone());
                    for recorded in &server.feed {
                        if let Some(op) = recorded.op.filter(|op| desk.waiting().iter().any(|p| p.stamp.op == *op)) {
                            desk.settle(op);
                        }
                    }
                }
                _ => {
                    // A frame ends anywhere, and may begin with what was told already.
                    let end = told + server.random.below(server.feed.len() - told + 1);
                    let begin = told - server.random.below(3.min(told));
                    desk.confirm(&server.feed[begin..end]);
                    told = end.max(told);
                }
            }
            prop_assert_eq!(desk.painted(), &painted_anew(&desk));
        }
        // When all is told, nothing waits and the page shows what the server holds.
        for (command, stamp) in outbox.split_off(sent) {
            if !server.execute(&command, stamp) {
                desk.settle(stamp.op);
            }
        }
        desk.confirm(&server.feed[told..]);
        prop_assert_eq!(desk.waiting(), &[]);
        prop_assert_eq!(desk.painted(), &server.board);
    }

    #[test]
    fn a_snapshot_comes_back_as_the_same_board_and_the_same_board_gives_the_same_text(seed: u64) {
        let mut server = Server::new(seed);
        server.execute_any(80);
        let text = serde_json::to_string(&BoardSnapshot::from(&server.board)).unwrap();
        let back = Board::try_from(serde_json::from_str::<BoardSnapshot>(&text).unwrap()).unwrap();
        prop_assert_eq!(&back, &server.board);
        // Folded anew, the hash maps are filled in another order.
        let anew = Board::fold(server.board.project, &server.feed).unwrap();
        for board in [&back, &anew] {
            prop_assert_eq!(serde_json::to_string(&BoardSnapshot::from(board)).unwrap(), text.clone());
        }
    }

    #[test]
    fn a_part_of_a_board_decides_like_the_whole(seed: u64) {
        let mut server = Server::new(seed);
        for _ in 0..100 {
            let command = any_command(&server.board, &server.people, &mut server.random);
            let stamp = server.stamp();
            let part = part_for(&server.board, &command);
            prop_assert_eq!(
                decide(&All(&part, &server.texts), &command, &stamp),
                decide(&All(&server.board, &server.texts), &command, &stamp),
                "{:?}", command
            );
            server.execute(&command, stamp);
        }
    }

    #[test]
    fn what_waits_is_painted_over_another_board_as_if_it_had_been_done_there(seed: u64) {
        let mut server = Server::new(seed);
        server.execute_any(40);
        let mut desk = Desk::new(server.board.clone());
        for _ in 0..10 {
            let command = any_command(&server.board, &server.people, &mut server.random);
            let stamp = server.stamp();
            desk.resume(Envelope { op: stamp.op, command }, stamp);
        }
        prop_assert_eq!(desk.waiting().len(), 10);
        prop_assert_eq!(desk.painted(), &painted_anew(&desk));
    }

    #[test]
    fn folding_in_pieces_and_twice_gives_the_same_as_folding_in_one_go(seed: u64) {
        let mut server = Server::new(seed);
        server.execute_any(80);
        let cut = 1 + server.random.below(server.feed.len());
        let mut board = Board::fold(server.board.project, &server.feed[..cut]).unwrap();
        for recorded in &server.feed[cut.saturating_sub(5)..] {
            let is_seen = recorded.seq <= board.seq;
            let touched = board.apply(recorded);
            prop_assert!(!is_seen || touched == muster_model::Touched::default());
        }
        prop_assert_eq!(&board, &server.board);
        let json = serde_json::to_string(&server.feed).unwrap();
        let read: Vec<Recorded> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&Board::fold(server.board.project, &read).unwrap(), &server.board);
    }

    #[test]
    fn a_place_in_a_column_belongs_to_one_task_only(seed: u64) {
        let mut server = Server::new(seed);
        server.execute_any(150);
        for status in &server.board.statuses {
            let places = server.board.places(status.id);
            let ranks: Vec<_> = places.iter().filter_map(|t| server.board.task(*t)).map(|t| t.rank.clone()).collect();
            prop_assert!(ranks.windows(2).all(|w| w[0] < w[1]), "{:?}", ranks);
        }
    }
}

/// A text of a few lines, many of them alike.
fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]{0,2}\n?", 0..12).prop_map(|lines| lines.concat())
}

/// One side of a merge, put together again.
fn side(stretches: &[Stretch], is_mine: bool) -> String {
    let one = |stretch: &Stretch| match stretch {
        Stretch::Agreed(text) => text.clone(),
        Stretch::Differing { theirs, mine } => if is_mine { mine } else { theirs }.clone(),
    };
    stretches.iter().map(one).collect()
}

proptest! {
    #[test]
    fn who_changed_nothing_takes_what_the_other_made_of_it(base in any_text(), other in any_text()) {
        prop_assert_eq!(merged(&merge(&base, &other, &base)), Some(other.clone()));
        prop_assert_eq!(merged(&merge(&base, &base, &other)), Some(other.clone()));
        prop_assert_eq!(merged(&merge(&base, &other, &other)), Some(other));
    }

    #[test]
    fn a_merge_is_the_same_from_both_sides(base in any_text(), theirs in any_text(), mine in any_text()) {
        let flip = |stretch: Stretch| match stretch {
            Stretch::Differing { theirs, mine } => Stretch::Differing { theirs: mine, mine: theirs },
            agreed @ Stretch::Agreed(_) => agreed,
        };
        let there = merge(&base, &mine, &theirs).into_iter().map(flip).collect::<Vec<_>>();
        prop_assert_eq!(merge(&base, &theirs, &mine), there);
    }

    #[test]
    fn nothing_that_somebody_wrote_is_lost(base in any_text(), theirs in any_text(), mine in any_text()) {
        let stretches = merge(&base, &theirs, &mine);
        let known: BTreeSet<&str> = base.split_inclusive('\n').collect();
        for (written, is_mine) in [(&theirs, false), (&mine, true)] {
            let told = side(&stretches, is_mine);
            for line in written.split_inclusive('\n').filter(|line| !known.contains(line)) {
                prop_assert!(told.contains(line), "{:?} is not in {:?}", line, told);
            }
        }
    }
}

#[test]
fn random_commands_are_mostly_done_and_of_every_kind() {
    let (mut done, mut refusals, mut kinds) = (0, Vec::new(), BTreeSet::new());
    for seed in 0..20 {
        let mut server = Server::new(seed);
        for _ in 0..100 {
            let command = any_command(&server.board, &server.people, &mut server.random);
            kinds.insert(command.kind());
            let stamp = Stamp { role: Role::Admin, ..server.stamp() };
            match decide(&All(&server.board, &server.texts), &command, &stamp) {
                Ok(_) => done += 1,
                Err(refusal) => refusals.push(std::mem::discriminant(&refusal)),
            }
            server.execute(&command, stamp);
        }
    }
    assert!(done > 1_200, "{done} of 2000");
    assert_eq!(kinds.len(), muster_model::CommandKind::ALL.len());
    let text = Refusal::TextChanged { by: Random::new(1).id(), version: 1 };
    let shelf = [Refusal::Archived, Refusal::InTrash, Refusal::MayNot, text];
    let common = [Refusal::NotFound, Refusal::IdTaken, Refusal::LastLead, Refusal::invalid("any", "any")];
    for refusal in common.into_iter().chain(shelf) {
        assert!(refusals.contains(&std::mem::discriminant(&refusal)), "{refusal:?} never came");
    }
}
