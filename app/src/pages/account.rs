//! Making an account: one's own, and the first one of a new installation.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use model::{Email, Invalid, Name, Password, Refusal, Register, SetUp, Welcome};

use crate::{
    components::{
        field::{Faults, FormFault, PasswordField, TextField, typed},
        icon::Icon,
    },
    dom,
    live::live,
    net,
    pages::signin::{AuthFrame, SubmitButton},
};

/// The page on which people create their account.
#[component]
pub(crate) fn RegisterPage() -> impl IntoView {
    view! {
        <AuthFrame title="Create your account" lead="Muster">
            <AccountForm name="Create your account" button="Create account" token=None/>
            <p class="small muted">"Already have an account? " <a href="/signin">"Sign in"</a></p>
        </AuthFrame>
    }
    .into_any()
}

/// The page on which the first Admin is made, opened by the link in the terminal.
#[component]
pub(crate) fn SetUpPage(
    /// The secret of the link.
    token: String,
) -> impl IntoView {
    view! {
        <AuthFrame title="Set up Muster" lead="You are the first here. This account becomes the admin.">
            <AccountForm name="Create the first admin" button="Create the first admin" token=Some(token)/>
        </AuthFrame>
    }
    .into_any()
}

/// What was typed, as far as it is valid.
struct Filled {
    name: Name,
    email: Email,
    password: Password,
}

fn fill(name: String, email: String, password: String) -> Result<Filled, Refusal> {
    let at = |field| move |why: Invalid| Refusal::invalid(field, why.to_string());
    let name = Name::try_from(name).map_err(at("name"))?;
    let email = Email::try_from(email).map_err(at("email"))?;
    let password = Password::new(password);
    password.check_new(&name, &email).map_err(at("password"))?;
    Ok(Filled { name, email, password })
}

async fn send(token: Option<String>, filled: Filled) -> Result<Welcome, Refusal> {
    let Filled { name, email, password } = filled;
    match token {
        Some(token) => net::account("set-up", &SetUp { token, name, email, password }).await,
        None => net::account("register", &Register { name, email, password }).await,
    }
}

#[component]
fn AccountForm(name: &'static str, button: &'static str, token: Option<String>) -> impl IntoView {
    let (person, email, password) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let (is_long, is_own) = (RwSignal::new(false), RwSignal::new(false));
    // What is required is shown while one types, before anything is refused.
    let check = move || {
        let text = typed(password);
        is_long.set(text.chars().count() >= Password::SHORTEST);
        is_own.set(fill(typed(person), typed(email), text).is_ok());
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        faults.clear();
        let filled = match fill(typed(person), typed(email), typed(password)) {
            Ok(filled) => filled,
            Err(refusal) => return refuse(faults, refusal),
        };
        busy.set(true);
        let token = token.clone();
        spawn_local(async move {
            match send(token, filled).await {
                Ok(Welcome { person: Some(_) }) => dom::go("/"),
                Ok(Welcome { person: None }) => dom::go("/signin?joined=1"),
                Err(refusal) => {
                    let _ = busy.try_set(false);
                    refuse(faults, refusal);
                }
            }
        });
    };
    view! {
        <form
            aria-label=name
            method="post"
            novalidate
            on:submit=submit
            on:input=move |_| check()
        >
            <FormFault faults fields=&["name", "email", "password"]/>
            <TextField
                label="Name"
                name="name"
                id="up-name"
                node=person
                faults
                autocomplete="name"
                class="input input-lg"
            />
            <TextField
                label="Email"
                name="email"
                id="up-email"
                node=email
                faults
                kind="email"
                autocomplete="email"
                class="input input-lg"
            />
            <PasswordField
                id="up-password"
                node=password
                faults
                autocomplete="new-password"
                described="up-password-r"
            />
            <ul class="reqs" id="up-password-r">
                <Requirement met=is_long text="15 characters or more"/>
                <Requirement met=is_own text="Not made of your name or your address"/>
            </ul>
            <SubmitButton busy text=button/>
        </form>
    }
    .into_any()
}

/// Shows what is wrong and goes there.
fn refuse(faults: Faults, refusal: Refusal) {
    match refusal.field() {
        Some("name") => dom::focus_soon("up-name"),
        Some("email") => dom::focus_soon("up-email"),
        Some("password") => dom::focus_soon("up-password"),
        _ => {}
    }
    faults.set(refusal);
}

#[component]
fn Requirement(met: RwSignal<bool>, text: &'static str) -> impl IntoView {
    view! {
        <li data-ok=move || met.get().then_some("")>
            {live(move || {
                let name = if met.get() { "i-check" } else { "i-dot" };
                view! { <Icon name class="icon icon-sm"/> }.into_any()
            })}
            {text}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused_at(name: &str, email: &str, password: &str, field: &str) {
        let refusal = fill(name.into(), email.into(), password.into()).err().unwrap();
        assert_eq!(refusal.field(), Some(field));
    }

    #[test]
    fn each_thing_that_is_wrong_is_told_at_its_field() {
        refused_at(" ", "ana@norrvik.example", "correct horse battery", "name");
        refused_at("Ana", "ana", "correct horse battery", "email");
        refused_at("Ana", "ana@norrvik.example", "short", "password");
        assert!(fill("Ana".into(), "ana@norrvik.example".into(), "correct horse battery".into()).is_ok());
    }
}
