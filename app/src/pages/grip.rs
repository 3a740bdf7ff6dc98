//! What the reader has in hand on the board: where they are, which task they carry and where it would go, which tasks they
//! have chosen. The pointer and the keyboard both come down to it.
//!
//! Must not know: pointers, keys, geometry.

use leptos::prelude::*;
use model::{Command, CommandKind, Spot, StatusId, TaskId};

use crate::{
    data::{Client, boards::LiveBoard, client},
    dom,
    live::{effect, memo},
    measure,
    pages::project::{card_link_id, here},
};

/// A task that was lifted and not yet put down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) task: TaskId,
    /// The column in which it would be put down.
    pub(crate) to: StatusId,
    /// Behind which task of it; before all if there is none.
    pub(crate) after: Option<TaskId>,
    /// Whether it is carried with the keyboard.
    pub(crate) by_keys: bool,
}

/// What the reader has in hand. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct Grip {
    pub(crate) board: LiveBoard,
    pub(crate) client: Client,
    /// The task that has, or had last, the focus: the one stop of the board on the way of the Tab key.
    pub(crate) cursor: RwSignal<Option<TaskId>>,
    pub(crate) carried: RwSignal<Option<Carried>>,
    /// In the order in which they were chosen.
    pub(crate) chosen: RwSignal<Vec<TaskId>>,
    /// The task whose link the Tab key reaches.
    pub(crate) stop: Memo<Option<TaskId>>,
    /// Whether the reader may move tasks.
    pub(crate) may_move: Memo<bool>,
}

/// Whether the reader may do this on the board now: in an archived project all stays as it is.
pub(crate) fn may_now(kind: CommandKind) -> Memo<bool> {
    let here = here();
    memo(move || here.may(kind) && !here.board.about().is_archived)
}

/// Which way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
    Left,
    Right,
}

impl Grip {
    /// For the board of the page that is being painted.
    pub(crate) fn new() -> Self {
        let (board, cursor) = (here().board, RwSignal::new(None));
        let first = board.clone();
        let stop = memo(move || cursor.get().or_else(|| first.first()));
        Self {
            board,
            client: client(),
            cursor,
            carried: RwSignal::new(None),
            chosen: RwSignal::new(Vec::new()),
            stop,
            may_move: may_now(CommandKind::MoveTask),
        }
    }

    // what is painted

    /// Whether the Tab key reaches this task. Tracked.
    pub(crate) fn is_stop(&self, task: TaskId) -> bool {
        self.stop.get() == Some(task)
    }

    /// Whether it is in the reader's hand, alone or with others. Tracked.
    pub(crate) fn is_carried(&self, task: TaskId) -> bool {
        self.carried
            .get()
            .is_some_and(|carried| carried.task == task || (self.is_chosen(carried.task) && self.is_chosen(task)))
    }

    /// Whether it is chosen. Tracked.
    pub(crate) fn is_chosen(&self, task: TaskId) -> bool {
        self.chosen.with(|chosen| chosen.contains(&task))
    }

    /// Tasks of a column that have to be there whether anybody sees them or not: the one with the focus, the carried one,
    /// and the one behind which that would be put. Tracked.
    pub(crate) fn held_in(&self, column: &[TaskId]) -> Vec<usize> {
        let carried = self.carried.get();
        let held = [self.cursor.get(), carried.map(|c| c.task), carried.and_then(|c| c.after)];
        held.into_iter().flatten().filter_map(|task| column.iter().position(|t| *t == task)).collect()
    }

    // where things are

    /// What a column is called.
    pub(crate) fn name(&self, status: StatusId) -> String {
        self.board.read(|b| b.status(status).map(|s| s.name.to_string())).unwrap_or_default()
    }

    pub(crate) fn title(&self, task: TaskId) -> String {
        self.board.read(|b| b.task(task).map(|t| t.title.to_string())).unwrap_or_default()
    }

    /// The tasks of a column without one.
    fn others(&self, status: StatusId, without: TaskId) -> Vec<TaskId> {
        self.board.read(|b| b.column(status).filter(|t| *t != without).collect())
    }

    /// Where a task stands.
    fn place(&self, task: TaskId) -> Option<(StatusId, Option<TaskId>)> {
        self.board.read(|b| {
            let status = b.task(task)?.status;
            let before = b.column(status).take_while(|t| *t != task).last();
            Some((status, before))
        })
    }

