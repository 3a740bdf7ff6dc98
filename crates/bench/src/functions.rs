//! What Criterion has measured of single functions, read from the files that it leaves.
//!
//! Must not know: the functions.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// One function.
#[derive(Debug, PartialEq)]
pub struct Function {
    name: String,
    mean_ns: f64,
    range_ns: (f64, f64),
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// All that the newest run of each left below a folder, by name; nothing if there is no such folder.
///
/// # Errors
///
/// When a file cannot be read, or is not Criterion's.
pub fn read(folder: &Path) -> Result<Vec<Function>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        look(folder, &mut found)?;
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn look(folder: &Path, found: &mut Vec<Function>) -> Result<()> {
    let newest = folder.join("new");
    if newest.join("benchmark.json").is_file() {
        let Benchmark { full_id } = json(&newest.join("benchmark.json"))?;
        let Estimates { mean } = json(&newest.join("estimates.json"))?;
        let Interval { lower_bound, upper_bound } = mean.confidence_interval;
        found.push(Function { name: full_id, mean_ns: mean.point_estimate, range_ns: (lower_bound, upper_bound) });
        return Ok(());
    }
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.path().is_dir() {
            look(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn json<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = self.range_ns;
        write!(f, "| {} | {} | {} to {} |", self.name, time(self.mean_ns), time(from), time(to))
    }
}

/// Three figures that count, in the unit that people read them in.
fn time(ns: f64) -> String {
    let (n, unit) = match ns {
        1e9.. => (ns / 1e9, "s"),
        1e6.. => (ns / 1e6, "ms"),
        1e3.. => (ns / 1e3, "µs"),
        _ => (ns, "ns"),
    };
    format!("{} {unit}", crate::report::short(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_in_groups_and_without() {
        let folder = tempfile::tempdir().unwrap();
        for (path, name, mean) in [("seal", "seal", 1_234.0), ("fold/of 10", "fold/of 10", 5_600_000.0)] {
            let place = folder.path().join(path).join("new");
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("benchmark.json"), format!(r#"{{"group_id":"g","full_id":"{name}"}}"#)).unwrap();
            let estimates = format!(
                r#"{{"mean":{{"point_estimate":{mean},"confidence_interval":{{"confidence_level":0.95,"lower_bound":{mean},"upper_bound":{mean}}}}}}}"#
            );
            fs::write(place.join("estimates.json"), estimates).unwrap();
            fs::create_dir_all(folder.path().join(path).join("report")).unwrap();
        }
        let lines: Vec<String> = read(folder.path()).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["| fold/of 10 | 5.60 ms | 5.60 ms to 5.60 ms |", "| seal | 1.23 µs | 1.23 µs to 1.23 µs |"]);
        assert_eq!(read(&folder.path().join("nowhere")).unwrap(), []);
    }
}
