//! What every answer carries for the browser, and the marks of cookies.

use axum::{body::Body, response::Response};
use http::{Method, Request, header};
use serde_json::json;
use service::kit::{House, PASSWORD};
use std::sync::Arc;
use tower::ServiceExt as _;

use super::{
    all,
    world::{Who, World, send, site},
};
use crate::{router::router, settings::Settings};

/// The value of a header; empty if there is none.
fn value(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// A site that is reached over TLS.
fn over_tls(house: &House, folder: &tempfile::TempDir) -> axum::Router {
    let text = "origin = \"https://tasks.example.org\"\nkeyring_file = \"/run/keys\"";
    let settings = Settings::gather(toml::from_str(text).unwrap()).unwrap();
    router(crate::router::Site { settings: Arc::new(settings), ..site(house, folder, true) })
}

service::both_engines! {
    async fn every_answer_tells_the_browser_what_it_may_not_do(house) {
        let folder = tempfile::tempdir().unwrap();
        let app = over_tls(house, &folder);
        for (method, path) in all().into_iter().chain([(Method::GET, "/api/nowhere".to_owned())]) {
            let at = path.replace("{*path}", "signin").replace("{name}", "js.js").replace("{id}", super::world::MAIL);
            let at = at.replace(['{', '}'], "");
            let request = Request::builder().method(method.clone()).uri(&at).body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            let what = format!("{method} {at}: {}", answer.status());
            let policy = value(&answer, "content-security-policy");
            for part in ["default-src 'none'", "base-uri 'none'"] {
                // The worker is no document; nothing can be put into it.
                assert!(policy.contains(part) || (part.starts_with("base") && at == "/sw.js"), "{what}: {policy}");
            }
            let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or_default();
            assert!(!scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"), "{what}: {policy}");
            for (name, expected) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ] {
                assert_eq!(value(&answer, name), expected, "{what}: {name}");
            }
            assert!(!answer.headers().contains_key("access-control-allow-origin"), "{what}");
            let is_for_all = at.starts_with("/pkg/") || at == "/sw.js";
            assert!(is_for_all || value(&answer, "cache-control").contains("no-store"), "{what}");
        }
    }

    async fn cookies_are_bound_to_this_host_over_tls_and_no_script_reads_them(house) {
        let world = World::new(house).await;
        let folder = tempfile::tempdir().unwrap();
        let caller = world.caller(Who::User);
        let form = |remember| json!({ "email": caller.email, "password": PASSWORD, "remember": remember });
        for (app, prefix) in [(over_tls(house, &folder), "__Host-"), (world.app.clone(), "")] {
            for remember in [false, true] {
                let path = "/api/account/sign-in";
                let answer = send(&app, world.caller(Who::Nobody), Method::POST, path, Some(form(remember))).await;
                let cookies: Vec<&str> =
                    answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
                assert_eq!(cookies.len(), 2, "the session and the device: {cookies:?}");
                for cookie in &cookies {
                    let name = cookie.split('=').next().unwrap();
                    assert!(name.starts_with(&format!("{prefix}muster")), "{cookie}");
                    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"));
                    assert_eq!(cookie.contains("; Secure"), !prefix.is_empty(), "{cookie}");
                    assert!(!cookie.contains("Domain"), "{cookie}");
                }
                let session = cookies.iter().find(|cookie| cookie.contains("muster=")).unwrap();
                assert_eq!(session.contains("Max-Age"), remember, "with the browser, or as long as the session may be");
            }
        }
    }

    async fn whoever_signs_out_leaves_nothing_in_the_browser(house) {
        let world = World::new(house).await;
        let caller = world.fresh(Who::User).await;
        let answer = world.send(&caller, Method::POST, "/api/account/sign-out", None).await;
        assert_eq!(answer.headers["clear-site-data"], "\"cache\", \"storage\"");
        assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    }
}
