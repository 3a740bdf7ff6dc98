//! The people of the installation: who is there, what they may do, and how others come in.
//!
//! Everything is decided in the transaction that does it, by the role and the rights that whoever asks for it has at that
//! moment: of two Admins who demote each other at once, one stays. What was done and what was refused is in the ledger.
//! Sockets hear of it by the events: see [`crate::Feed`].
//!
//! Must not know: pages, HTTP. Passwords are nobody's but their owner's: an Admin may only have a link sent.

mod accept;
mod authority;
mod invitation;
mod inviting;
mod letters;
mod list;
mod registration;
mod roles;
mod team;
mod welcome;

pub use accept::{Opened, accept, ask, join, opened};
pub use invitation::{Invitation, InvitationState, Invitations, ToProject};
pub use inviting::{invite, link, resend, revoke};
pub use list::{Asked, Counts, Desk, Filter, Listed, People, desk};
pub(crate) use registration::may_register;
pub use registration::{registration, set_registration};
pub use roles::{change_role, disable, enable, end_factor, end_factor_of, end_sessions, start_reset};
pub(crate) use team::stored as stored_team;
pub use team::{set_team, team};
pub(crate) use welcome::begin as begin_welcome;
pub use welcome::{begin_project, end_welcome, is_welcomed};

use ledger::Outcome;
use model::{Ability, Instant, PersonId, Refusal, Stream, Verdict, may_manage};
use sea_orm::DbErr;
use store::Lane;

use crate::{
    Actor, Cx,
    account::{Claim, Ran, living},
    batch::{Book, Item, Reply},
    post,
};
use authority::{Deed, note};

/// A piece of work about the people of the installation.
#[derive(Debug)]
pub(crate) enum Order {
    /// What somebody does who is signed in.
    Manage { claim: Claim, act: Act, at: Instant },
    /// What somebody does at the machine itself.
    Operate { person: PersonId, change: roles::Change, at: Instant },
    /// What somebody does who has a link.
    Visit(accept::Visit),
    /// Nothing: somebody wanted what is not for them.
    TurnAway { actor: Option<Actor>, action: &'static str, at: Instant },
}

/// What is done about people.
#[derive(Debug)]
pub(crate) enum Act {
    /// To one of them.
    To(PersonId, roles::Change),
    /// An invitation.
    Invite(inviting::Act),
    /// Who may register.
    Register(model::Registration),
    /// What the team is called.
    Team(Option<model::Name>),
    /// The end of somebody's first steps.
    EndWelcome,
    /// A mail that shows whether mails leave.
    TestMail(post::NewMail),
}

impl Order {
    /// The streams it writes to or that keep others out while it runs.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        match self {
            Self::Manage { act: Act::To(person, change), .. } | Self::Operate { person, change, .. } => {
                change.streams(*person)
            }
            // Every page is told of a name.
            Self::Manage { act: Act::Team(_), .. } => vec![Stream::Instance],
            Self::Manage { act: Act::Invite(_) | Act::Register(_) | Act::EndWelcome | Act::TestMail(_), .. }
            | Self::TurnAway { .. } => Vec::new(),
            Self::Visit(visit) => visit.streams(),
        }
    }

    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        match self {
            Self::Manage { claim, act, at } => {
                let Some(session) = living(book.tx()?, &[*claim], *at).await?.into_iter().next() else {
                    return Ok(Err(Refusal::SignIn));
                };
                act.run(book, &session.actor, *at).await
            }
            Self::Operate { person, change, at } => {
                let mut deed = Deed::of_operator(change.action(), *at);
                deed.object = Some(("account", person.uuid()));
                let done = change.run(book, *person, &mut deed).await?;
                Ok(told(book, deed, done))
            }
            Self::Visit(visit) => visit.run(book).await,
            Self::TurnAway { actor, action, at } => {
                let mut deed = match actor {
                    Some(actor) => Deed::of(actor, action, *at),
                    None => Deed::of_visitor(action, *at),
                };
                deed.outcome = Outcome::Refused;
                note(book, &deed);
                Ok(Ok(Ran::No))
            }
        }
    }
}

impl Act {
    async fn run(&self, book: &mut Book<'_>, actor: &Actor, at: Instant) -> Result<Result<Ran, Refusal>, DbErr> {
        let mut deed = Deed::of(actor, self.action(), at);
        if let Self::To(person, _) = self {
            deed.object = Some(("account", person.uuid()));
        }
        let done = match self.allowed(actor) {
            Ok(()) => match self {
                Self::To(person, change) => change.run(book, *person, &mut deed).await?,
                Self::Invite(act) => act.run(book, actor, &mut deed).await?,
                Self::Register(registration) => registration::store(book, actor, registration, &mut deed).await?,
                Self::Team(name) => team::store(book, actor, name.as_ref(), &mut deed).await?,
                Self::EndWelcome => welcome::end(book, actor, at).await?,
                Self::TestMail(mail) => crate::mails::test_now(book, actor, mail).await?,
            },
            Err(refusal) => Err(refusal),
        };
        Ok(told(book, deed, done))
    }

    fn allowed(&self, actor: &Actor) -> Result<(), Refusal> {
        let abilities = match self {
            Self::To(_, change) => vec![change.ability()],
            Self::Invite(act) => act.abilities(),
            Self::Register(_) => vec![Ability::SetRegistration],
            Self::Team(_) | Self::EndWelcome | Self::TestMail(_) => vec![Ability::SetTeam],
        };
        abilities.into_iter().try_for_each(|ability| allowed(actor, ability))
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::To(_, change) => change.action(),
            Self::Invite(act) => act.action(),
            Self::Register(_) => registration::CHANGE,
            Self::Team(_) => team::CHANGE,
            Self::EndWelcome => welcome::END,
            Self::TestMail(_) => crate::mails::TEST,
        }
    }
}

/// Writes down how it ended. What is so already is no news.
fn told(book: &mut Book<'_>, mut deed: Deed, done: Result<Ran, Refusal>) -> Result<Ran, Refusal> {
    if done != Ok(Ran::No) {
        deed.outcome = if done.is_ok() { Outcome::Done } else { Outcome::Refused };
        note(book, &deed);
    }
    done
}

/// Refuses what is not for somebody to do.
fn allowed(actor: &Actor, ability: Ability) -> Result<(), Refusal> {
    match may_manage(actor.role, ability) {
        Verdict::Yes => Ok(()),
        Verdict::No => Err(Refusal::MayNot),
        Verdict::Absent => Err(Refusal::NotFound),
    }
}

/// Refuses what is not for somebody to do, and leaves an entry of it. What is for them is decided anew where it is done.
pub(crate) async fn permit(cx: &Cx, actor: &Actor, ability: Ability, action: &'static str) -> Result<(), Refusal> {
    let Err(refusal) = allowed(actor, ability) else { return Ok(()) };
    run(cx, Order::TurnAway { actor: Some(*actor), action, at: cx.now() }).await?;
    Err(refusal)
}

pub(crate) async fn manage(cx: &Cx, actor: &Actor, act: Act) -> Result<Ran, Refusal> {
    run(cx, Order::Manage { claim: actor.into(), act, at: cx.now() }).await
}

async fn run(cx: &Cx, order: Order) -> Result<Ran, Refusal> {
    match cx.write(Lane::People, Item::People(Box::new(order))).await?.reply {
        Reply::Errand(ran) => ran,
        Reply::Command(_) | Reply::Turn(_) | Reply::Audit(_) | Reply::Done => Err(Refusal::NotFound),
    }
}
