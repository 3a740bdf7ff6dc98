//! The pages behind an invitation: making the account of somebody invited by mail, asking for an address where a link was
//! handed on, joining with an account that is there already.

use leptos::prelude::*;
use model::Name;
use service::people::Opened;

use super::{
    form::{Field, Form, NewPassword, Submit},
    visit,
};
use crate::components::auth_frame::AuthFrame;

pub(super) fn paint(token: String) -> AnyView {
    let Some(opened) = visit().invitation else { return ended() };
    let into = into_projects(&opened.projects);
    match (&opened.reader, &opened.email) {
        (Some((name, true)), _) if opened.projects.is_empty() => inside(name, "There is nothing to join: you are in."),
        (Some((name, true)), _) => join(token, name, &opened),
        (Some((name, false)), _) => {
            inside(name, "This invitation is for another address. Sign out first to accept it.")
        }
        (None, Some(_)) if opened.has_account => known(&token, &opened),
        (None, Some(email)) => accept(token, email.as_str().to_owned(), &opened, into),
        (None, None) => ask(token, &opened, into),
    }
}

/// `Ana invites you.` and where to.
fn heading(opened: &Opened, into: Option<String>) -> AnyView {
    let place = visit().team.map_or_else(|| "here".to_owned(), |team| format!("at {team}"));
    let invites = format!("{} invites you to become a {} {place}.", opened.inviter.as_str(), opened.role.word());
    view! { <p>{invites} {into.map(|into| format!(" {into}"))}</p> }.into_any()
}

fn into_projects(projects: &[Name]) -> Option<String> {
    let names: Vec<&str> = projects.iter().map(Name::as_str).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("You join the project {one}.")),
        [all @ .., last] => Some(format!("You join the projects {} and {last}.", all.join(", "))),
    }
}

fn accept(token: String, email: String, opened: &Opened, into: Option<String>) -> AnyView {
    let heading = heading(opened, into);
    view! {
        <AuthFrame title="Make your account" lead="One form, and you are in.">
            <Form name="Make your account" post="accept" then="/".to_owned()>
                {heading} <input type="hidden" name="token" value=token/>
                <div class="field">
                    <label class="label" for="ac-email">
                        "Email"
                    </label>
                    <input class="input input-lg" id="ac-email" type="email" autocomplete="username" value=email readonly/>
                </div> <Field label="Name" name="name" id="ac-name" kind="text" autocomplete="name"/> <NewPassword/>
                <Submit text="Make my account"/>
            </Form>
        </AuthFrame>
    }
    .into_any()
}

fn ask(token: String, opened: &Opened, into: Option<String>) -> AnyView {
    let (heading, sign_in) = (heading(opened, into), sign_in(&token));
    view! {
        <AuthFrame title="You are invited" lead="Say where we can reach you. We send you the link to your account.">
            <Form name="Ask for your invitation" post="ask" then="/invited".to_owned()>
                {heading} <input type="hidden" name="token" value=token/>
                <Field label="Email" name="email" id="as-email" kind="email" autocomplete="email"/>
                <Submit text="Send me the link"/>
            </Form>
            <p class="small muted">
                "Already have an account? " <a href=sign_in>"Sign in"</a>
            </p>
        </AuthFrame>
    }
    .into_any()
}

pub(super) fn asked() -> AnyView {
    view! {
        <AuthFrame title="Open the mail we sent you" lead="It has a link to make your account. It works for 24 hours.">
            <p>"Nothing there after a few minutes? Look into the folder for spam, or open the invitation again."</p>
            <p class="small muted">"Made your account already? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

/// Signing in, and back to the invitation.
fn sign_in(token: &str) -> String {
    format!("/signin?next=/invite/{token}")
}

/// To somebody whose address has an account.
fn known(token: &str, opened: &Opened) -> AnyView {
    let (heading, sign_in) = (heading(opened, into_projects(&opened.projects)), sign_in(token));
    view! {
        <AuthFrame title="You have an account" lead="Sign in with it, and you are asked again.">
            {heading} <a class="btn btn-primary btn-lg btn-block" href=sign_in>
                "Sign in"
            </a>
        </AuthFrame>
    }
    .into_any()
}

/// To somebody who is signed in.
fn join(token: String, name: &Name, opened: &Opened) -> AnyView {
    let words =
        format!("{} invites you. {}", opened.inviter.as_str(), into_projects(&opened.projects).unwrap_or_default());
    let as_whom = format!("You are signed in as {}. What you may do elsewhere stays as it is.", name.as_str());
    view! {
        <AuthFrame title="You are invited" lead="You have an account already and only need to join.">
            <Form name="Join" post="join" then="/".to_owned()>
                <p>{words}</p>
                <p class="small muted">{as_whom}</p>
                <input type="hidden" name="token" value=token/>
                <Submit text="Join"/>
            </Form>
            <p class="small muted"><a href="/">"Not now"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn inside(name: &Name, words: &'static str) -> AnyView {
    let as_whom = format!("You are signed in as {}.", name.as_str());
    view! {
        <AuthFrame title="Your invitation" lead="You have an account already.">
            <p>{as_whom} " " {words}</p>
            <a class="btn btn-primary btn-lg btn-block" href="/">
                "To my projects"
            </a>
        </AuthFrame>
    }
    .into_any()
}

fn ended() -> AnyView {
    view! {
        <AuthFrame title="This invitation works no more" lead="It was used or taken back, or its time is over.">
            <p>"Ask whoever invited you for a new one."</p>
            <p class="small muted">"Already have an account? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}
