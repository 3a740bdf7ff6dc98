//! What both sides of the wire share: the pages, their parts, and the state that a page keeps.
//!
//! The server paints the first view of a page with it, and the browser takes that view over and keeps it alive. Rules are
//! in `model`; questions go through [`api`], changes through the outbox.
//!
//! Must not know: databases, sessions, how an event reaches the socket. Nothing here reads a clock, chance or the window
//! while it paints: both sides must build the same tree. Whatever reaches outside is in an effect or an event handler.

#![recursion_limit = "256"]
#![expect(clippy::must_use_candidate, reason = "nobody drops a component by mistake")]

pub mod api;
mod components;
mod data;
mod dom;
mod ids;
mod net;
mod pages;
mod paths;
mod shell;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

pub use api::ApiError;
pub use shell::{Assets, shell};

use crate::{
    data::{Client, MeResource},
    pages::{
        account::{RegisterPage, SetUpPage},
        home::HomeView,
        missing::NoSuchPage,
        project::ProjectPage,
        signin::SignInPage,
    },
};

/// The whole product, on whatever address it is opened.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let client = Client::new();
    provide_context(client.clone());
    provide_context(MeResource::ask());
    // Effects run in the browser only, after the page was taken over: from here on it answers to people, and tests wait
    // for the mark.
    Effect::new(move |_| {
        client.arrive();
        dom::mark_hydrated();
    });
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Muster".to_owned() } else { format!("{title} · Muster") }/>
        <Router>
            <FlatRoutes fallback=NoSuchPage>
                <Route path=path!("/") view=HomeView ssr=SsrMode::Async/>
                <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/p/:key/:tail?") view=ProjectPage ssr=SsrMode::Async/>
                // The server asks for routes: without this one it would answer an unknown address by itself, without a page.
                <Route path=path!("/*unknown") view=NoSuchPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
