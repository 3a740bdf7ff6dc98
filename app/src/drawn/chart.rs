//! The charts of the overview, as SVG. Colours come from classes; each chart tells its numbers as a text, too.

use model::Day;
use std::fmt::Write as _;

use super::{Told, pace};

type Weeks = [(Day, u32, u32)];

/// The step between the lines of a chart, and how many lines there are above zero, for numbers up to this.
fn steps(most: u32) -> (u32, u32) {
    let mut unit = 1;
    loop {
        for step in [unit, unit * 2, unit * 5] {
            if most <= step * 5 {
                return (step, most.div_ceil(step).max(1));
            }
        }
        unit *= 10;
    }
}

/// Where numbers lie on the screen: zero at the bottom, and so much for each line.
struct Scale {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    step: u32,
    n_lines: u32,
}

impl Scale {
    fn y(&self, n: u32) -> f64 {
        self.bottom - (self.bottom - self.top) * f64::from(n) / f64::from(self.step * self.n_lines)
    }

    /// The lines with their numbers.
    fn lines(&self, told: Told<'_>, out: &mut String) {
        for line in 0..=self.n_lines {
            let (n, class) = (line * self.step, if line == 0 { "axis" } else { "grid" });
            let _ = write!(
                out,
                "<line class=\"{class}\" x1=\"{}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                self.left,
                self.right,
                self.left - 8.0,
                self.y(n) + 3.5,
                told.number(n),
                y = self.y(n),
            );
        }
    }
}

/// What was there and what was done on each day, all days before it counted in.
pub(super) fn burn_up(told: Told<'_>, weeks: &Weeks) -> String {
    let (mut created, mut done) = told.before;
    let mut sums = vec![(created, done)];
    for day in &told.days {
        created += day.0;
        done += day.1;
        sums.push((created, done));
    }
    let (step, n_lines) = steps(created.max(1));
    let scale = Scale { left: 44.0, right: 746.0, top: 30.0, bottom: 224.0, step, n_lines };
    let n_days = f64::from(u32::try_from(told.days.len()).unwrap_or(1).max(1));
    let x =
        |place: usize| scale.left + (scale.right - scale.left) * f64::from(u32::try_from(place).unwrap_or(0)) / n_days;
    let (mut scope, mut line) = (String::new(), String::new());
    for (place, (created, done)) in sums.iter().enumerate() {
        let (x, y) = (x(place), scale.y(*created));
        let _ = if place == 0 { write!(scope, "M{x:.1} {y:.1}") } else { write!(scope, "H{x:.1}V{y:.1}") };
        let _ = write!(line, "{}{x:.1} {:.1}", if place == 0 { 'M' } else { 'L' }, scale.y(*done));
    }
    let today = told.today;
    let since = told.day(told.first);
    let mut out = format!(
        "<div class=\"panel-body\" tabindex=\"0\" role=\"group\" id=\"bu\" aria-label=\"Burn-up chart\">\
         <svg class=\"chart chart-wide\" viewBox=\"0 0 760 250\" role=\"img\" aria-labelledby=\"bu-t bu-d\">\
         <title id=\"bu-t\">Burn-up since {since}</title><desc id=\"bu-d\">{} of {} done by {}. Before {since} it was {} of {}.</desc>",
        told.number(done),
        told.tasks(created),
        told.day(today),
        told.number(told.before.1),
        told.number(told.before.0),
    );
    scale.lines(told, &mut out);
    for (week, (monday, ..)) in weeks.iter().enumerate().step_by(2) {
        let anchor = if week == 0 { "start" } else { "middle" };
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"244\" text-anchor=\"{anchor}\">{}</text>",
            x(week * 7),
            told.day(*monday)
        );
    }
    let (end, y_done, y_scope) = (x(told.days.len()), scale.y(done), scale.y(created));
    // Lines that end near each other have their labels apart.
    let below = if y_done - y_scope < 22.0 { y_done + 16.0 } else { y_done - 9.0 };
    let _ = write!(
        out,
        "<path class=\"done-area\" d=\"{line}V{bottom}H{left}Z\"/><path class=\"scope\" d=\"{scope}\"/>\
         <path class=\"done\" d=\"{line}\"/><circle class=\"pt\" cx=\"{end:.1}\" cy=\"{y_done:.1}\" r=\"4\"/>\
         <text class=\"lab\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} created</text>\
         <text class=\"lab\" x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"end\">{} done</text></svg>",
        y_scope - 8.0,
        told.number(created),
        told.number(done),
        at = end - 8.0,
        bottom = scale.bottom,
        left = scale.left,
    );
    out.push_str(&table(told, weeks));
    out.push_str("</div>");
    out
}

/// The same week by week, for those who hear it.
fn table(told: Told<'_>, weeks: &Weeks) -> String {
    let mut out = String::from(
        "<div class=\"vh\"><table><caption>Burn-up by week</caption><thead><tr><th scope=\"col\">Week of</th>\
         <th scope=\"col\">Created until then</th><th scope=\"col\">Done until then</th></tr></thead><tbody>",
    );
    let (mut created, mut done) = told.before;
    for (monday, more, finished) in weeks {
        created += more;
        done += finished;
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            told.day(*monday),
            told.number(created),
            told.number(done)
        );
    }
    out.push_str("</tbody></table></div>");
    out
}

