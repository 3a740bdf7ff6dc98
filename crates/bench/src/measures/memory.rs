//! M5: what a socket of a signed-in page costs in memory, and what the server takes when nobody is there.

use std::{thread, time::Duration};

use anyhow::Result;

use super::Run;
use crate::{
    crowd::Crowd,
    product::{Engine, Product, anchor_door},
    report::{Table, Target},
    subject::Subject,
};

const N_PEOPLE: usize = 10;
/// Sockets per project, as in a team.
pub const ROOM: usize = 50;
const MEGABYTE: f64 = 1e6;

/// Measures it.
pub fn measure(run: &Run) -> Result<Table> {
    let n_sockets = run.n_sockets(run.pick(10_000, 500), 1);
    let rest = run.pick(Duration::from_secs(20), Duration::from_secs(1));
    let mut table = Table::new(format!("M5 · memory, {n_sockets} sockets in projects of {ROOM}"));
    for name in ["floor", "axum"] {
        let server = Subject::anchor(name)?;
        let idle = server.resident_bytes()?;
        let mut crowd = Crowd::of_anchor(server.addr, n_sockets / ROOM, 300)?;
        crowd.let_in(
            (0..n_sockets)
                .map(|n| (n / ROOM % (n_sockets / ROOM), anchor_door(server.addr, n / ROOM % (n_sockets / ROOM)))),
        )?;
        thread::sleep(rest);
        add(&mut table, name, idle, server.resident_bytes()?, n_sockets)?;
    }
    if let Some(binary) = &run.muster {
        let product = Product::set_up(binary, Engine::Sqlite, &run.folder, N_PEOPLE, n_sockets / ROOM)?;
        // What signing in took is not what sockets take: a fresh process has not signed anybody in.
        let mut product = product.restart()?;
        table.add("muster: start to ready", "s", product.server.ready_after.as_secs_f64());
        table.expect("muster: start to ready", None, Some(Target::AtMost(0.3)));
        thread::sleep(Duration::from_secs(2));
        let (pid, idle) = (product.server.pid(), product.server.resident_bytes()?);
        let n_rooms = n_sockets / ROOM;
        let doors = (0..n_sockets)
            .map(|n| Ok((n / ROOM % n_rooms, product.door(n % N_PEOPLE, n / ROOM % n_rooms)?)))
            .collect::<Result<Vec<_>>>()?;
        let mut crowd = Crowd::of_product(&mut product)?;
        let took = crowd.let_in(doors)?;
        table.note(format!("muster let {n_sockets} sockets in within {:.1} s.", took.as_secs_f64()));
        // Sockets that nobody reads would hold the server's beats back.
        let start = std::time::Instant::now();
        while start.elapsed() < rest {
            crowd.hear(Duration::from_millis(100))?;
        }
        add(&mut table, "muster", idle, crate::machine::resident_bytes(pid)?, n_sockets)?;
        table.expect("muster: idle", None, Some(Target::AtMost(30.0)));
        table.expect("muster: per socket", None, Some(Target::AtMost(14.0)));
    }
    Ok(table)
}

fn add(table: &mut Table, name: &str, idle: f64, full: f64, n_sockets: usize) -> Result<()> {
    let per_socket = (full - idle) / f64::from(u32::try_from(n_sockets)?);
    table.add(&format!("{name}: idle"), "MB", idle / MEGABYTE);
    table.add(&format!("{name}: per socket"), "kB", per_socket / 1e3);
    Ok(())
}
