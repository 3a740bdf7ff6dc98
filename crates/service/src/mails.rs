//! What became of mails, as Admins see it: to whom one goes, whether it left, and why not.
//!
//! What a mail says is shown to nobody; its content lies sealed until it is sent. To try one again is an order about its job.
//! Must not know: how mails are sent, how they look.

use jobs::{Failure, StateName, admin};
use mail::Letter;
use model::{Ability, Instant, PersonId, Refusal, Role};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use uuid::Uuid;

pub use crate::post::Kind;
use crate::{
    Actor, Cx,
    account::Ran,
    batch::Book,
    context::refuse,
    directory, people,
    post::{self, NewMail},
    sql::{all, damaged, get, instant, one},
};

/// What the ledger calls a test.
pub(crate) const TEST: &str = "mail_test";
/// How many mails are listed at once.
const LISTED: usize = 30;

/// Which mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All that are kept.
    #[default]
    All,
    /// Those that were not sent yet.
    Waiting,
    /// Those that were sent.
    Sent,
    /// Those that could not be sent.
    Failed,
}

impl Filter {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::All, Self::Waiting, Self::Sent, Self::Failed];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// The condition, in the words of the index that finds them.
    const fn condition(self) -> &'static str {
        match self {
            Self::All => "true",
            Self::Waiting => "sent_at IS NULL AND failed_at IS NULL",
            Self::Sent => "sent_at IS NOT NULL",
            Self::Failed => "failed_at IS NOT NULL",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub filter: Filter,
    /// Those before this one.
    pub after: Option<Uuid>,
}

/// How far a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its turn.
    Waiting,
    /// It is being handed to the mail server.
    Leaving,
    /// It did not leave, for this reason, and is tried again then.
    Retrying(String, Instant),
    /// A mail server has taken it.
    Sent(Instant),
    /// It did not leave and will not be tried again: why, and since when.
    Failed(String, Instant),
}

/// A mail in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id, also in its `Message-ID`.
    pub id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// When it was written.
    pub at: Instant,
    /// The name and address to which it goes. Who has no account is known only until it is sent.
    pub to: Option<(String, String)>,
    /// How often it was handed to a mail server; nothing if that was not counted.
    pub tries: Option<u16>,
    /// How far it is.
    pub stage: Stage,
    /// The job to be tried again, if that can bring it to its reader.
    pub job: Option<Uuid>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What was asked for.
    pub asked: Asked,
    /// How many wait.
    pub n_waiting: u64,
    /// How many could not be sent.
    pub n_failed: u64,
    /// The mails, the newest first.
    pub mails: Vec<Listed>,
    /// What to ask with for older ones.
    pub next: Option<Uuid>,
}

/// The mails of the installation.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn desk(cx: &Cx, actor: &Actor, asked: Asked) -> Result<Desk, Refusal> {
    if actor.role != Role::Admin {
        return Err(Refusal::NotFound);
    }
    let db = cx.store.reader();
    let mut rows = rows(db, asked).await.map_err(|e| refuse(&e))?;
    let is_more = rows.len() > LISTED;
    rows.truncate(LISTED);
    let mut mails = Vec::with_capacity(rows.len());
    for row in rows {
        mails.push(listed(cx, row).await?);
    }
    let next = mails.last().map(|last| last.id).filter(|_| is_more);
    let n_waiting = count(db, Filter::Waiting).await.map_err(|e| refuse(&e))?;
    let n_failed = count(db, Filter::Failed).await.map_err(|e| refuse(&e))?;
    Ok(Desk { asked, n_waiting, n_failed, mails, next })
}

/// Whether mails go out into the world; otherwise they are kept where the server runs.
#[must_use]
pub fn leaves(cx: &Cx) -> bool {
    cx.outside.post.transport.mailbox().is_none()
}

/// Sends the reader a mail that shows whether mails leave. What becomes of it is in the list.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; [`Refusal::TooMany`] for who had several within an hour.
pub async fn test(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    people::permit(cx, actor, Ability::SetTeam, TEST).await?;
    let to = directory::address(cx.store.reader(), &cx.vault, actor.person).await?;
    let host = cx.outside.post.brand.home.host();
    let letter = Letter::new("A test mail", "Mails leave")
        .greeting(format!("Hello {},", to.name.as_str()))
        .paragraph(format!("You asked {host} for a test mail, and here it is. Mails to your team leave the same way."))
        .button("Look at all mails", post::link(cx, "/admin/mails"))
        .why(format!("You get this mail because you pressed a button at {host}."));
    let mail = post::new_mail(cx, Kind::Test, Some(actor.person), &to, &letter, None)?;
    people::manage(cx, actor, people::Act::TestMail(mail)).await.map(|_| ())
}

/// The newest test mail to the reader.
///
/// # Errors
///
/// A fault of the database.
pub async fn last_test(cx: &Cx, actor: &Actor) -> Result<Option<Listed>, Refusal> {
    let sql = format!("{COLUMNS} FROM mails WHERE person = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 1");
    let values = [actor.person.into(), (Kind::Test as i16).into()];
    let row = one(cx.store.reader(), &sql, values).await.map_err(|e| refuse(&e))?;
    let row = row.as_ref().map(Row::read).transpose().map_err(|e| refuse(&e))?;
    match row {
        Some(row) => listed(cx, row).await.map(Some),
        None => Ok(None),
    }
}

/// Writes a test mail, unless there were too many.
pub(crate) async fn test_now(
    book: &mut Book<'_>,
    actor: &Actor,
    mail: &NewMail,
) -> Result<Result<Ran, Refusal>, DbErr> {
    if !post::may_send_of(book.tx()?, actor.person, Kind::Test, mail.at()).await? {
        return Ok(Err(Refusal::TooMany { after_s: 3600 }));
    }
    post::write(book, mail).await?;
    Ok(Ok(Ran::Yes))
}

