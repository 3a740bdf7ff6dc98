//! What mails say about coming in.
//!
//! Must not know: how they are sent. The names in them were typed in by people; the mail makes nothing but text of them.

use mail::Letter;
use model::Name;

use crate::{Cx, directory::Address, post::link};

/// An invitation by somebody.
pub(super) fn invitation(cx: &Cx, inviter: &Name, team: Option<&Name>, projects: &[Name], secret: &str) -> Letter {
    let (inviter, host) = (inviter.as_str(), host(cx));
    let to = team.map_or(host.as_str(), Name::as_str);
    let letter = Letter::new(format!("{inviter} invites you to {to}"), format!("{inviter} invites you to {to}"))
        .paragraph(format!("{inviter} works with others on tasks at {host} and would like you to join them."));
    into_projects(letter, projects)
        .button("Accept the invitation", link(cx, &format!("/invite/{secret}")))
        .paragraph(
            "Open the link, say what you are called and choose a password: then you are in. It works once, for 7 days.",
        )
        .why(format!("You get this mail because {inviter} typed in your address at {host}. {IGNORE}"))
}

/// What somebody gets who came by a link and named their address.
pub(super) fn asked(cx: &Cx, inviter: &Name, projects: &[Name], secret: &str) -> Letter {
    let host = host(cx);
    let letter = Letter::new(format!("Your invitation to {host}"), "One step to your account")
        .paragraph(format!("You came by a link of {}, and this is your address.", inviter.as_str()));
    into_projects(letter, projects)
        .button("Make my account", link(cx, &format!("/invite/{secret}")))
        .paragraph("Open the link, say what you are called and choose a password. It works once, within 24 hours.")
        .why(format!("You get this mail because this address was used to join {host}. {IGNORE}"))
}

/// The way to another password, when an Admin opened it.
pub(super) fn reset(cx: &Cx, to: &Address, secret: &str) -> Letter {
    Letter::new("Choose another password", "Choose another password")
        .greeting(format!("Hello {},", to.name.as_str()))
        .paragraph(
            "An admin asked you to choose another password. Nobody knows it but you. Until then the old one works.",
        )
        .button("Choose another password", link(cx, &format!("/reset/{secret}")))
        .paragraph("The link works once, within 30 minutes. Newer links replace older ones.")
        .why(format!("You get this mail because it is about the safety of your account at {}.", host(cx)))
}

/// That an Admin turned off the second factor.
pub(super) fn factor_ended(cx: &Cx, to: &Address) -> Letter {
    Letter::new("An admin turned off your codes", "An admin turned off your codes")
        .greeting(format!("Hello {},", to.name.as_str()))
        .paragraph(
            "Signing in needs no code from your app any more, and the recovery codes do not work. You were signed out \
             everywhere.",
        )
        .paragraph(
            "Sign in with your password. If it has less than 15 characters it does not work any more: choose another one. Then \
             turn codes on again, under Security.",
        )
        .button("Choose another password", link(cx, "/forgot"))
        .paragraph("If you did not ask for this, choose another password at once, and tell your admin.")
        .why(format!("You get this mail because it is about the safety of your account at {}.", host(cx)))
}

const IGNORE: &str = "If you do not want this, there is nothing to do.";

fn into_projects(letter: Letter, projects: &[Name]) -> Letter {
    let names: Vec<&str> = projects.iter().map(Name::as_str).collect();
    match names.as_slice() {
        [] => letter,
        [one] => letter.paragraph(format!("You join the project {one}.")),
        [all @ .., last] => letter.paragraph(format!("You join the projects {} and {last}.", all.join(", "))),
    }
}

fn host(cx: &Cx) -> String {
    cx.outside.post.brand.home.host()
}
