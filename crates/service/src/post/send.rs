//! The job that sends a mail, and what is noted of it.

use jobs::{Job, Outcome, Run};
use mail::{Address, Link, Mail, MessageId, SendError};
use model::{Instant, Refusal};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use store::Lane;
use uuid::Uuid;

use super::{CONTENT, Stored};
use crate::{
    Cx,
    batch::{Book, Item},
    context::{fault, refuse},
    sql::{get, instant, one, run},
};

/// Sends a mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendMail {
    pub(crate) mail: Uuid,
}

impl Job<Cx> for SendMail {
    const NAME: &'static str = "send_mail";
    const QUEUE: &'static str = "mail";
    /// Over some two days: as long as mail servers try (RFC 5321, 4.5.4.1, asks for four to five).
    const MAX_ATTEMPTS: u16 = 17;

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        let mail = match load(cx, self.mail).await {
            Ok(Some(mail)) => mail,
            // It was sent before, or its person is gone.
            Ok(None) => return Outcome::Done,
            Err(refusal) => return Outcome::retry(refusal),
        };
        let (reason, outcome) = match cx.outside.post.transport.send(&mail).await {
            Ok(_) => (None, Outcome::Done),
            Err(SendError::Temporary(reason)) if !run.is_last_attempt() => return Outcome::Retry(reason),
            Err(SendError::Temporary(reason)) => (Some(reason.clone()), Outcome::Retry(reason)),
            Err(SendError::Permanent(reason)) => (Some(reason.clone()), Outcome::Cancel(reason)),
        };
        let sent = Sent { mail: self.mail, reason, tries: run.attempt(), at: cx.now() };
        match cx.write(Lane::Background, Item::Sent(Box::new(sent))).await {
            Ok(_) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

async fn load(cx: &Cx, id: Uuid) -> Result<Option<Mail>, Refusal> {
    let sql = "SELECT content, created_at FROM mails WHERE id = $1 AND content IS NOT NULL";
    let Some(row) = one(cx.store.reader(), sql, [id.into()]).await.map_err(|e| refuse(&e))? else { return Ok(None) };
    let sealed: Vec<u8> = get(&row, 0).map_err(|e| refuse(&e))?;
    let at: Instant = instant(&row, 1).map_err(|e| refuse(&e))?;
    let plain = cx.vault.open(CONTENT, id.into_bytes(), &sealed).map_err(|e| fault(&e))?;
    let stored: Stored = serde_json::from_slice(plain.expose()).map_err(|e| fault(&e))?;
    let from = cx.outside.post.from.clone();
    let name = |text: &str| MessageId::new(text, from.domain()).map_err(|e| fault(&e));
    Ok(Some(Mail {
        id: name(&id.simple().to_string())?,
        date_ms: at.ms(),
        to: Address::new(&stored.name, &stored.email).map_err(|e| fault(&e))?,
        content: mail::Content { subject: stored.subject, text: stored.text, html: stored.html },
        reply_to: None,
        unsubscribe: stored.unsubscribe.as_deref().map(Link::parse).transpose().map_err(|e| fault(&e))?,
        thread: stored.thread.as_deref().map(name).transpose()?,
        from,
    }))
}

/// What became of a mail, to be noted. What was sent needs its content no more; what was not can be tried again by an Admin.
#[derive(Debug)]
pub(crate) struct Sent {
    mail: Uuid,
    /// Why it will not be sent.
    reason: Option<String>,
    tries: u16,
    at: Instant,
}

impl Sent {
    pub(crate) async fn run(&self, book: &Book<'_>) -> Result<(), DbErr> {
        let (is, was) =
            if self.reason.is_none() { ("content = NULL, sent_at", "failed_at") } else { ("failed_at", "sent_at") };
        let sql = format!("UPDATE mails SET {is} = $2, {was} = NULL, reason = $3, tries = $4 WHERE id = $1");
        let tries = i16::try_from(self.tries).unwrap_or(i16::MAX);
        run(book.tx()?, &sql, [self.mail.into(), self.at.into(), self.reason.clone().into(), tries.into()])
            .await
            .map(drop)
    }
}
