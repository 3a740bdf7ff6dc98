//! The people known to this page. Feeds name people by id only, so somebody new is asked for, in one batch.

use leptos::{prelude::*, task::spawn_local};
use model::{PersonCard, PersonId, Question};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use crate::{api, data::hold};

/// The most people in one question.
const BATCH: usize = 100;

/// What is known about somebody.
enum Known {
    /// Shown somewhere, and asked for in the next question.
    Wanted,
    /// Asked for once: who is not in the answer may not be seen, and is not asked for again.
    Asked,
    /// Told by the server.
    Told(PersonCard),
}

/// Names by id.
#[derive(Clone, Default)]
pub(crate) struct People {
    known: Arc<Mutex<HashMap<PersonId, Known>>>,
    changed: ArcTrigger,
}

impl People {
    /// Takes in who came with an answer.
    pub(crate) fn learn(&self, cards: Vec<PersonCard>) {
        let mut news = false;
        for card in cards {
            let mut known = hold(&self.known);
            if !matches!(known.get(&card.id), Some(Known::Told(old)) if *old == card) {
                known.insert(card.id, Known::Told(card));
                news = true;
            }
        }
        if news {
            self.changed.notify();
        }
    }

    /// How somebody is shown; nothing while they are being asked for, or if the reader may not see them. Tracked.
    pub(crate) fn card(&self, id: PersonId) -> Option<PersonCard> {
        self.changed.track();
        let card = match hold(&self.known).get(&id) {
            Some(Known::Told(card)) => Some(card.clone()),
            _ => None,
        };
        // The server has told everybody who appears; a question from there would be answered to nobody.
        if card.is_none() && !cfg!(feature = "ssr") {
            self.want(id);
        }
        card
    }

    /// The name of somebody. Tracked.
    pub(crate) fn name(&self, id: PersonId) -> String {
        self.card(id).map_or_else(|| "Somebody".to_owned(), |card| card.name.to_string())
    }

    /// People by their names. Tracked.
    pub(crate) fn by_name(&self, ids: impl Iterator<Item = PersonId>) -> Vec<(String, PersonId)> {
        let mut people: Vec<(String, PersonId)> = Vec::new();
        for id in ids {
            // A project has few people; a sort would be ten times the program.
            let entry = (self.name(id), id);
            people.insert(people.partition_point(|other| *other < entry), entry);
        }
        people
    }

    /// Forgets somebody who has given up their account; who is painted is asked for anew.
    pub(crate) fn forget(&self, id: PersonId) {
        if hold(&self.known).remove(&id).is_some() {
            self.changed.notify();
        }
    }

    fn want(&self, id: PersonId) {
        let is_first = {
            let mut known = hold(&self.known);
            if known.contains_key(&id) {
                return;
            }
            let is_first = !known.values().any(|k| matches!(k, Known::Wanted));
            known.insert(id, Known::Wanted);
            is_first
        };
        if is_first {
            let people = self.clone();
            // All that this frame paints is asked for together.
            queue_microtask(move || spawn_local(async move { people.ask().await }));
        }
    }

    async fn ask(&self) {
        loop {
            let ids = self.take_wanted();
            if ids.is_empty() {
                return;
            }
            match api::people(Question::People { ids: ids.clone() }).await {
                Ok(cards) => self.learn(cards),
                // They may be asked for again when something paints them.
                Err(_) => hold(&self.known).retain(|id, known| !(matches!(known, Known::Asked) && ids.contains(id))),
            }
        }
    }

    fn take_wanted(&self) -> Vec<PersonId> {
        let mut known = hold(&self.known);
        let wanted = known.iter_mut().filter(|(_, known)| matches!(known, Known::Wanted)).take(BATCH);
        wanted
            .map(|(id, known)| {
                *known = Known::Asked;
                *id
            })
            .collect()
    }
}
