//! A mail server that tests start: it speaks SMTP (RFC 5321) with STARTTLS, TLS from the start and AUTH on a real socket, keeps
//! to the order of commands, and misbehaves where it is told to.
//!
//! In the process of the test, because a test has to say at which command it hangs or refuses, and to count connections; and
//! because nothing then needs to be installed.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

/// When the server begins TLS.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tls {
    Implicit,
    Offered,
    Never,
}

/// What the server does at a command instead of what it should.
#[derive(Clone)]
pub(crate) enum Twist {
    /// Answers this.
    Say(&'static str),
    /// Answers nothing, ever, and keeps the connection.
    Hang,
    /// Does what it should, and then closes the connection.
    Leave,
}

/// What the server saw, and how it behaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) connections: usize,
    /// The verbs of all commands, in order; `.` ends a mail.
    pub(crate) commands: Vec<String>,
    /// The mails it took responsibility for.
    pub(crate) mails: Vec<Received>,
    /// By command; `connect` is before the greeting.
    pub(crate) twists: Vec<(&'static str, Twist)>,
    /// Name and password without which no mail is taken.
    pub(crate) account: Option<(&'static str, &'static str)>,
}

impl State {
    /// How many mails were taken, over how many connections.
    pub(crate) fn taken(&self) -> (usize, usize) {
        (self.mails.len(), self.connections)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
    pub(crate) over_tls: bool,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    folder: TempDir,
    /// Ends with the server.
    _tasks: JoinSet<()>,
}

impl Server {
    /// A server with this certificate and its key, which was signed by an authority, as PEM.
    pub(crate) async fn certified(
        tls: Tls,
        authority: &str,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority).unwrap();
        let acceptor = acceptor(certificate, key);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let mut tasks = JoinSet::new();
        let shared = state.clone();
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                sessions.spawn(serve(tcp, tls, acceptor.clone(), shared.clone()));
            }
        });
        Self { port, state, folder, _tasks: tasks }
    }

    /// The file of the authority that signed the server's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on the server does this at that command.
    pub(crate) fn twist(&self, command: &'static str, twist: Twist) {
        self.state().twists = vec![(command, twist)];
    }

    /// From now on the server behaves.
    pub(crate) fn behave(&self) {
        self.state().twists.clear();
    }
}

