//! Checkpoints for those who are far away: a program that is sent each of them (a webhook), and a mailbox that gets one now and
//! then. Neither can be asked what it has; both are written to by jobs, which try again until it worked.
//!
//! Must not know: how a program is reached. What proves is what they keep: `muster audit verify --anchor FILE` reads it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jobs::{Desk, Job, NewJob, Outcome, Run, Scope, Turn, Unique};
use ledger::{Checkpoint, Receipt, TreeHead};
use mail::{Fact, Letter};
use model::{Email, Instant, Name, Refusal};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{fmt, str::FromStr, sync::Arc, time::Duration};
use store::Lane;
use vault::Secret;

use super::{Work, keep, signer, work};
use crate::{
    Cx,
    context::{fault, refuse},
    directory::Address,
    post::{self, Kind, link},
    queue,
};

/// What the mailbox is called among the sinks. Its address is personal.
const MAIL: &str = "mail";
/// Somewhat less than their names say: a clock that comes each day must not miss its week by a minute.
const NEARLY_A_DAY_MS: i64 = 20 * 3_600_000;
const NEARLY_A_WEEK_MS: i64 = 6 * 86_400_000 + NEARLY_A_DAY_MS;
/// Longer than whoever sends waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(45);

/// A checkpoint on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same for each try, and another one for each checkpoint.
    pub id: String,
    /// When it is sent.
    pub at: Instant,
    /// The signed note. Whoever keeps it needs nothing else.
    pub note: String,
}

/// Somebody who is sent each checkpoint.
pub trait Receiver: Send + Sync + 'static {
    /// What people call it; nothing secret, it is shown and kept.
    fn name(&self) -> String;

    /// Sends it. It is safe there when this returns. May block.
    ///
    /// # Errors
    ///
    /// A sentence that says why it may not be there; it is then sent again.
    fn take(&self, delivery: &Delivery) -> Result<(), String>;
}

/// How often a mailbox gets a checkpoint, if the log has grown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    /// Each day.
    Day,
    /// Each week.
    #[default]
    Week,
}

impl FromStr for Every {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            _ => Err("it is `day` or `week`"),
        }
    }
}

/// Who is sent checkpoints.
#[derive(Clone, Default)]
pub struct Afar {
    /// A program.
    pub receiver: Option<Arc<dyn Receiver>>,
    /// A mailbox.
    pub mail: Option<(Email, Every)>,
}

impl fmt::Debug for Afar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Afar").field("receiver", &self.receiver.as_ref().map(|r| r.name())).finish_non_exhaustive()
    }
}

/// Sends checkpoints there from now on. What is set first, stays.
pub fn send_to(cx: &Cx, afar: Afar) {
    let _ = cx.audit.afar.set(afar);
}

/// The key with which deliveries are signed, as Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes
/// (<https://www.standardwebhooks.com>).
#[derive(Clone, Debug)]
pub struct DeliveryKey(Secret<Vec<u8>>);

impl FromStr for DeliveryKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.trim().strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
        let key = key.filter(|key| (24..=64).contains(&key.len()));
        key.map(|key| Self(Secret::new(key))).ok_or("it is whsec_ and the base64 of 24 to 64 random bytes")
    }
}

