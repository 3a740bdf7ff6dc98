//! The load of the live channel: thousands of sockets in one thread, and somebody who says things to them.
//!
//! Must not know: which subject it talks to. Every event must reach every socket of its room once and in order; anything
//! else is an error and not a figure.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use model::live::ServerFrame;

use crate::{
    product::{Door, Product, upgrade},
    wire::{self, opcode},
};

/// What is not there after this time has got lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tokens from here on are voices.
const VOICES: usize = usize::MAX / 2;

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
    /// How many of its members have not heard it.
    outstanding: usize,
}

/// Whom the crowd is at.
enum Host<'a> {
    /// An anchor: it is sent texts of this many bytes.
    Anchor { n_bytes: usize },
    /// The product: people send it commands.
    Product(&'a mut Product),
}

/// Somebody who says things, one at a time.
struct Voice {
    stream: TcpStream,
    heard: Vec<u8>,
    /// Whether the last thing that was said has been answered.
    is_answered: bool,
    said_at: Instant,
}

/// Sockets in rooms, and voices.
pub struct Crowd<'a> {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    members: Vec<Member>,
    rooms: Vec<Room>,
    host: Host<'a>,
    voices: Vec<Voice>,
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
        let mut crowd = Self::new(&vec![0; n_rooms], Host::Anchor { n_bytes })?;
        crowd.add_voice(enter(addr, &upgrade(addr, "/say", ""))?.0)?;
        Ok(crowd)
    }

    /// Of the product; its projects are the rooms.
    pub fn of_product(product: &'a mut Product) -> Result<Self> {
        let heads: Vec<i64> = product.projects.iter().map(|p| p.head).collect();
        let mut crowd = Self::new(&heads, Host::Product(product))?;
        crowd.add_caller()?;
        Ok(crowd)
    }

    fn new(heads: &[i64], host: Host<'a>) -> Result<Self> {
        let room = |head: &i64| Room { n_members: 0, said: *head, said_at: Instant::now(), outstanding: 0 };
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 65_536],
            members: Vec::new(),
            rooms: heads.iter().map(room).collect(),
            host,
            voices: Vec::new(),
            outstanding: 0,
            latencies: Vec::new(),
            answers: Vec::new(),
            n_bytes_of_event: 0,
        })
    }

    fn add_voice(&mut self, mut stream: TcpStream) -> Result<()> {
        self.poll.registry().register(&mut stream, Token(VOICES + self.voices.len()), Interest::READABLE)?;
        self.voices.push(Voice { stream, heard: Vec::new(), is_answered: true, said_at: Instant::now() });
        Ok(())
    }

    /// Another one who gives commands to the product, on a connection of their own.
    fn add_caller(&mut self) -> Result<()> {
        let Host::Product(product) = &self.host else { return Ok(()) };
        let stream = std::net::TcpStream::connect(product.server.addr)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        self.add_voice(TcpStream::from_std(stream))
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

    /// The last event that was said in a room.
    #[must_use]
    pub fn said(&self, room: usize) -> i64 {
        self.rooms[room].said
    }

    /// Says one thing to a room. Before the next, [`Self::is_free`].
    pub fn say(&mut self, room: usize) -> Result<()> {
        self.say_by(0, room)
    }

    fn say_by(&mut self, voice: usize, room: usize) -> Result<()> {
        self.rooms[room].said += 1;
        let bytes = match &mut self.host {
            Host::Anchor { n_bytes } => {
                let mut bytes = Vec::new();
                let text = anchor_text(self.rooms[room].said, *n_bytes);
                wire::put_client_text(&mut bytes, format!("{room} {text}").as_bytes());
                bytes
            }
            Host::Product(product) => {
                self.voices[voice].is_answered = false;
                product.create_task(voice % product.people.len(), room)?
            }
        };
        let n_members = self.rooms[room].n_members;
        self.outstanding += n_members;
        let now = Instant::now();
        (self.rooms[room].said_at, self.rooms[room].outstanding) = (now, n_members);
        self.voices[voice].said_at = now;
        self.voices[voice].stream.write_all(&bytes)?;
        Ok(())
    }

    /// For so long, keeps so many changes in flight, each in another room and there until it is answered and everybody has heard it;
    /// returns deliveries per second.
    ///
    /// # Errors
    ///
    /// When there are not more rooms than that, or something gets lost.
    pub fn burst(&mut self, n_in_flight: usize, time: Duration) -> Result<f64> {
        ensure!(self.rooms.len() > n_in_flight, "each change needs a room of its own");
        while matches!(self.host, Host::Product(_)) && self.voices.len() < n_in_flight {
            self.add_caller()?;
        }
        self.settle()?;
        self.latencies.clear();
        let start = Instant::now();
        let mut in_flight: Vec<Option<usize>> = vec![None; n_in_flight];
        let (mut next, mut n_deliveries) = (0, 0_u32);
        while start.elapsed() < time {
            for n in 0..n_in_flight {
                // An anchor has one voice for all, which is never answered.
                let voice = n % self.voices.len();
                let is_over = |room: usize| self.rooms[room].outstanding == 0 && self.voices[voice].is_answered;
                if in_flight[n].is_some_and(|room| !is_over(room)) {
                    continue;
                }
                if let Some(room) = in_flight[n] {
                    n_deliveries += u32::try_from(self.rooms[room].n_members)?;
                }
                let is_free = |room: usize| !in_flight.contains(&Some(room));
                let rooms = (0..self.rooms.len()).map(|n| (next + n) % self.rooms.len());
                let room = rooms.into_iter().find(|room| is_free(*room)).context("a room")?;
                next = room + 1;
                self.say_by(voice, room)?;
                in_flight[n] = Some(room);
            }
            self.hear(Duration::from_millis(100))?;
        }
        let per_s = f64::from(n_deliveries) / start.elapsed().as_secs_f64();
        self.settle()?;
        Ok(per_s)
    }

    /// Whether the next thing may be said.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.voices[0].is_answered
    }

    /// Waits until everything that was said has arrived everywhere.
    pub fn settle(&mut self) -> Result<()> {
        let start = Instant::now();
        while self.outstanding > 0 || self.voices.iter().any(|voice| !voice.is_answered) {
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
                Token(voice) if voice >= VOICES => self.hear_answer(voice - VOICES)?,
                Token(member) => self.hear_member(member)?,
            }
        }
        self.events = events;
        Ok(())
    }

    fn hear_answer(&mut self, voice: usize) -> Result<()> {
        let voice = &mut self.voices[voice];
        loop {
            let n = match voice.stream.read(&mut self.buffer) {
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if n == 0 {
                bail!("the subject hung up on its author");
            }
            if matches!(self.host, Host::Anchor { .. }) {
                continue;
            }
            voice.heard.extend_from_slice(&self.buffer[..n]);
            let Some(answer) = wire::answer(&voice.heard)? else { continue };
            if answer.status != 200 || !answer.body.starts_with(br#"[{"done""#) {
                bail!("{}{}", answer.head, String::from_utf8_lossy(answer.body));
            }
            voice.heard.clear();
            // A voice says one thing at a time, so the answer is to what it said last.
            voice.is_answered = true;
            self.answers.push(voice.said_at.elapsed().as_secs_f64() * 1e3);
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
                let room = &mut self.rooms[member.room];
                for seq in wire::seqs(frame.payload) {
                    if seq != member.seen + 1 {
                        bail!("event {seq} came after {}", member.seen);
                    }
                    member.seen = seq;
                    self.outstanding = self.outstanding.checked_sub(1).context("an event that nobody has said")?;
                    room.outstanding = room.outstanding.saturating_sub(1);
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
pub(crate) fn enter(addr: SocketAddr, request: &str) -> Result<(TcpStream, Vec<u8>)> {
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
