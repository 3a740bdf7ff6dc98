//! Chance that can be repeated, and random commands over a board: mostly sensible, sometimes stale or wrong.
//!
//! Must not know: how the commands are carried out. The same seed gives the same commands on the same board.

#![expect(clippy::expect_used, reason = "a generator with a fault must fail its test")]

use std::collections::BTreeMap;

use crate::{
    board::Board,
    command::{Command, Label, NewStatus, Spot},
    decide::{Change, Facts, Said},
    event::Event,
    id::{CommentId, LabelId, PersonId, StatusId, TaskId, new_id},
    people::{Category, Hue, Priority, ProjectRole},
    text::{Body, Key, Name, Title},
    when::{Day, Due, Instant, ZoneName},
};

/// The moment at which tests begin: 2026-09-21, in milliseconds.
pub const START_MS: i64 = 1_790_000_000_000;

/// Numbers that look random and are the same for the same seed: `SplitMix64` (Steele, Lea and Flood, 2014).
///
/// Remembers the comments that [`any_command`] made up, because no board does.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    said: Vec<(TaskId, CommentId)>,
}

impl Random {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, said: Vec::new() }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.bits() % n).unwrap_or(0)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Any of the list.
    ///
    /// # Panics
    ///
    /// On an empty list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Fills the bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.bits().to_le_bytes()[..part.len()]);
        }
    }

    /// A new id.
    pub fn id<T: From<uuid::Uuid>>(&mut self) -> T {
        let mut random = [0; 10];
        self.fill(&mut random);
        let later = i64::try_from(self.below(1_000_000)).unwrap_or(0);
        new_id(Instant::from_ms(START_MS + later), random)
    }
}

/// The long texts beside a feed, and what has to be known of comments: what a server has in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Descriptions.
    pub descriptions: BTreeMap<TaskId, Body>,
    /// Comments; no words once they are removed.
    pub comments: BTreeMap<CommentId, (Said, Option<Body>)>,
}

impl Texts {
    /// Folds a change in.
    pub fn apply(&mut self, change: &Change, actor: PersonId) {
        match (&change.event, &change.text) {
            (Event::TaskCreated { task, .. } | Event::TaskDescribed { task, .. }, Some(text)) => {
                self.descriptions.insert(*task, text.clone());
            }
            (Event::CommentAdded { comment, task, .. }, text) => {
                let said = Said { task: *task, by: actor, version: 1, is_removed: false };
                self.comments.insert(*comment, (said, text.clone()));
            }
            (Event::CommentEdited { comment, version, .. }, text) => {
                if let Some((said, was)) = self.comments.get_mut(comment) {
                    (said.version, said.is_removed) = (*version, false);
                    was.clone_from(text);
                }
            }
            (Event::CommentRemoved { comment, version, .. }, _) => {
                if let Some((said, was)) = self.comments.get_mut(comment) {
                    (said.version, said.is_removed, *was) = (*version, true, None);
                }
            }
            _ => {}
        }
    }
}

/// What a server knows: everything. Everybody has an account, and no key is taken.
#[derive(Clone, Copy, Debug)]
pub struct All<'a>(pub &'a Board, pub &'a Texts);

impl Facts for All<'_> {
    fn board(&self) -> Option<&Board> {
        Some(self.0)
    }
    fn knows(&self, _: PersonId) -> bool {
        true
    }
    fn has_key(&self, _: &Key) -> bool {
        false
    }
    fn comment(&self, comment: CommentId) -> Option<Said> {
        self.1.comments.get(&comment).map(|(said, _)| *said)
    }
}

/// The five statuses with which a project begins, with new ids.
#[must_use]
pub fn five_statuses(random: &mut Random) -> Vec<NewStatus> {
    [
        ("Backlog", Category::Backlog),
        ("Todo", Category::Todo),
        ("In progress", Category::InProgress),
        ("Done", Category::Done),
        ("Cancelled", Category::Cancelled),
    ]
    .into_iter()
    .map(|(name, category)| NewStatus { id: random.id(), name: valid(name), category })
    .collect()
}

/// A text as its type.
///
/// # Panics
///
/// When it is not valid.
#[must_use]
pub fn valid<T>(text: &str) -> T
where
    T: TryFrom<String>,
    T::Error: std::fmt::Debug,
{
    T::try_from(text.to_owned()).expect("a valid text")
}

