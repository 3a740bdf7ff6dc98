//! The web edge: who asks, from which page, and the headers that every answer carries.
//!
//! Every request that is not a plain read must come from one of our own pages (`Origin`, or `Sec-Fetch-Site` where a
//! browser sends no origin). A request with neither is not from a browser, and carries no cookie against its will.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use model::Refusal;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::{Actor, account};

use crate::{reply::Refused, router::Site};

/// Who asks, in the request's extensions; nothing for a visitor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker(pub(crate) Option<Actor>);

impl Asker {
    /// Who asks; a visitor has to sign in first.
    pub(crate) fn actor(self) -> Result<Actor, Refused> {
        self.0.ok_or(Refused(Refusal::SignIn))
    }
}

/// The name of the session's cookie: with the prefix that binds it to this host wherever that is possible.
pub(crate) const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-muster" } else { "muster" }
}

/// A cookie of ours beside the session's, by its name without the prefix and with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnCookie(&'static str, &'static str);

/// That somebody has signed in with this browser before.
pub(crate) const DEVICE: OwnCookie = OwnCookie("muster-device", "__Host-muster-device");
/// That a password was right and its code is still missing.
pub(crate) const CODE: OwnCookie = OwnCookie("muster-code", "__Host-muster-code");

impl OwnCookie {
    pub(crate) const fn name(self, is_secure: bool) -> &'static str {
        if is_secure { self.1 } else { self.0 }
    }
}

/// A cookie of ours.
pub(crate) fn own_cookie(headers: &HeaderMap, cookie: OwnCookie, is_secure: bool) -> Option<String> {
    named_cookie(headers, cookie.name(is_secure))
}

/// The session's cookie of a request.
pub(crate) fn session_cookie(headers: &HeaderMap, is_secure: bool) -> Option<String> {
    named_cookie(headers, cookie_name(is_secure))
}

/// A cookie of a request by its name.
pub(crate) fn named_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let found = texts.flat_map(cookie::Cookie::split_parse).flatten().find(|c| c.name() == name)?;
    Some(found.value().to_owned())
}

/// Whether a request comes from one of our own pages, or from no page at all.
pub(crate) fn is_own(headers: &HeaderMap, origins: &[String]) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    match (text(header::ORIGIN), text(HeaderName::from_static("sec-fetch-site"))) {
        (Some(origin), _) => origins.iter().any(|o| o == origin),
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
    }
}

/// Turns away what another site made a browser send.
pub(crate) async fn guard_origin(State(site): State<Site>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read || is_own(request.headers(), &site.settings.origins) {
        next.run(request).await
    } else {
        Refused(Refusal::MayNot).into_response()
    }
}

/// Finds out who asks. The session's row is asked each time.
///
/// Changes do not come this way: their session is asked for where they are done, see [`crate::changes`].
pub(crate) async fn identify(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let actor = match session_cookie(request.headers(), site.settings.is_secure()) {
        Some(cookie) => match account::actor(&site.cx, &cookie).await {
            Ok(actor) => actor,
            Err(refusal) => return Refused(refusal).into_response(),
        },
        None => None,
    };
    request.extensions_mut().insert(Asker(actor));
    next.run(request).await
}

/// Sends visitors to the sign-in page before anything is painted, and those who are signed in away from it.
pub(crate) async fn guard_pages(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let place = app::Place::read(path);
    let (is_for_visitors, is_link) = (place.is_for_visitors(), place.is_link());
    let is_signed_in = request.extensions().get::<Asker>().is_some_and(|a| a.0.is_some());
    match (is_for_visitors, is_signed_in) {
        (true, true) if !is_link => Redirect::to("/").into_response(),
        (false, false) if path == "/" => Redirect::to("/signin").into_response(),
        (false, false) if !path.starts_with("/api") => {
            Redirect::to(&format!("/signin?next={}", percent(path))).into_response()
        }
        _ => next.run(request).await,
    }
}

/// What stays as it is in the value of a query or a header: the unreserved characters (RFC 3986) and `/`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as the value of a query or a header.
pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The policy of a page: its scripts are files of ours, and what the framework writes into the document with this nonce.
pub(crate) fn page_policy(nonce: &str) -> String {
    policy(&format!("'nonce-{nonce}' "))
}

/// The policy of a document that is the same for everybody, and has no script of its own.
pub(crate) fn shell_policy() -> String {
    policy("")
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' {nonce}'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
    )
}

/// The headers that every answer carries. What an answer set by itself stays.
pub(crate) async fn add_headers(State(site): State<Site>, request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::REFERRER_POLICY, "same-origin");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()");
    if !is_asset {
        add(header::CACHE_CONTROL, "no-store");
    }
    if site.settings.is_secure() {
        add(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_own_pages_may_ask_for_changes() {
        let ours = ["http://localhost:4000".to_owned()];
        for (pairs, own) in [
            (&[("origin", "http://localhost:4000")] as &[_], true),
            (&[("origin", "http://localhost:4001")], false),
            (&[("origin", "https://localhost:4000")], false),
            (&[("origin", "http://localhost:4000.evil.example")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
            (&[], true),
        ] {
            assert_eq!(is_own(&headers(pairs), &ours), own, "{pairs:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let among = headers(&[("cookie", "a=b; muster=abc.def; c=d")]);
        assert_eq!(session_cookie(&among, false).as_deref(), Some("abc.def"));
        assert_eq!(session_cookie(&among, true), None);
        assert_eq!(session_cookie(&headers(&[("cookie", ";;=;muster")]), false), None);
    }

    #[test]
    fn a_path_cannot_leave_its_query() {
        assert_eq!(percent("/p/MUS/4"), "/p/MUS/4");
        assert_eq!(percent("/a&b=c#d?e%"), "/a%26b%3Dc%23d%3Fe%25");
    }
}
