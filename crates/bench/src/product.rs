//! Muster itself, as it is released: started on a fresh database, set up over HTTP as people would, with everything on.
//!
//! Must not know: what is measured.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use model::{
    Answer, Category, Command, Day, Due, Envelope, Hue, Key, NewStatus, PersonId, ProjectId, ProjectRole, StatusId,
    Stream, Welcome,
    live::{ClientFrame, PROTO},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    home::{Home, origin},
    ids::Ids,
    subject::Subject,
    wire::{self, SAMPLE_KEY},
};

/// The most envelopes in one request.
const BATCH: usize = 50;
/// No answer takes longer, also not on a busy disk.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the product keeps what it is given.
#[derive(Clone, Debug)]
pub enum Engine {
    /// A file in the folder of the run.
    Sqlite,
    /// A fresh database, by its URL.
    Postgres(String),
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The cookies of their session.
    pub cookie: String,
}

/// A project that everybody is in.
#[derive(Clone)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its key.
    pub key: Key,
    /// Its statuses.
    pub statuses: Vec<StatusId>,
    /// The last event of its stream that we know of.
    pub head: i64,
}

/// A running Muster.
pub struct Product {
    /// Its process.
    pub server: Subject,
    /// Who is signed in; the first one is its Admin.
    pub people: Vec<Person>,
    /// The projects.
    pub projects: Vec<Project>,
    /// Where new ids come from.
    pub ids: Ids,
    /// How many bytes the description has of a task that is created by [`Self::create_task`]; 0 is none.
    pub words: usize,
    home: Home,
}

/// How a socket comes in: what it sends first, and what after the upgrade.
pub struct Door {
    /// Where.
    pub addr: SocketAddr,
    /// The request for an upgrade.
    pub request: String,
    /// The frames after it.
    pub greeting: Vec<u8>,
    /// The stream for whose `joined` to wait.
    pub stream: Option<Stream>,
}

/// A mail that the server kept.
#[derive(Deserialize)]
struct Mail {
    to: String,
    links: Vec<String>,
}

impl Product {
    /// The password of everybody.
    pub const PASSWORD: &str = "seven grey herons on a pier";

    /// Starts it on an empty database under `base`, with an Admin, so many people in all, and so many projects that
    /// all of them are in.
    ///
    /// # Errors
    ///
    /// When it does not start, or answers otherwise than agreed.
    pub fn set_up(binary: &Path, engine: Engine, base: &Path, n_people: usize, n_projects: usize) -> Result<Self> {
        let home = Home::new(binary, engine, base)?;
        let server = home.serve()?;
        let mut product =
            Self { server, people: Vec::new(), projects: Vec::new(), ids: Ids::default(), words: 0, home };
        product.sign_up(n_people)?;
        product.open_projects(n_projects)?;
        Ok(product)
    }

    /// Ends it and starts it anew on the same database, as fresh as after a deployment.
    pub fn restart(self) -> Result<Self> {
        drop(self.server);
        Ok(Self { server: self.home.serve()?, ..self })
    }

    /// Ends it, for others to be started on what it leaves.
    #[must_use]
    pub fn leave(self) -> (Home, Vec<Person>, Vec<Project>) {
        (self.home, self.people, self.projects)
    }

