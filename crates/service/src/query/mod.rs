//! The questions that pages ask: one file per screen, one read transaction each, so that rows and the feed's number are
//! of one moment. A page starts its socket from that number, and nothing falls between.

mod answer;
mod board;
mod bulk;
mod home;
mod inbox;
mod my_tasks;
mod overview;
mod people;
mod search;
mod task;
mod versions;

pub use answer::answer;
pub use board::{board, snapshot};
pub use home::{home, me};
pub use inbox::inbox;
pub(crate) use inbox::unmailed;
pub use my_tasks::my_tasks;
pub use overview::{Late, Load, Overview, overview};
pub use people::{find_people, people};
pub use search::search;
pub use task::task;
pub use versions::{Version, versions};

use model::{PersonId, ProjectId, ProjectRole, Refusal, Standing, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    Actor, Cx,
    context::refuse,
    sql::{get, one},
};

/// The number of a stream's last event; 0 for one that has none.
async fn seq(db: &impl ConnectionTrait, stream: Stream) -> Result<i64, DbErr> {
    let row = one(db, "SELECT seq FROM streams WHERE id = $1", [stream.uuid().into()]).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// What the reader is in a project.
///
/// # Errors
///
/// [`Refusal::NotFound`] when there is no such project or it is not for them to see.
pub(crate) async fn standing(
    db: &impl ConnectionTrait,
    actor: &Actor,
    project: ProjectId,
) -> Result<Standing, Refusal> {
    let sql = "SELECT m.role FROM projects p LEFT JOIN members m ON m.project = p.id AND m.person = $2 WHERE p.id = $1";
    let row = one(db, sql, [project.into(), actor.person.into()]).await.map_err(|e| refuse(&e))?;
    let role: Option<i16> = get(&row.ok_or(Refusal::NotFound)?, 0).map_err(|e| refuse(&e))?;
    let in_project = role.and_then(ProjectRole::from_code);
    let standing = Standing { role: actor.role, in_project };
    if standing.may_see() { Ok(standing) } else { Err(Refusal::NotFound) }
}

/// Where a stream stands, for somebody who wants to follow it.
///
/// # Errors
///
/// [`Refusal::NotFound`] when it is not theirs to follow.
pub async fn head(cx: &Cx, actor: &Actor, stream: Stream) -> Result<i64, Refusal> {
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    match stream {
        Stream::Instance => {}
        Stream::Person(person) if person == actor.person => {}
        Stream::Person(_) => return Err(Refusal::NotFound),
        Stream::Project(project) => drop(standing(&*tx, actor, project).await?),
    }
    seq(&*tx, stream).await.map_err(|e| refuse(&e))
}

/// Whether the database answers.
///
/// # Errors
///
/// A fault of the database.
pub async fn is_well(cx: &Cx) -> Result<(), Refusal> {
    one(cx.store.reader(), "SELECT 1", []).await.map(|_| ()).map_err(|e| refuse(&e))
}

/// Whether two people share a project, or the reader is an Admin, or it is themselves: whose name may be read. Who gave up their
/// account has none any more.
async fn may_read_name(db: &impl ConnectionTrait, actor: &Actor, person: PersonId) -> Result<bool, DbErr> {
    if actor.role == model::Role::Admin || actor.person == person {
        return Ok(true);
    }
    let sql = "SELECT 1 FROM members a JOIN members b ON b.project = a.project WHERE a.person = $1 AND b.person = $2 \
               UNION ALL SELECT 1 FROM users WHERE id = $2 AND closed_at IS NOT NULL";
    Ok(one(db, sql, [actor.person.into(), person.into()]).await?.is_some())
}
