//! The priority tally.

use leptos::prelude::*;
use model::Priority;

use crate::{assets::icon_href, live::part};

/// One, two or three strokes, crossed when it is urgent; three dots while nobody has said how urgent it is.
#[component]
pub(crate) fn PriorityIcon(
    /// Which.
    priority: Option<Priority>,
    /// Whether it stands without its word.
    #[prop(default = false)]
    alone: bool,
) -> impl IntoView {
    let name = shape(priority);
    part! {
        <svg
            class="icon prio"
            data-prio=name
            role=alone.then_some("img")
            aria-label=alone.then(|| "Priority: ".to_owned() + name)
            aria-hidden=(!alone).then_some("true")
        >
            <use href=icon_href(&("i-pr-".to_owned() + name))></use>
        </svg>
    }
}

const fn shape(priority: Option<Priority>) -> &'static str {
    match priority {
        None => "none",
        Some(Priority::Low) => "low",
        Some(Priority::Medium) => "medium",
        Some(Priority::High) => "high",
        Some(Priority::Urgent) => "urgent",
    }
}

/// The word for it.
pub(crate) fn word(priority: Option<Priority>) -> &'static str {
    priority.map_or("No priority", Priority::word)
}
