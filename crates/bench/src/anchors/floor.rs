//! The floor: one thread, epoll, and one `send(2)` of the same bytes for each recipient. Nothing that delivers an event
//! to a socket of its own can do with less.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result, bail};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use super::{address_of, room_of};
use crate::wire::{self, SAMPLE_ACCEPT, opcode};

const DOOR: Token = Token(usize::MAX);

struct Peer {
    stream: TcpStream,
    /// What has come and is not a whole request or frame yet.
    rest: Vec<u8>,
    is_upgraded: bool,
    room: Option<usize>,
}

struct Floor {
    poll: Poll,
    /// By token; a place stays empty when its peer has left.
    peers: Vec<Option<Peer>>,
    rooms: Vec<Vec<usize>>,
    frame: Vec<u8>,
}

/// Serves until it is killed.
///
/// # Errors
///
/// When the address is taken, or a recipient does not read: the floor keeps no queues.
pub fn serve(addr: SocketAddr) -> Result<()> {
    let mut listener = TcpListener::bind(addr)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, DOOR, Interest::READABLE)?;
    let mut floor = Floor { poll, peers: Vec::new(), rooms: Vec::new(), frame: Vec::new() };
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 65_536];
    loop {
        floor.poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == DOOR {
                while let Ok((stream, _)) = listener.accept() {
                    floor.let_in(stream)?;
                }
            } else {
                floor.hear(event.token().0, &mut buffer)?;
            }
        }
    }
}

impl Floor {
    fn let_in(&mut self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        self.poll.registry().register(&mut stream, Token(self.peers.len()), Interest::READABLE)?;
        self.peers.push(Some(Peer { stream, rest: Vec::new(), is_upgraded: false, room: None }));
        Ok(())
    }

    fn hear(&mut self, token: usize, buffer: &mut [u8]) -> Result<()> {
        loop {
            let Some(Some(peer)) = self.peers.get_mut(token) else { return Ok(()) };
            match peer.stream.read(buffer) {
                Ok(n) if n > 0 => {
                    peer.rest.extend_from_slice(&buffer[..n]);
                    self.answer(token)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Ok(_) | Err(_) => {
                    self.let_go(token);
                    return Ok(());
                }
            }
        }
    }

    fn answer(&mut self, token: usize) -> Result<()> {
        while let Some(Some(peer)) = self.peers.get_mut(token) {
            if !peer.is_upgraded {
                let Some(end) = peer.rest.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(()) };
                let request = String::from_utf8(peer.rest.drain(..end + 4).collect())?;
                let answer = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {SAMPLE_ACCEPT}\r\n\r\n"
                );
                peer.stream.write_all(answer.as_bytes())?;
                (peer.is_upgraded, peer.room) = (true, room_of(&request));
                if let Some(room) = peer.room {
                    if self.rooms.len() <= room {
                        self.rooms.resize(room + 1, Vec::new());
                    }
                    self.rooms[room].push(token);
                }
                continue;
            }
            let Some(frame) = wire::frame(&peer.rest) else { return Ok(()) };
            let (kind, len, mask) = (frame.opcode, frame.len, frame.mask.unwrap_or_default());
            let text: Vec<u8> = frame.payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
            peer.rest.drain(..len);
            match kind {
                opcode::TEXT => self.send(std::str::from_utf8(&text)?)?,
                opcode::CLOSE => self.let_go(token),
                _ => {}
            }
        }
        Ok(())
    }

    fn send(&mut self, text: &str) -> Result<()> {
        let (room, text) = address_of(text).context("a text without a room")?;
        self.frame.clear();
        wire::put_server_text(&mut self.frame, text.as_bytes());
        for token in self.rooms.get(room).into_iter().flatten() {
            let Some(Some(peer)) = self.peers.get_mut(*token) else { continue };
            if peer.stream.write(&self.frame)? != self.frame.len() {
                bail!("a recipient does not read");
            }
        }
        Ok(())
    }

    fn let_go(&mut self, token: usize) {
        if let Some(Peer { room: Some(room), .. }) = self.peers[token].take() {
            self.rooms[room].retain(|t| *t != token);
        }
    }
}
