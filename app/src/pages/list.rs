//! A project as a list: tasks in groups, each changed where it is read.

use leptos::prelude::*;
use model::{Due, PersonId, Priority, StatusId, Task, TaskId, Today};
use std::{
    collections::{BTreeSet, BinaryHeap},
    sync::Arc,
};

use crate::{
    components::{
        icon::{Icon, StatusIcon, shape},
        prio::PriorityIcon,
    },
    data::{
        client,
        view::{Group, PRIORITIES, Sort, View, folded},
    },
    live::{Row, effect, live, memo, part, rows},
    pages::{
        drag::task_of,
        filters::NoneFits,
        grip::Grip,
        home::counted,
        list_hand::{self, select_all},
        list_row::ListRow,
        project::{Here, follow_changes, here},
        selection::SelectionBar,
    },
};

/// How many tasks are shown at a time.
const STEP: usize = 100;
/// How many of them the server paints.
const PAINTED: usize = 40;

/// What tasks are put together by: the group's value, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Status(StatusId),
    Person(Option<PersonId>),
    Priority(Option<Priority>),
    Due(Within),
}

/// When the tasks of a group are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Overdue,
    Today,
    Week,
    Later,
    Never,
}

impl Within {
    const ALL: [Self; 5] = [Self::Overdue, Self::Today, Self::Week, Self::Later, Self::Never];

    const fn word(self) -> &'static str {
        match self {
            Self::Overdue => "Overdue",
            Self::Today => "Today",
            Self::Week => "Within 7 days",
            Self::Later => "Later",
            Self::Never => "No date",
        }
    }

    fn of(task: &Task, today: &Today) -> Self {
        match task.due.as_ref().map(|due| today.until(today.due_day(due))) {
            None => Self::Never,
            Some(..0) => Self::Overdue,
            Some(0) => Self::Today,
            Some(1..7) => Self::Week,
            Some(_) => Self::Later,
        }
    }
}

/// A group with all its tasks in order.
type Grouped = Vec<(Of, Vec<TaskId>)>;

/// The list of the project.
#[component]
pub(crate) fn ListView() -> impl IntoView {
    let here = here();
    let (shown, set_shown) = signal(PAINTED);
    effect(move || set_shown.set(STEP));
    let collapsed = RwSignal::new(Vec::<u128>::new());
    let editing = RwSignal::new(None::<TaskId>);
    let looking = here.clone();
    let groups = memo(move || grouped(&looking));
    let grip = Grip::new();
    let order = memo(move || {
        let (mut order, mut known) = (Vec::new(), BTreeSet::new());
        // A task of several people stands in the group of each.
        groups.with(|all| order.extend(all.iter().flat_map(|(_, tasks)| tasks).filter(|task| known.insert(**task))));
        order
    });
    list_hand::register(&grip, order);
    follow_changes();
    let n_all = memo(move || groups.with(|groups| groups.iter().map(|(_, tasks)| tasks.len()).sum::<usize>()));
    let (in_rows, in_head, at) = (grip.clone(), grip.clone(), grip.clone());
    let body = move || {
        let (mut list, mut left) = (Vec::new(), shown.get());
        groups.with(|all| {
            for (of, tasks) in all {
                let key = key(*of);
                if left == 0 {
                    break;
                }
                let of = *of;
                list.push(Row::new((key, 1), move |_| part! { <Head of groups collapsed/> }));
                if collapsed.with(|c| c.contains(&key)) {
                    continue;
                }
                for task in tasks.iter().take(left).copied() {
                    // A task of several people stands in the group of each.
                    let apart = task.uuid().as_u128() ^ if matches!(of, Of::Person(_)) { key } else { 0 };
                    let grip = in_rows.clone();
                    list.push(Row::new((apart, 0), move |_| part! { <ListRow task editing grip order/> }));
                }
                left = left.saturating_sub(tasks.len());
            }
        });
        list
    };
    let more = move || {
        let more = n_all.get().saturating_sub(shown.get());
        (more > 0 && shown.get() >= STEP).then(|| {
            part! {
                <button class="btn btn-quiet" type="button" on:click=move |_| set_shown.update(|s| *s += STEP)>
                    {"Show more (".to_owned() + &counted(more, "task") + " not shown)"}
                </button>
            }
        })
    };
    let view = here.view;
    let caption = move || "Tasks grouped by ".to_owned() + view.with(|view| view.group).word();
    let board = here.board;
    let is_bare = memo(move || board.is_sifted() && n_all.get() == 0);
    let body = Arc::new(body);
    live(move || {
        if is_bare.get() {
            return part! { <NoneFits/> };
        }
        let (body, at) = (body.clone(), at.clone());
        part! {
            <div class="scroll list">
                <table
                    class="list-table"
                    on:focusin=move |event| {
                        if let Some(task) = task_of(&event) {
                            at.stand_at(task);
                        }
                    }
                >
                    <caption class="vh">{live(caption)}</caption>
                    <thead>
                        <tr>
                            <th class="c-sel" scope="col">{select_all(&in_head, order)}</th>
                            {column("c-pr", "Priority", true, Some(Sort::Priority))}
                            {column("c-id", "ID", false, Some(Sort::Number))}
                            {column("c-st", "Status", true, None)}
                            {column("c-title", "Title", false, Some(Sort::Title))}
                            {column("c-lab", "Labels", false, None)}
                            {column("c-sub", "Sub-tasks", false, None)}
                            {column("c-who", "Assignee", false, None)}
                            {column("c-due", "Due", false, Some(Sort::Due))}
                        </tr>
                    </thead>
                    <tbody>{rows(move || body())}</tbody>
                </table>
                {live(more)}
            </div>
            <SelectionBar grip=grip.clone()/>
        }
    })
}

