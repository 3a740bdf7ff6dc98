//! The frames of the live socket, over a real one.

use axum::extract::Request;
use model::{
    PersonId, Refusal, Stream,
    live::{At, ClientFrame, PROTO, ServerFrame},
};
use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use tokio::task::JoinHandle;
use tungstenite::{ClientRequestBuilder, HandshakeError, Message, WebSocket};

use super::{
    About, line, names,
    world::{Caller, Who, Whose, World},
};

/// How long a reader waits before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A line for each frame that a page may say.
pub(super) async fn lines(world: &World<'_>, grid: &mut String) {
    let (address, server) = serve(world.app.clone()).await;
    for name in names::variants::<ClientFrame>(r#"{"t":""}"#) {
        for (name, about) in of(&name) {
            let answer = async |who, whose| answer(world, address, name, who, whose).await;
            line(grid, &format!("live {name}"), about, answer).await;
        }
    }
    server.abort();
}

/// Serves a site, since a socket cannot be had otherwise.
pub(super) async fn serve(app: axum::Router) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = <axum::Router as axum::ServiceExt<Request>>::into_make_service_with_connect_info::<SocketAddr>(app);
    #[expect(clippy::disallowed_methods, reason = "the test stops it")]
    let server = tokio::spawn(axum::serve(listener, service).into_future());
    (address, server)
}

fn of(frame: &str) -> Vec<(&'static str, About)> {
    match frame {
        "hello" => vec![("hello", About::Nothing)],
        "join" => vec![
            ("join of the instance", About::Nothing),
            ("join of a person", About::Something),
            ("join of a project", About::Something),
        ],
        "leave" => vec![("leave", About::Something)],
        "focus" => vec![("focus", About::Something)],
        "blur" => vec![("blur", About::Nothing)],
        "ping" => vec![("ping", About::Nothing)],
        new => panic!("the frame {new} has no case: say it here, and add its line to the grid"),
    }
}

async fn answer(world: &World<'_>, address: SocketAddr, name: &'static str, who: Who, whose: Whose) -> char {
    let caller = world.caller(who).clone();
    let (project, person) = (world.stream(&caller, whose), Stream::Person(world.person(&caller, whose).person));
    let is_focus = name == "focus";
    let me = caller.actor.person;
    let told = tokio::task::spawn_blocking(move || {
        let Some(mut page) = Page::open(address, &caller) else { return ('s', None) };
        let letter = match name {
            "hello" | "ping" => page.ask_ping(),
            "blur" => page.say_and_ping(&ClientFrame::Blur {}),
            "leave" => page.say_and_ping(&ClientFrame::Leave { stream: project }),
            "join of the instance" => page.join(Stream::Instance),
            "join of a person" => page.join(person),
            "join of a project" => page.join(project),
            _ => {
                page.join(project);
                let Stream::Project(id) = project else { return ('.', None) };
                page.say_and_ping(&ClientFrame::Focus { project: id, at: At::default() })
            }
        };
        (letter, Some(page))
    });
    let (letter, page) = told.await.unwrap();
    if !is_focus || page.is_none() {
        return letter;
    }
    // Somebody watches, and somebody else comes after them: whoever sees the second has seen the first, if there was one to see.
    let (watcher, second) = (world.fresh(Who::Admin).await, world.fresh(Who::Admin).await);
    let is_seen = tokio::task::spawn_blocking(move || {
        let (mark, Stream::Project(id)) = (second.actor.person, project) else { return false };
        let mut watching = Page::open(address, &watcher).expect("an Admin is let in");
        watching.say(&ClientFrame::Join { stream: project, since: 0 });
        let mut coming = Page::open(address, &second).expect("an Admin is let in");
        coming.join(project);
        coming.say_and_ping(&ClientFrame::Focus { project: id, at: At::default() });
        watching.sees(project, me, mark)
    });
    let is_seen = is_seen.await.unwrap();
    drop(page);
    if is_seen { 'y' } else { '.' }
}

