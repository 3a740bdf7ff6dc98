//! The parts of forms in settings.

#![expect(unreachable_pub, reason = "the component macro makes its functions pub whatever is written")]

use leptos::prelude::*;

use crate::components::icon::Icon;

/// What is said when the server cannot be reached.
pub(super) const OFFLINE: &str =
    "The server cannot be reached. Check your connection, then try again: what you chose is still here.";

/// What forms show when something is wrong, once for the page.
#[component]
pub(super) fn Faults() -> impl IntoView {
    view! {
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
    }
}

/// What is said to somebody who signs out here while the device keeps changes that were not sent.
const LEFT: &str =
    "Some of your changes are still on this device. Open your projects, where they are sent, then sign out.";

/// A button that signs out. What the device keeps of the person goes with them.
#[component]
pub(super) fn SignOut() -> impl IntoView {
    view! {
        <form
            method="post"
            data-post="/api/account/sign-out"
            data-then="/signin"
            data-offline=OFFLINE
            data-left=LEFT
            aria-label="Sign out"
        >
            <button class="icon-btn" type="submit" aria-label="Sign out">
                <Icon name="i-signout"/>
            </button>
        </form>
    }
}

/// The button that sends a form.
#[component]
pub(super) fn Submit(text: &'static str) -> impl IntoView {
    view! {
        <button class="btn btn-primary" type="submit">
            <span class="spinner" aria-hidden="true"></span>
            {text}
        </button>
    }
}

/// A panel that is a form, with a button that sends it.
#[component]
pub(super) fn FormPanel(
    /// The heading.
    title: &'static str,
    /// The sentence below it.
    #[prop(into)]
    lead: String,
    /// Where it is sent.
    post: &'static str,
    /// The button.
    submit: &'static str,
    /// What is said when it was done.
    saved: &'static str,
    /// Where to go when it was done; otherwise what has changed is read again.
    #[prop(optional)]
    then: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <form class="panel" aria-label=title method="post" novalidate data-post=post data-then=then data-offline=OFFLINE>
            <div class="panel-head">
                <h2>{title}</h2>
                <p>{lead}</p>
            </div>
            {children()}
            <div class="panel-foot">
                <p class="small muted" role="status" data-saved=saved></p>
                <Submit text=submit/>
            </div>
        </form>
    }
}

/// A choice among numbers that stand for words. Its id is its name behind `f-`.
pub(super) fn choice(label: &'static str, name: &'static str, options: Vec<(String, String)>, chosen: &str) -> AnyView {
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
            .into_any()
        })
        .collect();
    let id = format!("f-{name}");
    view! {
        <div class="field">
            <label class="label" for=id.clone()>
                {label}
            </label>
            <select class="input" id=id name=name data-is="number">
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// The head of a column.
pub(super) struct Head {
    words: &'static str,
    is_drawn: bool,
    class: Option<&'static str>,
}

impl Head {
    /// With a class, such as one that hides the column in narrow windows.
    pub(super) const fn with(self, class: &'static str) -> Self {
        Self { class: Some(class), ..self }
    }
}

/// The head of a column of this name.
pub(super) const fn head(words: &'static str) -> Head {
    Head { words, is_drawn: true, class: None }
}

/// The head of the column of buttons: the buttons say enough to who sees them.
pub(super) const ACTIONS: Head = Head { words: "Actions", is_drawn: false, class: None };

/// Records in columns. What does not fit is scrolled to, also with the keyboard.
pub(super) fn table<const N: usize>(
    name: &'static str,
    class: &'static str,
    heads: [Head; N],
    rows: Vec<AnyView>,
) -> AnyView {
    let heads = heads.map(|Head { words, is_drawn, class }| {
        let words = if is_drawn { words.into_any() } else { view! { <span class="vh">{words}</span> }.into_any() };
        view! {
            <th scope="col" class=class>
                {words}
            </th>
        }
    });
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=name>
            <table class=class>
                <thead>
                    <tr>{heads.into_iter().collect_view()}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Where else the same list can be looked at.
pub(super) struct Tab {
    pub(super) words: String,
    /// How many there are, if that is told.
    pub(super) n: Option<u64>,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// Links that each show another part of a list.
pub(super) fn tabs(name: &'static str, tabs: impl IntoIterator<Item = Tab>) -> AnyView {
    let link = |Tab { words, n, href, is_current }| {
        view! {
            <a class="btn btn-quiet" href=href aria-current=is_current.then_some("true")>
                {words} {n.map(|n| view! { <span class="count">{n}</span> })}
            </a>
        }
    };
    view! {
        <nav class="job-tabs" aria-label=name>
            {tabs.into_iter().map(link).collect_view()}
        </nav>
    }
    .into_any()
}

/// A text with a capital in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A button that sends an order, or only these fields.
pub(super) fn act(
    post: &'static str,
    order: Option<&'static str>,
    label: &'static str,
    name: &str,
    fields: &[(&'static str, String)],
) -> AnyView {
    let fields: Vec<AnyView> = order
        .map(|order| ("order", order.to_owned()))
        .iter()
        .chain(fields)
        .map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> }.into_any())
        .collect();
    let (form, button) = (name.to_owned(), name.to_owned());
    view! {
        <form method="post" data-post=post data-offline=OFFLINE aria-label=form>
            {fields}
            <button class="btn" type="submit" aria-label=button>
                {label}
            </button>
        </form>
    }
    .into_any()
}
