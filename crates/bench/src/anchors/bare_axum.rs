//! axum's WebSocket with a broadcast channel per room and small buffers, and nothing else: what the framework costs.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use axum::{
    Router,
    extract::{
        Request, State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
    routing::any,
};
use tokio::sync::broadcast;

use super::{address_of, room_of};

#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<Vec<broadcast::Sender<Utf8Bytes>>>>);

impl Rooms {
    fn get(&self, room: usize) -> broadcast::Sender<Utf8Bytes> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while rooms.len() <= room {
            rooms.push(broadcast::channel(64).0);
        }
        rooms[room].clone()
    }
}

/// Serves until it is killed.
///
/// # Errors
///
/// When the address is taken.
pub fn serve(addr: SocketAddr) -> Result<()> {
    let app = Router::new().route("/{path}", any(enter)).with_state(Rooms::default());
    // The same runtime as the product's.
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(addr).await?;
        Ok(axum::serve(axum::serve::ListenerExt::tap_io(listener, |tcp| drop(tcp.set_nodelay(true))), app).await?)
    })
}

async fn enter(State(rooms): State<Rooms>, upgrade: WebSocketUpgrade, request: Request) -> Response {
    let room = room_of(request.uri().query().unwrap_or_default());
    upgrade.read_buffer_size(4096).write_buffer_size(0).on_upgrade(move |socket| async move {
        match room {
            Some(room) => listen(socket, rooms.get(room).subscribe()).await,
            None => speak(socket, &rooms).await,
        }
    })
}

async fn listen(mut socket: WebSocket, mut texts: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            Ok(text) = texts.recv() => if socket.send(Message::Text(text)).await.is_err() { return },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
            else => return,
        }
    }
}

async fn speak(mut socket: WebSocket, rooms: &Rooms) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message
            && let Some((room, text)) = address_of(&text)
        {
            // Nobody in the room is no error.
            let _ = rooms.get(room).send(text.into());
        }
    }
}
