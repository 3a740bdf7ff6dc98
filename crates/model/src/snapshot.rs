//! A board on the wire: by columns instead of by rows, with statuses and people as small numbers and times as deltas.
//! Rows cost half as much again in bytes and twice the time to read.
//!
//! The same board always gives the same text. No descriptions are in it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;
use wire::Wire;

use crate::{
    board::{Board, Status},
    command::Label,
    id::{LabelId, PersonId, ProjectId, StatusId, TaskId},
    people::{Category, Hue, Priority, ProjectRole},
    rank::Rank,
    task::Task,
    text::{Key, Name, Title},
    when::{Due, Instant},
};

/// A snapshot whose columns do not fit together. It is dropped and asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the snapshot is damaged")]
pub struct BadSnapshot;

/// A board by columns. Every list of tasks has the same length and order: by status, what is shown before what is archived
/// or in the trash, then by rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Wire)]
pub struct BoardSnapshot {
    /// The version of this form.
    v: u8,
    project: ProjectId,
    key: Key,
    name: Name,
    hue: Hue,
    archived: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[wire(optional)]
    sample: bool,
    seq: i64,
    next: u32,
    labels: Vec<Label>,
    statuses: Vec<(StatusId, Name, Category)>,
    /// Members first, with their role; then others who appear.
    people: Vec<(PersonId, Option<ProjectRole>)>,
    /// 16 bytes per task.
    ids: String,
    numbers: Vec<u32>,
    titles: Vec<Title>,
    /// How many tasks each status has.
    counts: Vec<u32>,
    ranks: Vec<Rank>,
    /// Place in the list of tasks and what is due.
    due: Vec<(u32, Due)>,
    /// Place in the list of tasks and the people's numbers.
    assignees: Vec<(u32, Vec<u32>)>,
    /// Place and the labels' numbers.
    labelled: Vec<(u32, Vec<u32>)>,
    /// Place and how urgent, where it is said.
    priorities: Vec<(u32, u32)>,
    /// Place of a task, and of the one that it is a part of.
    parents: Vec<(u32, u32)>,
    /// Place and who said that they watch or do not: twice the person's number, one more for those who do.
    watch: Vec<(u32, Vec<u32>)>,
    /// Places of archived tasks.
    shelf: Vec<u32>,
    /// Place, and since when it is in the trash, in milliseconds.
    trash: Vec<(u32, i64)>,
    /// Place and number of comments, where there are any.
    comments: Vec<(u32, u32)>,
    /// Place, version and the author's number, where there is a description.
    texts: Vec<(u32, u32, u32)>,
    creators: Vec<u32>,
    /// Milliseconds: the first is an instant, the others the difference to the one before.
    created: Vec<i64>,
}

impl BoardSnapshot {
    const VERSION: u8 = 2;

    /// The project it is of.
    #[must_use]
    pub const fn project(&self) -> ProjectId {
        self.project
    }

