//! How an invitation is accepted.
//!
//! One by mail proves the address: whoever follows it says what they are called, chooses a password and is in. A link that
//! may be handed on proves nothing, so it asks for an address and sends an invitation by mail there. Who has an account
//! signs in and joins the projects; their role stays as it is.
//!
//! A link is opened by mail scanners too, so opening it does nothing; the form behind it does.

use ledger::Outcome;
use model::{
    AcceptInvitation, AskInvitation, Change, Email, Event, Instant, JoinInvitation, Name, PersonId, ProjectId, Refusal,
    Role, Stream,
};
use sea_orm::DbErr;

use super::{
    Deed, Order,
    authority::{may_add, note, role_of},
    invitation::{New, Row, ToProject},
    inviting::{addressed, names},
    letters, run as send,
};
use crate::{
    Actor, Cx,
    account::{
        self, Claim, From, NewPerson, NewSession, Ran, hash_of, is_known, living, make_known, new_person, secret,
    },
    batch::Book,
    context::refuse,
    directory::{EMAIL, address},
    sql::one,
};

/// For how long the invitation works that somebody gets who came by a link.
const ASKED_MS: i64 = 24 * 3_600_000;

/// What somebody does who has a link.
#[derive(Debug)]
pub(crate) enum Visit {
    /// Asks for an invitation of their own.
    Ask { link: [u8; 32], new: Box<New> },
    /// Makes an account.
    Accept { hash: [u8; 32], person: Box<NewPerson>, session: Box<NewSession>, projects: Vec<ProjectId> },
    /// Joins with the account that they have.
    Join { claim: Claim, hash: [u8; 32], projects: Vec<ProjectId>, at: Instant },
}

/// What a link offers, as its page tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Who made it.
    pub inviter: Name,
    /// What one becomes.
    pub role: Role,
    /// Which projects one joins.
    pub projects: Vec<Name>,
    /// To whom it goes; nothing for a link that may be handed on.
    pub email: Option<Email>,
    /// Whether that address has an account already.
    pub has_account: bool,
    /// Who is signed in, and whether it is for them.
    pub reader: Option<(Name, bool)>,
}

/// What the link with this secret offers; nothing if it works no more.
///
/// # Errors
///
/// A fault of the database.
pub async fn opened(cx: &Cx, actor: Option<&Actor>, token: &str) -> Result<Option<Opened>, Refusal> {
    let Ok((_, row)) = good(cx, token).await else { return Ok(None) };
    let inviter = address(cx.store.reader(), &cx.vault, row.inviter).await?.name;
    let (projects, email) = (names(cx, &row.projects).await?, row.address(cx));
    let has_account = match &email {
        Some(email) => is_known(cx.store.reader(), &macs(cx, email)).await.map_err(|e| refuse(&e))?,
        None => false,
    };
    let reader = match actor {
        Some(actor) => {
            let own = address(cx.store.reader(), &cx.vault, actor.person).await?;
            let is_theirs = email.as_ref().is_none_or(|email| email.canonical() == own.email.canonical());
            Some((own.name, is_theirs))
        }
        None => None,
    };
    Ok(Some(Opened { inviter, role: row.role, projects, email, has_account, reader }))
}

/// Sends an invitation to whoever came by a link and says that this is their address. Whether it has an account already is
/// not told: its mail leads on either way.
///
/// # Errors
///
/// [`Refusal::BadLink`].
pub async fn ask(cx: &Cx, form: AskInvitation) -> Result<(), Refusal> {
    let (link, row) = good(cx, &form.token).await?;
    if !row.is_link() {
        return Err(Refusal::BadLink);
    }
    let inviter = address(cx.store.reader(), &cx.vault, row.inviter).await?.name;
    let (secret, hash) = secret(cx);
    let letter = letters::asked(cx, &inviter, &names(cx, &row.projects).await?, &secret);
    let (id, sealed, mail) = addressed(cx, &form.email, &letter)?;
    let at = cx.now();
    let new = New {
        id,
        hash,
        parent: Some(row.id),
        email: Some(sealed),
        role: row.role,
        projects: row.projects,
        inviter: row.inviter,
        at,
        expires: row.expires.min(at.plus_ms(ASKED_MS)),
        uses: 1,
        mail: Some(mail),
    };
    send(cx, Order::Visit(Visit::Ask { link, new: Box::new(new) })).await.map(|_| ())
}

