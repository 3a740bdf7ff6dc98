//! SMTP (RFC 5321), with connections that are used again.
//!
//! The pool is our own, because the library's puts a connection back also when a send was given up in the middle: the next mail
//! would then read the answers to the last one. Here a connection goes back only after a mail has gone through it whole.

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    extension::ClientId,
};
use std::{
    error::Error as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::{OpenError, Receipt, SendError};
use crate::{
    Address, Mail,
    config::{self, Account, Tls},
    redact,
};

/// Connections at the same time. Servers allow few from one place, and one carries many mails a second.
const MOST: usize = 4;
/// How long a connection may wait for the next mail. Servers close them after some minutes (RFC 5321, section 4.5.3.2).
const IDLE: Duration = Duration::from_mins(1);
/// How long a connection that waited may take to say that it is alive, before another one is made.
const ALIVE: Duration = Duration::from_secs(5);

pub(super) struct Smtp {
    config: config::Smtp,
    tls: Option<TlsParameters>,
    hello: ClientId,
    slots: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Smtp {
    pub(super) fn open(config: config::Smtp) -> Result<Self, OpenError> {
        let tls = match config.tls {
            Tls::Absent => None,
            Tls::Implicit | Tls::Upgraded => Some(tls(&config)?),
        };
        let (slots, idle) = (Semaphore::new(MOST), Mutex::default());
        Ok(Self { config, tls, hello: ClientId::default(), slots, idle })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Result<Receipt, SendError> {
        let message = mail.message()?;
        // Whoever waits for the others to finish is not held against the server.
        let Ok(_slot) = self.slots.acquire().await else {
            return Err(SendError::Temporary("mail is being stopped".into()));
        };
        let whole = async {
            let mut connection = match self.waiting().await {
                Some(connection) => connection,
                None => self.connect().await.map_err(|error| self.not_connected(&error, &mail.to))?,
            };
            let sent = connection.send(message.envelope(), &message.formatted()).await;
            let response = sent.map_err(|error| not_taken(&error, &mail.to))?;
            self.idle().push(Idle { connection, since: Instant::now() });
            let said: Vec<&str> = response.message().collect();
            Ok(Receipt { reference: redact::reply(&said.join(" "), &mail.to) })
        };
        // A connection that is given up here is dropped, and closed by that.
        timeout(self.config.timeout, whole).await.map_err(|_| self.late())?
    }

    pub(super) async fn reach(&self, from: &Address) -> Result<(), SendError> {
        let connected = timeout(self.config.timeout, self.connect()).await;
        let mut connection = connected.map_err(|_| self.late())?.map_err(|error| self.not_connected(&error, from))?;
        // A server that does not answer the goodbye is left without one.
        let _ = timeout(ALIVE, connection.quit()).await;
        Ok(())
    }

    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for mut waiting in idle {
            // A server that does not answer the goodbye is left without one.
            let _ = timeout(ALIVE, waiting.connection.abort()).await;
        }
    }

    /// A connection that waits for a mail and is alive.
    async fn waiting(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut waiting = self.idle().pop()?;
            let is_fresh = waiting.since.elapsed() < IDLE;
            if is_fresh && timeout(ALIVE, waiting.connection.test_connected()).await == Ok(true) {
                return Some(waiting.connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let config::Smtp { host, port, account, .. } = &self.config;
        let implicit = self.tls.clone().filter(|_| self.config.tls == Tls::Implicit);
        let upgrade = self.tls.clone().filter(|_| self.config.tls == Tls::Upgraded);
        let server = (host.as_str(), *port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, implicit, None).await?;
        if let Some(tls) = upgrade {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(Account { name, password }) = account {
            let credentials = Credentials::new(name.clone(), password.clone());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    /// Whatever goes wrong before the mail is offered is not the mail's fault.
    fn not_connected(&self, error: &Error, to: &Address) -> SendError {
        let why = match error.status() {
            Some(_) => "did not let us in",
            None if error.is_tls() || is_certificate(error) => "could not prove who it is",
            None => "could not be reached",
        };
        SendError::Temporary(format!("{} {why}: {}", self.server(), told(error, to)))
    }

    fn late(&self) -> SendError {
        let seconds = self.config.timeout.as_secs_f32();
        SendError::Temporary(format!("{} did not finish within {seconds} s", self.server()))
    }

    fn server(&self) -> String {
        format!("the mail server {}:{}", self.config.host, self.config.port)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // Every change under this lock is complete at each point where it could panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tls(config: &config::Smtp) -> Result<TlsParameters, OpenError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.authorities {
        let unread = |why: String| OpenError::Authorities { path: path.display().to_string(), why };
        let pem = std::fs::read(path).map_err(|error| unread(error.to_string()))?;
        let trusted = Certificate::from_pem(&pem).map_err(|error| unread(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(trusted);
    }
    builder.build().map_err(|error| OpenError::Tls(error.to_string()))
}

/// Answers that ask for a password, or for another one, or for TLS (RFC 4954, section 6).
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// The server's answer to a mail: refused for good, or not now (RFC 5321, section 4.2.1).
fn not_taken(error: &Error, to: &Address) -> SendError {
    let reason = told(error, to);
    if error.status().is_some_and(|code| NOT_LET_IN.contains(&u16::from(code))) {
        return SendError::Temporary(reason); // the settings are wrong, not the mail
    }
    // What the client itself finds wrong (a server that cannot take such an address) does not pass either.
    if error.is_permanent() || error.is_client() { SendError::Permanent(reason) } else { SendError::Temporary(reason) }
}

/// What an error says, with its number, without people.
fn told(error: &Error, to: &Address) -> String {
    let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let said = redact::reply(&said, to);
    match error.status() {
        Some(code) => format!("{code} {said}").trim_end().to_owned(),
        None => said,
    }
}

/// A handshake that fails comes as an I/O error that holds the TLS error.
fn is_certificate(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.to_string().contains("certificate") {
            return true;
        }
        source = inner.source();
    }
    false
}
