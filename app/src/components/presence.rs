//! Who is there: small pictures of people with what they are doing, and marks where somebody writes.

use leptos::prelude::*;
use model::{Hue, PersonId, live::Mode};

use crate::{
    components::{avatar::letters, icon::Icon},
    data::{client, presence::There},
    live::{live, memo, part},
};

/// More people than these are a number.
const MOST: usize = 4;

/// The hue in which a person is marked.
pub(crate) fn hue(person: PersonId) -> String {
    Hue::of(&person.bytes()).number().to_string()
}

/// The hue of the first of some people, for what they mark.
pub(crate) fn first_hue(people: &[There]) -> Option<String> {
    people.first().map(|(person, _)| hue(*person))
}

/// Whether somebody is among those who are there, as [`Avatar`](crate::components::avatar::Avatar) shows it.
pub(crate) fn state_of(person: PersonId, there: Memo<Vec<There>>) -> Memo<Option<&'static str>> {
    memo(move || there.with(|all| all.iter().find(|(other, _)| *other == person).map(|(_, mode)| state(*mode))))
}

const fn state(mode: Mode) -> &'static str {
    match mode {
        Mode::Idle => "idle",
        Mode::Viewing | Mode::Editing | Mode::Typing => "active",
    }
}

/// Those who are there, as a list with this name. Nothing when nobody is.
pub(crate) fn presence(name: &'static str, people: Memo<Vec<There>>) -> AnyView {
    live(move || {
        let people = people.get();
        (!people.is_empty()).then(|| {
            let more = people.len().saturating_sub(MOST);
            let more = (more > 0).then(|| {
                part! {
                    <li>
                        <span class="avatar" data-kind="more" data-size="md" role="img" aria-label=format!("{more} more people")>
                            {format!("+{more}")}
                        </span>
                    </li>
                }
            });
            let shown: Vec<AnyView> = people.into_iter().take(MOST).map(one).collect();
            part! {
                <ul class="presence" role="list" aria-label=name>
                    {shown}
                    {more}
                </ul>
            }
        })
    })
}

fn one((person, mode): There) -> AnyView {
    part! { <li>{picture(person, mode, "md")}</li> }
}

/// Those who have a task open, for its card.
pub(crate) fn viewers(people: Memo<Vec<There>>) -> AnyView {
    live(move || {
        let people = people.get();
        (!people.is_empty()).then(|| {
            let shown: Vec<AnyView> =
                people.into_iter().take(MOST).map(|(who, mode)| picture(who, mode, "xs")).collect();
            part! { <span class="card-viewers">{shown}</span> }
        })
    })
}

fn picture(person: PersonId, mode: Mode, size: &'static str) -> AnyView {
    let people = client().people;
    let doing = match mode {
        Mode::Idle => ", idle",
        Mode::Viewing => ", active now",
        Mode::Editing | Mode::Typing => ", writing now",
    };
    let (named, titled) = (people.clone(), people.clone());
    part! {
        <span
            class="avatar"
            data-hue=hue(person)
            data-size=size
            data-presence=state(mode)
            data-ring=(mode >= Mode::Editing).then_some("true")
            role="img"
            aria-label=move || named.name(person) + doing
            title=move || titled.name(person) + doing
        >
            {live(move || letters(&people, person))}
        </span>
    }
}

/// Says who writes in a field, in the hue of the first of them. Nothing when nobody does.
pub(crate) fn flag(writers: Memo<Vec<There>>, what: &'static str) -> AnyView {
    let people = client().people;
    live(move || {
        let writers = writers.get();
        first_hue(&writers).map(|hue| {
            let names = writers.iter().map(|(person, _)| people.name(*person)).collect();
            part! {
                <span class="card-flag" data-hue=hue>
                    <Icon name="i-edit"/>
                    <span class="truncate">{told(names, what)}</span>
                </span>
            }
        })
    })
}

/// Says who types at this moment, to everybody's ears.
pub(crate) fn typing(writers: Memo<Vec<There>>) -> AnyView {
    let people = client().people;
    part! {
        <div role="status">
            {live(move || {
                let writers = writers.get();
                (!writers.is_empty()).then(|| {
                    let names = writers.iter().map(|(person, _)| people.name(*person)).collect();
                    part! {
                        <p class="typing">
                            <span class="dots" aria-hidden="true">
                                <i></i>
                                <i></i>
                                <i></i>
                            </span>
                            {told(names, "typing")}
                        </p>
                    }
                })
            })}
        </div>
    }
}

/// "Ana is typing", "Ana and Ben are typing", "3 people are typing".
fn told(names: Vec<String>, what: &str) -> String {
    match names.as_slice() {
        [one] => format!("{one} is {what}"),
        [one, other] => format!("{one} and {other} are {what}"),
        all => format!("{} people are {what}", all.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_is_named_as_long_as_it_is_short() {
        let names = |n: usize| ["Ana", "Ben", "Chiara"].iter().take(n).map(|name| (*name).to_owned()).collect();
        assert_eq!(told(names(1), "typing"), "Ana is typing");
        assert_eq!(told(names(2), "editing"), "Ana and Ben are editing");
        assert_eq!(told(names(3), "typing"), "3 people are typing");
    }
}
