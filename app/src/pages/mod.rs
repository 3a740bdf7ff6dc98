//! One room per screen. A page is given what the server told, and puts parts together.
//!
//! Must not know: how a change is sent or an event arrives; it dispatches and listens.

#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod board;
pub(crate) mod card;
pub(crate) mod description;
pub(crate) mod home;
pub(crate) mod members;
pub(crate) mod missing;
pub(crate) mod new_task;
pub(crate) mod project;
pub(crate) mod quick_add;
pub(crate) mod signin;
pub(crate) mod task;

use leptos::prelude::*;

use crate::{Place, shown::Shown};

/// Paints a page.
pub(crate) fn paint(shown: Shown) -> AnyView {
    match shown {
        Shown::Nothing => view! { <p class="vh" role="status">"Loading"</p> }.into_any(),
        Shown::Form(Place::Register) => account::RegisterPage().into_any(),
        Shown::Form(Place::SetUp(token)) => view! { <account::SetUpPage token/> }.into_any(),
        Shown::Form(_) => signin::SignInPage().into_any(),
        Shown::Home(me) => view! { <home::HomePage me/> }.into_any(),
        Shown::Project(me, board) => view! { <project::ProjectPage me board/> }.into_any(),
        Shown::Missing(me) => view! { <missing::NoSuchPage me/> }.into_any(),
        Shown::Broken(refusal) => view! { <missing::Broken refusal/> }.into_any(),
    }
}
