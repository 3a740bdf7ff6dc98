//! The document around the pages, painted by the server only: head, assets, loader.
//!
//! Must not know: where assets lie on disk. The server names them in full.

use leptos::{nonce::use_nonce, prelude::*};
use wire::ToWire;

use crate::{
    App,
    shown::{FIRST_ID, First, Heading},
};

/// The addresses of what a page loads, all of them complete, such as `/pkg/app-0f3a.js`.
///
/// The server provides it as context for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The glue that loads the wasm.
    pub js: String,
    /// The pages as wasm.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// The icons, one symbol each.
    pub icons: String,
    /// The icon of the product, SVG.
    pub icon: String,
    /// The picture beside the forms of accounts, SVG.
    pub art: String,
    /// A small script that runs before the first paint; empty for none.
    pub boot: String,
    /// The build, as the live channel names it in `welcome`; empty to compare nothing.
    pub build: String,
}

/// The whole document. The server calls it for each request, in a context with everything that [`App`] needs.
pub fn shell(assets: &Assets) -> impl IntoView + use<> {
    provide_context(assets.clone());
    let Assets { js, wasm, css, icons, icon, art, boot, build } = assets.clone();
    let script = loader(&js, &wasm);
    let first = json(&First::read());
    // The page is begun before the head is written, since it knows its title.
    let heading = Heading::default();
    provide_context(heading.clone());
    let app = App().into_any();
    let title = heading.take();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>{title}</title>
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
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <link rel="modulepreload" href=js/>
                {(!boot.is_empty()).then(|| view! { <script src=boot></script> })}
                <script type="module" nonce=use_nonce() inner_html=script></script>
            </head>
            <body>
                {app}
                <script type="application/json" id=FIRST_ID inner_html=first></script>
            </body>
        </html>
    }
}

/// JSON that can stand inside a script: nothing in it ends the element.
fn json(value: &(impl ToWire + ?Sized)) -> String {
    wire::to_string(value).replace('<', "\\u003c")
}

/// Loads the pages. If that fails, the page can be read but not used: it says so and offers to load again.
fn loader(js: &str, wasm: &str) -> String {
    format!(
        r#"import({js}).then(m=>m.default({{module_or_path:{wasm}}})).catch(e=>{{console.error(e);const b=document.createElement("div");b.className="banner";b.dataset.tone="bad";b.setAttribute("role","alert");const p=document.createElement("p");p.textContent="This page could not be loaded in full. Check your connection, then load it again.";const r=document.createElement("button");r.className="btn";r.type="button";r.textContent="Load again";r.onclick=()=>location.reload();b.append(p,r);document.body.prepend(b)}})"#,
        js = json(js),
        wasm = json(wasm),
    )
}

/// The address of an asset that views name: from the server's context there, from the head of the document here.
fn named(of: fn(&Assets) -> &str, meta: &str) -> String {
    if cfg!(feature = "ssr") {
        use_context::<Assets>().map(|assets| of(&assets).to_owned()).unwrap_or_default()
    } else {
        crate::dom::meta(meta).unwrap_or_default()
    }
}

/// The address of an icon, such as `i-plus`.
pub(crate) fn icon_href(name: &str) -> String {
    use std::sync::OnceLock;
    static ICONS: OnceLock<String> = OnceLock::new();
    // The document does not change its head; the server asks its context each time.
    if cfg!(feature = "ssr") {
        format!("{}#{name}", named(|a| &a.icons, "muster-icons"))
    } else {
        format!("{}#{name}", ICONS.get_or_init(|| named(|a| &a.icons, "muster-icons")))
    }
}

/// The address of the picture beside the forms of accounts.
pub(crate) fn art_href() -> String {
    named(|a| &a.art, "muster-art")
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
