//! The inbox: what the reader is told on one side, the task that it is about on the other. On a phone, one of both.

use leptos::{ev::MouseEvent, prelude::*};
use model::{Mark, Me, Notice, NoticeKind, Noticed, TaskId};
use std::sync::Arc;

use crate::{
    components::{avatar::Avatar, icon::Icon, live_badge::LiveBadge, sidebar::AppShell, when::When},
    data::{Client, Heard, Offer, client},
    dom,
    keys::{self, Shortcut},
    live::{Row, effect, live, memo, part, rows},
    pages::{mentioned::said, missing::EmptyArt, noticed::Reader},
    paths,
};

/// What the page shows and where the reader is on it. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Only what was not read, and what is open.
    only_unread: RwSignal<bool>,
    open: RwSignal<Option<TaskId>>,
    /// What was marked as unread while it was open, up to which event: it stays so until there is more.
    kept: RwSignal<Option<(TaskId, i64)>>,
    /// What is listed, newest first.
    listed: Memo<Vec<TaskId>>,
}

/// The page.
#[component]
pub(crate) fn InboxPage(
    /// Who is looking.
    me: Me,
) -> impl IntoView {
    let client = client();
    client.meet(&me);
    let (only_unread, open, kept) = (RwSignal::new(false), RwSignal::new(None), RwSignal::new(None));
    let inbox = client.inbox.clone();
    let listed = memo(move || {
        let (only_unread, open) = (only_unread.get(), open.get());
        let is_listed = |n: &&Noticed| !only_unread || n.is_unread() || open == Some(n.task);
        inbox.tasks().iter().filter(is_listed).map(|n| n.task).collect::<Vec<_>>()
    });
    let view = View { only_unread, open, kept, listed };
    let (reading, texts) = (client.clone(), client.clone());
    // What comes while the task is open has been read, too.
    effect(move || {
        if let Some(noticed) = open.get().and_then(|task| reading.inbox.of(task)) {
            let (task, to) = (noticed.task, noticed.last());
            // Nobody reads what is behind another window.
            if noticed.is_unread() && dom::is_visible() && kept.get_untracked() != Some((task, to)) {
                reading.mark(Mark::Read { task, to });
            }
        }
    });
    let looking = client.inbox.clone();
    let newest = memo(move || open.get().and_then(|task| looking.of(task)).map(|n| (n.project, n.task, n.last())));
    effect(move || {
        if let Some((project, task, _)) = newest.get() {
            texts.read_noticed(project, task);
        }
    });
    keys::register(shortcuts(&client, view));
    let (counting, marking) = (client.inbox.clone(), client.clone());
    let n_unread = memo(move || counting.unread.get());
    let all_read = move |_| {
        let newest = marking.inbox.tasks().iter().flat_map(|n| &n.notices).map(|n| n.at).max();
        if let Some(at) = newest {
            marking.mark(Mark::AllRead { at });
            marking.tell("All notifications are read.");
        }
    };
    let tab = move |name: &'static str, unread: bool| {
        part! {
            <button
                type="button"
                aria-pressed=move || (only_unread.get() == unread).to_string()
                on:click=move |_| only_unread.set(unread)
            >
                {name}
                {live(move || {
                    (unread && n_unread.get() > 0)
                        .then(|| part! { <span class="count">{n_unread.get().to_string()}</span> })
                })}
            </button>
        }
    };
    part! {
        <AppShell me current=None projects=client.follow_projects(Heard::Never) add=None>
            <header class="page-head ruled">
                <div class="title">
                    <h1 id="page-title">"Inbox"</h1>
                    <div class="tabs" role="group" aria-label="Show">
                        {tab("All", false)}
                        {tab("Unread", true)}
                    </div>
                </div>
                <div class="page-actions">
                    <span class="hide-phone">
                        <LiveBadge/>
                    </span>
                    <button
                        class="btn btn-quiet"
                        type="button"
                        aria-label="Mark all as read"
                        disabled=move || n_unread.get() == 0
                        on:click=all_read
                    >
                        <Icon name="i-check"/>
                        <span class="hide-phone">"Mark all as read"</span>
                    </button>
                </div>
            </header>
            <Panes view/>
        </AppShell>
    }
}

