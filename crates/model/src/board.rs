//! The state of a project as its feed tells it: plain data, without signals and without long texts.
//!
//! Must not know: how it is painted, where events come from. The server folds partial boards of the same type, holding
//! just the tasks that a command needs; a column's order is then true only between neighbours that were loaded.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    event::{Event, Recorded},
    id::{PersonId, ProjectId, StatusId, TaskId},
    members::Members,
    people::{Category, Hue, ProjectRole, in_order},
    rank::Rank,
    text::{Key, Name, Title},
    when::{Due, Instant},
};

/// A column of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its id.
    pub id: StatusId,
    /// What it is called.
    pub name: Name,
    /// What it means.
    pub category: Category,
}

/// A task as the board knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its number in the project, as in `MUS-42`; 0 until the server has given one.
    pub number: u32,
    /// Its title.
    pub title: Title,
    /// Which column it is in.
    pub status: StatusId,
    /// Where in the column.
    pub rank: Rank,
    /// When it is due.
    pub due: Option<Due>,
    /// Who does it, sorted by id.
    pub assignees: Vec<PersonId>,
    /// How many comments it has.
    pub n_comments: u32,
    /// The version of its description; 0 for none.
    pub text_version: u32,
    /// Who wrote that version; the creator while there is none.
    pub text_by: PersonId,
    /// Who created it.
    pub created_by: PersonId,
    /// When.
    pub created_at: Instant,
}

/// What an event touched, so that only what shows it is painted anew. The same may be named twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Tasks whose values changed.
    pub tasks: Vec<TaskId>,
    /// Columns whose set or order changed.
    pub columns: Vec<StatusId>,
    /// Members or their roles.
    pub members: bool,
    /// Name, key, colour or statuses of the project.
    pub project: bool,
}

impl Touched {
    /// Adds what another event touched.
    pub fn add(&mut self, other: Self) {
        self.tasks.extend(other.tasks);
        self.columns.extend(other.columns);
        self.members |= other.members;
        self.project |= other.project;
    }
}

/// A project with its members and tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Which project.
    pub project: ProjectId,
    /// Its short key.
    pub key: Key,
    /// Its name.
    pub name: Name,
    /// Its colour.
    pub hue: Hue,
    /// Its statuses in order.
    pub statuses: Vec<Status>,
    /// Who is in it.
    pub members: Members,
    /// The number that the next task gets.
    pub next_number: u32,
    /// The number of the last event that was folded in.
    pub seq: i64,
    tasks: HashMap<TaskId, Arc<Task>>,
    columns: HashMap<StatusId, BTreeSet<(Rank, TaskId)>>,
}

impl Board {
    /// A project without tasks, as it is before its first task.
    #[must_use]
    pub fn new(project: ProjectId, key: Key, name: Name, hue: Hue) -> Self {
        Self {
            project,
            key,
            name,
            hue,
            statuses: Vec::new(),
            members: Members::default(),
            next_number: 1,
            seq: 0,
            tasks: HashMap::new(),
            columns: HashMap::new(),
        }
    }

