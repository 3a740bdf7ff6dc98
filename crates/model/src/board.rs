//! The state of a project as its feed tells it: plain data, without signals and without long texts.
//!
//! Must not know: how it is painted, where events come from. The server folds partial boards of the same type, holding
//! just the tasks that a command needs; a column's order is then true only between neighbours that were loaded.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    command::{Label, NewStatus},
    event::{Event, Recorded},
    id::{LabelId, ProjectId, StatusId, TaskId},
    members::Members,
    people::{Category, Hue, ProjectRole},
    rank::Rank,
    task::Task,
    text::{Key, Name},
};

/// Tasks in their order within each column.
type Places = HashMap<StatusId, BTreeSet<(Rank, TaskId)>>;

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

impl From<&NewStatus> for Status {
    fn from(new: &NewStatus) -> Self {
        Self { id: new.id, name: new.name.clone(), category: new.category }
    }
}

/// What an event touched, so that only what shows it is painted anew. The same may be named twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Tasks whose values changed, and those that they are or were a part of.
    pub tasks: Vec<TaskId>,
    /// Columns whose set or order changed.
    pub columns: Vec<StatusId>,
    /// Members or their roles.
    pub members: bool,
    /// Name, key, colour, statuses or labels of the project, or whether it is archived.
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
    /// Whether it is archived.
    pub is_archived: bool,
    /// Whether it is there to be tried out, and can be removed.
    pub is_sample: bool,
    /// Its statuses in order.
    pub statuses: Vec<Status>,
    /// Its labels, sorted by id.
    pub labels: Vec<Label>,
    /// Who is in it.
    pub members: Members,
    /// The number that the next task gets.
    pub next_number: u32,
    /// The number of the last event that was folded in.
    pub seq: i64,
    tasks: HashMap<TaskId, Arc<Task>>,
    columns: Places,
    /// What is archived or in the trash keeps its place, so that it comes back where it was.
    shelf: Places,
    children: HashMap<TaskId, BTreeSet<TaskId>>,
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
            is_archived: false,
            is_sample: false,
            statuses: Vec::new(),
            labels: Vec::new(),
            members: Members::default(),
            next_number: 1,
            seq: 0,
            tasks: HashMap::new(),
            columns: HashMap::new(),
            shelf: HashMap::new(),
            children: HashMap::new(),
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

    /// How many tasks there are, with those that are archived or in the trash.
    #[must_use]
    pub fn n_tasks(&self) -> usize {
        self.tasks.len()
    }

    /// The tasks that are shown: by column, then by rank. Never in the order of a hash.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.statuses.iter().flat_map(|s| self.column(s.id)).filter_map(|id| self.tasks.get(&id))
    }

    /// All tasks: by column, those that are shown before the others, then by rank.
    pub fn all_tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        let ids = self.statuses.iter().flat_map(|s| self.sets(s.id).flatten().map(|(_, id)| *id));
        ids.filter_map(|id| self.tasks.get(&id))
    }

    /// The tasks of a column in order.
    #[must_use]
    pub fn column(&self, status: StatusId) -> impl DoubleEndedIterator<Item = TaskId> + '_ {
        self.columns.get(&status).into_iter().flatten().map(|(_, id)| *id)
    }

    /// The parts of a task, by id.
    pub fn parts(&self, of: TaskId) -> impl Iterator<Item = &Arc<Task>> {
        self.children.get(&of).into_iter().flatten().filter_map(|id| self.tasks.get(id))
    }

    /// All tasks of a column in the order of their ranks, those that are archived or in the trash among them.
    #[must_use]
    pub fn places(&self, status: StatusId) -> Vec<TaskId> {
        let all: BTreeSet<&(Rank, TaskId)> = self.sets(status).flatten().collect();
        all.into_iter().map(|(_, id)| *id).collect()
    }

    /// How many tasks have a place in a column, shown or not.
    #[must_use]
    pub fn n_places(&self, status: StatusId) -> usize {
        self.sets(status).map(BTreeSet::len).sum()
    }

    /// The tasks that have a label, by id.
    #[must_use]
    pub fn labelled(&self, label: LabelId) -> BTreeSet<TaskId> {
        self.tasks.values().filter(|t| t.labels.contains(&label)).map(|t| t.id).collect()
    }

    fn sets(&self, status: StatusId) -> impl Iterator<Item = &BTreeSet<(Rank, TaskId)>> {
        [self.columns.get(&status), self.shelf.get(&status)].into_iter().flatten()
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

    /// How many statuses stand before this one.
    #[must_use]
    pub fn place_of(&self, status: StatusId) -> Option<usize> {
        self.statuses.iter().position(|s| s.id == status)
    }

    /// A label of this project.
    #[must_use]
    pub fn label(&self, id: LabelId) -> Option<&Label> {
        self.labels.iter().find(|l| l.id == id)
    }

    /// The task before this one in its column, shown or not.
    #[must_use]
    pub fn before(&self, task: &Task) -> Option<TaskId> {
        let place = (task.rank.clone(), task.id);
        self.sets(task.status).filter_map(|set| set.range(..&place).next_back()).max().map(|(_, id)| *id)
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
        let other = |(_, id): &&(Rank, TaskId)| *id != moving;
        match after {
            None => (None, self.sets(status).filter_map(|set| set.iter().find(other)).min().map(|(r, _)| r)),
            Some(after) => {
                use std::ops::Bound::{Excluded, Unbounded};
                let before = self.tasks.get(&after).filter(|t| t.status == status && t.id != moving);
                let Some(before) = before else { return (self.last_rank(status, Some(moving)), None) };
                let place = (before.rank.clone(), before.id);
                let range = (Excluded(&place), Unbounded);
                let next = self.sets(status).filter_map(|set| set.range(range).find(other)).min();
                (Some(&before.rank), next.map(|(r, _)| r))
            }
        }
    }

    /// The last place in a column, leaving `moving` out.
    #[must_use]
    pub fn last_rank(&self, status: StatusId, moving: Option<TaskId>) -> Option<&Rank> {
        let last = self.sets(status).filter_map(|set| set.iter().rev().find(|(_, id)| Some(*id) != moving)).max();
        last.map(|(r, _)| r)
    }

    /// How many Leads the project has.
    #[must_use]
    pub fn n_leads(&self) -> usize {
        self.members.values().filter(|r| **r == ProjectRole::Lead).count()
    }

    /// Puts a task in as it is: for snapshots, rows, and taking over what another board holds.
    pub fn put(&mut self, task: Arc<Task>) {
        self.take(task.id);
        let places = if task.is_live() { &mut self.columns } else { &mut self.shelf };
        places.entry(task.status).or_default().insert((task.rank.clone(), task.id));
        if let Some(parent) = task.parent {
            self.children.entry(parent).or_default().insert(task.id);
        }
        self.tasks.insert(task.id, task);
    }

    /// Takes a task out; nothing happens if it is not there.
    pub fn take(&mut self, id: TaskId) -> Option<Arc<Task>> {
        let task = self.tasks.remove(&id)?;
        let places = if task.is_live() { &mut self.columns } else { &mut self.shelf };
        if let Some(column) = places.get_mut(&task.status) {
            column.remove(&(task.rank.clone(), id));
            if column.is_empty() {
                places.remove(&task.status);
            }
        }
        if let Some(parent) = task.parent
            && let Some(children) = self.children.get_mut(&parent)
        {
            children.remove(&id);
            if children.is_empty() {
                self.children.remove(&parent);
            }
        }
        Some(task)
    }

    pub(crate) fn change(&mut self, id: TaskId, touched: &mut Touched, change: impl FnOnce(&mut Task)) {
        let Some(mut task) = self.tasks.get(&id).cloned() else { return };
        let (status, rank, parent, was_live) = (task.status, task.rank.clone(), task.parent, task.is_live());
        change(Arc::make_mut(&mut task));
        touched.tasks.push(id);
        let stays = (task.status, &task.rank, task.is_live()) == (status, &rank, was_live);
        if stays && task.parent == parent {
            self.tasks.insert(id, task);
            return;
        }
        if !stays {
            touched.columns.extend([status, task.status]);
        }
        touched.tasks.extend(parent);
        touched.tasks.extend(task.parent);
        self.put(task);
    }
}
