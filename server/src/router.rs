//! All routes, and what each request passes on its way.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::PrometheusHandle;
use model::Refusal;
use service::Cx;
use std::sync::Arc;
use store::Tasks;

use crate::{
    account, assets, audit_log, changes, device, edge, exports, gallery, health, inbox, jobs, keys_form, live_socket,
    mailbox, mailbox_page, pages, people,
    reply::Refused,
    routes::{Routes, get, post},
    settings::Settings,
    traces, welcome,
};

/// What handlers are given.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) cx: Cx,
    pub(crate) settings: Arc<Settings>,
    pub(crate) files: assets::Files,
    pub(crate) metrics: PrometheusHandle,
    /// The mails that are kept here, if whoever comes may read them.
    pub(crate) mailbox: Option<mail::Mailbox>,
    /// The clock, if tests may move it.
    pub(crate) clock: Option<Arc<mailbox::TestClock>>,
    /// Owns the tasks of sockets.
    pub(crate) tasks: Tasks,
}

/// All ways in, by what a request passes on its way to them.
pub(crate) struct Doors {
    /// Who asks is known, and visitors are sent to where they sign in.
    pub(crate) pages: Routes,
    /// Who asks is known.
    pub(crate) asked: Routes,
    /// They find out by themselves who asks: that is looked at in the transaction of the change.
    pub(crate) changes: Routes,
    /// The same for everybody.
    pub(crate) open: Routes,
}

/// The table of all routes. Another one needs its line in the test of who may do what.
pub(crate) fn doors() -> Doors {
    let account = Routes::new()
        .route("/set-up", post(account::set_up))
        .route("/register", post(account::register))
        .route("/resend", post(account::resend))
        .route("/verify", post(account::verify))
        .route("/forgot", post(account::forgot))
        .route("/reset", post(account::reset))
        .route("/sessions", post(account::end_sessions))
        .route("/password", post(account::change_password))
        .route("/preferences", post(account::prefer))
        .route("/presence", post(account::appear))
        .route("/unsubscribe", post(account::unsubscribe))
        .route("/ask", post(people::ask))
        .route("/accept", post(people::accept))
        .route("/join", post(people::join))
        .route("/confirm", post(account::confirm))
        .route("/codes", post(account::enable_codes))
        .route("/codes/off", post(account::disable_codes))
        .route("/codes/recovery", post(account::renew_codes))
        .route("/email", post(account::ask_email))
        .route("/email/confirm", post(account::confirm_email))
        .route("/email/back", post(account::revert_email))
        .route("/close", post(account::close))
        .route("/strength", post(account::strength))
        .route("/sign-in-code", post(account::sign_in_code))
        .route("/sign-in", post(account::sign_in))
        .route("/sign-out", post(account::sign_out));
    let asked = Routes::new()
        .route("/api/ask", post(pages::ask))
        .route("/api/inbox", post(inbox::mark))
        .nest("/api/account", account)
        .route("/unsubscribe/{link}", get(pages::page))
        .route("/unsubscribe/{link}", post(account::unsubscribe_at_once))
        .route("/api/jobs", post(jobs::act))
        .route("/api/exports", post(exports::begin))
        .route("/api/exports/remove", post(exports::remove))
        .route("/exports/{export}", get(exports::fetch))
        .route("/api/audit/check", post(audit_log::check))
        .route("/api/audit/entry/{position}", get(audit_log::entry))
        .route("/api/audit/entry/{position}/proof", get(audit_log::proof))
        .route("/api/keys", post(keys_form::act))
        .nest("/api/people", people::routes())
        .nest("/api/welcome", welcome::routes())
        .route("/api/sample", post(welcome::begin_sample))
        .route("/api/mails/test", post(welcome::test_mail))
        .route("/dev/clock", post(mailbox::advance))
        .route("/live", get(live_socket::open));
    let open = Routes::new()
        .route("/pkg/{name}", get(assets::serve))
        .route("/sw.js", get(device::worker))
        .route("/shell", get(device::shell))
        .route("/manifest.webmanifest", get(device::manifest))
        .route("/dev/mailbox", get(mailbox_page::newest))
        .route("/dev/mailbox.css", get(mailbox_page::style))
        .route("/dev/mailbox.json", get(mailbox::list))
        .route("/dev/mailbox/{id}", get(mailbox_page::one))
        .route("/dev/mailbox/{id}/html", get(mailbox_page::letter))
        .route(mailbox::NETWORK, get(mailbox::network))
        .route("/dev/gallery", get(gallery::page))
        .route("/dev/gallery.css", get(gallery::style))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics));
    Doors { pages: pages::routes(), asked, changes: Routes::new().route("/api/execute", post(changes::execute)), open }
}

/// The whole site.
pub(crate) fn router(site: Site) -> Router {
    let doors = doors();
    let guarded = doors
        .pages
        .into_router()
        .layer(from_fn(edge::guard_pages))
        .merge(doors.asked.into_router())
        .fallback(missing)
        .layer(from_fn_with_state(site.clone(), edge::identify))
        .merge(doors.changes.into_router())
        .layer(from_fn_with_state(site.clone(), edge::guard_origin));
    let all = guarded.merge(doors.open.into_router()).layer(from_fn_with_state(site.clone(), edge::add_headers));
    let all = if site.settings.otlp_endpoint.is_some() { all.layer(from_fn(traces::of_request)) } else { all };
    all.with_state(site)
}

async fn missing() -> Response {
    Refused(Refusal::NotFound).into_response()
}
