//! What was measured, as tables: the median of the rounds, the worst round, and the ratio to an anchor of the same round.
//!
//! Must not know: how anything is measured.

use std::fmt;

use anyhow::Result;

/// An anchor that moves more than this between rounds makes ratios doubtful.
const STEADY: f64 = 0.15;

/// What a figure has to reach.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No more than this, times the anchor.
    TimesAtMost(f64),
    /// No less than this, times the anchor.
    TimesAtLeast(f64),
}

struct Row {
    label: String,
    unit: &'static str,
    rounds: Vec<f64>,
    anchor: Option<String>,
    target: Option<Target>,
}

/// One measurement: rows of figures, a figure per round.
#[derive(Default)]
pub struct Table {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    /// An empty one.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a round's figure to its row; the first one makes the row.
    pub fn add(&mut self, label: &str, unit: &'static str, figure: f64) -> &mut Self {
        if let Some(row) = self.rows.iter_mut().find(|r| r.label == label) {
            row.rounds.push(figure);
        } else {
            self.rows.push(Row { label: label.to_owned(), unit, rounds: vec![figure], anchor: None, target: None });
        }
        self
    }

    /// Says what a row has to reach, and which row is its anchor.
    pub fn expect(&mut self, label: &str, anchor: Option<&str>, target: Option<Target>) -> &mut Self {
        if let Some(row) = self.rows.iter_mut().find(|r| r.label == label) {
            (row.anchor, row.target) = (anchor.map(str::to_owned), target);
        }
        self
    }

    /// Adds a sentence below the rows.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    fn anchor_of(&self, row: &Row) -> Option<&Row> {
        self.rows.iter().find(|r| Some(&r.label) == row.anchor.as_ref())
    }

    /// The anchors that moved, with how much of their median lies between their best and their worst round.
    fn moved(&self) -> Vec<(&str, f64)> {
        let mut anchors: Vec<&Row> = self.rows.iter().filter_map(|r| self.anchor_of(r)).collect();
        anchors.sort_by_key(|r| &r.label);
        anchors.dedup_by_key(|r| &r.label);
        let spread = |r: &Row| {
            let most = r.rounds.iter().copied().fold(f64::MIN, f64::max);
            let least = r.rounds.iter().copied().fold(f64::MAX, f64::min);
            (most - least) / median(&r.rounds)
        };
        anchors.into_iter().map(|r| (r.label.as_str(), spread(r))).filter(|(_, s)| *s > STEADY).collect()
    }
}

/// Measures again while an anchor moves, so many times at most; the last table says so if it never stood still.
pub fn steadily(attempts: usize, mut measure: impl FnMut() -> Result<Table>) -> Result<Table> {
    let mut attempt = 1;
    loop {
        let mut table = measure()?;
        let moved: Vec<String> =
            table.moved().iter().map(|(label, spread)| format!("“{label}” by {:.0} %", spread * 100.0)).collect();
        if moved.is_empty() {
            return Ok(table);
        }
        eprintln!("attempt {attempt}: anchors moved: {}", moved.join(", "));
        if attempt >= attempts {
            table
                .note(format!("Provisional: in attempt {attempt} of {attempts}, anchors moved: {}.", moved.join(", ")));
            return Ok(table);
        }
        attempt += 1;
    }
}

/// A row with what follows from its rounds: what is printed, wherever it is printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What was measured.
    pub label: String,
    /// In what; what ends with `/s` is better when it is more.
    pub unit: &'static str,
    /// The middle round.
    pub median: f64,
    /// The worst round.
    pub worst: f64,
    /// How many times its anchor it is, in the middle round and in the worst.
    pub times: Option<(f64, f64)>,
    /// What it has to reach, in words; empty if nothing.
    pub target: String,
    /// Whether it does.
    pub is_met: Option<bool>,
    is_ratio: bool,
}

impl Line {
    /// The figure that is held against the target.
    #[must_use]
    pub fn reached(&self) -> String {
        match self.times {
            Some((times, _)) if self.is_ratio => format!("{times:.2} ×"),
            _ => format!("{} {}", short(self.median), self.unit),
        }
    }

