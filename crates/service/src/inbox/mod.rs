//! The inbox: what people are told, read out of the feed by a [follower](follow), and marked by them.
//!
//! A notice is a projection: nobody's command writes one. It is known by its person and its event, so that two nodes, or one
//! that begins anew, write the same rows.
//!
//! Must not know: who is told what, which is `model::notice`'s.

mod follow;
mod work;

pub(crate) use follow::Follower;
use model::{Mark, PersonId, Refusal};
use sea_orm::{ConnectionTrait, DbErr};
use store::Lane;
pub(crate) use work::{NewNotice, Work, tell};

use crate::{
    Actor, Cx,
    batch::Item,
    sql::{get, one},
};

/// Marks notices of the reader.
///
/// # Errors
///
/// A fault of the database.
pub async fn mark(cx: &Cx, actor: &Actor, mark: Mark) -> Result<(), Refusal> {
    let work = Work::Mark { person: actor.person, mark, at: cx.now() };
    cx.write(Lane::People, Item::Inbox(Box::new(work))).await.map(|_| ())
}

/// How many tasks have notices that a person has not read. Those of projects that they have left do not count.
pub(crate) async fn n_unread(db: &impl ConnectionTrait, person: PersonId) -> Result<u32, DbErr> {
    let sql = "SELECT count(DISTINCT n.task) FROM notices n \
               JOIN members m ON m.project = n.stream AND m.person = n.person \
               WHERE n.person = $1 AND n.read_at IS NULL AND n.archived_at IS NULL";
    let row = one(db, sql, [person.into()]).await?;
    row.map_or(Ok(0), |row| get::<i64>(&row, 0).map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
}

/// Follows the feeds as far as they go, once. For tests; a server has a [`Follower`] of its own.
///
/// # Errors
///
/// A fault of the database.
#[cfg(feature = "kit")]
pub async fn follow_once(cx: &Cx) -> Result<(), Refusal> {
    Follower::default().round(cx).await
}
