//! A client's connections: one for requests, one that becomes a WebSocket. Whatever breaks is an error, and the caller comes again.
//!
//! Must not know: what is said.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, bail};
use model::live::ClientFrame;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::wire::{self, opcode};

/// How long opening a connection may take, as in the page.
const OPEN: Duration = Duration::from_secs(8);

/// What came on a socket.
pub enum Frame {
    /// A text.
    Text(Vec<u8>),
    /// The server's farewell with its code (RFC 6455, section 7.4); 1005 for none.
    Close(u16),
}

/// An open connection, and what has come on it and was not taken yet.
pub struct Line {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Line {
    /// Connects.
    pub async fn open(addr: SocketAddr) -> Result<Self> {
        let stream = timeout(OPEN, TcpStream::connect(addr)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, heard: Vec::new() })
    }

    /// Sends a request and waits for the whole answer: its status and its body.
    pub async fn ask(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(answer) = wire::answer(&self.heard)? {
                let (status, len) = (answer.status, answer.len);
                let body = answer.body.to_vec();
                self.heard.drain(..len);
                return Ok((status, body));
            }
            self.more().await?;
        }
    }

    /// Becomes a WebSocket.
    pub async fn upgrade(&mut self, request: &str) -> Result<()> {
        let (status, body) = timeout(OPEN, self.ask(request.as_bytes())).await??;
        if status != 101 {
            bail!("no upgrade: {status} {}", String::from_utf8_lossy(&body));
        }
        Ok(())
    }

    /// Says something on a WebSocket.
    pub async fn say(&mut self, frame: &ClientFrame) -> Result<()> {
        let mut bytes = Vec::new();
        wire::put_client_text(&mut bytes, &serde_json::to_vec(frame)?);
        self.write(&bytes).await
    }

    /// Writes bytes that are a frame already.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// The next frame of a WebSocket. To drop the future loses nothing.
    pub async fn frame(&mut self) -> Result<Frame> {
        loop {
            let Some(frame) = wire::frame(&self.heard) else {
                self.more().await?;
                continue;
            };
            let (opcode, len, payload) = (frame.opcode, frame.len, frame.payload.to_vec());
            self.heard.drain(..len);
            match opcode {
                opcode::TEXT => return Ok(Frame::Text(payload)),
                opcode::CLOSE => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    return Ok(Frame::Close(code));
                }
                _ => {}
            }
        }
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.heard).await? == 0 {
            bail!("the server hung up");
        }
        Ok(())
    }
}