    /// The board that follows from the events of a project's stream, from the first on; nothing when the first is not
    /// the opening of the project.
    #[must_use]
    pub fn fold<'a>(project: ProjectId, events: impl IntoIterator<Item = &'a Recorded>) -> Option<Self> {
        let mut events = events.into_iter().peekable();
        let Event::ProjectOpened { key, name, hue, .. } = &events.peek()?.event else { return None };
        let mut board = Self::new(project, key.clone(), name.clone(), *hue);
        for event in events {
            board.apply(event);
        }
        Some(board)
    }

    /// A task.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id)
    }

    /// The task with this number.
    #[must_use]
    pub fn task_numbered(&self, number: u32) -> Option<&Arc<Task>> {
        self.tasks.values().find(|t| t.number == number && number > 0)
    }

    /// How many tasks there are.
    #[must_use]
    pub fn n_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// All tasks: by column, then by rank. Never in the order of a hash.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.statuses.iter().flat_map(|s| self.column(s.id)).filter_map(|id| self.tasks.get(&id))
    }

    /// The tasks of a column in order.
    #[must_use]
    pub fn column(&self, status: StatusId) -> impl DoubleEndedIterator<Item = TaskId> + '_ {
        self.columns.get(&status).into_iter().flatten().map(|(_, id)| *id)
    }

    /// How many tasks a column has.
    #[must_use]
    pub fn n_in_column(&self, status: StatusId) -> usize {
        self.columns.get(&status).map_or(0, BTreeSet::len)
    }

    /// A status of this project.
    #[must_use]
    pub fn status(&self, id: StatusId) -> Option<&Status> {
        self.statuses.iter().find(|s| s.id == id)
    }

    /// The places around the spot behind `after` in a column (`None`: before all), leaving `moving` out. When `after` is
    /// not in the column any more: the end.
    #[must_use]
    pub fn neighbours(
        &self,
        status: StatusId,
        after: Option<TaskId>,
        moving: TaskId,
    ) -> (Option<&Rank>, Option<&Rank>) {
        let Some(column) = self.columns.get(&status) else { return (None, None) };
        match after {
            None => (None, column.iter().find(|(_, id)| *id != moving).map(|(r, _)| r)),
            Some(after) => {
                use std::ops::Bound::{Excluded, Unbounded};
                let before = self.tasks.get(&after).filter(|t| t.status == status && t.id != moving);
                let Some(before) = before else { return (self.last_rank(status, Some(moving)), None) };
                let place = (before.rank.clone(), before.id);
                let next = column.range((Excluded(place), Unbounded)).find(|(_, id)| *id != moving);
                (Some(&before.rank), next.map(|(r, _)| r))
            }
        }
    }

    /// The last place in a column, leaving `moving` out.
    #[must_use]
    pub fn last_rank(&self, status: StatusId, moving: Option<TaskId>) -> Option<&Rank> {
        self.columns.get(&status)?.iter().rev().find(|(_, id)| Some(*id) != moving).map(|(r, _)| r)
    }

    /// How many Leads the project has.
    #[must_use]
    pub fn n_leads(&self) -> usize {
        self.members.values().filter(|r| **r == ProjectRole::Lead).count()
    }

    /// Puts a task in as it is: for snapshots, rows, and taking over what another board holds.
    pub fn put(&mut self, task: Arc<Task>) {
        self.take(task.id);
        self.columns.entry(task.status).or_default().insert((task.rank.clone(), task.id));
        self.tasks.insert(task.id, task);
    }

    /// Takes a task out; nothing happens if it is not there.
    pub fn take(&mut self, id: TaskId) -> Option<Arc<Task>> {
        let task = self.tasks.remove(&id)?;
        if let Some(column) = self.columns.get_mut(&task.status) {
            column.remove(&(task.rank.clone(), id));
            if column.is_empty() {
                self.columns.remove(&task.status);
            }
        }
        Some(task)
    }

    fn change(&mut self, id: TaskId, touched: &mut Touched, change: impl FnOnce(&mut Task)) {
        let Some(mut task) = self.tasks.get(&id).cloned() else { return };
        let (status, rank) = (task.status, task.rank.clone());
        change(Arc::make_mut(&mut task));
        touched.tasks.push(id);
        if (task.status, &task.rank) == (status, &rank) {
            self.tasks.insert(id, task);
        } else {
            touched.columns.extend([status, task.status]);
            self.put(task);
        }
    }

    /// Folds one event in. What has been seen (by its number) is ignored; a prediction (number 0) never is.
    pub fn apply(&mut self, recorded: &Recorded) -> Touched {
        let mut touched = Touched::default();
        if recorded.seq > 0 {
            if recorded.seq <= self.seq {
                return touched;
            }
            self.seq = recorded.seq;
        }
        match &recorded.event {
            Event::PersonJoined { .. }
            | Event::ProjectCreated { .. }
            | Event::ProjectGained { .. }
            | Event::ProjectLost { .. } => {}
            Event::ProjectOpened { key, name, hue, statuses } => {
                (self.key, self.name, self.hue) = (key.clone(), name.clone(), *hue);
                self.statuses =
                    statuses.iter().map(|s| Status { id: s.id, name: s.name.clone(), category: s.category }).collect();
                touched.project = true;
            }
            Event::MemberAdded { person, role } | Event::MemberChanged { person, to: role, .. } => {
                self.members.insert(*person, *role);
                touched.members = true;
            }
            Event::MemberRemoved { person, .. } => {
                self.members.remove(person);
                touched.members = true;
            }
            Event::TaskCreated { task, number, title, status, rank, due, assignees, text_version } => {
                let assignees = in_order(assignees);
                self.next_number = self.next_number.max(number + 1);
                self.put(Arc::new(Task {
                    id: *task,
                    number: *number,
                    title: title.clone(),
                    status: *status,
                    rank: rank.clone(),
                    due: due.clone(),
                    assignees,
                    n_comments: 0,
                    text_version: *text_version,
                    text_by: recorded.actor,
                    created_by: recorded.actor,
                    created_at: recorded.at,
                }));
                touched.tasks.push(*task);
                touched.columns.push(*status);
            }
            Event::TaskRenamed { task, to, .. } => self.change(*task, &mut touched, |t| t.title = to.clone()),
            Event::TaskDescribed { task, version } => self.change(*task, &mut touched, |t| {
                (t.text_version, t.text_by) = (*version, recorded.actor);
            }),
            Event::TaskMoved { task, to, rank, .. } => self.change(*task, &mut touched, |t| {
                (t.status, t.rank) = (*to, rank.clone());
            }),
            Event::DueSet { task, to, .. } => self.change(*task, &mut touched, |t| t.due.clone_from(to)),
            Event::TaskAssigned { task, person } => self.change(*task, &mut touched, |t| {
                if let Err(place) = t.assignees.binary_search(person) {
                    t.assignees.insert(place, *person);
                }
            }),
            Event::TaskUnassigned { task, person } => {
                self.change(*task, &mut touched, |t| t.assignees.retain(|p| p != person));
            }
            Event::CommentAdded { task, .. } => self.change(*task, &mut touched, |t| t.n_comments += 1),
        }
        touched
    }
}
