//! The pages for those who are not signed in: signing in, making an account, setting up, and what the links in mails lead to.
//! Painted by the server alone.
//!
//! They need no wasm: `frontend/forms.js` sends the form as JSON to `/api/account/…` and shows what is wrong. So the first
//! page that anybody sees is there at once, and the pages behind it do not carry forms that nobody sees there.
//!
//! Must not know: sessions, and what makes a form valid.

mod form;
mod invitation;

pub(crate) use form::Meter;

use leptos::prelude::*;
use model::{Name, Registration};
use service::people::Opened;

use crate::{
    components::{auth_frame::AuthFrame, icon::Icon},
    nav::Address,
    paths::{Place, Room},
    query,
};
use form::{Field, Form, NewAccount, NewPassword, PasswordField, Submit};

/// What the pages for visitors have to know, in the context of each.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// Who may register.
    pub registration: Registration,
    /// What the team that works here is called.
    pub team: Option<Name>,
    /// What the link offers that led here, if it works.
    pub invitation: Option<Opened>,
}

/// What the window is called.
pub(crate) const fn title(place: &Place) -> &'static str {
    match place {
        Place::Register => "Create your account · Muster",
        Place::SetUp(_) => "Set up Muster",
        Place::Registered | Place::Verify(_) => "Confirm your address · Muster",
        Place::Unsubscribe(_) | Place::Unsubscribed => "Unsubscribe · Muster",
        Place::Invite(_) | Place::Invited => "Your invitation · Muster",
        Place::NewEmail(_) | Place::EmailBack(_) => "Your address · Muster",
        Place::Forgot | Place::Reset(_) => "Choose another password · Muster",
        _ => "Sign in · Muster",
    }
}

/// The page of a place for visitors.
pub(crate) fn paint(place: &Place, address: &Address) -> AnyView {
    match place {
        Place::Register => register(),
        Place::Invite(token) => invitation::paint(token.clone()),
        Place::Invited => invitation::asked(),
        Place::SetUp(token) => set_up(token.clone()),
        Place::Registered => registered(address),
        Place::Verify(token) => verify(token.clone()),
        Place::Forgot => forgot(address),
        Place::Reset(token) => reset(token.clone()),
        Place::Unsubscribe(link) => unsubscribe(link.clone()),
        Place::Unsubscribed => unsubscribed(),
        Place::SignInCode => sign_in_code(address),
        Place::NewEmail(token) => new_email(token.clone()),
        Place::EmailBack(token) => email_back(token.clone()),
        _ => sign_in(address),
    }
}

fn sign_in(address: &Address) -> AnyView {
    let then = next(query::value(&address.query, "next"));
    let changed = told(address, "changed", "Your password was changed. Sign in with the new one.")
        .or_else(|| told(address, "closed", "Your account is closed. Thank you for having been here."))
        .or_else(|| {
            told(address, "back", "Your address is back. Open the link that we sent you, and choose another password.")
        });
    view! {
        <AuthFrame title="Sign in" lead=team()>
            <Form name="Sign in" post="sign-in" then>
                {changed}
                <Field label="Email" name="email" id="in-email" kind="email" autocomplete="username"/>
                <PasswordField id="in-password" autocomplete="current-password" described=""/>
                <label class="check">
                    <input type="checkbox" name="remember"/>
                    "Keep me signed in on this device"
                </label>
                <Submit text="Sign in"/>
            </Form>
            <p class="small muted"><a href="/forgot">"Forgot your password?"</a></p>
            {(visit().registration != Registration::Invitation)
                .then(|| view! { <p class="small muted">"No account yet? " <a href="/register">"Create one"</a></p> })}
        </AuthFrame>
    }
    .into_any()
}

/// What the team is called; our own name until it has one.
fn team() -> String {
    visit().team.map_or_else(|| "Muster".to_owned(), String::from)
}

fn visit() -> Visit {
    use_context().unwrap_or_default()
}

