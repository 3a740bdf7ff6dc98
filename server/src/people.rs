//! `POST /api/people/…`: what Admins and Managers do about people and how they come in, and the forms behind invitations.

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use http::StatusCode;
use model::{
    AcceptInvitation, AskInvitation, Domain, Email, InvitationId, JoinInvitation, Name, PersonId, ProjectId,
    ProjectRole, Refusal, Registration, Role, Welcome,
};
use serde::{Deserialize, Serialize};
use service::{
    Actor,
    people::{self, ToProject},
};

use crate::{
    account::{form, welcome},
    edge::Asker,
    reply::{Refused, body, json, parse},
    router::Site,
    routes::{Routes, post},
};

/// The longest form, in bytes.
const LONGEST: usize = 16 * 1024;

/// The routes below `/api/people`.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .route("/act", post(act))
        .route("/invite", post(invite))
        .route("/link", post(link))
        .route("/invitation", post(invitation))
        .route("/registration", post(registration))
        .route("/team", post(team))
}

async fn read<T: for<'de> Deserialize<'de>>(asker: Asker, request: Request) -> Result<(Actor, T), Refused> {
    let actor = asker.actor()?;
    Ok((actor, parse(&body(request, LONGEST).await?)?))
}

/// An order about somebody.
#[derive(Deserialize)]
struct Act {
    order: String,
    person: PersonId,
    role: Option<Role>,
}

async fn act(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, Act { order, person, role }) = read(asker, request).await?;
    let cx = &site.cx;
    match (order.as_str(), role) {
        ("role", Some(role)) => people::change_role(cx, &actor, person, role).await?,
        ("disable", _) => people::disable(cx, &actor, person).await?,
        ("enable", _) => people::enable(cx, &actor, person).await?,
        ("sign_out", _) => people::end_sessions(cx, &actor, person).await?,
        ("reset", _) => people::start_reset(cx, &actor, person).await?,
        ("factor_off", _) => people::end_factor(cx, &actor, person).await?,
        _ => return Err(unknown()),
    }
    Ok(json(StatusCode::OK, &true))
}

/// To what somebody is invited.
#[derive(Deserialize)]
struct Offer {
    role: Role,
    #[serde(default)]
    projects: Vec<ProjectId>,
    project_role: ProjectRole,
}

impl Offer {
    fn projects(&self) -> Vec<ToProject> {
        self.projects.iter().map(|project| ToProject { project: *project, role: self.project_role }).collect()
    }
}

#[derive(Deserialize)]
struct ByMail {
    emails: String,
    #[serde(flatten)]
    offer: Offer,
}

async fn invite(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, ByMail { emails, offer }) = read(asker, request).await?;
    let split = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let emails: Result<Vec<Email>, _> =
        emails.split(split).filter(|text| !text.is_empty()).map(|text| Email::try_from(text.to_owned())).collect();
    let emails = emails.map_err(|why| Refused(Refusal::invalid("emails", why.0)))?;
    people::invite(&site.cx, &actor, emails, offer.role, offer.projects()).await?;
    Ok(json(StatusCode::OK, &true))
}

#[derive(Deserialize)]
struct ByLink {
    uses: u16,
    days: u16,
    #[serde(flatten)]
    offer: Offer,
}

/// A link that is shown once.
#[derive(Serialize)]
struct Made {
    link: String,
}

async fn link(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, ByLink { uses, days, offer }) = read(asker, request).await?;
    let link = people::link(&site.cx, &actor, offer.role, offer.projects(), (uses, days)).await?;
    Ok(json(StatusCode::OK, &Made { link }))
}

/// An order about an invitation.
#[derive(Deserialize)]
struct Again {
    order: String,
    invitation: InvitationId,
}

async fn invitation(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, Again { order, invitation }) = read(asker, request).await?;
    match order.as_str() {
        "resend" => people::resend(&site.cx, &actor, invitation).await?,
        "revoke" => people::revoke(&site.cx, &actor, invitation).await?,
        _ => return Err(unknown()),
    }
    Ok(json(StatusCode::OK, &true))
}

/// Who may register.
#[derive(Deserialize)]
struct Mode {
    mode: String,
    #[serde(default)]
    domains: String,
}

async fn registration(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form) = read::<Mode>(asker, request).await?;
    let to = match form.mode.as_str() {
        "open" => Registration::Open,
        "invitation" => Registration::Invitation,
        "domains" => Registration::Domains(domains(&form.domains)?),
        _ => return Err(unknown()),
    };
    people::set_registration(&site.cx, &actor, to).await?;
    Ok(json(StatusCode::OK, &true))
}

/// What the team is called.
#[derive(Deserialize)]
struct Called {
    name: String,
}

async fn team(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, Called { name }) = read(asker, request).await?;
    let name = match name.trim() {
        "" => None,
        name => Some(Name::try_from(name).map_err(|why| Refused(Refusal::invalid("name", why.0)))?),
    };
    people::set_team(&site.cx, &actor, name).await?;
    Ok(json(StatusCode::OK, &true))
}

fn domains(text: &str) -> Result<Vec<Domain>, Refused> {
    let split = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let texts = text.split(split).filter(|text| !text.is_empty());
    let domains: Result<Vec<Domain>, _> = texts.map(|text| Domain::try_from(text.to_owned())).collect();
    domains.map_err(|why| Refused(Refusal::invalid("domains", why.0)))
}

/// `POST /api/account/join`
pub(crate) async fn join(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, Refused> {
    let (actor, form) = read::<JoinInvitation>(asker, request).await?;
    people::join(&site.cx, &actor, form).await?;
    Ok(json(StatusCode::OK, &true))
}

/// `POST /api/account/ask`
pub(crate) async fn ask(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, _) = form::<AskInvitation>(&site, request).await?;
    people::ask(&site.cx, form).await?;
    Ok(json(StatusCode::OK, &Welcome { person: None }))
}

/// `POST /api/account/accept`
pub(crate) async fn accept(State(site): State<Site>, request: Request) -> Result<Response, Refused> {
    let (form, from) = form::<AcceptInvitation>(&site, request).await?;
    let opened = people::accept(&site.cx, form, from).await?;
    Ok(welcome(&site, &opened))
}

fn unknown() -> Refused {
    Refused(Refusal::invalid("order", "This is no order about people. Load the page again."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_read_beside_what_goes_with_it() {
        let text = br#"{"emails":"a@b.example","role":"user","projects":[],"project_role":"member"}"#;
        let form: ByMail = parse(text).unwrap();
        assert_eq!((form.offer.role, form.offer.project_role), (Role::User, ProjectRole::Member));
        assert_eq!(
            parse::<ByMail>(br#"{"emails":"","role":"owner","project_role":"member"}"#).err().unwrap().status(),
            422
        );
    }

    #[test]
    fn domains_are_listed_as_people_write_lists() {
        let read = domains("norrvik.example, @otter.example\nthird.example;").ok().unwrap();
        let read: Vec<&str> = read.iter().map(Domain::as_str).collect();
        assert_eq!(read, ["norrvik.example", "otter.example", "third.example"]);
        assert!(domains("norrvik").is_err());
    }
}
