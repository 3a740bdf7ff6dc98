//! What guessing does to others: a hundred wrong sign-ins at once, and meanwhile somebody who works.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anyhow::{Result, ensure};
use serde_json::json;

use super::Run;
use crate::{
    product::{Line, Product},
    report::{Table, Target, percentile},
};

/// How many guess at once.
const GUESSES: usize = 100;

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let mut table = Table::new("Guesses · 100 wrong sign-ins at once");
    let Some(binary) = run.muster.clone() else { return Ok(table) };
    for (name, engine) in run.engines()? {
        let product = Product::set_up(&binary, engine, &run.folder, 2, 1)?;
        for round in 0..run.n_rounds() {
            let one = |_: usize| "person1@bench.example".to_owned();
            guess(&mut table, &product, &format!("{name}, one address"), one)?;
            let many = |n: usize| format!("nobody{round}-{n}@bench.example");
            guess(&mut table, &product, &format!("{name}, a hundred addresses"), many)?;
        }
        // Whose address was guessed at comes in all the while with a browser that is known.
        let right = json!({ "email": "person1@bench.example", "password": Product::PASSWORD });
        let (status, head, _) =
            Line::open(product.server.addr)?.send(&product.request(Some(1), "/api/account/sign-in", &right)?)?;
        ensure!(status == 200, "the owner is locked out: {head}");
    }
    table.note("Whose address was guessed at could sign in with a known browser after all rounds.");
    Ok(table)
}

/// Guesses, and asks as somebody else for their projects until all guesses are answered.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn guess(table: &mut Table, product: &Product, label: &str, whom: impl Fn(usize) -> String) -> Result<()> {
    let requests = (0..GUESSES)
        .map(|n| {
            let form = json!({ "email": whom(n), "password": "not the right one at all" });
            product.request(None, "/api/account/sign-in", &form)
        })
        .collect::<Result<Vec<_>>>()?;
    let work = product.request(Some(0), "/api/ask", &json!({ "question": "home" }))?;
    let (n_left, mut times_ms, mut line) = (AtomicUsize::new(GUESSES), Vec::new(), Line::open(product.server.addr)?);
    let addr = product.server.addr;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guessing: Vec<_> = requests
            .iter()
            .map(|request| {
                let n_left = &n_left;
                scope.spawn(move || {
                    let answer = Line::open(addr).and_then(|mut line| line.send(request));
                    n_left.fetch_sub(1, Ordering::SeqCst);
                    answer.map(|(status, ..)| status)
                })
            })
            .collect();
        while n_left.load(Ordering::SeqCst) > 0 {
            let start = Instant::now();
            line.ask(&work)?;
            times_ms.push(start.elapsed().as_secs_f64() * 1e3);
        }
        guessing.into_iter().map(|one| one.join().unwrap_or_else(|_| Ok(0))).collect::<Result<_>>()
    })?;
    let n = |status: u16| statuses.iter().filter(|s| **s == status).count();
    ensure!(n(401) + n(429) + n(503) == GUESSES, "other answers than expected: {statuses:?}");
    table.add(&format!("{label}: heard (401)"), "of 100", n(401) as f64);
    table.add(&format!("{label}: too many (429)"), "of 100", n(429) as f64);
    table.add(&format!("{label}: sent away for a moment (503)"), "of 100", n(503) as f64);
    let (p50, p99) = (format!("{label}: the others' work, p50"), format!("{label}: the others' work, p99"));
    table.add(&p50, "ms", percentile(&mut times_ms, 50.0));
    table.add(&p99, "ms", percentile(&mut times_ms, 99.0)).expect(&p99, None, Some(Target::AtMost(500.0)));
    Ok(())
}
