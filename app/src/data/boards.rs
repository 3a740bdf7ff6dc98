//! The boards that this page holds: plain data behind one lock, with a trigger only for what is mounted.
//!
//! A frame is folded in as a whole, then told once to those who show what it touched. Nothing here is a signal per task.
//!
//! Must not know: sockets, requests, how anything is painted.

use leptos::prelude::*;
use model::{
    Board, BoardSnapshot, Command, Desk, Done, Envelope, Hue, Key, Label, Name, OpId, PersonId, ProjectId, Recorded,
    Refusal, Stamp, Status, StatusId, Task, TaskId, TaskPage, Touched,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use crate::live::memo;
use uuid::Uuid;

use crate::{
    data::{face::Face, hold, opened::Opened, view::Sieve},
    dom,
};

/// How many boards stay in memory; the one that was opened first goes first.
const MOST_BOARDS: usize = 4;
/// How many events are kept for a task whose history is still on its way here.
const TAIL: usize = 512;

/// The feed went on without us: an event is missing before these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap;

/// What a project is called and looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) name: Name,
    pub(crate) hue: Hue,
    pub(crate) is_archived: bool,
    pub(crate) is_sample: bool,
}

struct Held {
    desk: Desk,
    /// Tasks that were opened, with description and history.
    pages: HashMap<TaskId, TaskPage>,
    /// What they were before a newer snapshot: shown until they have been read again.
    old_pages: HashMap<TaskId, TaskPage>,
    /// The last events, for pages that were read before them and arrive after them.
    tail: VecDeque<Recorded>,
    /// Answered operations whose events have not come yet, each with its last event.
    answered: Vec<(OpId, i64)>,
    /// After which event was asked for what is missing in the feed.
    asked: Option<i64>,
}

/// Who listens to which task or column; counted, so that nothing stays for what is not mounted.
type Watch = HashMap<Uuid, (ArcTrigger, usize)>;

struct State {
    project: ProjectId,
    held: Mutex<Held>,
    watch: Mutex<Watch>,
    members: ArcTrigger,
    about: ArcTrigger,
    /// Anything about any task: for views that any change may change.
    any: ArcTrigger,
    /// Which tasks are shown; all if nothing.
    sieve: ArcRwSignal<Option<Sieve>>,
    /// Tasks that were made here while not all are shown: they stay until others are chosen.
    fresh: Mutex<Vec<TaskId>>,
    /// Counts the snapshots: opened tasks are read again after each.
    epoch: ArcRwSignal<u32>,
    gone: ArcRwSignal<bool>,
}

/// A project that is kept up to date.
#[derive(Clone)]
pub(crate) struct LiveBoard(Arc<State>);

impl LiveBoard {
    fn new(board: Board) -> Self {
        Self(Arc::new(State {
            project: board.project,
            held: Mutex::new(Held {
                desk: Desk::new(board),
                pages: HashMap::new(),
                old_pages: HashMap::new(),
                tail: VecDeque::new(),
                answered: Vec::new(),
                asked: None,
            }),
            watch: Mutex::default(),
            members: ArcTrigger::new(),
            about: ArcTrigger::new(),
            any: ArcTrigger::new(),
            sieve: ArcRwSignal::new(None),
            fresh: Mutex::default(),
            epoch: ArcRwSignal::new(0),
            gone: ArcRwSignal::new(false),
        }))
    }

    /// Which project it is.
    pub(crate) fn project(&self) -> ProjectId {
        self.0.project
    }

