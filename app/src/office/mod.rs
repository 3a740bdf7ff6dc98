//! The settings of a person and of the installation: painted by the server alone, sent by `frontend/forms.js`. People come here
//! seldom, so the program of the pages where they work carries nothing of it.
//!
//! Must not know: rows, what a setting does.

mod jobs;
mod notifications;
mod parts;
mod security;

use leptos::prelude::*;
use model::{HomePage, Me, Preferences, Reader, Refusal, Role, SessionCard, Today};
use service::{Actor, Cx, account, notify, query as questions, queue};
use std::sync::Arc;

use crate::{components::icon::Icon, document::Page, paths::Room};

impl Room {
    const fn title(self) -> &'static str {
        match self {
            Self::Notifications => "Notifications",
            Self::Security => "Security",
            Self::Jobs => "Jobs",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Notifications => "i-bell",
            Self::Security => "i-shield",
            Self::Jobs => "i-jobs",
        }
    }

    /// Whether somebody with this role may come in.
    fn is_for(self, role: Role) -> bool {
        match self {
            Self::Notifications | Self::Security => true,
            Self::Jobs => role == Role::Admin,
        }
    }
}

/// What a page of settings shows, read before it is painted.
#[derive(Clone, Debug)]
pub struct Office {
    room: Room,
    today: Today,
    home: HomePage,
    told: Told,
}

#[derive(Clone, Debug)]
enum Told {
    Notifications(Preferences),
    Security(Vec<SessionCard>),
    Jobs(Box<queue::Desk>),
}

impl Office {
    /// Reads what a page shows.
    ///
    /// # Errors
    ///
    /// What the reader may not see, and faults of the database.
    pub async fn read(cx: &Cx, actor: &Actor, room: Room, query: &str, reader: Reader) -> Result<Self, Refusal> {
        let home = questions::home(cx, actor).await?;
        let told = match room {
            Room::Notifications => Told::Notifications(notify::preferences(cx, actor).await?),
            Room::Jobs => Told::Jobs(Box::new(queue::desk(cx, actor, queue::Asked::read(query)).await?)),
            Room::Security => Told::Security(account::sessions(cx, actor).await?),
        };
        Ok(Self { room, today: Today::of(Arc::new(reader), cx.now()), home, told })
    }
}

/// The page.
pub(crate) fn paint(office: &Office) -> Page {
    let title = office.room.title();
    let content = match &office.told {
        Told::Notifications(preferences) => notifications::paint(preferences, &office.home.projects, &office.today),
        Told::Jobs(desk) => jobs::paint(desk, &office.today),
        Told::Security(sessions) => security::paint(sessions, &office.today),
    };
    let body = view! {
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <div class="app">
            <SideBar room=office.room me=office.home.me.clone()/>
            <main class="main" id="main" tabindex="-1" aria-labelledby="page-title">
                <header class="page-head">
                    <h1 id="page-title">{title}</h1>
                </header>
                <div class="scroll">{content}</div>
            </main>
            <nav class="bottom-nav" aria-label="Quick navigation">
                <a href="/">
                    <Icon name="i-back"/>
                    "Work"
                </a>
                {links(office.room, office.home.me.role, "")}
            </nav>
        </div>
        <parts::Faults/>
    };
    Page::without_wasm(format!("{title} · Muster"), body.into_any())
}

#[component]
fn SideBar(room: Room, me: Me) -> impl IntoView {
    let own: Vec<AnyView> =
        links(room, me.role, "side-link").into_iter().map(|link| view! { <li>{link}</li> }.into_any()).collect();
    let name = me.person.name.to_string();
    view! {
        <nav class="sidebar" aria-label="Main">
            <a class="workspace" href="/">
                <Icon name="i-back"/>
                <span>"Back to work"</span>
            </a>
            <div class="side-group">
                <h2>"Your account"</h2>
                <ul role="list">{own}</ul>
            </div>
            <div class="sidebar-foot">
                <div class="me">
                    <span>
                        {name} <span>{me.role.word()}</span>
                    </span>
                </div>
                <parts::SignOut/>
            </div>
        </nav>
    }
}

/// Links to the rooms that somebody with this role may enter.
fn links(room: Room, role: Role, class: &'static str) -> Vec<AnyView> {
    let link = |other: &Room| {
        let current = (*other == room).then_some("page");
        view! {
            <a class=class href=other.path() aria-current=current>
                <Icon name=other.icon()/>
                <span class="side-text">{other.title()}</span>
            </a>
        }
        .into_any()
    };
    Room::ALL.iter().filter(|other| other.is_for(role)).map(link).collect()
}
