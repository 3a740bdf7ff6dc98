//! What a test or a developer needs of the outside world: the mails that were kept instead of sent, and a clock that can be moved.
//!
//! Only where nothing but this machine is served; see the settings.

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};
use mail::Kept;
use model::Refusal;
use serde::{Deserialize, Serialize};
use service::{Clock, SystemClock};
use std::sync::atomic::{AtomicI64, Ordering};

use crate::{
    reply::{Refused, body, json, parse},
    router::Site,
};

/// How many mails are listed.
const LISTED: usize = 200;

/// A mail in the list.
#[derive(Serialize)]
struct Listed {
    id: String,
    to: String,
    subject: String,
    date_ms: i64,
    text: String,
    links: Vec<String>,
    unsubscribe: Option<String>,
}

impl From<Kept> for Listed {
    fn from(kept: Kept) -> Self {
        let links = kept.links();
        let Kept { id, to, subject, date_ms, text, unsubscribe, .. } = kept;
        Self { id, to, subject, date_ms, text, links, unsubscribe }
    }
}

/// `GET /dev/mailbox.json`: the newest mails, newest first.
pub(crate) async fn list(State(site): State<Site>) -> Result<Response, Refused> {
    let mailbox = site.mailbox.as_ref().ok_or(Refused(Refusal::NotFound))?;
    let kept = mailbox.list(LISTED).await.map_err(|error| {
        tracing::error!(%error, "the folder of mails cannot be read");
        Refused(Refusal::Busy { after_s: 5 })
    })?;
    Ok(json(StatusCode::OK, &kept.into_iter().map(Listed::from).collect::<Vec<_>>()))
}

/// Where pages find what spoils their network.
pub(crate) const NETWORK: &str = "/dev/network.js";

/// `GET /dev/network.js`: a bad network for the page that loads it.
pub(crate) async fn network(State(site): State<Site>) -> Result<Response, Refused> {
    site.files.page.network.as_ref().ok_or(Refused(Refusal::NotFound))?;
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    Ok((kind, include_str!("network.js")).into_response())
}

/// The system's clock, moved on by as much as a test wants.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> model::Instant {
        SystemClock.now().plus_ms(self.0.load(Ordering::SeqCst))
    }
}

/// By how much to move the clock on.
#[derive(Deserialize)]
struct Advance {
    ms: i64,
}

/// `POST /dev/clock`: moves the clock of this process on.
pub(crate) async fn advance(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let clock = site.clock.as_ref().ok_or(Refused(Refusal::NotFound))?;
    let Advance { ms } = parse(&body(request, 1024).await?)?;
    clock.0.fetch_add(ms, Ordering::SeqCst);
    Ok(json(StatusCode::OK, &true))
}
