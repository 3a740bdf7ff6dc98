//! The frame of every signed-in page: side bar, the bar at the bottom of a phone, messages.

use leptos::prelude::*;
use model::{Key, Me, ProjectCard, Role};

use crate::{
    components::{
        avatar::{Avatar, ProjectTile},
        dialog::{Dialog, DialogRef},
        icon::Icon,
        notices::{Announcer, Concerns, Toasts},
    },
    data::{Client, client, keep},
    keys::{self, Shortcut},
    live::{effect, live, memo, part},
    nav::{Go, nav},
    pages::{
        apart::HAND,
        key_sheet::{KeySheet, SheetRef},
        my_tasks::for_today,
        palette::{Palette, PaletteRef},
    },
    paths::{self, Place},
};

/// What the button "add" does on a page.
#[derive(Clone, Copy)]
pub(crate) struct Add {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Whether the side bar has it too; the start page has its own in the head.
    pub(crate) in_side_bar: bool,
    /// What it does.
    pub(crate) act: Callback<()>,
}

/// The frame.
#[component]
pub(crate) fn AppShell(
    /// Who is looking.
    me: Me,
    /// The project that is open.
    #[prop(optional_no_strip)]
    current: Option<Key>,
    /// The projects in the side bar.
    #[prop(into)]
    projects: Signal<Vec<ProjectCard>>,
    /// What can be added here.
    #[prop(optional_no_strip)]
    add: Option<Add>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let client = client();
    client.meet(&me);
    let connected = me.clone();
    let connecting = client.clone();
    effect(move || {
        connecting.connect(&connected);
        connecting.follow_mine();
    });

    let signing_out = DialogRef::new();
    let leaving = client.clone();
    let sign_out = Callback::new(move |()| {
        if leaving.n_waiting.get_untracked() > 0 {
            signing_out.open();
        } else {
            leaving.sign_out();
        }
    });
    let (palette, sheet) = (PaletteRef::new(), SheetRef::new());
    keys::register(everywhere(&client, palette, sheet, add));
    keys::register(go_to(current.as_ref()));
    let open = current.clone();
    part! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="app">
            <SideBar me projects current add sign_out palette/>
            <main class="main" id="main" tabindex="-1" aria-labelledby="page-title">
                <Concerns/>
                {children()}
            </main>
            <BottomBar add palette/>
            <Toasts/>
        </div>
        <Announcer/>
        <Unsent dialog=signing_out/>
        <Palette palette current=open sign_out/>
        <KeySheet sheet/>
    }
}

/// What can be pressed on every page.
fn everywhere(client: &Client, palette: PaletteRef, sheet: SheetRef, add: Option<Add>) -> Vec<Shortcut> {
    let (undo, redo, table) = (client.clone(), client.clone(), keys::keys());
    let on = |keys, name, act: Callback<()>| {
        Shortcut::new(keys, name, keys::EVERYWHERE, move || {
            act.run(());
            true
        })
    };
    let mut all = vec![
        on("Mod+k|/", "Search and commands", Callback::new(move |()| palette.open())).in_fields(),
        on("?", "Keyboard shortcuts", Callback::new(move |()| sheet.open(&table))).icon("i-info"),
        on("Mod+z", "Undo", Callback::new(move |()| undo.undo())).icon("i-undo"),
        on("Mod+Z|Mod+y", "Redo", Callback::new(move |()| redo.redo())).icon("i-retry"),
    ];
    if let Some(add) = add.filter(|add| add.in_side_bar) {
        all.insert(0, on("c", add.name, add.act).icon("i-plus"));
    }
    all
}

