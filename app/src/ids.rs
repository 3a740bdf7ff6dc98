//! New ids and the time, from the browser. The server has its own clock and never calls this.

use js_sys::{Date, Uint8Array};
use model::{CommentId, Instant, LabelId, OpId, ProjectId, StatusId, TaskId, new_id};

/// The moment by the page's clock.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
pub(crate) fn now() -> Instant {
    Instant::from_ms(Date::now() as i64)
}

/// A number from 0 up to, not including, 1. For waiting times only.
pub(crate) fn chance() -> f64 {
    js_sys::Math::random()
}

fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    let array = Uint8Array::new_with_length(10);
    if let Some(crypto) = web_sys::window().and_then(|w| w.crypto().ok())
        && crypto.get_random_values_with_array_buffer_view(&array).is_ok()
    {
        array.copy_to(&mut bytes);
    }
    bytes
}

pub(crate) fn op() -> OpId {
    new_id(now(), random())
}

pub(crate) fn task() -> TaskId {
    new_id(now(), random())
}

pub(crate) fn comment() -> CommentId {
    new_id(now(), random())
}

pub(crate) fn project() -> ProjectId {
    new_id(now(), random())
}

pub(crate) fn status() -> StatusId {
    new_id(now(), random())
}

pub(crate) fn label() -> LabelId {
    new_id(now(), random())
}
