//! Rows that wait to be written, and the statements that write them, many in one.

use model::{Due, Event, PersonId, ProjectId, ProjectRole, Recorded, Task, TaskId};
use sea_orm::{DatabaseTransaction, DbErr, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Insert, Row, insert_all};
use uuid::Uuid;

use crate::sql::run;

/// The fields of which versions are kept, as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    Description = 1,
    Comment = 2,
}

/// What waits to be written. Everything is keyed or ordered so that the same batch always writes the same.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    projects: Vec<Row>,
    statuses: Vec<Row>,
    members: BTreeMap<(ProjectId, PersonId), Option<ProjectRole>>,
    /// The project is in the key: two projects may bring the same id, and then the database has to see both.
    new_tasks: BTreeMap<(ProjectId, TaskId), Arc<Task>>,
    changed_tasks: BTreeMap<(ProjectId, TaskId), Arc<Task>>,
    /// Whether a person is on a task, by task and person.
    assignees: BTreeMap<(TaskId, PersonId), (ProjectId, bool)>,
    comments: Vec<Row>,
    texts: Vec<Row>,
}

impl Rows {
    /// Notes what an event changes in rows other than the task itself.
    pub(crate) fn note(&mut self, project: ProjectId, recorded: &Recorded, text: Option<Uuid>) {
        match &recorded.event {
            Event::ProjectOpened { key, name, hue, statuses } => {
                self.projects.push(vec![
                    project.into(),
                    key.as_str().into(),
                    name.as_str().into(),
                    i16::from(hue.number()).into(),
                    recorded.actor.into(),
                    recorded.at.into(),
                ]);
                for (position, status) in (0_i32..).zip(statuses) {
                    self.statuses.push(vec![
                        status.id.into(),
                        project.into(),
                        position.into(),
                        status.name.as_str().into(),
                        status.category.code().into(),
                    ]);
                }
            }
            Event::MemberAdded { person, role } | Event::MemberChanged { person, to: role, .. } => {
                self.members.insert((project, *person), Some(*role));
            }
            Event::MemberRemoved { person, .. } => {
                self.members.insert((project, *person), None);
            }
            Event::TaskCreated { task, assignees, .. } => {
                for person in assignees {
                    self.assignees.insert((*task, *person), (project, true));
                }
            }
            Event::TaskAssigned { task, person } => {
                self.assignees.insert((*task, *person), (project, true));
            }
            Event::TaskUnassigned { task, person } => {
                self.assignees.insert((*task, *person), (project, false));
            }
            Event::CommentAdded { comment, task } => self.comments.push(vec![
                (*comment).into(),
                project.into(),
                (*task).into(),
                recorded.actor.into(),
                recorded.at.into(),
                text.unwrap_or_default().into(),
            ]),
            Event::PersonJoined { .. }
            | Event::ProjectCreated { .. }
            | Event::ProjectGained { .. }
            | Event::ProjectLost { .. }
            | Event::TaskRenamed { .. }
            | Event::TaskDescribed { .. }
            | Event::TaskMoved { .. }
            | Event::DueSet { .. } => {}
        }
    }

    pub(crate) fn put_new_task(&mut self, project: ProjectId, task: Arc<Task>) {
        self.new_tasks.insert((project, task.id), task);
    }

    pub(crate) fn put_changed_task(&mut self, project: ProjectId, task: Arc<Task>) {
        // One that was created in this batch and not written yet is simply written as it is now.
        let key = (project, task.id);
        let rows = if self.new_tasks.contains_key(&key) { &mut self.new_tasks } else { &mut self.changed_tasks };
        rows.insert(key, task);
    }

    pub(crate) fn put_text(&mut self, id: Uuid, object: Uuid, field: Field, version: u32, recorded: &Recorded) {
        self.texts.push(vec![
            id.into(),
            object.into(),
            (field as i16).into(),
            i64::from(version).into(),
            recorded.actor.into(),
            recorded.at.into(),
            recorded.text.clone().unwrap_or_default().into(),
        ]);
    }

