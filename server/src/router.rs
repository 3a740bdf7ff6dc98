//! All routes, and what each request passes on its way.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use model::Refusal;
use service::Cx;
use std::sync::Arc;
use store::Tasks;

use crate::{account, assets, changes, edge, health, inbox, live_socket, pages, reply::Refused, settings::Settings};

/// What handlers are given.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) cx: Cx,
    pub(crate) settings: Arc<Settings>,
    pub(crate) files: assets::Files,
    pub(crate) metrics: PrometheusHandle,
    /// Owns the tasks of sockets.
    pub(crate) tasks: Tasks,
}

/// The whole site.
pub(crate) fn router(site: Site) -> Router {
    let account = Router::new()
        .route("/set-up", post(account::set_up))
        .route("/register", post(account::register))
        .route("/sign-in", post(account::sign_in))
        .route("/sign-out", post(account::sign_out));
    // Each of these asks who is there; what lies below does not need to.
    let asked = pages::routes()
        .layer(from_fn(edge::guard_pages))
        .route("/api/ask", post(pages::ask))
        .route("/api/inbox", post(inbox::mark))
        .nest("/api/account", account)
        .route("/live", get(live_socket::open))
        .fallback(missing)
        .layer(from_fn_with_state(site.clone(), edge::identify))
        // Finds out by itself: who asks is looked at in the transaction of the change.
        .route("/api/execute", post(changes::execute))
        .layer(from_fn_with_state(site.clone(), edge::guard_origin));
    asked
        .route("/pkg/{name}", get(assets::serve))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .layer(from_fn_with_state(site.clone(), edge::add_headers))
        .with_state(site)
}

async fn missing() -> Response {
    Refused(Refusal::NotFound).into_response()
}
