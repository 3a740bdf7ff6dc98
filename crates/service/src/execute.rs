//! The one door: every change to shared work comes in here.

use model::{Answer, Envelope, Instant, Refusal, Stream};
use sha2::{Digest, Sha256};
use store::Lane;
use tracing::{Instrument as _, Span, field::Empty, trace_span};

use crate::{
    Cx,
    account::Claim,
    audit::Tried,
    batch::{Item, Ordered, Reply},
};

/// Does commands, in order, and answers each. An answer means that the change is durable.
///
/// Commands of one project are done in the order given; one that is refused does not stop the next. To drop the future
/// neither stops nor undoes what was handed over.
///
/// Who claims to do them is asked of the session's row in the same transaction: each command of a session that does not
/// live is refused with [`Refusal::SignIn`], and the role is the one that the person has at that moment.
pub async fn execute(cx: &Cx, claim: impl Into<Claim>, envelopes: Vec<Envelope>) -> Vec<Answer> {
    let (at, claim) = (cx.now(), claim.into());
    let done = envelopes.into_iter().map(|envelope| {
        let span = trace_span!(
            "command",
            command.kind = envelope.command.kind().action(),
            command.outcome = Empty,
            command.status = Empty,
            command.engine_us = Empty
        );
        one(cx, claim, at, envelope).instrument(span)
    });
    // All are queued at the first poll, in order, so that they share a commit.
    futures::future::join_all(done).await
}

async fn one(cx: &Cx, claim: Claim, at: Instant, envelope: Envelope) -> Answer {
    // Our own types cannot fail to be written as JSON.
    let text = serde_json::to_vec(&envelope.command).unwrap_or_default();
    let hash = Sha256::digest(&text).into();
    let (kind, project) = (envelope.command.kind(), envelope.command.project());
    let item = Item::Command(Box::new(Ordered { claim, envelope, hash, at }));
    let answer = cx.write(Lane::People, item).await;
    if let Ok(answer) = &answer {
        let took = u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX);
        Span::current().record("command.engine_us", took);
    }
    let answer = match answer.map(|answer| answer.reply) {
        Ok(Reply::Command(Ok(mut done))) => {
            // It is done, whatever happens now; without the HTML, the page shows the text as it was typed.
            if let Stream::Project(project) = done.stream
                && let Err(error) = cx.markdown.fill(project, &mut done.events).await
            {
                tracing::warn!(%error, "the texts of an answer could not be rendered");
            }
            Answer::Done(done)
        }
        Ok(Reply::Command(Err(refusal))) => {
            let (person, action) = (claim.person, kind.action());
            let tried = Tried { person, project: Some(project), kind: "command", action };
            cx.audit.refusals.count(tried, &refusal);
            Answer::Refused(refusal)
        }
        Err(refusal) => Answer::Refused(refusal),
        Ok(Reply::Errand(_) | Reply::Turn(_) | Reply::Audit(_) | Reply::Done) => Answer::Refused(Refusal::NotFound),
    };
    tell(&answer);
    answer
}

/// What became of it, for whoever follows traces: no words, which may be somebody's.
fn tell(answer: &Answer) {
    let span = Span::current();
    match answer {
        Answer::Done(_) => {
            span.record("command.outcome", "done");
        }
        Answer::Refused(refusal) => {
            span.record("command.outcome", "refused").record("command.status", refusal.status());
        }
    }
}