    /// Takes out all that waits.
    pub(crate) fn take(&mut self) -> Changes {
        let Self { projects, statuses, members, new_tasks, changed_tasks, assignees, comments, texts } =
            std::mem::take(self);
        let tasks = |rows: BTreeMap<(ProjectId, TaskId), Arc<Task>>| -> Vec<Row> {
            rows.into_iter().map(|((project, _), task)| task_row(project, &task)).collect()
        };
        let mut changes = Changes::default();
        let head = "INSERT INTO projects (id, key, name, hue, created_by, created_at)";
        changes.inserts.push(Insert::new(head, projects));
        changes.inserts.push(Insert::new("INSERT INTO statuses (id, project, position, name, category)", statuses));
        changes.put_members(members);
        changes.inserts.push(Insert::new(INSERT_TASK, tasks(new_tasks)));
        changes.inserts.push(Insert { tail: CHANGE_TASK, ..Insert::new(INSERT_TASK, tasks(changed_tasks)) });
        changes.put_assignees(assignees);
        let head = "INSERT INTO text_versions (id, object, field, version, author, at, body)";
        changes.inserts.push(Insert::new(head, texts));
        let head = "INSERT INTO comments (id, project, task, author, at, text_id)";
        changes.inserts.push(Insert::new(head, comments));
        changes
    }
}

/// Statements that are ready to be run, in this order: what goes, then what comes or changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Deletions, each with its values.
    pub(crate) deletes: Vec<(&'static str, Row)>,
    pub(crate) inserts: Vec<Insert>,
}

impl Changes {
    /// Runs them. Statements that read rows come after this.
    pub(crate) async fn write(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        for (sql, values) in self.deletes {
            run(tx, sql, values).await?;
        }
        insert_all(tx, self.inserts).await
    }

    fn put_members(&mut self, members: BTreeMap<(ProjectId, PersonId), Option<ProjectRole>>) {
        let mut present = Vec::new();
        for ((project, person), role) in members {
            if let Some(role) = role {
                present.push(vec![project.into(), person.into(), role.code().into()]);
            } else {
                let sql = "DELETE FROM members WHERE project = $1 AND person = $2";
                self.deletes.push((sql, vec![project.into(), person.into()]));
            }
        }
        let head = "INSERT INTO members (project, person, role)";
        let tail = "ON CONFLICT (project, person) DO UPDATE SET role = excluded.role";
        self.inserts.push(Insert { head, tail, rows: present });
    }

    fn put_assignees(&mut self, assignees: BTreeMap<(TaskId, PersonId), (ProjectId, bool)>) {
        let mut present = Vec::new();
        for ((task, person), (project, is_on)) in assignees {
            if is_on {
                present.push(vec![task.into(), person.into(), project.into()]);
            } else {
                let sql = "DELETE FROM assignees WHERE task = $1 AND person = $2";
                self.deletes.push((sql, vec![task.into(), person.into()]));
            }
        }
        let head = "INSERT INTO assignees (task, person, project)";
        self.inserts.push(Insert { head, tail: "ON CONFLICT (task, person) DO NOTHING", rows: present });
    }
}

const INSERT_TASK: &str = "INSERT INTO tasks (id, project, number, title, status, rank, due_day, due_at, due_zone, \
     n_comments, text_version, text_by, created_by, created_at)";
/// A task that was loaded by its project exists, so this always updates; many rows in one statement.
const CHANGE_TASK: &str = "ON CONFLICT (id) DO UPDATE SET title = excluded.title, status = excluded.status, \
     rank = excluded.rank, due_day = excluded.due_day, due_at = excluded.due_at, due_zone = excluded.due_zone, \
     n_comments = excluded.n_comments, text_version = excluded.text_version, text_by = excluded.text_by";

fn task_row(project: ProjectId, task: &Task) -> Row {
    let (day, at, zone) = match &task.due {
        None => (None, None, None),
        Some(Due::Day(day)) => (Some(day.number()), None, None),
        Some(Due::At { instant, zone }) => (None, Some(instant.ms()), Some(zone.as_str().to_owned())),
    };
    let count = |n: u32| Value::from(i32::try_from(n).unwrap_or(i32::MAX));
    vec![
        task.id.into(),
        project.into(),
        i64::from(task.number).into(),
        task.title.as_str().into(),
        task.status.into(),
        task.rank.as_str().into(),
        day.into(),
        at.into(),
        zone.into(),
        count(task.n_comments),
        count(task.text_version),
        task.text_by.into(),
        task.created_by.into(),
        task.created_at.into(),
    ]
}

/// The set of tasks that an event creates or changes.
pub(crate) fn tasks_of(events: &[Recorded]) -> (BTreeSet<TaskId>, BTreeSet<TaskId>) {
    let (mut created, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for recorded in events {
        if let Some(task) = recorded.event.task() {
            let is_new = matches!(recorded.event, Event::TaskCreated { .. });
            if is_new {
                created.insert(task)
            } else {
                changed.insert(task)
            };
        }
    }
    (created, changed)
}
