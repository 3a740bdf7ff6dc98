//! The pages for those who are not signed in: signing in, making an account, setting up, and what the links in mails lead to.
//! Painted by the server alone.
//!
//! They need no wasm: `frontend/forms.js` sends the form as JSON to `/api/account/…` and shows what is wrong. So the first
//! page that anybody sees is there at once, and the pages behind it do not carry forms that nobody sees there.
//!
//! Must not know: sessions, and what makes a form valid.

mod form;

use leptos::prelude::*;
use percent_encoding::percent_decode_str;

use crate::{
    components::{auth_frame::AuthFrame, icon::Icon},
    nav::Address,
    paths::Place,
};
use form::{Field, Form, NewAccount, NewPassword, PasswordField, Submit};

/// What the window is called.
pub(crate) const fn title(place: &Place) -> &'static str {
    match place {
        Place::Register => "Create your account · Muster",
        Place::SetUp(_) => "Set up Muster",
        Place::Registered | Place::Verify(_) => "Confirm your address · Muster",
        Place::Unsubscribe(_) | Place::Unsubscribed => "Unsubscribe · Muster",
        Place::Forgot | Place::Reset(_) => "Choose another password · Muster",
        _ => "Sign in · Muster",
    }
}

/// The page of a place for visitors.
pub(crate) fn paint(place: &Place, address: &Address) -> AnyView {
    match place {
        Place::Register => register(),
        Place::SetUp(token) => set_up(token.clone()),
        Place::Registered => registered(address),
        Place::Verify(token) => verify(token.clone()),
        Place::Forgot => forgot(address),
        Place::Reset(token) => reset(token.clone()),
        Place::Unsubscribe(link) => unsubscribe(link.clone()),
        Place::Unsubscribed => unsubscribed(),
        _ => sign_in(address),
    }
}

fn sign_in(address: &Address) -> AnyView {
    let then = next(parameter(&address.query, "next"));
    let changed = told(address, "changed", "Your password was changed. Sign in with the new one.");
    view! {
        <AuthFrame title="Sign in" lead="Muster">
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
            <p class="small muted">"No account yet? " <a href="/register">"Create one"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn register() -> AnyView {
    view! {
        <AuthFrame title="Create your account" lead="Muster">
            <Form name="Create your account" post="register" then="/registered".to_owned()>
                <NewAccount/>
                <Submit text="Create account"/>
            </Form>
            <p class="small muted">"Already have an account? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn set_up(token: String) -> AnyView {
    view! {
        <AuthFrame title="Set up Muster" lead="You are the first here. This account becomes the admin.">
            <Form name="Create the first admin" post="set-up" then="/".to_owned()>
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
    parameter(&address.query, name)?;
    let banner = view! {
        <div class="banner" data-tone="ok" role="status">
            <Icon name="i-check"/>
            <p>{words}</p>
        </div>
    };
    Some(banner.into_any())
}

/// The value of a parameter in the query of an address, such as `next` in `?next=%2Fp%2FMUS`, without its
/// percent-encoding. What is not well formed stays as it is.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8().map_or_else(|_| value.to_owned(), Into::into))
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
    fn parameters_are_read_without_their_encoding() {
        for (query, value) in [
            ("?next=/p/MUS/3", Some("/p/MUS/3")),
            ("a=1&next=%2Fp%2FM%C3%BCS", Some("/p/MüS")),
            ("next=%", Some("%")),
            ("next=%zz%4", Some("%zz%4")),
            ("next=%ff", Some("%ff")),
            ("next", None),
            ("", None),
        ] {
            assert_eq!(parameter(query, "next").as_deref(), value, "{query}");
        }
    }

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
