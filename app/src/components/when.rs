//! Moments and days as people read them: where they are, and as they are used to.

use crate::{
    data::client,
    live::{live, part},
};
use leptos::prelude::*;
use model::{Day, Instant, Today};

/// A moment.
#[component]
pub(crate) fn When(
    /// The moment.
    at: Instant,
) -> impl IntoView {
    let today = client().today;
    part! { <time datetime=at.rfc3339()>{live(move || today.with(|today| today.moment(at)))}</time> }
}

/// Overdue is bad, today is a warning, and what is finished is neither.
pub(crate) fn due_tone(day: Day, today: &Today, is_finished: bool) -> Option<&'static str> {
    match today.until(day) {
        1.. => None,
        _ if is_finished => None,
        0 => Some("warn"),
        _ => Some("bad"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_marked_until_it_is_finished() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let today = Today { day: day("2026-11-22"), reader: std::sync::Arc::default() };
        assert_eq!(due_tone(day("2026-11-21"), &today, false), Some("bad"));
        assert_eq!(due_tone(today.day, &today, false), Some("warn"));
        assert_eq!(due_tone(day("2026-11-23"), &today, false), None);
        assert_eq!(due_tone(day("2026-11-21"), &today, true), None);
    }
}