/// The head of a column; with a button where tasks can be ordered by it.
fn column(class: &'static str, name: &'static str, is_hidden: bool, by: Option<Sort>) -> AnyView {
    let here = here();
    let view = here.view;
    let Some(by) = by else {
        return part! { <th class=class scope="col"><span class=is_hidden.then_some("vh")>{name}</span></th> };
    };
    let order = memo(move || {
        let (sort, is_down) = view.with(|view| (view.sort, view.is_down));
        (sort == by).then_some(if is_down { "descending" } else { "ascending" })
    });
    let id = "sort-".to_owned() + class;
    part! {
        <th class=class scope="col" aria-sort=order>
            <button
                class="sort-btn"
                type="button"
                id=id
                aria-label="Sort by ".to_owned() + name
                on:click=move |_| here.look(&view.get_untracked().sorted(by))
            >
                <span class=is_hidden.then_some("vh")>{name}</span>
                {live(move || match order.get() {
                    Some("ascending") => part! { <Icon name="i-sortup" class="icon icon-sm"/> },
                    Some(_) => part! { <Icon name="i-sort" class="icon icon-sm"/> },
                    None if is_hidden => part! { <Icon name="i-updown" class="icon icon-sm"/> },
                    None => ().into_any(),
                })}
            </button>
        </th>
    }
}

/// The row above the tasks of a group.
#[component]
fn Head(of: Of, groups: Memo<Grouped>, collapsed: RwSignal<Vec<u128>>) -> impl IntoView {
    let (here, key) = (here(), key(of));
    let n =
        memo(move || groups.with(|groups| groups.iter().find(|(o, _)| *o == of).map_or(0, |(_, tasks)| tasks.len())));
    let is_open = memo(move || collapsed.with(|c| !c.contains(&key)));
    let toggle = move |_| {
        collapsed.update(|all| match all.iter().position(|k| *k == key) {
            Some(place) => drop(all.remove(place)),
            None => all.push(key),
        });
    };
    let named = here.clone();
    let name = memo(move || match of {
        Of::Status(id) => {
            named.board.statuses().iter().find(|s| s.id == id).map(|s| s.name.to_string()).unwrap_or_default()
        }
        Of::Person(Some(id)) => client().people.name(id),
        Of::Person(None) => "No one".to_owned(),
        Of::Priority(priority) => priority.map_or("No priority", Priority::word).to_owned(),
        Of::Due(within) => within.word().to_owned(),
    });
    let icon = match of {
        Of::Status(id) => {
            let look = Signal::derive(move || shape(&here.board.statuses(), id));
            part! { <StatusIcon shape=look/> }
        }
        Of::Priority(priority) => part! { <PriorityIcon priority/> },
        Of::Person(_) => part! { <Icon name="i-user"/> },
        Of::Due(_) => part! { <Icon name="i-calendar"/> },
    };
    part! {
        <tr class="group">
            <th colspan="9" scope="rowgroup">
                <div>
                    <button
                        class="icon-btn"
                        type="button"
                        id=format!("fold-{key:x}")
                        aria-expanded=move || is_open.get().to_string()
                        aria-label=move || (if is_open.get() { "Collapse " } else { "Expand " }).to_owned() + &name.get()
                        on:click=toggle
                    >
                        {live(move || {
                            if is_open.get() {
                                part! { <Icon name="i-down"/> }
                            } else {
                                part! { <Icon name="i-chev"/> }
                            }
                        })}
                    </button>
                    {icon}
                    {live(move || name.get())}
                    <span class="count">
                        {live(move || n.get().to_string())} <span class="vh">{live(move || if n.get() == 1 { " task" } else { " tasks" })}</span>
                    </span>
                </div>
            </th>
        </tr>
    }
}

