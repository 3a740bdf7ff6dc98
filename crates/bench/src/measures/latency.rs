//! M3: how long an event takes to its readers while many sit quietly around; M4: how long from a command to another
//! client's eyes.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Run, memory::ROOM};
use crate::{
    crowd::Crowd,
    product::{Engine, Product, anchor_door},
    report::{Table, Target, percentile},
    subject::Subject,
};

const N_PEOPLE: usize = 10;

/// M3: 2,000 deliveries per second, in projects of fifty.
pub fn measure_delivery(run: &Run) -> Result<Table> {
    let n_sockets = run.n_sockets(run.pick(10_000, 500), 3) / ROOM * ROOM;
    let n_rooms = n_sockets / ROOM;
    let (tick, n_ticks) = (Duration::from_millis(25), run.pick(320, 40));
    let mut table = Table::new(format!("M3 · delivery latency at 2,000/s, {n_sockets} sockets in projects of {ROOM}"));
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
            speak_evenly(crowd, n_rooms, tick, n_ticks)?;
            add(&mut table, name, "said → heard", &mut crowd.latencies);
            if !crowd.answers.is_empty() {
                add(&mut table, name, "said → answered", &mut crowd.answers);
            }
        }
    }
    for (percent, times) in [("p50", 1.5), ("p99", 2.0)] {
        let label = |name: &str| format!("{name}: said → heard {percent}");
        table.expect(&label("muster"), Some(&label("floor")), Some(Target::TimesAtMost(times)));
        table.expect(&label("bare axum"), Some(&label("floor")), None);
    }
    table.note("Of muster, “said → heard” has the durable commit in it; “said → answered” is the same commit as its author sees it.");
    Ok(table)
}

/// One change per tick, each to the next project.
fn speak_evenly(crowd: &mut Crowd<'_>, n_rooms: usize, tick: Duration, n_ticks: u32) -> Result<()> {
    crowd.hear(Duration::ZERO)?;
    crowd.latencies.clear();
    crowd.answers.clear();
    let start = Instant::now();
    for n in 0..n_ticks {
        let due = start + tick * n;
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() && crowd.is_free() {
                break;
            }
            // epoll waits in whole milliseconds; the last one is spent asking.
            crowd.hear(left.saturating_sub(Duration::from_millis(1)))?;
        }
        crowd.say(n as usize % n_rooms)?;
    }
    crowd.settle()
}

/// M4: one change at a time, one other client, on each engine.
pub fn measure_command(run: &mut Run) -> Result<Table> {
    let n_changes = run.pick(400, 50);
    let mut table = Table::new("M4 · command → event at another client");
    let mut products = Vec::new();
    if let Some(binary) = &run.muster {
        let mut engines = vec![("muster on SQLite", Engine::Sqlite)];
        if let Some(cluster) = &mut run.postgres {
            engines.push(("muster on PostgreSQL", Engine::Postgres(cluster.database()?)));
        }
        for (name, engine) in engines {
            products.push((name, Product::set_up(binary, engine, &run.folder, 2, 1)?.restart()?));
        }
    }
    let floor = Subject::anchor("floor")?;
    let mut crowd = Crowd::of_anchor(floor.addr, 1, 300)?;
    crowd.let_in([(0, anchor_door(floor.addr, 0))])?;
    let mut subjects = vec![("floor", crowd)];
    for (name, product) in &mut products {
        let door = product.door(1, 0)?;
        let mut crowd = Crowd::of_product(product)?;
        crowd.let_in([(0, door)])?;
        subjects.push((name, crowd));
    }
    for _ in 0..run.n_rounds() {
        for (name, crowd) in &mut subjects {
            for _ in 0..n_changes {
                crowd.say(0)?;
                crowd.settle()?;
            }
            add(&mut table, name, "said → heard", &mut crowd.latencies);
        }
    }
    for (name, _) in &subjects[1..] {
        table.expect(&format!("{name}: said → heard p50"), None, Some(Target::AtMost(2.0)));
        table.expect(&format!("{name}: said → heard p99"), None, Some(Target::AtMost(6.0)));
    }
    Ok(table)
}

/// Moves the times of a round into the table.
fn add(table: &mut Table, name: &str, what: &str, times_ms: &mut Vec<f64>) {
    for (label, percent) in [("p50", 50.0), ("p99", 99.0)] {
        table.add(&format!("{name}: {what} {label}"), "ms", percentile(times_ms, percent));
    }
    times_ms.clear();
}
