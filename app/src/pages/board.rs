//! The board: a column for each status, a card for each task.

use leptos::prelude::*;
use model::{CommandKind, StatusId};
use std::sync::Arc;

use crate::{
    components::icon::{Icon, StatusIcon, shape},
    dom::{self, Ears},
    live::{Row, effect, live, memo, part, rows},
    measure,
    nav::nav,
    pages::{
        apart::HAND,
        carry,
        column::{StatusDialogs, StatusForms, add_column, column_menu},
        drag,
        grip::{Grip, may_now},
        lane::{TaskLane, View},
        project::{follow_changes, here},
        selection::SelectionBar,
    },
};

/// The id of the board's element.
pub(crate) const BOARD_ID: &str = "board";

/// The board of the project.
#[component]
pub(crate) fn BoardView() -> impl IntoView {
    let board = here().board;
    let (grip, view, forms) = (Grip::new(), RwSignal::new(None::<View>), StatusForms::new());
    grip.follow();
    carry::register(&grip);
    drag::listen(Arc::new(grip.clone()));
    follow_view(view);
    follow_changes();
    let (carried, chosen) = (grip.carried, grip.clone());
    let column = move |status: StatusId| {
        let grip = grip.clone();
        Row::new((status.uuid().as_u128(), 0), move |place| part! { <Column status place view grip forms/> })
    };
    part! {
        <ol
            class="board"
            id=BOARD_ID
            role="list"
            aria-label="Board"
            data-carrying=move || carried.get().is_some_and(|c| !c.by_keys).then_some("true")
        >
            {rows(move || {
                let columns = board.statuses().into_iter().map(|s| column(s.id));
                let add = forms.may.get().then(|| Row::new((0, 1), move |_| add_column(forms)));
                columns.chain(add).collect()
            })}
        </ol>
        <SelectionBar grip=chosen/>
        <StatusDialogs forms/>
    }
}

/// Keeps up which columns are in view.
fn follow_view(view: RwSignal<Option<View>>) {
    let look = move || {
        let Some(board) = measure::frame_of(BOARD_ID) else { return };
        let columns = measure::frames_in(BOARD_ID, "data-status");
        let is_near = |frame: &measure::Frame| {
            frame.right > board.left - frame.width() && frame.left < board.right + frame.width()
        };
        let from = columns.iter().position(|(_, frame)| is_near(frame)).unwrap_or(0);
        let to = columns.iter().rposition(|(_, frame)| is_near(frame)).map_or(0, |last| last + 1);
        let now = Some(View { from, to, height: board.height() });
        if view.try_get_untracked().is_some_and(|before| before != now) {
            dom::keep_focus();
            view.set(now);
        }
    };
    let (statuses, nav) = (here().board, nav());
    effect(move || {
        // What opens beside the board takes room from it.
        nav.place();
        statuses.statuses();
        dom::next_frame(look);
    });
    effect(move || {
        Ears::keep(Some(BOARD_ID), &["scroll"], move |_| dom::next_frame(look));
        measure::on_resize(BOARD_ID, look);
    });
}

#[component]
fn Column(
    status: StatusId,
    place: ReadSignal<usize>,
    view: RwSignal<Option<View>>,
    grip: Grip,
    forms: StatusForms,
) -> impl IntoView {
    let here = here();
    let (named, shaped) = (here.board.clone(), here.board.clone());
    let name = memo(move || {
        let statuses = named.statuses();
        statuses.into_iter().find(|s| s.id == status).map(|s| s.name.to_string()).unwrap_or_default()
    });
    let look = Signal::derive(move || shape(&shaped.statuses(), status));
    let n = here.board.n_in_column(status);
    let adding = RwSignal::new(false);
    let add_id = format!("add-{status}");
    let add_button = add_id.clone();
    let done = Callback::new(move |()| {
        adding.set(false);
        dom::focus_soon(add_id.clone());
    });
    let may_add = may_now(CommandKind::CreateTask);
    let add = move || {
        let id = add_button.clone();
        may_add.get().then(|| {
            part! {
                <button
                    class="icon-btn"
                    type="button"
                    id=id
                    aria-label=move || "Add task to ".to_owned() + &name.get()
                    aria-expanded=move || adding.get().to_string()
                    on:click=move |_| adding.update(|a| *a = !*a)
                >
                    <Icon name="i-plus"/>
                </button>
            }
        })
    };
    let carried = grip.carried;
    part! {
        <li
            class="column"
            data-status=status.to_string()
            data-drop=move || carried.get().is_some_and(|c| c.to == status).then_some("true")
        >
            <div class="column-head">
                <h2>
                    <StatusIcon shape=look/>
                    {live(move || name.get())}
                    " "
                    <span class="count">
                        {live(move || n.get().to_string())} <span class="vh">{live(move || if n.get() == 1 { " task" } else { " tasks" })}</span>
                    </span>
                </h2>
                {live(add)}
                {column_menu(status, name, forms)}
            </div>
            {live(move || adding.get().then(|| HAND.get().map(|hand| (hand.quick_add)(status, done))).flatten())}
            <TaskLane status name place view grip/>
        </li>
    }
}
