//! The browser's entry: takes over the page that the server painted, or paints it where there is only a shell.
//!
//! Must not know: everything else. What the page is, is in `app`.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the loader, as soon as the module has been compiled.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    // The shell that a browser keeps for working offline has an empty body: there is nothing to take over.
    let is_shell = leptos::prelude::document().body().is_some_and(|body| body.has_attribute("data-shell"));
    if is_shell {
        leptos::mount::mount_to_body(app::App);
    } else {
        leptos::mount::hydrate_body(app::App);
    }
}