    fn sign_up(&mut self, n_people: usize) -> Result<()> {
        let log = fs::read_to_string(self.home.folder().join("out.log"))?;
        let token = log.split("/setup/").nth(1).context("no set-up link was printed")?;
        let token = token.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).next();
        let email = |n: usize| format!("person{n}@bench.example");
        for n in 0..n_people {
            let (path, form) = if n == 0 {
                let form =
                    json!({ "token": token, "name": "Alma Berg", "email": email(0), "password": Self::PASSWORD });
                ("/api/account/set-up", form)
            } else {
                let form = json!({ "name": format!("Person {n}"), "email": email(n), "password": Self::PASSWORD });
                self.ask(None, "/api/account/register", &form)?;
                ("/api/account/verify", json!({ "token": self.token_by_mail(&email(n))?, "password": Self::PASSWORD }))
            };
            let (head, body) = self.ask(None, path, &form)?;
            let welcome: Welcome = serde_json::from_slice(&body)?;
            let cookies: Vec<&str> = head
                .lines()
                .filter_map(|l| l.split_once(':'))
                .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
                .filter_map(|(_, value)| value.split(';').next())
                .map(str::trim)
                .collect();
            let id = welcome.person.context("nobody is signed in")?;
            self.people.push(Person { id, cookie: cookies.join("; ") });
        }
        Ok(())
    }

    /// The secret of the link by which an address is confirmed, as soon as its mail is there.
    fn token_by_mail(&self, to: &str) -> Result<String> {
        for _ in 0..500 {
            let request = format!("GET /dev/mailbox.json HTTP/1.1\r\nHost: {}\r\n\r\n", self.server.addr);
            let (_, body) = Line::open(self.server.addr)?.ask(request.as_bytes())?;
            let mails: Vec<Mail> = serde_json::from_slice(&body)?;
            let mut links = mails.into_iter().filter(|mail| mail.to == to).flat_map(|mail| mail.links);
            if let Some(token) = links.find_map(|link| Some(link.split_once("/verify/")?.1.to_owned())) {
                return Ok(token);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        anyhow::bail!("no mail came to {to}")
    }

    fn open_projects(&mut self, n_projects: usize) -> Result<()> {
        let names = [("Backlog", Category::Backlog), ("In progress", Category::InProgress), ("Done", Category::Done)];
        let mut commands = Vec::new();
        for n in 0..n_projects {
            let statuses: Vec<StatusId> = names.iter().map(|_| self.ids.fresh()).collect();
            let project =
                Project { id: self.ids.fresh(), key: format!("P{n}").as_str().try_into()?, statuses, head: 0 };
            let columns = project.statuses.iter().zip(names);
            commands.push(Command::CreateProject {
                project: project.id,
                key: project.key.clone(),
                name: format!("Project {n}").as_str().try_into()?,
                hue: Hue::of(&[1]),
                statuses: columns
                    .map(|(id, (name, category))| Ok(NewStatus { id: *id, name: name.try_into()?, category }))
                    .collect::<Result<_>>()?,
                is_sample: false,
            });
            let (project_id, role) = (project.id, ProjectRole::Member);
            let others = self.people.iter().skip(1);
            commands.extend(others.map(|p| Command::AddMember { project: project_id, person: p.id, role }));
            self.projects.push(project);
        }
        self.execute(commands)
    }

    /// Creates so many tasks in a project: titles of a team's usual length, a third of them due, half of them assigned.
    pub fn fill(&mut self, project: usize, n_tasks: usize) -> Result<()> {
        const VERBS: [&str; 8] = ["Check", "Order", "Paint", "Review", "Write down", "Call about", "Repair", "Plan"];
        const THINGS: [&str; 9] =
            ["fence", "invoice", "landing page", "delivery", "contract", "stairs", "budget", "photos", "heating"];
        const WHENS: [&str; 7] =
            ["before Friday", "for the board", "with Elif", "again", "in the north hall", "for March", "on site"];
        let here = self.projects[project].clone();
        let commands = (0..n_tasks).map(|n| {
            // Strides that share no divisor with the lengths walk through all combinations.
            let words = [VERBS[n % 8], "the", THINGS[n * 5 % 9], WHENS[n * 3 % 7]];
            Ok(Command::CreateTask {
                project: here.id,
                task: self.ids.fresh(),
                title: format!("{} {}", words.join(" "), n / 5).as_str().try_into()?,
                text: None,
                status: here.statuses[n * 7 % here.statuses.len()],
                due: i32::try_from(n % 60)
                    .ok()
                    .and_then(|d| Day::from_number(20_780 + d))
                    .filter(|_| n % 3 == 0)
                    .map(Due::Day),
                assignees: self.people.get(n % (2 * self.people.len())).map(|p| p.id).into_iter().collect(),
                priority: None,
                labels: Vec::new(),
                parent: None,
            })
        });
        let commands = commands.collect::<Result<Vec<_>>>()?;
        self.execute(commands)
    }

    /// Gives commands as the Admin, in order, and remembers how far the streams have come.
    fn execute(&mut self, commands: Vec<Command>) -> Result<()> {
        let envelopes: Vec<Envelope> =
            commands.into_iter().map(|command| Envelope { op: self.ids.fresh(), command }).collect();
        let mut line = Line::open(self.server.addr)?;
        for batch in envelopes.chunks(BATCH) {
            let (_, body) = line.ask(&self.request(Some(0), "/api/execute", &batch)?)?;
            for answer in serde_json::from_slice::<Vec<Answer>>(&body)? {
                let Answer::Done(done) = answer else { bail!("refused: {answer:?}") };
                if let Some(project) = self.projects.iter_mut().rev().find(|p| Stream::Project(p.id) == done.stream) {
                    project.head = project.head.max(done.last);
                }
            }
        }
        Ok(())
    }

    /// The request with which a person creates a task.
    ///
    /// # Errors
    ///
    /// Never, as long as titles are valid.
    pub fn create_task(&mut self, person: usize, project: usize) -> Result<Vec<u8>> {
        let command = Command::CreateTask {
            project: self.projects[project].id,
            task: self.ids.fresh(),
            title: "Check the fence before the first delivery".try_into()?,
            text: (self.words > 0)
                .then(|| "Before the first delivery. ".repeat(self.words / 27 + 1)[..self.words].trim().try_into())
                .transpose()?,
            status: self.projects[project].statuses[0],
            due: None,
            assignees: Vec::new(),
            priority: None,
            labels: Vec::new(),
            parent: None,
        };
        let envelope = Envelope { op: self.ids.fresh(), command };
        self.request(Some(person), "/api/execute", &[envelope])
    }

    /// A `POST` with a body of JSON, signed in or not.
    pub fn request(&self, person: Option<usize>, path: &str, body: &impl Serialize) -> Result<Vec<u8>> {
        let addr = self.server.addr;
        post(addr, &origin(addr), person.map(|person| &self.people[person]), path, body)
    }

    /// Asks once, on a connection of its own; returns head and body of an answer that is 200.
    pub fn ask(&self, person: Option<usize>, path: &str, body: &impl Serialize) -> Result<(String, Vec<u8>)> {
        Line::open(self.server.addr)?.ask(&self.request(person, path, body)?)
    }

    /// What a person gets at a path: head and body of an answer that is 200.
    pub fn get(&self, person: usize, path: &str) -> Result<(String, Vec<u8>)> {
        let (addr, cookie) = (self.server.addr, &self.people[person].cookie);
        // Of HTTP 1.0, an answer of unknown length ends with the connection.
        let request = format!("GET {path} HTTP/1.0\r\nHost: {addr}\r\nCookie: {cookie}\r\n\r\n");
        let (mut stream, mut bytes) = (Line::open(addr)?.stream, Vec::new());
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").context("not an HTTP answer")? + 4;
        let body = bytes.split_off(end);
        let head = String::from_utf8(bytes)?;
        ensure!(head.contains(" 200 "), "{head}{}", String::from_utf8_lossy(&body));
        Ok((head, body))
    }

    /// How a page of this person comes to follow this project.
    pub fn door(&self, person: usize, project: usize) -> Result<Door> {
        self.door_since(person, project, self.projects[project].head)
    }

    /// The same for a page that has seen the project up to an event.
    pub fn door_since(&self, person: usize, project: usize, since: i64) -> Result<Door> {
        let stream = Stream::Project(self.projects[project].id);
        let mut door = self.bare_door(person)?;
        wire::put_client_text(&mut door.greeting, &serde_json::to_vec(&ClientFrame::Join { stream, since })?);
        Ok(Door { stream: Some(stream), ..door })
    }

    /// How a page of this person comes in that follows no project yet.
    pub fn bare_door(&self, person: usize) -> Result<Door> {
        let (addr, Person { cookie, .. }) = (self.server.addr, &self.people[person]);
        let hello = ClientFrame::Hello { proto: PROTO, build: "bench".into(), person_since: 0, instance_since: 0 };
        let mut greeting = Vec::new();
        wire::put_client_text(&mut greeting, &serde_json::to_vec(&hello)?);
        let request = upgrade(addr, "/live", &format!("Origin: {}\r\nCookie: {cookie}\r\n", origin(addr)));
        Ok(Door { addr, request, greeting, stream: None })
    }
}

/// How a socket comes into a room of an anchor.
#[must_use]
pub fn anchor_door(addr: SocketAddr, room: usize) -> Door {
    Door { addr, request: upgrade(addr, &format!("/live?room={room}"), ""), greeting: Vec::new(), stream: None }
}

/// The request with which a socket becomes a WebSocket.
#[must_use]
pub fn upgrade(addr: SocketAddr, path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {SAMPLE_KEY}\r\n{headers}\r\n"
    )
}

