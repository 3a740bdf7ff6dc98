//! M9: reading a whole board, as a page does when it opens.

use std::{io::Write, time::Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::Run;
use crate::{
    product::{Line, Product},
    report::{Table, Target, percentile},
};

/// What the server compresses answers with.
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 22;

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let mut table = Table::new("M9 · read a board");
    let Some(binary) = run.muster.clone() else { return Ok(table) };
    for (name, engine) in run.engines()? {
        let mut product = Product::set_up(&binary, engine, &run.folder, 8, 2)?;
        for (project, n_tasks, most_ms) in [(0, 1_000, 5.0), (1, run.pick(10_000, 2_000), 40.0)] {
            product.fill(project, n_tasks)?;
            let n_reads = run.pick(60, 10);
            for _ in 0..run.n_rounds() {
                read(&mut table, &product, project, n_tasks, n_reads, name)?;
            }
            let label = format!("{name}, {n_tasks} tasks");
            table.expect(&format!("{label}: p50"), None, Some(Target::AtMost(most_ms)));
            table.expect(&format!("{label}: per task, brotli {BROTLI_QUALITY}"), None, Some(Target::AtMost(150.0)));
        }
    }
    Ok(table)
}

fn read(
    table: &mut Table,
    product: &Product,
    project: usize,
    n_tasks: usize,
    n_reads: u32,
    engine: &str,
) -> Result<()> {
    let request = product.request(
        Some(0),
        "/api/ask",
        &json!({ "question": { "board": { "key": product.projects[project].key } } }),
    )?;
    let mut line = Line::open(product.server.addr)?;
    let (mut times_ms, mut body) = (Vec::new(), Vec::new());
    let cpu = product.server.cpu_us()?;
    for _ in 0..n_reads {
        let start = Instant::now();
        body = line.ask(&request).context("reading a board")?.1;
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let cpu_ms = (product.server.cpu_us()? - cpu) / 1e3 / f64::from(n_reads);
    let mut compressed = Vec::new();
    brotli::CompressorWriter::new(&mut compressed, 65_536, BROTLI_QUALITY, BROTLI_WINDOW).write_all(&body)?;
    let per_task =
        |bytes: usize| Ok::<_, anyhow::Error>(f64::from(u32::try_from(bytes)?) / f64::from(u32::try_from(n_tasks)?));
    let label = format!("{engine}, {n_tasks} tasks");
    table.add(&format!("{label}: p50"), "ms", percentile(&mut times_ms, 50.0));
    table.add(&format!("{label}: p99"), "ms", percentile(&mut times_ms, 99.0));
    table.add(&format!("{label}: CPU of the server"), "ms", cpu_ms);
    table.add(&format!("{label}: per task, as it is"), "B", per_task(body.len())?);
    table.add(&format!("{label}: per task, brotli {BROTLI_QUALITY}"), "B", per_task(compressed.len())?);
    Ok(())
}
