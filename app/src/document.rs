//! The document around a page, written by the server only: head, assets, and what brings the page to life.
//!
//! Must not know: where assets lie on disk. The server names them in full.

use leptos::{nonce::use_nonce, prelude::*};
use std::sync::{Arc, Mutex};
use wire::ToWire;

use crate::{
    App,
    assets::Assets,
    data::hold,
    nav::Address,
    office::{self, Office},
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
    title: String,
    /// What the head loads beside the style sheet.
    loads: AnyView,
    body: AnyView,
}

impl Page {
    /// A page that needs no wasm.
    pub(crate) fn without_wasm(title: String, body: AnyView) -> Self {
        let Assets { reader, forms, .. } = expect_context();
        let loads = view! {
            <script type="module" src=reader></script>
            <script type="module" src=forms></script>
        };
        Self { title, loads: loads.into_any(), body }
    }
}

/// The whole document. The server calls it for each request, in a context with everything that [`App`] needs.
pub fn document(assets: &Assets) -> impl IntoView + use<> {
    provide_context(assets.clone());
    let address = use_context::<Address>().unwrap_or_default();
    let place = Place::read(&address.path);
    let page = match use_context::<Arc<Office>>() {
        Some(office) => office::paint(&office),
        None if place.is_for_visitors() => {
            Page::without_wasm(visitors::title(&place).to_owned(), visitors::paint(&place, &address))
        }
        None => for_people(assets),
    };
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
                <link rel="stylesheet" href=css/>
                {page.loads}
            </head>
            <body>{page.body}</body>
        </html>
    }
}

/// A page that the wasm takes over, with the answer to its own address.
fn for_people(assets: &Assets) -> Page {
    let Assets { js, wasm, reader, .. } = assets.clone();
    let script = loader(&js, &wasm);
    let first = json(use_context::<Arc<First>>().as_deref().unwrap_or(&First::default()));
    // The page is begun before the head is written, since it knows its title.
    let heading = Heading::default();
    provide_context(heading.clone());
    let app = App().into_any();
    let loads = view! {
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <link rel="modulepreload" href=js/>
        // First, so that the page knows its reader.
        <script type="module" src=reader></script>
        <script type="module" nonce=use_nonce() inner_html=script></script>
    };
    let body = view! {
        {app}
        <script type="application/json" id=FIRST_ID inner_html=first></script>
    };
    Page { title: heading.take(), loads: loads.into_any(), body: body.into_any() }
}

/// JSON that can stand inside a script: nothing in it ends the element.
fn json(value: &(impl ToWire + ?Sized)) -> String {
    wire::to_string(value).replace('<', "\\u003c")
}

/// Loads the page's program. If that fails, the page can be read but not used: it says so and offers to load again.
fn loader(js: &str, wasm: &str) -> String {
    format!(
        r#"import({js}).then(m=>m.default({{module_or_path:{wasm}}})).catch(e=>{{console.error(e);const b=document.createElement("div");b.className="banner";b.dataset.tone="bad";b.setAttribute("role","alert");const p=document.createElement("p");p.textContent="This page could not be loaded in full. Check your connection, then load it again.";const r=document.createElement("button");r.className="btn";r.type="button";r.textContent="Load again";r.onclick=()=>location.reload();b.append(p,r);document.body.prepend(b)}})"#,
        js = json(js),
        wasm = json(wasm),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_cannot_be_left_by_an_address() {
        let script = loader("/pkg/a\".js", "</script>");
        assert!(script.contains(r#"import("/pkg/a\".js")"#), "{script}");
        assert!(!script.contains("</script"), "{script}");
    }
}
