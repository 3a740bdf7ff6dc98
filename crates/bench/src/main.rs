//! `muster-bench`: the load run. `cargo xtask bench` builds what it needs and starts it.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use muster_bench::{
    anchors::{bare_axum, floor, raw_sql},
    chaos,
    document::Document,
    machine,
    measures::{
        self, Run, burst, fan_out, guesses, latency, memory, mixed, presence, read, reconnect, stalled, strangers,
        write,
    },
    postgres::Cluster,
    queue,
    report::steadily,
};

/// Long enough for each kind of trouble.
const QUICK_CHAOS: Duration = Duration::from_secs(20);

#[derive(Parser)]
#[command(about = "Measure Muster beside its anchors", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args)]
struct Options {
    /// What to measure: m1, m2, m3, m4, m5, m6, m7, m8, m9, m12, queue, export, strangers, guesses, mixed; or chaos. Everything but these two if nothing is named.
    #[arg(value_enum)]
    what: Vec<Measure>,
    /// One round with small numbers, to see that everything works.
    #[arg(long)]
    quick: bool,
    /// How often a measurement is repeated at most when its anchors move by more than 15 %.
    #[arg(long, default_value_t = 3)]
    attempts: usize,
    /// How long chaos makes trouble.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Where the chance of chaos begins: the same seed gives the same commands and troubles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The product's binary. Without it only the anchors are measured.
    #[arg(long)]
    muster: Option<PathBuf>,
    /// The URL of a PostgreSQL on this machine, as its superuser. Without it only SQLite is measured.
    #[arg(long)]
    postgres: Option<String>,
    /// Where to write the figures as a document, too.
    #[arg(long)]
    report: Option<PathBuf>,
    /// The folder in which Criterion leaves its figures, to be in the document.
    #[arg(long, requires = "report")]
    functions: Option<PathBuf>,
    /// A folder on the disk that is to be measured.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    M1,
    M2,
    M3,
    M4,
    M5,
    M6,
    M7,
    M8,
    M9,
    M12,
    /// The queue of jobs.
    Queue,
    /// An export of many tasks.
    Export,
    Strangers,
    Guesses,
    /// A working day in ten minutes.
    Mixed,
    /// Nodes that are killed and connections that are cut.
    Chaos,
}

impl Measure {
    /// What is measured when nothing is named. A mixed load and chaos are no figures beside an anchor, and take minutes.
    const USUAL: [Self; 14] = [
        Self::M1,
        Self::M2,
        Self::M3,
        Self::M4,
        Self::M5,
        Self::M6,
        Self::M7,
        Self::M8,
        Self::M9,
        Self::M12,
        Self::Queue,
        Self::Export,
        Self::Strangers,
        Self::Guesses,
    ];
}

/// The processes that a run starts by itself.
#[derive(Subcommand)]
#[command(hide = true)]
enum Part {
    /// Serve as an anchor.
    Anchor {
        name: Anchor,
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Write into a bare database and print the rate.
    Raw {
        #[arg(long)]
        url: String,
        #[arg(long)]
        clients: u32,
        #[arg(long)]
        ms: u64,
        #[arg(long)]
        work: raw_sql::Work,
    },
    /// Run jobs that do nothing and print how fast.
    Queue {
        #[arg(long)]
        url: String,
        #[arg(long)]
        jobs: u32,
        #[arg(long)]
        paced: u32,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Anchor {
    Floor,
    Axum,
}

fn main() -> Result<()> {
    let Cli { part, options } = Cli::parse();
    match part {
        Some(Part::Anchor { name: Anchor::Floor, listen }) => floor::serve(listen),
        Some(Part::Anchor { name: Anchor::Axum, listen }) => bare_axum::serve(listen),
        Some(Part::Raw { url, clients, ms, work }) => {
            let rate = raw_sql::run(&url, clients, Duration::from_millis(ms), work)?;
            println!("{}", serde_json::to_string(&rate)?);
            Ok(())
        }
        Some(Part::Queue { url, jobs, paced }) => {
            println!("{}", serde_json::to_string(&queue::run(&url, jobs, paced)?)?);
            Ok(())
        }
        None => measure(options),
    }
}

fn measure(options: Options) -> Result<()> {
    fs::create_dir_all(&options.folder)?;
    let command = command(&options);
    let n_files = machine::allow_open_files(65_536);
    machine::pin_self(machine::LOAD)?;
    let muster =
        options.muster.map(|path| path.canonicalize().with_context(|| path.display().to_string())).transpose()?;
    let mut run = Run {
        muster,
        postgres: options.postgres.as_deref().map(Cluster::take).transpose()?,
        folder: options.folder.canonicalize()?,
        is_quick: options.quick,
        n_files,
    };
    let version = run.postgres.as_ref().map(Cluster::version).transpose()?;
    let mut document = options.report.as_deref().map(|path| Document::begin(path, &command, version)).transpose()?;
    println!("# Muster beside its anchors\n");
    println!(
        "{} cores: subjects on one, load on another. Load average at the start: {:.2} (above 0.5, figures are provisional).\n",
        machine::n_cores()?,
        machine::load_average()?
    );
    let attempts = if options.quick { 1 } else { options.attempts };
    for measure in if options.what.is_empty() { &Measure::USUAL[..] } else { &options.what } {
        let table = steadily(attempts, || match measure {
            Measure::M1 => fan_out::measure(&run),
            Measure::M2 => burst::measure(&run),
            Measure::M3 => latency::measure_delivery(&run),
            Measure::M4 => latency::measure_command(&mut run),
            Measure::M5 => memory::measure(&run),
            Measure::M6 => presence::measure(&run),
            Measure::M7 => reconnect::measure(&run),
            Measure::M8 => write::measure(&mut run),
            Measure::M9 => read::measure(&mut run),
            Measure::M12 => stalled::measure(&run),
            Measure::Queue => measures::queue::measure(&mut run),
            Measure::Export => measures::export::measure(&mut run),
            Measure::Strangers => strangers::measure(&mut run),
            Measure::Guesses => guesses::measure(&mut run),
            Measure::Mixed => mixed::measure(&mut run),
            Measure::Chaos => chaos::run(&chaos_plan(&mut run, options.minutes, options.seed)?),
        })?;
        println!("{table}");
        if let Some(document) = &mut document {
            document.put(table)?;
        }
    }
    if let (Some(document), Some(folder)) = (&mut document, &options.functions) {
        document.put_functions(folder)?;
    }
    Ok(())
}

/// What somebody writes who wants the same again.
fn command(options: &Options) -> String {
    let what =
        options.what.iter().filter_map(ValueEnum::to_possible_value).map(|value| format!(" {}", value.get_name()));
    let quick = if options.quick { " --quick" } else { "" };
    format!("cargo xtask bench --report{quick}{}", what.collect::<String>())
}

fn chaos_plan(run: &mut Run, minutes: f64, seed: u64) -> Result<chaos::Plan> {
    let muster = run.muster.clone().context("chaos needs the product: --muster")?;
    let cluster = run.postgres.as_mut().context("chaos needs a PostgreSQL: --postgres")?;
    let time = if run.is_quick { QUICK_CHAOS } else { Duration::try_from_secs_f64(minutes * 60.0)? };
    Ok(chaos::Plan { muster, url: cluster.database()?, base: run.folder.clone(), time, seed })
}
