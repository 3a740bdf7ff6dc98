//! Answers whose time tells nothing: they come at the beats of a clock that starts with the request.
//!
//! Whether an address has an account decides how much there is to do: a mail to be written, rows to be stored. A stranger who
//! measures would see it. So such answers wait for the next beat, and what took less is the same (OWASP ASVS 5.0, 6.3.8).

use std::{future::Future, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Longer than what is done takes on a machine that is not overloaded: a hash of a password and a commit.
const BEAT: Duration = Duration::from_millis(250);

/// Does the work, and if its end is one that is to tell nothing, waits for the next beat.
pub(crate) async fn evenly<T>(work: impl Future<Output = T>, hides: impl Fn(&T) -> bool) -> T {
    let begun = Instant::now();
    let done = work.await;
    if hides(&done) {
        sleep_until(begun + next_beat(begun.elapsed())).await;
    }
    done
}

/// The first beat after so much time.
fn next_beat(elapsed: Duration) -> Duration {
    let beats = elapsed.as_millis() / BEAT.as_millis() + 1;
    BEAT * u32::try_from(beats).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_longer_does_not_show() {
        for (work_ms, answered_ms) in [(0, 250), (40, 250), (249, 250), (250, 500), (251, 500), (1_999, 2_000)] {
            assert_eq!(next_beat(Duration::from_millis(work_ms)), Duration::from_millis(answered_ms), "{work_ms}");
        }
    }
}