/// A command over a board, as one of these people could send it: three of four fit the board, the others name tasks,
/// people, statuses or versions that are not (or not any more) there, or ids that are taken.
pub fn any_command(board: &Board, people: &[PersonId], random: &mut Random) -> Command {
    let project = board.project;
    match random.below(44) {
        0..=5 => Command::CreateTask {
            project,
            task: if random.one_in(12) { any_task(board, random) } else { random.id() },
            title: any_title(random),
            text: random.one_in(3).then(|| any_text(board, people, random)),
            status: any_status(board, random),
            due: any_due(random),
            assignees: (0..random.below(3)).map(|_| any_person(board, people, random)).collect(),
            priority: any_priority(random),
            labels: (0..random.below(3)).map(|_| any_label(board, random)).collect(),
            parent: random.one_in(3).then(|| any_task(board, random)),
        },
        6..=10 => Command::MoveTask {
            project,
            task: any_task(board, random),
            to: any_status(board, random),
            spot: any_spot(board, random),
        },
        11 | 12 => Command::RenameTask { project, task: any_task(board, random), title: any_title(random) },
        13 | 14 => {
            let task = any_task(board, random);
            let now = board.task(task).map_or(0, |t| t.text_version);
            let base = if random.one_in(4) { now.wrapping_sub(1) } else { now };
            Command::DescribeTask { project, task, base, text: any_text(board, people, random) }
        }
        15 => Command::SetDue { project, task: any_task(board, random), due: any_due(random) },
        16 | 17 => {
            let person = any_person(board, people, random);
            Command::Assign { project, task: any_task(board, random), person }
        }
        18 => {
            let task = any_task(board, random);
            let on_it = board.task(task).map_or(&[][..], |t| &t.assignees);
            let person = if on_it.is_empty() { any_person(board, people, random) } else { *random.pick(on_it) };
            Command::Unassign { project, task, person }
        }
        19 | 20 => {
            let text = if random.one_in(8) { valid(" \n") } else { any_text(board, people, random) };
            let (task, comment) = (any_task(board, random), random.id());
            random.said.push((task, comment));
            Command::AddComment { project, task, comment, text }
        }
        21 => Command::AddMember { project, person: *random.pick(people), role: any_role(random) },
        22 if random.one_in(9) => Command::RemoveSample { project },
        22 if random.one_in(2) => Command::RemoveMember { project, person: any_person(board, people, random) },
        22 => Command::ChangeMember { project, person: any_person(board, people, random), role: any_role(random) },
        23 if random.one_in(4) => Command::CreateProject {
            project,
            key: any_key(random),
            name: valid::<Name>("Twice"),
            hue: Hue::of(&[1]),
            statuses: five_statuses(random),
            is_sample: false,
        },
        23 => Command::MoveTask {
            project,
            task: any_task(board, random),
            to: any_status(board, random),
            spot: Spot::First,
        },
        24..=31 => about_project(board, random),
        n => about_task(n, board, random),
    }
}

/// About the project itself; brings it back soon when it is archived.
fn about_project(board: &Board, random: &mut Random) -> Command {
    let project = board.project;
    if board.is_archived && !random.one_in(3) {
        return Command::ArchiveProject { project, on: false };
    }
    let place = u32::try_from(random.below(7)).unwrap_or(0);
    match random.below(14) {
        0 => Command::RenameProject { project, name: valid(&format!("Project {}", random.below(3))) },
        1 => Command::ColourProject { project, hue: any_hue(random) },
        2 => Command::ArchiveProject { project, on: random.one_in(2) },
        3 | 4 if board.statuses.len() < 9 || random.one_in(9) => {
            let id = if random.one_in(6) { any_status(board, random) } else { random.id() };
            Command::AddStatus { project, status: a_status(id, random), place }
        }
        5 => Command::ChangeStatus { project, status: a_status(any_status(board, random), random) },
        6 => Command::MoveStatus { project, status: any_status(board, random), place },
        7 | 3 | 4 => {
            let (status, to) = (any_status(board, random), any_status(board, random));
            Command::RemoveStatus { project, status, to }
        }
        8 if random.one_in(2) => Command::RemoveLabel { project, label: any_label(board, random) },
        _ => {
            let id = if random.one_in(3) { any_label(board, random) } else { random.id() };
            let name = valid(&format!("Label {}", random.below(30)));
            Command::PutLabel { project, label: Label { id, name, hue: any_hue(random) } }
        }
    }
}

