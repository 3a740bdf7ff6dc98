//! What the page says beside its content: messages that pass, concerns of the whole page, and the live region.

use leptos::prelude::*;

use crate::{
    components::icon::Icon,
    data::{Client, Concern, Link, Toast, client},
    dom,
    live::{Row, effect, live, memo, part, rows},
};

/// How long a message stays that is not an error, in milliseconds. Not while somebody points at it or is in it.
const STAYS_MS: u64 = 8_000;

/// The messages.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let client = client();
    let all = client.toasts.clone();
    part! {
        <div class="toasts" role="status" aria-live="polite" aria-label="Messages">
            {rows(move || all.get().into_iter().map(|toast| row(toast, client.clone())).collect())}
        </div>
    }
}

fn row(toast: Toast, client: Client) -> Row {
    Row::new((u128::from(toast.id), 0), move |_| part! { <Message toast client/> })
}

#[component]
fn Message(toast: Toast, client: Client) -> impl IntoView {
    let (id, icon) = (toast.id, if toast.is_error { "i-circlealert" } else { "i-check" });
    let close = Callback::new(move |()| client.close_toast(id));
    let (pointed, inside) = (RwSignal::new(false), RwSignal::new(false));
    if !toast.is_error {
        passes(close, pointed, inside);
    }
    // Where the reader was before they came here: there they are again when it is gone.
    let before = RwSignal::new(String::new());
    let leave = move || {
        let home = before.get_untracked();
        close.run(());
        dom::focus_soon(if home.is_empty() { "main".to_owned() } else { home });
    };
    let offer = toast.offer.map(|offer| {
        part! {
            <button
                class="toast-btn"
                type="button"
                on:click=move |_| {
                    leave();
                    (offer.act)();
                }
            >
                {offer.name}
            </button>
        }
    });
    part! {
        <div
            class="toast"
            data-tone=toast.is_error.then_some("bad")
            on:pointerenter=move |_| pointed.set(true)
            on:pointerleave=move |_| pointed.set(false)
            on:focusin=move |event| {
                if !inside.get_untracked() {
                    before.set(dom::came_from(&event));
                }
                inside.set(true);
            }
            on:focusout=move |_| inside.set(false)
        >
            <Icon name=icon/>
            <span>{toast.text}</span>
            {offer}
            <button class="toast-btn" type="button" on:click=move |_| leave()>
                "Close"
            </button>
        </div>
    }
}

/// Closes a message after its time.
fn passes(close: Callback<()>, pointed: RwSignal<bool>, inside: RwSignal<bool>) {
    let timer = RwSignal::new(None::<dom::Timer>);
    let stop = move || {
        if let Some(timer) = timer.try_get_untracked().flatten() {
            timer.cancel();
        }
    };
    effect(move || {
        stop();
        let is_free = !(pointed.get() || inside.get());
        timer.set(is_free.then(|| dom::after(STAYS_MS, move || close.run(()))).flatten());
    });
    on_cleanup(stop);
}

/// What concerns the whole page and asks for a decision.
#[component]
pub(crate) fn Concerns() -> impl IntoView {
    let client = client();
    let (concern, n_waiting) = (client.concern.clone(), client.n_waiting.clone());
    let (link, other) = (client.link.clone(), client.concern.clone());
    // A stumble is no news; the badge says that much.
    let is_offline = memo(move || link.get() == Link::Offline && other.get() != Some(Concern::SignedOut));
    let (heard, today) = (client.heard.clone(), client.today);
    let offline = live(move || {
        is_offline.get().then(|| {
            let since = heard.get().map(|at| today.with(|today| today.moment(at)));
            let others = match since {
                Some(since) => format!("You can keep working. What others do is shown up to: {since}."),
                None => "You can keep working. What others do is not shown.".to_owned(),
            };
            part! {
                <div class="banner main-banner" data-tone="warn" role="status">
                    <Icon name="i-cloud"/>
                    <p>
                        <strong>"You are offline. "</strong>
                        {others}
                    </p>
                </div>
            }
        })
    });
    let asking = live(move || {
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
    });
    part! {
        {offline}
        {asking}
    }
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
