//! What the team that works here is called: one setting of the installation. It stands in the side bar and at the door, and in
//! invitations.

use model::{Ability, Change, Event, Name, Refusal, Stream};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Act, Deed, manage, permit};
use crate::{Actor, Cx, account::Ran, batch::Book, context::refuse, settings};

const NAME: &str = "team";
/// What the ledger calls it.
pub(super) const CHANGE: &str = "team_rename";

/// What the team is called, if it has a name.
///
/// # Errors
///
/// A fault of the database.
pub async fn team(cx: &Cx) -> Result<Option<Name>, Refusal> {
    stored(cx.store.reader()).await.map_err(|e| refuse(&e))
}

/// Says what the team is called from now on; nothing takes its name away. Every open page shows it.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins.
pub async fn set_team(cx: &Cx, actor: &Actor, to: Option<Name>) -> Result<(), Refusal> {
    permit(cx, actor, Ability::SetTeam, CHANGE).await?;
    manage(cx, actor, Act::Team(to)).await.map(|_| ())
}

pub(crate) async fn stored(db: &impl ConnectionTrait) -> Result<Option<Name>, DbErr> {
    settings::read(db, NAME).await
}

pub(super) async fn store(
    book: &mut Book<'_>,
    actor: &Actor,
    to: Option<&Name>,
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let tx = book.tx()?;
    let from = stored(tx).await?;
    if from.as_ref() == to {
        return Ok(Ok(Ran::No));
    }
    settings::write(tx, NAME, &to, (actor.person, deed.at())).await?;
    let event = Event::TeamNamed { name: to.cloned() };
    book.record(vec![Change { stream: Stream::Instance, event, text: None }], None, actor.person, deed.at());
    deed.typed = Some(("name", from.map(String::from), to.cloned().map(String::from)));
    Ok(Ok(Ran::Yes))
}
