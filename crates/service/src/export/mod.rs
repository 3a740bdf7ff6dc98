//! Exports: what somebody may see of projects, as a file that they take away; for Leads the audit log of their project, for Admins
//! all of it.
//!
//! A job writes the file to the storage, its page shows how far it is, and whoever asked for it can fetch it for a week.
//! What they may see is asked again when the job runs. Must not know: HTTP, pages.

mod expire;
mod log;
mod rows;
mod sheet;
mod work;
mod write;

pub(crate) use expire::expire;
pub(crate) use work::Work;
pub(crate) use write::MakeExport;

use futures::stream::BoxStream;
use jobs::NewJob;
use model::{Instant, Key, Name, ProjectId, Refusal, Role};
use object_store::{ObjectStoreExt as _, path::Path};
use sea_orm::{DbErr, QueryResult};
use store::Lane;
use uuid::Uuid;

use crate::{
    Actor, Cx, audit,
    batch::{Item, Reply},
    context::{fault, refuse},
    query::standing,
    queue,
    sql::{all, damaged, get, id, instant, one, text},
};
use work::Asked;

/// How long a file is kept.
const KEPT_MS: i64 = 7 * 86_400_000;
/// The folder of the storage where the files lie.
const FOLDER: &str = "exports";
/// How many of somebody's exports may wait or run at once.
const AT_ONCE: i64 = 5;
/// How many are listed.
const LISTED: i64 = 50;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A project.
    Project(ProjectId),
    /// All projects that one is in.
    Everything,
    /// The whole audit log with its proofs, for Admins.
    AuditLog,
    /// The entries of the audit log about a project, for who may read them.
    ProjectLog(ProjectId),
}

impl What {
    const fn code(self) -> i16 {
        match self {
            Self::Project(_) => 1,
            Self::Everything => 2,
            Self::AuditLog => 3,
            Self::ProjectLog(_) => 4,
        }
    }

    const fn project(self) -> Option<ProjectId> {
        match self {
            Self::Project(project) | Self::ProjectLog(project) => Some(project),
            Self::Everything | Self::AuditLog => None,
        }
    }

    fn read(code: i16, project: Option<Uuid>) -> Result<Self, DbErr> {
        match (code, project) {
            (1, Some(project)) => Ok(Self::Project(project.into())),
            (2, None) => Ok(Self::Everything),
            (3, None) => Ok(Self::AuditLog),
            (4, Some(project)) => Ok(Self::ProjectLog(project.into())),
            _ => Err(damaged("an export")),
        }
    }
}

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), one task a line.
    Csv = 1,
    /// JSON, with comments.
    Json = 2,
    /// An Excel workbook.
    Xlsx = 3,
    /// Lines of JSON, as the verifiers of the audit log read them.
    JsonLines = 4,
}

impl Format {
    const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Xlsx, Self::JsonLines];

    /// How names of such files end.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
            Self::JsonLines => "jsonl",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::JsonLines => "application/jsonl",
        }
    }

    /// The format of files that end like this.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    const fn code(self) -> i16 {
        self as i16
    }

    fn read(code: i16) -> Result<Self, DbErr> {
        Self::ALL.into_iter().find(|format| format.code() == code).ok_or_else(|| damaged("an export"))
    }
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its turn, or for another try.
    Waiting,
    /// So many of so many rows are written.
    Running(u64, u64),
    /// The file is there: its bytes and rows, and when it goes.
    Ready(u64, u64, Instant),
    /// It will not be: a sentence that says why.
    Failed(String),
    /// Whoever asked for it wanted it no more.
    Cancelled,
}

/// An export as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id.
    pub id: Uuid,
    /// Of what.
    pub what: What,
    /// The project's key and name, if it is of one that is still there.
    pub project: Option<(Key, Name)>,
    /// The form of the file.
    pub format: Format,
    /// When it was asked for.
    pub at: Instant,
    /// How far it is.
    pub stage: Stage,
}

impl Card {
    /// What the file is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        let what = match (self.what, &self.project) {
            (What::Project(_), Some((key, _))) => key.as_str().to_lowercase(),
            (What::Project(_), None) => "project".to_owned(),
            (What::Everything, _) => "everything".to_owned(),
            (What::AuditLog, _) => "audit-log".to_owned(),
            (What::ProjectLog(_), Some((key, _))) => format!("{}-audit-log", key.as_str().to_lowercase()),
            (What::ProjectLog(_), None) => "project-audit-log".to_owned(),
        };
        format!("muster-{what}-{}.{}", self.at.day_utc(), self.format.ending())
    }
}

const CARD: &str = "SELECT x.id, x.what, x.project, p.key, p.name, x.format, x.created_at, x.state, x.n_done, x.n_all, \
                    x.bytes, x.expires_at, x.reason FROM exports x LEFT JOIN projects p ON p.id = x.project";

fn card(row: &QueryResult) -> Result<Card, DbErr> {
    let number = |place| get::<Option<i64>>(row, place).map(|n| n.unwrap_or_default().unsigned_abs());
    let project = match get::<Option<String>>(row, 3)? {
        Some(_) => Some((text(row, 3)?, text(row, 4)?)),
        None => None,
    };
    let stage = match get::<i16>(row, 7)? {
        work::WAITING => Stage::Waiting,
        work::RUNNING => Stage::Running(number(8)?, number(9)?),
        work::READY => Stage::Ready(number(10)?, number(8)?, instant(row, 11)?),
        work::FAILED => Stage::Failed(get::<Option<String>>(row, 12)?.unwrap_or_default()),
        _ => Stage::Cancelled,
    };
    Ok(Card {
        id: id(row, 0)?,
        what: What::read(get(row, 1)?, get(row, 2)?)?,
        project,
        format: Format::read(get(row, 5)?)?,
        at: instant(row, 6)?,
        stage,
    })
}

