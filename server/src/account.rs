//! The forms of accounts: set-up, registration, the links in mails, sign-in, sign-out.

use axum::{
    extract::{ConnectInfo, Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderValue, StatusCode, header};
use model::{
    AskLink, ChangePassword, EndSession, PreferencesForm, Refusal, Register, Reset, SetUp, SignIn, Unsubscribe, Verify,
    Welcome, read_reader,
};
use serde::de::DeserializeOwned;
use service::{
    account::{self, From, Opened, Which},
    notify,
};
use std::net::SocketAddr;

use crate::{
    edge::{Asker, cookie_name, named_cookie},
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest form, in bytes.
const LONGEST: usize = 16 * 1024;

async fn form<T: DeserializeOwned>(request: Request) -> Result<(T, From), Refused> {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_string());
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let reader = named_cookie(request.headers(), "reader");
    let zone = reader.as_deref().and_then(read_reader).map(|(zone, _)| zone);
    let bytes = body(request, LONGEST).await?;
    Ok((parse(&bytes)?, From { agent, address, zone }))
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

pub(crate) async fn resend(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<AskLink>(request).await?;
    account::resend(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn verify(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<Verify>(request).await?;
    let opened = account::verify(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn forgot(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<AskLink>(request).await?;
    account::forgot(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn reset(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<Reset>(request).await?;
    account::reset(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn prefer(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.0.ok_or(Refused(Refusal::SignIn))?;
    let form: PreferencesForm = parse(&body(request, LONGEST).await?)?;
    notify::prefer(&site.cx, &actor, form.try_into().map_err(Refused)?).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn end_sessions(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.0.ok_or(Refused(Refusal::SignIn))?;
    let form: EndSession = parse(&body(request, LONGEST).await?)?;
    let which = form.session.map_or(Which::Others(actor.session), Which::One);
    account::end_sessions(&site.cx, &actor, which).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn change_password(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.0.ok_or(Refused(Refusal::SignIn))?;
    let form: ChangePassword = parse(&body(request, LONGEST).await?)?;
    account::change_password(&site.cx, &actor, form).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn unsubscribe(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<Unsubscribe>(request).await?;
    notify::unsubscribe(&site.cx, &form.token).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

/// What mail programs send when their button is pressed (RFC 8058): the link alone says everything.
pub(crate) async fn unsubscribe_at_once(
    State(site): State<Site>,
    Path(link): Path<String>,
) -> Result<Response, Refused> {
    notify::unsubscribe(&site.cx, &link).await?;
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
