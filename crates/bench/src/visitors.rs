//! Pages that look who else is there: each follows a project, says what it does there, and remembers whom it was told of.
//!
//! Must not know: what is measured. A page that is sent away, or told to start over, is an error and not a figure.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read, Write},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use model::{
    PersonId, ProjectId, Stream,
    live::{At, ClientFrame, ServerFrame},
};

use crate::{
    crowd::enter,
    product::Product,
    wire::{self, opcode},
};

/// What is not there after this time has got lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A page of somebody.
pub struct Page {
    stream: TcpStream,
    rest: Vec<u8>,
    project: ProjectId,
    since: i64,
    /// What it was told.
    pub told: Told,
}

/// What a page was told.
#[derive(Default)]
pub struct Told {
    is_welcome: bool,
    /// Whether it follows its project.
    pub is_in: bool,
    /// Who is there.
    pub here: BTreeSet<PersonId>,
    /// How many frames were about others.
    pub n_frames: u32,
}

/// Many of them.
pub struct Visitors {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    /// In the order in which they came.
    pub pages: Vec<Page>,
}

impl Visitors {
    /// Opens a page for each person and project; they follow nothing yet.
    ///
    /// # Errors
    ///
    /// When one is not let in.
    pub fn open(product: &Product, who: impl IntoIterator<Item = (usize, usize)>) -> Result<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(1024));
        let mut visitors = Self { poll, events, buffer: vec![0; 65_536], pages: Vec::new() };
        for (person, place) in who {
            let door = product.bare_door(person)?;
            let (mut stream, rest) = enter(door.addr, &door.request)?;
            stream.write_all(&door.greeting)?;
            visitors.poll.registry().register(&mut stream, Token(visitors.pages.len()), Interest::READABLE)?;
            let (project, since) = (product.projects[place].id, product.projects[place].head);
            visitors.pages.push(Page { stream, rest, project, since, told: Told::default() });
            if visitors.pages.len().is_multiple_of(64) {
                visitors.hear(Duration::ZERO)?;
            }
        }
        visitors.until(|pages| pages.iter().all(|page| page.told.is_welcome))?;
        Ok(visitors)
    }

    /// A page comes to its project.
    pub fn come(&mut self, page: usize) -> Result<()> {
        let page = &mut self.pages[page];
        let stream = Stream::Project(page.project);
        page.say(&[
            ClientFrame::Join { stream, since: page.since },
            ClientFrame::Focus { project: page.project, at: At::default() },
        ])
    }

    /// It leaves its project.
    pub fn leave(&mut self, page: usize) -> Result<()> {
        let page = &mut self.pages[page];
        (page.told.is_in, page.told.here) = (false, BTreeSet::new());
        page.say(&[ClientFrame::Leave { stream: Stream::Project(page.project) }])
    }

    /// Hears until something is so; answers how long that took.
    ///
    /// # Errors
    ///
    /// When it does not become so.
    pub fn until(&mut self, is_so: impl Fn(&[Page]) -> bool) -> Result<Duration> {
        let start = Instant::now();
        while !is_so(&self.pages) {
            ensure!(start.elapsed() < PATIENCE, "who is there was not told within {PATIENCE:?}");
            self.hear(Duration::from_millis(100))?;
        }
        Ok(start.elapsed())
    }

    /// Hears what has come, and waits for it if nothing has.
    pub fn step(&mut self) -> Result<()> {
        self.hear(PATIENCE)?;
        ensure!(!self.events.is_empty(), "nothing was told within {PATIENCE:?}");
        Ok(())
    }

    /// Hears for so long.
    pub fn rest(&mut self, time: Duration) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < time {
            self.hear(time.saturating_sub(start.elapsed()))?;
        }
        Ok(())
    }

    fn hear(&mut self, patience: Duration) -> Result<()> {
        self.poll.poll(&mut self.events, Some(patience))?;
        for event in &self.events {
            self.pages[event.token().0].hear(&mut self.buffer)?;
        }
        Ok(())
    }
}

impl Page {
    fn say(&mut self, frames: &[ClientFrame]) -> Result<()> {
        let mut bytes = Vec::new();
        for frame in frames {
            wire::put_client_text(&mut bytes, &serde_json::to_vec(frame)?);
        }
        Ok(self.stream.write_all(&bytes)?)
    }

    fn hear(&mut self, buffer: &mut [u8]) -> Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => bail!("the product hung up on a page"),
                Ok(n) => self.rest.extend_from_slice(&buffer[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let mut done = 0;
        while let Some(frame) = wire::frame(&self.rest[done..]) {
            done += frame.len;
            match frame.opcode {
                opcode::TEXT => self.told.take(frame.payload, Stream::Project(self.project))?,
                opcode::CLOSE => bail!("the product closed a page: {:?}", String::from_utf8_lossy(frame.payload)),
                _ => {}
            }
        }
        self.rest.drain(..done);
        Ok(())
    }
}

impl Told {
    fn take(&mut self, payload: &[u8], project: Stream) -> Result<()> {
        // Events are none of its business.
        if wire::channel_of_events(payload).is_some() {
            return Ok(());
        }
        match serde_json::from_slice(payload)? {
            ServerFrame::Welcome { .. } => self.is_welcome = true,
            ServerFrame::Joined { stream, people, .. } if stream == project => {
                self.is_in = true;
                self.here.extend(people.iter().map(|present| present.person));
            }
            ServerFrame::People { stream, all, here, left } if stream == project && self.is_in => {
                self.n_frames += 1;
                if all {
                    self.here.clear();
                }
                self.here.extend(here.iter().map(|present| present.person));
                for person in left {
                    self.here.remove(&person);
                }
            }
            frame @ (ServerFrame::Resync { .. } | ServerFrame::Gone { .. } | ServerFrame::Refused { .. }) => {
                bail!("unexpected: {frame:?}")
            }
            _ => {}
        }
        Ok(())
    }
}