    /// The column beside one.
    fn beside(&self, status: StatusId, way: Way) -> Option<StatusId> {
        self.board.read(|b| {
            let place = b.place_of(status)?;
            let place = if way == Way::Left { place.checked_sub(1)? } else { place + 1 };
            b.statuses.get(place).map(|s| s.id)
        })
    }

    /// Such as `2 of 5 in Todo`.
    fn told(&self, task: TaskId, to: StatusId, after: Option<TaskId>) -> String {
        let others = self.others(to, task);
        let place = after.and_then(|after| others.iter().position(|t| *t == after)).map_or(1, |place| place + 2);
        [&place.to_string(), " of ", &(others.len() + 1).to_string(), " in ", &self.name(to)].concat()
    }

    // carrying

    /// What is in the reader's hand.
    pub(crate) fn in_hand(&self) -> Option<Carried> {
        self.carried.get_untracked()
    }

    /// Lifts a task where it stands.
    pub(crate) fn lift(&self, task: TaskId, by_keys: bool) {
        let Some((to, after)) = self.place(task).filter(|_| self.may_move.get_untracked()) else { return };
        self.carried.set(Some(Carried { task, to, after, by_keys }));
        let way = if by_keys { ". Arrow keys move it, Space drops it, Escape puts it back." } else { "." };
        self.client.say("Lifted ".to_owned() + &self.title(task) + ", " + &self.told(task, to, after) + way);
    }

    /// Carries it to another place. Says whether that is another one.
    pub(crate) fn carry_to(&self, to: StatusId, after: Option<TaskId>) -> bool {
        match self.in_hand() {
            Some(carried) if (carried.to, carried.after) != (to, after) => {
                self.carried.set(Some(Carried { to, after, ..carried }));
                true
            }
            _ => false,
        }
    }

    /// Carries it one place or column further, and says where it is.
    pub(crate) fn carry(&self, way: Way) {
        let Some(Carried { task, to, after, .. }) = self.in_hand() else { return };
        let place = |others: &[TaskId]| after.and_then(|a| others.iter().position(|t| *t == a)).map_or(0, |p| p + 1);
        let (next, others) = match way {
            Way::Up | Way::Down => (to, self.others(to, task)),
            Way::Left | Way::Right => {
                let Some(next) = self.beside(to, way) else { return };
                (next, self.others(next, task))
            }
        };
        let now = if next == to { place(&others) } else { place(&self.others(to, task)) };
        let then = match way {
            Way::Up => now.saturating_sub(1),
            Way::Down => now + 1,
            Way::Left | Way::Right => now,
        };
        let then = then.min(others.len());
        let behind = then.checked_sub(1).and_then(|place| others.get(place).copied());
        dom::keep_focus();
        self.carry_to(next, behind);
        self.client.say(self.told(task, next, behind) + ".");
        // What it would stand behind, or before, comes into view.
        let shown = behind.or_else(|| others.first().copied()).map_or_else(|| lane_id(next), row_id);
        dom::next_frame(move || dom::next_frame(move || measure::bring_into_view(&shown)));
    }

    /// Puts it down where it was carried to.
    pub(crate) fn drop(&self) {
        let Some(Carried { task, to, after, .. }) = self.in_hand() else { return };
        self.carried.set(None);
        let told = ["Dropped ", &self.title(task), ", ", &self.told(task, to, after), "."].concat();
        let together = self.together(task);
        // One task that stays where it is, is no change.
        if together.len() > 1 || self.place(task) != Some((to, after)) {
            self.move_all(&together, to, after);
        }
        self.client.say(told);
    }

    /// Puts it back to where it was.
    pub(crate) fn put_back(&self) {
        let Some(Carried { task, .. }) = self.in_hand() else { return };
        self.carried.set(None);
        if let Some((to, after)) = self.place(task) {
            self.client.say("Put back ".to_owned() + &self.title(task) + ", " + &self.told(task, to, after) + ".");
        }
    }

    /// What goes with a task when it is moved: all that is chosen, if it is, in the order of the board.
    fn together(&self, task: TaskId) -> Vec<TaskId> {
        let chosen = self.chosen.get_untracked();
        if chosen.contains(&task) {
            self.board.read(|b| b.tasks().map(|t| t.id).filter(|t| chosen.contains(t)).collect())
        } else {
            vec![task]
        }
    }