/// Tells groups apart, of whatever kind.
fn key(of: Of) -> u128 {
    match of {
        Of::Status(id) => id.uuid().as_u128(),
        Of::Person(Some(id)) => id.uuid().as_u128(),
        Of::Person(None) => 1,
        Of::Priority(priority) => 2 + priority.map_or(0, |p| p.code().unsigned_abs().into()),
        Of::Due(within) => 10 + within as u128,
    }
}

/// The tasks that are shown, in their groups, without those that are empty. Tracked.
fn grouped(here: &Here) -> Grouped {
    let view = here.view.get();
    let (board, today) = (&here.board, here.today.get());
    board.track_all();
    let people = if view.group == Group::Assignee {
        client().people.by_name(board.members().into_iter().map(|(id, _)| id)).into_iter().map(|(_, id)| id).collect()
    } else {
        Vec::new()
    };
    board.sifted(|b, lets| {
        let tasks = sorted(&view, &today, b.tasks().filter(|t| lets(t)));
        let of = |holds: &dyn Fn(&Task) -> bool| tasks.iter().filter(|t| holds(t)).map(|t| t.id).collect::<Vec<_>>();
        let mut groups: Grouped = match view.group {
            Group::Status => b.statuses.iter().map(|s| (Of::Status(s.id), of(&|t| t.status == s.id))).collect(),
            Group::Assignee => {
                let mut groups: Grouped =
                    people.iter().map(|p| (Of::Person(Some(*p)), of(&|t| t.assignees.contains(p)))).collect();
                // Who does something and is not in the project any more.
                for person in tasks.iter().flat_map(|t| &t.assignees) {
                    let of_person = Of::Person(Some(*person));
                    if !groups.iter().any(|(of, _)| *of == of_person) {
                        groups.push((of_person, of(&|t| t.assignees.contains(person))));
                    }
                }
                groups.push((Of::Person(None), of(&|t| t.assignees.is_empty())));
                groups
            }
            Group::Priority => PRIORITIES.iter().map(|p| (Of::Priority(*p), of(&|t| t.priority == *p))).collect(),
            Group::Due => {
                Within::ALL.iter().map(|within| (Of::Due(*within), of(&|t| Within::of(t, &today) == *within))).collect()
            }
        };
        groups.retain(|(_, tasks)| !tasks.is_empty());
        groups
    })
}

/// What is due on a day comes after all that is due at a moment of it.
fn due_order(due: &Due, today: &Today) -> i64 {
    let (day, minute) = match due {
        Due::Day(day) => (*day, 24 * 60),
        Due::At { instant, .. } => today.reader.zone.civil(*instant),
    };
    i64::from(day.number()) * 10_000 + i64::from(minute)
}

/// The tasks in the order of the view. What has no value comes last, whichever way.
fn sorted<'a>(view: &View, today: &Today, tasks: impl Iterator<Item = &'a Arc<Task>>) -> Vec<Arc<Task>> {
    let tasks: Vec<Arc<Task>> = tasks.cloned().collect();
    if view.sort == Sort::Rank {
        return tasks;
    }
    let sign = if view.is_down { -1 } else { 1 };
    // A heap is a small part of the program that a sort would be.
    let mut heap: BinaryHeap<(i64, String, usize)> = BinaryHeap::with_capacity(tasks.len());
    for (place, task) in tasks.iter().enumerate() {
        let number = match view.sort {
            Sort::Number => Some(i64::from(task.number)).filter(|n| *n > 0),
            // The most urgent first.
            Sort::Priority => task.priority.map(|p| -i64::from(p.code())),
            Sort::Due => task.due.as_ref().map(|due| due_order(due, today)),
            Sort::Title | Sort::Rank => Some(0),
        };
        let text = if view.sort == Sort::Title { folded(task.title.as_str()) } else { String::new() };
        heap.push((number.map_or(i64::MAX, |n| n * sign), text, place));
    }
    let mut order: Vec<usize> = heap.into_sorted_vec().into_iter().map(|(.., place)| place).collect();
    if view.sort == Sort::Title && view.is_down {
        order.reverse();
    }
    order.into_iter().map(|place| tasks[place].clone()).collect()
}
