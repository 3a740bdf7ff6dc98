//! One line of settings that says how mail leaves.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};
use url::{Host, Url};

/// How long one mail may take, from the connection to the server's last word, if the settings say nothing. RFC 5321 (section
/// 4.5.3.2) would allow ten minutes; a server that is that slow is asked again later.
const TIMEOUT: Duration = Duration::from_mins(1);

/// How mail leaves, as written in the settings:
///
/// | text | meaning |
/// |---|---|
/// | `smtp://user:password@host:587` | SMTP; TLS begins with STARTTLS, and without it nothing is sent |
/// | `smtps://user:password@host:465` | SMTP within TLS |
/// | `smtp://host:25?tls=none` | SMTP in the clear; with a password only to this machine |
/// | `file:folder` | one `.eml` file a mail |
/// | `memory:` | the newest mails, until the process ends |
///
/// Name and password are percent-encoded. `?ca=file.pem` names the authorities to trust instead of the well-known ones,
/// `?timeout=30` the seconds that one mail may take.
#[derive(Clone, PartialEq, Eq)]
pub struct Config(pub(crate) Kind);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Smtp(Smtp),
    Folder(PathBuf),
    Memory,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Smtp {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    pub(crate) account: Option<Account>,
    /// A file with certificates (PEM).
    pub(crate) authorities: Option<PathBuf>,
    pub(crate) timeout: Duration,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// With the connection (RFC 8314).
    Implicit,
    /// With STARTTLS (RFC 3207); a server that does not offer it is sent nothing.
    Upgraded,
    /// Never.
    Absent,
}

/// A line of settings that cannot be used. It is not repeated here, since it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// No known way.
    #[error("mail leaves by smtp://host, smtps://host, file:folder or memory: ; this is none of them")]
    Unknown,
    /// `file:` without a folder.
    #[error("write the folder behind file: , as in file:data/mail")]
    NoFolder,
    /// No host.
    #[error("name the mail server, as in smtp://mail.example.org:587")]
    NoHost,
    /// A part behind the `?` that is not known, or has another value than it may have.
    #[error(
        "behind the ? stand tls=required or tls=none, ca=file.pem and timeout=seconds, joined with & ; nothing else"
    )]
    Parameter,
    /// A name without a password, or bytes that are no text.
    #[error("name and password of the mail server are written name:password@ , percent-encoded")]
    Account,
    /// A password that everybody on the way could read.
    #[error("a password is sent only over TLS: leave tls=none out, or leave the password out")]
    PasswordInTheClear,
}

impl Config {
    /// Mails into a folder.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Folder(path.into()))
    }

    /// Whether mails leave this machine, so that they reach people.
    #[must_use]
    pub fn leaves(&self) -> bool {
        matches!(self.0, Kind::Smtp(_))
    }
}

impl FromStr for Config {
    type Err = BadConfig;

    fn from_str(text: &str) -> Result<Self, BadConfig> {
        let text = text.trim();
        if text == "memory:" {
            return Ok(Self(Kind::Memory));
        }
        if let Some(path) = text.strip_prefix("file:") {
            // `file:///var/mail` is as good as `file:/var/mail`.
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(BadConfig::NoFolder) } else { Ok(Self::folder(path)) };
        }
        let url = Url::parse(text).map_err(|_| BadConfig::Unknown)?;
        let implicit = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            _ => return Err(BadConfig::Unknown),
        };
        Smtp::read(&url, implicit).map(|smtp| Self(Kind::Smtp(smtp)))
    }
}

impl Smtp {
    fn read(url: &Url, implicit: bool) -> Result<Self, BadConfig> {
        let (mut tls, usual_port) = if implicit { (Tls::Implicit, 465) } else { (Tls::Upgraded, 587) };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(BadConfig::NoHost)?;
        let (mut authorities, mut timeout) = (None, TIMEOUT);
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") => {}
                ("tls", "none") if !implicit => tls = Tls::Absent,
                ("ca", file) if !file.is_empty() => authorities = Some(PathBuf::from(file)),
                ("timeout", seconds) => timeout = read_timeout(seconds)?,
                _ => return Err(BadConfig::Parameter),
            }
        }
        let account = read_account(url)?;
        if account.is_some() && tls == Tls::Absent && !is_this_machine(host) {
            return Err(BadConfig::PasswordInTheClear);
        }
        // The brackets of an IPv6 address belong to the way it is written.
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port().unwrap_or(usual_port), tls, account, authorities, timeout })
    }
}

