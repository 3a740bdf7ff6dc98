//! A project: its tasks in several views, its members, and a task opened beside the board, all on one address that only its tail tells
//! apart, so that opening a task leaves the board as it stands.

use leptos::prelude::*;
use model::{Category, Command, CommandKind, Me, PersonId, StatusId, TaskId, Today, Verdict, may};

use crate::{
    components::{
        avatar::ProjectTile,
        dialog::{Dialog, DialogRef},
        icon::Icon,
        live_badge::LiveBadge,
        presence::presence,
        sidebar::{Add, AppShell},
    },
    data::{
        Heard,
        boards::LiveBoard,
        client,
        view::{Layout, Sieve, View},
    },
    dom,
    live::{effect, live, memo, part},
    nav::{Go, Nav, nav},
    pages::{
        apart::{HAND, OPENED, PAGES, coming, with_pages},
        board::BoardView,
        filters::{FilterBar, NoneFits},
        home::counted,
        missing::{Nothing, answer_with},
    },
    paths::{self, Tail},
};

/// What every part of a project's page needs.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) board: LiveBoard,
    /// The day it is for the reader.
    pub(crate) today: RwSignal<Today>,
    /// Which tasks are shown and how, as the address says it.
    pub(crate) view: RwSignal<View>,
    /// The day for which a new task is planned.
    pub(crate) planned: RwSignal<Option<model::Day>>,
    /// Begins a new task.
    pub(crate) new_task: DialogRef,
    nav: Nav,
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

    /// The address of what is shown under an opened task.
    pub(crate) fn under(&self, view: &View) -> String {
        let key = self.board.key();
        let address = match view.layout {
            Layout::Board => paths::board(&key),
            Layout::List => paths::list(&key),
            Layout::Calendar => paths::calendar(&key),
        };
        address + &view.query(false)
    }

    /// Begins a new task that is due on a day, or on none.
    pub(crate) fn plan(&self, day: Option<model::Day>) {
        self.planned.set(day);
        self.new_task.open();
    }

    /// Looks at the project in another way: the address says so from now on.
    pub(crate) fn look(&self, view: &View) {
        let is_opened = is_opened(untrack(|| self.nav.place().tail()));
        self.nav.go(&(self.nav.path() + &view.query(is_opened)), Go::Renamed);
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
    let today = client().today;
    let (dialog, view) = (DialogRef::new(), look(&board, tail, today, me.person.id));
    let here = Here { board: board.clone(), today, view, planned: RwSignal::new(None), new_task: dialog, nav };
    provide_context(here.clone());
    let (key, planner) = (board.key(), here.clone());
    // Who may not create tasks has no button for it. Roles seldom change while a page is open; the server has the last word.
    let add = untrack(|| here.may(CommandKind::CreateTask)).then(|| Add {
        name: "New task",
        in_side_bar: true,
        act: Callback::new(move |()| planner.plan(None)),
    });
    client().presence.stay_in(board.project());
    // A project of another name or colour is shown so wherever it is listed.
    let (listing, at) = (client(), board.clone());
    effect(move || listing.rename_listed(at.project(), &at.about()));
    // Each its own memo: opening a task changes the address, and must leave the board as it stands.
    let all = board.clone();
    let is_bare = memo(move || all.is_sifted() && all.sifted(|b, lets| !b.tasks().any(|t| lets(t))));
    let is_nothing = memo(move || board.is_gone() || tail.get() == Tail::Unknown);
    let page = memo(move || Page::of(tail.get(), view.with(|view| view.layout)));
    let inside = move || {
        if is_nothing.get() {
            return part! { <Nothing/> };
        }
        part! {
            <ProjectHead page/>
            <Banner/>
            {live(move || match page.get() {
                Page::Members => with_pages(|pages| (pages.members)()),
                Page::Settings => with_pages(|pages| (pages.settings)()),
                Page::Overview => with_pages(|pages| (pages.overview)()),
                Page::Board | Page::List | Page::Calendar => part! {
                    {live(move || match page.get() {
                        Page::List => with_pages(|pages| (pages.list)()),
                        Page::Calendar => with_pages(|pages| (pages.calendar)()),
                        _ if is_bare.get() => part! { <NoneFits/> },
                        _ => part! { <BoardView/> },
                    })}
                    <OpenedTask tail/>
                },
            })}
            {add.map(|_| new_task(dialog))}
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
enum Page {
    Board,
    List,
    Calendar,
    Overview,
    Members,
    Settings,
}

impl Page {
    const fn of(tail: Tail, layout: Layout) -> Self {
        match tail {
            Tail::Members => Self::Members,
            Tail::Settings => Self::Settings,
            Tail::Overview => Self::Overview,
            Tail::List => Self::List,
            Tail::Calendar => Self::Calendar,
            Tail::Number(_) | Tail::Id(_) => match layout {
                Layout::Board => Self::Board,
                Layout::List => Self::List,
                Layout::Calendar => Self::Calendar,
            },
            Tail::Board | Tail::Unknown => Self::Board,
        }
    }

    /// Whether it shows the tasks of the project, those that the filter lets.
    const fn shows_tasks(self) -> bool {
        matches!(self, Self::Board | Self::List | Self::Calendar)
    }
}

/// Whether a task is opened beside what is shown.
const fn is_opened(tail: Tail) -> bool {
    matches!(tail, Tail::Number(_) | Tail::Id(_))
}

/// How the project is looked at: as the address says, on both sides. A task that is opened by its own address leaves the view
/// as it is, and the address then says both.
fn look(board: &LiveBoard, tail: Memo<Tail>, today: RwSignal<Today>, me: PersonId) -> RwSignal<View> {
    let nav = nav();
    let read = move || {
        let mut view = View::read(&nav.query());
        match tail.get() {
            Tail::List => view.layout = Layout::List,
            Tail::Calendar => view.layout = Layout::Calendar,
            _ => {}
        }
        view
    };
    let view = RwSignal::new(untrack(read));
    let sift = {
        let board = board.clone();
        move |today| {
            let conditions = view.with_untracked(|view| view.filter.clone());
            board.sift((!conditions.is_empty()).then_some(Sieve { conditions, me, today }));
        }
    };
    // Before anything is painted, and whenever something else is asked for.
    sift(today.get_untracked());
    effect(move || {
        let (next, query) = (read(), nav.query());
        if is_opened(tail.get()) && query.is_empty() {
            let kept = view.with_untracked(|view| view.query(true));
            if !kept.is_empty() {
                return nav.go(&(nav.path() + &kept), Go::Renamed);
            }
        }
        if view.with_untracked(|before| *before != next) {
            view.set(next);
        }
        sift(today.get());
    });
    view
}

#[component]
fn ProjectHead(page: Memo<Page>) -> impl IntoView {
    let here = here();
    let (board, view) = (here.board.clone(), here.view);
    let key = board.key();
    let (tile, name) = (board.clone(), board.clone());
    let n_tasks = move || {
        let statuses = board.statuses();
        let columns: Vec<Memo<usize>> = statuses.iter().map(|s| board.n_in_column(s.id)).collect();
        let n = columns.iter().map(Get::get).sum();
        if !board.is_sifted() {
            return counted(n, "task");
        }
        let all = board.read(|b| b.statuses.iter().map(|s| b.n_in_column(s.id)).sum());
        n.to_string() + " of " + &counted(all, "task")
    };
    let on_list = memo(move || page.get() == Page::List);
    let shows_tasks = memo(move || page.get().shows_tasks());
    let on_calendar = memo(move || page.get() == Page::Calendar);
    // The views of the same tasks keep what is filtered.
    let query = memo(move || view.with(|view| view.query(false)));
    let tab = move |of: Page, href: String, icon: &'static str, text: &'static str| {
        let keeps = of.shows_tasks();
        part! {
            <li>
                <a
                    href=move || if keeps { href.clone() + &query.get() } else { href.clone() }
                    aria-current=move || (page.get() == of).then_some("page")
                >
                    <Icon name=icon/>
                    {text}
                </a>
            </li>
        }
    };
    let settings = paths::settings(&key);
    let others = client().others(here.board.project());
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
                {presence("People on this page", others)}
            </div>
        </header>
        <div class="view-bar">
            <nav aria-label="Project views">
                <ul class="tabs" role="list">
                    {tab(Page::Board, paths::board(&key), "i-board", "Board")}
                    {tab(Page::List, paths::list(&key), "i-list", "List")}
                    {tab(Page::Calendar, paths::calendar(&key), "i-calendar", "Calendar")}
                    {tab(Page::Overview, paths::overview(&key), "i-chart", "Overview")}
                    {tab(Page::Members, paths::members(&key), "i-users", "Members")}
                    {live(move || {
                        let shown = here.may(CommandKind::PutLabel);
                        shown.then(|| tab(Page::Settings, settings.clone(), "i-gear", "Settings"))
                    })}
                </ul>
            </nav>
            {live(move || on_calendar.get().then(|| PAGES.get().map(|pages| (pages.month_bar)())).flatten())}
            {live(move || shows_tasks.get().then(|| part! { <FilterBar on_list/> }))}
            <span class="tiny faint num hide-compact">{live(n_tasks)}</span>
        </div>
    }
}

/// Says that the project is archived, and brings it back; or that it is a sample, and removes it.
#[component]
fn Banner() -> impl IntoView {
    let here = here();
    live(move || {
        let (board, about) = (here.board.clone(), here.board.about());
        let project = board.project();
        let (icon, words, rest, way, command) = if about.is_sample {
            (
                "i-info",
                "This is a sample. ",
                "Try out what you like: it goes when you remove it.",
                "Remove it",
                Command::RemoveSample { project },
            )
        } else {
            let back = Command::ArchiveProject { project, on: false };
            (
                "i-archive",
                "This project is archived. ",
                "Nothing in it changes until it is brought back.",
                "Bring back",
                back,
            )
        };
        let (may, nav) = (here.may(command.kind()), here.nav);
        (about.is_archived || about.is_sample).then(|| {
            let client = client();
            let act = move |_| {
                if client.dispatch_or_tell(&board, command.clone()) && about.is_sample {
                    nav.go("/", Go::To);
                }
            };
            part! {
                <div class="banner" data-tone="info">
                    <Icon name=icon/>
                    <p>
                        <strong>{words}</strong>
                        {rest}
                    </p>
                    {may.then(|| part! { <button class="btn" type="button" on:click=act>{way}</button> })}
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
            _ => return Beside::Nothing,
        };
        task.map_or(Beside::NoSuchTask, Beside::Task)
    });
    let close = closing(beside);
    live(move || match beside.get() {
        Beside::Nothing => ().into_any(),
        Beside::NoSuchTask => part! { <NoSuchTask/> },
        Beside::Task(task) => {
            move_to_number(&board, task, tail);
            OPENED.get().map_or_else(opening, |opened| (opened.panel)(task, close))
        }
    })
}

/// What stands where the task is going to be.
fn opening() -> AnyView {
    part! {
        <section class="task-panel" aria-busy="true">
            {coming()}
        </section>
    }
}

/// The dialog "New task".
fn new_task(dialog: DialogRef) -> AnyView {
    let lead = here().board.read(|b| format!("In {}.", b.name));
    part! {
        <Dialog dialog id="nt-h" title="New task" lead>
            {live(move || HAND.get().map(|hand| (hand.new_task)(dialog)))}
        </Dialog>
    }
}

/// Once the task has a number, that is its address.
fn move_to_number(board: &LiveBoard, task: TaskId, tail: Memo<Tail>) {
    let (nav, painted, key, view) = (nav(), board.task(task), board.key(), here().view);
    let query = memo(move || view.with(|view| view.query(true)));
    effect(move || {
        let Some(painted) = painted.get() else { return };
        if matches!(tail.get_untracked(), Tail::Id(_)) && painted.number > 0 {
            nav.go(&(paths::task(&key, &painted) + &query.get_untracked()), Go::Renamed);
        }
    });
}

/// Closes the task and gives the focus back to its place on the board.
fn closing(beside: Memo<Beside>) -> Callback<()> {
    let (nav, here) = (nav(), here());
    Callback::new(move |()| {
        let beside = beside.get_untracked();
        nav.go(&here.view.with_untracked(|view| here.under(view)), Go::Beside);
        if let Beside::Task(task) = beside {
            dom::next_frame(move || {
                dom::focus(&card_link_id(task));
                // On a phone the calendar shows tasks below it.
                dom::focus_if_lost(&agenda_link_id(task));
            });
        }
    })
}

/// The id of the link in the agenda that opens a task.
pub(crate) fn agenda_link_id(task: TaskId) -> String {
    format!("agenda-{task}")
}

/// The id of the link on the board that opens a task.
pub(crate) fn card_link_id(task: TaskId) -> String {
    format!("open-{task}")
}

/// Shows on a board, in a list or in a calendar which tasks others have changed, once they are where they belong now.
pub(crate) fn follow_changes() {
    let (flashed, mut is_news) = (client().presence.flashed, false);
    effect(move || {
        let tasks = flashed.get();
        // What was changed before this was opened is there as anything else.
        if !std::mem::replace(&mut is_news, true) {
            return;
        }
        dom::next_frame(move || {
            for task in tasks {
                dom::flash(&card_link_id(task), ".card, tr, .cal-task");
            }
        });
    });
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
