//! Settings: from the command line, the environment, `muster.toml`, and defaults, in this order. None is required.

use anyhow::{Context, Result};
use clap::Args;
use model::Email;
use serde::Deserialize;
use service::audit::{Afar, DeliveryKey, Every, Receiver};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use vault::{
    Secret, Source,
    source::{Kv, Token},
};

use crate::{proxies::Proxies, webhook::Webhook};

/// Shown at the end of `--help`.
pub(crate) const HELP: &str = "Every option of `serve` is also an environment variable (named beside it) and a line of \
     muster.toml in the working directory, written as in: listen = \"127.0.0.1:4000\"";

/// What can be set. Everything is optional.
#[expect(clippy::doc_markdown, reason = "people read this in a terminal, as `--help`")]
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// The address to listen on [default: 127.0.0.1:4000]
    #[arg(long, env = "MUSTER_LISTEN")]
    listen: Option<SocketAddr>,
    /// The database: sqlite://path or postgres://… [default: sqlite://<data>/muster.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The folder for keys and the SQLite database [default: data]
    #[arg(long, env = "MUSTER_DATA")]
    data: Option<PathBuf>,
    /// How people reach it, such as https://tasks.example.org; several with commas, the first one is used in links
    /// [default: http://localhost:<port>]
    #[arg(long, env = "MUSTER_ORIGIN")]
    origin: Option<String>,
    /// The folder of the built page; not needed when it is inside the binary [default: target/site/pkg]
    #[arg(long, env = "MUSTER_SITE")]
    site: Option<PathBuf>,
    /// The vault's keys, one `number:state:base64` a line
    #[arg(long, env = "MUSTER_KEYRING", hide_env_values = true)]
    keyring: Option<String>,
    /// A file with the vault's keys; has to be named when the origin is https
    /// [default: <data>/keyring, made at the first start]
    #[arg(long, env = "MUSTER_KEYRING_FILE")]
    keyring_file: Option<PathBuf>,
    /// A program that prints the vault's keys, and its arguments, separated by blanks; no shell reads them
    #[arg(long, env = "MUSTER_KEYRING_COMMAND")]
    keyring_command: Option<String>,
    /// A secret of HashiCorp Vault or OpenBao with the vault's keys: https://host:8200/v1/secret/data/name#field
    /// [with VAULT_TOKEN or VAULT_TOKEN_FILE, VAULT_NAMESPACE, VAULT_CACERT]
    #[arg(long, env = "MUSTER_KEYRING_VAULT")]
    keyring_vault: Option<String>,
    /// After how many days the active key counts as old and is warned of; 0 is never [default: 365]
    #[arg(long, env = "MUSTER_KEY_AGE_DAYS")]
    key_age_days: Option<u32>,
    /// After how many days the key is rotated without anybody's asking, where the ring can be written; 0 is never [default: 0]
    #[arg(long, env = "MUSTER_KEY_ROTATE_DAYS")]
    key_rotate_days: Option<u32>,
    /// The file that signed checkpoints of the audit log are appended to, best on another volume
    /// [default: <data>/audit.anchor]
    #[arg(long, env = "MUSTER_AUDIT_ANCHOR")]
    audit_anchor: Option<PathBuf>,
    /// An address that each checkpoint of the audit log is sent to by POST: https://… (http:// only to this machine)
    #[arg(long, env = "MUSTER_AUDIT_WEBHOOK", hide_env_values = true)]
    audit_webhook: Option<String>,
    /// The secret with which those are signed, `whsec_` and base64 (Standard Webhooks)
    #[arg(long, env = "MUSTER_AUDIT_WEBHOOK_SECRET", hide_env_values = true)]
    audit_webhook_secret: Option<String>,
    /// A mail address that gets a checkpoint of the audit log now and then
    #[arg(long, env = "MUSTER_AUDIT_MAIL")]
    audit_mail: Option<String>,
    /// How often: `day` or `week` [default: week]
    #[arg(long, env = "MUSTER_AUDIT_MAIL_EVERY")]
    audit_mail_every: Option<String>,
    /// What to log, as in `info` or `muster=debug,info` [default: info]
    #[arg(long, env = "MUSTER_LOG")]
    log: Option<String>,
    /// Log as JSON lines [default: false]
    #[arg(long, env = "MUSTER_LOG_JSON", num_args = 0..=1, default_missing_value = "true")]
    log_json: Option<bool>,
    /// The collector that traces are sent to over HTTP (OTLP), such as http://localhost:4318; without it none are made. The other
    /// `OTEL_…` variables count too
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true)]
    otlp_endpoint: Option<String>,
    /// Connections for reading [default: 4]
    #[arg(long, env = "MUSTER_READERS")]
    readers: Option<u32>,
    /// Writers side by side, on PostgreSQL; one does thousands of changes a second [default: 1]
    #[arg(long, env = "MUSTER_WRITERS")]
    writers: Option<u32>,
    /// Live sockets that one person may have open on one node [default: 32]
    #[arg(long, env = "MUSTER_SOCKETS_PER_PERSON")]
    sockets_per_person: Option<usize>,
    /// How mail leaves: smtp://user:password@host:587, smtps://…, or `file:folder` or `memory:` to keep it
    /// [default: file:<data>/mail]
    #[arg(long, env = "MUSTER_MAIL", hide_env_values = true)]
    mail: Option<String>,
    /// Where exports are kept: a folder, or s3://bucket/prefix, reached as the usual `AWS_…` variables say
    /// [default: <data>/files]
    #[arg(long, env = "MUSTER_FILES")]
    files: Option<String>,
    /// Who sends mail, as in `Muster <muster@example.org>` [default: muster at the host of the origin]
    #[arg(long, env = "MUSTER_MAIL_FROM")]
    mail_from: Option<String>,
    /// The reverse proxies that are believed when they say for whom they ask (`X-Forwarded-For`): addresses or networks, with
    /// commas, such as `127.0.0.1,10.0.0.0/8`; without, everybody behind a proxy counts as one network address
    #[arg(long, env = "MUSTER_TRUSTED_PROXIES")]
    trusted_proxies: Option<String>,
    /// Lets tests move the clock, on http://localhost only [default: false]
    #[arg(long, env = "MUSTER_TEST_CLOCK", num_args = 0..=1, default_missing_value = "true")]
    test_clock: Option<bool>,
    /// Fills an empty database with a sample team to look around [default: false]
    #[arg(long, env = "MUSTER_DEMO", num_args = 0..=1, default_missing_value = "true")]
    demo: Option<bool>,
}

