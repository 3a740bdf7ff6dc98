//! The part of a board that commands need, loaded from rows: the project with its statuses and members, and the tasks
//! that were asked for with their neighbours.

use model::{
    Board, Category, Command, Day, Due, Event, Hue, Instant, Label, MOST_LEVELS, Priority, ProjectId, ProjectRole,
    Rank, Recorded, Spot, Status, StatusId, Task, TaskId, Touched, ZoneName,
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::sql::{all, damaged, get, id, instant, one, padded, text};

/// A board that holds more tasks than this is dropped after its batch and loaded anew: the memory of a writer is bounded.
const MOST_TASKS: usize = 2_000;

/// The columns of a task, in the order in which [`task`] reads them.
pub(crate) const TASK: &str = "SELECT id, number, title, status, rank, due_day, due_at, due_zone, n_comments, \
     text_version, text_by, created_by, created_at, priority, parent, archived, trashed_at FROM tasks";

/// A board of which only some tasks are loaded.
#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) board: Board,
    /// Columns whose last task is known to be loaded (or that are known to be empty).
    ends: HashSet<StatusId>,
}

impl Partial {
    /// A project without tasks, its stream being at `seq` and its last task's number being `numbered`; nothing when
    /// there is no such project.
    pub(crate) async fn load(
        db: &impl ConnectionTrait,
        project: ProjectId,
        seq: i64,
        numbered: i64,
    ) -> Result<Option<Self>, DbErr> {
        let Some(mut board) = project_row(db, project).await? else { return Ok(None) };
        board.seq = seq;
        board.next_number = u32::try_from(numbered + 1).map_err(|_| damaged("a task's number"))?;
        Ok(Some(Self { board, ends: HashSet::new() }))
    }

    pub(crate) fn new(board: Board) -> Self {
        Self { board, ends: HashSet::new() }
    }

    pub(crate) fn project(&self) -> ProjectId {
        self.board.project
    }

    pub(crate) fn is_large(&self) -> bool {
        self.board.n_tasks() > MOST_TASKS
    }

    /// Whether the end of a column has to be looked up.
    pub(crate) fn lacks_end(&self, status: StatusId) -> bool {
        !self.ends.contains(&status)
    }

    /// Whether all that a command is decided by is here already, and all that it changes is inserted into rows of the
    /// project and its stream.
    pub(crate) fn suffices(&self, command: &Command) -> bool {
        match command {
            Command::CreateTask { status, parent, .. } => parent.is_none() && !self.lacks_end(*status),
            Command::LabelTask { task, on, .. } => *on && self.board.task(*task).is_some(),
            Command::Watch { task, on, .. } => on.is_some() && self.board.task(*task).is_some(),
            Command::RenameTask { task, .. }
            | Command::DescribeTask { task, .. }
            | Command::SetDue { task, .. }
            | Command::Assign { task, .. }
            | Command::SetPriority { task, .. }
            | Command::ArchiveTask { task, .. }
            | Command::TrashTask { task, .. }
            | Command::AddComment { task, .. } => self.board.task(*task).is_some(),
            Command::CreateProject { .. }
            | Command::RenameProject { .. }
            | Command::ColourProject { .. }
            | Command::ArchiveProject { .. }
            | Command::RemoveSample { .. }
            | Command::AddStatus { .. }
            | Command::ChangeStatus { .. }
            | Command::MoveStatus { .. }
            | Command::RemoveStatus { .. }
            | Command::PutLabel { .. }
            | Command::RemoveLabel { .. }
            | Command::SetParent { .. }
            | Command::EditComment { .. }
            | Command::RemoveComment { .. }
            | Command::Unassign { .. }
            | Command::MoveTask { .. }
            | Command::AddMember { .. }
            | Command::ChangeMember { .. }
            | Command::RemoveMember { .. } => false,
        }
    }

    /// Folds an event in. The end of a column that a task left is not known any more.
    pub(crate) fn apply(&mut self, recorded: &Recorded) -> Touched {
        match &recorded.event {
            Event::TaskMoved { from, .. } => drop(self.ends.remove(from)),
            Event::StatusRemoved { status, .. } => drop(self.ends.remove(&status.id)),
            Event::TaskPurged { task } => {
                let status = self.board.task(*task).map(|task| task.status);
                status.map(|status| self.ends.remove(&status));
            }
            _ => {}
        }
        self.board.apply(recorded)
    }

    pub(crate) async fn load_task(&mut self, db: &impl ConnectionTrait, task: TaskId) -> Result<(), DbErr> {
        if self.board.task(task).is_none() {
            let sql = format!("{TASK} WHERE id = $1 AND project = $2");
            self.put(db, &sql, [task.into(), self.board.project.into()]).await?;
        }
        Ok(())
    }

