//! The frame of every signed-in page: side bar, the bar at the bottom of a phone, messages.

use leptos::prelude::*;
use model::{Key, Me, ProjectCard};

use crate::{
    components::{
        avatar::{Avatar, ProjectTile},
        dialog::{Dialog, DialogRef},
        icon::Icon,
        notices::{Announcer, Concerns, Toasts},
    },
    data::{Client, client},
    keys::{self, Shortcut},
    live::{effect, live, part},
    paths,
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
    effect(move || connecting.connect(&connected));

    let signing_out = DialogRef::new();
    let leaving = client.clone();
    let sign_out = Callback::new(move |()| {
        if leaving.n_waiting.get_untracked() > 0 {
            signing_out.open();
        } else {
            leaving.sign_out();
        }
    });
    keys::register(everywhere(&client));
    let on_start = current.is_none();
    part! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="app">
            <SideBar me projects current add sign_out/>
            <main class="main" id="main" tabindex="-1" aria-labelledby="page-title">
                <Concerns/>
                {children()}
            </main>
            <BottomBar on_start add sign_out/>
            <Toasts/>
        </div>
        <Announcer/>
        <Unsent dialog=signing_out/>
    }
}

/// What can be pressed on every page.
fn everywhere(client: &Client) -> Vec<Shortcut> {
    let (undo, redo) = (client.clone(), client.clone());
    vec![
        Shortcut::new("Mod+z", "Undo", keys::EVERYWHERE, move || {
            undo.undo();
            true
        }),
        Shortcut::new("Mod+Z|Mod+y", "Redo", keys::EVERYWHERE, move || {
            redo.redo();
            true
        }),
    ]
}

/// The bar at the side.
#[component]
fn SideBar(
    me: Me,
    projects: Signal<Vec<ProjectCard>>,
    current: Option<Key>,
    add: Option<Add>,
    sign_out: Callback<()>,
) -> impl IntoView {
    let on_start = current.is_none();
    part! {
        <nav class="sidebar" aria-label="Main">
            <a class="workspace" href="/">
                <span class="mark">
                    <Icon name="i-mark" class=""/>
                </span>
                <span>"Muster"</span>
            </a>
            {add
                .filter(|add| add.in_side_bar)
                .map(|add| {
                    part! {
                        <div class="side-actions">
                            <button class="btn" type="button" on:click=move |_| add.act.run(())>
                                <Icon name="i-plus"/>
                                <span class="side-label">{add.name}</span>
                            </button>
                        </div>
                    }
                })}
            <ul role="list">
                <li>
                    <a class="side-link" href="/" aria-current=on_start.then_some("page")>
                        <Icon name="i-grid"/>
                        <span class="side-text">"All projects"</span>
                    </a>
                </li>
            </ul>
            <ProjectLinks projects current/>
            <div class="sidebar-foot">
                <div class="me">
                    <Avatar person=me.person.id size="md"/>
                    <span>
                        {me.person.name.to_string()} <span>{me.role.word()}</span>
                    </span>
                </div>
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

/// The bar at the bottom of a phone.
#[component]
fn BottomBar(on_start: bool, add: Option<Add>, sign_out: Callback<()>) -> impl IntoView {
    part! {
        <nav class="bottom-nav" aria-label="Quick navigation">
            <a href="/" aria-current=on_start.then_some("page")>
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
            <button type="button" on:click=move |_| sign_out.run(())>
                <Icon name="i-signout"/>
                "Sign out"
            </button>
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

/// Asks before changes that wait are thrown away by signing out.
#[component]
fn Unsent(
    /// Opens it.
    dialog: DialogRef,
) -> impl IntoView {
    let client = client();
    part! {
        <Dialog
            dialog
            id="unsent-h"
            title="Changes are waiting"
            lead="Some of your changes have not reached the server. Signing out now throws them away."
        >
            <div class="dialog-foot">
                <button class="btn push" type="button" on:click=move |_| dialog.close()>
                    "Stay signed in"
                </button>
                <button class="btn btn-danger" type="button" on:click=move |_| client.sign_out()>
                    "Discard and sign out"
                </button>
            </div>
        </Dialog>
    }
}
