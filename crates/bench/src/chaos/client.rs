//! A client over its connections: follows by the socket, sends what waits, reads anew what it was told to, and does random things.
//! Whatever breaks is tried again at another node, with the waits of the product's page.
//!
//! Must not know: who makes the trouble, and when.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use model::{
    Answer, Board, Key, PersonId, Question, Refusal, Reply,
    live::{BEAT_MS, ServerFrame, close},
};
use serde_json::json;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, sleep_until, timeout},
};

use super::page::{Page, is_over};
use crate::{
    line::{Frame, Line},
    product::{Person, post, upgrade},
};

/// How long an answer may take before the page gives the connection up.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long the page bears silence: one and a half beats.
const SILENCE: Duration = Duration::from_millis(BEAT_MS * 3 / 2);
/// The mean of the pauses between two things that a client does.
const PAUSE: Duration = Duration::from_millis(300);

/// What all clients share.
pub struct World {
    /// Where the nodes listen.
    pub nodes: Vec<SocketAddr>,
    /// How people reach all of them.
    pub origin: String,
    /// Everybody.
    pub people: Vec<PersonId>,
}

/// What befalls a client's network. Counters go up; moments lie ahead.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// How often all its connections were cut.
    pub n_cuts: u32,
    /// How often its page was opened anew.
    pub n_reloads: u32,
    /// Until when it does not read what comes on its socket.
    pub held_until: Instant,
    /// Until when it has no network.
    pub away_until: Instant,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Everybody works.
    Busy,
    /// Nobody does anything new; what waits is sent, and everybody catches up.
    Quiet,
}

/// What a client did and how long things took.
#[derive(Default)]
pub struct Figures {
    /// From making a command to its answer, in milliseconds, without the time that the client had no network.
    pub answers_ms: Vec<f64>,
    /// Requests that had to be sent again.
    pub n_repeats: usize,
    /// Sockets that were opened after another one was lost.
    pub n_reconnects: usize,
    /// The longest time without a socket that was welcomed, but for the time without network, in milliseconds.
    pub longest_without_live_ms: f64,
}

/// A client.
pub struct Client {
    /// Its number.
    pub n: usize,
    /// What it holds.
    pub page: RefCell<Page>,
    /// What it measured.
    pub figures: RefCell<Figures>,
    person: Person,
    weather: watch::Receiver<Weather>,
    stage: watch::Receiver<Stage>,
    /// Something waits to be sent.
    to_send: Notify,
    /// Something is to be read anew.
    to_read: Notify,
    /// Something is to be said on the socket.
    to_say: Notify,
    node: Cell<usize>,
}

impl Client {
    /// A client that has not begun.
    #[must_use]
    pub fn new(
        n: usize,
        person: Person,
        page: Page,
        weather: watch::Receiver<Weather>,
        stage: watch::Receiver<Stage>,
    ) -> Self {
        Self {
            n,
            page: RefCell::new(page),
            figures: RefCell::default(),
            person,
            weather,
            stage,
            to_send: Notify::new(),
            to_read: Notify::new(),
            to_say: Notify::new(),
            node: Cell::new(n),
        }
    }

    /// Goes on until it is dropped.
    pub async fn run(&self, world: &World) {
        tokio::join!(self.act(world), self.send(world), self.follow(world), self.read(world));
    }

    /// Looks again at what it had no access to.
    pub fn doubt(&self) {
        self.page.borrow_mut().doubt();
        self.to_read.notify_one();
    }

    async fn act(&self, world: &World) {
        while *self.stage.borrow() == Stage::Busy {
            let pause = PAUSE.mul_f64(2.0 * self.chance());
            sleep(pause).await;
            if self.page.borrow_mut().act(&world.people) {
                self.to_send.notify_one();
            }
        }
    }

    // sending

