//! How people and projects look when they are small.

use leptos::prelude::*;
use model::{PersonId, initials};

use crate::{
    components::icon::Icon,
    data::{client, people::People},
    live::{live, part},
};

/// What stands for a name. Tracked.
pub(crate) fn letters(people: &People, person: PersonId) -> String {
    people.card(person).map_or_else(|| "?".to_owned(), |card| initials(card.name.as_str()))
}

/// A person with their name beside it.
#[component]
pub(crate) fn Avatar(
    /// Who.
    person: PersonId,
    /// `xs` (20), empty (24), `md` (28), `lg` (36) or `xl` (48).
    #[prop(default = "")]
    size: &'static str,
    /// What is known of whether they are there: `active` or `idle`.
    #[prop(optional_no_strip)]
    presence: Option<Memo<Option<&'static str>>>,
) -> impl IntoView {
    let people = client().people;
    part! {
        <span
            class="avatar"
            data-hue=model::Hue::of(&person.bytes()).number().to_string()
            data-size=(!size.is_empty()).then_some(size)
            data-presence=move || presence.and_then(|presence| presence.get())
            aria-hidden="true"
        >
            {live(move || letters(&people, person))}
        </span>
    }
}

/// The people of a task, by themselves; "No assignee" for none.
#[component]
pub(crate) fn Avatars(
    /// Who.
    people: Vec<PersonId>,
) -> impl IntoView {
    /// More than these are a number.
    const MOST: usize = 4;
    if people.is_empty() {
        return part! {
            <span class="avatars">
                <span class="avatar" data-kind="none" role="img" aria-label="No assignee">
                    <Icon name="i-user" class="icon icon-sm"/>
                </span>
            </span>
        };
    }
    let more = people.len().saturating_sub(MOST);
    let known = client().people;
    let avatars = people
        .into_iter()
        .take(MOST)
        .map(|person| {
            let (known, named) = (known.clone(), known.clone());
            part! {
                <span
                    class="avatar"
                    data-hue=model::Hue::of(&person.bytes()).number().to_string()
                    role="img"
                    aria-label=move || named.name(person)
                >
                    {live(move || letters(&known, person))}
                </span>
            }
        })
        .collect_view();
    part! {
        <span class="avatars">
            {avatars}
            {(more > 0)
                .then(|| {
                    part! {
                        <span class="avatar" data-kind="more" role="img" aria-label=format!("{more} more people")>
                            {format!("+{more}")}
                        </span>
                    }
                })}
        </span>
    }
}

/// The tile of a project: its first letter.
#[component]
pub(crate) fn ProjectTile(
    /// Its name.
    name: String,
    /// Its colour.
    hue: u8,
    /// Empty, `lg` or `xl`.
    #[prop(default = "")]
    size: &'static str,
) -> impl IntoView {
    let letter: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    part! {
        <span class="proj" data-hue=hue.to_string() data-size=(!size.is_empty()).then_some(size) aria-hidden="true">
            {letter}
        </span>
    }
}
