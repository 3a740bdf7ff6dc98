//! What the reader is told of their tasks. It is read again when the person's own stream says that it has changed, as long
//! as it was ever shown; how many tasks have news is known on every page.
//!
//! Must not know: how it is painted, and who is told what.

use leptos::{prelude::*, task::spawn_local};
use model::{Inbox, Mark, Noticed, ProjectId, TaskId, TaskPage};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::{api, data::Client, dom, net};

/// News that come together are read together.
const PAUSE_MS: u64 = 200;

/// The notices of the reader as last heard. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Notices {
    /// How many tasks have some that were not read.
    pub(crate) unread: ArcRwSignal<u32>,
    /// By task, the one with the newest first; nothing while nobody has looked.
    told: ArcRwSignal<Option<Arc<Vec<Noticed>>>>,
    /// A task that was opened from them, with its texts.
    opened: ArcRwSignal<Option<Arc<TaskPage>>>,
    /// It will be read soon.
    is_due: Arc<AtomicBool>,
    /// How many marks are on their way.
    n_marks: Arc<AtomicUsize>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            unread: ArcRwSignal::new(0),
            told: ArcRwSignal::new(None),
            opened: ArcRwSignal::new(None),
            is_due: Arc::default(),
            n_marks: Arc::default(),
        }
    }
}

impl Notices {
    /// All tasks with notices. Tracked.
    pub(crate) fn tasks(&self) -> Arc<Vec<Noticed>> {
        self.told.get().unwrap_or_default()
    }

    /// What is told of a task. Tracked.
    pub(crate) fn of(&self, task: TaskId) -> Option<Noticed> {
        self.tasks().iter().find(|noticed| noticed.task == task).cloned()
    }

    /// The texts of a task, once they are here. Tracked.
    pub(crate) fn page(&self, task: TaskId) -> Option<Arc<TaskPage>> {
        self.opened.get().filter(|page| page.task == task)
    }

    fn put(&self, tasks: Vec<Noticed>) {
        let unread = tasks.iter().filter(|noticed| noticed.is_unread()).count();
        if !cfg!(feature = "ssr") {
            dom::keep_focus();
        }
        self.told.set(Some(Arc::new(tasks)));
        self.unread.set(u32::try_from(unread).unwrap_or(u32::MAX));
    }
}

impl Client {
    /// Takes in what the server told.
    pub(crate) fn take_inbox(&self, inbox: Inbox) {
        self.people.learn(inbox.people);
        self.inbox.put(inbox.tasks);
        // Older ones, which were not told, count as well.
        self.inbox.unread.set(inbox.me.unread);
    }

    /// The person's own stream says how many tasks have news.
    pub(crate) fn inbox_heard(&self, unread: u32) {
        self.inbox.unread.set(unread);
        self.inbox_changed();
    }

    /// Something may have changed the inbox: reads it soon, if it is shown anywhere.
    pub(crate) fn inbox_changed(&self) {
        let is_told = self.inbox.told.with_untracked(Option::is_some);
        if cfg!(feature = "ssr") || !is_told || self.inbox.is_due.swap(true, Ordering::Relaxed) {
            return;
        }
        let client = self.clone();
        let _ = dom::after(PAUSE_MS, move || {
            client.inbox.is_due.store(false, Ordering::Relaxed);
            spawn_local(async move {
                // If it fails, all stays as it was; the next news bring it, and those after a lost connection.
                let Ok(inbox) = api::inbox().await else { return };
                if client.inbox.n_marks.load(Ordering::Relaxed) == 0 {
                    client.take_inbox(inbox);
                } else {
                    // It does not know of a mark that is on its way.
                    client.inbox_changed();
                }
            });
        });
    }

    /// Marks notices, here at once.
    pub(crate) fn mark(&self, mark: Mark) {
        let Some((person, _)) = self.hand() else { return };
        if self.inbox.told.with_untracked(Option::is_some) {
            let mut tasks = self.inbox.tasks().to_vec();
            apply(&mut tasks, mark);
            self.inbox.put(tasks);
        }
        self.inbox.n_marks.fetch_add(1, Ordering::Relaxed);
        let client = self.clone();
        spawn_local(async move {
            let result = net::mark(person, mark).await;
            client.inbox.n_marks.fetch_sub(1, Ordering::Relaxed);
            if let Err(refusal) = &result {
                client.tell_refusal(refusal);
            }
            if result.is_err() || matches!(mark, Mark::Back { .. }) {
                client.inbox_changed();
            }
        });
    }

    /// The reader looks at a task: what they are told of it is read, now and while they go on looking.
    pub(crate) fn seen(&self, task: TaskId) {
        let is_told = self.inbox.told.with_untracked(Option::is_some);
        let is_news = !is_told || self.inbox.of(task).is_some_and(|noticed| noticed.is_unread());
        // Nobody reads what is behind another window.
        if self.inbox.unread.get() > 0 && is_news && dom::is_visible() {
            self.mark(Mark::Read { task, to: i64::MAX });
        }
    }

    /// Reads the texts of a task that is opened from the inbox.
    pub(crate) fn read_noticed(&self, project: ProjectId, task: TaskId) {
        let client = self.clone();
        spawn_local(async move {
            // Without them, the notices say what they can.
            if let Ok(answer) = api::task(project, task).await {
                client.people.learn(answer.people);
                client.inbox.opened.set(Some(Arc::new(answer.page)));
            }
        });
    }
}

/// What a mark makes of the notices that are here.
fn apply(tasks: &mut Vec<Noticed>, mark: Mark) {
    match mark {
        Mark::AllRead { at } => {
            for notice in tasks.iter_mut().flat_map(|noticed| &mut noticed.notices) {
                notice.is_read |= notice.at <= at;
            }
        }
        Mark::Read { task, to } => {
            for notice in tasks.iter_mut().filter(|n| n.task == task).flat_map(|n| &mut n.notices) {
                notice.is_read |= notice.seq <= to;
            }
        }
        Mark::Unread { task, .. } => {
            if let Some(newest) = tasks.iter_mut().find(|n| n.task == task).and_then(|n| n.notices.first_mut()) {
                newest.is_read = false;
            }
        }
        Mark::Archived { task, .. } => tasks.retain(|n| n.task != task),
        // What comes back is not here.
        Mark::Back { .. } => {}
    }
}
