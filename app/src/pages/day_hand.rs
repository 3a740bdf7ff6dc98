//! What the reader has in hand in the calendar: on which day they stand, which task they carry and to which day. The pointer
//! and the keyboard both come down to it.
//!
//! Must not know: how days and tasks are painted.

use leptos::prelude::*;
use model::{Command, CommandKind, Day, TaskId};
use wasm_bindgen::JsCast;
use web_sys::{Event, KeyboardEvent};

use crate::{
    data::{Client, client, view::Month},
    dom,
    keys::{self, Shortcut},
    live::memo,
    measure,
    pages::{
        days::{Shown, day_id, full, month, moved, stepped},
        drag::{Hand, Point, speed, task_of},
        grip::may_now,
        project::{Here, agenda_link_id, card_link_id, here},
    },
};

/// The id of the element in which all tasks of the calendar lie.
pub(crate) const CALENDAR_ID: &str = "calendar";
/// The ids of what scrolls in it.
pub(crate) const MONTH_ID: &str = "cal-month";
pub(crate) const AGENDA_ID: &str = "cal-agenda";
/// Where an element says which day it is of; of none if that is empty.
const DAY: &str = "data-day";

/// A task that was lifted and not yet put down.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Carried {
    task: TaskId,
    from: Option<Day>,
    /// The day to which it would go.
    to: Option<Day>,
    by_keys: bool,
}

/// What the reader has in hand. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(crate) struct DayHand {
    pub(crate) here: Here,
    client: Client,
    /// The day on which the reader stood last.
    cursor: RwSignal<Option<Day>>,
    carried: RwSignal<Option<Carried>>,
    month: Memo<usize>,
    /// The day that the Tab key reaches, with its tasks: its place among those that are shown.
    pub(crate) stop: Memo<usize>,
    pub(crate) may_move: Memo<bool>,
    pub(crate) may_add: Memo<bool>,
}

impl DayHand {
    /// For the calendar of the page that is being painted.
    pub(crate) fn new() -> Self {
        let (here, cursor) = (here(), RwSignal::new(None::<Day>));
        let (view, today) = (here.view, here.today);
        let month = memo(move || month(view.with(|view| view.month), today.with(|today| today.day)).0);
        let stop = memo(move || {
            let (shown, today) =
                today.with(|today| (Shown::of(Month(month.get()), today.reader.habits.week_start), today.day));
            let stands = cursor.get().and_then(|day| shown.place(day));
            let first = || shown.month.first().and_then(|day| shown.place(day)).unwrap_or(0);
            let of_today = || shown.place(today).filter(|_| Month::of(today) == shown.month);
            stands.or_else(of_today).unwrap_or_else(first)
        });
        Self {
            here,
            client: client(),
            cursor,
            carried: RwSignal::new(None),
            month,
            stop,
            may_move: may_now(CommandKind::SetDue),
            may_add: may_now(CommandKind::CreateTask),
        }
    }

    /// Puts the calendar's keys into the table. On a day or a task they are heard below, and only written there.
    pub(crate) fn register(&self) {
        const GROUP: &str = "Calendar";
        let hand = self.clone();
        let today = move || {
            hand.show(None);
            hand.cursor.set(None);
            true
        };
        keys::register(vec![
            Shortcut::new("t", "Today", GROUP, today).icon("i-calendar"),
            Shortcut::new("Enter", "New task on the day", GROUP, || false),
            Shortcut::new("Space", "Lift the task, and drop it", GROUP, || false),
        ]);
    }

    // what is painted

    /// The days that are shown. Tracked.
    pub(crate) fn shown(&self) -> Shown {
        self.here.today.with(|today| Shown::of(Month(self.month.get()), today.reader.habits.week_start))
    }

    /// The day that the Tab key reaches. Tracked.
    pub(crate) fn stop_day(&self) -> Option<Day> {
        self.shown().day(self.stop.get())
    }

    /// Whether it is in the reader's hand. Tracked.
    pub(crate) fn is_carried(&self, task: TaskId) -> bool {
        self.carried.get().is_some_and(|carried| carried.task == task)
    }

