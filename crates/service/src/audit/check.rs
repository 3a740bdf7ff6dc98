//! Verifying the whole log while the server runs: each night by the clock, and whenever an Admin asks. What was found is kept,
//! shown to Admins, counted for whoever watches the server, and told to all Admins by mail when it is bad.

use jobs::{Job, NewJob, Outcome, Run, Scope, Ticket, Unique};
use ledger::{Against, Finding, Verified};
use mail::Letter;
use model::{Instant, PersonId, Refusal, Role};
use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::Lane;

use super::{Act, Work, counted, keep, verify, work};
use crate::{
    Actor, Cx,
    batch::Book,
    context::refuse,
    directory,
    post::{self, Kind, NewMail, link},
    queue,
    sql::{all, get, id, instant, one, run as execute},
};

/// How many checks are kept.
const KEPT: i64 = 100;
/// Ten million entries at fifty thousand a second, and some more.
const TIMEOUT: Duration = Duration::from_mins(15);

/// What a check of the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// When it was.
    pub at: Instant,
    /// How long it took.
    pub took_ms: i64,
    /// How many entries were whole: all of them, or those before the first that was not.
    pub size: u64,
    /// How many are covered by an anchor outside of the database.
    pub anchored: Option<u64>,
    /// What is wrong, if something is: a sentence.
    pub finding: Option<String>,
}

impl Checked {
    fn of(at: Instant, took_ms: i64, result: Result<Verified, Finding>) -> Self {
        let (size, anchored, finding) = match result {
            Ok(verified) => (verified.size, verified.anchored, None),
            Err(finding) => (finding.position, None, Some(finding.told)),
        };
        Self { at, took_ms, size, anchored, finding }
    }
}

/// Verifies the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CheckLog {}

impl Job<Cx> for CheckLog {
    const NAME: &'static str = "check_audit_log";
    const QUEUE: &'static str = "upkeep";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: "check_audit_log".into(), scope: Scope::WhileUnfinished })
    }

    fn timeout(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match look(cx, run).await {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

async fn look(cx: &Cx, run: &Run) -> Result<(), Refusal> {
    let begun = cx.now();
    let anchors = keep::remembered(cx).await?;
    // What waits to be sealed or signed is the keeper's to tell: after a machine has slept, it waits for no fault of anybody.
    let against = Against { anchors, ..Against::default() };
    let result = verify(&cx.store, &cx.vault, against).await.map_err(|e| refuse(&e))?;
    let at = cx.now();
    let checked = Checked::of(at, at.ms() - begun.ms(), result);
    let mails = match &checked.finding {
        Some(finding) => {
            tracing::error!("the audit log is not whole: {finding}");
            alarms(cx, finding).await?
        }
        None => Vec::new(),
    };
    keep::note_checked(cx, &checked);
    let noted = Work::Checked(Box::new(Noted { ticket: run.ticket(), checked, mails }));
    work(cx, Lane::Background, noted).await.map(drop)
}

/// A mail for each Admin.
async fn alarms(cx: &Cx, finding: &str) -> Result<Vec<NewMail>, Refusal> {
    let sql = "SELECT id FROM users WHERE role = $1 AND verified_at IS NOT NULL AND disabled_at IS NULL ORDER BY id";
    let rows = all(cx.store.reader(), sql, [Role::Admin.code().into()]).await.map_err(|e| refuse(&e))?;
    let mut mails = Vec::with_capacity(rows.len());
    for row in rows {
        let person: PersonId = id(&row, 0).map_err(|e| refuse(&e))?;
        let to = directory::address(cx.store.reader(), &cx.vault, person).await?;
        let letter = Letter::new("The audit log was changed", "The audit log is not whole")
            .paragraph("Muster has checked its audit log and found this:")
            .quote("The check", finding)
            .paragraph(
                "Somebody who can write into the database has changed what is recorded, or a disk has failed. Keep a copy of \
                 the database as it is now before you do anything else.",
            )
            .button("Open the audit log", link(cx, "/admin/audit"))
            .why("You get this mail because you are an admin of this installation.");
        mails.push(post::new_mail(cx, Kind::Account, Some(person), &to, &letter, None)?);
    }
    Ok(mails)
}

/// What a check found, to be written with the end of its job.
#[derive(Debug)]
pub(crate) struct Noted {
    ticket: Ticket,
    checked: Checked,
    mails: Vec<NewMail>,
}

impl Noted {
    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        let tx = book.tx()?;
        if !self.ticket.done_in(tx).await? {
            return Ok(());
        }
        let Checked { at, took_ms, size, anchored, finding } = &self.checked;
        // The same news once: the check before found it already.
        let is_news = newest(tx).await?.is_none_or(|before| before.finding != *finding);
        let sql = "INSERT INTO audit_checks (at, took_ms, size, anchored, finding) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (at) DO NOTHING";
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let values = [
            (*at).into(),
            (*took_ms).into(),
            number(*size).into(),
            anchored.map(number).into(),
            finding.clone().into(),
        ];
        execute(tx, sql, values).await?;
        let sql = "DELETE FROM audit_checks WHERE at NOT IN (SELECT at FROM audit_checks ORDER BY at DESC LIMIT $1)";
        execute(tx, sql, [KEPT.into()]).await?;
        for mail in self.mails.iter().filter(|_| is_news) {
            post::write(book, mail).await?;
        }
        Ok(())
    }
}

/// The newest check.
pub(super) async fn newest(db: &impl ConnectionTrait) -> Result<Option<Checked>, DbErr> {
    let sql = "SELECT at, took_ms, size, anchored, finding FROM audit_checks ORDER BY at DESC LIMIT 1";
    let row = one(db, sql, []).await?;
    row.map(|row| {
        Ok(Checked {
            at: instant(&row, 0)?,
            took_ms: get(&row, 1)?,
            size: get::<i64>(&row, 2)?.unsigned_abs(),
            anchored: get::<Option<i64>>(&row, 3)?.map(i64::unsigned_abs),
            finding: get(&row, 4)?,
        })
    })
    .transpose()
}

/// Has the log checked now, on the word of an Admin.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; a fault of the database.
pub async fn check_now(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    const ACTION: &str = "audit.check";
    counted(cx, actor, ("admin", ACTION), None, actor.must_be_admin())?;
    let job = NewJob::of::<Cx, _>(&CheckLog {}, cx.new_id(), queue::moment(cx.now())).map_err(|e| refuse(&e))?;
    let act = Act::new(cx, actor, ACTION, ("audit log", None)).with_jobs(vec![job]);
    work(cx, Lane::People, Work::Act(Box::new(act))).await.map(drop)
}
