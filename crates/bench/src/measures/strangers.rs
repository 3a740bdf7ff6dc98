//! What a stranger learns from the time that an answer takes: of a known address and of one that nobody has, the same.
//!
//! Both are asked about in turns, on one connection. Whether the times come from the same distribution is judged by the test of
//! Mann and Whitney (1947), which minds neither outliers nor the form of the distribution; how far they differ is told by Cliff's
//! delta (1993), from -1 to 1.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Run;
use crate::{
    product::{Line, Product},
    report::{Table, Target, median},
};

/// Two-sided, 1 % over all four forms (Bonferroni): beyond this the times differ.
const MOST_Z: f64 = 3.02;
/// As often may a password be wrong, and a link be asked for, before the answer is another one.
const EACH: usize = 4;

/// What is asked about an address.
struct Form {
    name: &'static str,
    path: &'static str,
    status: u16,
    body: fn(&str) -> Value,
}

const FORMS: [Form; 4] = [
    Form {
        name: "sign in",
        path: "/api/account/sign-in",
        status: 401,
        body: |email| json!({ "email": email, "password": "not the right one at all" }),
    },
    Form {
        name: "register",
        path: "/api/account/register",
        status: 200,
        body: |email| json!({ "name": "Ana", "email": email, "password": "quiet lamp over water" }),
    },
    Form {
        name: "forgotten password",
        path: "/api/account/forgot",
        status: 200,
        body: |email| json!({ "email": email }),
    },
    Form { name: "resend", path: "/api/account/resend", status: 200, body: |email| json!({ "email": email }) },
];

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let mut table = Table::new("Strangers · known and unknown addresses");
    let Some(binary) = run.muster.clone() else { return Ok(table) };
    let n_people = run.pick(50, 10);
    for (name, engine) in run.engines()? {
        let product = Product::set_up(&binary, engine, &run.folder, n_people, 0)?;
        let known: Vec<String> = (0..n_people).map(|n| format!("person{n}@bench.example")).collect();
        // Those who registered and did not open the link yet.
        let begun: Vec<String> = (0..n_people).map(|n| format!("begun{n}@bench.example")).collect();
        for email in &begun {
            product.ask(None, FORMS[1].path, &(FORMS[1].body)(email))?;
        }
        for form in FORMS {
            let known = if form.name == "resend" { &begun } else { &known };
            let times = times(&product, &form, known)?;
            tell(&mut table, &format!("{name}, {}", form.name), &times)?;
        }
    }
    table.note(format!(
        "The times cannot be told apart when |z| of the Mann–Whitney test is at most {MOST_Z} (1 % over four forms, two-sided)."
    ));
    Ok(table)
}

/// The times of the known and of the unknown, in milliseconds.
fn times(product: &Product, form: &Form, known: &[String]) -> Result<[Vec<f64>; 2]> {
    let mut line = Line::open(product.server.addr)?;
    let mut times = [Vec::new(), Vec::new()];
    for turn in 0..known.len() * EACH {
        let unknown = format!("{}-{turn}@nobody.example", form.path.len());
        let both = [known[turn % known.len()].as_str(), &unknown];
        // Whoever comes second is another one each time.
        for which in [turn % 2, (turn + 1) % 2] {
            let request = product.request(None, form.path, &(form.body)(both[which]))?;
            let start = Instant::now();
            let (status, head, _) = line.send(&request)?;
            times[which].push(start.elapsed().as_secs_f64() * 1e3);
            ensure!(status == form.status, "{}: {head}", form.name);
        }
    }
    Ok(times)
}

fn tell(table: &mut Table, label: &str, [known, unknown]: &[Vec<f64>; 2]) -> Result<()> {
    let (z, delta) = mann_whitney(known, unknown).context("nothing was measured")?;
    table.add(&format!("{label}: known, median of {}", known.len()), "ms", median(known));
    table.add(&format!("{label}: unknown, median of {}", unknown.len()), "ms", median(unknown));
    table.add(&format!("{label}: Cliff's delta"), "", delta);
    let row = format!("{label}: Mann–Whitney");
    table.add(&row, "|z|", z.abs()).expect(&row, None, Some(Target::AtMost(MOST_Z)));
    Ok(())
}

/// The standard score of U under the hypothesis that both are alike (normal approximation, good from twenty figures on), and
/// Cliff's delta. Times hardly ever tie, so that ties only share their ranks.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn mann_whitney(ones: &[f64], others: &[f64]) -> Option<(f64, f64)> {
    let (n, m) = (ones.len() as f64, others.len() as f64);
    if ones.is_empty() || others.is_empty() {
        return None;
    }
    let beats = |one: &f64| {
        let by = |other: &f64| if one > other { 1.0 } else { f64::from(u8::from((one - other).abs() == 0.0)) / 2.0 };
        others.iter().map(by).sum::<f64>()
    };
    let u: f64 = ones.iter().map(beats).sum();
    let spread = (n * m * (n + m + 1.0) / 12.0).sqrt();
    Some(((u - n * m / 2.0) / spread, 2.0 * u / (n * m) - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_tells_what_differs_from_what_does_not() {
        let of = |from: u32, step: u32| (0..40).map(|n| f64::from(from + n * step % 41)).collect::<Vec<f64>>();
        let (z, delta) = mann_whitney(&of(100, 7), &of(100, 11)).unwrap();
        assert!(z.abs() < 0.5 && delta.abs() < 0.1, "the same figures in another order: {z} {delta}");
        let (z, delta) = mann_whitney(&of(120, 7), &of(100, 11)).unwrap();
        assert!(z > MOST_Z && delta > 0.5, "later by half: {z} {delta}");
        // Hollander and Wolfe: {1, 2, 3} before {4, 5, 6} is U = 0.
        let (z, delta) = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert!((z + 1.964).abs() < 0.001 && (delta + 1.0).abs() < 1e-9, "{z} {delta}");
        assert!(mann_whitney(&[], &[1.0]).is_none());
    }
}
