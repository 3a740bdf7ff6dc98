//! A ring in HashiCorp Vault or OpenBao: one read of a secret of the key-value engine, version 2, over HTTP.
//!
//! The answer is `{"data": {"data": {field: text}}}`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version>).

use std::{fmt, fs, path::PathBuf, str::FromStr};

use serde_json::Value;
use ureq::{
    Agent,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{LONGEST, PATIENCE, SourceError};
use crate::Secret;

/// What says to the server who asks.
#[derive(Clone, Debug)]
pub enum Token {
    /// In full.
    Text(Secret<String>),
    /// In a file, which an agent renews; read each time.
    File(PathBuf),
}

/// A field of a secret: `https://host:8200/v1/secret/data/muster#keyring`.
#[derive(Clone, Debug)]
pub struct Kv {
    url: String,
    field: String,
    token: Option<Token>,
    namespace: Option<String>,
    authority: Option<PathBuf>,
}

/// The address is none of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// Keys would travel in the clear.
    #[error("the address of the secret must begin with https:// (http:// only to this machine)")]
    NotSafe,
    /// It has another form.
    #[error("the address of the secret must be of the form https://host:8200/v1/secret/data/name#field")]
    Malformed,
}

impl FromStr for Kv {
    type Err = KvError;

    fn from_str(text: &str) -> Result<Self, KvError> {
        let (url, field) = text.split_once('#').ok_or(KvError::Malformed)?;
        let (scheme, rest) = url.split_once("://").ok_or(KvError::Malformed)?;
        let (host, path) = rest.split_once('/').ok_or(KvError::Malformed)?;
        let is_here = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|own| host.strip_prefix(own).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        if scheme != "https" && !(scheme == "http" && is_here) {
            return Err(KvError::NotSafe);
        }
        let has_form = path.starts_with("v1/") && path.contains("/data/") && !host.contains('@');
        if field.is_empty() || host.is_empty() || !has_form {
            return Err(KvError::Malformed);
        }
        let (token, namespace, authority) = (None, None, None);
        Ok(Self { url: url.to_owned(), field: field.to_owned(), token, namespace, authority })
    }
}

impl fmt::Display for Kv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.url, self.field)
    }
}

impl Kv {
    /// Asked with this token.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// In this namespace of the server.
    #[must_use]
    pub fn namespace(mut self, namespace: String) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Trusting only the authorities in this file of PEM certificates, instead of those that browsers trust.
    #[must_use]
    pub fn authority(mut self, file: PathBuf) -> Self {
        self.authority = Some(file);
        self
    }

    pub(super) fn read(&self, place: &str) -> Result<Zeroizing<String>, SourceError> {
        self.ask().map_err(|why| SourceError::Server { place: place.to_owned(), why })
    }

    fn ask(&self) -> Result<Zeroizing<String>, String> {
        let mut request = self.agent()?.get(&self.url);
        if let Some(token) = self.secret_token()? {
            request = request.header("X-Vault-Token", token.as_str());
        }
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace);
        }
        let mut answer = request.call().map_err(|error| format!("it cannot be reached: {error}"))?;
        match answer.status().as_u16() {
            200 => {}
            403 => return Err("it refuses the token; look at VAULT_TOKEN and at the token's policy".into()),
            404 => return Err("there is no such secret".into()),
            status => return Err(format!("it answers with the status {status}")),
        }
        let body = answer.body_mut().with_config().limit(4 * LONGEST as u64).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| format!("its answer broke off: {error}"))?);
        // The error's own words may quote the answer.
        let mut value: Value = serde_json::from_slice(&body).map_err(|_| "its answer is no JSON".to_owned())?;
        let field = value.pointer_mut(&format!("/data/data/{}", self.field.replace('~', "~0").replace('/', "~1")));
        let Some(Value::String(text)) = field else {
            return Err(format!("the secret has no text in the field {}", self.field));
        };
        let ring = Zeroizing::new(text.clone());
        text.zeroize();
        Ok(ring)
    }

    fn secret_token(&self) -> Result<Option<Zeroizing<String>>, String> {
        match &self.token {
            None => Ok(None),
            Some(Token::Text(text)) => Ok(Some(Zeroizing::new(text.expose().clone()))),
            Some(Token::File(path)) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|error| format!("the token in {} cannot be read: {error}", path.display()))?;
                let text = Zeroizing::new(text);
                Ok(Some(Zeroizing::new(text.trim().to_owned())))
            }
        }
    }

    fn agent(&self) -> Result<Agent, String> {
        let mut tls = TlsConfig::builder();
        if let Some(file) = &self.authority {
            let pem = fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            let certificates: Vec<_> = parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(format!("there is no certificate in {}", file.display()));
            }
            tls = tls.root_certs(RootCerts::from(certificates));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // Whoever could send it elsewhere would get the token.
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls.build())
            .build();
        Ok(config.new_agent())
    }
}
