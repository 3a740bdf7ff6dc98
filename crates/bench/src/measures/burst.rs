//! M2: many teams at once: how many deliveries a second there can be, and how evenly they come.

use std::time::Duration;

use anyhow::Result;

use super::{Run, memory::ROOM};
use crate::{
    crowd::Crowd,
    product::{Engine, Product, anchor_door},
    report::{Table, Target, percentile},
    subject::Subject,
};

const N_PEOPLE: usize = 10;
/// Changes that are under way at any moment.
const IN_FLIGHT: usize = 64;

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let (n_rooms, in_flight) = (run.pick(100, 10), run.pick(IN_FLIGHT, 6));
    let (n_rooms, time) =
        ((run.n_sockets(n_rooms * ROOM, 3) / ROOM).max(in_flight + 1), run.pick(Duration::from_secs(4), run.cell()));
    let n_sockets = n_rooms * ROOM;
    let mut table = Table::new(format!("M2 · burst, {n_rooms} projects of {ROOM}, {in_flight} changes in flight"));
    let mut product = match &run.muster {
        Some(binary) => Some(Product::set_up(binary, Engine::Sqlite, &run.folder, N_PEOPLE, n_rooms)?.restart()?),
        None => None,
    };
    let (floor, axum) = (Subject::anchor("floor")?, Subject::anchor("axum")?);
    let mut subjects = Vec::new();
    for (name, subject) in [("floor", &floor), ("bare axum", &axum)] {
        let mut crowd = Crowd::of_anchor(subject.addr, n_rooms, 300)?;
        crowd.let_in((0..n_sockets).map(|n| (n % n_rooms, anchor_door(subject.addr, n % n_rooms))))?;
        subjects.push((name, crowd));
    }
    if let Some(product) = &mut product {
        let doors = (0..n_sockets).map(|n| Ok((n % n_rooms, product.door(n / n_rooms % N_PEOPLE, n % n_rooms)?)));
        let doors = doors.collect::<Result<Vec<_>>>()?;
        let mut crowd = Crowd::of_product(product)?;
        crowd.let_in(doors)?;
        subjects.push(("muster", crowd));
    }
    for _ in 0..run.n_rounds() {
        for (name, crowd) in &mut subjects {
            let per_s = crowd.burst(in_flight, time)?;
            let times = &mut crowd.latencies;
            let (p50, p99) = (percentile(times, 50.0), percentile(times, 99.0));
            table.add(&format!("{name}: deliveries"), "/s", per_s);
            table.add(&format!("{name}: said → heard p50"), "ms", p50);
            table.add(&format!("{name}: said → heard p99"), "ms", p99);
            table.add(&format!("{name}: p99 to p50"), "×", p99 / p50);
        }
    }
    table.expect("muster: deliveries", Some("floor: deliveries"), Some(Target::TimesAtLeast(1.0)));
    table.expect("bare axum: deliveries", Some("floor: deliveries"), None);
    table.expect("muster: p99 to p50", Some("floor: p99 to p50"), Some(Target::AtMost(4.0)));
    table.note("A change of Muster is a command over HTTP, authorised and durably committed before anybody hears of it; one of the floor is a text that it passes on.");
    Ok(table)
}
