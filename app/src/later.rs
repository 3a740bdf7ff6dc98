//! What comes later: parts of the page's program that a browser need not have before the page runs.
//!
//! A part is a table of functions, and nothing outside of the part names what is behind them. `cargo xtask` therefore finds
//! everything that only the table leads to, and puts it into files of its own (`crates/xtask/src/assets/split.rs`). The
//! table is [here](Later::get) once these have come: before the first view if that needs it ([`crate::Needs`]), and otherwise
//! as soon as the page lives, long before anybody asks for it.
//!
//! A development build is one piece, and behaves as the released one: a part is here when it was asked for.
//!
//! Must not know: what the parts are for.

use leptos::{
    prelude::*,
    task::{spawn_local, tick},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{LazyLock, OnceLock},
};

use crate::data::Client;

/// A table, unless its files could not be had.
pub(crate) type Told<T> = Result<&'static T, leptos::wasm_split::SplitLoaderError>;

type Fetched<T> = Pin<Box<dyn Future<Output = Told<T>>>>;

/// The page, for saying what cannot be had.
static PAGE: OnceLock<Client> = OnceLock::new();

/// Takes in who says what cannot be had. In the browser only, where there is one page.
pub(crate) fn said_by(client: &Client) {
    let _ = PAGE.set(client.clone());
}

/// A part of the program.
pub(crate) struct Later<T: 'static> {
    here: OnceLock<&'static T>,
    came: LazyLock<ArcTrigger>,
    fetch: fn() -> Fetched<T>,
    /// What the server paints with.
    drawn: Option<&'static T>,
}

impl<T: Sync> Later<T> {
    /// A part that this fetches; `drawn` is its table where it is painted from the first view on, on the server.
    pub(crate) const fn new(fetch: fn() -> Fetched<T>, drawn: Option<&'static T>) -> Self {
        Self { here: OnceLock::new(), came: LazyLock::new(ArcTrigger::new), fetch, drawn }
    }

    /// The part, if it is here. Tracked until it is.
    pub(crate) fn get(&self) -> Option<&'static T> {
        let table = self.drawn.or_else(|| self.here.get().copied());
        if table.is_none() && !cfg!(feature = "ssr") {
            self.came.track();
        }
        table
    }

    /// Fetches the part; says whether it is here now. In the browser only.
    pub(crate) async fn ready(&'static self) -> bool {
        if self.here.get().is_some() {
            return true;
        }
        let Ok(table) = (self.fetch)().await else { return false };
        if self.here.set(table).is_ok() {
            self.came.notify();
        }
        true
    }

    /// Fetches the part for whenever it is asked for.
    pub(crate) fn fetch(&'static self) {
        spawn_local(async move {
            self.ready().await;
        });
    }

    /// Acts once the part is here and what it paints is painted: at once if it is here already. If it cannot be had, the page
    /// says so.
    pub(crate) fn then(&'static self, act: impl FnOnce() + 'static) {
        self.boxed(Box::new(act));
    }

    fn boxed(&'static self, act: Box<dyn FnOnce()>) {
        if self.here.get().is_some() {
            return act();
        }
        spawn_local(async move {
            if self.ready().await {
                tick().await;
                act();
            } else if let Some(page) = PAGE.get() {
                page.tell("This part of the page could not be loaded. Try again when the connection is back.");
            }
        });
    }
}

/// A function that is the way into a part: in a page that is split, whatever it leads to is fetched before it is called.
macro_rules! way_into {
    ($name:ident, $table:ident: $kind:ty) => {{
        #[cfg_attr(split, leptos::wasm_split::wasm_split($name, wasm_split_path = ::leptos::wasm_split, fallible))]
        fn $name() -> $crate::later::Told<$kind> {
            Ok(&$table)
        }
        || {
            #[cfg(split)]
            let told = $name();
            #[cfg(not(split))]
            let told = std::future::ready($name());
            Box::pin(told)
        }
    }};
}
pub(crate) use way_into;