/// Where the vault's keys come from.
#[derive(Clone)]
pub(crate) struct KeySource {
    pub(crate) source: Source,
    /// Whether it is made if it is not there; only where nothing but this machine is served.
    pub(crate) is_made: bool,
}

/// What a service manager calls the ring that it hands over (systemd: `LoadCredential=muster-keyring:…`).
const CREDENTIAL: &str = "muster-keyring";

impl KeySource {
    /// The one that is set. Two of them would leave open which is meant.
    fn of(o: &Options) -> Result<Option<Self>> {
        let mut found = Vec::new();
        found.extend(o.keyring.clone().map(|text| Source::Text(Secret::new(text))));
        found.extend(o.keyring_file.clone().map(Source::File));
        let words = |command: &String| command.split_whitespace().map(str::to_owned).collect();
        found.extend(o.keyring_command.as_ref().map(|command| Source::Command(words(command))));
        if let Some(address) = &o.keyring_vault {
            found.push(Source::Kv(kv(address)?));
        }
        anyhow::ensure!(
            found.len() <= 1,
            "the key ring is set twice: use one of MUSTER_KEYRING, MUSTER_KEYRING_FILE, MUSTER_KEYRING_COMMAND and \
             MUSTER_KEYRING_VAULT"
        );
        let credential = || {
            let path = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(CREDENTIAL);
            path.exists().then_some(Source::Credential(path))
        };
        Ok(found.pop().or_else(credential).map(|source| Self { source, is_made: false }))
    }
}

fn kv(address: &str) -> Result<Kv> {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let mut kv: Kv = address.parse().context("MUSTER_KEYRING_VAULT cannot be used")?;
    if let Some(file) = variable("VAULT_TOKEN_FILE") {
        kv = kv.token(Token::File(file.into()));
    } else if let Some(token) = variable("VAULT_TOKEN") {
        kv = kv.token(Token::Text(Secret::new(token)));
    }
    if let Some(namespace) = variable("VAULT_NAMESPACE") {
        kv = kv.namespace(namespace);
    }
    Ok(match variable("VAULT_CACERT") {
        Some(file) => kv.authority(file.into()),
        None => kv,
    })
}