/// A `POST` with a body of JSON to a process that people reach under this origin.
pub fn post(
    addr: SocketAddr,
    origin: &str,
    person: Option<&Person>,
    path: &str,
    body: &impl Serialize,
) -> Result<Vec<u8>> {
    let body = serde_json::to_vec(body)?;
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {addr}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    if let Some(Person { id, cookie }) = person {
        let _ = write!(request, "Cookie: {cookie}\r\nx-muster-person: {id}\r\n");
    }
    request += "\r\n";
    let mut request = request.into_bytes();
    request.extend_from_slice(&body);
    Ok(request)
}

/// A connection for one question after the other.
pub struct Line {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Line {
    /// Connects.
    pub fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, heard: Vec::new() })
    }

    /// Sends a request and waits for the whole answer; returns its head and its body.
    ///
    /// # Errors
    ///
    /// When the answer is not 200.
    pub fn ask(&mut self, request: &[u8]) -> Result<(String, Vec<u8>)> {
        let (status, head, body) = self.send(request)?;
        if status != 200 {
            bail!("{head}{}", String::from_utf8_lossy(&body));
        }
        Ok((head, body))
    }

    /// The same, whatever the answer is: its status, its head and its body.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn send(&mut self, request: &[u8]) -> Result<(u16, String, Vec<u8>)> {
        self.stream.write_all(request)?;
        self.heard.clear();
        let mut buffer = vec![0; 65_536];
        loop {
            let n = self.stream.read(&mut buffer)?;
            if n == 0 {
                bail!("the server hung up");
            }
            self.heard.extend_from_slice(&buffer[..n]);
            let Some(answer) = wire::answer(&self.heard)? else { continue };
            return Ok((answer.status, answer.head.to_owned(), answer.body.to_vec()));
        }
    }
}
