//! The live channel of this page: opens it, keeps it, finds out when it is dead, and hands what arrives to the client.
//!
//! Being online is judged by this socket alone. What the browser says about the network, a page that becomes visible and
//! a request without an answer only make it ask (`ping`), and give up after two seconds of silence.
//!
//! Must not know: how anything is painted. Runs in the browser only; on the server every call finds no channel.

use leptos::prelude::{GetUntracked, Set};
use model::{
    Event, ProjectId, Recorded, Stream,
    live::{ClientFrame, PROTO, ServerFrame, close},
};
use std::{cell::RefCell, collections::HashMap};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use crate::{
    data::{Client, Concern, Link, backoff::wait_ms, boards::Gap, keep},
    dom::{self, EventSource, Timer},
    ids, net,
};

/// How long a `ping` may stay without any frame.
const PING_MS: u64 = 2_000;
/// How long opening the channel may take.
const OPEN_MS: u64 = 8_000;
/// How long a page that nobody sees keeps its channel.
const HIDDEN_MS: u64 = 10 * 60 * 1000;
/// More changes at once than these are a catching up.
const MOST_FLASHES: usize = 20;
/// After so long without being seen, nobody is at the page.
const IDLE_MS: u64 = 5 * 60 * 1000;
/// So many attempts in a row that failed mean "offline".
const ATTEMPTS: u32 = 2;

thread_local! {
    /// A page has one channel, and only one thread.
    static CHANNEL: RefCell<Option<Channel>> = const { RefCell::new(None) };
}

/// An open socket with the closures that the browser calls; they go with it.
struct Line {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        // What a dead connection still delivers must not be heard: closing one may take minutes.
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

struct Channel {
    client: Client,
    line: Option<Line>,
    /// Which stream the events of a channel number belong to.
    streams: HashMap<u32, Stream>,
    person_seq: i64,
    instance_seq: i64,
    build: String,
    welcomed: bool,
    attempt: u32,
    beat_ms: u64,
    heard_ms: i64,
    n_ping: u32,
    /// Fires when the server was silent for too long.
    watchdog: Option<Timer>,
    /// Fires when it is time to try again.
    retry: Option<Timer>,
    /// Fires when nobody has looked at the page for long.
    unseen: Option<Timer>,
    /// Fires when nobody has looked at it for a while.
    idle: Option<Timer>,
    /// The session is over; nothing is tried until somebody signs in.
    over: bool,
}

/// Does something with the channel; nothing where there is none.
fn with(act: impl FnOnce(&mut Channel)) {
    CHANNEL.with(|channel| {
        // Already held means that a frame is being handled, and its handler calls back: that is done after it.
        if let Ok(mut channel) = channel.try_borrow_mut()
            && let Some(channel) = channel.as_mut()
        {
            act(channel);
        }
    });
}

/// Opens the channel, once per page.
pub(crate) fn start(client: &Client, person_seq: i64, instance_seq: i64) {
    let is_new = CHANNEL.with(|channel| {
        let mut channel = channel.borrow_mut();
        let is_new = channel.is_none();
        channel.get_or_insert_with(|| Channel {
            client: client.clone(),
            line: None,
            streams: HashMap::new(),
            person_seq,
            instance_seq,
            build: dom::meta("muster-build").unwrap_or_default(),
            welcomed: false,
            attempt: 0,
            beat_ms: model::live::BEAT_MS,
            heard_ms: 0,
            n_ping: 0,
            watchdog: None,
            retry: None,
            unseen: None,
            idle: None,
            over: false,
        });
        is_new
    });
    if is_new {
        dom::on_event(EventSource::Window, "online", |_| doubt());
        dom::on_event(EventSource::Window, "offline", |_| doubt());
        dom::on_event(EventSource::Document, "visibilitychange", |_| with(Channel::look));
        with(Channel::open);
    }
}

/// Follows a project after this event. Without a connection it is done when there is one.
pub(crate) fn join(project: ProjectId, since: i64) {
    with(|c| {
        if c.welcomed {
            c.say(&ClientFrame::Join { stream: Stream::Project(project), since });
        }
    });
}

/// Follows a project no more.
pub(crate) fn leave(project: ProjectId) {
    with(|c| {
        let stream = Stream::Project(project);
        c.streams.retain(|_, s| *s != stream);
        c.say(&ClientFrame::Leave { stream });
    });
}

/// Says something that holds for now. Without a connection it is lost.
pub(crate) fn tell(frame: &ClientFrame) {
    with(|c| {
        if c.welcomed {
            c.say(frame);
        }
    });
}

/// Something suggests that the connection may be dead: asks, or tries again at once.
pub(crate) fn doubt() {
    with(Channel::doubt);
}

/// Connects anew after somebody has signed in again.
pub(crate) fn reconnect() {
    with(|c| {
        c.over = false;
        c.attempt = 0;
        c.open();
    });
}

impl Channel {
    fn say(&self, frame: &ClientFrame) {
        // What is said into a socket that closes is lost, and browsers complain; its end is heard elsewhere.
        if let Some(line) = &self.line
            && line.socket.ready_state() == WebSocket::OPEN
        {
            let _ = line.socket.send_with_str(&wire::to_string(frame));
        }
    }

