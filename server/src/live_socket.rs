//! `GET /live`: one WebSocket per page, through which the page hears what happened.
//!
//! Must not know: what an event means. Frames of events are relayed as the hub encoded them, the same bytes to all.

use axum::{
    extract::{
        Extension, State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use live::{CloseCode, ConnectError, Item, JoinError, Outbox, SocketHandle};
use model::{
    Refusal, Stream,
    live::{BEAT_MS, ClientFrame, Gone, MAX_CLIENT_FRAME, PROTO, ServerFrame, close},
};
use service::{Actor, Feed, account, person_key, query, session_key, stream_key, stream_of_key};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

use crate::{
    edge::{Asker, is_own, session_cookie},
    reply::Refused,
    router::Site,
};

/// `hello` has to come within this.
const HELLO: Duration = Duration::from_secs(10);
/// One send may take this long before the peer counts as gone; its queue is bounded meanwhile.
const SEND: Duration = Duration::from_secs(20);
/// Frames a client may send at once, and per second after that.
const BURST: f64 = 120.0;
const PER_SECOND: f64 = 20.0;
/// Every so many beats the session's row is asked again, in case nobody told us that it ended.
const BEATS_PER_CHECK: u32 = 2;

pub(crate) async fn open(
    State(site): State<Site>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // A browser always says from which page it comes; the upgrade is a GET, which the guard of changes lets through.
    if !headers.contains_key(header::ORIGIN) || !is_own(&headers, &site.settings.origins) {
        return Refused(Refusal::MayNot).into_response();
    }
    let Some(actor) = asker.0 else { return Refused(Refusal::SignIn).into_response() };
    let opened = site.cx.hub().connect(person_key(actor.person), session_key(actor.session));
    let (handle, outbox) = match opened {
        Ok(opened) => opened,
        Err(ConnectError::TooManySockets) => return Refused(Refusal::TooMany { after_s: 30 }).into_response(),
        Err(ConnectError::Draining) => return Refused(Refusal::Busy { after_s: 2 }).into_response(),
    };
    let cookie = session_cookie(&headers, site.settings.is_secure()).unwrap_or_default();
    // axum's default buffers are 128 KiB per socket; our frames are small and are flushed one by one.
    let upgrade = upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(MAX_CLIENT_FRAME)
        .max_frame_size(MAX_CLIENT_FRAME);
    upgrade.on_upgrade(move |socket| async move {
        let page = Page { site, actor, cookie, handle, allowance: Allowance::new() };
        // The future of a socket lives as long as the page: boxed, so that its size is paid once and not in each state.
        Box::pin(page.serve(socket, outbox)).await;
    })
}

/// One page's socket.
struct Page {
    site: Site,
    actor: Actor,
    cookie: String,
    handle: SocketHandle<Feed>,
    allowance: Allowance,
}

/// Why the conversation ends: with a code to tell, or because the peer is gone.
enum End {
    Close(u16),
    Gone,
}

impl Page {
    async fn serve(mut self, mut socket: WebSocket, mut outbox: Outbox) {
        let end = match self.talk(&mut socket, &mut outbox).await {
            Ok(()) => End::Gone,
            Err(end) => end,
        };
        if let End::Close(code) = end {
            let frame = CloseFrame { code, reason: Utf8Bytes::default() };
            let _ = timeout(SEND, socket.send(Message::Close(Some(frame)))).await;
            // The peer's own close frame, or nothing: either way it has heard us.
            let _ = timeout(Duration::from_secs(1), socket.recv()).await;
        }
    }

    async fn talk(&mut self, socket: &mut WebSocket, outbox: &mut Outbox) -> Result<(), End> {
        self.greet(socket).await?;
        let beat = Duration::from_millis(BEAT_MS);
        let mut next_beat = Instant::now() + beat;
        let mut beats = 0;
        loop {
            tokio::select! {
                item = outbox.next() => match item {
                    Some(item) => self.tell(socket, item).await?,
                    None => return Ok(()),
                },
                message = socket.recv() => match message {
                    Some(Ok(message)) => self.hear(socket, message).await?,
                    Some(Err(_)) | None => return Ok(()),
                },
                () = sleep_until(next_beat) => {
                    next_beat += beat;
                    beats += 1;
                    if beats % BEATS_PER_CHECK == 0 {
                        self.check_session().await?;
                    }
                    self.say(socket, &ServerFrame::Beat {}).await?;
                }
            }
        }
    }

    /// Waits for `hello`, answers it, and joins the person's own stream and the instance's.
    async fn greet(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let first = loop {
            match timeout(HELLO, socket.recv()).await {
                Err(_) => return Err(End::Close(close::NO_HELLO)),
                Ok(Some(Ok(Message::Text(text)))) => break text,
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => return Err(End::Gone),
            }
        };
        let Ok(ClientFrame::Hello { person_since, instance_since, .. }) = serde_json::from_str(&first) else {
            return Err(End::Close(close::NO_HELLO));
        };
        let build = self.site.files.page.build.clone();
        self.say(socket, &ServerFrame::Welcome { proto: PROTO, build, beat_ms: BEAT_MS }).await?;
        self.join(socket, Stream::Person(self.actor.person), person_since).await?;
        self.join(socket, Stream::Instance, instance_since).await
    }

    async fn hear(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        if !self.allowance.take() {
            return Err(End::Close(close::TOO_MANY));
        }
        let text = match message {
            Message::Text(text) => text,
            // Pings are answered by the library.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) => return self.refuse(socket, None, "Send JSON texts.").await,
        };
        match serde_json::from_str(&text) {
            Ok(ClientFrame::Hello { .. }) => self.refuse(socket, None, "Hello is said once.").await,
            Ok(ClientFrame::Join { stream, since }) => self.join(socket, stream, since).await,
            Ok(ClientFrame::Leave { stream }) => {
                self.handle.leave(stream_key(stream));
                Ok(())
            }
            Ok(ClientFrame::Ping { n }) => self.say(socket, &ServerFrame::Pong { n }).await,
            Err(_) => self.refuse(socket, None, "This frame cannot be read.").await,
        }
    }

    async fn join(&mut self, socket: &mut WebSocket, stream: Stream, since: i64) -> Result<(), End> {
        let (cx, actor) = (&self.site.cx, &self.actor);
        let access = || query::head(cx, actor, stream);
        let why = match self.handle.join(stream_key(stream), since.max(0), access).await {
            // If it was left or ended meanwhile, or the socket closes, the outbox tells what has to be told.
            Ok(()) | Err(JoinError::Ended(_) | JoinError::Left | JoinError::Closed) => return Ok(()),
            Err(JoinError::Refused(refusal)) => refusal.tell(),
            Err(JoinError::TooManyStreams) => "One page follows at most a hundred projects.".to_owned(),
            Err(JoinError::Stale) => Refusal::Busy { after_s: 1 }.tell(),
        };
        self.refuse(socket, Some(stream), &why).await
    }

    async fn tell(&self, socket: &mut WebSocket, item: Item) -> Result<(), End> {
        let frame = match item {
            Item::Events(frame) => {
                let text = Utf8Bytes::try_from(frame.text.clone()).map_err(|_| End::Gone)?;
                return send(socket, Message::Text(text)).await;
            }
            Item::Joined { stream, ch, head } => named(stream).map(|stream| ServerFrame::Joined { stream, ch, head }),
            Item::Resync { stream, head } => named(stream).map(|stream| ServerFrame::Resync { stream, head }),
            Item::Gone { stream, .. } => {
                named(stream).map(|stream| ServerFrame::Gone { stream, reason: Gone::Removed })
            }
            Item::Close(CloseCode(code)) => return Err(End::Close(code)),
        };
        match frame {
            Some(frame) => self.say(socket, &frame).await,
            None => Ok(()),
        }
    }

    async fn refuse(&self, socket: &mut WebSocket, stream: Option<Stream>, reason: &str) -> Result<(), End> {
        self.say(socket, &ServerFrame::Refused { stream, reason: reason.to_owned() }).await
    }

    async fn say(&self, socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), End> {
        // Our own types cannot fail to be written as JSON.
        let text = serde_json::to_string(frame).unwrap_or_default();
        send(socket, Message::Text(text.into())).await
    }

    async fn check_session(&self) -> Result<(), End> {
        match account::actor(&self.site.cx, &self.cookie).await {
            Ok(None) => Err(End::Close(close::SESSION_OVER)),
            // A database that does not answer is no reason to send people away.
            Ok(Some(_)) | Err(_) => Ok(()),
        }
    }
}

fn named(key: live::StreamKey) -> Option<Stream> {
    stream_of_key(key)
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(SEND, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Close(close::TOO_SLOW)),
    }
}

/// A bucket of frames that a client may still send.
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self { left: BURST, at: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let now = Instant::now();
        self.left = (self.left + (now - self.at).as_secs_f64() * PER_SECOND).min(BURST);
        self.at = now;
        self.left -= 1.0;
        self.left >= 0.0
    }
}