/// Makes the account of somebody who was invited by mail, adds it to the projects, and signs them in.
///
/// # Errors
///
/// [`Refusal::BadLink`] when the link was used or taken back, has expired, or who made it may not invite any more; an
/// invalid password, or an address that has an account: the link then still works.
pub async fn accept(cx: &Cx, form: AcceptInvitation, from: From) -> Result<account::Opened, Refusal> {
    let (hash, row) = good(cx, &form.token).await?;
    let email = row.address(cx).ok_or(Refusal::BadLink)?;
    let person = new_person(cx, form.name, email, form.password, row.role).await?;
    let (session, opened) = account::new_session(cx, person.id, 0, row.role, false, &from)?;
    let (id, name, email) = (person.id, person.name.clone(), person.email.clone());
    let (person, session) = (Box::new(person), Box::new(session));
    let projects = row.projects.iter().map(|to| to.project).collect();
    send(cx, Order::Visit(Visit::Accept { hash, person, session, projects })).await?;
    cx.directory.put(id, name, &email);
    Ok(opened)
}

/// Adds somebody who has an account to the projects of an invitation.
///
/// # Errors
///
/// [`Refusal::BadLink`] as for [`accept`], and for an invitation to another address.
pub async fn join(cx: &Cx, actor: &Actor, form: JoinInvitation) -> Result<(), Refusal> {
    let (hash, row) = good(cx, &form.token).await?;
    if let Some(email) = row.address(cx) {
        let own = address(cx.store.reader(), &cx.vault, actor.person).await?.email;
        if own.canonical() != email.canonical() {
            return Err(Refusal::BadLink);
        }
    }
    let projects = row.projects.iter().map(|to| to.project).collect();
    send(cx, Order::Visit(Visit::Join { claim: actor.into(), hash, projects, at: cx.now() })).await.map(|_| ())
}

/// The invitation of a link that works now.
async fn good(cx: &Cx, token: &str) -> Result<([u8; 32], Row), Refusal> {
    let hash = hash_of(token).ok_or(Refusal::BadLink)?;
    let db = cx.store.reader();
    let row = Row::by_hash(db, &hash).await.map_err(|e| refuse(&e))?.ok_or(Refusal::BadLink)?;
    let is_good = row.is_good(db, cx.now()).await.map_err(|e| refuse(&e))?;
    if is_good { Ok((hash, row)) } else { Err(Refusal::BadLink) }
}

fn macs(cx: &Cx, email: &Email) -> Vec<Vec<u8>> {
    cx.vault.blind_all(EMAIL, email.canonical().as_bytes()).iter().map(|blind| blind.mac.to_vec()).collect()
}

impl Visit {
    pub(super) fn streams(&self) -> Vec<Stream> {
        // The instance's lock makes "may somebody still come by it" and "is this address taken" questions that stay
        // answered.
        let with = |projects: &[ProjectId], own: Option<PersonId>| {
            let projects = projects.iter().map(|project| Stream::Project(*project));
            std::iter::once(Stream::Instance).chain(projects).chain(own.map(Stream::Person)).collect()
        };
        match self {
            Self::Ask { .. } => Vec::new(),
            Self::Accept { projects, .. } => with(projects, None),
            Self::Join { projects, claim, .. } => with(projects, Some(claim.person)),
        }
    }

