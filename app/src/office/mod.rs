//! The settings of a person and of the installation: painted by the server alone, sent by `frontend/forms.js`. People come here
//! seldom, so the program of the pages where they work carries nothing of it.
//!
//! Must not know: rows, what a setting does.

mod audit;
mod exports;
mod invitations;
mod jobs;
mod keys;
mod keys_confirm;
mod mails;
mod notifications;
mod parts;
mod people;
mod protect;
mod qr;
mod rights;
mod security;
mod welcome;

use leptos::prelude::*;
use model::{HomePage, Me, Preferences, Reader, Refusal, Role, SessionCard, Today};
use service::{
    Actor, Cx,
    account::{self, Factors, Farewell, Offer},
    audit as log, export, keys as vault_keys, mails as letters, notify, presence, query as questions, queue,
};
use std::sync::Arc;

use crate::{components::icon::Icon, document::Page, paths::Room, visitors::asked_next};

/// A table with the frame of all tables, for the gallery.
pub(crate) fn table_of<const N: usize>(name: &'static str, heads: [&'static str; N], rows: Vec<AnyView>) -> AnyView {
    parts::table(name, "table", heads.map(parts::head), rows)
}

impl Room {
    /// The room of the side bar to which it belongs.
    const fn entrance(self) -> Self {
        match self {
            Self::Confirm | Self::Codes | Self::Recovery | Self::Email | Self::Close => Self::Security,
            own => own,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Notifications => "Notifications",
            Self::Security | Self::Confirm | Self::Codes | Self::Recovery | Self::Email | Self::Close => "Security",
            Self::Jobs => "Jobs",
            Self::Mails => "Mails",
            Self::Audit => "Audit log",
            Self::Exports => "Exports",
            Self::Keys => "Encryption keys",
            Self::People => "People and roles",
            Self::Welcome | Self::WelcomeProject | Self::WelcomePeople => "Welcome",
        }
    }

    /// What it is called where there is little room.
    const fn short(self) -> &'static str {
        match self {
            Self::People => "People",
            other => other.title(),
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Notifications => "i-bell",
            Self::Security | Self::Confirm | Self::Codes | Self::Recovery | Self::Email | Self::Close => "i-shield",
            Self::Jobs => "i-jobs",
            Self::Mails => "i-mail",
            Self::Audit => "i-log",
            Self::Exports => "i-download",
            Self::Keys => "i-key",
            Self::People => "i-users",
            Self::Welcome | Self::WelcomeProject | Self::WelcomePeople => "i-flag",
        }
    }

    /// Whether somebody with this role finds a link to it. Leads come to the log of their project from there.
    fn is_for(self, role: Role) -> bool {
        match self {
            Self::Notifications
            | Self::Security
            | Self::Exports
            | Self::Confirm
            | Self::Codes
            | Self::Recovery
            | Self::Email
            | Self::Close => true,
            Self::People => role >= Role::Manager,
            Self::Jobs
            | Self::Mails
            | Self::Audit
            | Self::Keys
            | Self::Welcome
            | Self::WelcomeProject
            | Self::WelcomePeople => role == Role::Admin,
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
    /// What somebody wishes to be told, and whether they appear offline.
    Notifications(Preferences, bool),
    Security(Vec<SessionCard>, Factors),
    Confirm {
        has_factor: bool,
        next: String,
    },
    Codes(Factors, Offer),
    Recovery(Factors),
    Email,
    Close(Farewell),
    Jobs(Box<queue::Desk>),
    Mails(Box<letters::Desk>, bool),
    Audit(Box<log::Desk>),
    Exports(Vec<export::Card>, Option<String>),
    Keys(Box<vault_keys::Desk>),
    People(Box<service::people::Desk>),
    Welcome(Box<welcome::Steps>),
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
            Room::Notifications => Told::Notifications(
                notify::preferences(cx, actor).await?,
                presence::appears_offline(cx, actor.person).await?,
            ),
            Room::Jobs => Told::Jobs(Box::new(queue::desk(cx, actor, jobs::read(query)).await?)),
            Room::Mails => {
                Told::Mails(Box::new(letters::desk(cx, actor, mails::read(query)).await?), letters::leaves(cx))
            }
            Room::Audit => Told::Audit(Box::new(log::desk(cx, actor, audit::read(query), &reader.zone).await?)),
            Room::Exports => Told::Exports(export::list(cx, actor).await?, exports::read(query)),
            Room::Keys => Told::Keys(Box::new(vault_keys::desk(cx, actor, keys::read(query)).await?)),
            Room::People => Told::People(Box::new(service::people::desk(cx, actor, people::asked(query)).await?)),
            Room::Security => Told::Security(account::sessions(cx, actor).await?, account::factors(cx, actor).await?),
            Room::Confirm => {
                let has_factor = account::factors(cx, actor).await?.since.is_some();
                Told::Confirm { has_factor, next: asked_next(query, Room::Security.path()) }
            }
            Room::Codes => Told::Codes(account::factors(cx, actor).await?, account::offer(cx, actor).await?),
            Room::Recovery => match account::factors(cx, actor).await? {
                factors if factors.since.is_some() => Told::Recovery(factors),
                _ => return Err(Refusal::NotFound),
            },
            Room::Email => Told::Email,
            Room::Welcome | Room::WelcomeProject | Room::WelcomePeople => {
                Told::Welcome(Box::new(welcome::Steps::read(cx, actor).await?))
            }
            Room::Close => Told::Close(account::farewell(cx, actor).await?),
        };
        Ok(Self { room, today: Today::of(Arc::new(reader), cx.now()), home, told })
    }
}

