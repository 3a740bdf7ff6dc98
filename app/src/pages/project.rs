//! A project: its board, its members, and a task opened beside the board, all on one address that only its tail tells
//! apart, so that opening a task leaves the board as it stands.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use model::{BoardPage, Category, CommandKind, Me, Refusal, StatusId, TaskId, Verdict, may};

use crate::{
    ApiError, api,
    components::{
        avatar::ProjectTile,
        dialog::DialogRef,
        icon::Icon,
        live_badge::LiveBadge,
        sidebar::{Add, AppShell},
        when::local_day,
    },
    data::{Heard, boards::LiveBoard, client},
    dom, ids,
    pages::{
        board::BoardView,
        home::counted,
        members::MembersView,
        missing::{Broken, Nothing, answer_with, expect_me},
        new_task::NewTask,
        task::TaskPanel,
    },
    paths::{self, Tail},
};

/// What every part of a project's page needs.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) board: LiveBoard,
    /// The day it is for the reader; the server's day in UTC until the page lives.
    pub(crate) today: ReadSignal<model::Day>,
}

/// The project's page. Every part of it is below [`ProjectPage`], which provides it.
#[expect(clippy::expect_used, reason = "ProjectRoom provides it to all its parts")]
pub(crate) fn here() -> Here {
    use_context::<Here>().expect("a part of a project's page")
}

impl Here {
    /// Whether the reader may give commands of this kind here. Tracked.
    pub(crate) fn may(&self, kind: CommandKind) -> bool {
        client().standing(&self.board).is_some_and(|standing| may(standing, kind) == Verdict::Yes)
    }

    /// Where a new task begins unless one says otherwise.
    pub(crate) fn first_status(&self) -> Option<StatusId> {
        self.board.read(|b| {
            let todo = b.statuses.iter().find(|s| s.category == Category::Todo);
            todo.or(b.statuses.first()).map(|s| s.id)
        })
    }
}