    fn move_all(&self, tasks: &[TaskId], to: StatusId, mut after: Option<TaskId>) {
        // What moves cannot be what it is put behind.
        while let Some(task) = after.filter(|a| tasks.contains(a)) {
            after = self.board.read(|b| b.column(to).take_while(|t| *t != task).last());
        }
        let project = self.board.project();
        let mut commands = Vec::new();
        for task in tasks {
            let spot = after.map_or(Spot::First, Spot::After);
            commands.push(Command::MoveTask { project, task: *task, to, spot });
            after = Some(*task);
        }
        let what = match tasks {
            [task] => self.title(*task),
            _ => n_tasks(tasks.len()),
        };
        self.client.act(&self.board, commands, what + " moved to " + &self.name(to) + ".");
    }

    // going about

    /// The task next to one.
    pub(crate) fn next(&self, task: TaskId, way: Way) -> Option<TaskId> {
        let (status, before) = self.place(task)?;
        self.board.read(|b| {
            let place = b.column(status).take_while(|t| *t != task).count();
            match way {
                Way::Up => before,
                Way::Down => b.column(status).nth(place + 1),
                Way::Left | Way::Right => {
                    let from = b.place_of(status)?;
                    let columns: Vec<StatusId> = if way == Way::Left {
                        b.statuses[..from].iter().rev().map(|s| s.id).collect()
                    } else {
                        b.statuses[from + 1..].iter().map(|s| s.id).collect()
                    };
                    let column = columns.into_iter().find(|c| b.n_in_column(*c) > 0)?;
                    b.column(column).take(place + 1).last()
                }
            }
        })
    }

    /// A task has got the focus. Who goes elsewhere with something in the hand of the keyboard puts it back.
    pub(crate) fn stand_at(&self, task: TaskId) {
        if self.in_hand().is_some_and(|carried| carried.by_keys && carried.task != task) {
            self.put_back();
        }
        if self.cursor.get_untracked() != Some(task) {
            self.cursor.set(Some(task));
        }
    }

    /// Gives a task the focus, wherever on the board it is.
    pub(crate) fn go_to(&self, task: TaskId) {
        dom::keep_focus();
        self.cursor.set(Some(task));
        // It is mounted in this frame, and given its place in it; in the next it can be shown.
        dom::next_frame(move || {
            dom::focus_in_place(&card_link_id(task));
            dom::next_frame(move || measure::bring_into_view(&row_id(task)));
        });
    }

    // what others do

    /// Follows what others do to the tasks in hand: what they take away is put down, and the focus goes to what stands next.
    pub(crate) fn follow(&self) {
        let (grip, in_hand) = (self.clone(), self.carried);
        let held = memo(move || in_hand.get().map(|carried| carried.task));
        let mut known: Option<(u32, StatusId, model::Rank)> = None;
        effect(move || {
            let Some(task) = held.get() else {
                known = None;
                return;
            };
            let painted = grip.board.task(task).get().filter(|t| t.is_live());
            let now = painted.map(|t| (t.number, t.status, t.rank.clone()));
            let stays = match (&known, &now) {
                (_, None) => false,
                (None, Some(_)) => true,
                // A number comes with the place that the server gave it.
                (Some(known), Some(now)) => known == now || known.0 != now.0,
            };
            if stays {
                known = now;
                return;
            }
            let title = grip.title(task);
            grip.carried.set(None);
            grip.client.tell(match now {
                Some(_) => title + " was moved by somebody else meanwhile. It is no longer in your hand.",
                None => "The task you held was removed by somebody else meanwhile.".to_owned(),
            });
        });
        let grip = self.clone();
        let mut stood = None;
        effect(move || {
            let Some(task) = grip.cursor.get() else { return };
            if grip.board.task(task).get().is_some_and(|t| t.is_live()) {
                stood = [Way::Down, Way::Up, Way::Right, Way::Left].into_iter().find_map(|way| grip.next(task, way));
                return;
            }
            // It went away under the focus, which goes on beside it.
            grip.cursor.set(stood.filter(|next| *next != task));
            if let Some(next) = stood.take() {
                dom::next_frame(move || dom::focus_if_lost(&card_link_id(next)));
            }
        });
    }
}

/// Such as `2 tasks`.
pub(crate) fn n_tasks(n: usize) -> String {
    n.to_string() + if n == 1 { " task" } else { " tasks" }
}

/// The id of the list of a column's tasks.
pub(crate) fn lane_id(status: StatusId) -> String {
    "lane-".to_owned() + &status.to_string()
}

/// The id of a task's row.
pub(crate) fn row_id(task: TaskId) -> String {
    "row-".to_owned() + &task.to_string()
}