const COLUMNS: &str = "SELECT id, person, kind, created_at, sent_at, failed_at, reason, tries, job, \
     CASE WHEN content IS NULL THEN 0 ELSE 1 END, CASE WHEN person IS NULL THEN content END";

/// The question for a page of the list; `$1` is how many, and `$2` the one before which they are.
fn question(filter: Filter, is_later: bool) -> String {
    let later = if is_later { "AND id < $2" } else { "" };
    format!("{COLUMNS} FROM mails WHERE {} {later} ORDER BY id DESC LIMIT $1", filter.condition())
}

/// The questions of the page, for a test of their plans.
#[cfg(feature = "kit")]
pub(crate) fn questions() -> impl Iterator<Item = String> {
    Filter::ALL.into_iter().flat_map(|filter| [question(filter, false), question(filter, true)])
}

async fn count(db: &impl ConnectionTrait, filter: Filter) -> Result<u64, DbErr> {
    let row = one(db, &format!("SELECT count(*) FROM mails WHERE {}", filter.condition()), []).await?;
    row.map_or(Ok(0), |row| get::<i64>(&row, 0).map(i64::unsigned_abs))
}

/// A mail as its row has it.
struct Row {
    id: Uuid,
    person: Option<PersonId>,
    kind: Kind,
    at: Instant,
    sent_at: Option<Instant>,
    failed_at: Option<Instant>,
    reason: Option<String>,
    tries: u16,
    job: Option<Uuid>,
    has_content: bool,
    /// Of one to somebody without an account.
    content: Option<Vec<u8>>,
}

impl Row {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let moment = |place| get::<Option<i64>>(row, place).map(|at| at.map(Instant::from_ms));
        Ok(Self {
            id: get(row, 0)?,
            person: get::<Option<Uuid>>(row, 1)?.map(PersonId::from),
            kind: Kind::read(get(row, 2)?).ok_or_else(|| damaged("a mail"))?,
            at: instant(row, 3)?,
            sent_at: moment(4)?,
            failed_at: moment(5)?,
            reason: get(row, 6)?,
            tries: u16::try_from(get::<i16>(row, 7)?).unwrap_or(0),
            job: get(row, 8)?,
            has_content: get::<i32>(row, 9)? == 1,
            content: get(row, 10)?,
        })
    }

    /// How far it is by itself, whatever its job does.
    fn ended(&self) -> Option<Stage> {
        let reason = || self.reason.clone().unwrap_or_default();
        let failed = self.failed_at.map(|at| Stage::Failed(reason(), at));
        self.sent_at.map(Stage::Sent).or(failed)
    }
}

async fn rows(db: &impl ConnectionTrait, asked: Asked) -> Result<Vec<Row>, DbErr> {
    let one_more = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
    let values: Vec<Value> = std::iter::once(one_more.into()).chain(asked.after.map(Value::from)).collect();
    let sql = question(asked.filter, asked.after.is_some());
    all(db, &sql, values).await?.iter().map(Row::read).collect()
}

async fn listed(cx: &Cx, row: Row) -> Result<Listed, Refusal> {
    let job = match row.job {
        Some(job) if row.sent_at.is_none() => admin::job(cx.store.reader(), job).await.map_err(|e| refuse(&e))?,
        _ => None,
    };
    let tries = job.as_ref().map_or(row.tries, |details| row.tries.max(details.job.attempt));
    let (stage, can_retry) = stage(&row, job.as_ref());
    Ok(Listed {
        id: row.id,
        kind: row.kind,
        at: row.at,
        to: to(cx, &row).await,
        tries: Some(tries).filter(|tries| *tries > 0),
        stage,
        job: row.job.filter(|_| can_retry && row.has_content),
    })
}

/// How far a mail is, and whether its job can be tried again.
fn stage(row: &Row, job: Option<&admin::Details>) -> (Stage, bool) {
    let ended = row.ended();
    let Some(admin::Details { job, errors, .. }) = job else {
        // Its job was deleted.
        let lost = || Stage::Failed("Its job was deleted.".into(), row.at);
        return (ended.unwrap_or_else(lost), false);
    };
    let told = errors.first().map(|Failure { message, .. }| message.clone()).unwrap_or_default();
    let moment = |at: jobs::Moment| Instant::from_ms(at.as_millis());
    match job.state {
        StateName::Scheduled | StateName::Available => (Stage::Waiting, false),
        StateName::Executing => (Stage::Leaving, false),
        StateName::Retryable => (Stage::Retrying(told, moment(job.scheduled_at)), true),
        StateName::Completed => (ended.unwrap_or(Stage::Waiting), false),
        StateName::Discarded | StateName::Cancelled => {
            let since = job.finished_at.map_or(row.at, moment);
            (ended.unwrap_or(Stage::Failed(told, since)), true)
        }
    }
}

/// To whom it goes.
async fn to(cx: &Cx, row: &Row) -> Option<(String, String)> {
    let named = |name: &str, email: &str| (name.to_owned(), email.to_owned());
    match (row.person, &row.content) {
        (Some(person), _) => {
            let to = directory::address(cx.store.reader(), &cx.vault, person).await.ok()?;
            Some(named(to.name.as_str(), to.email.as_str()))
        }
        (None, Some(sealed)) => post::addressee(&cx.vault, row.id, sealed).map(|(name, email)| named(&name, &email)),
        (None, None) => None,
    }
}