/// The page of a project.
#[component]
pub(crate) fn ProjectPage() -> impl IntoView {
    let params = use_params_map();
    let key = Memo::new(move |_| params.with(|p| p.get("key")).unwrap_or_default());
    let tail = Memo::new(move |_| params.with(|p| Tail::read(&p.get("tail").unwrap_or_default())));
    let (client, me) = (client(), expect_me());
    let kept = client.clone();
    // What is in memory already is newer than what the server could tell.
    let told = Resource::new_blocking(
        move || key.get(),
        move |key| {
            let kept = kept.boards.by_key(&key).is_some();
            async move { if kept { Ok(None) } else { api::board(key).await.map(Some) } }
        },
    );
    view! {
        <Transition fallback=|| view! { <p class="vh" role="status">"Loading the board"</p> }>
            {move || {
                let client = client.clone();
                let key = key.get_untracked();
                Suspend::new(async move {
                    let (me, told) = (me.await, told.await);
                    let opened = |page: Option<BoardPage>| match page {
                        Some(page) => client.open(page),
                        None => client.boards.by_key(&key).ok_or(Refusal::NotFound),
                    };
                    match (me, told.and_then(|page| opened(page).map_err(ApiError))) {
                        (Ok(me), Ok(board)) => view! { <ProjectRoom me board tail/> }.into_any(),
                        (Ok(me), Err(ApiError(Refusal::NotFound))) => {
                            view! {
                                <Title text="Not found"/>
                                <AppShell me current=None projects=client.follow_projects(Heard::Never) add=None>
                                    <Nothing/>
                                </AppShell>
                            }
                                .into_any()
                        }
                        (_, Err(ApiError(refusal))) | (Err(ApiError(refusal)), _) => {
                            view! { <Broken refusal/> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

#[component]
fn ProjectRoom(me: Me, board: LiveBoard, tail: Memo<Tail>) -> impl IntoView {
    // Before anything asks what the reader may do.
    client().meet(&me);
    let (today, set_today) = signal(me.today);
    Effect::new(move |_| {
        if let Some(day) = local_day(ids::now()) {
            set_today.set(day);
        }
    });
    let here = Here { board: board.clone(), today };
    provide_context(here.clone());
    let (key, name) = board.read(|b| (b.key.clone(), b.name.to_string()));
    let dialog = DialogRef::new();
    // Who may not create tasks has no button for it. Roles seldom change while a page is open; the server has the last word.
    let add = untrack(|| here.may(CommandKind::CreateTask)).then(|| Add {
        name: "New task",
        in_side_bar: true,
        act: Callback::new(move |()| dialog.open()),
    });
    // Each its own memo: opening a task changes the address, and must leave the board as it stands.
    let is_nothing = Memo::new(move |_| board.is_gone() || tail.get() == Tail::Unknown);
    let on_members = Memo::new(move |_| tail.get() == Tail::Members);
    let title = name.clone();
    let inside = move || {
        if is_nothing.get() {
            return view! { <Nothing/> }.into_any();
        }
        let title = title.clone();
        view! {
            <ProjectHead on_members/>
            {move || {
                if on_members.get() {
                    view! {
                        <Title text=format!("Members of {title}")/>
                        <MembersView/>
                    }
                        .into_any()
                } else {
                    view! {
                        <Title text=title.clone()/>
                        <BoardView/>
                        <OpenedTask tail/>
                    }
                        .into_any()
                }
            }}
            {add.map(|_| view! { <NewTask dialog/> })}
        }
        .into_any()
    };
    view! {
        <AppShell me current=Some(key) projects=client().follow_projects(Heard::Never) add>
            {inside}
        </AppShell>
    }
    .into_any()
}

#[component]
fn ProjectHead(on_members: Memo<bool>) -> impl IntoView {
    let board = here().board;
    let (key, name, hue) = board.read(|b| (b.key.clone(), b.name.to_string(), b.hue.number()));
    let n_tasks = move || {
        let statuses = board.statuses();
        let columns: Vec<Memo<usize>> = statuses.iter().map(|s| board.n_in_column(s.id)).collect();
        move || counted(columns.iter().map(Get::get).sum(), "task")
    };
    view! {
        <header class="page-head">
            <div class="title">
                <ProjectTile name=name.clone() hue size="lg"/>
                <h1 id="page-title">{name}</h1>
            </div>
            <div class="page-actions">
                <LiveBadge/>
            </div>
        </header>
        <div class="view-bar">
            <nav aria-label="Project views">
                <ul class="tabs" role="list">
                    <li>
                        <a href=paths::board(&key) aria-current=move || (!on_members.get()).then_some("page")>
                            <Icon name="i-board"/>
                            "Board"
                        </a>
                    </li>
                    <li>
                        <a href=paths::members(&key) aria-current=move || on_members.get().then_some("page")>
                            <Icon name="i-users"/>
                            "Members"
                        </a>
                    </li>
                </ul>
            </nav>
            <span class="tiny faint num hide-compact">{n_tasks}</span>
        </div>
    }
    .into_any()
}

/// What stands beside the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nothing,
    Task(TaskId),
    /// The address names a task that is not there.
    NoSuchTask,
}

/// The task that the address names, if it names one.
#[component]
fn OpenedTask(tail: Memo<Tail>) -> impl IntoView {
    let board = here().board;
    let at = board.clone();
    let beside = Memo::new(move |_| {
        // A newer snapshot may know what the one before did not.
        at.epoch();
        let task = match tail.get() {
            Tail::Number(number) => at.numbered(number),
            Tail::Id(id) => at.read(|b| b.task(id).map(|t| t.id)),
            Tail::Board | Tail::Members | Tail::Unknown => return Beside::Nothing,
        };
        task.map_or(Beside::NoSuchTask, Beside::Task)
    });
    let close = closing(board.clone(), beside);
    move || match beside.get() {
        Beside::Nothing => ().into_any(),
        Beside::NoSuchTask => view! { <NoSuchTask/> }.into_any(),
        Beside::Task(task) => {
            move_to_number(&board, task, tail);
            view! { <TaskPanel task close/> }.into_any()
        }
    }
}

/// Once the task has a number, that is its address.
fn move_to_number(board: &LiveBoard, task: TaskId, tail: Memo<Tail>) {
    let (navigate, painted, key) = (use_navigate(), board.task(task), board.key());
    Effect::new(move |_| {
        let Some(painted) = painted.get() else { return };
        if matches!(tail.get_untracked(), Tail::Id(_)) && painted.number > 0 {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&paths::task(&key, &painted), options);
        }
    });
}

/// Closes the task and gives the focus back to its place on the board.
fn closing(board: LiveBoard, beside: Memo<Beside>) -> Callback<()> {
    let navigate = use_navigate();
    Callback::new(move |()| {
        let beside = beside.get_untracked();
        navigate(&paths::board(&board.key()), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        if let Beside::Task(task) = beside {
            dom::focus_soon(card_link_id(task));
        }
    })
}

/// The id of the link on the board that opens a task.
pub(crate) fn card_link_id(task: TaskId) -> String {
    format!("open-{task}")
}

#[component]
fn NoSuchTask() -> impl IntoView {
    answer_with(404);
    let key = here().board.key();
    view! {
        <section class="task-panel" aria-labelledby="task-title">
            <div class="empty">
                <h2 id="task-title">"There is no such task in this project"</h2>
                <p>"The number in the address may be wrong."</p>
                <a class="btn btn-primary" href=paths::board(&key)>
                    "Back to the board"
                </a>
            </div>
        </section>
    }
    .into_any()
}
