//! What follows what: parts of a page that are painted anew when what they read changes, lists whose rows stay when others
//! come and go, values worked out from others, and acts that follow a change.
//!
//! Each of these is of one type, whatever closure is given: the framework's machinery for it is in the page's program once,
//! and not once per closure.

use leptos::prelude::*;
use std::sync::{Arc, Mutex};

pub(crate) use crate::markup::part;

type Paint = Arc<Mutex<dyn FnMut() -> AnyView + Send>>;

/// A part that is painted anew whenever what it reads changes.
pub(crate) fn live<V: IntoAny>(mut paint: impl FnMut() -> V + Send + 'static) -> AnyView {
    let paint: Paint = Arc::new(Mutex::new(move || paint().into_any()));
    paint.into_any()
}

/// A row of a list.
pub(crate) struct Row {
    /// Tells it apart: an id, and a number for rows of different kinds.
    pub(crate) key: (u128, u8),
    /// Paints it; it is told its place.
    paint: Box<dyn FnOnce(ReadSignal<usize>) -> AnyView + Send>,
}

impl Row {
    /// A row that is painted once, when it comes.
    pub(crate) fn new(key: (u128, u8), paint: impl FnOnce(ReadSignal<usize>) -> AnyView + Send + 'static) -> Self {
        Self { key, paint: Box::new(paint) }
    }
}

/// A list: rows that stay are not painted again, only moved.
pub(crate) fn rows(list: impl Fn() -> Vec<Row> + Send + Sync + 'static) -> AnyView {
    listed(Box::new(list))
}

fn listed(list: Box<dyn Fn() -> Vec<Row> + Send + Sync>) -> AnyView {
    part! { <ForEnumerate each=list key=|row| row.key children=|place, row| (row.paint)(place)/> }
}

/// Acts once the page lives, and again whenever what it reads changes. In the browser only, never while painting.
pub(crate) fn effect(act: impl FnMut() + 'static) {
    acting(Box::new(act));
}

// A closure that is made inside a generic function is another type for each of its callers: these are made outside.
fn acting(mut act: Box<dyn FnMut()>) {
    Effect::new(move |_| act());
}

/// A value worked out from others; whoever reads it hears of it only when it is another one.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(work_out: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    worked_out(Box::new(work_out))
}

fn worked_out<T: PartialEq + Send + Sync + 'static>(work_out: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| work_out())
}
