//! The document around a page, written by the server only: head, assets, and what brings the page to life.
//!
//! Must not know: where assets lie on disk. The server names them in full.

use leptos::prelude::*;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use wire::ToWire;

use crate::{
    App,
    assets::Assets,
    data::hold,
    nav::Address,
    office::{self, Office},
    pages::apart::Needs,
    paths::Place,
    shown::{FIRST_ID, First},
    visitors,
};

/// The title of the page that is being painted, for the head of the document that comes before it.
#[derive(Clone, Default)]
pub(crate) struct Heading(Arc<Mutex<String>>);

impl Heading {
    pub(crate) fn set(&self, title: String) {
        *hold(&self.0) = title;
    }

    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut hold(&self.0))
    }
}

/// What a document is made of.
pub(crate) struct Page {
    pub(crate) title: String,
    /// What the head loads beside the style sheet.
    pub(crate) loads: AnyView,
    pub(crate) body: AnyView,
}

impl Page {
    /// A page that needs no wasm.
    pub(crate) fn without_wasm(title: String, body: AnyView) -> Self {
        let Assets { reader, keep, forms, .. } = expect_context();
        let loads = view! {
            <script type="module" src=reader></script>
            <script type="module" src=keep></script>
            <script type="module" src=forms></script>
        };
        Self { title, loads: loads.into_any(), body }
    }
}

/// The document that browsers keep for when the server cannot be reached: the page's program and nothing of anybody.
///
/// Unlike a page it has no script of the framework's inside.
#[must_use]
pub fn shell(assets: &Assets) -> String {
    Owner::new().with(|| {
        let body = view! {
            <p class="vh" role="status">
                "Loading"
            </p>
        };
        let page = Page { title: "Muster".to_owned(), loads: program(assets, Needs::default()), body: body.into_any() };
        around(assets, page, true).to_html()
    })
}

/// The whole document. The server calls it for each request, in a context with everything that [`App`] needs.
pub fn document(assets: &Assets) -> impl IntoView + use<> {
    provide_context(assets.clone());
    let address = use_context::<Address>().unwrap_or_default();
    let place = Place::read(&address.path);
    let page = match use_context::<Arc<Office>>() {
        Some(office) => office::paint(&office),
        None if place.is_drawn_alone() => {
            Page::without_wasm(visitors::title(&place).to_owned(), visitors::paint(&place, &address))
        }
        None => for_people(assets, &address),
    };
    around(assets, page, false)
}

pub(crate) fn around(assets: &Assets, page: Page, is_shell: bool) -> AnyView {
    let Assets { css, icons, icon, art, build, .. } = assets.clone();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>{page.title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                // The side bar's background in both themes, as sRGB: browsers do not read oklch here.
                <meta name="theme-color" content="#f3f1ed" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#141311" media="(prefers-color-scheme: dark)"/>
                <meta name="muster-icons" content=icons/>
                <meta name="muster-art" content=art/>
                <meta name="muster-build" content=build/>
                <link rel="icon" href=icon type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="stylesheet" href=css/>
                {page.loads}
            </head>
            <body data-shell=is_shell.then_some("")>{page.body}</body>
        </html>
    }
    .into_any()
}

/// A page that the wasm takes over, with the answer to its own address.
fn for_people(assets: &Assets, address: &Address) -> Page {
    let first = json(use_context::<Arc<First>>().as_deref().unwrap_or(&First::default()));
    // The page is begun before the head is written, since it knows its title.
    let heading = Heading::default();
    provide_context(heading.clone());
    let app = App().into_any();
    let body = view! {
        {app}
        <script type="application/json" id=FIRST_ID inner_html=first></script>
    };
    Page { title: heading.take(), loads: program(assets, Needs::of(address)), body: body.into_any() }
}

/// What loads the program. The scripts run in this order: the page must know its reader, and the program finds what the
/// device keeps. What the first view needs beside it is fetched at the same time. They are all files, so that no document needs a nonce, and one that was kept is as good as a new one.
fn program(assets: &Assets, needs: Needs) -> AnyView {
    let Assets { js, wasm, reader, keep, boot, parts, network, .. } = assets.clone();
    let parts: BTreeSet<&String> = needs.names().filter_map(|name| parts.get(name)).flatten().collect();
    let parts: Vec<_> = parts.into_iter().cloned().map(preload).collect();
    view! {
        <link rel="preload" id="wasm" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        {parts}
        <link rel="modulepreload" id="program" href=js/>
        {network.map(|src| view! { <script src=src></script> })}
        <script type="module" src=reader></script>
        <script type="module" src=keep></script>
        <script type="module" src=boot></script>
    }
    .into_any()
}

fn preload(part: String) -> impl IntoView {
    view! { <link rel="preload" href=part r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> }
}

/// JSON that can stand inside a script: nothing in it ends the element.
fn json(value: &(impl ToWire + ?Sized)) -> String {
    wire::to_string(value).replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_cannot_leave_its_element() {
        assert_eq!(json("</script>"), r#""\u003c/script>""#);
    }

    #[test]
    fn the_shell_holds_the_program_and_nothing_of_anybody() {
        let html = shell(&Assets { js: "/pkg/a.js".into(), wasm: "/pkg/a.wasm".into(), ..Assets::default() });
        assert!(html.contains("/pkg/a.wasm") && html.contains("data-shell"), "{html}");
        assert!(!html.contains(FIRST_ID), "{html}");
    }
}