/// Who is sent checkpoints of the audit log.
fn afar(o: &Options) -> Result<Afar> {
    let said = |text: &'static str, setting: &'static str| anyhow::anyhow!("{setting}: {text}");
    let key = o.audit_webhook_secret.as_ref().map(|text| text.parse::<DeliveryKey>()).transpose();
    let key = key.map_err(|why| said(why, "MUSTER_AUDIT_WEBHOOK_SECRET"))?;
    let webhook = o.audit_webhook.as_ref().map(|url| Webhook::new(url, key)).transpose();
    let webhook = webhook.context("MUSTER_AUDIT_WEBHOOK cannot be used")?;
    let every = o.audit_mail_every.as_deref().map_or(Ok(Every::default()), str::parse);
    let every = every.map_err(|why| said(why, "MUSTER_AUDIT_MAIL_EVERY"))?;
    let mail = o.audit_mail.clone().map(Email::try_from).transpose();
    let mail = mail.map_err(|_| said("this is no mail address", "MUSTER_AUDIT_MAIL"))?;
    let receiver = webhook.map(|webhook| Arc::new(webhook) as Arc<dyn Receiver>);
    Ok(Afar { receiver, mail: mail.map(|email| (email, every)) })
}

/// The settings in force.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) database_url: String,
    /// The first is the one that links name.
    pub(crate) origins: Vec<String>,
    pub(crate) site: PathBuf,
    pub(crate) keys: KeySource,
    /// 0 is never.
    pub(crate) key_age_days: u32,
    /// 0 is never.
    pub(crate) key_rotate_days: u32,
    pub(crate) audit_anchor: PathBuf,
    /// Who else is sent checkpoints.
    pub(crate) audit_afar: Afar,
    /// A folder, or a bucket.
    pub(crate) files: String,
    pub(crate) log: String,
    pub(crate) log_json: bool,
    /// Where traces are sent to, if they are.
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) readers: u32,
    pub(crate) writers: u32,
    pub(crate) sockets_per_person: usize,
    pub(crate) demo: bool,
    pub(crate) mail: mail::Config,
    pub(crate) mail_from: mail::Address,
    pub(crate) proxies: Proxies,
    pub(crate) test_clock: bool,
}