    async fn send(&self, world: &World) {
        let (mut line, mut attempt) = (None, 0);
        loop {
            let batch = self.page.borrow().batch();
            if batch.is_empty() {
                self.to_send.notified().await;
                continue;
            }
            match self.ask::<Vec<Answer>>(world, &mut line, "/api/execute", &batch).await {
                Ok(Ok(answers)) => {
                    if !self.answered(&batch, answers) {
                        attempt = 0;
                        continue;
                    }
                }
                Ok(Err(refusal)) if is_over(&refusal) || !refusal.is_passing() => {
                    let fault = format!("client {}: a request was refused as a whole: {refusal:?}", self.n);
                    self.page.borrow_mut().faults.push(fault);
                    return;
                }
                Ok(Err(_)) => {}
                Err(_) => self.node.set(self.node.get() + 1),
            }
            self.figures.borrow_mut().n_repeats += 1;
            self.wait(attempt).await;
            attempt += 1;
        }
    }

    fn answered(&self, batch: &[model::Envelope], answers: Vec<Answer>) -> bool {
        let mut page = self.page.borrow_mut();
        let is_passing = page.answered(batch, answers);
        // Who had no network did not wait for the server meanwhile.
        let since = self.weather.borrow().away_until;
        let mut figures = self.figures.borrow_mut();
        figures.answers_ms.extend(page.made.drain(..).map(|made| ms(made.max(since).elapsed())));
        is_passing
    }

    // reading anew

    async fn read(&self, world: &World) {
        let (mut line, mut attempt) = (None, 0);
        loop {
            let Some((project, key)) = self.page.borrow_mut().take_stale() else {
                self.to_read.notified().await;
                continue;
            };
            if let Ok(board) = self.board(world, &mut line, &key).await {
                attempt = 0;
                self.page.borrow_mut().read(project, board);
                self.to_say.notify_one();
            } else {
                self.page.borrow_mut().still_stale(project);
                self.node.set(self.node.get() + 1);
                self.wait(attempt).await;
                attempt += 1;
            }
        }
    }

    async fn board(&self, world: &World, line: &mut Option<Line>, key: &Key) -> Result<Option<Board>> {
        let question = json!({ "question": Question::Board { key: key.clone() } });
        match self.ask::<Reply>(world, line, "/api/ask", &question).await? {
            Ok(reply) => board_of(reply),
            Err(refusal) => bail!("{refusal:?}"),
        }
    }

    /// Asks on a kept connection, or on a new one. An error means that nobody knows whether it was heard.
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        world: &World,
        line: &mut Option<Line>,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<Result<T, Refusal>> {
        self.until_there().await;
        let n_cuts = self.weather.borrow().n_cuts;
        let mut kept = line.take();
        let asked = async {
            let open = match kept.take() {
                Some(open) => open,
                None => Line::open(self.node(world)).await?,
            };
            let mut open = open;
            // The name in `Host` plays no part; the origin is what people see.
            let (status, body) =
                open.ask(&post(self.node(world), &world.origin, Some(&self.person), path, body)?).await?;
            anyhow::Ok((open, status, body))
        };
        let (open, status, body) = tokio::select! {
            asked = timeout(PATIENCE, asked) => asked??,
            () = self.cut(n_cuts) => bail!("cut"),
        };
        *line = Some(open);
        if status == 200 { Ok(Ok(serde_json::from_slice(&body)?)) } else { Ok(Err(serde_json::from_slice(&body)?)) }
    }

    // following

    async fn follow(&self, world: &World) {
        let (mut attempt, mut n_reloads, mut lost) = (0, 0, None);
        loop {
            self.until_there().await;
            let now = self.weather.borrow().n_reloads;
            if std::mem::replace(&mut n_reloads, now) != now {
                self.page.borrow_mut().reload();
            }
            let mut is_welcome = false;
            let ended = self.live(world, || {
                is_welcome = true;
                if let Some(lost) = lost.take() {
                    let mut figures = self.figures.borrow_mut();
                    let without = ms(self.weather.borrow().away_until.max(lost).elapsed());
                    figures.longest_without_live_ms = figures.longest_without_live_ms.max(without);
                    figures.n_reconnects += 1;
                }
            });
            if let Err(fault) = ended.await {
                self.page.borrow_mut().faults.push(format!("client {}: {fault}", self.n));
            }
            lost.get_or_insert_with(Instant::now);
            attempt = if is_welcome { 0 } else { attempt + 1 };
            self.node.set(self.node.get() + 1);
            self.wait(attempt).await;
        }
    }

