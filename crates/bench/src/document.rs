//! The tables of a run as a document: on which machine, when, of which commit, by which command, and which targets are met.
//!
//! Must not know: how anything is measured. It is written anew after each measure, so that a run that breaks off leaves what it had.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    functions::{self, Function},
    machine,
    report::Table,
};

/// What is said before the figures.
const ABOUT: &str = "\
What Muster takes and gives, beside the least that the same job takes on the same machine at the same time. The server is the release \
binary with accounts, permissions, encryption and the audit log on.

Machines differ: compare the ratios, not the figures. Each figure is the median of the rounds; its ratio is to the anchor (an anchor is \
another program that does the same with nothing around it) of the same round, and “worst” is the round that came out worst. The rounds of \
all are interleaved.
";

/// The document of a run.
pub struct Document {
    path: PathBuf,
    /// What is known of the run, as pairs.
    run: Vec<(&'static str, String)>,
    tables: Vec<Table>,
    functions: Vec<Function>,
}

impl Document {
    /// Begins one that is written to a path; `command` is what was asked for, `postgres` the version of the database that takes part.
    ///
    /// # Errors
    ///
    /// When the machine does not tell what it is.
    pub fn begin(path: &Path, command: &str, postgres: Option<String>) -> Result<Self> {
        let cores = machine::n_cores()?;
        let memory = machine::memory_bytes()? / 1e9;
        let mut run = vec![
            ("date", machine::today()?),
            ("commit", said_by("git", &["log", "-1", "--format=%h of %cs"])),
            ("command", format!("`{command}`")),
            ("machine", format!("{}, {cores} cores, {memory:.1} GB memory", machine::processor()?)),
            ("kernel", machine::kernel()?),
            ("compiler", said_by("rustc", &["--version"])),
        ];
        run.extend(postgres.map(|version| ("PostgreSQL", version)));
        run.push(("load average at the start", format!("{:.2}", machine::load_average()?)));
        Ok(Self { path: path.to_owned(), run, tables: Vec::new(), functions: Vec::new() })
    }

    /// Adds a measure, and writes all that there is.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn put(&mut self, table: Table) -> Result<()> {
        self.tables.push(table);
        self.write()
    }

    /// Adds what Criterion measured of single functions, and writes all that there is.
    ///
    /// # Errors
    ///
    /// When its files cannot be read, or the document cannot be written.
    pub fn put_functions(&mut self, folder: &Path) -> Result<()> {
        self.functions = functions::read(folder)?;
        self.write()
    }

    fn write(&self) -> Result<()> {
        fs::write(&self.path, self.text()).with_context(|| self.path.display().to_string())
    }

    fn text(&self) -> String {
        let mut text = format!("# Benchmarks\n\n{ABOUT}\n| | |\n|---|---|\n");
        // Writing to a String cannot fail.
        for (what, is) in &self.run {
            let _ = writeln!(text, "| {what} | {is} |");
        }
        let _ = write!(text, "\n## Targets\n\n| | | reached | target | |\n|---|---|---:|---|---|\n");
        for table in &self.tables {
            let measure = table.title().split(" · ").next().unwrap_or_default();
            for line in table.lines().iter().filter(|line| line.is_met.is_some()) {
                let _ = writeln!(
                    text,
                    "| {measure} | {} | {} | {} | {} |",
                    line.label,
                    line.reached(),
                    line.target,
                    line.verdict()
                );
            }
        }
        for table in &self.tables {
            let _ = write!(text, "\n{table}");
        }
        if !self.functions.is_empty() {
            let _ = write!(
                text,
                "\n## Functions\n\nBy Criterion, each by itself; the range holds the mean in 95 of 100 cases.\n\n"
            );
            let _ = write!(text, "| | mean | range |\n|---|---:|---|\n");
            for function in &self.functions {
                let _ = writeln!(text, "{function}");
            }
        }
        text
    }
}

/// The first line that a program says about itself.
fn said_by(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().ok().filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    text.and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_else(|| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Target;

    #[test]
    fn a_document_says_on_what_machine_and_which_targets_are_met() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("benchmarks.md");
        let mut document = Document::begin(&path, "cargo xtask bench --report m0", Some("17.2".into())).unwrap();
        for (title, muster) in [("M0 · nothing", 12.0), ("M00 · less", 40.0)] {
            let mut table = Table::new(title);
            table.add("floor", "µs", 10.0).add("muster", "µs", muster);
            table.expect("muster", Some("floor"), Some(Target::TimesAtMost(1.5)));
            document.put(table).unwrap();
        }
        let text = fs::read_to_string(path).unwrap();
        for line in [
            "| command | `cargo xtask bench --report m0` |",
            "| PostgreSQL | 17.2 |",
            "| M0 | muster | 1.20 × | ≤ 1.5 × | met |",
            "| M00 | muster | 4.00 × | ≤ 1.5 × | **missed** |",
            "## M0 · nothing",
            "| muster | 40.0 µs | 40.0 | 4.00 | 4.00 | ≤ 1.5 × | **missed** |",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} in\n{text}");
        }
        let machine = text.lines().find(|line| line.starts_with("| machine |")).unwrap();
        assert!(machine.contains(" cores, ") && machine.contains(" GB memory"), "{machine}");
        assert!(!text.contains("unknown") && !text.contains("## Functions"), "{text}");
    }
}
