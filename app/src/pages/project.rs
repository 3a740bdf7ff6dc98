//! A project: its board, its members, and a task opened beside the board, all on one address that only its tail tells
//! apart, so that opening a task leaves the board as it stands.

use leptos::prelude::*;
use model::{Category, Command, CommandKind, Me, StatusId, TaskId, Verdict, may};

use crate::{
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
    live::{effect, live, memo, part},
    nav::{Go, nav},
    pages::{
        board::BoardView,
        home::counted,
        members::MembersView,
        missing::{Nothing, answer_with},
        new_task::NewTask,
        settings::SettingsView,
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
#[expect(clippy::expect_used, reason = "ProjectPage provides it to all its parts")]
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
pub(crate) fn ProjectPage(
    /// Who is looking.
    me: Me,
    /// The project.
    board: LiveBoard,
) -> impl IntoView {
    let nav = nav();
    let tail = memo(move || nav.place().tail());
    // Before anything asks what the reader may do.
    client().meet(&me);
    let (today, set_today) = signal(me.today);
    effect(move || {
        if let Some(day) = local_day(ids::now()) {
            set_today.set(day);
        }
    });
    let here = Here { board: board.clone(), today };
    provide_context(here.clone());
    let key = board.key();
    let dialog = DialogRef::new();
    // Who may not create tasks has no button for it. Roles seldom change while a page is open; the server has the last word.
    let add = untrack(|| here.may(CommandKind::CreateTask)).then(|| Add {
        name: "New task",
        in_side_bar: true,
        act: Callback::new(move |()| dialog.open()),
    });
    // A project of another name or colour is shown so wherever it is listed.
    let (listing, at) = (client(), board.clone());
    effect(move || listing.rename_listed(at.project(), &at.about()));
    // Each its own memo: opening a task changes the address, and must leave the board as it stands.
    let is_nothing = memo(move || board.is_gone() || tail.get() == Tail::Unknown);
    let view = memo(move || View::of(tail.get()));
    let inside = move || {
        if is_nothing.get() {
            return part! { <Nothing/> };
        }
        part! {
            <ProjectHead view/>
            <Archived/>
            {live(move || match view.get() {
                View::Members => part! { <MembersView/> },
                View::Settings => part! { <SettingsView/> },
                View::Board => part! {
                    <BoardView/>
                    <OpenedTask tail/>
                },
            })}
            {add.map(|_| part! { <NewTask dialog/> })}
        }
    };
    part! {
        <AppShell me current=Some(key) projects=client().follow_projects(Heard::Never) add>
            {live(inside)}
        </AppShell>
    }
}

/// Which of the project's pages is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Board,
    Members,
    Settings,
}

impl View {
    const fn of(tail: Tail) -> Self {
        match tail {
            Tail::Members => Self::Members,
            Tail::Settings => Self::Settings,
            Tail::Board | Tail::Number(_) | Tail::Id(_) | Tail::Unknown => Self::Board,
        }
    }
}

#[component]
fn ProjectHead(view: Memo<View>) -> impl IntoView {
    let here = here();
    let board = here.board.clone();
    let key = board.key();
    let (tile, name) = (board.clone(), board.clone());
    let n_tasks = move || {
        let statuses = board.statuses();
        let columns: Vec<Memo<usize>> = statuses.iter().map(|s| board.n_in_column(s.id)).collect();
        counted(columns.iter().map(Get::get).sum(), "task")
    };
    let tab = move |of: View, href: String, icon: &'static str, text: &'static str| {
        part! {
            <li>
                <a href=href aria-current=move || (view.get() == of).then_some("page")>
                    <Icon name=icon/>
                    {text}
                </a>
            </li>
        }
    };
    let settings = paths::settings(&key);
    part! {
        <header class="page-head">
            <div class="title">
                {live(move || {
                    let about = tile.about();
                    part! { <ProjectTile name=about.name.to_string() hue=about.hue.number() size="lg"/> }
                })}
                <h1 id="page-title">{live(move || name.about().name.to_string())}</h1>
            </div>
            <div class="page-actions">
                <LiveBadge/>
            </div>
        </header>
        <div class="view-bar">
            <nav aria-label="Project views">
                <ul class="tabs" role="list">
                    {tab(View::Board, paths::board(&key), "i-board", "Board")}
                    {tab(View::Members, paths::members(&key), "i-users", "Members")}
                    {live(move || {
                        let shown = here.may(CommandKind::PutLabel);
                        shown.then(|| tab(View::Settings, settings.clone(), "i-gear", "Settings"))
                    })}
                </ul>
            </nav>
            <span class="tiny faint num hide-compact">{live(n_tasks)}</span>
        </div>
    }
}

/// Says that the project is archived, and brings it back.
#[component]
fn Archived() -> impl IntoView {
    let here = here();
    live(move || {
        let (board, may) = (here.board.clone(), here.may(CommandKind::ArchiveProject));
        board.about().is_archived.then(|| {
            let client = client();
            let back = move |_| {
                client.dispatch_or_tell(&board, Command::ArchiveProject { project: board.project(), on: false });
            };
            part! {
                <div class="banner" data-tone="info">
                    <Icon name="i-archive"/>
                    <p>
                        <strong>"This project is archived. "</strong>
                        "Nothing in it changes until it is brought back."
                    </p>
                    {may.then(|| part! { <button class="btn" type="button" on:click=back>"Bring back"</button> })}
                </div>
            }
        })
    })
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
    let beside = memo(move || {
        // A newer snapshot may know what the one before did not.
        at.epoch();
        let task = match tail.get() {
            Tail::Number(number) => at.numbered(number),
            Tail::Id(id) => at.read(|b| b.task(id).map(|t| t.id)),
            Tail::Board | Tail::Members | Tail::Settings | Tail::Unknown => return Beside::Nothing,
        };
        task.map_or(Beside::NoSuchTask, Beside::Task)
    });
    let close = closing(board.clone(), beside);
    live(move || match beside.get() {
        Beside::Nothing => ().into_any(),
        Beside::NoSuchTask => part! { <NoSuchTask/> },
        Beside::Task(task) => {
            move_to_number(&board, task, tail);
            part! { <TaskPanel task close/> }
        }
    })
}

/// Once the task has a number, that is its address.
fn move_to_number(board: &LiveBoard, task: TaskId, tail: Memo<Tail>) {
    let (nav, painted, key) = (nav(), board.task(task), board.key());
    effect(move || {
        let Some(painted) = painted.get() else { return };
        if matches!(tail.get_untracked(), Tail::Id(_)) && painted.number > 0 {
            nav.go(&paths::task(&key, &painted), Go::Renamed);
        }
    });
}

/// Closes the task and gives the focus back to its place on the board.
fn closing(board: LiveBoard, beside: Memo<Beside>) -> Callback<()> {
    let nav = nav();
    Callback::new(move |()| {
        let beside = beside.get_untracked();
        nav.go(&paths::board(&board.key()), Go::Beside);
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
    part! {
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
}