    /// Loads a task and what it is a part of.
    pub(crate) async fn load_above(&mut self, db: &impl ConnectionTrait, task: Option<TaskId>) -> Result<(), DbErr> {
        let mut next = task;
        for _ in 0..=MOST_LEVELS {
            let Some(task) = next else { break };
            self.load_task(db, task).await?;
            next = self.board.task(task).and_then(|t| t.parent);
        }
        Ok(())
    }

    /// Loads a task, its parts, and theirs. What this transaction changed must have been written.
    pub(crate) async fn load_below(&mut self, db: &impl ConnectionTrait, task: TaskId) -> Result<(), DbErr> {
        let sql = format!(
            "{TASK} WHERE project = $1 AND id IN (WITH RECURSIVE below (id) AS (SELECT id FROM tasks WHERE id = $2 \
             UNION SELECT t.id FROM tasks t JOIN below b ON t.parent = b.id) SELECT id FROM below)"
        );
        self.put(db, &sql, [self.board.project.into(), task.into()]).await
    }

    /// Loads all tasks of a column. What this transaction changed must have been written.
    pub(crate) async fn load_column(&mut self, db: &impl ConnectionTrait, status: StatusId) -> Result<(), DbErr> {
        let sql = format!("{TASK} WHERE project = $1 AND status = $2");
        self.put(db, &sql, [self.board.project.into(), status.into()]).await
    }

    /// Loads the last task of a column. What this transaction changed must have been written.
    pub(crate) async fn load_end(&mut self, db: &impl ConnectionTrait, status: StatusId) -> Result<(), DbErr> {
        if self.lacks_end(status) {
            let sql = format!("{TASK} WHERE project = $1 AND status = $2 ORDER BY rank DESC, id DESC LIMIT 1");
            self.put(db, &sql, [self.board.project.into(), status.into()]).await?;
            self.ends.insert(status);
        }
        Ok(())
    }

    /// Loads the tasks around a spot. What this transaction changed must have been written. `moving` may be among them,
    /// so two are loaded where one is needed.
    pub(crate) async fn load_spot(
        &mut self,
        db: &impl ConnectionTrait,
        status: StatusId,
        spot: Spot,
    ) -> Result<(), DbErr> {
        // A task that is moved away from the end leaves the one before it as the end.
        let last_two = format!("{TASK} WHERE project = $1 AND status = $2 ORDER BY rank DESC, id DESC LIMIT 2");
        self.put(db, &last_two, [self.board.project.into(), status.into()]).await?;
        match spot {
            Spot::Last => {}
            Spot::First => {
                let sql = format!("{TASK} WHERE project = $1 AND status = $2 ORDER BY rank, id LIMIT 2");
                self.put(db, &sql, [self.board.project.into(), status.into()]).await?;
            }
            Spot::After(other) => {
                self.load_task(db, other).await?;
                if let Some(rank) = self.board.task(other).filter(|t| t.status == status).map(|t| t.rank.clone()) {
                    let sql = format!(
                        "{TASK} WHERE project = $1 AND status = $2 AND (rank > $3 OR (rank = $3 AND id > $4)) \
                         ORDER BY rank, id LIMIT 2"
                    );
                    let values: [Value; 4] =
                        [self.board.project.into(), status.into(), rank.as_str().into(), other.into()];
                    self.put(db, &sql, values).await?;
                }
            }
        }
        Ok(())
    }

