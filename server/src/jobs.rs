//! `POST /api/jobs`: what an Admin wants to be done with jobs.

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use http::StatusCode;
use model::Refusal;
use serde::Deserialize;
use service::queue::{Filter, Wanted, Which, order, state};
use uuid::Uuid;

use crate::{
    edge::Asker,
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest order, in bytes.
const LONGEST: usize = 4096;

/// An order: of one job, of all jobs in a state, or of a queue.
#[derive(Deserialize)]
struct Form {
    order: String,
    job: Option<Uuid>,
    state: Option<String>,
    queue: Option<String>,
}

impl Form {
    fn wanted(self) -> Option<Wanted> {
        let which = match (self.job, self.state.as_deref()) {
            (Some(job), _) => Some(Which::One(job)),
            (None, Some(word)) => {
                Some(Which::All(Filter { state: Some(state(word)?), queue: self.queue.clone(), name: None }))
            }
            (None, None) => None,
        };
        match self.order.as_str() {
            "retry" => which.map(Wanted::Retry),
            "cancel" => which.map(Wanted::Cancel),
            "delete" => which.map(Wanted::Delete),
            "pause" => self.queue.map(Wanted::Pause),
            "resume" => self.queue.map(Wanted::Resume),
            _ => None,
        }
    }
}

pub(crate) async fn act(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: Form = parse(&body(request, LONGEST).await?)?;
    let unknown = || Refused(Refusal::invalid("order", "This is no order for jobs. Load the page again."));
    order(&site.cx, &actor, form.wanted().ok_or_else(unknown)?).await?;
    Ok(json(StatusCode::OK, &true))
}
