//! Messages that pass: one sentence each, and at most one thing to do about it.
//!
//! Must not know: how they are painted, and when they go.

use leptos::{prelude::*, task::spawn_local};
use model::Refusal;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use wasm_bindgen_futures::JsFuture;

use crate::data::Client;

/// How many passing messages are shown at a time; an older one makes room.
const MOST_TOASTS: usize = 3;

/// Counts the messages of this page.
static LAST_ID: AtomicU32 = AtomicU32::new(1);

/// A message that passes.
#[derive(Clone)]
pub(crate) struct Toast {
    pub(crate) id: u32,
    pub(crate) text: String,
    /// Errors stay until they are closed.
    pub(crate) is_error: bool,
    /// What can be done about it, once.
    pub(crate) offer: Option<Offer>,
}

/// What a message offers.
#[derive(Clone)]
pub(crate) struct Offer {
    /// What its button says.
    pub(crate) name: &'static str,
    pub(crate) act: Arc<dyn Fn() + Send + Sync>,
    /// The [deed](undo::Deed) that it is about; when that is taken back in another way, the offer is void.
    pub(crate) deed: Option<u32>,
}

impl Client {
    /// Says something to those who cannot see it happen.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.said.set(text.into());
    }

    /// Shows a message for a while.
    pub(crate) fn tell(&self, text: impl Into<String>) {
        self.toast(text.into(), false, None);
    }

    /// Shows why something was not done, until it is closed.
    pub(crate) fn tell_refusal(&self, refusal: &Refusal) {
        self.toast(refusal.tell(), true, None);
    }

    /// Puts a text where it can be pasted from, and says whether that went well.
    pub(crate) fn copy(&self, text: String, done: &'static str, refused: &'static str) {
        let Some(window) = web_sys::window() else { return };
        let (client, clipboard) = (self.clone(), window.navigator().clipboard());
        spawn_local(async move {
            // Without a secure connection browsers have no clipboard.
            let copied = !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(&text)).await.is_ok();
            client.tell(if copied { done } else { refused });
        });
    }

    pub(crate) fn toast(&self, text: String, is_error: bool, offer: Option<Offer>) {
        self.toasts.update(|all| {
            // Never the same again: a message that comes as another goes must not be taken for it.
            let id = LAST_ID.fetch_add(1, Ordering::Relaxed);
            // The same sentence twice says nothing more.
            all.retain(|t| t.text != text);
            let passing = all.iter().filter(|t| !t.is_error).count();
            if passing >= MOST_TOASTS
                && let Some(oldest) = all.iter().position(|t| !t.is_error)
            {
                all.remove(oldest);
            }
            all.push(Toast { id, text, is_error, offer });
        });
    }

    /// A message has been read, or acted upon.
    pub(crate) fn close_toast(&self, id: u32) {
        self.toasts.update(|all| all.retain(|t| t.id != id));
    }
}
