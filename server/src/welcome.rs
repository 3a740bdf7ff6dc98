//! The forms of the first steps (`POST /api/welcome/…`), the sample project, and the test mail.

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use http::StatusCode;
use model::{Key, Name, Refusal};
use serde::Deserialize;
use service::{mails, people, sample};

use crate::{
    edge::Asker,
    reply::{Refused, body, json, parse},
    router::Site,
    routes::{Routes, post},
};

/// The longest form, in bytes.
const LONGEST: usize = 4 * 1024;

/// The routes below `/api/welcome`.
pub(crate) fn routes() -> Routes {
    Routes::new().route("/project", post(project)).route("/end", post(end))
}

/// A first project. Without a key it gets one of its name.
#[derive(Deserialize)]
struct First {
    name: Name,
    #[serde(default)]
    key: String,
}

async fn project(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let First { name, key } = parse(&body(request, LONGEST).await?)?;
    let key = match key.trim() {
        "" => None,
        key => Some(Key::try_from(key).map_err(|why| Refused(Refusal::invalid("key", why.0)))?),
    };
    Ok(json(StatusCode::OK, &people::begin_project(&site.cx, &actor, name, key).await?))
}

async fn end(State(site): State<Site>, Extension(asker): Extension<Asker>) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    people::end_welcome(&site.cx, &actor).await?;
    Ok(json(StatusCode::OK, &true))
}

/// `POST /api/sample`: begins a sample project, and answers its key.
pub(crate) async fn begin_sample(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    Ok(json(StatusCode::OK, &sample::begin(&site.cx, &actor).await?))
}

/// `POST /api/mails/test`: sends whoever asks a mail.
pub(crate) async fn test_mail(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    mails::test(&site.cx, &actor).await?;
    Ok(json(StatusCode::OK, &true))
}
