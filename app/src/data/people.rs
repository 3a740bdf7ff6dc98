//! The people known to this page. Feeds name people by id only, so somebody new is asked for, in one batch.

use leptos::{prelude::*, task::spawn_local};
use model::{PersonCard, PersonId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use crate::{api, data::hold};

/// The most people in one question.
const BATCH: usize = 100;

#[derive(Default)]
struct Known {
    cards: BTreeMap<PersonId, PersonCard>,
    wanted: BTreeSet<PersonId>,
    /// Asked for once already: who is not in the answer may not be seen, and is not asked for again.
    asked: BTreeSet<PersonId>,
}

/// Names by id.
#[derive(Clone, Default)]
pub(crate) struct People {
    known: Arc<Mutex<Known>>,
    changed: ArcTrigger,
}

impl People {
    /// Takes in who came with an answer.
    pub(crate) fn learn(&self, cards: Vec<PersonCard>) {
        let news = {
            let mut known = hold(&self.known);
            cards.into_iter().fold(false, |news, card| {
                let id = card.id;
                known.cards.get(&id) != Some(&card) && {
                    known.cards.insert(id, card);
                    true
                } || news
            })
        };
        if news {
            self.changed.notify();
        }
    }

    /// How somebody is shown; nothing while they are being asked for, or if the reader may not see them. Tracked.
    pub(crate) fn card(&self, id: PersonId) -> Option<PersonCard> {
        self.changed.track();
        let card = hold(&self.known).cards.get(&id).cloned();
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

    fn want(&self, id: PersonId) {
        let first = {
            let mut known = hold(&self.known);
            if !known.asked.insert(id) {
                return;
            }
            known.wanted.insert(id);
            known.wanted.len() == 1
        };
        if first {
            let people = self.clone();
            // All that this frame paints is asked for together.
            queue_microtask(move || spawn_local(async move { people.ask().await }));
        }
    }

    async fn ask(&self) {
        let mut wanted: Vec<PersonId> = std::mem::take(&mut hold(&self.known).wanted).into_iter().collect();
        while !wanted.is_empty() {
            let batch: Vec<PersonId> = wanted.drain(..wanted.len().min(BATCH)).collect();
            match api::people(batch.clone()).await {
                Ok(cards) => self.learn(cards),
                // They may be asked for again when something paints them.
                Err(_) => hold(&self.known).asked.retain(|id| !batch.contains(id)),
            }
        }
    }
}