/// What leads somewhere from every page, and within the project that is open.
fn go_to(current: Option<&Key>) -> Vec<Shortcut> {
    let nav = nav();
    let to = |keys, name, href: String| {
        Shortcut::new(keys, name, keys::GO_TO, move || {
            nav.go(&href, Go::To);
            true
        })
    };
    let mut all = vec![
        to("g h", "All projects", "/".to_owned()).icon("i-grid"),
        to("g a", "My tasks", paths::MY_TASKS.to_owned()).icon("i-task"),
        to("g i", "Inbox", paths::INBOX.to_owned()).icon("i-inbox"),
    ];
    if let Some(key) = current {
        all.push(to("g b", "Board", paths::board(key)).icon("i-board"));
        all.push(to("g l", "List", paths::list(key)).icon("i-list"));
        all.push(to("g c", "Calendar", paths::calendar(key)).icon("i-calendar"));
        all.push(to("g o", "Overview", paths::overview(key)).icon("i-chart"));
        all.push(to("g m", "Members", paths::members(key)).icon("i-users"));
        all.push(to("g s", "Settings", paths::settings(key)).icon("i-gear"));
    }
    all
}

/// The bar at the side.
#[component]
fn SideBar(
    me: Me,
    projects: Signal<Vec<ProjectCard>>,
    current: Option<Key>,
    add: Option<Add>,
    sign_out: Callback<()>,
    palette: PaletteRef,
) -> impl IntoView {
    let team = client().team;
    part! {
        <nav class="sidebar" aria-label="Main">
            <a class="workspace" href="/">
                <span class="mark">
                    <Icon name="i-mark" class=""/>
                </span>
                <span>{live(move || team.get().map_or_else(|| "Muster".to_owned(), String::from))}</span>
            </a>
            <div class="side-actions">
                {add
                    .filter(|add| add.in_side_bar)
                    .map(|add| {
                        part! {
                            <button class="btn" type="button" on:click=move |_| add.act.run(())>
                                <Icon name="i-plus"/>
                                <span class="side-label">{add.name}</span>
                                <span class="keys" aria-hidden="true">
                                    <kbd class="kbd">"C"</kbd>
                                </span>
                            </button>
                        }
                    })}
                <button
                    class="btn"
                    type="button"
                    aria-label="Search and commands"
                    on:click=move |_| palette.open()
                >
                    <Icon name="i-search"/>
                </button>
            </div>
            <ul role="list">
                <li>
                    <a class="side-link" href=paths::INBOX aria-current=is_at(Place::Inbox)>
                        <Icon name="i-inbox"/>
                        <span class="side-text">"Inbox"</span>
                        <Unread/>
                    </a>
                </li>
                <li>
                    <a class="side-link" href=paths::MY_TASKS aria-current=is_at(Place::MyTasks)>
                        <Icon name="i-task"/>
                        <span class="side-text">"My tasks"</span>
                        <ForToday/>
                    </a>
                </li>
                <li>
                    <a class="side-link" href=paths::SEARCH aria-current=is_at(Place::Search)>
                        <Icon name="i-search"/>
                        <span class="side-text">"Search"</span>
                    </a>
                </li>
                <li>
                    <a class="side-link" href="/" aria-current=is_at(Place::Home)>
                        <Icon name="i-grid"/>
                        <span class="side-text">"All projects"</span>
                    </a>
                </li>
                {(me.role >= Role::Manager)
                    .then(|| {
                        part! {
                            <li>
                                <a class="side-link" href=paths::PEOPLE>
                                    <Icon name="i-users"/>
                                    <span class="side-text">"People and roles"</span>
                                </a>
                            </li>
                        }
                    })}
            </ul>
            <ProjectLinks projects current/>
            <Install/>
            <div class="sidebar-foot">
                <a class="me" href=paths::OWN_SETTINGS>
                    <Avatar person=me.person.id size="md"/>
                    <span>
                        {me.person.name.to_string()} <span>{me.role.word()}</span>
                    </span>
                    <span class="vh">"Settings"</span>
                </a>
                <button
                    class="icon-btn"
                    type="button"
                    aria-label="Sign out"
                    on:click=move |_| sign_out.run(())
                >
                    <Icon name="i-signout"/>
                </button>
            </div>
        </nav>
    }
}

/// Marks a link to the page that is shown.
fn is_at(place: Place) -> Memo<Option<&'static str>> {
    let nav = nav();
    memo(move || (nav.place() == place).then_some("page"))
}

