//! People and projects when they are small, and who is there.

use leptos::prelude::*;
use model::{Instant, Name, PersonCard, PersonId, live::Mode, new_id};

use super::{part, section};
use crate::{
    components::{
        avatar::{Avatar, Avatars, ProjectTile},
        presence,
    },
    live::memo,
};

const NAMES: [&str; 6] = ["Ana Petrović", "Ben Okafor", "Chiara Lombardi", "Dev Menon", "Elif Kaya", "Jonas Weber"];

/// Some people, always the same.
pub(super) fn cards() -> Vec<PersonCard> {
    let of = |(n, name): (u8, &str)| {
        let id: PersonId = new_id(Instant::from_ms(1), [n; 10]);
        Some(PersonCard { id, name: Name::try_from(name).ok()? })
    };
    (1..).zip(NAMES).filter_map(of).collect()
}

fn ids() -> Vec<PersonId> {
    cards().into_iter().map(|card| card.id).collect()
}

pub(super) fn avatars() -> AnyView {
    let ids = ids();
    let Some(ana) = ids.first().copied() else { return ().into_any() };
    let mut all: Vec<AnyView> = Vec::new();
    for (state, size) in
        [("Extra small", "xs"), ("Small", ""), ("Medium", "md"), ("Large", "lg"), ("Extra large", "xl")]
    {
        all.push(part(state, view! { <Avatar person=ana size/> }));
    }
    for (state, presence) in [("Active", "active"), ("Idle", "idle")] {
        let presence = Some(memo(move || Some(presence)));
        all.push(part(state, view! { <Avatar person=ana size="md" presence/> }));
    }
    all.push(part("Nobody", view! { <Avatars people=Vec::new()/> }));
    all.push(part("A few", view! { <Avatars people=ids[..3].to_vec()/> }));
    all.push(part("Many", view! { <Avatars people=ids.clone()/> }));
    let modes = [Mode::Viewing, Mode::Idle, Mode::Typing, Mode::Editing, Mode::Viewing, Mode::Viewing];
    let there: Vec<(PersonId, Mode)> = ids.iter().copied().zip(modes).collect();
    let (here, writing) = (there.clone(), there[2..3].to_vec());
    let (some, writers) = (memo(move || here.clone()), writing.clone());
    all.push(part("Who is there", presence::presence("People on this page", some)));
    all.push(part("Who writes", presence::flag(memo(move || writers.clone()), "editing")));
    all.push(part("Who types", presence::typing(memo(move || writing.clone()))));
    for (state, size) in [("Project", ""), ("Project, large", "lg"), ("Project, extra large", "xl")] {
        all.push(part(state, view! { <ProjectTile name="Otter M2 launch".to_owned() hue=1 size/> }));
    }
    section("People and projects", all)
}
