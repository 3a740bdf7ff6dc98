//! How long to wait before trying again.
//!
//! Must not know: clocks and chance. The random number comes from outside.

/// The shortest ceiling, in milliseconds.
const FIRST_MS: f64 = 200.0;
/// The longest wait, in milliseconds.
const LONGEST_MS: f64 = 20_000.0;

/// Milliseconds to wait before attempt number `attempt` (from 0), for a random number from 0 to 1: anywhere between
/// nothing and a ceiling that doubles ("full jitter", Marc Brooker, "Exponential Backoff and Jitter", 2015), so that
/// pages that lost the same server do not come back at the same moment.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 20,000")]
pub(crate) fn wait_ms(attempt: u32, random: f64) -> u64 {
    let ceiling = (FIRST_MS * f64::from(1_u32 << attempt.min(10))).min(LONGEST_MS);
    (ceiling * random.clamp(0.0, 1.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_twenty_seconds() {
        let ceilings: Vec<u64> = (0..10).map(|attempt| wait_ms(attempt, 1.0)).collect();
        assert_eq!(ceilings, [200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000, 20_000]);
        assert_eq!(wait_ms(u32::MAX, 1.0), 20_000);
    }

    #[test]
    fn the_wait_is_spread_over_everything_below_the_ceiling() {
        assert_eq!(wait_ms(3, 0.0), 0);
        assert_eq!(wait_ms(3, 0.5), 800);
    }
}