/// The list, and what is open beside it.
#[component]
fn Panes(view: View) -> impl IntoView {
    let View { open, listed, .. } = view;
    let is_empty = memo(move || listed.with(Vec::is_empty));
    live(move || {
        if is_empty.get() {
            return part! { <Nothing view/> };
        }
        part! {
            <div class="inbox" data-open=move || open.get().is_some().then_some("")>
                <ul class="notices" role="list" aria-label="Notifications">
                    {rows(move || listed.get().into_iter().map(|task| row(view, task)).collect())}
                </ul>
                {live(move || match open.get() {
                    Some(task) => part! { <Reader view task/> },
                    None => {
                        part! {
                            <section class="reader" aria-label="Notification">
                                <p class="faint">"Choose a notification to read it here."</p>
                            </section>
                        }
                    }
                })}
            </div>
        }
    })
}

/// Nothing is listed.
#[component]
fn Nothing(view: View) -> impl IntoView {
    live(move || {
        let (head, hint) = if view.only_unread.get() {
            ("All is read", "What is new appears here.")
        } else {
            (
                "Nothing new for you",
                "You are told here when somebody assigns or mentions you, or says something about a task that you follow.",
            )
        };
        part! {
            <div class="scroll empty-wrap">
                <div class="empty">
                    <EmptyArt/>
                    <h2>{head}</h2>
                    <p>{hint}</p>
                    <a class="btn btn-primary btn-lg" href=paths::MY_TASKS>
                        "Go to My tasks"
                    </a>
                </div>
            </div>
        }
    })
}

fn row_id(task: TaskId) -> String {
    "n-".to_owned() + &task.to_string()
}

impl View {
    /// The task that the keys are about: that of the notice with the focus, or the one that is open.
    fn current(self) -> Option<TaskId> {
        let focused = dom::focused().and_then(|id| id.strip_prefix("n-").and_then(|id| id.parse().ok()));
        focused.or_else(|| self.open.get_untracked())
    }

    fn place(self, task: Option<TaskId>) -> Option<usize> {
        self.listed.with_untracked(|all| all.iter().position(|t| Some(*t) == task))
    }

    /// Moves the focus by a notice; to the first if it is elsewhere.
    fn step(self, by: isize) -> bool {
        let next = self.place(self.current()).map_or(Some(0), |place| place.checked_add_signed(by));
        let task = next.and_then(|next| self.listed.with_untracked(|all| all.get(next).copied()));
        if let Some(task) = task {
            dom::focus(&row_id(task));
        }
        true
    }

    fn open(self, task: TaskId) {
        self.kept.set(None);
        self.open.set(Some(task));
        dom::focus_soon("r-title");
    }

    /// Closes what is open; the focus goes back to its notice.
    pub(super) fn close(self) {
        if let Some(task) = self.open.get_untracked() {
            self.open.set(None);
            dom::focus_soon(row_id(task));
        }
    }
}

fn shortcuts(client: &Client, view: View) -> Vec<Shortcut> {
    const GROUP: &str = "Inbox";
    let on = |keys, name, act: Box<dyn Fn() -> bool + Send + Sync>| Shortcut::new(keys, name, GROUP, act);
    let (turning, away) = (client.clone(), client.clone());
    vec![
        on("j", "Next notification", Box::new(move || view.step(1))).icon("i-down"),
        on("k", "Previous notification", Box::new(move || view.step(-1))).icon("i-sortup"),
        on("u", "Mark as read or unread", Box::new(move || turn(&turning, view))).icon("i-mail"),
        on("e", "Archive notification", Box::new(move || archive(&away, view))).icon("i-archive"),
        on(
            "Escape",
            "Close notification",
            Box::new(move || {
                let is_open = view.open.get_untracked().is_some();
                view.close();
                is_open
            }),
        )
        .icon("i-x"),
    ]
}