fn acceptor(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

struct Session {
    wire: BufReader<Box<dyn Wire>>,
    state: Arc<Mutex<State>>,
    tls: Tls,
    is_encrypted: bool,
    is_let_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Errors of the connection end the session: the client left.
async fn serve(tcp: TcpStream, tls: Tls, acceptor: TlsAcceptor, state: Arc<Mutex<State>>) {
    let wire: Box<dyn Wire> = if tls == Tls::Implicit {
        match acceptor.accept(tcp).await {
            Ok(encrypted) => Box::new(encrypted),
            Err(_) => return,
        }
    } else {
        Box::new(tcp)
    };
    let is_let_in = state.lock().unwrap().account.is_none();
    let session = Session {
        wire: BufReader::new(wire),
        state,
        tls,
        is_encrypted: tls == Tls::Implicit,
        is_let_in,
        from: None,
        to: Vec::new(),
    };
    let _ = session.run(acceptor).await;
}

impl Session {
    async fn run(mut self, acceptor: TlsAcceptor) -> std::io::Result<()> {
        if !self.answer("connect", "220 localhost ESMTP").await? {
            return Ok(());
        }
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            self.state.lock().unwrap().commands.push(verb.clone());
            let answer = match verb.as_str() {
                "EHLO" => self.extensions(),
                "STARTTLS" if self.tls == Tls::Offered && !self.is_encrypted => {
                    self.say("220 go ahead").await?;
                    self.wire = BufReader::new(Box::new(acceptor.accept(self.wire.into_inner()).await?));
                    self.is_encrypted = true;
                    continue;
                }
                "AUTH" => self.auth(rest).await?,
                "NOOP" => "250 still here".into(),
                "QUIT" => return self.say("221 goodbye").await,
                "MAIL" if !self.is_let_in => "530 5.7.0 authentication required".into(),
                "MAIL" if self.from.is_none() => {
                    self.from = Some(path(rest));
                    "250 2.1.0 sender noted".into()
                }
                "RCPT" if self.from.is_some() => {
                    self.to.push(path(rest));
                    "250 2.1.5 recipient noted".into()
                }
                "DATA" if !self.to.is_empty() => {
                    if !self.answer("DATA", "354 go on").await? {
                        return Ok(());
                    }
                    if matches!(self.twist("DATA"), Some(Twist::Say(_))) {
                        continue; // what follows a refusal is a command, and no mail
                    }
                    let data = self.data().await?;
                    if !self.take(data).await? {
                        return Ok(());
                    }
                    continue;
                }
                _ => "503 5.5.1 not now".into(),
            };
            if !self.answer(&verb, &answer).await? {
                return Ok(());
            }
        }
    }

    fn extensions(&self) -> String {
        let mut lines = vec!["localhost", "8BITMIME", "SMTPUTF8"];
        if self.tls == Tls::Offered && !self.is_encrypted {
            lines.push("STARTTLS");
        }
        if self.state.lock().unwrap().account.is_some() && (self.is_encrypted || self.tls == Tls::Never) {
            lines.push("AUTH PLAIN");
        }
        let last = lines.len() - 1;
        let line = |(at, line): (usize, &&str)| format!("250{}{line}", if at == last { ' ' } else { '-' });
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
    }

    /// AUTH PLAIN with its initial response (RFC 4616, RFC 4954).
    async fn auth(&mut self, rest: &str) -> std::io::Result<String> {
        let given = if let Some(("PLAIN", given)) = rest.split_once(' ') {
            given.to_owned()
        } else {
            self.say("334 ").await?;
            self.line().await?
        };
        let expected = self.state.lock().unwrap().account.map(|(name, password)| format!("\0{name}\0{password}"));
        self.is_let_in = expected.is_some_and(|expected| given == base64(expected.as_bytes()));
        Ok(if self.is_let_in { "235 2.7.0 welcome" } else { "535 5.7.8 bad credentials for bo" }.into())
    }

    async fn data(&mut self) -> std::io::Result<String> {
        let mut data = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                self.state.lock().unwrap().commands.push(".".into());
                return Ok(data);
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
    }

    /// Takes the mail, if it is not told otherwise; says whether the session goes on.
    async fn take(&mut self, data: String) -> std::io::Result<bool> {
        let (from, to) = (self.from.take().unwrap(), std::mem::take(&mut self.to));
        let refuses = matches!(self.twist("."), Some(Twist::Say(_) | Twist::Hang));
        let n = {
            let mut state = self.state.lock().unwrap();
            if !refuses {
                state.mails.push(Received { from, to, data, over_tls: self.is_encrypted });
            }
            state.mails.len()
        };
        self.answer(".", &format!("250 2.0.0 Ok: queued as {n} for bo@example.org")).await
    }

    fn twist(&self, command: &str) -> Option<Twist> {
        self.state.lock().unwrap().twists.iter().find(|(at, _)| *at == command).map(|(_, twist)| twist.clone())
    }

    /// Answers, unless told otherwise; says whether the session goes on.
    async fn answer(&mut self, command: &str, usual: &str) -> std::io::Result<bool> {
        match self.twist(command) {
            None => self.say(usual).await?,
            Some(Twist::Say(other)) => self.say(other).await?,
            Some(Twist::Hang) => std::future::pending().await,
            Some(Twist::Leave) => {
                self.say(usual).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.wire.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.wire.flush().await
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.wire.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        assert!(line.len() <= 1000, "RFC 5321, section 4.5.3.1.6");
        Ok(line.strip_suffix("\r\n").expect("a line ends with CR and LF").to_owned())
    }
}

/// `FROM:<bo@example.org> …` without what is around the address.
fn path(rest: &str) -> String {
    rest.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        text.extend((0..=chunk.len()).map(|at| letters[bits >> (18 - 6 * at) & 63]));
        text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    text
}
