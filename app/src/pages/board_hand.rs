//! The grip of the board as a [`Hand`]: from where things lie on the screen it follows where what is carried would go.

use leptos::prelude::*;
use model::{StatusId, TaskId};
use web_sys::Event;

use crate::{
    measure::{self, Frame},
    pages::{
        board::BOARD_ID,
        carry,
        drag::{Hand, Point, speed},
        grip::{Grip, lane_id},
        project::card_link_id,
    },
};

impl Hand for Grip {
    fn area(&self) -> &'static str {
        BOARD_ID
    }

    fn lifted(&self, task: TaskId) -> (String, &'static str) {
        (card_link_id(task), "article")
    }

    fn may_carry(&self) -> bool {
        self.may_move.get_untracked()
    }

    fn is_empty(&self) -> bool {
        self.carried.get().is_none()
    }

    fn lift(&self, task: TaskId) {
        Self::lift(self, task, false);
    }

    fn carry(&self, task: TaskId, at: Point) -> bool {
        let Some((to, after)) = place_at(at, task) else { return false };
        self.carry_to(to, after);
        scroll_at(at, to)
    }

    fn put_down(&self) {
        Self::drop(self);
    }

    fn put_back(&self) {
        Self::put_back(self);
    }

    fn choose(&self, task: TaskId, is_range: bool) {
        if is_range {
            let all: Vec<TaskId> = self.board.read(|b| b.tasks().map(|t| t.id).collect());
            self.choose_to(&all, task);
        } else {
            Self::choose(self, task);
        }
    }

    fn hear(&self, event: &Event) {
        carry::hear(self, event);
    }

    fn focused(&self, event: &Event) {
        carry::focused(self, event);
    }
}

/// Where what is carried would go: the column under the pointer, and the last of its tasks that begins above it.
fn place_at(at: Point, carried: TaskId) -> Option<(StatusId, Option<TaskId>)> {
    let columns = measure::frames_in(BOARD_ID, "data-status");
    let place = columns.iter().rposition(|(_, frame)| frame.left <= at.0).unwrap_or(0);
    let column: StatusId = columns.get(place)?.0.parse().ok()?;
    let tasks = measure::frames_in(&lane_id(column), "data-task");
    let tasks = tasks.into_iter().filter_map(|(id, frame)| Some((id.parse().ok()?, frame)));
    Some((column, behind(tasks, at.1, carried)))
}

/// The last task whose middle is above a height.
fn behind(tasks: impl Iterator<Item = (TaskId, Frame)>, y: f64, carried: TaskId) -> Option<TaskId> {
    let above = tasks.filter(|(task, frame)| *task != carried && f64::midpoint(frame.top, frame.bottom) < y);
    above.last().map(|(task, _)| task)
}

/// Scrolls what the pointer is at the edge of. Says whether anything moved.
fn scroll_at(at: Point, column: StatusId) -> bool {
    let lane = lane_id(column);
    let down = measure::frame_of(&lane).map_or(0, |frame| speed(at.1, frame.top, frame.bottom));
    let right = measure::frame_of(BOARD_ID).map_or(0, |frame| speed(at.0, frame.left, frame.right));
    let moved = down != 0 && measure::scroll_by(&lane, 0, down);
    (right != 0 && measure::scroll_by(BOARD_ID, right, 0)) || moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_goes_behind_the_last_task_whose_middle_is_above() {
        let id = |n| model::new_id::<TaskId>(model::Instant::from_ms(n), [7; 10]);
        let frame = |top| Frame { top, bottom: top + 100.0, ..Frame::default() };
        let tasks = [(id(1), frame(0.0)), (id(2), frame(100.0)), (id(3), frame(200.0))];
        for (y, carried, after) in [
            (10.0, 9, None),
            (60.0, 9, Some(1)),
            (240.0, 9, Some(2)),
            (900.0, 9, Some(3)),
            (240.0, 2, Some(1)),
            (900.0, 3, Some(2)),
        ] {
            assert_eq!(behind(tasks.into_iter(), y, id(carried)), after.map(id), "{y}");
        }
    }
}
