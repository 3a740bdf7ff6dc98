//! The load over HTTP: so many clients, each of which sends its next command when the last one is answered.
//!
//! Must not know: engines, targets.

use std::{
    io::{ErrorKind, Read, Write},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::{product::Product, wire};

struct Caller {
    stream: TcpStream,
    heard: Vec<u8>,
    sent: Instant,
}

/// What a run gave.
pub struct Calls {
    /// Commands per second.
    pub per_s: f64,
    /// The time of each, in milliseconds.
    pub times_ms: Vec<f64>,
    /// The product's time on its core per command, in microseconds.
    pub cpu_us: f64,
}

/// Creates tasks for so long, with so many clients spread over the first `n_projects` projects and all people.
///
/// # Errors
///
/// When a command is refused or a client is dropped.
pub fn create_tasks(product: &mut Product, n_clients: usize, n_projects: usize, time: Duration) -> Result<Calls> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(256);
    let mut buffer = vec![0; 65_536];
    let n_people = product.people.len();
    let mut callers = Vec::new();
    for n in 0..n_clients {
        let stream = std::net::TcpStream::connect(product.server.addr)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(n), Interest::READABLE)?;
        callers.push(Caller { stream, heard: Vec::new(), sent: Instant::now() });
    }
    let mut times_ms = Vec::new();
    let (cpu, start) = (product.server.cpu_us()?, Instant::now());
    for (n, caller) in callers.iter_mut().enumerate() {
        caller.send(&product.create_task(n % n_people, n % n_projects)?)?;
    }
    let mut n_waiting = n_clients;
    while n_waiting > 0 {
        poll.poll(&mut events, Some(Duration::from_secs(20)))?;
        if events.is_empty() {
            bail!("{n_waiting} clients wait for an answer");
        }
        for event in &events {
            let n = event.token().0;
            let Some(ms) = callers[n].hear(&mut buffer)? else { continue };
            times_ms.push(ms);
            if start.elapsed() < time {
                callers[n].send(&product.create_task(n % n_people, n % n_projects)?)?;
            } else {
                n_waiting -= 1;
            }
        }
    }
    let n = f64::from(u32::try_from(times_ms.len())?);
    Ok(Calls { per_s: n / start.elapsed().as_secs_f64(), cpu_us: (product.server.cpu_us()? - cpu) / n, times_ms })
}

impl Caller {
    fn send(&mut self, request: &[u8]) -> Result<()> {
        self.sent = Instant::now();
        Ok(self.stream.write_all(request)?)
    }

    /// The time of a command in milliseconds, once its answer is complete.
    fn hear(&mut self, buffer: &mut [u8]) -> Result<Option<f64>> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => bail!("the product hung up on a client"),
                Ok(n) => self.heard.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            let Some(answer) = wire::answer(&self.heard)? else { continue };
            if answer.status != 200 || !answer.body.starts_with(br#"[{"done""#) {
                bail!("{}{}", answer.head, String::from_utf8_lossy(answer.body));
            }
            self.heard.clear();
            return Ok(Some(self.sent.elapsed().as_secs_f64() * 1e3));
        }
    }
}