    fn show(&self, link: Link) {
        if self.client.link.get_untracked() != link {
            self.client.link.set(link);
        }
    }

    // opening

    fn open(&mut self) {
        if self.over {
            return;
        }
        cancel(&mut self.retry);
        self.hang_up();
        self.heard_ms = ids::now().ms();
        self.line = dom::live_url().and_then(|url| WebSocket::new(&url).ok()).map(connect);
        if self.line.is_some() {
            self.watch(OPEN_MS);
        } else {
            self.lost();
        }
    }

    fn hang_up(&mut self) {
        self.line = None;
        self.welcomed = false;
        self.streams.clear();
        cancel(&mut self.watchdog);
    }

    fn opened(&mut self) {
        self.say(&ClientFrame::Hello {
            proto: PROTO,
            build: self.build.clone(),
            person_since: self.person_seq,
            instance_since: self.instance_seq,
        });
    }

    /// The connection is gone, or was never there: tries again later.
    fn lost(&mut self) {
        self.hang_up();
        let is_offline = self.attempt >= ATTEMPTS || !net::browser_says_online();
        self.show(match (is_offline, self.client.link.get_untracked()) {
            (true, _) => Link::Offline,
            (false, Link::Connecting) => Link::Connecting,
            (false, _) => Link::Reconnecting,
        });
        let wait = wait_ms(self.attempt, ids::chance());
        self.attempt += 1;
        cancel(&mut self.retry);
        self.retry = after(wait, Channel::open);
    }

    fn closed(&mut self, code: u16) {
        if code == close::SESSION_OVER {
            self.over = true;
            self.hang_up();
            self.show(Link::Offline);
            self.client.concern.set(Some(Concern::SignedOut));
            return;
        }
        if code == close::TOO_MANY {
            // Slower than after any other end: we were too fast.
            self.attempt = self.attempt.max(5);
        }
        self.lost();
    }

    // staying

    /// Looks again in so many milliseconds whether anything was heard meanwhile.
    fn watch(&mut self, ms: u64) {
        cancel(&mut self.watchdog);
        self.watchdog = after(ms, move |c| c.check(ms));
    }

    fn check(&mut self, allowed_ms: u64) {
        let silent = u64::try_from(ids::now().ms() - self.heard_ms).unwrap_or(0);
        // Timers may fire a little early by the clock that is compared here.
        if silent + 5 >= allowed_ms {
            self.lost();
        } else {
            let allowed_ms = self.patience();
            self.watchdog = after(allowed_ms.saturating_sub(silent).max(10), move |c| c.check(allowed_ms));
        }
    }

    /// One and a half beats.
    const fn patience(&self) -> u64 {
        self.beat_ms + self.beat_ms / 2
    }

    fn doubt(&mut self) {
        if self.over {
            return;
        }
        if self.welcomed {
            self.n_ping += 1;
            let asked_ms = ids::now().ms();
            self.say(&ClientFrame::Ping { n: self.n_ping });
            cancel(&mut self.watchdog);
            self.watchdog = after(PING_MS, move |c| {
                if c.heard_ms < asked_ms {
                    c.lost();
                } else {
                    c.watch(c.patience());
                }
            });
        } else if self.line.is_none() {
            self.open();
        }
    }

    /// The page became visible, or nobody sees it any more.
    fn look(&mut self) {
        cancel(&mut self.unseen);
        cancel(&mut self.idle);
        if dom::is_visible() {
            self.client.presence.set_idle(false);
            self.doubt();
        } else {
            self.idle = after(IDLE_MS, |c| c.client.presence.set_idle(true));
            self.unseen = after(HIDDEN_MS, |c| {
                cancel(&mut c.retry);
                c.hang_up();
                c.show(Link::Reconnecting);
            });
        }
    }
}

/// Calls back with the channel.
fn after(ms: u64, act: impl FnOnce(&mut Channel) + 'static) -> Option<Timer> {
    dom::after(ms, move || with(act))
}

fn cancel(timer: &mut Option<Timer>) {
    if let Some(timer) = timer.take() {
        timer.cancel();
    }
}

fn connect(socket: WebSocket) -> Line {
    let on_open = Closure::<dyn FnMut()>::new(|| with(Channel::opened));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            hear(&text);
        }
    });
    let on_close = Closure::<dyn FnMut(CloseEvent)>::new(|event: CloseEvent| {
        let code = event.code();
        // Closing drops this closure; that must not happen while it runs.
        let _ = after(0, move |c| c.closed(code));
    });
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    Line { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close }
}

