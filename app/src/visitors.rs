//! The pages for those who are not signed in: signing in, making an account, setting up. Painted by the server alone.
//!
//! They need no wasm: `frontend/visitor.js` sends the form as JSON to `/api/account/…` and shows what is wrong. So the first
//! page that anybody sees is there at once, and the pages behind it do not carry forms that nobody sees there.
//!
//! Must not know: sessions, and what makes a form valid.

use leptos::prelude::*;
use model::Password;
use percent_encoding::percent_decode_str;

use crate::{
    components::{auth_frame::AuthFrame, icon::Icon},
    nav::Address,
    paths::Place,
};

/// What the window is called.
pub(crate) const fn title(place: &Place) -> &'static str {
    match place {
        Place::Register => "Create your account · Muster",
        Place::SetUp(_) => "Set up Muster",
        _ => "Sign in · Muster",
    }
}

/// The page of a place for visitors.
pub(crate) fn paint(place: &Place, address: &Address) -> AnyView {
    match place {
        Place::Register => register(),
        Place::SetUp(token) => set_up(token.clone()),
        _ => sign_in(address),
    }
}

fn sign_in(address: &Address) -> AnyView {
    let parameter = |name| parameter(&address.query, name);
    let then = next(parameter("next"));
    let joined = parameter("joined").map(|_| {
        view! {
            <div class="banner" data-tone="ok" role="status">
                <Icon name="i-check"/>
                <p>"Your account is ready. Sign in with it."</p>
            </div>
        }
    });
    view! {
        <AuthFrame title="Sign in" lead="Muster">
            <Form name="Sign in" post="sign-in" then>
                {joined}
                <Field label="Email" name="email" id="in-email" kind="email" autocomplete="username"/>
                <PasswordField id="in-password" autocomplete="current-password" described=""/>
                <label class="check">
                    <input type="checkbox" name="remember"/>
                    "Keep me signed in on this device"
                </label>
                <Submit text="Sign in"/>
            </Form>
            <p class="small muted">"No account yet? " <a href="/register">"Create one"</a></p>
        </AuthFrame>
    }
    .into_any()
}

fn register() -> AnyView {
    view! {
        <AuthFrame title="Create your account" lead="Muster">
            <Form name="Create your account" post="register" then="/signin?joined=1".to_owned()>
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

/// A form that the script sends; what it shows when something is wrong lies beside it as templates.
#[component]
fn Form(name: &'static str, post: &'static str, then: String, children: Children) -> impl IntoView {
    view! {
        <form
            aria-label=name
            method="post"
            novalidate
            data-post=format!("/api/account/{post}")
            data-then=then
            data-offline="The server cannot be reached. Check your connection, then try again: what you typed is still here."
        >
            {children()}
        </form>
        <template id="fault">
            <div class="banner" data-tone="bad" role="alert">
                <Icon name="i-circlealert"/>
                <p data-why></p>
            </div>
        </template>
        <template id="fault-at-field">
            <p class="error">
                <Icon name="i-circlealert" class="icon icon-sm"/>
                <span data-why></span>
            </p>
        </template>
        <noscript>
            <p class="hint">"Muster needs JavaScript. Allow it for this site, then load the page again."</p>
        </noscript>
    }
}

#[component]
fn NewAccount() -> impl IntoView {
    let least = Password::SHORTEST;
    view! {
        <Field label="Name" name="name" id="up-name" kind="text" autocomplete="name"/>
        <Field label="Email" name="email" id="up-email" kind="email" autocomplete="email"/>
        <PasswordField id="up-password" autocomplete="new-password" described="up-password-r"/>
        <ul class="reqs" id="up-password-r">
            <li data-least=least.to_string() data-of="up-password">
                <Icon name="i-check" class="icon icon-sm"/>
                {format!("{least} characters or more")}
            </li>
            <li>
                <Icon name="i-dot" class="icon icon-sm"/>
                "Not made of your name or your address"
            </li>
        </ul>
    }
}

#[component]
fn Field(
    label: &'static str,
    name: &'static str,
    id: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="label" for=id>
                {label}
            </label>
            <input class="input input-lg" id=id name=name type=kind autocomplete=autocomplete required/>
        </div>
    }
}

/// A password with a button that shows it.
#[component]
fn PasswordField(id: &'static str, autocomplete: &'static str, described: &'static str) -> impl IntoView {
    let described = (!described.is_empty()).then_some(described);
    view! {
        <div class="field">
            <label class="label" for=id>
                "Password"
            </label>
            <div class="input-wrap">
                <input
                    class="input input-lg"
                    id=id
                    name="password"
                    type="password"
                    autocomplete=autocomplete
                    required
                    aria-describedby=described
                    data-described=described
                />
                <span class="end-slot">
                    <button class="icon-btn" type="button" aria-label="Show password" aria-pressed="false" data-shows=id>
                        <Icon name="i-eye"/>
                    </button>
                </span>
            </div>
        </div>
    }
}

#[component]
fn Submit(text: &'static str) -> impl IntoView {
    view! {
        <button class="btn btn-primary btn-lg btn-block" type="submit">
            <span class="spinner" aria-hidden="true"></span>
            {text}
        </button>
    }
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