impl Settings {
    /// Puts the sources together: `options` hold the command line and the environment.
    pub(crate) fn gather(options: Options) -> Result<Self> {
        let file = Path::new("muster.toml");
        let below = match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{} cannot be read", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Options::default(),
            Err(error) => return Err(error).context("muster.toml cannot be read"),
        };
        Self::from(options.over(below))
    }

    fn from(o: Options) -> Result<Self> {
        let (given, audit_afar) = (KeySource::of(&o)?, afar(&o)?);
        let listen = o.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 4000)));
        let data = o.data.unwrap_or_else(|| PathBuf::from("data"));
        let origins = o.origin.unwrap_or_else(|| format!("http://localhost:{}", listen.port()));
        let origins = origins.split(',').map(|origin| check_origin(origin.trim())).collect::<Result<Vec<_>>>()?;
        let keys = match given {
            Some(keys) => keys,
            // Who serves others over TLS has to know where the keys are; a lost key is lost data.
            None if origins.iter().any(|o| o.starts_with("https:")) => anyhow::bail!(
                "there is no key ring: MUSTER_KEYRING_FILE is not set. A server with an https origin needs one of your own. \
                 Make it with `muster keys generate --first > keyring`, put it in a safe place that only the server's user can \
                 read, keep a copy, and name it."
            ),
            None => KeySource { source: Source::File(data.join("keyring")), is_made: true },
        };
        let mail = match o.mail {
            Some(text) => text.parse().context("MUSTER_MAIL cannot be used")?,
            None => mail::Config::folder(data.join("mail")),
        };
        let mail_from = o.mail_from.unwrap_or_else(|| format!("Muster <muster@{}>", host(&origins)));
        let mail_from = mail_from.parse().context("MUSTER_MAIL_FROM cannot be used")?;
        let proxies = o.trusted_proxies.unwrap_or_default().parse();
        let proxies = proxies.map_err(anyhow::Error::msg).context("MUSTER_TRUSTED_PROXIES cannot be used")?;
        let test_clock = o.test_clock.unwrap_or(false);
        anyhow::ensure!(
            !test_clock || origins.iter().all(|o| o.starts_with("http://localhost:")),
            "MUSTER_TEST_CLOCK is for tests on this machine: leave it out, or serve http://localhost"
        );
        Ok(Self {
            mail,
            mail_from,
            proxies,
            test_clock,
            files: o.files.unwrap_or_else(|| data.join("files").display().to_string()),
            key_rotate_days: o.key_rotate_days.unwrap_or(0),
            audit_afar,
            audit_anchor: o.audit_anchor.unwrap_or_else(|| data.join("audit.anchor")),
            database_url: o.database_url.unwrap_or_else(|| format!("sqlite://{}", data.join("muster.db").display())),
            site: o.site.unwrap_or_else(|| PathBuf::from("target/site/pkg")),
            log: o.log.unwrap_or_else(|| "info".into()),
            log_json: o.log_json.unwrap_or(false),
            // An empty one is how the standard says that there is none.
            otlp_endpoint: o.otlp_endpoint.filter(|text| !text.trim().is_empty()),
            readers: o.readers.unwrap_or(4).max(1),
            // One gathers the most: what waits while it commits shares the next commit. More are for nodes with cores to
            // spare, where one cannot keep up.
            writers: o.writers.unwrap_or(1).max(1),
            sockets_per_person: o.sockets_per_person.unwrap_or(32),
            demo: o.demo.unwrap_or(false),
            listen,
            origins,
            keys,
            key_age_days: o.key_age_days.unwrap_or(365),
        })
    }

    /// The file of the database, if it is an SQLite one.
    pub(crate) fn sqlite_file(&self) -> Option<&Path> {
        let path = self.database_url.strip_prefix("sqlite:")?;
        Some(Path::new(path.trim_start_matches("//").split('?').next().unwrap_or_default()))
    }

    /// Whether cookies can be marked as for TLS only.
    pub(crate) fn is_secure(&self) -> bool {
        self.origins.iter().all(|o| o.starts_with("https:"))
    }

    /// Whether nobody comes but from this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.origins.iter().all(|origin| host(std::slice::from_ref(origin)) == "localhost")
    }

    /// Whether the mails that are kept here may be read by whoever comes.
    pub(crate) fn shows_mailbox(&self) -> bool {
        !self.mail.leaves() && self.is_local()
    }

    /// The origin that links name.
    pub(crate) fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }
}

/// What a command needs that looks at the database beside a server.
#[expect(clippy::doc_markdown, reason = "people read this in a terminal, as `--help`")]
#[derive(Debug, Args)]
pub(crate) struct Beside {
    /// The database: sqlite://path or postgres://… [default: sqlite://<data>/muster.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The folder for keys and the SQLite database [default: data]
    #[arg(long, env = "MUSTER_DATA")]
    data: Option<PathBuf>,
    /// The vault's keys, one `number:state:base64` a line
    #[arg(long, env = "MUSTER_KEYRING", hide_env_values = true)]
    keyring: Option<String>,
    /// A file with the vault's keys [default: <data>/keyring]
    #[arg(long, env = "MUSTER_KEYRING_FILE")]
    keyring_file: Option<PathBuf>,
    /// A program that prints the vault's keys
    #[arg(long, env = "MUSTER_KEYRING_COMMAND")]
    keyring_command: Option<String>,
    /// A secret of HashiCorp Vault or OpenBao with the vault's keys
    #[arg(long, env = "MUSTER_KEYRING_VAULT")]
    keyring_vault: Option<String>,
    /// The file that signed checkpoints of the audit log are appended to [default: <data>/audit.anchor]
    #[arg(long, env = "MUSTER_AUDIT_ANCHOR")]
    audit_anchor: Option<PathBuf>,
}

/// What a command needs besides whose mails name addresses.
#[derive(Debug, Default, Args)]
pub(crate) struct Mailing {
    /// How people reach the server, as it is told; links in mails begin with the first
    #[arg(long, env = "MUSTER_ORIGIN")]
    origin: Option<String>,
    /// The sender of mails
    #[arg(long, env = "MUSTER_MAIL_FROM")]
    mail_from: Option<String>,
}

