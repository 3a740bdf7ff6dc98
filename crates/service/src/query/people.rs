//! Names: of people one may know, and of people to be added to a project.

use model::{CommandKind, PersonCard, PersonId, ProjectId, Refusal, Verdict, may};
use std::collections::BTreeSet;

use super::{may_read_name, standing};
use crate::{
    Actor, Cx,
    context::refuse,
    directory::{cards, search},
    sql::{all, id},
};

/// The most people of one question.
const MOST: usize = 100;
/// The most people that a search finds.
const FOUND: usize = 10;

/// The cards of people whose name the reader may know: their own, and of those with whom they share a project. Others
/// are left out, as if they did not exist.
///
/// # Errors
///
/// [`Refusal::Invalid`] for more than 100; a fault of the database.
pub async fn people(cx: &Cx, actor: &Actor, ids: Vec<PersonId>) -> Result<Vec<PersonCard>, Refusal> {
    if ids.len() > MOST {
        return Err(Refusal::invalid("ids", "Ask for at most 100 people at once."));
    }
    let mut allowed = Vec::with_capacity(ids.len());
    for person in ids {
        if may_read_name(cx.store.reader(), actor, person).await.map_err(|e| refuse(&e))? {
            allowed.push(person);
        }
    }
    cards(cx, allowed).await
}

/// Up to ten people who can come in, are not in the project yet, and whose name has a word that begins with the text, or whose
/// address is the text. For those who may add members.
///
/// # Errors
///
/// [`Refusal::NotFound`] or [`Refusal::MayNot`] for those who may not.
pub async fn find_people(cx: &Cx, actor: &Actor, project: ProjectId, text: &str) -> Result<Vec<PersonCard>, Refusal> {
    match may(standing(cx.store.reader(), actor, project).await?, CommandKind::AddMember) {
        Verdict::Yes => {}
        Verdict::No => return Err(Refusal::MayNot),
        Verdict::Absent => return Err(Refusal::NotFound),
    }
    let sql = "SELECT person FROM members WHERE project = $1 UNION SELECT id FROM users WHERE disabled_at IS NOT NULL";
    let rows = all(cx.store.reader(), sql, [project.into()]).await;
    let members: Result<BTreeSet<PersonId>, _> = rows.map_err(|e| refuse(&e))?.iter().map(|r| id(r, 0)).collect();
    let members = members.map_err(|e| refuse(&e))?;
    search(cx, text, FOUND, |person| members.contains(&person)).await
}
