//! What the reader has to do, in all projects. It is read again whenever something may have changed it, at most a few times
//! a second; while it is shown, projects are followed that have no board here.
//!
//! Must not know: how it is painted, and what day it is.

use leptos::{prelude::*, task::spawn_local};
use model::{
    Category, Command, CommandKind, Event, MyProject, MyTask, MyTasks, Question, Recorded, Refusal, Reply, Spot,
    Standing, StatusId, TaskId, Verdict, may,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    api,
    data::{Client, boards::LiveBoard, socket, toasts::Offer},
    dom,
    live::effect,
};

/// News that come together are read together.
const PAUSE_MS: u64 = 300;
/// A page follows at most a hundred projects; its boards are among them.
const MOST_FOLLOWED: usize = 60;

/// The tasks of the reader as last heard. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Mine {
    told: ArcRwSignal<Option<MyTasks>>,
    /// Completed here: not shown, until an answer came that knows of it.
    completed: ArcRwSignal<Vec<TaskId>>,
    /// Moved before this page was opened, and not sent yet.
    moved: ArcRwSignal<Vec<(TaskId, StatusId)>>,
    /// It will be read soon.
    is_due: Arc<AtomicBool>,
}

impl Default for Mine {
    fn default() -> Self {
        Self {
            told: ArcRwSignal::new(None),
            completed: ArcRwSignal::new(Vec::new()),
            moved: ArcRwSignal::new(Vec::new()),
            is_due: Arc::default(),
        }
    }
}

impl Mine {
    /// Takes in what the server told.
    pub(crate) fn take_in(&self, told: MyTasks) {
        if self.told.with_untracked(|before| before.as_ref() != Some(&told)) {
            if !cfg!(feature = "ssr") {
                dom::keep_focus();
            }
            self.told.set(Some(told));
        }
    }

    /// Whether anything was told.
    pub(crate) fn is_told(&self) -> bool {
        self.told.with_untracked(Option::is_some)
    }

    /// The tasks that are still to be done: what is due first comes first. Tracked.
    pub(crate) fn tasks(&self) -> Vec<MyTask> {
        let (completed, moved) = (self.completed.get(), self.moved.get());
        let open = |told: &Option<MyTasks>| {
            let Some(told) = told else { return Vec::new() };
            let statuses = || told.projects.iter().flat_map(|p| &p.statuses);
            let is_done = |to: StatusId| statuses().any(|s| s.id == to && s.category == Category::Done);
            let over = |id| completed.contains(&id) || moved.iter().any(|(task, to)| *task == id && is_done(*to));
            told.tasks.iter().filter(|t| !over(t.id)).cloned().collect()
        };
        self.told.with(open)
    }

    /// Whether there are more tasks than were told. Tracked.
    pub(crate) fn is_cut(&self) -> bool {
        self.told.with(|told| told.as_ref().is_some_and(|told| told.is_cut))
    }

    /// The project of a task, without listening.
    pub(crate) fn project_of(&self, task: &MyTask) -> Option<MyProject> {
        self.told.with_untracked(|told| told.as_ref()?.projects.iter().find(|p| p.id == task.project).cloned())
    }

    /// The server has told of all that was done here.
    fn settle(&self) {
        if self.completed.with_untracked(|c| !c.is_empty()) {
            self.completed.set(Vec::new());
        }
        if self.moved.with_untracked(|m| !m.is_empty()) {
            self.moved.set(Vec::new());
        }
    }

    fn has(&self, task: TaskId) -> bool {
        self.told.with_untracked(|told| told.as_ref().is_some_and(|told| told.tasks.iter().any(|t| t.id == task)))
    }
}

impl Client {
    /// Something may have changed what the reader has to do: reads it soon.
    pub(crate) fn mine_changed(&self) {
        if cfg!(feature = "ssr") || self.mine.is_due.swap(true, Ordering::Relaxed) {
            return;
        }
        let client = self.clone();
        dom::after(PAUSE_MS, move || {
            client.mine.is_due.store(false, Ordering::Relaxed);
            client.read_mine();
        });
    }

    fn read_mine(&self) {
        let client = self.clone();
        // An answer to a question from before a change has arrived does not know of the change.
        let is_settled = self.n_waiting.get_untracked() == 0;
        spawn_local(async move {
            let Ok(told) = api::my_tasks().await else {
                // All stays as it was; the next news bring it, and those after a lost connection.
                if !client.mine.is_told()
                    && let Some((Reply::MyTasks(told), _)) = api::kept(Question::MyTasks).await
                {
                    client.mine.take_in(told);
                }
                return;
            };
            client.mine.take_in(told);
            if !is_settled {
                client.mine_changed();
            } else if client.n_waiting.get_untracked() == 0 {
                client.mine.settle();
            }
        });
    }

