//! What the inbox writes: pieces of work in a batch, like commands, but without any of their own in the feed of a project.

use model::{
    Change, Event, Instant, Mark, NoticeKind, PersonId, Preferences, ProjectId, Stream, TaskId, Wish, channels,
};
use sea_orm::DbErr;

use super::n_unread;
use crate::{batch::Book, notify, queue, sql::run};

/// A notice to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewNotice {
    pub(crate) person: PersonId,
    pub(crate) seq: i64,
    pub(crate) task: TaskId,
    pub(crate) kind: NoticeKind,
    pub(crate) by: PersonId,
    pub(crate) at: Instant,
}

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// The feed of a project was read up to here, and tells these. They are in the order of their people.
    Tell { project: ProjectId, to: i64, notices: Vec<NewNotice>, at: Instant },
    /// Somebody marks theirs.
    Mark { person: PersonId, mark: Mark, at: Instant },
}

impl Work {
    /// The streams that hear of it.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            Self::Tell { notices, .. } => notices.iter().map(|notice| Stream::Person(notice.person)).collect(),
            Self::Mark { person, .. } => vec![Stream::Person(*person)],
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<(), DbErr> {
        match self {
            Self::Tell { project, to, notices, at } => {
                let mut people: Vec<PersonId> = notices.iter().map(|notice| notice.person).collect();
                people.dedup();
                let wishes = notify::of(book.tx()?, &people).await?;
                for of_one in notices.chunk_by(|a, b| a.person == b.person) {
                    let Some(wishes) = of_one.first().and_then(|first| wishes.get(&first.person)) else { continue };
                    put(book, *project, of_one, &wishes.preferences, *at).await?;
                }
                let sql = "INSERT INTO followed (stream, seq) VALUES ($1, $2) \
                           ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq WHERE followed.seq < excluded.seq";
                run(book.tx()?, sql, [(*project).into(), (*to).into()]).await?;
            }
            Self::Mark { person, mark, at } => {
                if let Mark::Read { task, .. } | Mark::Archived { task, .. } = mark {
                    // If something comes that they have not seen, it brings a mail of its own.
                    let key = notify::NoticeMail { person: *person, task: *task }.key();
                    jobs::cancel_waiting(book.tx()?, &key, "seen in the app", queue::moment(*at)).await?;
                }
                if set(book, *person, *mark, *at).await? > 0 {
                    tell(book, *person, *at).await?;
                }
            }
        }
        Ok(())
    }
}

/// Puts notices of one person where they want them: into the inbox, and into a mail that goes soon.
async fn put(
    book: &mut Book<'_>,
    project: ProjectId,
    notices: &[NewNotice],
    preferences: &Preferences,
    at: Instant,
) -> Result<(), DbErr> {
    let (mut is_told, mut jobs) = (false, Vec::new());
    for notice in notices {
        let channels = channels(Wish::from(notice.kind), preferences, project);
        if !channels.inbox || insert(book, project, notice).await? == 0 {
            continue;
        }
        is_told = true;
        if channels.mail {
            let id = uuid::Uuid::from_bytes(book.new_entry());
            jobs.push(notify::soon(notice.person, notice.task, id, at)?);
        }
    }
    book.enqueue(jobs).await?;
    match notices.first() {
        Some(first) if is_told => tell(book, first.person, at).await,
        _ => Ok(()),
    }
}

async fn insert(book: &Book<'_>, project: ProjectId, notice: &NewNotice) -> Result<u64, DbErr> {
    let sql = "INSERT INTO notices (person, stream, seq, task, kind, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (person, stream, seq) DO NOTHING";
    let NewNotice { person, seq, task, kind, by, at } = *notice;
    let values = [person.into(), project.into(), seq.into(), task.into(), kind.code().into(), by.into(), at.into()];
    run(book.tx()?, sql, values).await
}

/// Answers how many rows are others than before.
async fn set(book: &Book<'_>, person: PersonId, mark: Mark, at: Instant) -> Result<u64, DbErr> {
    let tx = book.tx()?;
    let (sql, task, to) = match mark {
        Mark::AllRead { at: until } => {
            let sql = "UPDATE notices SET read_at = $2 WHERE person = $1 AND at <= $3 AND read_at IS NULL";
            return run(tx, sql, [person.into(), at.into(), until.into()]).await;
        }
        // Only the newest: the others were read before it came.
        Mark::Unread { task, to } => {
            let sql = "UPDATE notices SET read_at = NULL WHERE person = $1 AND task = $2 AND archived_at IS NULL \
                       AND read_at IS NOT NULL AND seq = (SELECT max(n.seq) FROM notices n \
                       WHERE n.person = $1 AND n.task = $2 AND n.seq <= $3 AND n.archived_at IS NULL)";
            return run(tx, sql, [person.into(), task.into(), to.into()]).await;
        }
        // What was put away before stays away.
        Mark::Back { task, to } => {
            let sql = "UPDATE notices SET archived_at = NULL WHERE person = $1 AND task = $2 AND seq <= $3 \
                       AND archived_at = (SELECT max(n.archived_at) FROM notices n WHERE n.person = $1 AND n.task = $2)";
            return run(tx, sql, [person.into(), task.into(), to.into()]).await;
        }
        Mark::Read { task, to } => ("SET read_at = $4 WHERE read_at IS NULL", task, to),
        Mark::Archived { task, to } => {
            ("SET archived_at = $4, read_at = coalesce(read_at, $4) WHERE archived_at IS NULL", task, to)
        }
    };
    let sql = format!("UPDATE notices {sql} AND person = $1 AND task = $2 AND seq <= $3");
    run(tx, &sql, [person.into(), task.into(), to.into(), at.into()]).await
}

/// Tells a person's pages how many tasks have news for them.
pub(crate) async fn tell(book: &mut Book<'_>, person: PersonId, at: Instant) -> Result<(), DbErr> {
    let unread = n_unread(book.tx()?, person).await?;
    let event = Event::InboxChanged { unread };
    book.record(vec![Change { stream: Stream::Person(person), event, text: None }], None, person, at);
    Ok(())
}
