//! Mails on their way out: written in the transaction of what they tell of, and sent by a job, so that a mail about a change
//! that was rolled back cannot exist, and no mail server delays anybody.
//!
//! What is sent lies sealed in `mails` until it is gone; the row stays for a while as the log of what was sent ([`crate::mails`]). Must not know: what a
//! letter says.

mod send;

use jobs::NewJob;
use mail::{Brand, Letter, Link};
use model::{Instant, PersonId, Refusal};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::Vault;

use crate::{
    Cx,
    batch::Book,
    directory::Address,
    keys::CONTENT,
    sql::{get, one, run},
};
pub(crate) use send::{SendMail, Sent};

/// How many mails about accounts an address gets within [`WINDOW_MS`]: whoever types it in must not fill somebody's mailbox.
const MOST: i64 = 5;
const WINDOW_MS: i64 = 3_600_000;

/// How mails leave, and what they say about where they come from.
#[derive(Clone)]
pub struct Post {
    /// The way.
    pub transport: mail::Transport,
    /// Who sends them.
    pub from: mail::Address,
    /// The name and the address of this installation, to which all links lead.
    pub brand: Brand,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("brand", &self.brand).finish_non_exhaustive()
    }
}

/// What a mail is about. Never changes its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The account itself. Nobody can do without these.
    Account = 1,
    /// What happened to a task.
    Notice = 2,
    /// That a task is due.
    Reminder = 3,
    /// The summary of a day.
    Daily = 4,
    /// The summary of a week.
    Weekly = 5,
    /// That something about an account was changed or used. Only who was let in brings these, so nobody fills a mailbox with them.
    Security = 6,
    /// Whether mails leave.
    Test = 7,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Account, Self::Notice, Self::Reminder, Self::Daily, Self::Weekly, Self::Security, Self::Test];

    const fn code(self) -> i16 {
        self as i16
    }

    pub(crate) fn read(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Notice => "News of a task",
            Self::Reminder => "Reminder",
            Self::Daily => "Summary of the day",
            Self::Weekly => "Summary of the week",
            Self::Security => "Security",
            Self::Test => "Test",
        }
    }
}

/// A mail to be written, with its content sealed.
#[derive(Clone, Debug)]
pub(crate) struct NewMail {
    id: Uuid,
    /// Who gets it; goes with their account.
    person: Option<PersonId>,
    kind: Kind,
    content: Vec<u8>,
    at: Instant,
}

impl NewMail {
    /// When it is written.
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }

    /// The same mail to somebody of whom only the transaction knows.
    pub(crate) fn of(&self, person: PersonId) -> Self {
        Self { person: Some(person), ..self.clone() }
    }
}

/// A mail as it is stored, under the seal.
#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    email: String,
    subject: String,
    text: String,
    html: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsubscribe: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
}

/// A mail of a letter. Its thread is what it is about: mails of one thread are shown as one conversation.
///
/// # Errors
///
/// A fault, if it cannot be written down.
pub(crate) fn new_mail(
    cx: &Cx,
    kind: Kind,
    person: Option<PersonId>,
    to: &Address,
    letter: &Letter,
    thread: Option<String>,
) -> Result<NewMail, Refusal> {
    let content = letter.render(&cx.outside.post.brand);
    let stored = Stored {
        name: to.name.as_str().to_owned(),
        email: to.email.as_str().to_owned(),
        subject: content.subject,
        text: content.text,
        html: content.html,
        unsubscribe: letter.unsubscribe.as_ref().map(|link| link.as_str().to_owned()),
        thread,
    };
    let id: Uuid = cx.new_id();
    let plain = serde_json::to_vec(&stored).map_err(|e| crate::context::fault(&e))?;
    let content = cx.vault.seal(CONTENT, id.into_bytes(), &plain);
    Ok(NewMail { id, person, kind, content, at: cx.now() })
}

/// The name and address to which a mail goes, as long as its content is there.
pub(crate) fn addressee(vault: &Vault, id: Uuid, sealed: &[u8]) -> Option<(String, String)> {
    let plain = vault.open(CONTENT, id.into_bytes(), sealed).ok()?;
    let Stored { name, email, .. } = serde_json::from_slice(plain.expose()).ok()?;
    Some((name, email))
}

/// A page of this installation, for a mail.
pub(crate) fn link(cx: &Cx, path: &str) -> Link {
    cx.outside.post.brand.home.join(path)
}

/// Writes a mail, and the job that sends it.
pub(crate) async fn write(book: &mut Book<'_>, mail: &NewMail) -> Result<(), DbErr> {
    let NewMail { id, person, kind, content, at } = mail;
    let sql = "INSERT INTO mails (id, person, kind, content, created_at, job) VALUES ($1, $2, $3, $4, $5, $6)";
    let (person, job) = (person.map(PersonId::uuid), Uuid::from_bytes(book.new_entry()));
    let values = [(*id).into(), person.into(), kind.code().into(), content.clone().into(), (*at).into(), job.into()];
    run(book.tx()?, sql, values).await?;
    let job = NewJob::of::<Cx, _>(&SendMail { mail: *id }, job, crate::queue::moment(*at))?;
    book.enqueue(vec![job]).await
}

/// Whether another mail about their account may go to a person now.
pub(crate) async fn may_send(db: &impl ConnectionTrait, person: PersonId, now: Instant) -> Result<bool, DbErr> {
    may_send_of(db, person, Kind::Account, now).await
}

/// Whether another mail of this kind may go to a person now.
pub(crate) async fn may_send_of(
    db: &impl ConnectionTrait,
    person: PersonId,
    kind: Kind,
    now: Instant,
) -> Result<bool, DbErr> {
    let sql = "SELECT count(*) FROM mails WHERE person = $1 AND kind = $2 AND created_at > $3";
    let since = now.plus_ms(-WINDOW_MS);
    let row = one(db, sql, [person.into(), kind.code().into(), since.into()]).await?;
    Ok(row.map_or(Ok(0), |row| get::<i64>(&row, 0))? < MOST)
}
