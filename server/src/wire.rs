//! A WebSocket over a bare TCP connection: what all are told goes out as it is, from whichever thread has it.
//!
//! Must not know: what is said. tungstenite reads what the peer sends, checks it (RFC 6455), and answers pings and closes.
//! Its own way of sending would copy each text into a buffer that stays as large as the largest one ever was.
//! Invariant: whole messages follow one another. Whoever writes holds the lock of what is left to send.

use axum::{body::Body, extract::Request, response::Response};
use bytes::{BufMut, Bytes, BytesMut};
use hyper::upgrade::OnUpgrade;
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade::downcast};
use live::{Frame, Line};
use model::live::MAX_CLIENT_FRAME;
use std::{
    future::poll_fn,
    io::{self, ErrorKind, Read, Write},
    mem::replace,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};
use tokio::net::TcpStream;
use tungstenite::{
    Error, Message,
    handshake::server::create_response_with_body,
    protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext},
};

/// What a page says fits in; a longer message takes more for a moment.
const READ_BUFFER: usize = 512;

/// A connection that is to become a WebSocket.
pub(crate) struct Upgrade(OnUpgrade);

/// Answers the request for a WebSocket; the connection is one once the answer was sent.
///
/// # Errors
///
/// Why it is no such request, for whoever wrote the client.
pub(crate) fn accept(request: &mut Request) -> Result<(Response, Upgrade), String> {
    let response = create_response_with_body(request, Body::empty).map_err(|e| format!("{e}\n"))?;
    let upgrade = request.extensions_mut().remove().ok_or("This connection cannot be upgraded.\n")?;
    Ok((response, Upgrade(upgrade)))
}

impl Upgrade {
    /// Waits until the answer was sent.
    ///
    /// # Errors
    ///
    /// When the connection broke meanwhile.
    pub(crate) async fn finish(self) -> io::Result<(Reader, Writer)> {
        let upgraded = self.0.await.map_err(io::Error::other)?;
        // `serve` listens on TCP and on nothing else.
        let parts = downcast::<TokioIo<TcpStream>>(upgraded).map_err(|_| io::Error::from(ErrorKind::Unsupported))?;
        Ok(over(parts.io.into_inner(), &parts.read_buf))
    }
}

/// A WebSocket over a connection on which `read` was read already.
fn over(tcp: TcpStream, read: &[u8]) -> (Reader, Writer) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_CLIENT_FRAME))
        .max_frame_size(Some(MAX_CLIENT_FRAME));
    let context = WebSocketContext::from_partially_read(read.to_vec(), Role::Server, Some(config));
    let wire = Arc::new(Wire { tcp, left: Mutex::default() });
    (Reader { wire: wire.clone(), context }, Writer(wire))
}

/// What comes from the peer.
pub(crate) struct Reader {
    wire: Arc<Wire>,
    context: WebSocketContext,
}

impl Reader {
    /// The next message. Cancel-safe.
    ///
    /// # Errors
    ///
    /// When the peer is gone or does not keep to the protocol.
    pub(crate) async fn receive(&mut self) -> Result<Message, Error> {
        loop {
            match self.context.read(&mut Ends(&self.wire)) {
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => self.wire.tcp.readable().await?,
                other => return other,
            }
        }
    }

    /// Begins to close, or answers the peer who did. Nothing may be sent afterwards.
    pub(crate) fn close(&mut self, frame: Option<CloseFrame>) {
        // What cannot be told to a peer who is gone need not be.
        let _ = self.context.close(&mut Ends(&self.wire), frame);
    }
}

/// What goes to the peer.
pub(crate) struct Writer(Arc<Wire>);

impl Writer {
    /// The way out for those who have a frame for many.
    pub(crate) fn line(&self) -> Arc<dyn Line> {
        self.0.clone()
    }

    /// Sends a whole message, after what is left of the one before.
    ///
    /// # Errors
    ///
    /// When the peer is gone.
    pub(crate) async fn send(&self, message: &Bytes) -> io::Result<()> {
        loop {
            self.flush().await?;
            if self.0.put_if_idle(message)? {
                return self.flush().await;
            }
        }
    }

    /// Sends what is left.
    ///
    /// # Errors
    ///
    /// When the peer is gone.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        poll_fn(|context| self.0.poll_flush(context)).await
    }

    /// Waits until something is left that the peer could not take. Cancel-safe.
    pub(crate) async fn jammed(&self) {
        poll_fn(|context| self.0.poll_jammed(context)).await;
    }
}

/// A connection, and what of the last message it could not take yet.
struct Wire {
    tcp: TcpStream,
    left: Mutex<Left>,
}

#[derive(Default)]
struct Left {
    bytes: Bytes,
    /// Who sends it, if they wait for something being left.
    waker: Option<Waker>,
}

impl Wire {
    fn left(&self) -> MutexGuard<'_, Left> {
        // Every change under this lock is complete at each point where it could panic.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the message, unless something is left of another.
    fn put_if_idle(&self, message: &Bytes) -> io::Result<bool> {
        let mut left = self.left();
        if !left.bytes.is_empty() {
            return Ok(false);
        }
        let n_sent = self.try_write(message)?;
        if n_sent < message.len() {
            left.set(message.slice(n_sent..));
        }
        Ok(true)
    }

