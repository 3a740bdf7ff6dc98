//! The one door: every change to shared work comes in here.

use model::{Answer, Envelope, Refusal, Stream};
use sha2::{Digest, Sha256};
use store::Lane;

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
    let done = envelopes.into_iter().map(|envelope| async move {
        // Our own types cannot fail to be written as JSON.
        let text = serde_json::to_vec(&envelope.command).unwrap_or_default();
        let hash = Sha256::digest(&text).into();
        let (kind, project) = (envelope.command.kind(), envelope.command.project());
        let item = Item::Command(Box::new(Ordered { claim, envelope, hash, at }));
        match cx.write(Lane::People, item).await.map(|answer| answer.reply) {
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
        }
    });
    // All are queued at the first poll, in order, so that they share a commit.
    futures::future::join_all(done).await
}