    /// Whether it is met, in a word.
    #[must_use]
    pub const fn verdict(&self) -> &'static str {
        match self.is_met {
            None => "",
            Some(true) => "met",
            Some(false) => "**missed**",
        }
    }
}

impl Table {
    /// What was measured, and how much of it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The rows, in their order.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &Row) -> Line {
        let worst = if row.unit.ends_with("/s") { f64::min } else { f64::max };
        let worst_of = |rounds: &[f64]| rounds.iter().copied().reduce(worst).unwrap_or(f64::NAN);
        let ratios: Option<Vec<f64>> = self
            .anchor_of(row)
            .map(|anchor| row.rounds.iter().zip(&anchor.rounds).map(|(figure, anchor)| figure / anchor).collect());
        let times = ratios.as_deref().map(|ratios| (median(ratios), worst_of(ratios)));
        let (middle, ratio) = (median(&row.rounds), times.map_or(f64::NAN, |(ratio, _)| ratio));
        let (target, is_met) = match row.target {
            None => (String::new(), None),
            Some(Target::AtMost(n)) => (format!("≤ {n} {}", row.unit), Some(middle <= n)),
            Some(Target::TimesAtMost(n)) => (format!("≤ {n} ×"), Some(ratio <= n)),
            Some(Target::TimesAtLeast(n)) => (format!("≥ {n} ×"), Some(ratio >= n)),
        };
        Line {
            label: row.label.clone(),
            unit: row.unit,
            median: middle,
            worst: worst_of(&row.rounds),
            times,
            target,
            is_met,
            is_ratio: matches!(row.target, Some(Target::TimesAtMost(_) | Target::TimesAtLeast(_))),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n", self.title)?;
        writeln!(f, "| | median | worst round | × anchor | worst × | target | |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---|---|")?;
        for line in self.lines() {
            let (times, worst_times) = line
                .times
                .map_or_else(Default::default, |(times, worst)| (format!("{times:.2}"), format!("{worst:.2}")));
            writeln!(
                f,
                "| {} | {} {} | {} | {times} | {worst_times} | {} | {} |",
                line.label,
                short(line.median),
                line.unit,
                short(line.worst),
                line.target,
                line.verdict(),
            )?;
        }
        writeln!(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// Three figures that count.
pub(crate) fn short(n: f64) -> String {
    match n.abs() {
        100.0.. => format!("{n:.0}"),
        10.0.. => format!("{n:.1}"),
        _ => format!("{n:.2}"),
    }
}

/// The middle one; of an even number, the upper of both.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    percentile(&mut figures.to_vec(), 50.0)
}

/// The smallest figure that is not below so many percent of them. Sorts them; not a number if there are none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index")]
pub fn percentile(figures: &mut [f64], percent: f64) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let index = (figures.len() as f64 * percent / 100.0) as usize;
    figures.get(index.min(figures.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_figure_that_was_measured() {
        let mut figures = vec![5.0, 1.0, 3.0, 2.0, 4.0];
        for (percent, expected) in [(0.0, 1.0), (50.0, 3.0), (99.0, 5.0), (100.0, 5.0)] {
            assert_eq!(percentile(&mut figures, percent).to_bits(), f64::to_bits(expected));
        }
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_ratio_is_taken_round_by_round_and_a_moving_anchor_is_told() {
        let mut measured = 0;
        let table = steadily(3, || {
            measured += 1;
            let mut table = Table::new("M0");
            for (floor, muster) in [(10.0, 12.0), (20.0, 22.0), (30.0, 60.0)] {
                table.add("floor", "µs", floor).add("muster", "µs", muster);
            }
            table.expect("muster", Some("floor"), Some(Target::TimesAtMost(1.5)));
            Ok(table)
        });
        let text = table.unwrap().to_string();
        assert_eq!(measured, 3);
        assert!(text.contains("| muster | 22.0 µs | 60.0 | 1.20 | 2.00 | ≤ 1.5 × | met |"), "{text}");
        assert!(text.contains("“floor” by 100 %"), "{text}");
    }
}
