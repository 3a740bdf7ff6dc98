//! `POST /api/inbox`: what a reader does with the notices in their inbox.

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use http::StatusCode;
use model::Mark;

use crate::{
    changes::is_of,
    edge::Asker,
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest mark, in bytes.
const LONGEST: usize = 1024;

pub(crate) async fn mark(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    is_of(&request, actor.person)?;
    let mark: Mark = parse(&body(request, LONGEST).await?)?;
    service::inbox::mark(&site.cx, &actor, mark).await?;
    Ok(json(StatusCode::OK, &true))
}