/// Handles a frame. The channel is held only in short steps, since what a frame changes may call back here.
fn hear(text: &str) {
    let mut heard = None;
    with(|c| {
        c.heard_ms = ids::now().ms();
        heard = Some(c.client.clone());
    });
    let Some(client) = heard else { return };
    let Ok(frame) = wire::from_str::<ServerFrame>(text) else {
        // A newer server says something that this page does not know: a snapshot is always right.
        for board in client.boards.all() {
            client.refetch(board.project());
        }
        return;
    };
    match frame {
        ServerFrame::Welcome { build, beat_ms, .. } => welcome(&client, &build, beat_ms),
        ServerFrame::Joined { stream, ch, people, .. } => {
            with(|c| {
                c.streams.insert(ch, stream);
            });
            if let Stream::Project(project) = stream {
                client.presence.joined(project, people);
            }
        }
        ServerFrame::People { stream: Stream::Project(project), all, here, left } => {
            client.presence.heard(project, all, here, &left);
        }
        ServerFrame::Events { ch, events } => {
            let mut stream = None;
            with(|c| stream = c.streams.get(&ch).copied());
            if let Some(stream) = stream {
                follow(&client, stream, &events);
                if let (Stream::Project(project), Some(last)) = (stream, events.last()) {
                    keep::follow(project, last.seq, text);
                }
            }
        }
        // A project that cannot be joined is read once more: the answer tells whether it is still there.
        ServerFrame::Resync { stream: Stream::Project(project), .. }
        | ServerFrame::Refused { stream: Some(Stream::Project(project)), .. } => client.refetch(project),
        ServerFrame::Resync { stream, head } => {
            with(|c| {
                match stream {
                    Stream::Person(_) => c.person_seq = head,
                    _ => c.instance_seq = head,
                }
                c.say(&ClientFrame::Join { stream, since: head });
            });
            client.projects_changed();
        }
        ServerFrame::Gone { stream: Stream::Project(project), .. } => client.lose(project),
        ServerFrame::Gone { .. }
        | ServerFrame::People { .. }
        | ServerFrame::Refused { .. }
        | ServerFrame::Beat {}
        | ServerFrame::Pong { .. } => {}
    }
}

/// Takes in what happened on a stream.
fn follow(client: &Client, stream: Stream, events: &[Recorded]) {
    let last = events.last().map_or(0, |r| r.seq);
    match stream {
        Stream::Project(project) => {
            let board = client.boards.get(project);
            if let Some(board) = &board
                && board.take_in(events) == Err(Gap)
                && let Some(since) = board.missed()
            {
                join(project, since);
            }
            client.mine_heard(board.as_ref(), events);
            client.flash(events);
        }
        Stream::Person(_) => {
            with(|c| c.person_seq = c.person_seq.max(last));
            own_news(client, events.iter().map(|r| &r.event));
        }
        Stream::Instance => {
            with(|c| c.instance_seq = c.instance_seq.max(last));
            for recorded in events {
                match &recorded.event {
                    Event::RoleChanged { person, to, .. } => client.role_heard(*person, *to),
                    Event::PersonLeft { person } => client.people.forget(*person),
                    Event::ProjectRemoved { project } => client.lose(*project),
                    Event::TeamNamed { name } => client.team_heard(name.clone()),
                    _ => {}
                }
            }
        }
    }
}

fn welcome(client: &Client, build: &str, beat_ms: u64) {
    with(|c| {
        c.welcomed = true;
        c.attempt = 0;
        c.beat_ms = beat_ms.clamp(1_000, 120_000);
        c.watch(c.patience());
        for board in c.client.boards.all() {
            c.say(&ClientFrame::Join { stream: Stream::Project(board.project()), since: board.seq() });
        }
        if !c.build.is_empty() && c.build != build && c.client.concern.get_untracked().is_none() {
            c.client.concern.set(Some(Concern::NewBuild));
        }
    });
    client.link.set(Link::Live);
    // What happened meanwhile in projects without a board here.
    client.mine_changed();
    client.inbox_changed();
    client.send();
}

impl Client {
    /// Lets the tasks be shown that others have changed. Whoever comes back to many changes is not dazzled.
    fn flash(&self, events: &[Recorded]) {
        let me = self.me().map(|me| me.person.id);
        let theirs = events.iter().filter(|r| Some(r.actor) != me).filter_map(|r| r.event.task());
        let tasks: Vec<_> = theirs.take(MOST_FLASHES + 1).collect();
        if (1..=MOST_FLASHES).contains(&tasks.len()) {
            self.presence.flashed.set(tasks);
        }
    }
}

/// What the person's own stream tells: projects gained and lost, and notices.
fn own_news<'a>(client: &Client, events: impl Iterator<Item = &'a Event>) {
    let mut any = false;
    for event in events {
        match event {
            Event::ProjectLost { project } => {
                any = true;
                client.no_member_of(*project);
            }
            Event::ProjectGained { .. } => any = true,
            Event::InboxChanged { unread } => client.inbox_heard(*unread),
            _ => {}
        }
    }
    if any {
        client.projects_changed();
    }
}