fn about_task(which: usize, board: &Board, random: &mut Random) -> Command {
    let (project, task) = (board.project, any_task(board, random));
    let now = board.task(task);
    match which {
        32 | 33 => Command::SetPriority { project, task, priority: any_priority(random) },
        34 | 35 => {
            let has = now.map_or(&[][..], |t| &t.labels);
            let take = !has.is_empty() && random.one_in(2);
            let label = if take { *random.pick(has) } else { any_label(board, random) };
            Command::LabelTask { project, task, label, on: !take }
        }
        36 | 37 => {
            let parent = (!random.one_in(5)).then(|| any_task(board, random));
            Command::SetParent { project, task, parent }
        }
        38 => Command::Watch { project, task, on: *random.pick(&[None, Some(true), Some(false)]) },
        // What is on the shelf comes back twice as often as it goes there, so that most tasks are shown.
        39 | 40 => {
            let on = now.is_none_or(|t| !t.is_archived) && random.one_in(2);
            Command::ArchiveTask { project, task, on }
        }
        41 => {
            let on = now.is_none_or(|t| t.trashed_at.is_none()) && !random.one_in(4);
            Command::TrashTask { project, task, on }
        }
        _ => {
            let recent = random.said.len().saturating_sub(12);
            let said = random.said[recent..].to_vec();
            let (task, comment) = if said.is_empty() { (task, random.id()) } else { *random.pick(&said) };
            let base = 1 + u32::from(random.one_in(3));
            if which == 42 && random.one_in(2) {
                return Command::RemoveComment { project, task, comment, base };
            }
            let text = if random.one_in(8) { valid("\t") } else { any_body(random) };
            Command::EditComment { project, task, comment, base, text }
        }
    }
}

/// A key of six letters.
pub fn any_key(random: &mut Random) -> Key {
    let letters: String = (0..6).map(|_| char::from(*random.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))).collect();
    valid(&letters)
}

fn any_task(board: &Board, random: &mut Random) -> TaskId {
    if random.one_in(16) {
        return random.id();
    }
    let place = random.below(board.n_tasks());
    board.all_tasks().nth(place).map_or_else(|| random.id(), |t| t.id)
}

fn any_status(board: &Board, random: &mut Random) -> StatusId {
    if random.one_in(20) || board.statuses.is_empty() { random.id() } else { random.pick(&board.statuses).id }
}

fn a_status(id: StatusId, random: &mut Random) -> NewStatus {
    NewStatus { id, name: valid(&format!("Status {}", random.below(4))), category: *random.pick(Category::ALL) }
}

fn any_label(board: &Board, random: &mut Random) -> LabelId {
    if random.one_in(12) || board.labels.is_empty() { random.id() } else { random.pick(&board.labels).id }
}

fn any_priority(random: &mut Random) -> Option<Priority> {
    if random.one_in(3) { None } else { Some(*random.pick(Priority::ALL)) }
}

fn any_hue(random: &mut Random) -> Hue {
    Hue::of(&[*random.pick(&[1, 2, 3])])
}

fn any_spot(board: &Board, random: &mut Random) -> Spot {
    match random.below(4) {
        0 => Spot::First,
        1 => Spot::Last,
        _ => Spot::After(any_task(board, random)),
    }
}

fn any_person(board: &Board, people: &[PersonId], random: &mut Random) -> PersonId {
    let members: Vec<PersonId> = board.members.keys().copied().collect();
    if members.is_empty() || random.one_in(6) { *random.pick(people) } else { *random.pick(&members) }
}

fn any_role(random: &mut Random) -> ProjectRole {
    *random.pick(ProjectRole::ALL)
}

fn any_due(random: &mut Random) -> Option<Due> {
    let days = i32::try_from(random.below(400)).unwrap_or(0);
    match random.below(3) {
        0 => None,
        1 => Day::from_number(20_600 + days).map(Due::Day),
        _ => {
            let zone = *random.pick(&["Europe/Berlin", "Asia/Tokyo", "America/St_Johns"]);
            Some(Due::At {
                instant: Instant::from_ms(START_MS + i64::from(days) * 3_600_000),
                zone: valid::<ZoneName>(zone),
            })
        }
    }
}

fn any_title(random: &mut Random) -> Title {
    let what =
        random.pick(&["Paint the fence", "Say \"hello\"", "Ξεκίνα τώρα", "C:\\temp", "🪴 water", "</script>", "'; --"]);
    valid(&format!("{what} {}", random.below(1_000)))
}

fn any_body(random: &mut Random) -> Body {
    let what =
        random.pick(&["One line.", "Two\nlines", "\t\"quoted\" \\ and\r\nmore", "日本語 \u{2028} text", " spaces "]);
    valid(&format!("{what}{}", random.below(1_000)))
}

/// A text in which somebody may be meant.
fn any_text(board: &Board, people: &[PersonId], random: &mut Random) -> Body {
    let text = any_body(random);
    if random.one_in(2) {
        return text;
    }
    valid(&format!("{text} @[{}] @[", any_person(board, people, random)))
}
