//! Who is looking, and the projects they may see.

use model::{Category, HomePage, Hue, Me, ProjectCard, ProjectRole, Refusal, Role, Stream};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use store::Snapshot;

use super::seq;
use crate::{
    Actor, Cx,
    context::refuse,
    directory::{cards, shown_email},
    inbox::n_unread,
    people,
    sql::{all, damaged, get, id, text},
};

/// Who is looking.
///
/// # Errors
///
/// A fault of the database.
pub async fn me(cx: &Cx, actor: &Actor) -> Result<Me, Refusal> {
    looking(cx, actor).await.map(|(me, _)| me)
}

/// Who is looking, and the moment that the rest of the answer is read in.
///
/// The directory is asked before there is a moment: it may have to read, on a connection of its own. Who holds one while waiting for
/// another waits, with a few others who do the same, for themselves.
pub(super) async fn looking(cx: &Cx, actor: &Actor) -> Result<(Me, Snapshot), Refusal> {
    let person = cards(cx, vec![actor.person]).await?.pop().ok_or(Refusal::SignIn)?;
    let tx = cx.store.snapshot().await.map_err(|e| refuse(&e))?;
    let person_seq = seq(&*tx, Stream::Person(actor.person)).await.map_err(|e| refuse(&e))?;
    let instance_seq = seq(&*tx, Stream::Instance).await.map_err(|e| refuse(&e))?;
    let email = shown_email(&*tx, &cx.vault, actor.person).await?;
    let team = people::stored_team(&*tx).await.map_err(|e| refuse(&e))?;
    let unread = n_unread(&*tx, actor.person).await.map_err(|e| refuse(&e))?;
    Ok((Me { person, email, role: actor.role, person_seq, instance_seq, unread, team }, tx))
}

/// The projects that the reader may see, by name.
///
/// # Errors
///
/// A fault of the database.
pub async fn home(cx: &Cx, actor: &Actor) -> Result<HomePage, Refusal> {
    let (me, tx) = looking(cx, actor).await?;
    let mut projects = cards_of(&*tx, actor).await.map_err(|e| refuse(&e))?;
    projects.sort_by_cached_key(|p| (p.name.as_str().to_lowercase(), p.id));
    Ok(HomePage { me, projects })
}

async fn cards_of(db: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<ProjectCard>, DbErr> {
    // An Admin sees every project; all others those they are members of.
    let join = if actor.role == Role::Admin { "LEFT JOIN" } else { "JOIN" };
    let sql = format!(
        "SELECT p.id, p.key, p.name, p.hue, m.role, \
         (SELECT count(*) FROM tasks t JOIN statuses s ON s.id = t.status \
            WHERE t.project = p.id AND t.archived = 0 AND t.trashed_at IS NULL AND s.category NOT IN ($2, $3)), \
         (SELECT count(*) FROM assignees a JOIN tasks t ON t.id = a.task JOIN statuses s ON s.id = t.status \
            WHERE a.project = p.id AND a.person = $1 AND t.archived = 0 AND t.trashed_at IS NULL \
            AND s.category NOT IN ($2, $3)), \
         (SELECT count(*) FROM members n WHERE n.project = p.id), p.archived \
         FROM projects p {join} members m ON m.project = p.id AND m.person = $1"
    );
    let values = [actor.person.into(), Category::Done.code().into(), Category::Cancelled.code().into()];
    all(db, &sql, values).await?.iter().map(card).collect()
}

fn card(row: &QueryResult) -> Result<ProjectCard, DbErr> {
    let hue = u8::try_from(get::<i16>(row, 3)?).ok().and_then(|n| Hue::try_from(n).ok());
    let role: Option<i16> = get(row, 4)?;
    let count = |place| get::<i64>(row, place).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(ProjectCard {
        id: id(row, 0)?,
        key: text(row, 1)?,
        name: text(row, 2)?,
        hue: hue.ok_or_else(|| damaged("a colour"))?,
        role: role.and_then(ProjectRole::from_code),
        n_open: count(5)?,
        n_mine: count(6)?,
        n_members: count(7)?,
        is_archived: get::<i16>(row, 8)? != 0,
    })
}
