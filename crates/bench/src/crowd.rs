//! The load of the live channel: thousands of sockets in one thread, and somebody who says things to them.
//!
//! Must not know: which subject it talks to. Every event must reach every socket of its room once and in order; anything
//! else is an error and not a figure.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use model::live::ServerFrame;

use crate::{
    product::{Door, Product, upgrade},
    wire::{self, opcode},
};

/// What is not there after this time has got lost.
const PATIENCE: Duration = Duration::from_secs(20);
const VOICE: Token = Token(usize::MAX);

struct Member {
    stream: TcpStream,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
    room: usize,
    /// The number of its room's stream on this connection; unknown until it has joined.
    channel: Option<u32>,
    /// The last event it has heard.
    seen: i64,
}

#[derive(Clone)]
struct Room {
    n_members: usize,
    /// The last event that was said, and when.
    said: i64,
    said_at: Instant,
}

/// Who says things.
enum Voice<'a> {
    /// To an anchor: texts of this many bytes.
    Socket { stream: TcpStream, n_bytes: usize },
    /// To the product: commands of its Admin, one at a time.
    Http { stream: TcpStream, product: &'a mut Product, heard: Vec<u8> },
}

/// Sockets in rooms, and a voice.
pub struct Crowd<'a> {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    members: Vec<Member>,
    rooms: Vec<Room>,
    voice: Voice<'a>,
    /// Whether the last thing that was said has been answered.
    is_answered: bool,
    /// How many deliveries are still to come.
    outstanding: usize,
    /// From saying to hearing, in milliseconds, for each delivery since it was last emptied.
    pub latencies: Vec<f64>,
    /// From saying to the answer, in milliseconds, for each answer since it was last emptied.
    pub answers: Vec<f64>,
    /// Bytes on the wire of the last frame with an event.
    pub n_bytes_of_event: usize,
}

impl<'a> Crowd<'a> {
    /// Of an anchor, whose events are to be as long as the product's.
    pub fn of_anchor(addr: SocketAddr, n_rooms: usize, n_bytes: usize) -> Result<Self> {
        let (stream, _) = enter(addr, &upgrade(addr, "/say", ""))?;
        Self::new(n_rooms, &vec![0; n_rooms], Voice::Socket { stream, n_bytes })
    }

    /// Of the product; its projects are the rooms.
    pub fn of_product(product: &'a mut Product) -> Result<Self> {
        let stream = std::net::TcpStream::connect(product.server.addr)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let heads: Vec<i64> = product.projects.iter().map(|p| p.head).collect();
        let stream = TcpStream::from_std(stream);
        Self::new(heads.len(), &heads, Voice::Http { stream, product, heard: Vec::new() })
    }

