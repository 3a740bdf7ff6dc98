//! `POST /api/execute`: a list of commands, done in order, answered one by one.
//!
//! Only the signature of the session's cookie is looked at here. Whether the session lives, and what role the person has,
//! is asked of the database by the transaction that does the commands, so that nothing can happen in between.

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use model::{Answer, Command, Envelope, OpId, PersonId, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;
use service::account;

use crate::{
    edge::session_cookie,
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The most commands of one request.
const MOST: usize = 50;
/// The longest request, in bytes.
const LONGEST: usize = 2 * 1024 * 1024;
/// Names the person on whose behalf the page sends: a page of yesterday's person must not act as today's.
const PERSON: &str = "x-muster-person";

#[derive(Deserialize)]
struct Raw {
    op: OpId,
    command: Box<RawValue>,
}

pub(crate) async fn execute(State(site): State<Site>, request: Request) -> Response {
    match answer(&site, request).await {
        Ok(answers) => json(StatusCode::OK, &answers),
        Err(refused) => refused.into_response(),
    }
}

/// Refuses what a page of somebody else sends.
pub(crate) fn is_of(request: &Request, person: PersonId) -> Result<(), Refusal> {
    let named: Option<PersonId> =
        request.headers().get(PERSON).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if named == Some(person) { Ok(()) } else { Err(Refusal::SignIn) }
}

async fn answer(site: &Site, request: Request) -> Result<Vec<Answer>, Refused> {
    let cookie = session_cookie(request.headers(), site.settings.is_secure()).ok_or(Refusal::SignIn)?;
    let claim = account::claim(&site.cx, &cookie).ok_or(Refusal::SignIn)?;
    is_of(&request, claim.person)?;
    let bytes = body(request, LONGEST).await?;
    let raw: Vec<Raw> = parse(&bytes)?;
    if raw.is_empty() || raw.len() > MOST {
        return Err(Refusal::invalid("body", "Send 1 to 50 commands at once.").into());
    }
    // A command that cannot be read is refused in its place; the others are done.
    let read: Vec<Result<Envelope, Refusal>> = raw
        .into_iter()
        .map(|raw| parse::<Command>(raw.command.get().as_bytes()).map(|command| Envelope { op: raw.op, command }))
        .collect();
    let good = read.iter().filter_map(|r| r.as_ref().ok().cloned()).collect();
    let answers = service::execute(&site.cx, claim, good).await;
    // A session that ended on the way: the page asks the person to sign in and sends all of it again. What was done
    // before the end is then answered as now.
    if answers.contains(&Answer::Refused(Refusal::SignIn)) {
        return Err(Refusal::SignIn.into());
    }
    let mut answers = answers.into_iter();
    Ok(read
        .into_iter()
        .map(|r| match r {
            Ok(_) => answers.next().unwrap_or(Answer::Refused(Refusal::Busy { after_s: 1 })),
            Err(refusal) => Answer::Refused(refusal),
        })
        .collect())
}
