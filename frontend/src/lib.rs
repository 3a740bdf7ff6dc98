//! The browser's entry: takes over the page that the server painted, or paints it where there is only a shell.
//!
//! Must not know: everything else. What the page is, is in `app`.

use js_sys::Function;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;

/// Called once by the loader, as soon as the program is there; `failed` is called if a part that the page begins with cannot be
/// had.
#[wasm_bindgen]
pub fn run(failed: Function) {
    console_error_panic_hook::set_once();
    let needs = app::Needs::now();
    if needs == app::Needs::default() {
        return mount();
    }
    spawn_local(async move {
        if needs.ready().await {
            mount();
        } else {
            // Nobody is left to tell if this fails, too.
            let _ = failed.call0(&JsValue::NULL);
        }
    });
}

fn mount() {
    // The shell that a browser keeps for working offline has an empty body: there is nothing to take over.
    let is_shell = leptos::prelude::document().body().is_some_and(|body| body.has_attribute("data-shell"));
    if is_shell {
        leptos::mount::mount_to_body(app::App);
    } else {
        leptos::mount::hydrate_body(app::App);
    }
}