    fn new(n_rooms: usize, heads: &[i64], mut voice: Voice<'a>) -> Result<Self> {
        let poll = Poll::new()?;
        let (Voice::Socket { stream, .. } | Voice::Http { stream, .. }) = &mut voice;
        poll.registry().register(stream, VOICE, Interest::READABLE)?;
        let room = |n: usize| Room { n_members: 0, said: heads[n], said_at: Instant::now() };
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            buffer: vec![0; 65_536],
            members: Vec::new(),
            rooms: (0..n_rooms).map(room).collect(),
            voice,
            is_answered: true,
            outstanding: 0,
            latencies: Vec::new(),
            answers: Vec::new(),
            n_bytes_of_event: 0,
        })
    }

    /// Lets sockets in and waits until all of them follow their room; returns how long that took.
    pub fn let_in(&mut self, doors: impl IntoIterator<Item = (usize, Door)>) -> Result<Duration> {
        let start = Instant::now();
        for (room, door) in doors {
            let (mut stream, rest) = enter(door.addr, &door.request)?;
            stream.write_all(&door.greeting)?;
            let token = Token(self.members.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
            self.rooms[room].n_members += 1;
            let (channel, seen) = (door.stream.is_none().then_some(0), self.rooms[room].said);
            self.members.push(Member { stream, rest, room, channel, seen });
            // Reading now and then keeps the answers from piling up.
            if self.members.len().is_multiple_of(64) {
                self.hear(Duration::ZERO)?;
            }
        }
        let n_waiting = |crowd: &Self| crowd.members.iter().filter(|m| m.channel.is_none()).count();
        while n_waiting(self) > 0 {
            if start.elapsed() > PATIENCE * 6 {
                bail!("{} sockets have not joined", n_waiting(self));
            }
            self.hear(Duration::from_millis(10))?;
        }
        Ok(start.elapsed())
    }

    /// How many sockets there are.
    #[must_use]
    pub fn n_members(&self) -> usize {
        self.members.len()
    }

    /// Says one thing to a room. Before the next, [`Self::is_free`].
    pub fn say(&mut self, room: usize) -> Result<()> {
        self.rooms[room].said += 1;
        let bytes = match &mut self.voice {
            Voice::Socket { n_bytes, .. } => {
                let mut bytes = Vec::new();
                let text = anchor_text(self.rooms[room].said, *n_bytes);
                wire::put_client_text(&mut bytes, format!("{room} {text}").as_bytes());
                bytes
            }
            Voice::Http { product, .. } => {
                self.is_answered = false;
                product.create_task(0, room)?
            }
        };
        self.outstanding += self.rooms[room].n_members;
        self.rooms[room].said_at = Instant::now();
        let (Voice::Socket { stream, .. } | Voice::Http { stream, .. }) = &mut self.voice;
        stream.write_all(&bytes)?;
        Ok(())
    }

    /// Whether the next thing may be said.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.is_answered
    }

    /// Waits until everything that was said has arrived everywhere.
    pub fn settle(&mut self) -> Result<()> {
        let start = Instant::now();
        while self.outstanding > 0 || !self.is_answered {
            if start.elapsed() > PATIENCE {
                bail!("{} deliveries did not arrive", self.outstanding);
            }
            self.hear(Duration::from_millis(100))?;
        }
        Ok(())
    }

    /// Takes what has come, waiting for at most so long.
    pub fn hear(&mut self, patience: Duration) -> Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        self.poll.poll(&mut events, Some(patience))?;
        for event in &events {
            match event.token() {
                VOICE => self.hear_answer()?,
                Token(member) => self.hear_member(member)?,
            }
        }
        self.events = events;
        Ok(())
    }

    fn hear_answer(&mut self) -> Result<()> {
        loop {
            let (Voice::Socket { stream, .. } | Voice::Http { stream, .. }) = &mut self.voice;
            let n = match stream.read(&mut self.buffer) {
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if n == 0 {
                bail!("the subject hung up on its author");
            }
            let Voice::Http { heard, .. } = &mut self.voice else { continue };
            heard.extend_from_slice(&self.buffer[..n]);
            let Some(answer) = wire::answer(heard)? else { continue };
            if answer.status != 200 || !answer.body.starts_with(br#"[{"done""#) {
                bail!("{}{}", answer.head, String::from_utf8_lossy(answer.body));
            }
            heard.clear();
            self.is_answered = true;
            // One thing is said at a time, so the answer is to what was said last.
            let said_at = self.rooms.iter().map(|r| r.said_at).max().context("no rooms")?;
            self.answers.push(said_at.elapsed().as_secs_f64() * 1e3);
        }
    }

    fn hear_member(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        loop {
            let n = match member.stream.read(&mut self.buffer) {
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if n == 0 {
                bail!("the subject hung up on a socket");
            }
            let at = Instant::now();
            let is_short = n < self.buffer.len();
            // Nearly always whole frames come, and nothing has to be kept.
            let kept = if member.rest.is_empty() {
                None
            } else {
                member.rest.extend_from_slice(&self.buffer[..n]);
                Some(std::mem::take(&mut member.rest))
            };
            let mut bytes = kept.as_deref().unwrap_or(&self.buffer[..n]);
            while let Some(frame) = wire::frame(bytes) {
                bytes = &bytes[frame.len..];
                if frame.opcode == opcode::CLOSE {
                    bail!("the subject closed a socket: {:?}", String::from_utf8_lossy(frame.payload));
                }
                if frame.opcode != opcode::TEXT {
                    continue;
                }
                let Some(channel) = wire::channel_of_events(frame.payload) else {
                    take_other(member, frame.payload)?;
                    continue;
                };
                if Some(channel) != member.channel {
                    continue;
                }
                self.n_bytes_of_event = frame.len;
                let room = &self.rooms[member.room];
                for seq in wire::seqs(frame.payload) {
                    if seq != member.seen + 1 {
                        bail!("event {seq} came after {}", member.seen);
                    }
                    member.seen = seq;
                    self.outstanding = self.outstanding.checked_sub(1).context("an event that nobody has said")?;
                    if seq == room.said {
                        self.latencies.push(at.duration_since(room.said_at).as_secs_f64() * 1e3);
                    }
                }
            }
            member.rest = bytes.to_vec();
            // A read that did not fill the buffer has emptied the socket (epoll(7)), which saves a second read.
            if is_short {
                return Ok(());
            }
        }
    }
}

/// Anything but events: rare, so it may be parsed.
fn take_other(member: &mut Member, payload: &[u8]) -> Result<()> {
    match serde_json::from_slice(payload).with_context(|| String::from_utf8_lossy(payload).into_owned())? {
        ServerFrame::Joined { stream: model::Stream::Project(_), ch, head, .. } => {
            if head != member.seen {
                bail!("joined at {head} instead of {}", member.seen);
            }
            member.channel = Some(ch);
        }
        frame @ (ServerFrame::Resync { .. } | ServerFrame::Gone { .. } | ServerFrame::Refused { .. }) => {
            bail!("unexpected: {frame:?}")
        }
        _ => {}
    }
    Ok(())
}

/// Opens a WebSocket; returns it with what has come after the upgrade.
fn enter(addr: SocketAddr, request: &str) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = std::net::TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    let rest = loop {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            bail!("the subject hung up during the upgrade");
        }
        heard.extend_from_slice(&buffer[..n]);
        let Some(answer) = wire::answer(&heard)? else { continue };
        if answer.status != 101 {
            bail!("no upgrade: {}{}", answer.head, String::from_utf8_lossy(answer.body));
        }
        break heard.split_off(answer.len);
    };
    stream.set_nonblocking(true)?;
    Ok((TcpStream::from_std(stream), rest))
}

/// What an anchor relays: an event of the product's shape, filled up to its length (a frame's head takes four bytes).
fn anchor_text(seq: i64, n_bytes: usize) -> String {
    let mut text = format!(r#"{{"t":"events","ch":0,"events":[{{"s":{seq},"e":""#);
    let end = r#""}]}"#;
    text.extend(std::iter::repeat_n('x', n_bytes.saturating_sub(4 + text.len() + end.len())));
    text + end
}
