//! The parts of forms that `frontend/forms.js` sends and explains.
//!
//! Must not know: which forms there are.

#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

use leptos::prelude::*;
use model::Password;

use crate::components::icon::Icon;

/// A form that the script sends; what it shows when something is wrong lies beside it as templates.
#[component]
pub(super) fn Form(name: &'static str, post: &'static str, then: String, children: Children) -> impl IntoView {
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
pub(super) fn NewAccount() -> impl IntoView {
    view! {
        <Field label="Name" name="name" id="up-name" kind="text" autocomplete="name"/>
        <Field label="Email" name="email" id="up-email" kind="email" autocomplete="email"/>
        <NewPassword/>
    }
}

/// A password that is chosen now, with what it has to be.
#[component]
pub(super) fn NewPassword() -> impl IntoView {
    let least = Password::SHORTEST;
    view! {
        <PasswordField id="up-password" autocomplete="new-password" described="up-password-r"/>
        <Meter of="up-password"/>
        <ul class="reqs" id="up-password-r">
            <li data-least=least.to_string() data-of="up-password">
                <Icon name="i-check" class="icon icon-sm"/>
                {format!("{least} characters or more")}
            </li>
            <li>
                <Icon name="i-dot" class="icon icon-sm"/>
                "Not common, and not made of your name or your address"
            </li>
        </ul>
    }
}

/// How good a password is, told while it is typed. Its place is kept before, so that the button below does not move away under
/// the pointer.
#[component]
pub(crate) fn Meter(
    /// The id of the password's field.
    of: &'static str,
) -> impl IntoView {
    view! {
        <div class="meter" data-meter=of>
            <progress class="progress" max="4" value="0" aria-label="How good the password is"></progress>
            <p class="hint" role="status" data-words></p>
        </div>
    }
}

#[component]
pub(super) fn Field(
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
pub(super) fn PasswordField(id: &'static str, autocomplete: &'static str, described: &'static str) -> impl IntoView {
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
pub(super) fn Submit(text: &'static str) -> impl IntoView {
    view! {
        <button class="btn btn-primary btn-lg btn-block" type="submit">
            <span class="spinner" aria-hidden="true"></span>
            {text}
        </button>
    }
}
