//! Exports of a large project: how much memory the server takes for them, whether its page tells how far they are, and whether
//! other people's programs can read the files.

use std::{
    collections::BTreeSet,
    io::Cursor,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use calamine::{Reader as _, Xlsx, open_workbook_from_rs};
use serde_json::json;

use super::Run;
use crate::{
    product::Product,
    report::{Table, Target},
};

const FORMATS: [&str; 3] = ["csv", "json", "xlsx"];
const PAGE: &str = "/settings/exports";
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How many looks there are to one at the page.
const PAGE_EVERY: u32 = 10;
/// A larger export has failed.
const PATIENCE: Duration = Duration::from_mins(10);
const MEGABYTE: f64 = 1e6;

/// Measures it.
pub fn measure(run: &mut Run) -> Result<Table> {
    let (few, many) = run.pick((10_000, 100_000), (500, 5_000));
    let mut table = Table::new(format!("Export · {many} tasks of one project, and {few} of them"));
    let Some(binary) = run.muster.clone() else { return Ok(table) };
    for (engine, place) in run.engines()? {
        let mut product = Product::set_up(&binary, place, &run.folder, 2, 1)?;
        product.fill(0, few)?;
        let mut product = measure_all(&mut table, engine, product, few)?;
        product.fill(0, many - few)?;
        measure_all(&mut table, engine, product, many)?;
        for format in FORMATS {
            let (label, anchor) = (peak(engine, format, many), peak(engine, format, few));
            // Ten times the tasks must not take much more than what the allocator keeps anyway.
            table.expect(&label, Some(&anchor), Some(Target::AtMost(40.0)));
        }
    }
    table.note(
        "Peaks are of the process's resident memory above what it had when idle, looked at every 10 ms, each in a fresh process. \
         All files were read again: CSV by csv, JSON by serde_json, workbooks by calamine.",
    );
    Ok(table)
}

fn peak(engine: &str, format: &str, n: usize) -> String {
    format!("{engine}, {format}, {n} tasks: peak above idle")
}

fn measure_all(table: &mut Table, engine: &str, mut product: Product, n: usize) -> Result<Product> {
    for format in FORMATS {
        product = product.restart()?;
        thread::sleep(Duration::from_secs(2));
        let made = make(&product, format)?;
        table.add(&peak(engine, format, n), "MB", made.peak / MEGABYTE);
        let label = |what| format!("{engine}, {format}, {n} tasks: {what}");
        table.add(&label("time"), "s", made.took.as_secs_f64());
        table.add(&label("different progress on the page"), "times", f64::from(u32::try_from(made.told.len())?));
        let (_, file) = product.get(0, &made.path)?;
        table.add(&label("file"), "MB", f64::from(u32::try_from(file.len())?) / MEGABYTE);
        let read = n_tasks(format, file)?;
        ensure!(read == n, "{read} of {n} tasks are in the file ({format})");
    }
    Ok(product)
}

/// What an export took.
struct Made {
    /// Bytes of memory above what the server had before.
    peak: f64,
    took: Duration,
    /// All that its page said about how far it is.
    told: BTreeSet<String>,
    /// Where the file is.
    path: String,
}

fn make(product: &Product, format: &str) -> Result<Made> {
    let before = downloads(product)?;
    let idle = product.server.resident_bytes()?;
    let form = json!({ "what": product.projects[0].id, "format": format });
    let start = Instant::now();
    product.ask(Some(0), "/api/exports", &form)?;
    let (mut most, mut told) = (idle, BTreeSet::new());
    for n in 0_u32.. {
        most = most.max(product.server.resident_bytes()?);
        if n % PAGE_EVERY == 0 {
            let (_, page) = product.get(0, PAGE)?;
            told.extend(progress(&String::from_utf8_lossy(&page)));
            if let Some(path) = downloads(product)?.difference(&before).next() {
                return Ok(Made { peak: most - idle, took: start.elapsed(), told, path: path.clone() });
            }
        }
        if start.elapsed() > PATIENCE {
            bail!("the export as {format} is not ready after {PATIENCE:?}");
        }
        thread::sleep(LOOK);
    }
    bail!("nobody counts so far")
}

/// The paths of the files that can be fetched.
fn downloads(product: &Product) -> Result<BTreeSet<String>> {
    let (_, page) = product.get(0, PAGE)?;
    let page = String::from_utf8_lossy(&page).into_owned();
    let paths = page.split("href=\"").filter(|rest| rest.starts_with("/exports/"));
    Ok(paths.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect())
}

/// How far the page says that an export is: the value of its progress bar.
fn progress(page: &str) -> Option<String> {
    let bar = page.split("<progress").nth(1)?.split('>').next()?;
    bar.split("value=\"").nth(1)?.split('"').next().map(str::to_owned)
}

/// How many tasks are in a file.
fn n_tasks(format: &str, file: Vec<u8>) -> Result<usize> {
    Ok(match format {
        "csv" => csv::Reader::from_reader(file.as_slice()).records().collect::<Result<Vec<_>, _>>()?.len(),
        "json" => {
            let told: serde_json::Value = serde_json::from_slice(&file)?;
            told["tasks"].as_array().context("no tasks")?.len()
        }
        _ => {
            let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(file))?;
            // The first row has the names of the columns.
            book.worksheet_range("Tasks")?.height().saturating_sub(1)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_off_the_bar() {
        let page = r#"<p>2</p><progress class="progress" max="100" value="40" aria-label="Export"></progress>"#;
        assert_eq!(progress(page).as_deref(), Some("40"));
        assert_eq!(progress("<p>none</p>"), None);
    }

    #[test]
    fn tasks_are_counted_without_the_head() {
        assert_eq!(n_tasks("csv", b"Task,Title\r\nA-1,\"two\r\nlines\"\r\n".to_vec()).unwrap(), 1);
        assert_eq!(n_tasks("json", br#"{"tasks":[{},{}]}"#.to_vec()).unwrap(), 2);
    }
}