impl DeliveryKey {
    /// What the header `webhook-signature` says of a delivery: HMAC-SHA256 of its id, its time in seconds, and its body.
    #[must_use]
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "HMAC takes a key of any length (RFC 2104)")]
    pub fn sign(&self, delivery: &Delivery) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("any length is a key");
        mac.update(format!("{}.{}.", delivery.id, delivery.at.ms().div_euclid(1000)).as_bytes());
        mac.update(delivery.note.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Sends the newest checkpoint to the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendCheckpoint {}

impl Job<Cx> for SendCheckpoint {
    const NAME: &'static str = "send_checkpoint";
    const QUEUE: &'static str = "upkeep";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: "send_checkpoint".into(), scope: Scope::WhileUnfinished })
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match send(cx, run).await {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(why)) => {
                keep::note_afar(cx, Some(why.clone()));
                Outcome::Retry(why)
            }
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

/// Has the newest checkpoint sent if the program has not got it; each minute, also when it was given up on before.
pub(super) async fn enqueue(cx: &Cx, newest: &Checkpoint) -> Result<(), String> {
    let Some(name) = receiver(cx).map(|receiver| receiver.name()) else { return Ok(()) };
    if last(cx, &name).await.map_err(|e| e.to_string())?.is_some_and(|receipt| receipt.size >= newest.size) {
        return Ok(());
    }
    let job = NewJob::of::<Cx, _>(&SendCheckpoint {}, cx.new_id(), queue::moment(cx.now()));
    let job = job.map_err(|e| e.to_string())?;
    Desk::write(cx, Turn::Enqueue(vec![job])).await.map(drop).map_err(|e| e.to_string())
}

async fn send(cx: &Cx, run: &Run) -> Result<Result<(), String>, Refusal> {
    let (Some(receiver), Some(newest)) = (receiver(cx), newest(cx).await?) else { return Ok(Ok(())) };
    let sink = receiver.name();
    if last(cx, &sink).await.map_err(|e| refuse(&e))?.is_some_and(|receipt| receipt.size >= newest.size) {
        return Ok(Ok(()));
    }
    let delivery = Delivery { id: id(&newest), at: cx.now(), note: newest.note };
    let taken = tokio::task::spawn_blocking(move || receiver.take(&delivery)).await.map_err(|e| fault(&e))?;
    if let Err(why) = taken {
        return Ok(Err(format!("{sink} did not take the checkpoint of {} entries: {why}", newest.size)));
    }
    keep::note_afar(cx, None);
    handed(cx, run, None, sink, newest.size).await.map(Ok)
}

/// Mails the newest checkpoint, if it is time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MailCheckpoint {}

impl Job<Cx> for MailCheckpoint {
    const NAME: &'static str = "mail_checkpoint";
    const QUEUE: &'static str = "upkeep";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: "mail_checkpoint".into(), scope: Scope::WhileUnfinished })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match write_mail(cx, run).await {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

async fn write_mail(cx: &Cx, run: &Run) -> Result<(), Refusal> {
    let Some((email, every)) = cx.audit.afar.get().and_then(|afar| afar.mail.clone()) else { return Ok(()) };
    let Some(newest) = newest(cx).await? else { return Ok(()) };
    let pause = match every {
        Every::Day => NEARLY_A_DAY_MS,
        Every::Week => NEARLY_A_WEEK_MS,
    };
    let last = last(cx, MAIL).await.map_err(|e| refuse(&e))?;
    if last.is_some_and(|last| last.size >= newest.size || cx.now().ms() - last.at_ms < pause) {
        return Ok(());
    }
    let head = TreeHead::of_note(&newest.note).map_err(|e| fault(&e))?;
    let name = Name::try_from("Audit log".to_owned()).map_err(|_| Refusal::NotFound)?;
    let letter = letter(cx, &newest, &head);
    let mail = post::new_mail(cx, Kind::Account, None, &Address { name, email }, &letter, None)?;
    handed(cx, run, Some(Box::new(mail)), MAIL.to_owned(), newest.size).await
}

fn letter(cx: &Cx, newest: &Checkpoint, head: &TreeHead) -> Letter {
    let n = newest.size;
    Letter::new(format!("Audit log: checkpoint of {n} entries"), "A checkpoint of the audit log")
        .preheader("Keep this mail: it shows if anybody changes what was recorded until now.")
        .paragraph(
            "Keep this mail where the people who run the server cannot change it. Should somebody edit the audit log, or bring \
             back an older copy of the database, verifying against this checkpoint shows it.",
        )
        .facts([
            Fact::new("Log", head.origin.clone()),
            Fact::new("Entries", n.to_string()),
            Fact::new("Signed", Instant::from_ms(newest.at_ms).rfc3339()),
        ])
        .verbatim(&newest.note)
        .paragraph("To verify, save this mail as a file and run: muster audit verify --anchor FILE")
        .button("Open the audit log", link(cx, "/admin/audit"))
        .why("You get this mail because this address is set to receive checkpoints (MUSTER_AUDIT_MAIL).")
}

async fn handed(cx: &Cx, run: &Run, mail: Option<Box<post::NewMail>>, sink: String, size: u64) -> Result<(), Refusal> {
    let handed = Work::Handed { ticket: run.ticket(), mail, signer: signer(&cx.vault), sink, size, at: cx.now() };
    work(cx, Lane::Background, handed).await.map(drop)
}

fn receiver(cx: &Cx) -> Option<Arc<dyn Receiver>> {
    cx.audit.afar.get().and_then(|afar| afar.receiver.clone())
}

async fn newest(cx: &Cx) -> Result<Option<Checkpoint>, Refusal> {
    ledger::newest(cx.store.reader()).await.map_err(|e| refuse(&e))
}

/// The newest receipt of a sink.
async fn last(cx: &Cx, sink: &str) -> Result<Option<Receipt>, DbErr> {
    Ok(ledger::receipts(cx.store.reader()).await?.into_iter().find(|receipt| receipt.sink == sink))
}

/// The log's name and the size: a checkpoint is known by them.
fn id(newest: &Checkpoint) -> String {
    let origin = newest.note.lines().next().unwrap_or_default();
    format!("{}-{}", origin.replace('/', "-"), newest.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_signed_as_standard_webhooks_says() {
        // The example of the specification's own libraries.
        let key: DeliveryKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let delivery = Delivery {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
            at: Instant::from_ms(1_614_265_330_000),
            note: r#"{"test": 2432232314}"#.into(),
        };
        assert_eq!(key.sign(&delivery), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_that_is_short_or_has_another_form_is_refused() {
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"] {
            assert!(text.parse::<DeliveryKey>().is_err(), "{text}");
        }
        assert_eq!(("day".parse(), "week".parse()), (Ok(Every::Day), Ok(Every::Week)));
        assert!("month".parse::<Every>().is_err());
    }
}
