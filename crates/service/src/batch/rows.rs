//! Rows that wait to be written, and the statements that write them, many in one.

use model::{
    Board, CommentId, Due, Event, Instant, Label, LabelId, PersonId, Priority, ProjectId, ProjectRole, Recorded, Task,
    TaskId,
};
use sea_orm::{DatabaseTransaction, DbErr, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Insert, Row, insert_all};
use uuid::Uuid;

use crate::{
    search::{self, Kind, Searched, Waiting},
    sql::run,
};

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
    changed_projects: BTreeMap<ProjectId, Row>,
    /// All statuses of a project that has other ones now; and whether it had any before.
    statuses: BTreeMap<ProjectId, (bool, Vec<Row>)>,
    labels: BTreeMap<(ProjectId, LabelId), Option<Label>>,
    /// Labels that went, whether or not they came back: they went from all tasks.
    removed_labels: BTreeSet<(ProjectId, LabelId)>,
    members: BTreeMap<(ProjectId, PersonId), Option<ProjectRole>>,
    /// The project is in the key: two projects may bring the same id, and then the database has to see both.
    new_tasks: BTreeMap<(ProjectId, TaskId), Arc<Task>>,
    changed_tasks: BTreeMap<(ProjectId, TaskId), Arc<Task>>,
    /// When tasks came to the status in which they are.
    came: BTreeMap<(ProjectId, TaskId), Instant>,
    /// Whether a person is on a task, by task and person.
    assignees: BTreeMap<(TaskId, PersonId), (ProjectId, bool)>,
    /// Whether a label is on a task.
    task_labels: BTreeMap<(TaskId, LabelId), (ProjectId, bool)>,
    /// What a person said about hearing of a task.
    watchers: BTreeMap<(TaskId, PersonId), (ProjectId, Option<bool>)>,
    comments: Vec<Row>,
    /// In the order in which they became so.
    changed_comments: Vec<(&'static str, Row)>,
    texts: Vec<Row>,
    /// The words of what was written.
    searched: Waiting,
}

impl Rows {
    /// Notes what an event changes in rows other than the task itself.
    pub(crate) fn note(&mut self, project: ProjectId, recorded: &Recorded, text: Option<Uuid>) {
        match &recorded.event {
            Event::ProjectOpened { key, name, hue, is_sample, .. } => {
                self.projects.push(vec![
                    project.into(),
                    key.as_str().into(),
                    name.as_str().into(),
                    i16::from(hue.number()).into(),
                    i16::from(*is_sample).into(),
                    recorded.actor.into(),
                    recorded.at.into(),
                ]);
            }
            Event::LabelSet { from, to } => self.note_label(project, from.as_ref(), to.as_ref()),
            Event::MemberAdded { person, role } | Event::MemberChanged { person, to: role, .. } => {
                self.members.insert((project, *person), Some(*role));
            }
            Event::MemberRemoved { person, .. } => {
                self.members.insert((project, *person), None);
            }
            Event::TaskCreated { task, assignees, labels, .. } => {
                for person in assignees {
                    self.assignees.insert((*task, *person), (project, true));
                }
                for label in labels {
                    self.task_labels.insert((*task, *label), (project, true));
                }
            }
            Event::TaskLabelled { task, label, on } => {
                self.task_labels.insert((*task, *label), (project, *on));
            }
            Event::WatchSet { task, person, to, .. } => {
                self.watchers.insert((*task, *person), (project, *to));
            }
            Event::TaskAssigned { task, person } => {
                self.assignees.insert((*task, *person), (project, true));
            }
            Event::TaskUnassigned { task, person } => {
                self.assignees.insert((*task, *person), (project, false));
            }
            Event::CommentAdded { comment, task, .. } => self.comments.push(vec![
                (*comment).into(),
                project.into(),
                (*task).into(),
                recorded.actor.into(),
                recorded.at.into(),
                text.unwrap_or_default().into(),
            ]),
            Event::CommentEdited { comment, version, .. } => {
                let values = vec![
                    (*comment).into(),
                    project.into(),
                    i64::from(*version).into(),
                    text.unwrap_or_default().into(),
                ];
                self.changed_comments.push((EDIT_COMMENT, values));
            }
            Event::CommentRemoved { comment, version, .. } => {
                self.note_removed(project, *comment, *version, recorded);
            }
            Event::PersonJoined { .. }
            | Event::RoleChanged { .. }
            | Event::PersonDisabled { .. }
            | Event::PersonEnabled { .. }
            | Event::SessionEnded { .. }
            | Event::PersonLeft { .. }
            | Event::ProjectCreated { .. }
            | Event::ProjectRemoved { .. }
            | Event::TeamNamed { .. }
            | Event::ProjectGained { .. }
            | Event::ProjectLost { .. }
            | Event::InboxChanged { .. }
            | Event::ProjectRenamed { .. }
            | Event::ProjectColoured { .. }
            | Event::ProjectArchived { .. }
            | Event::StatusAdded { .. }
            | Event::StatusChanged { .. }
            | Event::StatusMoved { .. }
            | Event::StatusRemoved { .. }
            | Event::PrioritySet { .. }
            | Event::ParentSet { .. }
            | Event::TaskArchived { .. }
            | Event::TaskTrashed { .. }
            | Event::TaskPurged { .. }
            | Event::TaskRenamed { .. }
            | Event::TaskDescribed { .. }
            | Event::TaskMoved { .. }
            | Event::DueSet { .. } => {}
        }
    }

