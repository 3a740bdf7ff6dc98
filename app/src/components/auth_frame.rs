//! The frame of pages without a side bar: those for visitors, and those that could not be read.

use leptos::prelude::*;

use crate::{assets::art_href, components::icon::Icon, live::part};

/// The frame of the pages for those who are not signed in.
#[component]
pub(crate) fn AuthFrame(
    /// The heading.
    title: &'static str,
    /// The sentence below it.
    #[prop(into)]
    lead: String,
    /// The form.
    children: Children,
) -> impl IntoView {
    part! {
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
}
