//! The board: a column for each status, a card for each task.

use leptos::prelude::*;
use model::{CommandKind, Status, TaskId};

use crate::{
    components::icon::{Icon, StatusIcon, shape},
    dom,
    live::{Row, effect, live, part, rows},
    pages::{card::TaskCard, home::counted, project::here, quick_add::QuickAdd},
};

/// What the server paints: so many tasks in so many columns. The rest comes once the page lives.
const PAINTED_TASKS: usize = 12;
const PAINTED_COLUMNS: usize = 6;
/// How many tasks a column shows at a time.
const STEP: usize = 200;

/// The board of the project.
#[component]
pub(crate) fn BoardView() -> impl IntoView {
    let board = here().board;
    part! {
        <ol class="board" role="list" aria-label="Board">
            {rows(move || board.statuses().into_iter().enumerate().map(|(place, status)| column(place, status)).collect())}
        </ol>
    }
}

fn column(place: usize, status: Status) -> Row {
    Row::new((status.id.uuid().as_u128(), 0), move |_| part! { <Column place status/> })
}

#[component]
fn Column(place: usize, status: Status) -> impl IntoView {
    let here = here();
    let Status { id, name, .. } = status;
    let look = here.board.read(|b| shape(&b.statuses, id));
    let n = here.board.n_in_column(id);
    let (shown, set_shown) = signal(if place < PAINTED_COLUMNS { PAINTED_TASKS } else { 0 });
    effect(move || set_shown.set(STEP));
    let tasks = here.board.column(id, shown);
    let adding = RwSignal::new(false);
    let add_id = format!("add-{id}");
    let (add_button, label) = (add_id.clone(), name.to_string());
    let done = Callback::new(move |()| {
        adding.set(false);
        dom::focus_soon(add_id.clone());
    });
    let adding_allowed = here.clone();
    let add = move || {
        let (id, label) = (add_button.clone(), label.clone());
        adding_allowed.may(CommandKind::CreateTask).then(|| {
            part! {
                <button
                    class="icon-btn"
                    type="button"
                    id=id
                    aria-label=format!("Add task to {label}")
                    aria-expanded=move || adding.get().to_string()
                    on:click=move |_| adding.update(|a| *a = !*a)
                >
                    <Icon name="i-plus"/>
                </button>
            }
        })
    };
    part! {
        <li class="column">
            <div class="column-head">
                <h2>
                    <StatusIcon shape=look/>
                    {name.to_string()}
                    " "
                    <span class="count">
                        {live(move || n.get().to_string())} <span class="vh">{live(move || if n.get() == 1 { " task" } else { " tasks" })}</span>
                    </span>
                </h2>
                {live(add)}
            </div>
            {live(move || adding.get().then(|| part! { <QuickAdd status=id done/> }))}
            <ul class="cards" role="list" aria-label=format!("{name} tasks")>
                {rows(move || tasks.get().into_iter().map(|task| card(task, n)).collect())}
            </ul>
            {live(move || {
                let more = n.get().saturating_sub(shown.get());
                (more > 0 && shown.get() >= STEP)
                    .then(|| {
                        part! {
                            <button
                                class="btn btn-quiet"
                                type="button"
                                on:click=move |_| set_shown.update(|s| *s += STEP)
                            >
                                {format!("Show more ({} not shown)", counted(more, "task"))}
                            </button>
                        }
                    })
            })}
        </li>
    }
}

fn card(task: TaskId, n: Memo<usize>) -> Row {
    Row::new((task.uuid().as_u128(), 0), move |place| {
        part! {
            <li aria-setsize=move || n.get().to_string() aria-posinset=move || (place.get() + 1).to_string()>
                <TaskCard task/>
            </li>
        }
    })
}