    /// Notes what the board says about the project itself, after an event that changed it.
    pub(crate) fn put_project(&mut self, board: &Board, event: &Event) {
        let project = board.project;
        match event {
            Event::ProjectRenamed { .. } | Event::ProjectColoured { .. } | Event::ProjectArchived { .. } => {
                let row = vec![
                    project.into(),
                    board.name.as_str().into(),
                    i16::from(board.hue.number()).into(),
                    i16::from(board.is_archived).into(),
                ];
                self.changed_projects.insert(project, row);
            }
            Event::ProjectOpened { .. }
            | Event::StatusAdded { .. }
            | Event::StatusChanged { .. }
            | Event::StatusMoved { .. }
            | Event::StatusRemoved { .. } => {
                let rows = (0_i32..).zip(&board.statuses).map(|(position, status)| {
                    vec![
                        status.id.into(),
                        project.into(),
                        position.into(),
                        status.name.as_str().into(),
                        status.category.code().into(),
                    ]
                });
                let rows = rows.collect();
                let is_new = matches!(event, Event::ProjectOpened { .. });
                let of_project = self.statuses.entry(project).or_insert((!is_new, Vec::new()));
                of_project.1 = rows;
            }
            _ => {}
        }
    }

    fn note_label(&mut self, project: ProjectId, from: Option<&Label>, to: Option<&Label>) {
        let Some(label) = to.or(from) else { return };
        self.labels.insert((project, label.id), to.cloned());
        if to.is_none() {
            self.removed_labels.insert((project, label.id));
            self.task_labels.retain(|(_, l), _| *l != label.id);
        }
    }

    /// All versions of its text go, those that wait to be written too.
    fn note_removed(&mut self, project: ProjectId, comment: CommentId, version: u32, recorded: &Recorded) {
        let values = vec![comment.into(), project.into(), recorded.at.into(), i64::from(version).into()];
        self.changed_comments.push((REMOVE_COMMENT, values));
        let values = vec![comment.uuid().into(), (Field::Comment as i16).into(), i64::from(version).into()];
        self.changed_comments.push((ERASE_COMMENT, values));
    }

    pub(crate) fn put_new_task(&mut self, project: ProjectId, task: Arc<Task>) {
        self.new_tasks.insert((project, task.id), task);
    }