    /// Whether what is in hand would go to this day. Tracked.
    pub(crate) fn is_aim(&self, day: Option<Day>) -> bool {
        self.carried.get().is_some_and(|carried| carried.to == day)
    }

    /// Whether the pointer carries something. Tracked.
    pub(crate) fn is_dragging(&self) -> bool {
        self.carried.get().is_some_and(|carried| !carried.by_keys)
    }

    // going about

    /// Stands on a day from now on.
    pub(crate) fn stand_on(&self, day: Day) {
        if self.cursor.get_untracked() != Some(day) {
            self.cursor.set(Some(day));
        }
    }

    /// Goes to a day; the month changes with it if the day is not shown.
    fn go_to(&self, day: Day) {
        self.stand_on(day);
        if untrack(|| self.shown()).place(day).is_some() {
            // At once: the next key may come before the next frame.
            dom::focus(&day_id(day));
        } else {
            self.show(Some(Month::of(day)));
            dom::focus_soon(day_id(day));
        }
    }

    /// Shows another month, or that of today.
    fn show(&self, month: Option<Month>) {
        let mut view = self.here.view.get_untracked();
        view.month = month;
        self.here.look(&view);
    }

    /// A click: begins a task on a day that shows its tasks itself; on a phone the agenda shows them.
    pub(crate) fn clicked(&self, event: &Event) {
        let Some(day) = day_of(event).filter(|_| !event.default_prevented()) else { return };
        if !dom::is_within(event, "td") || dom::is_within(event, "a, button") {
            return;
        }
        self.stand_on(day);
        if !has_agenda() && self.may_add.get_untracked() {
            self.here.plan(Some(day));
        }
    }

    // carrying

    fn title_and_day(&self, task: TaskId) -> Option<(String, Option<Day>)> {
        self.here.board.read(|b| {
            let task = b.task(task).filter(|t| t.is_live())?;
            Some((
                task.title.to_string(),
                task.due.as_ref().map(|due| self.here.today.with_untracked(|today| today.due_day(due))),
            ))
        })
    }

    fn take(&self, task: TaskId, by_keys: bool) {
        let Some((title, from)) = self.title_and_day(task).filter(|_| self.may_move.get_untracked()) else { return };
        self.carried.set(Some(Carried { task, from, to: from, by_keys }));
        let way = if by_keys { ". Arrow keys carry it, Space drops it, Escape puts it back." } else { "." };
        self.client.say("Lifted ".to_owned() + &title + ", " + &self.called(from) + way);
    }

    fn aim(&self, to: Option<Day>) {
        match self.carried.get_untracked() {
            Some(carried) if carried.to != to => self.carried.set(Some(Carried { to, ..carried })),
            _ => {}
        }
    }

    fn settle(&self) {
        let Some(Carried { task, from, to, by_keys }) = self.carried.get_untracked() else { return };
        self.carried.set(None);
        let Some((title, _)) = self.title_and_day(task) else {
            return self.client.tell("The task you held was removed by somebody else meanwhile.");
        };
        let told = self.called(to);
        if from != to {
            let board = &self.here.board;
            let due = board.read(|b| b.task(task).and_then(|t| moved(t.due.as_ref(), to)));
            let said = title.clone() + if to.is_some() { " is due on " } else { " has " } + &told + ".";
            self.client.act(board, vec![Command::SetDue { project: board.project(), task, due }], said);
        }
        self.client.say(["Dropped ", &title, ", ", &told, "."].concat());
        if by_keys {
            dom::focus_soon(card_link_id(task));
        }
    }

    fn let_go(&self) {
        let Some(Carried { task, from, by_keys, .. }) = self.carried.get_untracked() else { return };
        self.carried.set(None);
        if let Some((title, _)) = self.title_and_day(task) {
            self.client.say(["Put back ", &title, ", ", &self.called(from), "."].concat());
        }
        if by_keys {
            if let Some(day) = from.filter(|day| untrack(|| self.shown()).place(*day).is_none()) {
                self.show(Some(Month::of(day)));
            }
            dom::focus_soon(card_link_id(task));
        }
    }

