//! `/dev/gallery`: every part that pages are put together of, in every state, for those who work on them. Drawn by the server from
//! the parts themselves and the style sheet of the product; nothing of it is in the page's program.
//!
//! What the pointer and the focus do is in no markup: such a state is named by `data-force`, and whoever takes pictures forces it.
//!
//! Must not know: who looks, any database.

mod forms;
mod lists;
mod messages;
mod people;

use leptos::prelude::*;
use model::{Instant, Today};

use crate::{
    assets::Assets,
    data::Client,
    document::{Page, around},
};

/// The style sheet that lays the parts out.
const STYLE: &str = "/dev/gallery.css";

/// In this context, what is opened by a press is painted open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaidOpen;

/// The whole document.
#[must_use]
pub fn gallery(assets: &Assets) -> String {
    Owner::new().with(|| {
        provide_context(assets.clone());
        let client = Client::new(today());
        client.people.learn(people::cards());
        provide_context(client);
        let body = view! {
            <main class="gallery" id="main">
                <header>
                    <h1>"Gallery"</h1>
                    <p class="muted">"Every part in every state, drawn by the server with the style sheet of the product."</p>
                </header>
                {forms::buttons()}
                {forms::fields()}
                {forms::choices()}
                {lists::badges()}
                {people::avatars()}
                {messages::banners()}
                {messages::toasts()}
                {messages::dialog()}
                {lists::tabs_and_tables()}
                {lists::waiting()}
            </main>
        };
        let loads = view! { <link rel="stylesheet" href=STYLE/> };
        let page = Page { title: "Gallery · Muster".to_owned(), loads: loads.into_any(), body: body.into_any() };
        around(assets, page, false).to_html()
    })
}

/// Always the same day: a picture of it does not age.
fn today() -> Today {
    Today::of(std::sync::Arc::default(), Instant::from_ms(1_790_000_000_000))
}

/// Parts that belong together.
fn section(title: &'static str, content: Vec<AnyView>) -> AnyView {
    view! {
        <section class="panel" aria-label=title>
            <div class="panel-head">
                <h2>{title}</h2>
            </div>
            <div class="panel-body gallery-parts">{content}</div>
        </section>
    }
    .into_any()
}

/// A part, with the state that it is in.
fn part(state: &'static str, content: impl IntoAny) -> AnyView {
    view! {
        <figure data-state-of=state>
            <div class="gallery-part">{content.into_any()}</div>
            <figcaption>{state}</figcaption>
        </figure>
    }
    .into_any()
}

/// A part that is as wide as the page.
fn wide(state: &'static str, content: impl IntoAny) -> AnyView {
    view! {
        <figure class="gallery-wide">
            <div class="gallery-part">{content.into_any()}</div>
            <figcaption>{state}</figcaption>
        </figure>
    }
    .into_any()
}

/// Paints in a page of its own: with another state of what the page keeps.
fn on_page(change: impl FnOnce(&Client), paint: impl FnOnce() -> AnyView) -> AnyView {
    let owner = Owner::new();
    let view = owner.with(|| {
        let client = Client::new(today());
        client.people.learn(people::cards());
        change(&client);
        provide_context(client);
        paint()
    });
    // It lives as long as the page around it.
    on_cleanup(move || drop(owner));
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gallery_shows_the_parts_and_what_is_opened_by_a_press_is_open() {
        let html = gallery(&Assets { icons: "/pkg/icons.svg".into(), ..Assets::default() });
        for shown in
            ["role=\"menuitem\"", "role=\"option\"", "class=\"dialog\"", "class=\"toast\"", "data-state=\"offline\""]
        {
            assert!(html.contains(shown), "{shown} is missing");
        }
        assert!(html.contains("/pkg/icons.svg#i-plus"));
        assert!(!html.contains("<script"), "it is drawn by the server alone");
    }

    #[test]
    fn the_gallery_is_the_same_each_time() {
        assert_eq!(gallery(&Assets::default()), gallery(&Assets::default()));
    }
}