    /// A connection, until it is lost. What must never happen is an error.
    async fn live(&self, world: &World, mut welcomed: impl FnMut()) -> Result<()> {
        let n_cuts = self.weather.borrow().n_cuts;
        let opened = tokio::select! {
            opened = self.open(world) => opened,
            () = self.cut(n_cuts) => return Ok(()),
        };
        let Ok(mut line) = opened else { return Ok(()) };
        loop {
            let held = self.weather.borrow().held_until;
            if held > Instant::now() {
                tokio::select! {
                    () = sleep_until(held.into()) => {}
                    () = self.cut(n_cuts) => return Ok(()),
                }
            }
            let frame = tokio::select! {
                frame = line.frame() => frame,
                () = self.to_say.notified() => {
                    if self.say(&mut line).await.is_err() {
                        return Ok(());
                    }
                    continue;
                }
                () = self.cut(n_cuts) => return Ok(()),
                () = sleep(SILENCE) => bail!("an open socket was silent for {SILENCE:?}"),
            };
            match frame {
                Ok(Frame::Text(text)) => {
                    let frame: ServerFrame = serde_json::from_slice(&text)?;
                    if matches!(frame, ServerFrame::Welcome { .. }) {
                        welcomed();
                    }
                    self.page.borrow_mut().hear(frame);
                    self.to_read.notify_one();
                    if self.page.borrow().is_unsure() || self.say(&mut line).await.is_err() {
                        return Ok(());
                    }
                }
                Ok(Frame::Close(
                    code @ (close::SESSION_OVER | close::NO_HELLO | close::TOO_MANY | close::TOO_LARGE),
                )) => {
                    bail!("the socket was closed with {code}")
                }
                Ok(Frame::Close(_)) | Err(_) => return Ok(()),
            }
        }
    }

    async fn open(&self, world: &World) -> Result<Line> {
        let addr = self.node(world);
        let mut line = Line::open(addr).await?;
        let headers = format!("Origin: {}\r\nCookie: {}\r\n", world.origin, self.person.cookie);
        line.upgrade(&upgrade(addr, "/live", &headers)).await?;
        let hello = self.page.borrow_mut().hello();
        line.say(&hello).await?;
        Ok(line)
    }

    async fn say(&self, line: &mut Line) -> Result<()> {
        let says = self.page.borrow_mut().take_says();
        for frame in says {
            line.say(&frame).await?;
        }
        Ok(())
    }

    // the weather

    fn node(&self, world: &World) -> SocketAddr {
        world.nodes[self.node.get() % world.nodes.len()]
    }

    /// A number from 0 to 1.
    fn chance(&self) -> f64 {
        let n = self.page.borrow_mut().random().below(1_000);
        f64::from(u16::try_from(n).unwrap_or(0)) / 1_000.0
    }

    /// Anywhere below a ceiling that doubles, from 0.2 to 20 s, as the page waits.
    async fn wait(&self, attempt: u32) {
        let ceiling = Duration::from_millis(200 << attempt.min(7)).min(Duration::from_secs(20));
        sleep(ceiling.mul_f64(self.chance())).await;
    }

    /// Until there is a network.
    async fn until_there(&self) {
        loop {
            let until = self.weather.borrow().away_until;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until.into()).await;
        }
    }

    /// Until the connections are cut once more.
    async fn cut(&self, n_cuts: u32) {
        let mut weather = self.weather.clone();
        // Whoever makes the weather stays as long as the run; without them nothing is cut.
        if weather.wait_for(|w| w.n_cuts > n_cuts).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The board of an answer; nothing if the reader may not see it.
pub fn board_of(reply: Reply) -> Result<Option<Board>> {
    match reply {
        Reply::Board { page, .. } => Ok(Some(Board::try_from(page.board)?)),
        reply => {
            ensure!(matches!(reply, Reply::Nothing(_)), "another answer than a board");
            Ok(None)
        }
    }
}

/// A duration in milliseconds.
fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
