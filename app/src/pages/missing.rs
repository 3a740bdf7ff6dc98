//! What is not there, or not for the reader to see. Both look the same.

use leptos::prelude::*;
use model::{Me, Refusal};

use crate::{
    assets::icon_href,
    components::{auth_frame::AuthFrame, icon::Icon, sidebar::AppShell},
    data::{Heard, client},
    dom,
    live::part,
};

/// Gives the page this status. In the browser there is nothing to give.
pub(crate) fn answer_with(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = http::StatusCode::from_u16(status)
    {
        options.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}

/// The page for an address that leads nowhere.
#[component]
pub(crate) fn NoSuchPage(
    /// Who is looking.
    me: Me,
) -> impl IntoView {
    answer_with(404);
    let projects = client().follow_projects(Heard::Never);
    part! {
        <AppShell me projects current=None add=None>
            <Nothing/>
        </AppShell>
    }
}

/// The page for what this device does not keep while the server cannot be reached. It is shown as soon as it can be read.
#[component]
pub(crate) fn Apart(
    /// Who is looking.
    me: Me,
) -> impl IntoView {
    let projects = client().follow_projects(Heard::Never);
    part! {
        <AppShell me projects current=None add=None>
            <div class="scroll empty-wrap">
                <div class="empty">
                    <EmptyArt/>
                    <h1 id="page-title">"This page is not on this device"</h1>
                    <p>
                        "The server cannot be reached. Projects and tasks that you have opened before can be read and changed; \
                        this page opens as soon as the server answers."
                    </p>
                    <a class="btn btn-primary btn-lg" href="/">
                        "Go to your projects"
                    </a>
                </div>
            </div>
        </AppShell>
    }
}

/// Inside a signed-in page: there is nothing here.
#[component]
pub(crate) fn Nothing() -> impl IntoView {
    answer_with(404);
    part! {
        <div class="scroll empty-wrap">
            <div class="empty">
                <EmptyArt/>
                <h1 id="page-title">"There is nothing at this address"</h1>
                <p>"The project or task may have been removed, or you are not a member of it."</p>
                <a class="btn btn-primary btn-lg" href="/">
                    "Go to your projects"
                </a>
            </div>
        </div>
    }
}

/// A page that could not be read: why, and what to do.
#[component]
pub(crate) fn Broken(
    /// Why.
    refusal: Refusal,
) -> impl IntoView {
    answer_with(refusal.status());
    let wants_sign_in = refusal == Refusal::SignIn;
    part! {
        <AuthFrame title="This page could not be loaded" lead="Nothing was changed.">
            <div class="banner" data-tone="bad" role="alert">
                <Icon name="i-circlealert"/>
                <p>{refusal.tell()}</p>
            </div>
            {if wants_sign_in {
                part! {
                    <a class="btn btn-primary btn-lg btn-block" href="/signin" rel="external">
                        "Sign in"
                    </a>
                }
            } else {
                part! {
                    <button
                        class="btn btn-primary btn-lg btn-block"
                        type="button"
                        on:click=move |_| dom::reload()
                    >
                        "Load again"
                    </button>
                }
            }}
        </AuthFrame>
    }
}

/// The picture of an empty place.
#[component]
pub(crate) fn EmptyArt() -> impl IntoView {
    part! {
        <svg class="empty-art" viewBox="0 0 192 116" aria-hidden="true">
            <use href=icon_href("i-art-empty")></use>
        </svg>
    }
}