/// One second to an hour.
fn read_timeout(text: &str) -> Result<Duration, BadConfig> {
    let seconds = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds)).ok_or(BadConfig::Parameter)?;
    Ok(Duration::from_secs(seconds))
}

fn read_account(url: &Url) -> Result<Option<Account>, BadConfig> {
    let decode = |text: &str| decode(text).ok_or(BadConfig::Account);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(BadConfig::Account),
        (name, Some(password)) => Ok(Some(Account { name: decode(name)?, password: decode(password)? })),
    }
}

/// Takes percent-encoding off.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        left = rest;
        if *first == b'%' {
            let digits = std::str::from_utf8(left.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            left = left.get(2..)?;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn is_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

/// Without the account: this goes to logs.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Smtp(Smtp { host, port, tls, .. }) => write!(f, "SMTP to {host}:{port}, TLS {tls:?}"),
            Kind::Folder(path) => write!(f, "folder {}", path.display()),
            Kind::Memory => f.write_str("memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str) -> Smtp {
        match text.parse::<Config>() {
            Ok(Config(Kind::Smtp(smtp))) => smtp,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_ways_are_told_apart() {
        assert!("memory:".parse::<Config>().unwrap().0 == Kind::Memory);
        for text in ["file:/var/mail", "file:///var/mail"] {
            assert!(text.parse::<Config>().unwrap().0 == Kind::Folder("/var/mail".into()), "{text}");
        }
        assert!("file:data/mail".parse::<Config>().unwrap().0 == Kind::Folder("data/mail".into()));
        let starttls = smtp("smtp://mail.example.org");
        assert_eq!((starttls.host.as_str(), starttls.port, starttls.tls), ("mail.example.org", 587, Tls::Upgraded));
        let implicit = smtp("smtps://bo%40example.org:p%3Aw%2F%C3%A4@mail.example.org?ca=%2Fetc%2Fca.pem&timeout=9");
        assert_eq!((implicit.port, implicit.tls, implicit.timeout.as_secs()), (465, Tls::Implicit, 9));
        let account = implicit.account.unwrap();
        assert_eq!((account.name.as_str(), account.password.as_str()), ("bo@example.org", "p:w/ä"));
        assert_eq!(implicit.authorities, Some("/etc/ca.pem".into()));
        assert_eq!(smtp("smtp://[::1]:2525?tls=none").host, "::1");
        assert!(smtp("smtp://a:b@127.0.0.1?tls=none").account.is_some());
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        for (text, why) in [
            ("", BadConfig::Unknown),
            ("pigeon://host", BadConfig::Unknown),
            ("mail.example.org", BadConfig::Unknown),
            ("file:", BadConfig::NoFolder),
            ("smtp://", BadConfig::NoHost),
            ("smtp://host?tls=opportunistic", BadConfig::Parameter),
            ("smtps://host?tls=none", BadConfig::Parameter),
            ("smtp://host?timeout=0", BadConfig::Parameter),
            ("smtp://host?retries=3", BadConfig::Parameter),
            ("smtp://bo@host", BadConfig::Account),
            ("smtp://bo:%ff@host", BadConfig::Account),
            ("smtp://bo:pw@mail.example.org?tls=none", BadConfig::PasswordInTheClear),
        ] {
            assert_eq!(text.parse::<Config>().err(), Some(why), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_told_to_a_log() {
        let config = "smtps://bo:hunter2@mail.example.org".parse::<Config>().unwrap();
        assert_eq!(format!("{config:?}"), "SMTP to mail.example.org:465, TLS Implicit");
    }
}