    /// Looks at what is painted, without listening.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Board) -> T) -> T {
        look(hold(&self.0.held).desk.painted())
    }

    /// The last event that was folded in.
    pub(crate) fn seq(&self) -> i64 {
        hold(&self.0.held).desk.confirmed().seq
    }

    /// The key of the project, without listening: it does not change.
    pub(crate) fn key(&self) -> Key {
        self.read(|b| b.key.clone())
    }

    /// The id of the task with this number.
    pub(crate) fn numbered(&self, number: u32) -> Option<TaskId> {
        self.read(|b| b.task_numbered(number).map(|t| t.id))
    }

    // listening

    fn watched(&self, id: Uuid) -> ArcTrigger {
        let trigger = {
            let mut watch = hold(&self.0.watch);
            let (trigger, n) = watch.entry(id).or_insert_with(|| (ArcTrigger::new(), 0));
            *n += 1;
            trigger.clone()
        };
        let board = self.clone();
        on_cleanup(move || {
            let mut watch = hold(&board.0.watch);
            if let Some((_, n)) = watch.get_mut(&id) {
                *n -= 1;
                if *n == 0 {
                    watch.remove(&id);
                }
            }
        });
        trigger
    }

    /// A task as it is painted, for as long as the caller is mounted.
    pub(crate) fn task(&self, id: TaskId) -> Memo<Option<Arc<Task>>> {
        let (trigger, board) = (self.watched(id.uuid()), self.clone());
        memo(move || {
            trigger.track();
            board.read(|b| b.task(id).cloned())
        })
    }

    /// Whether a change of this task waits for the server.
    pub(crate) fn is_waiting(&self, id: TaskId) -> Memo<bool> {
        let (trigger, board) = (self.watched(id.uuid()), self.clone());
        memo(move || {
            trigger.track();
            hold(&board.0.held).desk.waiting().iter().any(|p| p.command.task() == Some(id))
        })
    }

    /// A task with what its project says about it, for as long as the caller is mounted.
    pub(crate) fn face(&self, id: TaskId) -> Memo<Option<Face>> {
        let (trigger, board) = (self.watched(id.uuid()), self.clone());
        memo(move || {
            trigger.track();
            board.0.about.track();
            board.read(|b| b.task(id).map(|task| Face::of(b, task)))
        })
    }

    /// The tasks of a column in order.
    pub(crate) fn column(&self, status: StatusId) -> Memo<Vec<TaskId>> {
        let (trigger, board) = (self.watched(status.uuid()), self.clone());
        memo(move || {
            trigger.track();
            board.sifted(|b, lets| b.column(status).filter(|id| b.task(*id).is_some_and(|t| lets(t))).collect())
        })
    }

    /// The task that stands first on the board. Tracked.
    pub(crate) fn first(&self) -> Option<TaskId> {
        self.statuses().into_iter().find_map(|s| {
            self.watched(s.id.uuid()).track();
            self.read(|b| b.column(s.id).next())
        })
    }

    /// How many tasks a column has.
    pub(crate) fn n_in_column(&self, status: StatusId) -> Memo<usize> {
        let (trigger, board) = (self.watched(status.uuid()), self.clone());
        memo(move || {
            trigger.track();
            if !board.is_sifted() {
                return board.read(|b| b.n_in_column(status));
            }
            board.sifted(|b, lets| b.column(status).filter(|id| b.task(*id).is_some_and(|t| lets(t))).count())
        })
    }

    /// Whether not all tasks are shown. Tracked.
    pub(crate) fn is_sifted(&self) -> bool {
        self.0.sieve.with(Option::is_some)
    }

    /// Looks at what is painted with the question which tasks are shown. Tracked, and by any change if not all are.
    pub(crate) fn sifted<T>(&self, look: impl FnOnce(&Board, &dyn Fn(&Task) -> bool) -> T) -> T {
        let sieve = self.0.sieve.get();
        let Some(sieve) = sieve else { return self.read(|b| look(b, &|_| true)) };
        self.0.any.track();
        let fresh = hold(&self.0.fresh).clone();
        self.read(|b| look(b, &|task| sieve.lets(b, task) || fresh.contains(&task.id)))
    }

    /// Listens to whatever changes about any task. Tracked.
    pub(crate) fn track_all(&self) {
        self.0.any.track();
        self.0.about.track();
    }

    /// Shows only some tasks from now on, or all of them.
    pub(crate) fn sift(&self, sieve: Option<Sieve>) {
        if self.0.sieve.with_untracked(|before| *before != sieve) {
            hold(&self.0.fresh).clear();
            self.0.sieve.set(sieve);
        }
    }

    /// The statuses in order. Tracked.
    pub(crate) fn statuses(&self) -> Vec<Status> {
        self.0.about.track();
        self.read(|b| b.statuses.clone())
    }

    /// A status as it is painted, for as long as the caller is mounted.
    pub(crate) fn status(&self, id: StatusId) -> Memo<Option<Status>> {
        let board = self.clone();
        memo(move || {
            board.0.about.track();
            board.read(|b| b.status(id).cloned())
        })
    }

    /// The labels by name. Tracked.
    pub(crate) fn labels(&self) -> Vec<Label> {
        self.0.about.track();
        let mut labels = self.read(|b| b.labels.clone());
        labels.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        labels
    }

    /// What the project is called and looks like. Tracked.
    pub(crate) fn about(&self) -> About {
        self.0.about.track();
        self.read(|b| About { name: b.name.clone(), hue: b.hue, is_archived: b.is_archived, is_sample: b.is_sample })
    }

    /// The tasks that are archived or in the trash, the last created first. Tracked.
    pub(crate) fn shelved(&self) -> Vec<Arc<Task>> {
        for status in self.statuses() {
            self.watched(status.id.uuid()).track();
        }
        let mut shelved: Vec<_> = self.read(|b| b.all_tasks().filter(|t| !t.is_live()).cloned().collect());
        shelved.sort_by_key(|t| std::cmp::Reverse(t.id));
        shelved
    }

    /// The parts of a task that are not in the trash, the first created first, each with its status.
    pub(crate) fn parts(&self, of: TaskId) -> Memo<Vec<(TaskId, StatusId)>> {
        let (trigger, board) = (self.watched(of.uuid()), self.clone());
        memo(move || {
            trigger.track();
            board.read(|b| b.parts(of).filter(|t| t.trashed_at.is_none()).map(|t| (t.id, t.status)).collect())
        })
    }

    /// The members with their roles, by id. Tracked.
    pub(crate) fn members(&self) -> Vec<(PersonId, model::ProjectRole)> {
        self.0.members.track();
        self.read(|b| b.members.iter().map(|(id, role)| (*id, *role)).collect())
    }

    /// Changes with each snapshot. Tracked.
    pub(crate) fn epoch(&self) -> u32 {
        self.0.epoch.get()
    }

    /// Whether the reader's access has ended. Tracked.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.gone.get()
    }

    /// An opened task with its description and history, as it is painted: own comments and texts that wait are in it.
    pub(crate) fn page(&self, id: TaskId) -> Memo<Option<Opened>> {
        let (trigger, board) = (self.watched(id.uuid()), self.clone());
        memo(move || {
            trigger.track();
            board.opened(id)
        })
    }

    /// The same, without listening.
    pub(crate) fn opened(&self, id: TaskId) -> Option<Opened> {
        let held = hold(&self.0.held);
        let page = held.pages.get(&id).or_else(|| held.old_pages.get(&id))?.clone();
        Some(Opened::new(page, held.desk.waiting()))
    }

    /// Puts an opened task in as the server told it, with what has happened since it was `asked` for: the number of the
    /// last event that this page had then. Nothing when too much has happened since; then it has to be asked for again.
    pub(crate) fn put_page(&self, asked: i64, mut page: TaskPage) -> Option<()> {
        let id = page.task;
        // The server answers from a state that has at least what it had told before it was asked.
        page.seq = page.seq.max(asked);
        {
            let mut held = hold(&self.0.held);
            let seq = held.desk.confirmed().seq;
            let oldest = held.tail.front().map_or(seq + 1, |r| r.seq);
            if page.seq + 1 < oldest {
                return None;
            }
            if held.pages.get(&id).is_some_and(|kept| kept.seq >= page.seq) {
                return Some(());
            }
            for recorded in &held.tail {
                page.apply(recorded);
            }
            held.old_pages.remove(&id);
            held.pages.insert(id, page);
        }
        self.tell(&touching(id));
        Some(())
    }

    /// Puts an opened task in as the device keeps it, with what has happened since as far as that is here. It is asked for
    /// again when the server can be asked.
    pub(crate) fn put_kept_page(&self, mut page: TaskPage) {
        let id = page.task;
        {
            let mut held = hold(&self.0.held);
            for recorded in &held.tail {
                page.apply(recorded);
            }
            held.old_pages.insert(id, page);
        }
        self.tell(&touching(id));
    }

    /// Whether a task's description and history have to be asked for.
    pub(crate) fn lacks_page(&self, id: TaskId) -> bool {
        !hold(&self.0.held).pages.contains_key(&id)
    }

    /// Opens a task that the server does not know yet; all about it is here. Says whether it is one.
    pub(crate) fn open_new(&self, id: TaskId) -> bool {
        let mut held = hold(&self.0.held);
        if held.desk.painted().task(id).is_none() || held.desk.confirmed().task(id).is_some() {
            return false;
        }
        let mut page = TaskPage::new(id);
        page.seq = held.desk.confirmed().seq;
        held.pages.entry(id).or_insert(page);
        drop(held);
        self.tell(&touching(id));
        true
    }

    // changing

    /// Paints a change at once; says whether anything is another than before.
    pub(crate) fn dispatch(&self, envelope: Envelope, stamp: Stamp) -> Result<bool, Refusal> {
        let made = if let Command::CreateTask { task, .. } = &envelope.command { Some(*task) } else { None };
        let touched = hold(&self.0.held).desk.dispatch(envelope, stamp)?;
        if self.0.sieve.with_untracked(Option::is_some) {
            hold(&self.0.fresh).extend(made);
        }
        self.tell(&touched);
        Ok(touched != Touched::default())
    }

    /// Paints a change that was made before this board was opened. It waits even if it cannot be painted.
    pub(crate) fn resume(&self, envelope: Envelope, stamp: Stamp) {
        let touched = hold(&self.0.held).desk.resume(envelope, stamp);
        self.tell(&touched);
    }

    /// Folds events of the feed in; what is known already is skipped.
    pub(crate) fn take_in(&self, events: &[Recorded]) -> Result<(), Gap> {
        let touched = {
            let mut held = hold(&self.0.held);
            let seq = held.desk.confirmed().seq;
            let news: Vec<Recorded> = events.iter().filter(|r| r.seq > seq).cloned().collect();
            match news.first() {
                None => return Ok(()),
                Some(first) if first.seq != seq + 1 => return Err(Gap),
                Some(_) => {}
            }
            let mut touched = held.desk.confirm(&news);
            for recorded in news {
                let held = &mut *held;
                for page in held.pages.values_mut().chain(held.old_pages.values_mut()) {
                    page.apply(&recorded);
                }
                held.tail.push_back(recorded);
            }
            let too_many = held.tail.len().saturating_sub(TAIL);
            held.tail.drain(..too_many);
            touched.add(held.settle_answered());
            touched
        };
        self.tell(&touched);
        Ok(())
    }

    /// After which event the feed has a [`Gap`]. Told once: many events may arrive behind the same gap before what is missing
    /// has come.
    pub(crate) fn missed(&self) -> Option<i64> {
        let mut held = hold(&self.0.held);
        let seq = held.desk.confirmed().seq;
        (held.asked.replace(seq) != Some(seq)).then_some(seq)
    }

    /// The server has done an operation. Its events are in the answer, or in the feed.
    pub(crate) fn answered(&self, op: OpId, done: &Done) {
        // A gap is mended by the feed, which will bring these again.
        let _ = self.take_in(&done.events);
        let touched = {
            let mut held = hold(&self.0.held);
            held.answered.push((op, done.last));
            held.settle_answered()
        };
        self.tell(&touched);
    }

    /// The server has refused an operation: it is painted no more.
    pub(crate) fn refused(&self, op: OpId) {
        let touched = hold(&self.0.held).desk.settle(op);
        self.tell(&touched);
    }

    /// Starts over from a newer snapshot.
    pub(crate) fn replace(&self, board: Board) {
        {
            let mut held = hold(&self.0.held);
            if board.seq < held.desk.confirmed().seq {
                return;
            }
            held.desk.replace(board);
            held.asked = None;
            held.tail.clear();
            held.old_pages = std::mem::take(&mut held.pages);
            let _ = held.settle_answered();
        }
        let mut all = vec![self.0.members.clone(), self.0.about.clone(), self.0.any.clone()];
        all.extend(hold(&self.0.watch).values().map(|(trigger, _)| trigger.clone()));
        notify(all);
        self.0.epoch.update(|n| *n += 1);
    }

    fn end(&self) {
        self.0.gone.set(true);
    }

    /// Tells those who show what was touched, after the lock is gone.
    fn tell(&self, touched: &Touched) {
        let mut triggers: Vec<ArcTrigger> = Vec::new();
        {
            let watch = hold(&self.0.watch);
            let ids = touched.tasks.iter().map(|id| id.uuid()).chain(touched.columns.iter().map(|id| id.uuid()));
            triggers.extend(ids.filter_map(|id| watch.get(&id)).map(|(t, _)| t.clone()));
        }
        if touched.members {
            triggers.push(self.0.members.clone());
        }
        if touched.project {
            triggers.push(self.0.about.clone());
        }
        triggers.push(self.0.any.clone());
        notify(triggers);
    }
}

