//! Where the page is. Links within the site are followed without loading the document anew, and the browser's history
//! works as everywhere.
//!
//! Must not know: what any address shows.

use leptos::prelude::*;

use crate::{dom, paths::Place};

/// The part of an address that this site gives a meaning to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Such as `/p/MUS/42`.
    pub path: String,
    /// Such as `?next=%2F`; empty for none.
    pub query: String,
}

/// How to go somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// To a page: from its top, and back leads here.
    To,
    /// To something beside what is shown, which stays as it stands.
    Beside,
    /// The address of what is shown has changed; back does not lead to the old one.
    Renamed,
}

/// Follows the address. Cheap to copy; every copy is the same.
#[derive(Clone, Copy)]
pub(crate) struct Nav(RwSignal<Address>);

/// The page's own. Every part is below [`crate::App`], which provides it.
#[expect(clippy::expect_used, reason = "App provides it before it paints anything")]
pub(crate) fn nav() -> Nav {
    use_context::<Nav>().expect("App provides the address")
}

impl Nav {
    /// Begins at the address that was asked for: the server's context tells it there, the window here.
    pub(crate) fn begin() -> Self {
        let asked = use_context::<Address>();
        Self(RwSignal::new(asked.or_else(dom::address).unwrap_or_default()))
    }

    /// Follows links and the history from now on. In the browser only.
    pub(crate) fn listen(self) {
        dom::on_event(dom::EventSource::Document, "click", move |event| {
            if let Some(href) = dom::followed_link(&event) {
                event.prevent_default();
                self.go(&href, Go::To);
            }
        });
        // The browser puts the page back to where it was scrolled to.
        dom::on_event(dom::EventSource::Window, "popstate", move |_| self.look());
    }

    /// Goes to an address of this site.
    pub(crate) fn go(self, href: &str, how: Go) {
        dom::set_address(href, how == Go::Renamed);
        self.look();
        if how == Go::To {
            dom::scroll_to_top();
        }
    }

    fn look(self) {
        if let Some(address) = dom::address()
            && self.0.with_untracked(|now| *now != address)
        {
            self.0.set(address);
        }
    }

    /// The path of the address, without listening.
    pub(crate) fn path(self) -> String {
        self.0.with_untracked(|address| address.path.clone())
    }

    /// The query of the address, without listening.
    pub(crate) fn query_now(self) -> String {
        self.0.with_untracked(|address| address.query.clone())
    }

    /// The query of the address. Tracked.
    pub(crate) fn query(self) -> String {
        self.0.with(|address| address.query.clone())
    }

    /// What the address leads to. Tracked.
    pub(crate) fn place(self) -> Place {
        self.0.with(|address| Place::read(&address.path))
    }
}