    /// `came_at`: when it came to its status, if it has just come there.
    pub(crate) fn put_changed_task(&mut self, project: ProjectId, task: Arc<Task>, came_at: Option<Instant>) {
        // One that was created in this batch and not written yet is simply written as it is now.
        let key = (project, task.id);
        self.came.extend(came_at.map(|at| (key, at)));
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

    /// Notes the words of what an event wrote, or that they go.
    pub(crate) fn put_searched(&mut self, board: &Board, recorded: &Recorded) {
        let Some(task) = recorded.event.task() else { return };
        let searched = |terms| Some(Searched { project: board.project, task, at: recorded.at.ms(), terms });
        if let (Event::TaskCreated { .. } | Event::TaskRenamed { .. }, Some(task)) = (&recorded.event, board.task(task))
        {
            let terms = search::title_terms(board.key.as_str(), task.number, task.title.as_str());
            // A new title does not make a task newer.
            let searched = Searched { project: board.project, task: task.id, at: task.created_at.ms(), terms };
            self.searched.insert((task.id.uuid(), Kind::Title as i16), Some(searched));
        }
        let object = match &recorded.event {
            Event::TaskCreated { task, .. } | Event::TaskDescribed { task, .. } => {
                (task.uuid(), Kind::Description as i16)
            }
            Event::CommentAdded { comment, .. } | Event::CommentEdited { comment, .. } => {
                (comment.uuid(), Kind::Comment as i16)
            }
            Event::CommentRemoved { comment, .. } => {
                self.searched.insert((comment.uuid(), Kind::Comment as i16), None);
                return;
            }
            _ => return,
        };
        if let Some(text) = &recorded.text {
            self.searched.insert(object, searched(search::terms(text)));
        }
    }

    /// Takes out all that waits.
    pub(crate) fn take(&mut self) -> Changes {
        let Self {
            projects,
            changed_projects,
            statuses,
            labels,
            removed_labels,
            members,
            new_tasks,
            changed_tasks,
            came,
            assignees,
            task_labels,
            watchers,
            comments,
            changed_comments,
            texts,
            searched,
        } = std::mem::take(self);
        let tasks = |rows: BTreeMap<(ProjectId, TaskId), Arc<Task>>, are_new: bool| -> Vec<Row> {
            let row = |(key, task): ((ProjectId, TaskId), Arc<Task>)| {
                task_row(key.0, &task, came.get(&key).copied().or(are_new.then_some(task.created_at)))
            };
            rows.into_iter().map(row).collect()
        };
        let mut changes = Changes::default();
        let head = "INSERT INTO projects (id, key, name, hue, sample, created_by, created_at)";
        changes.inserts.push(Insert::new(head, projects));
        changes.put_statuses(statuses);
        changes.put_labels(labels, removed_labels);
        changes.put_members(members);
        changes.inserts.push(Insert::new(INSERT_TASK, tasks(new_tasks, true)));
        changes.inserts.push(Insert { tail: CHANGE_TASK, ..Insert::new(INSERT_TASK, tasks(changed_tasks, false)) });
        changes.put_assignees(assignees);
        changes.put_task_labels(task_labels);
        changes.put_watchers(watchers);
        let head = "INSERT INTO text_versions (id, object, field, version, author, at, body)";
        changes.inserts.push(Insert::new(head, texts));
        let head = "INSERT INTO comments (id, project, task, author, at, text_id)";
        changes.inserts.push(Insert::new(head, comments));
        let (gone, came) = search::changes(searched);
        changes.deletes.extend(gone);
        changes.inserts.push(came);
        changes.updates = changed_projects.into_values().map(|row| (CHANGE_PROJECT, row)).collect();
        changes.updates.extend(changed_comments);
        changes
    }
}

const CHANGE_PROJECT: &str = "UPDATE projects SET name = $2, hue = $3, archived = $4 WHERE id = $1";
const EDIT_COMMENT: &str =
    "UPDATE comments SET version = $3, text_id = $4, removed_at = NULL WHERE id = $1 AND project = $2";
const ERASE_COMMENT: &str = "DELETE FROM text_versions WHERE object = $1 AND field = $2 AND version < $3";
const REMOVE_COMMENT: &str = "UPDATE comments SET removed_at = $3, version = $4 WHERE id = $1 AND project = $2";

/// Statements that are ready to be run, in this order: what goes, what comes or changes, what changes in rows that may have
/// come just now.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Deletions, each with its values.
    pub(crate) deletes: Vec<(&'static str, Row)>,
    pub(crate) inserts: Vec<Insert>,
    /// Changes of single rows, each with its values.
    pub(crate) updates: Vec<(&'static str, Row)>,
}

impl Changes {
    /// Runs them. Statements that read rows come after this.
    pub(crate) async fn write(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        for (sql, values) in self.deletes {
            run(tx, sql, values).await?;
        }
        insert_all(tx, self.inserts).await?;
        for (sql, values) in self.updates {
            run(tx, sql, values).await?;
        }
        Ok(())
    }

    /// A project has few: all are written anew. An id that is another project's is then refused by the database.
    fn put_statuses(&mut self, statuses: BTreeMap<ProjectId, (bool, Vec<Row>)>) {
        let mut present = Vec::new();
        for (project, (had_some, rows)) in statuses {
            if had_some {
                self.deletes.push(("DELETE FROM statuses WHERE project = $1", vec![project.into()]));
            }
            present.extend(rows);
        }
        self.inserts.push(Insert::new("INSERT INTO statuses (id, project, position, name, category)", present));
    }

    fn put_labels(
        &mut self,
        labels: BTreeMap<(ProjectId, LabelId), Option<Label>>,
        removed: BTreeSet<(ProjectId, LabelId)>,
    ) {
        for (project, id) in removed {
            let sql = "DELETE FROM task_labels WHERE project = $1 AND label = $2";
            self.deletes.push((sql, vec![project.into(), id.into()]));
        }
        let mut present = Vec::new();
        for ((project, id), label) in labels {
            if let Some(label) = label {
                let hue = i16::from(label.hue.number());
                present.push(vec![project.into(), id.into(), label.name.as_str().into(), hue.into()]);
            } else {
                let sql = "DELETE FROM labels WHERE project = $1 AND id = $2";
                self.deletes.push((sql, vec![project.into(), id.into()]));
            }
        }
        let head = "INSERT INTO labels (project, id, name, hue)";
        let tail = "ON CONFLICT (project, id) DO UPDATE SET name = excluded.name, hue = excluded.hue";
        self.inserts.push(Insert { head, tail, rows: present });
    }

    fn put_task_labels(&mut self, labels: BTreeMap<(TaskId, LabelId), (ProjectId, bool)>) {
        let mut present = Vec::new();
        for ((task, label), (project, is_on)) in labels {
            if is_on {
                present.push(vec![task.into(), label.into(), project.into()]);
            } else {
                let sql = "DELETE FROM task_labels WHERE task = $1 AND label = $2";
                self.deletes.push((sql, vec![task.into(), label.into()]));
            }
        }
        let head = "INSERT INTO task_labels (task, label, project)";
        self.inserts.push(Insert { head, tail: "ON CONFLICT (task, label) DO NOTHING", rows: present });
    }

    fn put_watchers(&mut self, watchers: BTreeMap<(TaskId, PersonId), (ProjectId, Option<bool>)>) {
        let mut present = Vec::new();
        for ((task, person), (project, said)) in watchers {
            if let Some(is_on) = said {
                present.push(vec![task.into(), person.into(), project.into(), i16::from(is_on).into()]);
            } else {
                let sql = "DELETE FROM watchers WHERE task = $1 AND person = $2";
                self.deletes.push((sql, vec![task.into(), person.into()]));
            }
        }
        let head = "INSERT INTO watchers (task, person, project, is_on)";
        let tail = "ON CONFLICT (task, person) DO UPDATE SET is_on = excluded.is_on";
        self.inserts.push(Insert { head, tail, rows: present });
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
     n_comments, text_version, text_by, created_by, created_at, priority, parent, archived, trashed_at, status_at)";
/// A task that was loaded by its project exists, so this always updates; many rows in one statement.
const CHANGE_TASK: &str = "ON CONFLICT (id) DO UPDATE SET title = excluded.title, status = excluded.status, \
     rank = excluded.rank, due_day = excluded.due_day, due_at = excluded.due_at, due_zone = excluded.due_zone, \
     n_comments = excluded.n_comments, text_version = excluded.text_version, text_by = excluded.text_by, \
     priority = excluded.priority, parent = excluded.parent, archived = excluded.archived, \
     trashed_at = excluded.trashed_at, status_at = coalesce(excluded.status_at, tasks.status_at)";

fn task_row(project: ProjectId, task: &Task, came_at: Option<Instant>) -> Row {
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
        task.priority.map(Priority::code).into(),
        task.parent.map(TaskId::uuid).into(),
        i16::from(task.is_archived).into(),
        task.trashed_at.map(Instant::ms).into(),
        came_at.map(Instant::ms).into(),
    ]
}
