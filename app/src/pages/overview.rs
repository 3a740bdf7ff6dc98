//! How the project goes on.

use leptos::prelude::*;

use crate::live::part;

/// The overview.
#[component]
pub(crate) fn OverviewView() -> impl IntoView {
    part! { <div class="scroll"></div> }
}
