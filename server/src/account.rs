//! The forms of accounts: set-up, registration, sign-in, sign-out.

use axum::{
    extract::{ConnectInfo, Extension, Request, State},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderValue, StatusCode, header};
use model::{Refusal, Register, SetUp, SignIn, Welcome};
use serde::de::DeserializeOwned;
use service::account::{self, From, Opened};
use std::net::SocketAddr;

use crate::{
    edge::{Asker, cookie_name},
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest form, in bytes.
const LONGEST: usize = 16 * 1024;

async fn form<T: DeserializeOwned>(request: Request) -> Result<(T, From), Refused> {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_string());
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let bytes = body(request, LONGEST).await?;
    Ok((parse(&bytes)?, From { agent, address }))
}

pub(crate) async fn set_up(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<SetUp>(request).await?;
    let opened = account::set_up(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn register(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<Register>(request).await?;
    account::register(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn sign_in(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<SignIn>(request).await?;
    let opened = account::sign_in(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn sign_out(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    // To sign out twice is no error: the wish is fulfilled.
    if let Some(actor) = asker.0 {
        account::sign_out(&site.cx, &actor).await?;
    }
    let mut response = json(StatusCode::OK, &Welcome { person: None });
    set_cookie(
        &site,
        &mut response,
        Cookie::build((cookie_name(site.settings.is_secure()), "")).max_age(Duration::ZERO),
    );
    // What the browser kept of this person goes with the session (W3C Clear Site Data).
    let wipe = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(header::HeaderName::from_static("clear-site-data"), wipe);
    Ok(response)
}

fn welcome(site: &Site, opened: &Opened) -> Response {
    let mut response = json(StatusCode::OK, &Welcome { person: Some(opened.actor.person) });
    let mut cookie = Cookie::build((cookie_name(site.settings.is_secure()), opened.cookie.clone()));
    if let Some(seconds) = opened.max_age_s {
        cookie = cookie.max_age(Duration::seconds(seconds));
    }
    set_cookie(site, &mut response, cookie);
    response
}

fn set_cookie(site: &Site, response: &mut Response, cookie: cookie::CookieBuilder<'_>) {
    let cookie = cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(site.settings.is_secure()).build();
    match HeaderValue::try_from(cookie.to_string()) {
        Ok(value) => {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        Err(_) => *response = Refused(Refusal::Fault { reference: "cookie".into() }).into_response(),
    }
}
