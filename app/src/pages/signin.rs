//! Coming in.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use model::{Email, Password, Refusal, SignIn};

use crate::{
    components::{
        field::{Faults, FormFault, PasswordField, TextField, typed},
        icon::Icon,
    },
    dom,
    live::live,
    nav::nav,
    net, paths,
    shell::art_href,
};

/// The page on which people sign in.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let nav = nav();
    let (email, password, remember) =
        (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let faults = Faults::none();
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        faults.clear();
        let address = match Email::try_from(typed(email)) {
            Ok(address) => address,
            Err(why) => {
                faults.set(Refusal::invalid("email", why.to_string()));
                dom::focus("in-email");
                return;
            }
        };
        let form = SignIn {
            email: address,
            password: Password::new(typed(password)),
            remember: remember.get_untracked().is_some_and(|r| r.checked()),
        };
        let next = paths::next(nav.parameter("next"));
        busy.set(true);
        spawn_local(async move {
            match net::account("sign-in", &form).await {
                Ok(_) => dom::go(&next),
                Err(refusal) => {
                    faults.set(refusal);
                    let _ = busy.try_set(false);
                    dom::focus_soon("in-password");
                }
            }
        });
    };
    let joined = nav.parameter("joined").map(|_| {
        view! {
            <div class="banner" data-tone="ok" role="status">
                <Icon name="i-check"/>
                <p>"Your account is ready. Sign in with it."</p>
            </div>
        }
        .into_any()
    });
    view! {
        <AuthFrame title="Sign in" lead="Muster">
            <form aria-label="Sign in" method="post" novalidate on:submit=submit>
                {joined}
                <FormFault faults fields=&["email", "password"]/>
                <TextField
                    label="Email"
                    name="email"
                    id="in-email"
                    node=email
                    faults
                    kind="email"
                    autocomplete="username"
                    class="input input-lg"
                />
                <PasswordField id="in-password" node=password faults autocomplete="current-password"/>
                <label class="check">
                    <input type="checkbox" name="remember" node_ref=remember/>
                    "Keep me signed in on this device"
                </label>
                <SubmitButton busy text="Sign in"/>
            </form>
            <p class="small muted">"No account yet? " <a href="/register">"Create one"</a></p>
        </AuthFrame>
    }
    .into_any()
}

/// The button at the end of a form of accounts.
#[component]
pub(crate) fn SubmitButton(
    /// Whether the form is on its way.
    busy: RwSignal<bool>,
    /// What it does.
    text: &'static str,
) -> impl IntoView {
    view! {
        <button
            class="btn btn-primary btn-lg btn-block"
            type="submit"
            aria-busy=move || busy.get().then_some("true")
        >
            {live(move || busy.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> }.into_any()))}
            {text}
        </button>
    }
    .into_any()
}

/// The frame of the pages for those who are not signed in.
#[component]
pub(crate) fn AuthFrame(
    /// The heading.
    title: &'static str,
    /// The sentence below it.
    lead: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="auth">
            <main class="auth-main">
                <p class="brand">
                    <span class="mark">
                        <Icon name="i-mark" class=""/>
                    </span>
                    "Muster"
                </p>
                <div class="auth-form">
                    <div>
                        <h1>{title}</h1>
                        <p class="lead">{lead}</p>
                    </div>
                    {children()}
                </div>
                <footer>
                    <span>"Muster"</span>
                </footer>
            </main>
            <aside class="auth-art" aria-label="About this server">
                <img src=art_href() alt="" loading="lazy"/>
                <div class="art-caption">
                    <p>"Everyone in place."</p>
                    <p>"Your tasks and your people, on your own server."</p>
                </div>
            </aside>
        </div>
    }
    .into_any()
}
