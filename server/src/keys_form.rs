//! `POST /api/keys`: what an Admin wants to be done with the vault's keys, confirmed with their password.

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use http::StatusCode;
use model::{Password, Refusal};
use serde::Deserialize;
use service::{
    SystemChance,
    keys::{self, By, Doing, KeyId, KeysError, Pace, Step},
};

use crate::{
    edge::Asker,
    keys::{random, rotate, take},
    reply::{Refused, body, json, parse},
    router::Site,
};

/// The longest order, in bytes.
const LONGEST: usize = 8192;

#[derive(Deserialize)]
struct Form {
    order: String,
    key: Option<u32>,
    password: Password,
}

pub(crate) async fn act(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let actor = asker.actor()?;
    let form: Form = parse(&body(request, LONGEST).await?)?;
    let by = keys::authorize(&site.cx, &actor, form.password).await?;
    let doing = Doing::read(&form.order, form.key.and_then(KeyId::new));
    let unknown = || Refused(Refusal::invalid("order", "This is no order for keys. Load the page again."));
    order(&site, by, doing.ok_or_else(unknown)?).await.map_err(|error| Refused(error.into()))?;
    Ok(json(StatusCode::OK, &true))
}

async fn order(site: &Site, by: By, doing: Doing) -> Result<(), KeysError> {
    let (cx, source) = (&site.cx, &site.settings.keys.source);
    let desk = keys::status(cx).await?;
    match doing {
        Doing::Promote(key) if desk.changes_ring() => take(cx, source, by, Step::Promote(key), [0; 32]).await,
        Doing::Retire(key) if desk.changes_ring() => {
            take(cx, source, by, Step::Retire { key, signs_out: true }, [0; 32]).await
        }
        Doing::Rotate if desk.changes_ring() => rotate(cx, source, by, Pace::Routine, random(&SystemChance)).await,
        Doing::Emergency => {
            if desk.changes_ring() {
                rotate(cx, source, by, Pace::Emergency, random(&SystemChance)).await?;
            } else {
                keys::rotate(cx, by, Pace::Emergency).await?;
            }
            keys::sign_out_everybody(cx, by).await
        }
        Doing::Reencrypt => keys::rotate(cx, by, Pace::Routine).await,
        Doing::Promote(_) | Doing::Retire(_) | Doing::Rotate => {
            let why = "This server cannot change the key ring by itself. Use muster keys where the ring is kept.";
            Err(Refusal::invalid("order", why).into())
        }
    }
}