/// Calls those who listen. Nothing is locked meanwhile: they look at the board at once. Lists are put in another order by it,
/// and texts painted anew, with the boxes in them.
fn notify(triggers: Vec<ArcTrigger>) {
    if !cfg!(feature = "ssr") {
        dom::keep_focus();
    }
    for trigger in triggers {
        trigger.notify();
    }
}

impl Held {
    /// Operations that are answered and whose last event is folded in wait no more, even if their events came inside a
    /// snapshot and not in a frame.
    fn settle_answered(&mut self) -> Touched {
        let seq = self.desk.confirmed().seq;
        let mut touched = Touched::default();
        let (over, still) = std::mem::take(&mut self.answered).into_iter().partition(|(_, last)| *last <= seq);
        self.answered = still;
        let over: Vec<(OpId, i64)> = over;
        for (op, _) in over {
            if self.desk.waiting().iter().any(|p| p.stamp.op == op) {
                touched.add(self.desk.settle(op));
            }
        }
        touched
    }
}

fn touching(task: TaskId) -> Touched {
    let mut touched = Touched::default();
    touched.tasks.push(task);
    touched
}

/// The boards in memory, in the order in which they were opened.
#[derive(Clone, Default)]
pub(crate) struct Boards(Arc<Mutex<Vec<LiveBoard>>>);