    /// Takes bytes whatever is left: answers to pings and closes, which are small, and as few as what the peer may send.
    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        let mut left = self.left();
        let n_sent = if left.bytes.is_empty() { self.try_write(bytes)? } else { 0 };
        if n_sent < bytes.len() {
            let mut all = BytesMut::from(replace(&mut left.bytes, Bytes::new()));
            all.put_slice(&bytes[n_sent..]);
            left.set(all.freeze());
        }
        Ok(())
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut left = self.left();
        while !left.bytes.is_empty() {
            match self.try_write(&left.bytes)? {
                0 => ready!(self.tcp.poll_write_ready(context))?,
                n_sent => left.bytes = left.bytes.slice(n_sent..),
            }
        }
        left.bytes = Bytes::new();
        Poll::Ready(Ok(()))
    }

    fn poll_jammed(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut left = self.left();
        if !left.bytes.is_empty() {
            return Poll::Ready(());
        }
        match &mut left.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// How many bytes the connection takes now.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.tcp.try_write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }
}

impl Left {
    fn set(&mut self, bytes: Bytes) {
        self.bytes = bytes;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Line for Wire {
    fn try_send(&self, frame: &Frame) -> bool {
        // Of a connection that broke the task hears when it reads; until then the frame is as good as sent.
        self.put_if_idle(&frame.wire).unwrap_or(true)
    }
}

/// The connection as tungstenite wants to see it.
struct Ends<'a>(&'a Wire);

impl Read for Ends<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.tcp.try_read(buffer)
    }
}

impl Write for Ends<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use live::{StreamKey, text_message};
    use tokio::{net::TcpListener, task::spawn_blocking};
    use tungstenite::{WebSocket, protocol::frame::coding::CloseCode};

    /// A socket, and its peer: a WebSocket client that blocks.
    async fn pair() -> (Reader, Writer, WebSocket<std::net::TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        let (reader, writer) = over(tcp, &[]);
        (reader, writer, WebSocket::from_raw_socket(peer, Role::Client, None))
    }

    fn frame(n: i64, text: &str) -> Frame {
        let wire = text_message(&format!("{n} {text}"));
        Frame { stream: StreamKey { kind: 1, id: [1; 16] }, ch: 1, first: n, last: n, text: wire.clone(), wire }
    }

    #[tokio::test]
    async fn what_a_slow_peer_could_not_take_arrives_whole_and_before_what_is_sent_later() {
        let (mut reader, writer, mut peer) = pair().await;
        let (line, long) = (writer.line(), "x".repeat(100_000));
        let mut n = 0;
        while line.try_send(&frame(n, &long)) {
            n += 1;
        }
        writer.jammed().await;
        let heard = spawn_blocking(move || {
            let mut heard: Vec<i64> = Vec::new();
            while let Ok(Message::Text(text)) = peer.read() {
                heard.push(text.split(' ').next().unwrap().parse().unwrap());
            }
            heard
        });
        writer.send(&text_message(&format!("{n} told"))).await.unwrap();
        assert!(line.try_send(&frame(n + 1, "nothing is left before it")));
        reader.close(None);
        writer.flush().await.unwrap();
        assert_eq!(heard.await.unwrap(), (0..=n + 1).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn who_waits_for_a_jam_hears_of_it() {
        let (_reader, writer, _peer) = pair().await;
        let (line, long) = (writer.line(), "x".repeat(100_000));
        let fill = async {
            tokio::task::yield_now().await;
            while line.try_send(&frame(0, &long)) {}
        };
        tokio::join!(biased; writer.jammed(), fill);
    }

    #[tokio::test]
    async fn pings_and_closes_are_answered() {
        let (mut reader, writer, mut peer) = pair().await;
        let answers = spawn_blocking(move || {
            peer.send(Message::Ping("still there?".into())).unwrap();
            peer.send(Message::Text("hello".into())).unwrap();
            let pong = peer.read().unwrap();
            peer.close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })).unwrap();
            (pong, peer.read().unwrap())
        });
        assert_eq!(reader.receive().await.unwrap(), Message::Ping("still there?".into()));
        assert_eq!(reader.receive().await.unwrap(), Message::Text("hello".into()));
        assert!(matches!(reader.receive().await.unwrap(), Message::Close(Some(_))));
        reader.close(None);
        writer.flush().await.unwrap();
        let (pong, close) = answers.await.unwrap();
        assert_eq!(pong, Message::Pong("still there?".into()));
        assert!(matches!(close, Message::Close(Some(frame)) if frame.code == CloseCode::Away));
    }

    #[tokio::test]
    async fn a_message_longer_than_a_client_may_send_is_refused() {
        let (mut reader, _writer, mut peer) = pair().await;
        let sent = spawn_blocking(move || {
            let _ = peer.send(Message::Text("x".repeat(MAX_CLIENT_FRAME + 1).into()));
            peer
        });
        assert!(matches!(reader.receive().await, Err(Error::Capacity(_))));
        drop(sent);
    }
}
