//! The audit log over HTTP: an entry as JSON, the proof that it is in the log, and the order to check all of it.
//!
//! Who may read what is the service's to say; what is not theirs is not there.

use axum::{
    extract::{Extension, Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use model::Refusal;
use service::audit;

use crate::{
    edge::Asker,
    reply::{Refused, json},
    router::Site,
};

/// The position in an address; what is no number leads nowhere.
fn position(text: &str) -> Result<u64, Refused> {
    text.parse().map_err(|_| Refused(Refusal::NotFound))
}

/// `GET /api/audit/entry/{position}`
pub(crate) async fn entry(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    Path(at): Path<String>,
) -> Result<Response, Refused> {
    let told = audit::entry(&site.cx, &asker.actor()?, position(&at)?).await?;
    Ok(json(StatusCode::OK, &told.to_json()))
}

/// `GET /api/audit/entry/{position}/proof`: C2SP tlog-proof, a text.
pub(crate) async fn proof(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    Path(at): Path<String>,
) -> Result<Response, Refused> {
    let position = position(&at)?;
    let proof = audit::proof(&site.cx, &asker.actor()?, position).await?;
    let proof = proof.ok_or_else(|| {
        Refused(Refusal::invalid("position", "This entry is not signed yet. It will be within a minute."))
    })?;
    let name = format!("attachment; filename=\"entry-{position}.tlog-proof\"");
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, proof).into_response())
}

/// `POST /api/audit/check`
pub(crate) async fn check(State(site): State<Site>, Extension(asker): Extension<Asker>) -> Result<Response, Refused> {
    audit::check_now(&site.cx, &asker.actor()?).await?;
    Ok(json(StatusCode::OK, &true))
}
