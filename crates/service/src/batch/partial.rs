//! The part of a board that commands need, loaded from rows: the project with its statuses and members, and the tasks
//! that were asked for with their neighbours.

use model::{
    Board, Category, Command, Day, Due, Hue, Instant, PersonId, ProjectId, ProjectRole, Rank, Recorded, Spot, Status,
    StatusId, Task, TaskId, Touched, ZoneName,
};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use std::{collections::HashSet, sync::Arc};

use crate::sql::{all, damaged, get, id, instant, one, text};

/// A board that holds more tasks than this is dropped after its batch and loaded anew: the memory of a writer is bounded.
const MOST_TASKS: usize = 2_000;

/// The columns of a task, in the order in which [`task`] reads them.
pub(crate) const TASK: &str = "SELECT id, number, title, status, rank, due_day, due_at, due_zone, n_comments, \
     text_version, text_by, created_by, created_at FROM tasks";

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
            Command::CreateTask { status, .. } => !self.lacks_end(*status),
            Command::RenameTask { task, .. }
            | Command::DescribeTask { task, .. }
            | Command::SetDue { task, .. }
            | Command::Assign { task, .. }
            | Command::AddComment { task, .. } => self.board.task(*task).is_some(),
            Command::CreateProject { .. }
            | Command::Unassign { .. }
            | Command::MoveTask { .. }
            | Command::AddMember { .. }
            | Command::ChangeMember { .. }
            | Command::RemoveMember { .. } => false,
        }
    }

    /// Folds an event in. The end of a column that a task left is not known any more.
    pub(crate) fn apply(&mut self, recorded: &Recorded) -> Touched {
        if let model::Event::TaskMoved { from, .. } = &recorded.event {
            self.ends.remove(from);
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
        for row in all(db, sql, values).await? {
            let mut task = task(&row)?;
            if self.board.task(task.id).is_none() {
                let people = all(db, "SELECT person FROM assignees WHERE task = $1", [task.id.into()]).await?;
                task.assignees = people.iter().map(|p| id(p, 0)).collect::<Result<_, _>>()?;
                task.assignees.sort_unstable();
                self.board.put(Arc::new(task));
            }
        }
        Ok(())
    }
}

/// A project with its statuses and members, without tasks.
pub(crate) async fn project_row(db: &impl ConnectionTrait, project: ProjectId) -> Result<Option<Board>, DbErr> {
    let row = one(db, "SELECT key, name, hue FROM projects WHERE id = $1", [project.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let hue = u8::try_from(get::<i16>(&row, 2)?).ok().and_then(|n| Hue::try_from(n).ok());
    let mut board = Board::new(project, text(&row, 0)?, text(&row, 1)?, hue.ok_or_else(|| damaged("a colour"))?);
    let sql = "SELECT id, name, category FROM statuses WHERE project = $1 ORDER BY position";
    for row in all(db, sql, [project.into()]).await? {
        let category = Category::from_code(get(&row, 2)?).ok_or_else(|| damaged("a status"))?;
        board.statuses.push(Status { id: id(&row, 0)?, name: text(&row, 1)?, category });
    }
    for row in all(db, "SELECT person, role FROM members WHERE project = $1", [project.into()]).await? {
        board.members.insert(id(&row, 0)?, role(&row, 1)?);
    }
    Ok(Some(board))
}

/// A project role of a column.
pub(crate) fn role(row: &QueryResult, place: usize) -> Result<ProjectRole, DbErr> {
    ProjectRole::from_code(get(row, place)?).ok_or_else(|| damaged("a role"))
}

/// A task of a row of [`TASK`], without its assignees.
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
        assignees: Vec::<PersonId>::new(),
        n_comments: count(8)?,
        text_version: count(9)?,
        text_by: id(row, 10)?,
        created_by: id(row, 11)?,
        created_at: instant(row, 12)?,
    })
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