/// Marks what is read as unread, and the other way round.
pub(super) fn turn(client: &Client, view: View) -> bool {
    let Some(noticed) = view.current().and_then(|task| client.inbox.of(task)) else { return false };
    let (task, to) = (noticed.task, noticed.last());
    if noticed.is_unread() {
        client.mark(Mark::Read { task, to });
        client.say("Marked as read.");
    } else {
        view.kept.set(Some((task, to)));
        client.mark(Mark::Unread { task, to });
        client.say("Marked as unread.");
    }
    true
}

/// Puts a notice away, and goes on to the one behind it.
pub(super) fn archive(client: &Client, view: View) -> bool {
    let Some(noticed) = view.current().and_then(|task| client.inbox.of(task)) else { return false };
    let (task, to) = (noticed.task, noticed.last());
    let next = view.place(Some(task)).and_then(|place| {
        view.listed.with_untracked(|all| all.get(place + 1).or_else(|| all.get(place.wrapping_sub(1))).copied())
    });
    if view.open.get_untracked() == Some(task) {
        view.open.set(None);
    }
    client.mark(Mark::Archived { task, to });
    let back = client.clone();
    let act = Arc::new(move || back.mark(Mark::Back { task, to }));
    client.toast("Notification archived.".to_owned(), false, Some(Offer { name: "Undo", act, deed: None }));
    dom::focus_soon(next.map_or_else(|| "main".to_owned(), row_id));
    true
}

pub(super) const fn deed(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Assigned => " assigned you",
        NoticeKind::Mentioned => " mentioned you",
        NoticeKind::Commented => " commented on a task you follow",
        NoticeKind::Moved => " moved a task you follow",
        NoticeKind::Due => " changed a due date",
    }
}

fn row(view: View, task: TaskId) -> Row {
    Row::new((task.uuid().as_u128(), 0), move |_| {
        let client = client();
        let inbox = client.inbox.clone();
        let now = memo(move || inbox.of(task));
        live(move || now.get().map(|noticed| entry(&client, view, noticed)))
    })
}

fn entry(client: &Client, view: View, noticed: Noticed) -> AnyView {
    let (task, is_unread, n) = (noticed.task, noticed.is_unread(), noticed.notices.len());
    let Some(newest) = noticed.notices.into_iter().next() else { return ().into_any() };
    let Notice { kind, by, at, what, .. } = newest;
    let people = client.people.clone();
    let number = noticed.key.to_string() + "-" + &noticed.number.to_string();
    let sub = if n == 1 { number } else { number + " · " + &n.to_string() + " updates" };
    let title = noticed.title.to_string();
    let text = match (kind, what) {
        (NoticeKind::Moved, Some(to)) => (title + ": " + &to).into_any(),
        (NoticeKind::Mentioned | NoticeKind::Commented, Some(words)) => said(&words),
        _ => title.into_any(),
    };
    let choose = move |event: MouseEvent| {
        // With a key held, the browser opens the task's own page elsewhere.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            view.open(task);
        }
    };
    part! {
        <li>
            <a
                class="notice"
                id=row_id(task)
                href=paths::numbered(&noticed.key, noticed.number)
                data-unread=is_unread.then_some("true")
                aria-current=move || (view.open.get() == Some(task)).then_some("true")
                on:click=choose
            >
                <Avatar person=by size="md"/>
                <span class="grow">
                    {is_unread.then(|| part! { <span class="vh">"Unread. "</span> })}
                    <span class="n-title">{live(move || people.name(by) + deed(kind))}</span>
                    <span class="n-text clamp-2">{text}</span>
                    <span class="n-task">
                        <span
                            class="proj"
                            data-hue=noticed.hue.number().to_string()
                            data-size="dot"
                            aria-hidden="true"
                        ></span>
                        {sub}
                    </span>
                </span>
                <When at/>
            </a>
        </li>
    }
}
