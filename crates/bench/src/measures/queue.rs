//! The queue of jobs on one node: jobs that do nothing, beside the least that a database can do for a job.

use anyhow::Result;

use super::{Run, part, raw};
use crate::{
    queue::Rate,
    report::{Table, Target},
};

/// With so many clients the raw cycle is measured: alone, and as many as the queue has writers for.
const CLIENTS: [usize; 2] = [1, 8];

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let mut table = Table::new("Queue · jobs that do nothing, one node");
    let folder = tempfile::Builder::new().prefix("queue-").tempdir_in(&run.folder)?;
    let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let mut places = vec![("SQLite", file("raw.db"), file("queue.db"))];
    if let Some(cluster) = &mut run.postgres {
        places.push(("PostgreSQL", cluster.database()?, cluster.database()?));
    }
    let (jobs, paced) = (run.pick("20000", "1000"), run.pick("500", "50"));
    for _ in 0..run.n_rounds() {
        for (name, raw_url, url) in &places {
            for n_clients in CLIENTS {
                let rate = raw(raw_url, n_clients, run.cell(), "cycle")?;
                table.add(&cycle(name, n_clients), "/s", rate.per_s);
            }
            let rate: Rate = part(&["queue", "--url", url, "--jobs", jobs, "--paced", paced])?;
            table.add(&format!("{name}: jobs enqueued, run and finished"), "/s", rate.per_s);
            table.add(&format!("{name}: enqueue → start, p50"), "ms", rate.p50_ms);
            table.add(&format!("{name}: enqueue → start, p99"), "ms", rate.p99_ms);
        }
    }
    for (name, ..) in &places {
        let label = format!("{name}: jobs enqueued, run and finished");
        table.expect(&label, Some(&cycle(name, CLIENTS[1])), Some(Target::TimesAtLeast(1.0)));
    }
    table.note(
        "Jobs are enqueued 50 in a transaction, by four at once, and run 64 at once. “Enqueue → start” is from the call that \
         enqueues one job, 100 a second, to its first line: two durable commits lie between.",
    );
    Ok(table)
}

fn cycle(engine: &str, n_clients: usize) -> String {
    format!("{engine}: raw insert, update and delete, {n_clients} clients")
}
