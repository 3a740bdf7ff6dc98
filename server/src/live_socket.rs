//! `GET /live`: one WebSocket per page, through which the page hears what happened.
//!
//! Must not know: what an event means. Frames of events are relayed as the hub encoded them, the same bytes to all.

use axum::{
    extract::{Extension, Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, header};
use live::{CloseCode, ConnectError, Departure, Item, JoinError, Outbox, SocketHandle, text_message};
use model::{
    ProjectId, Refusal, Stream, TaskId,
    live::{At, BEAT_MS, ClientFrame, Gone, PROTO, PROTO_PEOPLE, ServerFrame, close},
};
use service::{Actor, Cx, Feed, account, person_key, presence, query, session_key, stream_key, stream_of_key};
use std::{
    future::Future,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tungstenite::{Message, protocol::CloseFrame};

use crate::{
    edge::{Asker, is_own},
    reply::Refused,
    router::Site,
    wire::{self, Reader, Writer},
};

/// `hello` has to come within this.
const HELLO: Duration = Duration::from_secs(10);
/// One send may take this long before the peer counts as gone; its queue is bounded meanwhile.
const SEND: Duration = Duration::from_secs(20);
/// The last frame, and the peer's answer to it, may take this long.
const FAREWELL: Duration = Duration::from_secs(1);
/// Frames a client may send at once, and per second after that.
const FRAMES: Pace = Pace { burst: 120.0, per_second: 20.0 };
/// How often a page may say what it is doing; others are told of it. More of it is not heard.
const FOCUSES: Pace = Pace { burst: 40.0, per_second: 10.0 };
/// Every so many beats the session's row is asked again, in case nobody told us that it ended.
const BEATS_PER_CHECK: u32 = 2;

pub(crate) async fn open(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    mut request: Request,
) -> Response {
    let headers = request.headers();
    // A browser always says from which page it comes; the upgrade is a GET, which the guard of changes lets through.
    if !headers.contains_key(header::ORIGIN) || !is_own(headers, &site.settings.origins) {
        return Refused(Refusal::MayNot).into_response();
    }
    let Some(actor) = asker.0 else { return Refused(Refusal::SignIn).into_response() };
    let (response, upgrade) = match wire::accept(&mut request) {
        Ok(accepted) => accepted,
        Err(why) => return (StatusCode::BAD_REQUEST, why).into_response(),
    };
    let opened = site.cx.hub().connect(person_key(actor.person), session_key(actor.session));
    let (handle, outbox) = match opened {
        Ok(opened) => opened,
        Err(ConnectError::TooManySockets) => return Refused(Refusal::TooMany { after_s: 30 }).into_response(),
        Err(ConnectError::Draining) => return Refused(Refusal::Busy { after_s: 2 }).into_response(),
    };
    let hears_people = AtomicBool::new(false);
    let page = Page { cx: site.cx, assets: site.files.page, actor, handle, hears_people };
    site.tasks.spawn("socket", async move {
        match upgrade.finish().await {
            Ok((reader, writer)) => page.serve(reader, writer, outbox).await,
            Err(error) => tracing::debug!(%error, "a connection broke before it was a socket"),
        }
    });
    response
}

/// One page's socket.
///
/// There are thousands of them, and each future is as large as the largest of its states. So what happens once or rarely
/// is boxed, and gives its memory back.
struct Page {
    cx: Cx,
    assets: Arc<app::Assets>,
    actor: Actor,
    handle: SocketHandle<Feed>,
    /// The page knows the frame that tells who is there.
    hears_people: AtomicBool,
}

/// Why the conversation ends: with a code to tell, or because the peer is gone.
enum End {
    Close(u16),
    Gone,
}

/// Why a stream is not followed.
enum Denied {
    /// It is not theirs.
    To(Refusal),
    /// Nothing is on this socket any more, which closes with this code.
    All(u16),
}

impl Page {
    async fn serve(self, mut reader: Reader, writer: Writer, mut outbox: Outbox) {
        let overdue = async {
            let code = self.handle.closed().await;
            sleep(FAREWELL).await;
            code.map_or(End::Gone, |CloseCode(code)| End::Close(code))
        };
        let end = tokio::select! {
            end = self.talk(&mut reader, &writer, &mut outbox) => end.err().unwrap_or(End::Gone),
            // The hub has closed it, and the task has not come to tell: perhaps the peer does not read.
            end = overdue => end,
        };
        // From here on the hub sends nothing: a close frame is the last one.
        drop((self, outbox));
        let frame = match end {
            End::Close(code) => Some(CloseFrame { code: code.into(), reason: "".into() }),
            End::Gone => None,
        };
        let is_told = frame.is_some();
        reader.close(frame);
        let farewell = async {
            // The peer's own close frame, or nothing: either way it has heard us.
            let _ = writer.flush().await;
            while is_told && reader.receive().await.is_ok() {}
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn talk(&self, reader: &mut Reader, writer: &Writer, outbox: &mut Outbox) -> Result<(), End> {
        Box::pin(self.greet(reader, writer)).await?;
        self.handle.attach(writer.line());
        let beat = Duration::from_millis(BEAT_MS);
        let mut next_beat = pin!(sleep(beat));
        let (mut beats, mut heard) = (0, Heard::default());
        loop {
            tokio::select! {
                item = outbox.next() => match item {
                    Some(item) => self.tell(writer, item).await?,
                    None => return Ok(()),
                },
                message = reader.receive() => match message {
                    Ok(message) => Box::pin(self.hear(writer, message, &mut heard)).await?,
                    Err(_) => return Ok(()),
                },
                () = writer.jammed() => within(writer.flush()).await?,
                () = &mut next_beat => {
                    let due = next_beat.deadline() + beat;
                    next_beat.as_mut().reset(due);
                    beats += 1;
                    if beats % BEATS_PER_CHECK == 0 {
                        Box::pin(self.check_session()).await?;
                    }
                    say(writer, &ServerFrame::Beat {}).await?;
                }
            }
        }
    }

    /// Waits for `hello`, answers it, and joins the person's own stream and the instance's.
    async fn greet(&self, reader: &mut Reader, writer: &Writer) -> Result<(), End> {
        let first = loop {
            match timeout(HELLO, reader.receive()).await {
                Err(_) => return Err(End::Close(close::NO_HELLO)),
                Ok(Ok(Message::Text(text))) => break text,
                Ok(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Ok(_) => return Err(End::Gone),
            }
        };
        let Ok(ClientFrame::Hello { proto, person_since, instance_since, .. }) = serde_json::from_str(&first) else {
            return Err(End::Close(close::NO_HELLO));
        };
        self.hears_people.store(proto >= PROTO_PEOPLE, Ordering::Relaxed);
        // Until it is known, they are not shown.
        self.handle.appear_offline(true);
        self.ask_whether_to_hide().await;
        let build = self.assets.build.clone();
        say(writer, &ServerFrame::Welcome { proto: PROTO, build, beat_ms: BEAT_MS }).await?;
        self.join(writer, Stream::Person(self.actor.person), person_since).await?;
        self.join(writer, Stream::Instance, instance_since).await
    }

    async fn hear(&self, writer: &Writer, message: Message, heard: &mut Heard) -> Result<(), End> {
        if !heard.frames.take(FRAMES) {
            return Err(End::Close(close::TOO_MANY));
        }
        let text = match message {
            Message::Text(text) => text,
            // Pings are answered by the library.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => {
                self.handle.will_end(Departure::Closed);
                return Err(End::Gone);
            }
            Message::Frame(_) => return Err(End::Gone),
            Message::Binary(_) => return refuse(writer, None, "Send JSON texts.").await,
        };
        match serde_json::from_str(&text) {
            Ok(ClientFrame::Hello { .. }) => refuse(writer, None, "Hello is said once.").await,
            Ok(ClientFrame::Join { stream, since }) => self.join(writer, stream, since).await,
            Ok(ClientFrame::Leave { stream }) => {
                self.handle.leave(stream_key(stream));
                Ok(())
            }
            Ok(ClientFrame::Focus { project, at }) => {
                if heard.focuses.take(FOCUSES) {
                    self.focus(project, at, &mut heard.task).await;
                }
                Ok(())
            }
            Ok(ClientFrame::Blur {}) => {
                self.handle.blur();
                Ok(())
            }
            Ok(ClientFrame::Ping { n }) => say(writer, &ServerFrame::Pong { n }).await,
            Err(_) => refuse(writer, None, "This frame cannot be read.").await,
        }
    }

    async fn join(&self, writer: &Writer, stream: Stream, since: i64) -> Result<(), End> {
        let why = match self.handle.join(stream_key(stream), since.max(0), || self.may_follow(stream)).await {
            // If it was left or ended meanwhile, or the socket closes, the outbox tells what has to be told.
            Ok(()) | Err(JoinError::Ended(_) | JoinError::Left | JoinError::Closed) => return Ok(()),
            // A page does not ask for its own streams again, and without them the socket would not hear that its session is over.
            Err(JoinError::Refused(Denied::To(refusal))) if is_of_every_page(stream) && refusal.is_passing() => {
                return Err(End::Close(close::RESTART));
            }
            Err(JoinError::Stale) if is_of_every_page(stream) => return Err(End::Close(close::RESTART)),
            Err(JoinError::Refused(Denied::To(refusal))) => refusal.tell(),
            Err(JoinError::Refused(Denied::All(code))) => return Err(End::Close(code)),
            Err(JoinError::TooManyStreams) => "One page follows at most a hundred projects.".to_owned(),
            Err(JoinError::Stale) => Refusal::Busy { after_s: 1 }.tell(),
        };
        refuse(writer, Some(stream), &why).await
    }

    /// Shows what the page is doing, in a project that it follows and with a task of it. Anything else is not heard.
    async fn focus(&self, project: ProjectId, at: At, known: &mut Option<(ProjectId, TaskId)>) {
        let wanted = at.task.map(|task| (project, task));
        if let Some((project, task)) = wanted.filter(|wanted| *known != Some(*wanted)) {
            if !matches!(presence::has_task(&self.cx, project, task).await, Ok(true)) {
                return;
            }
            *known = wanted;
        }
        self.handle.focus(stream_key(Stream::Project(project)), presence::doing(at));
    }

    /// Asks whether the person wants to be seen. Without an answer it stays as it is.
    async fn ask_whether_to_hide(&self) {
        if let Ok(is_hidden) = presence::appears_offline(&self.cx, self.actor.person).await {
            self.handle.appear_offline(is_hidden);
        }
    }

    /// Where a stream stands, if it is theirs to follow.
    ///
    /// The streams on which it is told that a session is over or a role changed are watched from here on. What happened
    /// before that, while the socket was being opened, is asked for.
    async fn may_follow(&self, stream: Stream) -> Result<i64, Denied> {
        if is_of_every_page(stream) {
            match account::renewed(&self.cx, &self.actor).await.map_err(Denied::To)? {
                None => return Err(Denied::All(close::SESSION_OVER)),
                Some(actor) if actor.role != self.actor.role => return Err(Denied::All(close::RESTART)),
                Some(_) => {}
            }
        }
        query::head(&self.cx, &self.actor, stream).await.map_err(Denied::To)
    }

    async fn tell(&self, writer: &Writer, item: Item) -> Result<(), End> {
        let frame = match item {
            Item::Events(frame) => return send(writer, &frame.wire).await,
            Item::Joined { stream, ch, head } => {
                let people = presence::present(&self.handle.people(stream).here);
                named(stream).map(|stream| ServerFrame::Joined { stream, ch, head, people })
            }
            Item::People(_) if !self.hears_people.load(Ordering::Relaxed) => None,
            Item::People(people) => presence::frame(&people),
            Item::Resync { stream, head } => named(stream).map(|stream| ServerFrame::Resync { stream, head }),
            Item::Gone { stream, .. } => {
                named(stream).map(|stream| ServerFrame::Gone { stream, reason: Gone::Removed })
            }
            Item::Close(CloseCode(code)) => return Err(End::Close(code)),
        };
        match frame {
            Some(frame) => say(writer, &frame).await,
            None => Ok(()),
        }
    }

    async fn check_session(&self) -> Result<(), End> {
        self.ask_whether_to_hide().await;
        match account::renewed(&self.cx, &self.actor).await {
            Ok(None) => Err(End::Close(close::SESSION_OVER)),
            // A database that does not answer is no reason to send people away.
            Ok(Some(_)) | Err(_) => Ok(()),
        }
    }
}

/// Whether each page follows it from its `hello` on.
const fn is_of_every_page(stream: Stream) -> bool {
    matches!(stream, Stream::Person(_) | Stream::Instance)
}

fn named(key: live::StreamKey) -> Option<Stream> {
    stream_of_key(key)
}

async fn refuse(writer: &Writer, stream: Option<Stream>, reason: &str) -> Result<(), End> {
    say(writer, &ServerFrame::Refused { stream, reason: reason.to_owned() }).await
}

async fn say(writer: &Writer, frame: &ServerFrame) -> Result<(), End> {
    // Our own types cannot fail to be written as JSON.
    let text = serde_json::to_string(frame).unwrap_or_default();
    send(writer, &text_message(&text)).await
}

async fn send(writer: &Writer, message: &Bytes) -> Result<(), End> {
    within(writer.send(message)).await
}

/// Sends, unless it takes too long.
async fn within(sending: impl Future<Output = io::Result<()>>) -> Result<(), End> {
    match timeout(SEND, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Close(close::TOO_SLOW)),
    }
}

/// How much a client may say at once, and per second after that.
#[derive(Clone, Copy)]
struct Pace {
    burst: f64,
    per_second: f64,
}

/// What was heard of a page so far, as far as it bounds what is heard next.
#[derive(Default)]
struct Heard {
    frames: Bucket,
    focuses: Bucket,
    /// The last task that was found to be in its project.
    task: Option<(ProjectId, TaskId)>,
}

/// What a client may still say.
#[derive(Default)]
struct Bucket {
    used: f64,
    at: Option<Instant>,
}

impl Bucket {
    fn take(&mut self, pace: Pace) -> bool {
        let now = Instant::now();
        let since = self.at.replace(now).map_or(0.0, |at| (now - at).as_secs_f64());
        self.used = (self.used - since * pace.per_second).max(0.0) + 1.0;
        let is_allowed = self.used <= pace.burst;
        // What was not heard does not count, or one who is always too fast would never be heard.
        self.used = self.used.min(pace.burst);
        is_allowed
    }
}
