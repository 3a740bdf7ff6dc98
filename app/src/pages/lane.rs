//! A lane: the tasks of a column, of which only those near the view are mounted.
//!
//! The heights of the others are guessed until they were measured, and stand in custom properties above and below. The task
//! with the focus and the one that is carried stay mounted wherever they are; outside the view they lie at their place
//! without taking part in the flow.

use leptos::prelude::*;
use model::{StatusId, TaskId};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    data::hold,
    dom::{self, Ears},
    live::{Row, effect, memo, part, rows},
    measure,
    pages::{
        card::TaskCard,
        grip::{Grip, lane_id, row_id},
        project::here,
    },
};

/// What the server paints: so many tasks in so many columns. The rest comes once the page lives.
const PAINTED_TASKS: usize = 12;
const PAINTED_COLUMNS: usize = 6;
/// How high a card with its gap is thought to be until one was measured, in pixels.
const GUESS: f64 = 120.0;
/// How far beyond the view rows are mounted, and how near its edge may come to what is not, in pixels.
const FAR: f64 = 320.0;
const NEAR: f64 = 120.0;

/// What of the board is in view.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct View {
    /// The columns in view and one beside them on each side: from this place.
    pub(crate) from: usize,
    /// Up to, not including, this one.
    pub(crate) to: usize,
    /// How high a column can be.
    pub(crate) height: f64,
}

/// A row that is mounted.
#[derive(Clone, Copy, PartialEq)]
struct Mounted {
    task: TaskId,
    place: usize,
    /// Mounted for its own sake, outside of what is near the view.
    is_apart: bool,
}

/// What was measured, by id.
#[derive(Default)]
struct Heights {
    known: Vec<(TaskId, f64)>,
    /// In columns of another width a card has another height.
    width: f64,
}

impl Heights {
    fn learn(&mut self, task: TaskId, frame: measure::Frame) {
        if (self.width - frame.width()).abs() > 1.0 {
            self.width = frame.width();
            self.known.clear();
        }
        match self.known.binary_search_by_key(&task, |(id, _)| *id) {
            Ok(place) => self.known[place].1 = frame.height(),
            Err(place) => self.known.insert(place, (task, frame.height())),
        }
    }