/// The page.
pub(crate) fn paint(office: &Office) -> Page {
    let title = office.room.title();
    if let Told::Welcome(steps) = &office.told {
        let body = welcome::paint(office.room, steps, &office.home, &office.today);
        return Page::without_wasm(format!("{title} · Muster"), body);
    }
    let content = match &office.told {
        Told::Notifications(preferences, offline) => {
            notifications::paint(preferences, *offline, &office.home.projects, &office.today)
        }
        Told::Jobs(desk) => jobs::paint(desk, &office.today),
        Told::Mails(desk, leaves) => mails::paint(desk, *leaves, &office.today),
        Told::Audit(desk) => audit::paint(desk, &office.today),
        Told::Exports(cards, chosen) => {
            let is_admin = office.home.me.role == Role::Admin;
            exports::paint(cards, chosen.as_deref(), &office.home.projects, is_admin, &office.today)
        }
        Told::Keys(desk) => keys::paint(desk, &office.today),
        Told::People(desk) => people::paint(desk, &office.today),
        Told::Security(sessions, factors) => security::paint(&office.home.me, sessions, *factors, &office.today),
        Told::Confirm { has_factor, next } => protect::confirm(*has_factor, next.clone()),
        Told::Codes(factors, offer) => protect::codes(*factors, offer),
        Told::Recovery(factors) => protect::recovery(*factors),
        Told::Email => protect::email(office.home.me.email.as_str().to_owned()),
        Told::Close(farewell) => protect::close(farewell, office.home.me.email.as_str()),
        // Painted above, in a frame of its own.
        Told::Welcome(_) => ().into_any(),
    };
    let actions = match &office.told {
        Told::Keys(desk) => keys::actions(desk).map(|actions| view! { <div class="page-actions">{actions}</div> }),
        _ => None,
    };
    let body = view! {
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <div class="app">
            <SideBar room=office.room.entrance() me=office.home.me.clone()/>
            <main class="main" id="main" tabindex="-1" aria-labelledby="page-title">
                <header class="page-head">
                    <h1 id="page-title">{title}</h1>
                    {actions}
                </header>
                <div class="scroll">{content}</div>
            </main>
            <nav class="bottom-nav" aria-label="Quick navigation">
                <a href="/">
                    <Icon name="i-back"/>
                    "Work"
                </a>
                {links(office.room.entrance(), office.home.me.role, "")}
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
                <span class="side-text">{if class.is_empty() { other.short() } else { other.title() }}</span>
            </a>
        }
        .into_any()
    };
    Room::ALL.iter().filter(|other| other.is_for(role)).map(link).collect()
}
