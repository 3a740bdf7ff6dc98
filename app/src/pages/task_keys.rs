//! Keys that change tasks: the one that is open, or those that are chosen on the board.
//!
//! They press what stands on the page, so what may not be changed cannot be changed by key either. Must not know: what
//! becomes of it.

use model::{Command, TaskId};

use crate::{
    components::popover,
    data::client,
    dom,
    keys::{self, Shortcut},
    pages::{carry::is_on_a_task, grip::Grip, project::here},
};

/// Puts the keys of the opened task into the table. On a task of the board below they are those of the board.
pub(crate) fn of_opened(task: TaskId) {
    let key = |keys, name, act: fn(&'static str) -> bool, id| {
        Shortcut::new(keys, name, "Task", move || !is_on_a_task() && act(id))
    };
    let (client, here) = (client(), here());
    let take = Shortcut::new("i", "Assign to me", "Task", move || {
        let me = client.me().map(|me| me.person.id).filter(|_| !is_on_a_task());
        let (Some(person), Some(painted)) = (me, here.board.read(|b| b.task(task).cloned())) else { return false };
        let command = Command::Assign { project: here.board.project(), task, person };
        painted.assignees.contains(&person) || client.act(&here.board, vec![command], "Assigned to you.")
    });
    keys::register(vec![
        key("s", "Change the status", popover::press, "p-status"),
        key("p", "Change the priority", popover::press, "p-priority"),
        key("a", "Change the assignees", popover::press, "p-assignee"),
        take,
        key("l", "Change the labels", popover::press, "p-labels"),
        key("d", "Change the due date", go, "p-due"),
        key("r", "Edit the title", popover::press, "edit-title"),
        key("e", "Edit the description", popover::press, "edit-text"),
        key("m", "Write a comment", go, "c"),
    ]);
}

/// The keys of the tasks that are chosen on the board, or of the one that has the focus, which is chosen by them.
pub(crate) fn of_chosen(grip: &Grip, group: &'static str) -> Vec<Shortcut> {
    let key = |keys, name, act: fn(&'static str) -> bool, id| {
        let grip = grip.clone();
        Shortcut::new(keys, name, group, move || {
            let is_ready = grip.has_chosen();
            if !is_ready && !grip.choose_here() {
                return false;
            }
            // The bar that has the button may be painted only now.
            dom::next_frame(move || {
                act(id);
            });
            true
        })
    };
    vec![
        key("s", "Change the status", popover::press, "bulk-status"),
        key("p", "Change the priority", popover::press, "bulk-priority"),
        key("a", "Change the assignees", popover::press, "bulk-assign"),
        key("l", "Change the labels", popover::press, "bulk-labels"),
        key("d", "Change the due date", go, "bulk-due"),
    ]
}

fn go(id: &'static str) -> bool {
    let is_there = popover::element(id).is_some();
    dom::focus(id);
    is_there
}