    pub(super) async fn run(&self, book: &mut Book<'_>) -> Result<Result<Ran, Refusal>, DbErr> {
        let mut deed = self.deed();
        let done = match self {
            Self::Ask { link, new } => asked(book, link, new, &mut deed).await?,
            Self::Accept { hash, person, session, .. } => accepted(book, hash, (person, session), &mut deed).await?,
            Self::Join { claim, hash, at, .. } => match living(book.tx()?, &[*claim], *at).await?.first() {
                Some(session) => {
                    deed = Deed::of(&session.actor, "invitation_accept", *at);
                    joined(book, hash, session.actor.person, &mut deed).await?
                }
                None => Err(Refusal::SignIn),
            },
        };
        deed.outcome = if matches!(done, Ok(Ran::Yes)) { Outcome::Done } else { Outcome::Refused };
        note(book, &deed);
        Ok(done)
    }

    fn deed(&self) -> Deed {
        match self {
            Self::Ask { new, .. } => Deed::of_visitor("invitation_ask", new.at),
            Self::Accept { person, .. } => Deed::of_visitor("invitation_accept", person.at),
            Self::Join { at, .. } => Deed::of_visitor("invitation_accept", *at),
        }
    }
}

/// The invitation, if it is still good.
async fn still_good(book: &mut Book<'_>, hash: &[u8; 32], deed: &mut Deed) -> Result<Option<Row>, DbErr> {
    book.flush().await?;
    let Some(row) = Row::by_hash(book.tx()?, hash).await? else { return Ok(None) };
    deed.object = Some(("invitation", row.id.uuid()));
    Ok(row.is_good(book.tx()?, deed.at()).await?.then_some(row))
}

async fn asked(
    book: &mut Book<'_>,
    link: &[u8; 32],
    new: &New,
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    if still_good(book, link, deed).await?.is_none() {
        return Ok(Err(Refusal::BadLink));
    }
    // Whoever asks for an address that has enough mails hears the same.
    if new.gets_too_many(book.tx()?).await? {
        return Ok(Ok(Ran::No));
    }
    new.write(book).await?;
    Ok(Ok(Ran::Yes))
}

async fn accepted(
    book: &mut Book<'_>,
    hash: &[u8; 32],
    (person, session): (&NewPerson, &NewSession),
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let Some(row) = still_good(book, hash, deed).await? else { return Ok(Err(Refusal::BadLink)) };
    if is_known(book.tx()?, &person.macs).await? {
        let why = "This address has an account. Sign in with it, then open the link again.";
        return Ok(Err(Refusal::invalid("token", why)));
    }
    if make_known(book, person).await? == Ran::No {
        // Somebody began with this address since it was looked at; the next attempt goes on with that.
        return Ok(Err(Refusal::Busy { after_s: 1 }));
    }
    row.consume(book.tx()?).await?;
    add(book, &row, person.id, deed.at()).await?;
    account::open_session(book, session).await?;
    Ok(Ok(Ran::Yes))
}

async fn joined(
    book: &mut Book<'_>,
    hash: &[u8; 32],
    person: PersonId,
    deed: &mut Deed,
) -> Result<Result<Ran, Refusal>, DbErr> {
    let Some(row) = still_good(book, hash, deed).await? else { return Ok(Err(Refusal::BadLink)) };
    row.consume(book.tx()?).await?;
    add(book, &row, person, deed.at()).await?;
    Ok(Ok(Ran::Yes))
}

/// Makes somebody a member of the projects, in the name of who invited them, as far as that one may still add people there.
/// Who is a member already stays what they are.
async fn add(book: &mut Book<'_>, row: &Row, person: PersonId, at: Instant) -> Result<(), DbErr> {
    let Some(role) = role_of(book.tx()?, row.inviter).await? else { return Ok(()) };
    for ToProject { project, role: becomes } in row.projects.iter().copied() {
        let sql = "SELECT 1 FROM members WHERE project = $1 AND person = $2";
        let is_member = one(book.tx()?, sql, [project.into(), person.into()]).await?.is_some();
        if is_member || !may_add(book.tx()?, row.inviter, role, project).await? {
            continue;
        }
        let on = |stream, event| Change { stream, event, text: None };
        let changes = vec![
            on(Stream::Project(project), Event::MemberAdded { person, role: becomes }),
            on(Stream::Person(person), Event::ProjectGained { project, role: becomes }),
        ];
        book.record(changes, None, row.inviter, at);
    }
    Ok(())
}