/// What was done in each week.
pub(super) fn throughput(told: Told<'_>, weeks: &Weeks) -> String {
    let most = weeks.iter().map(|week| week.2).max().unwrap_or(0);
    let (step, n_lines) = steps(most.max(1));
    let scale = Scale { left: 28.0, right: 345.0, top: 28.0, bottom: 186.0, step, n_lines };
    let n = f64::from(u32::try_from(weeks.len()).unwrap_or(1).max(1));
    let wide = (scale.right - scale.left) / n;
    let average = pace(weeks);
    let told_weeks: Vec<String> = weeks
        .iter()
        .map(|(monday, _, done)| format!("week of {}: {}", told.day(*monday), told.number(*done)))
        .collect();
    let mut out = format!(
        "<div class=\"panel-body grow chart-fill\"><svg class=\"chart\" viewBox=\"0 0 345 212\" role=\"img\" \
         aria-labelledby=\"th-t th-d\"><title id=\"th-t\">Tasks done per week</title><desc id=\"th-d\">{}. \
         The four-week average is {}.</desc>",
        told_weeks.join(", "),
        told.tenths(average),
    );
    scale.lines(told, &mut out);
    for (place, (monday, _, done)) in weeks.iter().enumerate() {
        let middle = scale.left + wide * (f64::from(u32::try_from(place).unwrap_or(0)) + 0.5);
        let (y, class) = (scale.y(*done), if place + 1 == weeks.len() { "bar-now" } else { "bar" });
        if *done > 0 {
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"3\"/>",
                middle - wide * 0.31,
                wide * 0.62,
                scale.bottom - y
            );
        }
        let _ = write!(
            out,
            "<text class=\"lab\" x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            y - 5.0,
            told.number(*done)
        );
        // Every second week has its day, so that days do not touch; this week always has.
        if (weeks.len() - 1 - place).is_multiple_of(2) {
            let _ =
                write!(out, "<text x=\"{middle:.1}\" y=\"206\" text-anchor=\"middle\">{}</text>", told.day(*monday));
        }
    }
    if average > 0 {
        let y = scale.bottom
            - (scale.bottom - scale.top) * f64::from(average) / 10.0 / f64::from(scale.step * scale.n_lines);
        let _ = write!(
            out,
            "<line class=\"avg\" x1=\"{}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            scale.left, scale.right
        );
    }
    let _ = write!(
        out,
        "</svg><p class=\"tiny faint\">Four-week average: {}. This week counts until Sunday.</p></div>",
        told.tenths(average)
    );
    out
}

/// What somebody has to do: one piece for each task while they can be told apart, what is late first.
pub(super) fn load(n_open: u32, n_late: u32, most: u32) -> String {
    const WIDE: f64 = 240.0;
    let unit = (WIDE / f64::from(most.max(1))).min(34.0);
    let gap = if unit < 7.0 { 0.0 } else { 3.0 };
    let mut out = String::from("<svg viewBox=\"0 0 240 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut piece = |class: &str, from: u32, n: u32| {
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"0\" width=\"{:.1}\" height=\"10\" rx=\"2\"/>",
            f64::from(from) * unit,
            (f64::from(n) * unit - gap).max(0.5)
        );
    };
    if gap > 0.0 {
        for place in 0..n_open {
            piece(if place < n_late { "bad" } else { "open" }, place, 1);
        }
    } else {
        if n_late > 0 {
            piece("bad", 0, n_late);
        }
        if n_open > n_late {
            piece("open", n_late, n_open - n_late);
        }
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::{per_week, tests::told};

    #[test]
    fn lines_are_at_round_numbers_and_reach_over_all() {
        for (most, step, n_lines) in [
            (1, 1, 1),
            (5, 1, 5),
            (6, 2, 3),
            (14, 5, 3),
            (96, 20, 5),
            (101, 50, 3),
            (1_252, 500, 3),
            (999_999, 200_000, 5),
        ] {
            assert_eq!(steps(most), (step, n_lines), "{most}");
            assert!(step * n_lines >= most);
        }
    }

    #[test]
    fn charts_tell_their_numbers() {
        let (overview, reader) = (told(), model::Reader::default());
        let told = Told { overview: &overview, reader: &reader };
        let weeks = per_week(told);
        let drawn = burn_up(told, &weeks);
        assert!(drawn.contains("47 of 1,252 tasks done by 25 Nov. Before 5 Oct it was 40 of 1,200."), "{drawn}");
        assert!(drawn.contains("<th scope=\"row\">5 Oct</th><td>1,207</td><td>41</td>"), "{drawn}");
        let drawn = throughput(told, &weeks);
        assert!(drawn.contains("week of 16 Nov: 1, week of 23 Nov: 0. The four-week average is 1."), "{drawn}");
        assert_eq!(drawn.matches("<rect").count(), 7, "{drawn}");
    }

    #[test]
    fn few_tasks_are_counted_and_many_are_measured() {
        assert_eq!(load(3, 1, 4).matches("<rect").count(), 3);
        let many = load(100, 40, 100);
        assert_eq!(many.matches("<rect").count(), 2, "{many}");
        assert!(many.contains("width=\"96.0\"") && many.contains("x=\"96.0\" y=\"0\" width=\"144.0\""), "{many}");
    }
}
