//! Icons: symbols of one file, referred to by name.

use leptos::prelude::*;
use model::{Category, Status, StatusId};

use crate::{assets::icon_href, live::part};

/// An icon beside a text; it has no name of its own.
#[component]
pub(crate) fn Icon(
    /// Its symbol, such as `i-plus`.
    name: &'static str,
    /// Its classes.
    #[prop(default = "icon")]
    class: &'static str,
) -> impl IntoView {
    part! {
        <svg class=class aria-hidden="true">
            <use href=icon_href(name)></use>
        </svg>
    }
}

/// The box that says how far a status is.
#[component]
pub(crate) fn StatusIcon(
    /// Its shape, see [`shape`].
    #[prop(into)]
    shape: Signal<&'static str>,
) -> impl IntoView {
    part! {
        <svg class="icon status" data-status=shape aria-hidden="true">
            <use href=move || icon_href(&format!("i-st-{}", shape.get()))></use>
        </svg>
    }
}

/// The shape of a status among its project's statuses. What is begun twice is under review the second time.
pub(crate) fn shape(statuses: &[Status], id: StatusId) -> &'static str {
    let Some(place) = statuses.iter().position(|s| s.id == id) else { return "todo" };
    match statuses[place].category {
        Category::Backlog => "backlog",
        Category::Todo => "todo",
        Category::InProgress if statuses[..place].iter().any(|s| s.category == Category::InProgress) => "review",
        Category::InProgress => "progress",
        Category::Done => "done",
        Category::Cancelled => "cancelled",
    }
}
