//! M8: creating tasks over HTTP with everything on, against the bare database on the same disk.

use anyhow::Result;

use super::{Run, raw};
use crate::{
    callers::create_tasks,
    machine,
    product::{Engine, Product},
    report::{Table, Target, percentile},
};

const CLIENTS: [usize; 3] = [1, 8, 64];
const PROJECTS: [usize; 2] = [1, 64];
const N_PEOPLE: usize = 4;

/// What one engine has to reach at 1, 8 and 64 clients, times its raw rate.
struct Engines {
    name: &'static str,
    raw_url: String,
    product: Option<Product>,
    targets: [f64; 3],
}

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let mut table = Table::new("M8 · create a task over HTTP");
    let mut engines = Vec::new();
    let raw_folder = tempfile::Builder::new().prefix("raw-").tempdir_in(&run.folder)?;
    let raw_file = format!("sqlite://{}", raw_folder.path().join("raw.db").display());
    let mut places = vec![("SQLite", raw_file, Engine::Sqlite, [0.35, 0.35, 1.0])];
    if let Some(cluster) = &mut run.postgres {
        places.push(("PostgreSQL", cluster.database()?, Engine::Postgres(cluster.database()?), [0.5; 3]));
    }
    for (name, raw_url, engine, targets) in places {
        let product = match &run.muster {
            Some(binary) => Some(Product::set_up(binary, engine, &run.folder, N_PEOPLE, PROJECTS[1])?.restart()?),
            None => None,
        };
        engines.push(Engines { name, raw_url, product, targets });
    }
    for _ in 0..run.n_rounds() {
        table.add("the disk: 4 KiB and fdatasync", "/s", machine::syncs_per_second(raw_folder.path(), run.cell())?);
        for engine in &mut engines {
            for n_clients in CLIENTS {
                measure_cell(run, &mut table, engine, n_clients)?;
            }
        }
    }
    for engine in &engines {
        expect(&mut table, engine);
    }
    Ok(table)
}

fn measure_cell(run: &Run, table: &mut Table, engine: &mut Engines, n_clients: usize) -> Result<()> {
    let at = format!("{}, {n_clients} clients", engine.name);
    for work in ["insert", "pair"] {
        let rate = raw(&engine.raw_url, n_clients, run.cell(), work)?;
        table.add(&format!("{at}: raw {work}"), "/s", rate.per_s);
    }
    let Some(product) = &mut engine.product else { return Ok(()) };
    for n_projects in PROJECTS {
        let mut calls = create_tasks(product, n_clients, n_projects, run.cell())?;
        let label = format!("{at}: muster, {n_projects} projects");
        table.add(&label, "/s", calls.per_s);
        table.add(&format!("{label}, p50"), "ms", percentile(&mut calls.times_ms, 50.0));
        table.add(&format!("{label}, p99"), "ms", percentile(&mut calls.times_ms, 99.0));
        table.add(&format!("{label}, CPU of the server"), "µs", calls.cpu_us);
    }
    Ok(())
}

fn expect(table: &mut Table, engine: &Engines) {
    for (n_clients, target) in CLIENTS.into_iter().zip(engine.targets) {
        let at = format!("{}, {n_clients} clients", engine.name);
        for n_projects in PROJECTS {
            let label = format!("{at}: muster, {n_projects} projects");
            table.expect(&label, Some(&format!("{at}: raw insert")), Some(Target::TimesAtLeast(target)));
            let p50 = match n_clients {
                1 => Some(Target::AtMost(1.5)),
                8 => Some(Target::AtMost(4.0)),
                _ => None,
            };
            table.expect(&format!("{label}, p50"), None, p50);
        }
    }
}
