//! The forms of accounts: set-up, registration, the links in mails, sign-in, sign-out, and what protects an account.

use axum::{
    extract::{ConnectInfo, Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderValue, StatusCode, header};
use model::{
    AppearForm, AskLink, AskStrength, ChangePassword, CloseAccount, Confirm, EnableCodes, EndSession, NewEmail,
    PreferencesForm, Refusal, Register, Reset, SetUp, SignIn, SignInCode, Unsubscribe, UseLink, Verify, Welcome,
    read_reader,
};
use serde::de::DeserializeOwned;
use service::{
    Actor,
    account::{self, Entered, From, Opened, Which},
    notify, presence,
};
use std::net::SocketAddr;

use crate::{
    edge::{Asker, CODE, DEVICE, cookie_name, named_cookie, own_cookie},
    evenly::evenly,
    reply::{Refused, body, json, lead, parse},
    router::Site,
};

/// The longest form, in bytes.
const LONGEST: usize = 16 * 1024;
/// How long a browser is known to somebody who signed in there, in days.
const DEVICE_DAYS: i64 = 400;
/// Where those go whose password was right and who have a second factor.
const CODE_PAGE: &str = "/signin/code";

pub(crate) async fn form<T: DeserializeOwned>(site: &Site, request: Request) -> Result<(T, From), Refused> {
    let from = from(site, &request);
    let bytes = body(request, LONGEST).await?;
    Ok((parse(&bytes)?, from))
}

/// The form of somebody who is signed in.
pub(crate) async fn own_form<T: DeserializeOwned>(
    site: &Site,
    asker: Asker,
    request: Request,
) -> Result<(Actor, T, From), Refused> {
    let actor = asker.actor()?;
    let (form, from) = form(site, request).await?;
    Ok((actor, form, from))
}

fn from(site: &Site, request: &Request) -> From {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let address = address.map(|peer| site.settings.proxies.client(peer, request.headers()).to_string());
    let agent = request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let reader = named_cookie(request.headers(), "reader");
    let zone = reader.as_deref().and_then(read_reader).map(|(zone, _)| zone);
    let device = own_cookie(request.headers(), DEVICE, site.settings.is_secure());
    From { agent, address, zone, device }
}

pub(crate) async fn set_up(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<SetUp>(&site, request).await?;
    let opened = account::set_up(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn register(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<Register>(&site, request).await?;
    evenly(account::register(&site.cx, form, &from), |_| true).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn resend(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<AskLink>(&site, request).await?;
    evenly(account::resend(&site.cx, form, &from), |_| true).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn verify(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<Verify>(&site, request).await?;
    let opened = account::verify(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn forgot(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<AskLink>(&site, request).await?;
    evenly(account::forgot(&site.cx, form, &from), |_| true).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn reset(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<Reset>(&site, request).await?;
    account::reset(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

pub(crate) async fn prefer(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: PreferencesForm = parse(&body(request, LONGEST).await?)?;
    notify::prefer(&site.cx, &actor, form.try_into().map_err(Refused)?).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn appear(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: AppearForm = parse(&body(request, LONGEST).await?)?;
    presence::appear(&site.cx, actor.person, form.offline).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn end_sessions(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
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
    let actor = asker.actor()?;
    let form: ChangePassword = parse(&body(request, LONGEST).await?)?;
    account::change_password(&site.cx, &actor, form).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn unsubscribe(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<Unsubscribe>(&site, request).await?;
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
    let (form, from) = form::<SignIn>(&site, request).await?;
    match evenly(account::sign_in(&site.cx, form, from), Result::is_err).await? {
        Entered::In(opened) => Ok(welcome(&site, &opened)),
        Entered::Half { cookie, max_age_s } => {
            let mut response = json(StatusCode::OK, &Welcome { person: None });
            lead(&mut response, CODE_PAGE);
            let name = CODE.name(site.settings.is_secure());
            set_cookie(&site, &mut response, Cookie::build((name, cookie)).max_age(Duration::seconds(max_age_s)));
            Ok(response)
        }
    }
}

/// The second step, for those who have a second factor.
pub(crate) async fn sign_in_code(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let half = own_cookie(request.headers(), CODE, site.settings.is_secure()).unwrap_or_default();
    let (form, from) = form::<SignInCode>(&site, request).await?;
    let opened = account::sign_in_code(&site.cx, &half, form, from).await?;
    let mut response = welcome(&site, &opened);
    let name = CODE.name(site.settings.is_secure());
    set_cookie(&site, &mut response, Cookie::build((name, "")).max_age(Duration::ZERO));
    Ok(response)
}

pub(crate) async fn confirm(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form, from) = own_form::<Confirm>(&site, asker, request).await?;
    let opened = account::confirm(&site.cx, &actor, form, &from).await?;
    Ok(welcome(&site, &opened))
}

pub(crate) async fn enable_codes(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form, _) = own_form::<EnableCodes>(&site, asker, request).await?;
    Ok(json(StatusCode::OK, &account::enable(&site.cx, &actor, form).await?))
}

pub(crate) async fn disable_codes(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    account::disable(&site.cx, &actor).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn renew_codes(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    Ok(json(StatusCode::OK, &account::renew_codes(&site.cx, &actor).await?))
}

pub(crate) async fn ask_email(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form, _) = own_form::<NewEmail>(&site, asker, request).await?;
    account::ask_email(&site.cx, &actor, form).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn confirm_email(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form, _) = own_form::<UseLink>(&site, asker, request).await?;
    account::confirm_email(&site.cx, &actor, form).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn revert_email(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<UseLink>(&site, request).await?;
    account::revert_email(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &true))
}

pub(crate) async fn close(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form, _) = own_form::<CloseAccount>(&site, asker, request).await?;
    account::close(&site.cx, &actor, form).await?;
    Ok(goodbye(&site))
}

/// What the meter of a form asks while a password is being typed.
pub(crate) async fn strength(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let form: AskStrength = parse(&body(request, LONGEST).await?)?;
    Ok(json(StatusCode::OK, &account::strength(&site.cx, asker.0.as_ref(), form).await?))
}

pub(crate) async fn sign_out(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    // To sign out twice is no error: the wish is fulfilled.
    if let Some(actor) = asker.0 {
        account::sign_out(&site.cx, &actor).await?;
    }
    Ok(goodbye(&site))
}

fn goodbye(site: &Site) -> Response {
    let mut response = json(StatusCode::OK, &Welcome { person: None });
    set_cookie(
        site,
        &mut response,
        Cookie::build((cookie_name(site.settings.is_secure()), "")).max_age(Duration::ZERO),
    );
    // What the browser kept of this person goes with the session (W3C Clear Site Data).
    let wipe = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(header::HeaderName::from_static("clear-site-data"), wipe);
    response
}

pub(crate) fn welcome(site: &Site, opened: &Opened) -> Response {
    let mut response = json(StatusCode::OK, &Welcome { person: Some(opened.actor.person) });
    let mut cookie = Cookie::build((cookie_name(site.settings.is_secure()), opened.cookie.clone()));
    if let Some(seconds) = opened.max_age_s {
        cookie = cookie.max_age(Duration::seconds(seconds));
    }
    set_cookie(site, &mut response, cookie);
    let device = Cookie::build((DEVICE.name(site.settings.is_secure()), opened.device.clone()));
    set_cookie(site, &mut response, device.max_age(Duration::days(DEVICE_DAYS)));
    response
}

fn set_cookie(site: &Site, response: &mut Response, cookie: cookie::CookieBuilder<'_>) {
    let cookie = cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(site.settings.is_secure()).build();
    match HeaderValue::try_from(cookie.to_string()) {
        Ok(value) => {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        Err(_) => *response = Refused(Refusal::Fault { reference: "cookie".into() }).into_response(),
    }
}
