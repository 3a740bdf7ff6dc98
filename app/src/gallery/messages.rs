//! What a page says: banners, messages that pass, dialogs.

use leptos::prelude::*;
use std::sync::Arc;

use super::{on_page, section, wide};
use crate::{
    components::{
        dialog::{Dialog, DialogFoot, DialogRef},
        field::{Faults, TextField},
        icon::Icon,
        notices::{Concerns, Toasts},
    },
    data::{Concern, Link, Offer, Toast},
};

pub(super) fn banners() -> AnyView {
    let tones = [
        ("Information", "info", "i-info", "The project is read only while it is copied."),
        ("Good", "ok", "i-check", "The log is whole up to entry 18,204."),
        ("Warning", "warn", "i-alert", "The key is 400 days old."),
        ("Bad", "bad", "i-circlealert", "The last backup failed. Muster tries again at 02:30."),
    ];
    let mut all: Vec<AnyView> = Vec::new();
    for (state, tone, icon, words) in tones {
        let banner = view! {
            <div class="banner" data-tone=tone>
                <Icon name=icon/>
                <p>{words}</p>
                <button class="btn" type="button">
                    "Show"
                </button>
            </div>
        };
        all.push(wide(state, banner));
    }
    let concern = |change: fn(&crate::data::Client)| on_page(change, || view! { <Concerns/> }.into_any());
    all.push(wide("Offline", concern(|client| client.link.set(Link::Offline))));
    all.push(wide("Signed out", concern(|client| client.concern.set(Some(Concern::SignedOut)))));
    all.push(wide("A new version", concern(|client| client.concern.set(Some(Concern::NewBuild)))));
    section("Banners", all)
}

pub(super) fn toasts() -> AnyView {
    let toast = |id, text: &str, is_error, offer| Toast { id, text: text.to_owned(), is_error, offer };
    let undo = Offer { name: "Undo", act: Arc::new(|| ()), deed: None };
    let all = vec![
        toast(1, "Ana Petrović added.", false, None),
        toast(2, "OTR-116 moved to In review.", false, Some(undo)),
        toast(3, "Another project has this key. Choose another one.", true, None),
    ];
    let toasts = on_page(|client| client.toasts.set(all), || view! { <Toasts/> }.into_any());
    section("Messages that pass", vec![wide("Done, with an offer, and refused", toasts)])
}

pub(super) fn dialog() -> AnyView {
    let (dialog, faults) = (DialogRef::new(), Faults::none());
    let view = view! {
        <Dialog dialog id="g-dialog" title="New project" lead="A project has its own board and its own people.">
            <div class="dialog-body stack">
                <TextField label="Name" name="name" id="g-dialog-name" node=NodeRef::new() faults/>
            </div>
            <DialogFoot dialog done="Create project"/>
        </Dialog>
    };
    section("Dialog", vec![wide("Open", view)])
}