    /// Puts in the tasks that a statement finds and that are not there yet: what is there is as new or newer.
    async fn put(
        &mut self,
        db: &impl ConnectionTrait,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<(), DbErr> {
        let mut new = HashMap::new();
        for row in all(db, sql, values).await? {
            let task = task(&row)?;
            if self.board.task(task.id).is_none() {
                new.insert(task.id, task);
            }
        }
        let ids: Vec<TaskId> = new.keys().copied().collect();
        // The protocols count the values of a statement in 16 bits at most.
        for ids in ids.chunks(4_096) {
            with_lists(db, ids, &mut new).await?;
        }
        for task in new.into_values() {
            self.board.put(Arc::new(task));
        }
        Ok(())
    }
}

/// Reads what tasks have several of: people, labels, and who said that they watch.
async fn with_lists(db: &impl ConnectionTrait, ids: &[TaskId], tasks: &mut HashMap<TaskId, Task>) -> Result<(), DbErr> {
    let (list, values) = padded(ids, 1);
    let sql = format!(
        "SELECT task, person, 2 FROM assignees WHERE task IN {list} \
         UNION ALL SELECT task, label, 3 FROM task_labels WHERE task IN {list} \
         UNION ALL SELECT task, person, is_on FROM watchers WHERE task IN {list} ORDER BY 1, 2"
    );
    for row in all(db, &sql, values).await? {
        let Some(task) = tasks.get_mut(&id(&row, 0)?) else { continue };
        match get::<i32>(&row, 2)? {
            2 => task.assignees.push(id(&row, 1)?),
            3 => task.labels.push(id(&row, 1)?),
            is_on => task.watch.push((id(&row, 1)?, is_on == 1)),
        }
    }
    Ok(())
}

/// A project with its statuses, labels and members, without tasks.
pub(crate) async fn project_row(db: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Board>, DbErr> {
    let row = one(db, "SELECT key, name, hue, archived, sample FROM projects WHERE id = $1", [project.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let mut board = Board::new(project, text(&row, 0)?, text(&row, 1)?, hue(&row, 2)?);
    board.is_archived = get::<i16>(&row, 3)? == 1;
    board.is_sample = get::<i16>(&row, 4)? == 1;
    let sql = "SELECT id, name, category FROM statuses WHERE project = $1 ORDER BY position";
    for row in all(db, sql, [project.into()]).await? {
        let category = Category::from_code(get(&row, 2)?).ok_or_else(|| damaged("a status"))?;
        board.statuses.push(Status { id: id(&row, 0)?, name: text(&row, 1)?, category });
    }
    let sql = "SELECT id, name, hue FROM labels WHERE project = $1 ORDER BY id";
    for row in all(db, sql, [project.into()]).await? {
        board.labels.push(Label { id: id(&row, 0)?, name: text(&row, 1)?, hue: hue(&row, 2)? });
    }
    for row in all(db, "SELECT person, role FROM members WHERE project = $1", [project.into()]).await? {
        board.members.insert(id(&row, 0)?, role(&row, 1)?);
    }
    Ok(Some(board))
}

/// A colour of a column.
pub(crate) fn hue(row: &QueryResult, place: usize) -> Result<Hue, DbErr> {
    let hue = u8::try_from(get::<i16>(row, place)?).ok().and_then(|n| Hue::try_from(n).ok());
    hue.ok_or_else(|| damaged("a colour"))
}

/// A project role of a column.
pub(crate) fn role(row: &QueryResult, place: usize) -> Result<ProjectRole, DbErr> {
    ProjectRole::from_code(get(row, place)?).ok_or_else(|| damaged("a role"))
}

/// A task of a row of [`TASK`], without what it has several of.
pub(crate) fn task(row: &QueryResult) -> Result<Task, DbErr> {
    let number: i64 = get(row, 1)?;
    let count = |place| get::<i32>(row, place).map(i32::unsigned_abs);
    Ok(Task {
        id: id(row, 0)?,
        number: u32::try_from(number).map_err(|_| damaged("a task's number"))?,
        title: text(row, 2)?,
        status: id(row, 3)?,
        rank: text::<Rank>(row, 4)?,
        due: due(get(row, 5)?, get(row, 6)?, get(row, 7)?)?,
        priority: priority(get(row, 13)?)?,
        assignees: Vec::new(),
        labels: Vec::new(),
        parent: get::<Option<uuid::Uuid>>(row, 14)?.map(Into::into),
        watch: Vec::new(),
        n_comments: count(8)?,
        text_version: count(9)?,
        text_by: id(row, 10)?,
        created_by: id(row, 11)?,
        created_at: instant(row, 12)?,
        is_archived: get::<i16>(row, 15)? == 1,
        trashed_at: get::<Option<i64>>(row, 16)?.map(Instant::from_ms),
    })
}

/// How urgent a task is, of its column.
pub(crate) fn priority(code: Option<i16>) -> Result<Option<Priority>, DbErr> {
    code.map(|code| Priority::from_code(code).ok_or_else(|| damaged("a priority"))).transpose()
}

/// When a task is due, of its three columns.
pub(crate) fn due(day: Option<i32>, at: Option<i64>, zone: Option<String>) -> Result<Option<Due>, DbErr> {
    match (day, at, zone) {
        (None, None, None) => Ok(None),
        (Some(day), None, None) => Day::from_number(day).map(Due::Day).map(Some).ok_or_else(|| damaged("a day")),
        (None, Some(at), Some(zone)) => {
            let zone = ZoneName::try_from(zone).map_err(|_| damaged("a zone"))?;
            Ok(Some(Due::At { instant: Instant::from_ms(at), zone }))
        }
        _ => Err(damaged("a due date")),
    }
}
