//! What day it is for the reader, kept true while the page lives: days end, people travel, and browsers know both.
//!
//! Must not know: how days are written.

use leptos::{prelude::*, task::spawn_local};
use model::{Reader, Today, ZoneName, read_reader};
use std::sync::Arc;

use crate::{
    api,
    data::Client,
    dom::{self, EventSource},
    ids,
};

const MINUTE_MS: u64 = 60_000;

/// Looks at the clock, now and every minute and whenever the page is seen again. In the browser only.
pub(crate) fn keep(client: &Client) {
    let today = client.today;
    look(today);
    tick(today);
    dom::on_event(EventSource::Document, "visibilitychange", move |_| look(today));
    // The script before this program has written down who reads. Where the server did not know it yet, it is asked for
    // what it takes to know.
    let told = dom::cookie("reader").as_deref().and_then(read_reader);
    let Some((name, habits)) = told else { return };
    let known = today.with_untracked(|today| today.reader.clone());
    if known.zone.name == name && known.habits == habits {
        return;
    }
    spawn_local(async move {
        if let Ok(zone) = api::zone(name).await {
            today.set(Today::of(Arc::new(Reader { zone, habits }), ids::now()));
        }
    });
}

fn tick(today: RwSignal<Today>) {
    let again = move || {
        look(today);
        tick(today);
    };
    dom::after(MINUTE_MS, again);
}

fn look(today: RwSignal<Today>) {
    let now = today.with_untracked(|today| Today::of(today.reader.clone(), ids::now()));
    if today.with_untracked(|today| today.day != now.day) {
        today.set(now);
    }
}

/// Asks for a zone that is not the reader's, once.
pub(crate) fn learn_zone(client: &Client, name: &ZoneName) {
    let zones = client.zones.clone();
    if zones.with_untracked(|zones| zones.iter().any(|zone| zone.name == *name)) {
        return;
    }
    let name = name.clone();
    spawn_local(async move {
        if let Ok(zone) = api::zone(name).await {
            zones.update(|zones| zones.push(zone));
        }
    });
}