    /// The number of the last event that is in it.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// The task with this number.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Option<TaskId> {
        let place = self.numbers.iter().position(|n| *n == number)?;
        let ids = URL_SAFE_NO_PAD.decode(&self.ids).ok()?;
        Uuid::from_slice(ids.get(place * 16..place * 16 + 16)?).ok().map(TaskId::from)
    }

    /// Everybody who appears in it.
    pub fn people(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.people.iter().map(|(id, _)| *id)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a board has far fewer than 2^32 tasks")]
impl From<&Board> for BoardSnapshot {
    fn from(board: &Board) -> Self {
        let mut people: Vec<(PersonId, Option<ProjectRole>)> =
            board.members.iter().map(|(id, role)| (*id, Some(*role))).collect();
        let mut known: std::collections::HashMap<PersonId, u32> =
            people.iter().enumerate().map(|(n, (id, _))| (*id, n as u32)).collect();
        let mut number_of = |id: PersonId| {
            *known.entry(id).or_insert_with(|| {
                people.push((id, None));
                people.len() as u32 - 1
            })
        };
        let n = board.n_tasks();
        let mut ids = Vec::with_capacity(n * 16);
        let mut out = Self {
            v: Self::VERSION,
            project: board.project,
            key: board.key.clone(),
            name: board.name.clone(),
            hue: board.hue,
            archived: board.is_archived,
            sample: board.is_sample,
            seq: board.seq,
            next: board.next_number,
            labels: board.labels.clone(),
            statuses: board.statuses.iter().map(|s| (s.id, s.name.clone(), s.category)).collect(),
            people: Vec::new(),
            ids: String::new(),
            numbers: Vec::with_capacity(n),
            titles: Vec::with_capacity(n),
            counts: board.statuses.iter().map(|s| board.n_places(s.id) as u32).collect(),
            ranks: Vec::with_capacity(n),
            due: Vec::new(),
            assignees: Vec::new(),
            labelled: Vec::new(),
            priorities: Vec::new(),
            parents: Vec::new(),
            watch: Vec::new(),
            shelf: Vec::new(),
            trash: Vec::new(),
            comments: Vec::new(),
            texts: Vec::new(),
            creators: Vec::with_capacity(n),
            created: Vec::with_capacity(n),
        };
        let (mut last, mut parts) = (0, Vec::new());
        for (place, task) in board.all_tasks().enumerate() {
            let place = place as u32;
            ids.extend_from_slice(&task.id.bytes());
            out.numbers.push(task.number);
            out.titles.push(task.title.clone());
            out.ranks.push(task.rank.clone());
            if let Some(due) = &task.due {
                out.due.push((place, due.clone()));
            }
            if !task.assignees.is_empty() {
                out.assignees.push((place, task.assignees.iter().map(|p| number_of(*p)).collect()));
            }
            if !task.labels.is_empty() {
                let number = |id: &LabelId| board.labels.iter().position(|l| l.id == *id).map(|n| n as u32);
                out.labelled.push((place, task.labels.iter().filter_map(number).collect()));
            }
            if let Some(priority) = task.priority {
                out.priorities.push((place, u32::from(priority.code().unsigned_abs())));
            }
            if let Some(parent) = task.parent {
                parts.push((place, parent));
            }
            if !task.watch.is_empty() {
                out.watch.push((place, task.watch.iter().map(|(p, on)| number_of(*p) * 2 + u32::from(*on)).collect()));
            }
            if task.is_archived {
                out.shelf.push(place);
            }
            if let Some(at) = task.trashed_at {
                out.trash.push((place, at.ms()));
            }
            if task.n_comments > 0 {
                out.comments.push((place, task.n_comments));
            }
            if task.text_version > 0 || task.text_by != task.created_by {
                out.texts.push((place, task.text_version, number_of(task.text_by)));
            }
            out.creators.push(number_of(task.created_by));
            out.created.push(task.created_at.ms() - last);
            last = task.created_at.ms();
        }
        if !parts.is_empty() {
            let places: std::collections::HashMap<&[u8], u32> = ids.chunks_exact(16).zip(0..).collect();
            let of = |(part, parent): (u32, TaskId)| Some((part, *places.get(parent.bytes().as_slice())?));
            out.parents = parts.into_iter().filter_map(of).collect();
        }
        out.ids = URL_SAFE_NO_PAD.encode(ids);
        out.people = people;
        out
    }
}

impl TryFrom<BoardSnapshot> for Board {
    type Error = BadSnapshot;

    fn try_from(s: BoardSnapshot) -> Result<Self, BadSnapshot> {
        let ids = URL_SAFE_NO_PAD.decode(&s.ids).map_err(|_| BadSnapshot)?;
        let n = s.titles.len();
        let lengths = [ids.len() / 16, s.numbers.len(), s.ranks.len(), s.creators.len(), s.created.len()];
        let in_columns: usize = s.counts.iter().map(|c| *c as usize).sum();
        if s.v != BoardSnapshot::VERSION || lengths != [n; 5] || in_columns != n || s.counts.len() != s.statuses.len() {
            return Err(BadSnapshot);
        }
        let person = |number: u32| s.people.get(number as usize).map(|(id, _)| *id).ok_or(BadSnapshot);
        let mut board = Self::new(s.project, s.key, s.name, s.hue);
        board.seq = s.seq;
        board.next_number = s.next;
        (board.is_archived, board.is_sample, board.labels) = (s.archived, s.sample, s.labels);
        for (id, role) in &s.people {
            if let Some(role) = role {
                board.members.insert(*id, *role);
            }
        }
        let column_of =
            s.statuses.iter().zip(&s.counts).flat_map(|((id, ..), n)| std::iter::repeat_n(*id, *n as usize));
        let mut at = 0;
        let mut tasks = Vec::with_capacity(n);
        let rows = s.titles.into_iter().zip(s.ranks).zip(s.numbers).zip(s.creators).zip(s.created).zip(column_of);
        for (id, (((((title, rank), number), creator), delta), status)) in ids.chunks_exact(16).zip(rows) {
            at += delta;
            let created_by = person(creator)?;
            tasks.push(Task {
                id: Uuid::from_slice(id).map_err(|_| BadSnapshot)?.into(),
                number,
                title,
                status,
                rank,
                due: None,
                priority: None,
                assignees: Vec::new(),
                labels: Vec::new(),
                parent: None,
                watch: Vec::new(),
                n_comments: 0,
                text_version: 0,
                text_by: created_by,
                created_by,
                created_at: Instant::from_ms(at),
                is_archived: false,
                trashed_at: None,
            });
        }
        for (place, due) in s.due {
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.due = Some(due);
        }
        for (place, people) in s.assignees {
            let people: Result<Vec<_>, _> = people.into_iter().map(person).collect();
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.assignees = people?;
        }
        for (place, labels) in s.labelled {
            let label = |n: u32| board.labels.get(n as usize).map(|l| l.id).ok_or(BadSnapshot);
            let labels: Result<Vec<_>, _> = labels.into_iter().map(label).collect();
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.labels = labels?;
        }
        for (place, code) in s.priorities {
            let priority = i16::try_from(code).ok().and_then(Priority::from_code).ok_or(BadSnapshot)?;
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.priority = Some(priority);
        }
        for (place, parent) in s.parents {
            let parent = tasks.get(parent as usize).ok_or(BadSnapshot)?.id;
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.parent = Some(parent);
        }
        for (place, watch) in s.watch {
            let said = |n: u32| person(n / 2).map(|p| (p, n % 2 == 1));
            let watch: Result<Vec<_>, _> = watch.into_iter().map(said).collect();
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.watch = watch?;
        }
        for place in s.shelf {
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.is_archived = true;
        }
        for (place, at) in s.trash {
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.trashed_at = Some(Instant::from_ms(at));
        }
        for (place, count) in s.comments {
            tasks.get_mut(place as usize).ok_or(BadSnapshot)?.n_comments = count;
        }
        for (place, version, by) in s.texts {
            let task = tasks.get_mut(place as usize).ok_or(BadSnapshot)?;
            (task.text_version, task.text_by) = (version, person(by)?);
        }
        board.statuses = s.statuses.into_iter().map(|(id, name, category)| Status { id, name, category }).collect();
        for task in tasks {
            board.put(Arc::new(task));
        }
        Ok(board)
    }
}
