//! Many clients that come at the same moment, as after a server's restart: all connect, and each reads what it has missed.
//!
//! Must not know: which subject it talks to. Each event that a client has missed must come once and in order; anything else is an
//! error and not a figure.

use std::{
    io::{ErrorKind, Read, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use model::live::ServerFrame;

use crate::{
    product::Door,
    wire::{self, opcode},
};

/// Who is not there after this time has got lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// A client that comes back.
pub struct Comer {
    /// How it comes in.
    pub door: Door,
    /// The last event that it has seen.
    pub since: i64,
    /// The last event that there is.
    pub head: i64,
}

/// How a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Upgrading,
    Reading,
    CaughtUp,
    /// It was told to take a snapshot.
    Resynced,
    /// The subject closed the connection.
    SentAway,
}

struct Client {
    stream: TcpStream,
    comer: Comer,
    rest: Vec<u8>,
    channel: Option<u32>,
    state: State,
    after: Duration,
}

/// Clients that have come.
pub struct Storm {
    poll: Poll,
    clients: Vec<Client>,
}

/// How clients ended that had not read for long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// They were told everything.
    pub caught_up: usize,
    /// They were told to take a snapshot.
    pub resynced: usize,
    /// Their connections were closed.
    pub sent_away: usize,
}

impl Storm {
    /// Lets all of them come at once, and waits until each has what it has missed.
    ///
    /// # Errors
    ///
    /// When one is not let in, an event is missing, comes twice or in another order, or a client is told to start over.
    pub fn come(comers: impl IntoIterator<Item = Comer>) -> Result<Self> {
        let (poll, start) = (Poll::new()?, Instant::now());
        let mut clients = Vec::new();
        for comer in comers {
            let mut stream = TcpStream::connect(comer.door.addr)?;
            let both = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(clients.len()), both)?;
            let (rest, state) = (Vec::new(), State::Connecting);
            clients.push(Client { stream, comer, rest, channel: None, state, after: Duration::ZERO });
        }
        let mut storm = Self { poll, clients };
        storm.go_on(start)?;
        let ends = storm.ends();
        ensure!(ends.caught_up == storm.clients.len(), "not all clients caught up: {ends:?}");
        Ok(storm)
    }

    /// From the beginning until a client was there with everything it had missed, in milliseconds, for each.
    #[must_use]
    pub fn times_ms(&self) -> Vec<f64> {
        self.clients.iter().map(|client| client.after.as_secs_f64() * 1e3).collect()
    }

    /// Lets clients read that have not for a while; `head` is the last event that there is now.
    ///
    /// # Errors
    ///
    /// When an event is missing, comes twice or in another order before a client is told to start over.
    pub fn read_on(mut self, head: i64) -> Result<Ends> {
        for (n, client) in self.clients.iter_mut().enumerate() {
            (client.comer.since, client.comer.head) = (client.comer.head, head);
            client.state = State::Reading;
            // Whatever came meanwhile was reported once already, to nobody.
            self.poll.registry().reregister(&mut client.stream, Token(n), Interest::READABLE)?;
        }
        self.go_on(Instant::now())?;
        Ok(self.ends())
    }

    fn ends(&self) -> Ends {
        let n = |state| self.clients.iter().filter(|client| client.state == state).count();
        Ends { caught_up: n(State::CaughtUp), resynced: n(State::Resynced), sent_away: n(State::SentAway) }
    }

    fn go_on(&mut self, start: Instant) -> Result<()> {
        let (mut events, mut buffer) = (Events::with_capacity(1024), vec![0; 65_536]);
        let is_waiting =
            |client: &Client| matches!(client.state, State::Connecting | State::Upgrading | State::Reading);
        let mut n_waiting = self.clients.iter().filter(|client| is_waiting(client)).count();
        while n_waiting > 0 {
            ensure!(start.elapsed() < PATIENCE, "{n_waiting} clients are not there after {PATIENCE:?}");
            self.poll.poll(&mut events, Some(Duration::from_millis(100)))?;
            for event in &events {
                let Token(n) = event.token();
                let client = &mut self.clients[n];
                if !is_waiting(client) {
                    continue;
                }
                if client.state == State::Connecting && event.is_writable() {
                    client.ask()?;
                    self.poll.registry().reregister(&mut client.stream, Token(n), Interest::READABLE)?;
                }
                if event.is_readable() {
                    client.hear(&mut buffer)?;
                }
                if !is_waiting(client) {
                    client.after = start.elapsed();
                    n_waiting -= 1;
                }
            }
        }
        Ok(())
    }
}

impl Client {
    fn ask(&mut self) -> Result<()> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error).context("a client could not connect");
        }
        self.stream.write_all(self.comer.door.request.as_bytes())?;
        self.state = State::Upgrading;
        Ok(())
    }

    fn hear(&mut self, buffer: &mut [u8]) -> Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    self.state = State::SentAway;
                    return Ok(());
                }
                Ok(n) => self.rest.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.take(),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    self.state = State::SentAway;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes what has come whole.
    fn take(&mut self) -> Result<()> {
        if self.state == State::Upgrading {
            let Some(answer) = wire::answer(&self.rest)? else { return Ok(()) };
            ensure!(answer.status == 101, "no upgrade: {}{}", answer.head, String::from_utf8_lossy(answer.body));
            self.rest.drain(..answer.len);
            self.stream.write_all(&self.comer.door.greeting)?;
            self.state = if self.comer.door.stream.is_some() { State::Reading } else { State::CaughtUp };
        }
        let mut done = 0;
        while let Some(frame) = wire::frame(&self.rest[done..]) {
            done += frame.len;
            if frame.opcode == opcode::CLOSE {
                self.state = State::SentAway;
                break;
            }
            if frame.opcode != opcode::TEXT {
                continue;
            }
            match wire::channel_of_events(frame.payload) {
                Some(channel) if Some(channel) == self.channel => {
                    for seq in wire::seqs(frame.payload) {
                        ensure!(seq == self.comer.since + 1, "event {seq} came after {}", self.comer.since);
                        self.comer.since = seq;
                    }
                }
                Some(_) => {}
                None => match serde_json::from_slice(frame.payload)? {
                    ServerFrame::Joined { stream, ch, .. } if Some(stream) == self.comer.door.stream => {
                        self.channel = Some(ch);
                    }
                    ServerFrame::Resync { stream, .. } if Some(stream) == self.comer.door.stream => {
                        self.state = State::Resynced;
                    }
                    frame @ (ServerFrame::Gone { .. } | ServerFrame::Refused { .. }) => bail!("unexpected: {frame:?}"),
                    _ => {}
                },
            }
        }
        self.rest.drain(..done);
        if self.state == State::Reading && self.channel.is_some() && self.comer.since >= self.comer.head {
            self.state = State::CaughtUp;
        }
        Ok(())
    }
}
