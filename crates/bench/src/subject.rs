//! A server that is measured: a process on the core of the subjects, with an address and a bill.
//!
//! Must not know: what it serves.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::machine;

/// A server that takes longer has failed.
const TIME_TO_START: Duration = Duration::from_mins(1);
/// Requests may finish within ten seconds, and jobs are given back.
const TIME_TO_END: Duration = Duration::from_secs(30);

/// A running server; it ends with this value.
pub struct Subject {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
    /// How long it took from its start until it was ready.
    pub ready_after: Duration,
}

impl Subject {
    /// Starts one of the servers that this program carries itself.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn anchor(name: &str) -> Result<Self> {
        let addr = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["anchor", name, "--listen", &addr.to_string()]);
        Self::start(&mut command, addr, || TcpStream::connect(addr).is_ok())
    }

    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it cannot be started, ends, or is not ready in time.
    pub fn start(command: &mut Command, addr: SocketAddr, is_ready: impl Fn() -> bool) -> Result<Self> {
        // A child begins on the core of its parent's thread.
        machine::pin_self(machine::SUBJECTS)?;
        let start = Instant::now();
        let child = command.spawn();
        machine::pin_self(machine::LOAD)?;
        let child = child.with_context(|| format!("could not start {command:?}"))?;
        let mut subject = Self { child, addr, ready_after: Duration::ZERO };
        while !is_ready() {
            if let Some(status) = subject.child.try_wait()? {
                bail!("{command:?} ended at once ({status})");
            }
            if start.elapsed() > TIME_TO_START {
                bail!("{command:?} was not ready after {TIME_TO_START:?}");
            }
            thread::sleep(Duration::from_millis(2));
        }
        subject.ready_after = start.elapsed();
        Ok(subject)
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    ///
    /// When it does not end in time, or with a failure.
    pub fn end(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no such process")?;
        kill_process(pid, Signal::TERM)?;
        let start = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("a server that was asked to end said {status}"),
                None if start.elapsed() > TIME_TO_END => bail!("a server did not end within {TIME_TO_END:?}"),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The time it has spent on its core, in microseconds.
    pub fn cpu_us(&self) -> Result<f64> {
        machine::cpu_us(self.child.id())
    }

    /// Its memory, in bytes.
    pub fn resident_bytes(&self) -> Result<f64> {
        machine::resident_bytes(self.child.id())
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // A server that is killed must not lose anything it has answered; there is no reason to be gentler here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on which nobody listens.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