    /// The height of each of these tasks: measured, or the mean of what was.
    fn of(&self, column: &[TaskId]) -> Vec<f64> {
        let sum: f64 = self.known.iter().map(|(_, height)| height).sum();
        let mean = if self.known.is_empty() { GUESS } else { sum / as_f64(self.known.len()) };
        column
            .iter()
            .map(|task| {
                let known = self.known.binary_search_by_key(task, |(id, _)| *id);
                known.map_or(mean, |place| self.known[place].1)
            })
            .collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no column has that many tasks")]
fn as_f64(n: usize) -> f64 {
    n as f64
}

/// Which rows lie between two heights.
fn between(heights: &[f64], top: f64, bottom: f64) -> (usize, usize) {
    let (mut at, mut from, mut to) = (0.0, heights.len(), heights.len());
    for (place, height) in heights.iter().enumerate() {
        if at >= bottom {
            to = place;
            break;
        }
        at += height;
        if at > top {
            from = from.min(place);
        }
    }
    (from.min(to), to)
}

/// What a lane knows about itself.
#[derive(Clone)]
struct Lane {
    status: StatusId,
    grip: Grip,
    column: Memo<Vec<TaskId>>,
    view: RwSignal<Option<View>>,
    place: ReadSignal<usize>,
    /// The rows near the view.
    range: RwSignal<(usize, usize)>,
    heights: Arc<Mutex<Heights>>,
    is_due: Arc<AtomicBool>,
}

impl Lane {
    fn is_in_view(&self, view: View) -> bool {
        (view.from..view.to).contains(&self.place.get())
    }

    /// The rows near the view: at first those that the server paints too. Tracked.
    fn near(&self) -> (usize, usize) {
        match self.view.get() {
            None => (0, if self.place.get() < PAINTED_COLUMNS { PAINTED_TASKS } else { 0 }),
            Some(view) if self.is_in_view(view) => self.range.get(),
            Some(_) => (0, 0),
        }
    }

    /// The rows that are mounted. Tracked.
    fn mounted(&self) -> Vec<Mounted> {
        let (column, (from, to)) = (self.column.get(), self.near());
        let (from, to) = (from.min(column.len()), to.min(column.len()));
        let mut places: Vec<usize> = (from..to).collect();
        for held in self.grip.held_in(&column) {
            if let Err(at) = places.binary_search(&held) {
                places.insert(at, held);
            }
        }
        let is_apart = |place| place < from || place >= to;
        places.into_iter().map(|place| Mounted { task: column[place], place, is_apart: is_apart(place) }).collect()
    }

    /// Looks at the lane before the next frame is painted.
    fn look_soon(&self) {
        if !self.is_due.swap(true, Ordering::Relaxed) {
            let lane = self.clone();
            dom::next_frame(move || {
                lane.is_due.store(false, Ordering::Relaxed);
                lane.look();
            });
        }
    }

    /// Measures what is mounted, decides what should be, and gives the rest its room.
    fn look(&self) {
        // A lane that has gone meanwhile has no signals any more.
        let Some(Some(view)) = self.view.try_get_untracked() else { return };
        let Some(column) = self.column.try_get_untracked() else { return };
        let id = lane_id(self.status);
        let mut known = hold(&self.heights);
        for (task, frame) in measure::frames_in(&id, "data-task") {
            if let Ok(task) = task.parse() {
                known.learn(task, frame);
            }
        }
        let heights = known.of(&column);
        drop(known);
        let top = measure::scrolled(&id);
        let wanted = |beyond: f64| between(&heights, top - beyond, top + view.height + beyond);
        let (needed, wide, now) = (wanted(NEAR), wanted(FAR), self.range.get_untracked());
        // Rows come and go several at a time, not with each pixel.
        let is_enough = now.0 <= needed.0 && now.1 >= needed.1 && now.0 + 8 >= wide.0 && now.1 <= wide.1 + 8;
        if !is_enough {
            dom::keep_focus();
            self.range.set(wide);
        }
        let (from, to) = untrack(|| self.near());
        let sum = |rows: Option<&[f64]>| rows.into_iter().flatten().fold(0.0, |sum, height| sum + height);
        measure::set_size(&id, "--lane-before", sum(heights.get(..from)));
        measure::set_size(&id, "--lane-after", sum(heights.get(to.min(heights.len())..)));
        for place in untrack(|| self.grip.held_in(&column)) {
            measure::set_size(&row_id(column[place]), "--row-top", sum(heights.get(..place)));
        }
    }
}

/// The tasks of a column.
#[component]
pub(crate) fn TaskLane(
    /// The column.
    status: StatusId,
    /// What it is called.
    name: Memo<String>,
    /// How many columns stand before it.
    place: ReadSignal<usize>,
    /// What of the board is in view, once the page lives.
    view: RwSignal<Option<View>>,
    /// What the reader has in hand.
    grip: Grip,
) -> impl IntoView {
    let board = here().board;
    let (column, n) = (board.column(status), board.n_in_column(status));
    let lane = Lane {
        status,
        grip: grip.clone(),
        column,
        view,
        place,
        range: RwSignal::new((0, PAINTED_TASKS)),
        heights: Arc::default(),
        is_due: Arc::default(),
    };
    let (windowed, scrolling) = (lane.clone(), lane.clone());
    let mounted = memo(move || windowed.mounted());
    effect(move || {
        let lane = scrolling.clone();
        Ears::keep(Some(&lane_id(status)), &["scroll"], move |_| lane.look_soon());
    });
    effect(move || {
        column.with(|_| ());
        mounted.with(|_| ());
        view.track();
        lane.look_soon();
    });
    part! {
        <ul
            class="cards"
            id=lane_id(status)
            role="list"
            aria-label=move || name.get() + " tasks"
        >
            {rows(move || mounted.get().into_iter().map(|row| item(row.task, status, mounted, n, &grip)).collect())}
        </ul>
    }
}

fn item(task: TaskId, status: StatusId, mounted: Memo<Vec<Mounted>>, n: Memo<usize>, grip: &Grip) -> Row {
    let grip = grip.clone();
    Row::new((task.uuid().as_u128(), 0), move |place| {
        let row = move || mounted.with(|rows| rows.get(place.get()).copied());
        let carried = grip.carried;
        let drop = move || {
            let carried = carried.get().filter(|c| c.to == status)?;
            match carried.after {
                Some(after) => (after == task).then_some("after"),
                None => row().is_some_and(|r| r.place == 0).then_some("before"),
            }
        };
        part! {
            <li
                id=row_id(task)
                data-task=task.to_string()
                data-apart=move || row().is_some_and(|r| r.is_apart).then_some("true")
                data-drop=drop
                aria-setsize=move || n.get().to_string()
                aria-posinset=move || row().map(|r| (r.place + 1).to_string())
            >
                <TaskCard task grip/>
            </li>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_touch_the_view_are_between() {
        let heights = [100.0, 50.0, 100.0, 100.0];
        for (top, bottom, rows) in [
            (0.0, 100.0, (0, 1)),
            (0.0, 101.0, (0, 2)),
            (100.0, 150.0, (1, 2)),
            (149.0, 300.0, (1, 4)),
            (-50.0, 10.0, (0, 1)),
            (340.0, 900.0, (3, 4)),
            (350.0, 900.0, (4, 4)),
        ] {
            assert_eq!(between(&heights, top, bottom), rows, "{top} to {bottom}");
        }
        assert_eq!(between(&[], 0.0, 500.0), (0, 0));
    }

    #[test]
    fn what_was_not_measured_is_as_high_as_the_others_on_average() {
        let id = |n| model::new_id::<TaskId>(model::Instant::from_ms(n), [7; 10]);
        let frame = |height| measure::Frame { right: 200.0, bottom: height, ..measure::Frame::default() };
        let mut heights = Heights::default();
        assert_eq!(heights.of(&[id(1)]), [GUESS]);
        heights.learn(id(2), frame(80.0));
        heights.learn(id(1), frame(100.0));
        heights.learn(id(1), frame(120.0));
        assert_eq!(heights.of(&[id(1), id(2), id(3)]), [120.0, 80.0, 100.0]);
        heights.learn(id(3), measure::Frame { right: 300.0, bottom: 60.0, ..measure::Frame::default() });
        assert_eq!(heights.of(&[id(1), id(3)]), [60.0, 60.0]);
    }
}