impl Boards {
    /// The board of a project, if it is here.
    pub(crate) fn get(&self, project: ProjectId) -> Option<LiveBoard> {
        hold(&self.0).iter().find(|b| b.project() == project).cloned()
    }

    /// The board with this key, if it is here.
    pub(crate) fn by_key(&self, key: &Key) -> Option<LiveBoard> {
        hold(&self.0).iter().find(|b| b.read(|b| b.key == *key)).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<LiveBoard> {
        hold(&self.0).clone()
    }

    /// Opens what the server told; a board that is here already stays, since it has heard more. The second is the board
    /// that had to go for it.
    pub(crate) fn open(&self, snapshot: BoardSnapshot) -> Result<(LiveBoard, Option<LiveBoard>), Refusal> {
        if let Some(board) = self.get(snapshot.project()) {
            return Ok((board, None));
        }
        let board = Board::try_from(snapshot).map_err(|_| Refusal::Fault { reference: "snapshot".to_owned() })?;
        let board = LiveBoard::new(board);
        let mut boards = hold(&self.0);
        boards.push(board.clone());
        // A board with changes that wait must stay to take their answers.
        let oldest = if boards.len() > MOST_BOARDS {
            boards.iter().position(|b| hold(&b.0.held).desk.waiting().is_empty() && b.project() != board.project())
        } else {
            None
        };
        let evicted = oldest.map(|place| boards.remove(place));
        Ok((board, evicted))
    }

    /// The reader's access to a project has ended: everything of it goes.
    pub(crate) fn lose(&self, project: ProjectId) {
        let lost = {
            let mut boards = hold(&self.0);
            boards.iter().position(|b| b.project() == project).map(|place| boards.remove(place))
        };
        if let Some(board) = lost {
            board.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{
        Event, Instant,
        testing::{Random, START_MS, valid},
    };

    use super::*;

    #[test]
    fn what_is_missing_in_the_feed_is_asked_for_once_behind_each_gap() {
        let mut random = Random::new(1);
        let live = LiveBoard::new(Board::new(random.id(), valid("MUS"), valid("Muster"), Hue::of(&[3])));
        let (actor, at, event) = (random.id(), Instant::from_ms(START_MS), Event::ProjectArchived { on: true });
        let hear = |seq| {
            let recorded = Recorded { seq, op: None, actor, at, event: event.clone(), text: None, html: None };
            live.take_in(&[recorded]).err().and_then(|Gap| live.missed())
        };
        assert_eq!([1, 3, 4, 5].map(hear), [None, Some(1), None, None]);
        assert_eq!([2, 4, 5].map(hear), [None, Some(2), None]);
    }
}
