//! The first steps of whoever has just set up the installation: whether they are still before them.
//!
//! They are one Admin's, and end once: by being gone through or left out. What is done in them (a name, a project, invitations)
//! is done where it always is.

use model::{Ability, Category, Command, Hue, Instant, Key, Name, NewStatus, PersonId, ProjectId, Refusal};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Act, manage, permit};
use crate::{Actor, Cx, account::Ran, batch::Book, context::refuse, sample::carry_out, settings};

const NAME: &str = "welcome";
/// What the ledger calls their end.
pub(super) const END: &str = "welcome_end";

/// Puts the first steps before somebody.
pub(crate) async fn begin(book: &mut Book<'_>, person: PersonId, at: Instant) -> Result<(), DbErr> {
    settings::write(book.tx()?, NAME, &Some(person), (person, at)).await
}

/// Whether the first steps are still before the reader.
///
/// # Errors
///
/// A fault of the database.
pub async fn is_welcomed(cx: &Cx, actor: &Actor) -> Result<bool, Refusal> {
    waiting(cx.store.reader()).await.map(|whose| whose == Some(actor.person)).map_err(|e| refuse(&e))
}

/// Ends the first steps, for ever. To end them twice is no fault.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins.
pub async fn end_welcome(cx: &Cx, actor: &Actor) -> Result<(), Refusal> {
    permit(cx, actor, Ability::SetTeam, END).await?;
    manage(cx, actor, Act::EndWelcome).await.map(|_| ())
}

/// Begins a project with the usual statuses, under a key of its name if none is given.
///
/// # Errors
///
/// What is wrong with the name or the key, at its field.
pub async fn begin_project(cx: &Cx, actor: &Actor, name: Name, key: Option<Key>) -> Result<Key, Refusal> {
    let key = match key {
        Some(key) => key,
        None => Key::try_from(Key::suggested(name.as_str()))
            .map_err(|_| Refusal::invalid("key", "Choose a key: two to six letters or digits."))?,
    };
    let project: ProjectId = cx.new_id();
    let hue = Hue::of(&project.bytes());
    let statuses = Category::USUAL.iter().filter_map(|(name, category)| {
        Some(NewStatus { id: cx.new_id(), name: Name::try_from(*name).ok()?, category: *category })
    });
    let statuses = statuses.collect();
    let create = Command::CreateProject { project, key: key.clone(), name, hue, statuses, is_sample: false };
    carry_out(cx, actor, vec![create]).await?;
    Ok(key)
}

async fn waiting(db: &impl ConnectionTrait) -> Result<Option<PersonId>, DbErr> {
    settings::read(db, NAME).await
}

pub(super) async fn end(book: &mut Book<'_>, actor: &Actor, at: Instant) -> Result<Result<Ran, Refusal>, DbErr> {
    let tx = book.tx()?;
    if waiting(tx).await? != Some(actor.person) {
        return Ok(Ok(Ran::No));
    }
    settings::write(tx, NAME, &None::<PersonId>, (actor.person, at)).await?;
    Ok(Ok(Ran::Yes))
}
