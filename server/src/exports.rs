//! Exports over HTTP: asking for one, fetching the file, and giving it up.

use axum::{
    body::Body,
    extract::{Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use model::Refusal;
use serde::Deserialize;
use service::export::{self, Format, What};
use uuid::Uuid;

use crate::{
    edge::Asker,
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest form, in bytes.
const LONGEST: usize = 1024;

#[derive(Deserialize)]
struct NewExport {
    what: String,
    format: String,
}

#[derive(Deserialize)]
struct OneExport {
    export: Uuid,
}

/// `POST /api/exports`
pub(crate) async fn begin(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: NewExport = parse(&body(request, LONGEST).await?)?;
    let format = Format::of_ending(&form.format);
    let unknown = |field| Refused(Refusal::invalid(field, "This cannot be exported. Load the page again."));
    let (what, format) = match form.what.as_str() {
        "everything" => (What::Everything, format),
        "audit-log" => (What::AuditLog, Some(Format::JsonLines)),
        log if log.starts_with("log-") => (What::ProjectLog(log[4..].parse().map_err(|_| unknown("what"))?), format),
        project => (What::Project(project.parse().map_err(|_| unknown("what"))?), format),
    };
    export::begin(&site.cx, &actor, what, format.ok_or_else(|| unknown("format"))?).await?;
    Ok(json(StatusCode::OK, &true))
}

/// `POST /api/exports/remove`
pub(crate) async fn remove(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: OneExport = parse(&body(request, LONGEST).await?)?;
    export::remove(&site.cx, &actor, form.export).await?;
    Ok(json(StatusCode::OK, &true))
}

/// `GET /exports/{export}`: the file, for who asked for it.
pub(crate) async fn fetch(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let id: Uuid = id.parse().map_err(|_| Refused(Refusal::NotFound))?;
    let file = export::open(&site.cx, &actor, id).await?;
    let headers = [
        (header::CONTENT_TYPE, file.format.media_type().to_owned()),
        // The name is ours: letters, digits, points and hyphens.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
        (header::CONTENT_LENGTH, file.bytes.to_string()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(file.content)).into_response())
}
