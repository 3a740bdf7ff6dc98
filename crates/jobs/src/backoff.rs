//! How long a failed job waits before it is tried again.
//!
//! Must not know: jobs, clocks, random sources.

use std::time::Duration;

/// No failed job waits longer than this: whoever repairs the cause wants to see the effect on the same day.
pub const LONGEST_BACKOFF: Duration = Duration::from_hours(24);

/// The pause after the failed attempt number `attempt` (1 is the first): `chance` times 15 + 2^attempt seconds, and never more
/// than `chance` times [`LONGEST_BACKOFF`].
///
/// `chance` is drawn evenly from 0 to 1 (outside, the nearer end counts; no number counts as 0). The whole pause is scattered
/// ("full jitter"), so that jobs which failed together do not come back together.
///
/// ```
/// use std::time::Duration;
///
/// use muster_jobs::backoff;
///
/// assert_eq!(backoff(1, 1.0), Duration::from_secs(17));
/// assert_eq!(backoff(4, 0.5), Duration::from_millis(15_500));
/// assert_eq!(backoff(20, 1.0), Duration::from_hours(24));
/// ```
#[must_use]
pub fn backoff(attempt: u16, chance: f64) -> Duration {
    let doubled = 2_u64.checked_pow(attempt.into()).unwrap_or(u64::MAX);
    let longest = Duration::from_secs(doubled.saturating_add(15)).min(LONGEST_BACKOFF);
    // `clamp` lets through what is not a number, and a duration cannot be multiplied by that.
    let share = if chance.is_nan() { 0.0 } else { chance.clamp(0.0, 1.0) };
    longest.mul_f64(share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_pause_doubles_and_then_stays_at_a_day() {
        for (attempt, seconds) in
            [(0, 16), (1, 17), (2, 19), (10, 1_039), (16, 65_551), (17, 86_400), (u16::MAX, 86_400)]
        {
            assert_eq!(backoff(attempt, 1.0), Duration::from_secs(seconds), "attempt {attempt}");
        }
    }

    #[test]
    fn a_chance_outside_its_range_is_the_nearer_end() {
        for (chance, seconds) in [(-1.0, 0), (f64::NAN, 0), (1.5, 17), (f64::INFINITY, 17)] {
            assert_eq!(backoff(1, chance), Duration::from_secs(seconds), "{chance}");
        }
    }

    proptest! {
        #[test]
        fn the_pause_is_the_same_share_of_the_longest_one(attempt: u16, chance in 0.0..=1.0) {
            let share = backoff(attempt, chance).as_secs_f64() / backoff(attempt, 1.0).as_secs_f64();
            prop_assert!((share - chance).abs() < 1e-6, "{share} is not {chance}");
        }
    }
}