/// A page's end of a socket.
pub(super) struct Page(WebSocket<TcpStream>);

impl Page {
    /// Opens it and says hello; nothing if it is refused with 401.
    pub(super) fn open(address: SocketAddr, caller: &Caller) -> Option<Self> {
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = ClientRequestBuilder::new(format!("ws://{address}/live").parse().unwrap())
            .with_header("Origin", "http://localhost:4000");
        if let Some(cookie) = caller.cookie() {
            request = request.with_header("Cookie", format!("muster={cookie}"));
        }
        match tungstenite::client(request, tcp) {
            Ok((socket, _)) => {
                let mut page = Self(socket);
                page.say(&ClientFrame::Hello {
                    proto: PROTO,
                    build: "test".into(),
                    person_since: 0,
                    instance_since: 0,
                });
                page.hear(|frame| matches!(frame, ServerFrame::Welcome { .. }).then_some(()));
                Some(page)
            }
            Err(HandshakeError::Failure(tungstenite::Error::Http(refused))) if refused.status() == 401 => None,
            Err(other) => panic!("{other}"),
        }
    }

    /// Waits until it follows what all pages follow.
    pub(super) fn settle(&mut self) {
        self.hear(|frame| matches!(frame, ServerFrame::Joined { stream: Stream::Instance, .. }).then_some(()));
    }

    /// With which code it is closed.
    pub(super) fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(Some(frame)) = self.0.read().unwrap() {
                return frame.code.into();
            }
        }
    }

    fn say(&mut self, frame: &ClientFrame) {
        self.0.send(Message::text(serde_json::to_string(frame).unwrap())).unwrap();
    }

    /// Waits for a frame that says something.
    fn hear<T>(&mut self, wanted: impl Fn(&ServerFrame) -> Option<T>) -> T {
        loop {
            let Message::Text(text) = self.0.read().unwrap() else { continue };
            let frame: ServerFrame = serde_json::from_str(&text).unwrap();
            if let Some(found) = wanted(&frame) {
                return found;
            }
        }
    }

    /// Whether somebody is seen in a project before, or together with, somebody else.
    fn sees(&mut self, project: Stream, whom: PersonId, mark: PersonId) -> bool {
        let mut is_seen = false;
        loop {
            let here: Vec<PersonId> = self.hear(|frame| match frame {
                ServerFrame::Joined { stream, people, .. } | ServerFrame::People { stream, here: people, .. }
                    if *stream == project =>
                {
                    Some(people.iter().map(|one| one.person).collect())
                }
                _ => None,
            });
            is_seen |= here.contains(&whom);
            if here.contains(&mark) {
                return is_seen;
            }
        }
    }

    fn ask_ping(&mut self) -> char {
        self.say(&ClientFrame::Ping { n: 7 });
        self.hear(|frame| match frame {
            ServerFrame::Pong { n: 7 } => Some('y'),
            ServerFrame::Refused { reason, .. } => Some(letter_of(reason)),
            _ => None,
        })
    }

    /// Says what is not answered; that it was heard shows by what comes after it.
    fn say_and_ping(&mut self, frame: &ClientFrame) -> char {
        self.say(frame);
        self.ask_ping()
    }

    fn join(&mut self, stream: Stream) -> char {
        self.say(&ClientFrame::Join { stream, since: 0 });
        self.hear(|frame| match frame {
            ServerFrame::Joined { stream: joined, .. } if *joined == stream => Some('y'),
            ServerFrame::Refused { stream: Some(refused), reason } if *refused == stream => Some(letter_of(reason)),
            _ => None,
        })
    }
}

fn letter_of(reason: &str) -> char {
    match reason {
        told if told == Refusal::NotFound.tell() => '.',
        told if told == Refusal::MayNot.tell() => 'n',
        other => panic!("{other}"),
    }
}