impl Beside {
    /// The settings in force. Nothing is made: neither a database nor keys.
    pub(crate) fn gather(self) -> Result<Settings> {
        self.gather_for_mails(Mailing::default())
    }

    /// The same for a command that writes mails.
    pub(crate) fn gather_for_mails(self, mailing: Mailing) -> Result<Settings> {
        let settings = self.gather_any(mailing)?;
        if let Some(path) = settings.sqlite_file() {
            anyhow::ensure!(
                path.exists(),
                "there is no database {}; name one with --data or --database-url",
                path.display()
            );
        }
        Ok(settings)
    }

    /// The same where the database may have to be made first.
    pub(crate) fn gather_new(self) -> Result<Settings> {
        self.gather_any(Mailing::default())
    }

    fn gather_any(self, Mailing { origin, mail_from }: Mailing) -> Result<Settings> {
        let Self { database_url, data, keyring, keyring_file, keyring_command, keyring_vault, audit_anchor } = self;
        let options = Options {
            database_url,
            data,
            origin,
            keyring,
            keyring_file,
            keyring_command,
            keyring_vault,
            audit_anchor,
            mail_from,
            ..Options::default()
        };
        let mut settings = Settings::gather(options)?;
        settings.keys.is_made = false;
        Ok(settings)
    }
}

impl Options {
    /// These options, and where they say nothing those below.
    fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            database_url: self.database_url.or(below.database_url),
            data: self.data.or(below.data),
            origin: self.origin.or(below.origin),
            site: self.site.or(below.site),
            keyring: self.keyring.or(below.keyring),
            keyring_file: self.keyring_file.or(below.keyring_file),
            keyring_command: self.keyring_command.or(below.keyring_command),
            keyring_vault: self.keyring_vault.or(below.keyring_vault),
            key_age_days: self.key_age_days.or(below.key_age_days),
            key_rotate_days: self.key_rotate_days.or(below.key_rotate_days),
            audit_webhook: self.audit_webhook.or(below.audit_webhook),
            audit_webhook_secret: self.audit_webhook_secret.or(below.audit_webhook_secret),
            audit_mail: self.audit_mail.or(below.audit_mail),
            audit_mail_every: self.audit_mail_every.or(below.audit_mail_every),
            audit_anchor: self.audit_anchor.or(below.audit_anchor),
            log: self.log.or(below.log),
            log_json: self.log_json.or(below.log_json),
            otlp_endpoint: self.otlp_endpoint.or(below.otlp_endpoint),
            readers: self.readers.or(below.readers),
            writers: self.writers.or(below.writers),
            sockets_per_person: self.sockets_per_person.or(below.sockets_per_person),
            demo: self.demo.or(below.demo),
            mail: self.mail.or(below.mail),
            files: self.files.or(below.files),
            mail_from: self.mail_from.or(below.mail_from),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            test_clock: self.test_clock.or(below.test_clock),
        }
    }
}