fn sign_in_code(address: &Address) -> AnyView {
    let then = next(query::value(&address.query, "next"));
    view! {
        <AuthFrame title="Type in a code" lead="Your password was right. Now the code that your app shows.">
            <Form name="Type in a code" post="sign-in-code" then>
                <div class="field">
                    <label class="label" for="ic-code">
                        "Code"
                    </label>
                    <input
                        class="input input-lg code-input"
                        id="ic-code"
                        name="code"
                        type="text"
                        autocomplete="one-time-code"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        autofocus
                        aria-describedby="ic-hint"
                        data-described="ic-hint"
                    />
                    <p class="hint" id="ic-hint">
                        "Six digits from your app. Without your phone: one of your recovery codes."
                    </p>
                </div>
                <Submit text="Sign in"/>
            </Form>
            <p class="small muted"><a href="/signin">"Sign in as somebody else"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn new_email(token: String) -> AnyView {
    view! {
        <AuthFrame title="Confirm your new address" lead="Your account then uses it, and the old one is told.">
            <Form name="Confirm your new address" post="email/confirm" then="/settings/security".to_owned()>
                <input type="hidden" name="token" value=token/>
                <Submit text="Use this address"/>
            </Form>
            <p class="small muted">
                "The link does not work any more? " <a href="/settings/security/email">"Ask for a new one"</a>
            </p>
        </AuthFrame>
    }
    .into_any()
}

fn email_back(token: String) -> AnyView {
    view! {
        <AuthFrame
            title="Take your address back?"
            lead="Your account uses this address again, everybody is signed out, and the password stops working."
        >
            <Form name="Take your address back" post="email/back" then="/signin?back=1".to_owned()>
                <input type="hidden" name="token" value=token/>
                <p>"We then send you a link with which you choose another password."</p>
                <Submit text="Take my address back"/>
            </Form>
            <p class="small muted">"It was you? Then there is nothing to do here."</p>
        </AuthFrame>
    }
    .into_any()
}

fn register() -> AnyView {
    let lead = match visit().registration {
        Registration::Open => team(),
        Registration::Domains(_) => "With an address of your organisation.".to_owned(),
        Registration::Invitation => return by_invitation(),
    };
    view! {
        <AuthFrame title="Create your account" lead>
            <Form name="Create your account" post="register" then="/registered".to_owned()>
                <NewAccount/>
                <Submit text="Create account"/>
            </Form>
            <p class="small muted">"Already have an account? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

/// What is said where nobody registers.
fn by_invitation() -> AnyView {
    view! {
        <AuthFrame title="By invitation only" lead="Accounts are made by invitation here.">
            <p>"Ask somebody who works here already to invite you. You get a link by mail, and make your account with it."</p>
            <p class="small muted">"Already have an account? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn set_up(token: String) -> AnyView {
    view! {
        <AuthFrame title="Set up Muster" lead="You are the first here. This account becomes the admin.">
            <Form name="Create the first admin" post="set-up" then=Room::Welcome.path().to_owned()>
                <input type="hidden" name="token" value=token/>
                <NewAccount/>
                <Submit text="Create the first admin"/>
            </Form>
        </AuthFrame>
    }
    .into_any()
}

fn registered(address: &Address) -> AnyView {
    let sent = told(address, "sent", "If this address waits to be confirmed, a new link is on its way.");
    view! {
        <AuthFrame title="Open the mail we sent you" lead="It has a link that confirms your address. It works for 24 hours.">
            <Form name="Send the link again" post="resend" then="/registered?sent=1".to_owned()>
                {sent}
                <p>"Nothing there after a few minutes? Look into the folder for spam, or have it sent again."</p>
                <Field label="Email" name="email" id="re-email" kind="email" autocomplete="email"/>
                <Submit text="Send the link again"/>
            </Form>
            <p class="small muted">"Confirmed already? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn verify(token: String) -> AnyView {
    view! {
        <AuthFrame title="Confirm your address" lead="Type in the password that you chose, and you are in.">
            <Form name="Confirm your address" post="verify" then="/".to_owned()>
                <input type="hidden" name="token" value=token/>
                <PasswordField id="ve-password" autocomplete="current-password" described=""/>
                <Submit text="Confirm my address"/>
            </Form>
            <p class="small muted">
                "The link does not work any more? " <a href="/registered">"Have a new one sent"</a>
            </p>
            <p class="small muted"><a href="/forgot">"Forgot your password?"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn forgot(address: &Address) -> AnyView {
    let sent = told(address, "sent", "If this address has an account, a link is on its way. It works for 30 minutes.");
    view! {
        <AuthFrame title="Choose another password" lead="We send you a link with which you choose one.">
            <Form name="Ask for a link" post="forgot" then="/forgot?sent=1".to_owned()>
                {sent}
                <Field label="Email" name="email" id="fo-email" kind="email" autocomplete="username"/>
                <Submit text="Send the link"/>
            </Form>
            <p class="small muted">"You know it again? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn reset(token: String) -> AnyView {
    view! {
        <AuthFrame title="Choose another password" lead="You will be signed out everywhere, and sign in with the new one.">
            <Form name="Choose another password" post="reset" then="/signin?changed=1".to_owned()>
                <input type="hidden" name="token" value=token/>
                <NewPassword/>
                <Submit text="Change the password"/>
            </Form>
            <p class="small muted">"The link does not work any more? " <a href="/forgot">"Ask for a new one"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn unsubscribe(link: String) -> AnyView {
    view! {
        <AuthFrame title="No more of these mails?" lead="Other mails still come, and your inbox stays as it is.">
            <Form name="Unsubscribe" post="unsubscribe" then="/unsubscribed".to_owned()>
                <input type="hidden" name="token" value=link/>
                <Submit text="Unsubscribe"/>
            </Form>
            <p class="small muted">
                <a href="/settings/notifications">"Choose what you get by mail"</a>
            </p>
        </AuthFrame>
    }
    .into_any()
}

fn unsubscribed() -> AnyView {
    view! {
        <AuthFrame title="You get no more of these mails" lead="You can have them again whenever you like.">
            <p><a href="/settings/notifications">"Choose what you get by mail"</a></p>
        </AuthFrame>
    }
    .into_any()
}

/// A sentence about what was done before this page, if its address says so.
fn told(address: &Address, name: &str, words: &'static str) -> Option<AnyView> {
    query::value(&address.query, name)?;
    let banner = view! {
        <div class="banner" data-tone="ok" role="status">
            <Icon name="i-check"/>
            <p>{words}</p>
        </div>
    };
    Some(banner.into_any())
}

/// Where to go on after a step, by the query of its address: a path of this site, or the one that is usual.
pub(crate) fn asked_next(query: &str, usual: &'static str) -> String {
    match next(query::value(query, "next")) {
        path if path == "/" => usual.to_owned(),
        path => path,
    }
}

/// Where to go after signing in: a path of this site, or the start.
fn next(asked: Option<String>) -> String {
    let fine = |path: &String| {
        // `//host` and `/\host` leave the site.
        path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(char::is_control)
    };
    asked.filter(fine).unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        for (asked, path) in [
            (None, "/"),
            (Some("/p/MUS/3"), "/p/MUS/3"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("/\t/evil.example"), "/"),
            (Some("https://evil.example"), "/"),
        ] {
            assert_eq!(next(asked.map(str::to_owned)), path, "{asked:?}");
        }
    }
}