/// The exports that somebody asked for, the newest first.
///
/// # Errors
///
/// A fault of the database.
pub async fn list(cx: &Cx, actor: &Actor) -> Result<Vec<Card>, Refusal> {
    let sql = format!("{CARD} WHERE x.person = $1 ORDER BY x.created_at DESC, x.id DESC LIMIT $2");
    let rows = all(cx.store.reader(), &sql, [actor.person.into(), LISTED.into()]).await.map_err(|e| refuse(&e))?;
    rows.iter().map(card).collect::<Result<_, _>>().map_err(|e| refuse(&e))
}

/// Asks for an export; answers its id.
///
/// # Errors
///
/// [`Refusal::NotFound`] for what is not theirs to see; [`Refusal::Invalid`] for a format that does not fit, or when too many
/// are under way; a fault of the database.
pub async fn begin(cx: &Cx, actor: &Actor, what: What, format: Format) -> Result<Uuid, Refusal> {
    if (what == What::AuditLog) != (format == Format::JsonLines) {
        return Err(Refusal::invalid("format", "The whole audit log comes as lines of JSON, and nothing else does."));
    }
    let may = match what {
        What::Project(project) => standing(cx.store.reader(), actor, project).await.map(drop),
        What::ProjectLog(project) => audit::may_read(cx, actor, project).await,
        What::AuditLog => actor.must_be_admin(),
        What::Everything => Ok(()),
    };
    audit::counted(cx, actor, ("export", work::begins(what)), what.project(), may)?;
    let sql = "SELECT count(*) FROM exports WHERE person = $1 AND state IN ($2, $3)";
    let values = [actor.person.into(), work::WAITING.into(), work::RUNNING.into()];
    let row = one(cx.store.reader(), sql, values).await.map_err(|e| refuse(&e))?;
    let n: i64 = row.map_or(Ok(0), |row| get(&row, 0)).map_err(|e| refuse(&e))?;
    if n >= AT_ONCE {
        return Err(Refusal::invalid("what", "Five exports are under way. Wait for one of them, or cancel it."));
    }
    let export: Uuid = cx.new_id();
    let job =
        NewJob::of::<Cx, _>(&MakeExport { export }, cx.new_id(), queue::moment(cx.now())).map_err(|e| refuse(&e))?;
    let asked = Asked { id: export, by: *actor, what, format, at: cx.now(), job };
    put(cx, Lane::People, Work::Begin(Box::new(asked))).await?;
    Ok(export)
}

/// Ends an export that is under way, or forgets one that is not.
///
/// # Errors
///
/// [`Refusal::NotFound`] for one that is not theirs; a fault of the database.
pub async fn remove(cx: &Cx, actor: &Actor, export: Uuid) -> Result<(), Refusal> {
    audit::counted(cx, actor, ("export", work::REMOVE), None, of(cx, actor, export).await)?;
    cx.outside.files.delete(&place(export)).await.or_else(absent).map_err(|e| fault(&e))?;
    put(cx, Lane::People, Work::Remove { export, by: *actor, at: cx.now() }).await
}

/// A file to be fetched.
pub struct File {
    /// What it is called.
    pub name: String,
    /// Its form.
    pub format: Format,
    /// How many bytes it has.
    pub bytes: u64,
    /// The bytes.
    pub content: BoxStream<'static, object_store::Result<bytes::Bytes>>,
}

/// The file of an export, for who asked for it.
///
/// # Errors
///
/// [`Refusal::NotFound`] when it is not theirs, not ready, or gone; a fault of the storage.
pub async fn open(cx: &Cx, actor: &Actor, export: Uuid) -> Result<File, Refusal> {
    let card = audit::counted(cx, actor, ("export", work::FETCH), None, of(cx, actor, export).await)?;
    let Stage::Ready(_, _, until) = card.stage else { return Err(Refusal::NotFound) };
    if until <= cx.now() || (card.what == What::AuditLog && actor.role != Role::Admin) {
        return Err(Refusal::NotFound);
    }
    if let What::ProjectLog(project) = card.what {
        audit::may_read(cx, actor, project).await?;
    }
    let found = match cx.outside.files.get(&place(export)).await {
        Ok(found) => found,
        Err(object_store::Error::NotFound { .. }) => return Err(Refusal::NotFound),
        Err(error) => return Err(fault(&error)),
    };
    put(cx, Lane::People, Work::Fetched { export, by: *actor, at: cx.now() }).await?;
    Ok(File { name: card.file_name(), format: card.format, bytes: found.meta.size, content: found.into_stream() })
}

async fn of(cx: &Cx, actor: &Actor, export: Uuid) -> Result<Card, Refusal> {
    let sql = format!("{CARD} WHERE x.id = $1 AND x.person = $2");
    let row = one(cx.store.reader(), &sql, [export.into(), actor.person.into()]).await.map_err(|e| refuse(&e))?;
    card(&row.ok_or(Refusal::NotFound)?).map_err(|e| refuse(&e))
}

/// Where the file of an export lies in the storage.
fn place(export: Uuid) -> Path {
    Path::from(format!("{FOLDER}/{}", export.simple()))
}

/// What is not there need not be deleted.
fn absent(error: object_store::Error) -> object_store::Result<()> {
    if matches!(error, object_store::Error::NotFound { .. }) { Ok(()) } else { Err(error) }
}

async fn put(cx: &Cx, lane: Lane, work: Work) -> Result<(), Refusal> {
    match cx.write(lane, Item::Export(Box::new(work))).await?.reply {
        Reply::Done => Ok(()),
        Reply::Command(_) | Reply::Errand(_) | Reply::Turn(_) | Reply::Audit(_) => Err(Refusal::NotFound),
    }
}
