//! How many tests passed and failed, and which failed, read from what the test runners print.
//!
//! Must not know: who runs the runners.

use std::fmt;

/// Counts of tests.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    /// A test that did not run to its end, or passed only when tried again, is here too.
    pub(crate) failed: u64,
    /// Which tests failed, as their runner names them, so that nobody has to look for them.
    pub(crate) names: Vec<String>,
}

impl Tally {
    /// Adds the counts of another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.names.extend(other.names.iter().cloned());
    }

    fn name(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Hears one line of `cargo nextest run`. Its summary: `Summary [   1.2s] 9 tests run: 7 passed (1 slow), 2 failed, 1 skipped`.
    /// A test that failed: `FAIL [   0.9s] (289/404) muster-service::service door::once`.
    pub(crate) fn hear_nextest(&mut self, line: &str) {
        if let Some((_, name)) = line.trim_start().strip_prefix("FAIL [").and_then(|rest| rest.split_once("] ")) {
            self.name(name.split_once(") ").map_or(name, |(_, name)| name).trim());
        }
        let Some((_, counts)) = line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: "))
        else {
            return;
        };
        for count in counts.split(", ") {
            match split_count(count) {
                Some((n, what)) if what.starts_with("passed") => self.passed += n,
                Some((n, what)) if ["failed", "exec failed", "timed out"].iter().any(|bad| what.starts_with(bad)) => {
                    self.failed += n;
                }
                _ => (),
            }
        }
    }

    /// Hears one line of `cargo test`. Its summary: `test result: FAILED. 3 passed; 1 failed; 0 ignored; …`.
    pub(crate) fn hear_cargo_test(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for count in counts.split("; ") {
            match split_count(count) {
                Some((n, "passed")) => self.passed += n,
                Some((n, "failed")) => self.failed += n,
                _ => (),
            }
        }
    }

    /// Hears one line of Playwright. Its summary has a line for each outcome: `  3 passed (12.0s)`, `  1 failed`,
    /// and below the latter one for each test: `    tests/hand.spec.ts:159:1 › an undo is refused ────`.
    pub(crate) fn hear_playwright(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("    ").and_then(|line| line.strip_suffix('─'))
            && name.contains(".spec.ts:")
        {
            self.name(name.trim_end_matches('─').trim());
        }
        let Some(count) = line.strip_prefix("  ") else { return };
        match split_count(count) {
            Some((n, what)) if what == "passed" || what.starts_with("passed (") => self.passed += n,
            Some((n, "failed" | "flaky" | "interrupted" | "timed out" | "did not run")) => self.failed += n,
            _ => (),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// `12 passed (1 slow)` → 12 and the words.
fn split_count(text: &str) -> Option<(u64, &str)> {
    let (number, what) = text.split_once(' ')?;
    Some((number.parse().ok()?, what.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_heard(hear: impl Fn(&mut Tally, &str), lines: &[&str], passed: u64, failed: u64) {
        let mut tally = Tally::default();
        for line in lines {
            hear(&mut tally, line);
        }
        assert_eq!((tally.passed, tally.failed), (passed, failed), "{lines:?}");
    }

    #[test]
    fn nextest_says_how_many_ran_to_a_good_or_a_bad_end() {
        assert_heard(Tally::hear_nextest, &["     Summary [   0.013s] 24 tests run: 24 passed, 0 skipped"], 24, 0);
        let busy = "     Summary [  61.200s] 9/12 tests run: 5 passed (2 slow, 1 flaky), 1 failed, 2 exec failed, 1 timed out, 3 skipped";
        assert_heard(Tally::hear_nextest, &[busy], 5, 4);
        assert_heard(Tally::hear_nextest, &["        PASS [   0.005s] ( 1/24) xtask a::b"], 0, 0);
    }

    #[test]
    fn cargo_test_says_it_once_for_each_binary() {
        let lines = [
            "running 2 tests",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        ];
        assert_heard(Tally::hear_cargo_test, &lines, 3, 3);
    }

    #[test]
    fn playwright_says_it_in_a_line_for_each_outcome() {
        let lines = [
            "  2 failed",
            "    [chromium] › a.spec.ts:3:1 › 12 passed",
            "  1 flaky",
            "  4 did not run",
            "  1 skipped",
            "  7 passed (1.2m)",
        ];
        assert_heard(Tally::hear_playwright, &lines, 7, 7);
    }

    #[test]
    fn what_failed_is_named_once() {
        let mut tally = Tally::default();
        for _ in 0..2 {
            tally.hear_nextest("        FAIL [   0.926s] (289/404) muster-service::service door::once");
            tally.hear_playwright("    tests/hand.spec.ts:159:1 › an undo is refused ────────");
            tally.hear_playwright("    at tests/hand.spec.ts:159:1");
        }
        assert_eq!(
            tally.names,
            ["muster-service::service door::once", "tests/hand.spec.ts:159:1 › an undo is refused"]
        );
    }

    #[test]
    fn the_sum_is_said_in_one_short_line() {
        let mut sum = Tally { passed: 2, ..Tally::default() };
        sum.add(&Tally { passed: 3, failed: 1, ..Tally::default() });
        assert_eq!(sum.to_string(), "5 passed, 1 failed");
    }
}