    /// A day in a sentence, such as `Friday 27 November`.
    pub(crate) fn called(&self, day: Option<Day>) -> String {
        day.map_or_else(|| "no date".to_owned(), |day| self.here.today.with_untracked(|today| full(day, today)))
    }
}

impl Hand for DayHand {
    fn area(&self) -> &'static str {
        CALENDAR_ID
    }

    fn lifted(&self, task: TaskId) -> (String, &'static str) {
        let id = if has_agenda() { agenda_link_id(task) } else { card_link_id(task) };
        (id, ".cal-task, .todo")
    }

    fn may_carry(&self) -> bool {
        self.may_move.get_untracked()
    }

    fn is_empty(&self) -> bool {
        self.carried.get().is_none()
    }

    fn lift(&self, task: TaskId) {
        self.take(task, false);
    }

    fn carry(&self, _: TaskId, at: Point) -> bool {
        if let Some(carried) = self.carried.get_untracked() {
            let to = measure::told_at(at.0, at.1, DAY);
            self.aim(to.map_or(carried.from, |day| day.parse().ok()));
        }
        [MONTH_ID, AGENDA_ID].into_iter().any(|id| {
            let frame = measure::frame_of(id).filter(|frame| (frame.top..frame.bottom).contains(&at.1));
            let down = frame.map_or(0, |frame| speed(at.1, frame.top, frame.bottom));
            down != 0 && measure::scroll_by(id, 0, down)
        })
    }

    fn put_down(&self) {
        self.settle();
    }

    fn put_back(&self) {
        self.let_go();
    }

    // Nothing is chosen here.
    fn choose(&self, _: TaskId, _: bool) {}

    fn hear(&self, event: &Event) {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let is_special = key.ctrl_key() || key.meta_key() || key.alt_key() || key.shift_key() || key.is_composing();
        if is_special || event.default_prevented() || dom::is_about_a_control(event) {
            return;
        }
        let task = task_of(event);
        // On a day itself, where the reader stands counts: while another month is painted, the focus is still behind.
        let day = day_of(event).and_then(|day| if task.is_some() { Some(day) } else { untrack(|| self.stop_day()) });
        let carried = self.carried.get_untracked().filter(|carried| carried.by_keys);
        let from = match carried {
            Some(carried) => carried.to,
            None => day,
        };
        let key = key.key();
        match key.as_str() {
            " " if carried.is_some() => self.settle(),
            "Escape" if carried.is_some() => self.let_go(),
            "Enter" if carried.is_some() => {}
            " " if task.is_some() => {
                if let Some(task) = task {
                    self.take(task, true);
                }
            }
            " " | "Enter" if task.is_none() && day.is_some() && self.may_add.get_untracked() => self.here.plan(day),
            key => {
                let next = match from {
                    Some(from) => stepped(from, key, untrack(|| self.shown()).start),
                    // What has no date yet begins where the reader stands.
                    None if carried.is_some() && key.starts_with("Arrow") => untrack(|| self.stop_day()),
                    None => None,
                };
                let Some(next) = next else { return };
                if carried.is_some() {
                    self.aim(Some(next));
                    self.client.say(self.called(Some(next)) + ".");
                }
                self.go_to(next);
            }
        }
        event.prevent_default();
        event.stop_propagation();
    }

    fn focused(&self, event: &Event) {
        let (task, day) = (task_of(event), day_of(event));
        let elsewhere = |carried: &Carried| carried.by_keys && task != Some(carried.task) && day != carried.to;
        if self.carried.get_untracked().as_ref().is_some_and(elsewhere) {
            self.carried.set(None);
            self.client.say("Put back.");
        }
        if let Some(day) = day {
            self.stand_on(day);
        }
    }
}

/// The day of what an event is about.
fn day_of(event: &Event) -> Option<Day> {
    dom::told_around(event, DAY)?.parse().ok()
}

/// Whether tasks are shown below the month, and not in it.
pub(crate) fn has_agenda() -> bool {
    measure::frame_of(AGENDA_ID).is_some_and(|frame| frame.height() > 0.0)
}
