//! The machine under the measurement: which core runs what, how many files may be open, and what a process has used.
//!
//! Must not know: what is measured. Linux only: it reads `/proc`.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::{
    process::{Pid, Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_setaffinity},
};

/// The core of everything that is measured: servers, databases, raw clients.
pub const SUBJECTS: usize = 0;
/// The core of the load.
pub const LOAD: usize = 1;

/// Puts the calling thread, and what it starts from now on, on one core. Nothing happens on a machine with one core.
pub fn pin_self(core: usize) -> Result<()> {
    pin(None, core)
}

/// Puts a process with one thread, and what it starts from now on, on one core.
pub fn pin_process(pid: u32, core: usize) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("no such process")?;
    pin(Some(pid), core)
}

fn pin(pid: Option<Pid>, core: usize) -> Result<()> {
    if n_cores()? < 2 {
        return Ok(());
    }
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(pid, &set).context("could not choose a core")
}

/// How many cores the machine has, whichever of them this process may use.
pub fn n_cores() -> Result<usize> {
    Ok(fs::read_to_string("/proc/cpuinfo")?.lines().filter(|l| l.starts_with("processor")).count())
}

/// Asks for as many open files as `wanted`, for this process and its children; returns how many there may be.
#[must_use]
pub fn allow_open_files(wanted: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    // Root may raise the hard limit too; everybody else gets what it is.
    let raised = Rlimit { current: Some(wanted), maximum: Some(wanted.max(now.maximum.unwrap_or(wanted))) };
    if setrlimit(Resource::Nofile, raised).is_err() {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The time that the threads of a process have spent on a core so far, in microseconds. Threads that have ended are not
/// in it.
pub fn cpu_us(pid: u32) -> Result<f64> {
    let mut us = 0.0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        // A thread may end while we look.
        let Ok(stat) = fs::read_to_string(task.path().join("schedstat")) else { continue };
        us += stat.split(' ').next().unwrap_or_default().parse::<f64>().unwrap_or(0.0) / 1e3;
    }
    Ok(us)
}

/// The memory of a process that is in RAM now, in bytes.
pub fn resident_bytes(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

/// How many times a second the disk under `folder` takes 4 KiB and says that they are safe (`fdatasync`).
pub fn syncs_per_second(folder: &Path, time: Duration) -> Result<f64> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path)?;
    let start = Instant::now();
    let mut n = 0.0;
    while start.elapsed() < time {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        n += 1.0;
    }
    let rate = n / start.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

/// What the processor calls itself.
pub fn processor() -> Result<String> {
    let text = fs::read_to_string("/proc/cpuinfo")?;
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    Ok(name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned()))
}

/// How much memory the machine has, in bytes.
pub fn memory_bytes() -> Result<f64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:")).context("no MemTotal")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

/// The kernel and its version.
pub fn kernel() -> Result<String> {
    let word = |name: &str| fs::read_to_string(format!("/proc/sys/kernel/{name}"));
    Ok(format!("{} {}", word("ostype")?.trim(), word("osrelease")?.trim()))
}

/// The day, in UTC.
pub fn today() -> Result<String> {
    #[expect(clippy::disallowed_methods, reason = "when it was measured is what the document says")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(model::Instant::from_ms(i64::try_from(since.as_millis())?).day_utc().to_string())
}

/// How many other processes wanted a core in the last minute. Above one, figures are provisional.
pub fn load_average() -> Result<f64> {
    Ok(fs::read_to_string("/proc/loadavg")?.split(' ').next().unwrap_or_default().parse()?)
}
