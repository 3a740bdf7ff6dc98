//! M7: everybody comes back at the same moment, each a hundred events behind, as after a server's restart.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{Run, memory::ROOM};
use crate::{
    machine,
    product::{Engine, Product, anchor_door},
    report::{Table, Target, percentile},
    storm::{Comer, Storm},
    subject::Subject,
};

const N_PEOPLE: usize = 10;
/// How many events each has missed.
const BEHIND: usize = 100;
/// A server that has not noticed by then that its sockets are gone has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let n_rooms = (run.n_sockets(run.pick(5_000, 300), 2) / ROOM).max(1);
    let n_sockets = n_rooms * ROOM;
    let mut table = Table::new(format!("M7 · {n_sockets} clients come back at once, each {BEHIND} events behind"));
    let product = match &run.muster {
        Some(binary) => {
            let mut product = Product::set_up(binary, Engine::Sqlite, &run.folder, N_PEOPLE, n_rooms)?;
            (0..n_rooms).try_for_each(|room| product.fill(room, BEHIND))?;
            // As after a deployment: nothing is in memory yet.
            Some(product.restart()?)
        }
        None => None,
    };
    let floor = Subject::anchor("floor")?;
    for _ in 0..run.n_rounds() {
        let all = (0..n_sockets).map(|n| Comer { door: anchor_door(floor.addr, n % n_rooms), since: 0, head: 0 });
        add(&mut table, "floor", floor.pid(), all.collect())?;
        let Some(product) = &product else { continue };
        let all = (0..n_sockets).map(|n| comer(product, n / n_rooms % N_PEOPLE, n % n_rooms)).collect::<Result<_>>()?;
        add(&mut table, "muster", product.server.pid(), all)?;
        wait_until_empty(product)?;
    }
    let floor = Some("floor: all are there");
    table.expect("muster: all are there", floor, Some(Target::AtMost(3.0)));
    table.expect("muster: CPU per client", Some("floor: CPU per client"), None);
    table.note(
        "A client of the floor is there when it is connected; one of Muster has been recognised, follows three streams, and has read \
         each event that it had missed once and in order. One that is lost or doubled breaks the measurement off.",
    );
    Ok(table)
}

fn comer(product: &Product, person: usize, room: usize) -> Result<Comer> {
    let (head, behind) = (product.projects[room].head, i64::try_from(BEHIND)?);
    Ok(Comer { door: product.door_since(person, room, head - behind)?, since: head - behind, head })
}

fn add(table: &mut Table, name: &str, server: u32, comers: Vec<Comer>) -> Result<()> {
    let (n, cpu) = (f64::from(u32::try_from(comers.len())?), machine::cpu_us(server)?);
    let storm = Storm::come(comers)?;
    let cpu = machine::cpu_us(server)? - cpu;
    let mut times = storm.times_ms();
    table.add(&format!("{name}: half are there"), "s", percentile(&mut times, 50.0) / 1e3);
    table.add(&format!("{name}: all are there"), "s", percentile(&mut times, 100.0) / 1e3);
    table.add(&format!("{name}: CPU per client"), "µs", cpu / n);
    Ok(())
}

/// Waits until the server has let go of all sockets, so that the next round begins like the first.
fn wait_until_empty(product: &Product) -> Result<()> {
    let start = Instant::now();
    loop {
        let (_, text) = product.get(0, "/metrics")?;
        let text = String::from_utf8(text)?;
        let line = text.lines().find_map(|line| line.strip_prefix("muster_live_sockets "));
        if line.context("sockets are not counted")?.trim() == "0" {
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "sockets are still there after {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