/// The host of the first origin.
fn host(origins: &[String]) -> &str {
    let origin = origins.first().map_or("", String::as_str);
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// An origin as browsers send it: scheme and host, a port if it is not the usual one, and nothing behind.
fn check_origin(origin: &str) -> Result<String> {
    let uri: http::Uri = origin.parse().with_context(|| format!("MUSTER_ORIGIN: {origin} is not an address"))?;
    let scheme = uri.scheme_str().filter(|s| matches!(*s, "http" | "https"));
    let (Some(scheme), Some(authority)) = (scheme, uri.authority()) else {
        anyhow::bail!("MUSTER_ORIGIN: {origin} must begin with http:// or https:// and name a host");
    };
    anyhow::ensure!(uri.path() == "/" && uri.query().is_none(), "MUSTER_ORIGIN: {origin} must end after the host");
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for (text, ok) in [
            ("http://localhost:4000", true),
            ("https://tasks.example.org/", true),
            ("https://tasks.example.org/muster", false),
            ("tasks.example.org", false),
            ("ftp://tasks.example.org", false),
        ] {
            assert_eq!(check_origin(text).is_ok(), ok, "{text}");
        }
        assert_eq!(check_origin("https://a.example/").unwrap(), "https://a.example");
    }

    #[test]
    fn nothing_has_to_be_set() {
        let settings = Settings::from(Options::default()).unwrap();
        assert_eq!(settings.origin(), "http://localhost:4000");
        assert_eq!(settings.database_url, "sqlite://data/muster.db");
        assert!(!settings.is_secure());
    }

    #[test]
    fn a_public_server_needs_keys_of_its_own() {
        let options = || Options { origin: Some("https://tasks.example.org".into()), ..Options::default() };
        assert!(Settings::from(options()).is_err());
        let with_keys = Options { keyring_file: Some("/run/keys".into()), ..options() };
        assert!(Settings::from(with_keys).unwrap().is_secure());
    }

    #[test]
    fn a_key_ring_comes_from_one_place() {
        let options = |file: bool, command: &str, vault: &str| Options {
            keyring_file: file.then(|| "/run/keys".into()),
            keyring_command: (!command.is_empty()).then(|| command.to_owned()),
            keyring_vault: (!vault.is_empty()).then(|| vault.to_owned()),
            ..Options::default()
        };
        let place = |options| Settings::from(options).map(|settings| settings.keys.source.to_string());
        assert_eq!(place(options(false, "", "")).unwrap(), "the file data/keyring");
        assert_eq!(place(options(true, "", "")).unwrap(), "the file /run/keys");
        assert_eq!(place(options(false, "op read op://muster/keyring", "")).unwrap(), "the command op");
        let secret = "https://vault.example:8200/v1/secret/data/muster#keyring";
        assert_eq!(place(options(false, "", secret)).unwrap(), format!("the secret {secret}"));
        assert!(place(options(true, "op read", "")).is_err());
        assert!(place(options(false, "", "http://vault.example/v1/secret/data/muster#keyring")).is_err());
    }

    #[test]
    fn checkpoints_go_where_they_can_be_kept() {
        let options = |webhook: &str, secret: &str, mail: &str, every: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Options {
                audit_webhook: some(webhook),
                audit_webhook_secret: some(secret),
                audit_mail: some(mail),
                audit_mail_every: some(every),
                ..Options::default()
            }
        };
        let afar = |options| Settings::from(options).map(|settings| settings.audit_afar);
        let none = afar(options("", "", "", "")).unwrap();
        assert!(none.receiver.is_none() && none.mail.is_none());
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let all = afar(options("https://anchors.example.org/muster", secret, "audit@example.org", "day")).unwrap();
        assert_eq!(all.receiver.unwrap().name(), "webhook anchors.example.org");
        assert_eq!(all.mail.unwrap().1, Every::Day);
        for wrong in [
            options("http://anchors.example.org/", "", "", ""),
            options("https://anchors.example.org/", "short", "", ""),
            options("", "", "nobody", ""),
            options("", "", "audit@example.org", "month"),
        ] {
            assert!(afar(wrong).is_err());
        }
    }

    #[test]
    fn what_is_for_tests_is_not_for_others() {
        let options = |origin: &str, mail: &str| Options {
            origin: Some(origin.into()),
            keyring_file: Some("/run/keys".into()),
            mail: Some(mail.into()),
            ..Options::default()
        };
        for (origin, mail, shows) in [
            ("http://localhost:4000", "file:mail", true),
            ("http://localhost:4000,http://localhost:4001", "memory:", true),
            ("http://localhost:4000", "smtp://mail.example.org", false),
            ("http://tasks.example.org", "file:mail", false),
            ("https://tasks.example.org", "file:mail", false),
            ("http://localhost:4000,http://tasks.example.org", "file:mail", false),
        ] {
            assert_eq!(Settings::from(options(origin, mail)).unwrap().shows_mailbox(), shows, "{origin} {mail}");
        }
        let clock = |origin| Options { test_clock: Some(true), ..options(origin, "memory:") };
        assert!(Settings::from(clock("http://localhost:4000")).is_ok());
        assert!(Settings::from(clock("https://tasks.example.org")).is_err());
    }

    #[test]
    fn the_file_is_below_the_environment() {
        let file: Options = toml::from_str("listen = \"127.0.0.1:5000\"\nreaders = 9").unwrap();
        let both = Options { readers: Some(2), ..Options::default() }.over(file);
        let settings = Settings::from(both).unwrap();
        assert_eq!((settings.listen.port(), settings.readers), (5000, 2));
        assert!(toml::from_str::<Options>("lisen = \"x\"").is_err(), "a typing error is told");
    }
}
