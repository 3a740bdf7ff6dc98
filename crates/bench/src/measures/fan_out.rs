//! M1: what a delivered event costs the server, with thousands of sockets in one project and one change at a time, so
//! that each event travels in a frame of its own.

use std::time::Instant;

use anyhow::Result;

use super::Run;
use crate::{
    crowd::Crowd,
    machine,
    product::{Engine, Product, anchor_door},
    report::{Table, Target},
    subject::Subject,
};

/// Pages belong to this many people.
const N_PEOPLE: usize = 10;
/// Until the product has shown how long its events are on the wire.
const USUAL_BYTES: usize = 300;

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let (n_sockets, n_changes) = (run.n_sockets(run.pick(5_000, 300), 3), run.pick(60, 20));
    let mut table = Table::new(format!("M1 · fan-out, {n_sockets} sockets in one project"));
    let mut product = match &run.muster {
        Some(binary) => Some(Product::set_up(binary, Engine::Sqlite, &run.folder, N_PEOPLE, 1)?.restart()?),
        None => None,
    };
    let (floor, axum) = (Subject::anchor("floor")?, Subject::anchor("axum")?);
    // Crowd and bill of each subject; the product comes first, because it says how long an event is.
    let mut subjects = Vec::new();
    let mut n_bytes = USUAL_BYTES;
    if let Some(product) = &mut product {
        let doors = (0..n_sockets).map(|n| product.door(n % N_PEOPLE, 0)).collect::<Result<Vec<_>>>()?;
        let server = product.server.pid();
        let mut crowd = Crowd::of_product(product)?;
        let took = crowd.let_in(doors.into_iter().map(|door| (0, door)))?;
        table.note(format!("muster let {n_sockets} sockets in within {:.1} s.", took.as_secs_f64()));
        crowd.say(0)?;
        crowd.settle()?;
        n_bytes = crowd.n_bytes_of_event;
        subjects.push(("muster", server, crowd));
    }
    for (name, subject) in [("floor", &floor), ("bare axum", &axum)] {
        let mut crowd = Crowd::of_anchor(subject.addr, 1, n_bytes)?;
        crowd.let_in((0..n_sockets).map(|_| (0, anchor_door(subject.addr, 0))))?;
        subjects.push((name, subject.pid(), crowd));
    }
    table.note(format!("An event takes {n_bytes} bytes on the wire (target: ≤ 150 beyond its title and ids)."));

    for _ in 0..run.n_rounds() {
        for (name, server, crowd) in &mut subjects {
            let own = std::process::id();
            let (cpu_before, own_before) = (machine::cpu_us(*server)?, machine::cpu_us(own)?);
            let start = Instant::now();
            for _ in 0..n_changes {
                crowd.say(0)?;
                crowd.settle()?;
            }
            let (elapsed, n) = (start.elapsed(), f64::from(n_changes) * f64::from(u32::try_from(n_sockets)?));
            let (cpu, own) = (machine::cpu_us(*server)? - cpu_before, machine::cpu_us(own)? - own_before);
            table.add(&format!("{name}: CPU per delivery"), "µs", cpu / n);
            table.add(&format!("{name}: deliveries"), "/s", n / elapsed.as_secs_f64());
            table.add(&format!("load: CPU per delivery from {name}"), "µs", own / n);
        }
    }
    let floor = Some("floor: CPU per delivery");
    table.expect("muster: CPU per delivery", floor, Some(Target::TimesAtMost(1.5)));
    table.expect("bare axum: CPU per delivery", floor, None);
    table.expect("muster: deliveries", Some("floor: deliveries"), None);
    table.expect("bare axum: deliveries", Some("floor: deliveries"), None);
    Ok(table)
}