/// How many tasks of the reader are due by today.
#[component]
fn ForToday() -> impl IntoView {
    let client = client();
    let n = memo(move || client.today.with(|today| for_today(&client.mine.tasks(), today).0));
    live(move || {
        (n.get() > 0)
            .then(|| part! { <span class="count">{n.get().to_string()}<span class="vh">" for today"</span></span> })
    })
}

/// How many tasks have notices that were not read.
#[component]
fn Unread() -> impl IntoView {
    let unread = client().inbox.unread;
    live(move || {
        let n = unread.get();
        (n > 0).then(|| {
            part! {
                <span class="count" data-tone="accent">
                    {n.to_string()}
                    <span class="vh">" unread"</span>
                </span>
            }
        })
    })
}

/// The bar at the bottom of a phone.
#[component]
fn BottomBar(add: Option<Add>, palette: PaletteRef) -> impl IntoView {
    part! {
        <nav class="bottom-nav" aria-label="Quick navigation">
            <a href=paths::MY_TASKS aria-current=is_at(Place::MyTasks)>
                <Icon name="i-task"/>
                "My tasks"
            </a>
            <a href=paths::INBOX aria-current=is_at(Place::Inbox)>
                <Icon name="i-inbox"/>
                "Inbox"
                <Unread/>
            </a>
            <a href="/" aria-current=is_at(Place::Home)>
                <Icon name="i-board"/>
                "Projects"
            </a>
            {add
                .map(|add| {
                    part! {
                        <button
                            class="add"
                            type="button"
                            aria-label=add.name
                            on:click=move |_| add.act.run(())
                        >
                            <Icon name="i-plus"/>
                        </button>
                    }
                })}
            <button type="button" on:click=move |_| palette.open()>
                <Icon name="i-search"/>
                "Search"
            </button>
            <a href=paths::OWN_SETTINGS>
                <Icon name="i-user"/>
                "You"
            </a>
        </nav>
    }
}

/// The projects in the side bar.
#[component]
fn ProjectLinks(
    /// Which.
    projects: Signal<Vec<ProjectCard>>,
    /// The one that is open.
    current: Option<Key>,
) -> impl IntoView {
    live(move || {
        let current = current.clone();
        let mut links = projects.get();
        links.retain(|project| !project.is_archived || current.as_ref() == Some(&project.key));
        (!links.is_empty()).then(|| {
            let links = links
                .into_iter()
                .map(|project| {
                    let is_current = current.as_ref() == Some(&project.key);
                    part! {
                        <li>
                            <a
                                class="side-link"
                                href=paths::board(&project.key)
                                aria-current=is_current.then_some("page")
                            >
                                <ProjectTile name=project.name.to_string() hue=project.hue.number()/>
                                <span class="side-text">{project.name.to_string()}</span>
                            </a>
                        </li>
                    }
                })
                .collect_view();
            part! {
                <div class="side-group">
                    <h2>"Projects"</h2>
                    <ul role="list">{links}</ul>
                </div>
            }
        })
    })
}

/// Offers to install the page, where the browser does.
#[component]
fn Install() -> impl IntoView {
    let offered = client().can_install;
    live(move || {
        let taken = offered.clone();
        offered.get().then(|| {
            let install = move |_| {
                taken.set(false);
                keep::install();
            };
            part! {
                <button class="side-link side-install" type="button" on:click=install>
                    <Icon name="i-plus"/>
                    <span class="side-text">"Install the app"</span>
                </button>
            }
        })
    })
}

/// Asks what is to become of changes that wait before the device forgets them by signing out.
#[component]
fn Unsent(
    /// Opens it.
    dialog: DialogRef,
) -> impl IntoView {
    part! {
        <Dialog
            dialog
            id="unsent-h"
            title="Changes are waiting"
            lead="Some of your changes have not reached the server. This device forgets them when you sign out."
        >
            {live(move || HAND.get().map(|hand| (hand.unsent)(dialog)))}
        </Dialog>
    }
}
