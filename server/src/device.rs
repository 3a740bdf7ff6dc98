//! What a browser keeps of the site: the worker that opens pages without a network, the shell that it opens, and how the
//! site is installed as an app. All of it is the same for everybody.
//!
//! Must not know: people. What is kept of them the page keeps by itself.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::json;

use crate::{edge::shell_policy, router::Site};

/// The worker may run what is ours, fetch what is ours, and nothing else.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

/// `GET /sw.js`: the worker, with the build and its files written before it, so that another build is another worker.
pub(crate) async fn worker(State(site): State<Site>) -> Response {
    let files = &site.files;
    let begin = format!("const BUILD = {};\nconst FILES = {};\n", json!(files.page.build), json!(files.kept.as_ref()));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        // Asked for again each time: a worker that stays would keep an old build alive.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY)),
    ];
    (headers, [begin.as_bytes(), files.worker.as_ref()].concat()).into_response()
}

/// `GET /shell`: the document that opens when the server cannot be reached.
pub(crate) async fn shell(State(site): State<Site>) -> Response {
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned());
    let headers = [kind, (header::CONTENT_SECURITY_POLICY, shell_policy())];
    (headers, app::shell(&site.files.page)).into_response()
}

/// `GET /manifest.webmanifest` (W3C, "Web Application Manifest").
pub(crate) async fn manifest(State(site): State<Site>) -> Response {
    let at = |logical: &str| site.files.named(logical);
    let icon = |logical: &str, sizes: &str, purpose: &str| json!({ "src": at(logical), "sizes": sizes, "type": "image/png", "purpose": purpose });
    let screen = |logical: &str, sizes: &str, form: &str| json!({ "src": at(logical), "sizes": sizes, "type": "image/png", "form_factor": form, "label": "A project as a board" });
    let shortcut = |name: &str, url: &str| json!({ "name": name, "url": url });
    let manifest = json!({
        "id": "/",
        "name": "Muster",
        "short_name": "Muster",
        "description": "Tasks of a team, live, and on this device when there is no network.",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf9f7",
        "theme_color": "#0a6766",
        "categories": ["productivity"],
        "icons": [
            icon("app-icons/icon-192.png", "192x192", "any"),
            icon("app-icons/icon-512.png", "512x512", "any"),
            icon("app-icons/icon-maskable.png", "512x512", "maskable"),
        ],
        "screenshots": [
            screen("app-icons/screen-wide.png", "1440x900", "wide"),
            screen("app-icons/screen-phone.png", "390x844", "narrow"),
        ],
        "shortcuts": [shortcut("My tasks", "/my"), shortcut("Inbox", "/inbox")],
    });
    let kind = HeaderValue::from_static("application/manifest+json");
    ([(header::CONTENT_TYPE, kind)], manifest.to_string()).into_response()
}
