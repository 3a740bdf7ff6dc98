//! What both sides of the wire share: the pages, their parts, and the state that a page keeps.
//!
//! The server paints the first view of a page with it, and the browser takes that view over and keeps it alive. Rules are
//! in `model`; questions go through [`api`], changes through the outbox.
//!
//! Must not know: databases, sessions, how an event reaches the socket. Nothing here reads a clock, chance or the window
//! while it paints: both sides must build the same tree. Whatever reaches outside is in an effect or an event handler.

#![recursion_limit = "256"]
#![expect(clippy::must_use_candidate, reason = "nobody drops a component by mistake")]

#[cfg(not(erase_components))]
compile_error!(
    "build with `--cfg erase_components`: .cargo/config.toml sets it, and RUSTFLAGS in the environment hides it"
);

mod api;
mod assets;
mod components;
mod data;
#[cfg(feature = "ssr")]
mod document;
mod dom;
#[cfg(feature = "ssr")]
mod drawn;
#[cfg(feature = "ssr")]
mod gallery;
mod ids;
mod keys;
mod later;
mod live;
mod markup;
mod measure;
mod nav;
mod net;
#[cfg(feature = "ssr")]
mod office;
mod pages;
mod paths;
mod query;
mod shown;
#[cfg(feature = "ssr")]
mod visitors;

use leptos::prelude::*;
use model::Today;

#[cfg(feature = "ssr")]
pub use api::served::ReaderCookie;
pub use assets::Assets;
#[cfg(feature = "ssr")]
pub use document::{document, shell};
#[cfg(feature = "ssr")]
pub use drawn::{Drawing, answer};
#[cfg(feature = "ssr")]
pub use gallery::gallery;
pub use nav::Address;
#[cfg(feature = "ssr")]
pub use office::Office;
pub use pages::apart::Needs;
pub use paths::{CONFIRM_PAGE, Place, Room, Tail};
pub use shown::{First, FirstAnswer};
#[cfg(feature = "ssr")]
pub use visitors::Visit;

use crate::{
    data::{Client, Link, time},
    keys::Keys,
    live::{effect, live, memo},
    nav::Nav,
    shown::Shown,
};

/// The whole product, on whatever address it is opened.
#[component]
pub fn App() -> impl IntoView {
    let First { reader, now, answer } = First::read();
    let (client, nav) = (Client::new(Today::of(reader.into(), now)), Nav::begin());
    provide_context(client.clone());
    provide_context(nav);
    let keys = Keys::new();
    provide_context(keys.clone());
    let page = memo(move || nav.place().page());
    let has_first = answer != FirstAnswer::Unasked;
    let shown = RwSignal::new(Shown::take_in(&client, answer));
    #[cfg(feature = "ssr")]
    if let Some(heading) = use_context::<document::Heading>() {
        heading.set(shown.with_untracked(|shown| shown::title(shown, nav.place().tail())));
    }
    // Effects run in the browser only, after the page was taken over: from here on it answers to people, and tests wait
    // for the mark.
    let (follower, mut before) = (client.clone(), has_first.then(|| (page.get_untracked(), 0)));
    effect(move || {
        let now = (page.get(), follower.role_version.get());
        if before.as_ref() != Some(&now) {
            shown::show(&follower, now.0.clone(), page, shown);
        }
        before = Some(now);
    });
    let (again, mut was) = (client.clone(), Link::Connecting);
    effect(move || {
        let link = again.link.get();
        again.link_changed(was, link);
        was = link;
        if link == Link::Live {
            shown::retry(&again, page.get_untracked(), page, shown);
            pages::apart::fetch_all();
        }
    });
    effect(move || dom::set_title(&shown.with(|shown| shown::title(shown, nav.place().tail()))));
    effect(move || {
        nav.listen();
        keys.listen();
        client.arrive();
        if has_first && let Some(question) = page.get_untracked().question(&nav.query_now()) {
            net::keep_first(question);
        }
        time::keep(&client);
        dom::mark_hydrated();
        // What comes later comes now: the page is there.
        later::said_by(&client);
        dom::next_frame(pages::apart::fetch_all);
    });
    live(move || pages::paint(shown.get()))
}
