//! `/dev/gallery`: every part of the design, for those who work on it. Only where mails can be read that were kept.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use model::Refusal;

use crate::{reply::Refused, router::Site};

/// Our own style sheets, fonts and icons.
const PAGE: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; manifest-src 'self'; \
                    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// `GET /dev/gallery`.
pub(crate) async fn page(State(site): State<Site>) -> Result<Response, Refused> {
    shown(&site)?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE));
    Ok((StatusCode::OK, [kind, policy], app::gallery(&site.files.page)).into_response())
}

/// `GET /dev/gallery.css`.
pub(crate) async fn style(State(site): State<Site>) -> Result<Response, Refused> {
    shown(&site)?;
    Ok(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("gallery.css")).into_response())
}

fn shown(site: &Site) -> Result<(), Refused> {
    if site.mailbox.is_some() { Ok(()) } else { Err(Refused(Refusal::NotFound)) }
}
