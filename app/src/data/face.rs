//! What a card shows of a task.
//!
//! Must not know: how it is painted.

use model::{Board, Category, Label, Task};
use std::sync::Arc;

/// A task with what its project says about it.
#[derive(Clone, PartialEq)]
pub(crate) struct Face {
    pub(crate) task: Arc<Task>,
    /// Its labels, in the order of the project.
    pub(crate) labels: Vec<Label>,
    /// How many of its parts are finished, and how many it has; without those in the trash.
    pub(crate) parts: (usize, usize),
    /// Whether nothing more is to be done for it.
    pub(crate) is_finished: bool,
}

impl Face {
    pub(crate) fn of(board: &Board, task: &Arc<Task>) -> Self {
        let is_over = |task: &Task| {
            let category = board.status(task.status).map(|s| s.category);
            matches!(category, Some(Category::Done | Category::Cancelled))
        };
        let mut parts = (0, 0);
        for part in board.parts(task.id).filter(|part| part.trashed_at.is_none()) {
            parts.0 += usize::from(is_over(part));
            parts.1 += 1;
        }
        Self {
            task: task.clone(),
            labels: board.labels.iter().filter(|l| task.labels.contains(&l.id)).cloned().collect(),
            parts,
            is_finished: is_over(task),
        }
    }
}