    /// Something has happened in a project, of which there may be a board here.
    pub(crate) fn mine_heard(&self, board: Option<&LiveBoard>, events: &[Recorded]) {
        let Some(me) = self.me().map(|me| me.person.id) else { return };
        let concerns = |event: &Event| match (event, event.task()) {
            (Event::TaskAssigned { person, .. } | Event::TaskUnassigned { person, .. }, _) => *person == me,
            (Event::TaskCreated { assignees, .. }, _) if assignees.contains(&me) => true,
            // The project itself, its statuses or its people.
            (_, None) => true,
            (_, Some(id)) => {
                let Some(board) = board else { return true };
                let Some(task) = board.read(|b| b.task(id).cloned()) else { return true };
                task.assignees.contains(&me) || task.parent.is_some_and(|parent| self.mine.has(parent))
            }
        };
        if events.iter().any(|r| concerns(&r.event)) {
            self.mine_changed();
        }
    }

    /// A change from before this page waits: a task that it completes is not shown.
    pub(crate) fn mine_waits(&self, command: &Command) {
        if let Command::MoveTask { task, to, .. } = command {
            self.mine.moved.update(|all| all.push((*task, *to)));
        }
    }

    /// Reads what the reader has to do, unless it is known.
    pub(crate) fn follow_mine(&self) {
        if !self.mine.is_told() {
            self.mine_changed();
        }
    }

    /// Follows the projects that have no board here, as long as the caller is mounted.
    pub(crate) fn watch_mine(&self) {
        let client = self.clone();
        let followed = StoredValue::new(Vec::new());
        effect(move || {
            // Whoever is connected anew begins anew.
            client.link.track();
            let projects = client.mine.told.with(|told| {
                let projects = told.iter().flat_map(|told| &told.projects).take(MOST_FOLLOWED);
                projects.map(|p| (p.id, p.seq)).collect::<Vec<_>>()
            });
            for (project, seq) in projects {
                if client.boards.get(project).is_none() {
                    socket::join(project, seq);
                    followed.update_value(|all| all.push(project));
                }
            }
        });
        let client = self.clone();
        on_cleanup(move || {
            for project in followed.try_get_value().unwrap_or_default() {
                if client.boards.get(project).is_none() {
                    socket::leave(project);
                }
            }
        });
    }

    /// The status that a task of the reader goes to when it is completed; nothing when they may not, or none means done.
    pub(crate) fn done_status(&self, project: &MyProject) -> Option<StatusId> {
        let standing = Standing { role: self.me()?.role, in_project: project.role };
        let done = project.statuses.iter().find(|s| s.category == Category::Done)?;
        (may(standing, CommandKind::MoveTask) == Verdict::Yes).then_some(done.id)
    }

    /// Completes a task of the reader: it goes from the list at once.
    pub(crate) fn complete(&self, task: &MyTask) {
        let Some(to) = self.mine.project_of(task).and_then(|project| self.done_status(&project)) else { return };
        let (id, project) = (task.id, task.project);
        let (command, said) = (move_to(task, to, Spot::First), task.title.to_string() + " is done.");
        if let Some(board) = self.boards.get(project) {
            if !self.act(&board, vec![command], said) {
                return;
            }
        } else {
            let (client, before, back) = (self.clone(), task.clone(), self.clone());
            self.ask(
                command,
                Box::new(move |result| {
                    if let Err(refusal) = result {
                        client.mine.completed.update(|all| all.retain(|t| *t != id));
                        client.tell_refusal(refusal);
                    }
                    client.mine_changed();
                }),
            );
            // Where it stood among others is not known without its board.
            let act = move || back.put_back(&before);
            self.toast(said, false, Some(Offer { name: "Undo", act: Arc::new(act), deed: None }));
        }
        self.mine.completed.update(|all| all.push(id));
    }

    /// Puts a completed task back to where it was.
    fn put_back(&self, task: &MyTask) {
        let client = self.clone();
        let then = move |result: &Result<model::Done, Refusal>| {
            if let Err(refusal) = result {
                client.tell_refusal(refusal);
            }
            client.mine_changed();
        };
        self.ask(move_to(task, task.status, Spot::Last), Box::new(then));
    }
}

const fn move_to(task: &MyTask, to: StatusId, spot: Spot) -> Command {
    Command::MoveTask { project: task.project, task: task.id, to, spot }
}
