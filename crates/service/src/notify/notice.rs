//! The mail about what happened to a task.

use jobs::{Job, NewJob, Outcome, Run, Scope, Unique};
use mail::Letter;
use model::{Instant, PersonId, Reader, Refusal, TaskId, Wish, channels};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use store::Lane;
use uuid::Uuid;

use super::{Posting, letters::About, posting::Work, wishes::of_one};
use crate::{
    Cx,
    batch::Item,
    context::refuse,
    directory::{address, cards},
    post::{self, Kind, NewMail},
    query, queue,
};

/// What happens within this time goes into one mail.
const GATHER_MS: i64 = 5 * 60_000;

/// Tells somebody by mail what they have not read of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NoticeMail {
    pub(crate) person: PersonId,
    pub(crate) task: TaskId,
}

impl NoticeMail {
    /// By what it is found, to be taken back when its reader has seen the task in the app.
    pub(crate) fn key(&self) -> String {
        format!("notice:{}:{}", self.person, self.task)
    }
}

/// The job that tells somebody soon.
pub(crate) fn soon(person: PersonId, task: TaskId, id: Uuid, now: Instant) -> Result<NewJob, DbErr> {
    let job = NewJob::of::<Cx, _>(&NoticeMail { person, task }, id, queue::moment(now))?;
    Ok(job.at(queue::moment(now.plus_ms(GATHER_MS))))
}

impl Job<Cx> for NoticeMail {
    const NAME: &'static str = "notice_mail";
    const QUEUE: &'static str = "notify";

    fn unique(&self) -> Option<Unique> {
        Some(Unique { key: self.key(), scope: Scope::WhileWaiting })
    }

    async fn run(self, cx: &Cx, run: &Run) -> Outcome {
        match self.write(cx, run).await {
            Ok(outcome) => outcome,
            Err(refusal) => Outcome::retry(refusal),
        }
    }
}

impl NoticeMail {
    async fn write(&self, cx: &Cx, run: &Run) -> Result<Outcome, Refusal> {
        let wishes = of_one(cx.store.reader(), self.person).await.map_err(|e| refuse(&e))?;
        if let Some(pause) = wishes.pause(cx.now()) {
            return Ok(Outcome::Snooze(pause));
        }
        let told = query::unmailed(cx.store.reader(), self.person, self.task).await.map_err(|e| refuse(&e))?;
        let Some(mut noticed) = told else { return Ok(Outcome::Cancel("seen in the app".into())) };
        let to = noticed.last();
        let wanted = |kind| channels(Wish::from(kind), &wishes.preferences, noticed.project).mail;
        let news: Vec<_> = noticed.notices.iter().filter(|notice| wanted(notice.kind)).cloned().collect();
        let Some(first) = news.last().map(|notice| notice.kind) else {
            return Ok(Outcome::Cancel("not wished for any more".into()));
        };
        noticed.notices = news;
        let people = cards(cx, noticed.notices.iter().map(|notice| notice.by).collect()).await?;
        let reader = Reader { zone: wishes.zone, ..Reader::default() };
        let about = About::new(cx, Wish::from(first), self.person, &reader);
        let letter = about.notices(&noticed, &people);
        let mail = mail(cx, Kind::Notice, self.person, &letter, Some(self.task)).await?;
        let work = Work::Notices { mail, person: self.person, task: self.task, to, at: cx.now() };
        cx.write(Lane::Background, Item::Posting(Box::new(Posting::new(run.ticket(), work)))).await?;
        Ok(Outcome::Done)
    }
}

/// A letter to somebody as a mail; all about one task are a thread.
pub(super) async fn mail(
    cx: &Cx,
    kind: Kind,
    person: PersonId,
    letter: &Letter,
    task: Option<TaskId>,
) -> Result<NewMail, Refusal> {
    let to = address(cx.store.reader(), &cx.vault, person).await?;
    post::new_mail(cx, kind, Some(person), &to, letter, task.map(|task| format!("task-{task}")))
}
