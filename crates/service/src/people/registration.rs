//! Who may make an account without an invitation: one setting of the installation.
//!
//! Open is the default, as before there was a choice: somebody who sets up an installation for a team can send its address
//! around and is done. An account alone opens nothing, it only can be added to a project; and what an open door costs, a row
//! and a mail to a confirmed address, is limited. Whoever is on the open internet closes it here.

use model::{Ability, Email, Refusal, Registration};
use sea_orm::{ConnectionTrait, DbErr};

use super::{Act, Deed, Order, manage, permit, run as send};
use crate::{Actor, Cx, account::Ran, batch::Book, context::refuse, settings};

const NAME: &str = "registration";
/// What the ledger calls it.
pub(super) const CHANGE: &str = "registration_change";

/// Who may register.
///
/// # Errors
///
/// A fault of the database.
pub async fn registration(cx: &Cx) -> Result<Registration, Refusal> {
    stored(cx.store.reader()).await.map_err(|e| refuse(&e))
}

/// Says who may register from now on. Who waits to confirm an address may still do so.
///
/// # Errors
///
/// [`Refusal::NotFound`] for all but Admins; an empty list, or one that is too long, at its field.
pub async fn set_registration(cx: &Cx, actor: &Actor, to: Registration) -> Result<(), Refusal> {
    permit(cx, actor, Ability::SetRegistration, CHANGE).await?;
    if let Registration::Domains(domains) = &to
        && (domains.is_empty() || domains.len() > Registration::MOST)
    {
        return Err(Refusal::invalid("domains", "Name 1 to 50 domains, such as norrvik.example."));
    }
    manage(cx, actor, Act::Register(to)).await.map(|_| ())
}

/// Refuses who may not register. What is said depends on the setting and the address as it is typed, and not on whether it
/// has an account.
pub(crate) async fn may_register(cx: &Cx, email: &Email) -> Result<(), Refusal> {
    let registration = registration(cx).await?;
    if registration.allows(email) {
        return Ok(());
    }
    send(cx, Order::TurnAway { actor: None, action: "register", at: cx.now() }).await?;
    Err(match registration {
        Registration::Domains(_) => Refusal::invalid(
            "email",
            "With this address nobody can register here. Use the one of your organisation, or ask for an invitation.",
        ),
        Registration::Open | Registration::Invitation => {
            Refusal::invalid("registration", "Accounts are made by invitation here. Ask somebody who has one.")
        }
    })
}

async fn stored(db: &impl ConnectionTrait) -> Result<Registration, DbErr> {
    settings::read(db, NAME).await
}

pub(super) async fn store(
    book: &mut Book<'_>,
    actor: &Actor,
    to: &Registration,
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let tx = book.tx()?;
    let from = stored(tx).await?;
    if from == *to {
        return Ok(Ok(Ran::No));
    }
    deed.change = Some((NAME, word(&from), word(to)));
    settings::write(tx, NAME, to, (actor.person, deed.at())).await?;
    Ok(Ok(Ran::Yes))
}

const fn word(registration: &Registration) -> &'static str {
    match registration {
        Registration::Open => "open",
        Registration::Invitation => "invitation",
        Registration::Domains(_) => "domains",
    }
}
