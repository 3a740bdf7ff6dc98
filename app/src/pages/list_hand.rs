//! The reader's hand in the list: the boxes by which tasks are chosen, and the keys that go from task to task.
//!
//! Must not know: groups, what rows show.

use leptos::{ev::MouseEvent, prelude::*};
use model::TaskId;
use web_sys::HtmlInputElement;

use crate::{
    components::popover,
    dom,
    keys::{self, Shortcut},
    live::{live, memo, part},
    pages::{carry::is_on_a_task, grip::Grip, project::card_link_id, task_keys},
};

/// The heading in the sheet of shortcuts.
const GROUP: &str = "List";

/// The tasks in the order in which they stand in the list, each once.
pub(crate) type Order = Memo<Vec<TaskId>>;

/// Puts the list's keys into the table.
pub(crate) fn register(grip: &Grip, order: Order) {
    let go = |keys, name, is_down| {
        let grip = grip.clone();
        Shortcut::new(keys, name, GROUP, move || step(&grip, order, is_down))
    };
    let (choosing, clearing) = (grip.clone(), grip.clone());
    let mut table = vec![
        go("j|ArrowDown", "Next task", true),
        go("k|ArrowUp", "Task before", false),
        Shortcut::new("x", "Select the task", GROUP, move || choosing.choose_here()),
        Shortcut::new("Escape", "Select nothing", GROUP, move || clearing.choose_none()),
    ];
    table.extend(task_keys::of_chosen(grip, GROUP));
    keys::register(table);
}

/// Goes one row further. Who stands nowhere begins where they were, or with the first. Says whether that was a task's key.
fn step(grip: &Grip, order: Order, is_down: bool) -> bool {
    let is_nowhere = dom::focused().is_none_or(|id| id == "main");
    if !(is_nowhere || is_on_a_task()) {
        return false;
    }
    let order = order.get_untracked();
    let now = grip.cursor.get_untracked().and_then(|task| order.iter().position(|t| *t == task));
    let is_there = |task: &&TaskId| popover::element(&card_link_id(**task)).is_some();
    let next = match now {
        Some(place) if is_nowhere => order[place..].iter().find(is_there),
        None => order.iter().find(is_there),
        Some(place) if is_down => order[place + 1..].iter().find(is_there),
        Some(place) => order[..place].iter().rev().find(is_there),
    };
    if let Some(task) = next {
        grip.go_to(*task);
    }
    true
}

/// The box of a task, for who may do something with what is chosen.
pub(crate) fn select_one(
    grip: &Grip,
    order: Order,
    task: TaskId,
    is_chosen: Memo<bool>,
    number: Memo<String>,
) -> AnyView {
    let hand = grip.clone();
    let choose = Callback::new(move |event: MouseEvent| {
        if event.shift_key() {
            order.with_untracked(|all| hand.choose_to(all, task));
            // The browser has turned the box over, whatever the range made of the task.
            let node: HtmlInputElement = event_target(&event);
            node.set_checked(is_chosen.get_untracked());
        } else {
            hand.choose(task);
        }
    });
    let name = Signal::derive(move || "Select ".to_owned() + &number.get());
    select(grip.may_move, "sel-".to_owned() + &task.to_string(), name, is_chosen, choose)
}

/// The box that chooses all that the list has.
pub(crate) fn select_all(grip: &Grip, order: Order) -> AnyView {
    let (looking, hand) = (grip.clone(), grip.clone());
    let are_all = memo(move || {
        let chosen = looking.chosen.get();
        order.with(|all| !all.is_empty() && all.iter().all(|task| chosen.contains(task)))
    });
    let choose = Callback::new(move |_| hand.choose_all(order.get_untracked()));
    select(grip.may_move, "sel-all".to_owned(), Signal::stored("Select all".to_owned()), are_all, choose)
}

fn select(
    may: Memo<bool>,
    id: String,
    name: Signal<String>,
    is_on: Memo<bool>,
    choose: Callback<MouseEvent>,
) -> AnyView {
    live(move || {
        may.get().then(|| {
            part! {
                <label class="check-cell">
                    <input
                        type="checkbox"
                        id=id.clone()
                        aria-label=move || name.get()
                        prop:checked=move || is_on.get()
                        on:click=move |event| choose.run(event)
                    />
                </label>
            }
        })
    })
}
