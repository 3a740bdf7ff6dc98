//! What the page says beside its content: messages that pass, concerns of the whole page, and the live region.

use leptos::prelude::*;

use crate::{
    components::icon::Icon,
    data::{Concern, Toast, client},
    dom,
    live::{Row, live, part, rows},
};

/// The messages.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let toasts = client().toasts;
    let all = toasts.clone();
    part! {
        <div class="toasts" role="status" aria-live="polite" aria-label="Messages">
            {rows(move || all.get().into_iter().map(|toast| row(toast, toasts.clone())).collect())}
        </div>
    }
}

fn row(toast: Toast, toasts: ArcRwSignal<Vec<Toast>>) -> Row {
    let (id, icon) = (toast.id, if toast.is_error { "i-circlealert" } else { "i-check" });
    Row::new((u128::from(id), 0), move |_| {
        part! {
            <div class="toast" data-tone=toast.is_error.then_some("bad")>
                <Icon name=icon/>
                <span>{toast.text}</span>
                <button
                    class="toast-btn"
                    type="button"
                    on:click=move |_| toasts.update(|all| all.retain(|t| t.id != id))
                >
                    "Close"
                </button>
            </div>
        }
    })
}

/// What concerns the whole page and asks for a decision.
#[component]
pub(crate) fn Concerns() -> impl IntoView {
    let client = client();
    let (concern, n_waiting) = (client.concern.clone(), client.n_waiting.clone());
    live(move || {
        let client = client.clone();
        concern.get().map(|concern| match concern {
            Concern::SignedOut => {
                let waiting = match n_waiting.get() {
                    0 => "Sign in to go on.".to_owned(),
                    1 => "Sign in in another tab, and the change that waits here is sent.".to_owned(),
                    n => format!("Sign in in another tab, and the {n} changes that wait here are sent."),
                };
                part! {
                    <div class="banner main-banner" data-tone="warn" role="alert">
                        <Icon name="i-lock"/>
                        <p>
                            <strong>"You are signed out. "</strong>
                            {waiting}
                        </p>
                        <a class="btn" href="/signin" target="_blank" rel="noopener" rel="external">
                            "Sign in"
                        </a>
                        <button class="btn" type="button" on:click=move |_| client.resume()>
                            "Try again"
                        </button>
                    </div>
                }
            }
            Concern::NewBuild => {
                let concern = client.concern.clone();
                part! {
                    <div class="banner main-banner" data-tone="info" role="status">
                        <Icon name="i-info"/>
                        <p>
                            <strong>"There is a new version. "</strong>
                            "Load the page again when it suits you; what you typed stays."
                        </p>
                        <button class="btn" type="button" on:click=move |_| dom::reload()>
                            "Load again"
                        </button>
                        <button class="btn btn-quiet" type="button" on:click=move |_| concern.set(None)>
                            "Later"
                        </button>
                    </div>
                }
            }
        })
    })
}

/// Says what cannot be seen by everybody, such as a move.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let said = client().said;
    part! {
        <p class="vh" role="status" aria-live="polite">
            {live(move || said.get())}
        </p>
    }
}
