//! The webhook that checkpoints of the audit log are sent to: one POST, which arrives where the operator said or fails.
//!
//! Must not know: what a checkpoint says, when it is sent, and what becomes of a failure.

use anyhow::{Result, ensure};
use http::Uri;
use service::audit::{Delivery, DeliveryKey, Receiver};
use std::time::Duration;
use ureq::Agent;

/// How long all of a delivery may take. Whoever receives it should keep it and answer, nothing else.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where to.
pub(crate) struct Webhook {
    url: String,
    /// What is shown of the address: what follows the host may be secret.
    name: String,
    key: Option<DeliveryKey>,
    agent: Agent,
}

impl Webhook {
    /// To this address.
    ///
    /// # Errors
    ///
    /// When it is no https address (http only to this machine), or has a name and a password in it.
    pub(crate) fn new(url: &str, key: Option<DeliveryKey>) -> Result<Self> {
        let uri: Uri = url.parse()?;
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let host = uri.host().unwrap_or_default();
        let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_here);
        ensure!(is_safe && !host.is_empty(), "it must begin with https:// (http:// only to this machine)");
        ensure!(!authority.contains('@'), "it must not have a password in it; use MUSTER_AUDIT_WEBHOOK_SECRET");
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // Whoever answers there must not send it on, to places that the operator has not named.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build();
        Ok(Self { url: url.to_owned(), name: format!("webhook {authority}"), key, agent: config.new_agent() })
    }
}

impl Receiver for Webhook {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn take(&self, delivery: &Delivery) -> Result<(), String> {
        let seconds = delivery.at.ms().div_euclid(1000).to_string();
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "text/plain; charset=utf-8")
            .header("user-agent", concat!("muster/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", &seconds);
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", key.sign(delivery));
        }
        let answer = request.send(delivery.note.as_bytes());
        // The error may name the address, which may be secret from where it is shown.
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) if status.is_redirection() => Err(format!(
                "it answers with {status} and would have it sent elsewhere; set the address that it leads to"
            )),
            Ok(status) => Err(format!("it answers with {status}")),
            Err(ureq::Error::Timeout(_)) => Err("it did not answer in time".into()),
            Err(ureq::Error::HostNotFound) => Err("there is no such host".into()),
            Err(ureq::Error::Io(error)) => Err(format!("it cannot be reached: {}", error.kind())),
            Err(_) => Err("it cannot be reached".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Instant;
    use std::{
        io::{Read as _, Write as _},
        net::{SocketAddr, TcpListener},
        thread::{JoinHandle, spawn},
    };

    const NOTE: &str = "muster/ab/1\n9\nAAAA=\n\n\u{2014} muster/ab BBBB=\n";

    /// A server for as many requests as there are answers; gives what it was sent.
    fn server(answers: Vec<String>) -> (SocketAddr, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let serve = move || {
            let mut heard = Vec::new();
            for answer in answers {
                let (mut line, _) = listener.accept().unwrap();
                let (mut request, mut some) = (Vec::new(), [0; 4096]);
                while !String::from_utf8_lossy(&request).ends_with(NOTE) {
                    let n = line.read(&mut some).unwrap();
                    assert!(n > 0, "the note comes whole");
                    request.extend_from_slice(&some[..n]);
                }
                line.write_all(answer.as_bytes()).unwrap();
                heard.push(String::from_utf8(request).unwrap());
            }
            heard
        };
        (at, spawn(serve))
    }

    fn answer(status: &str, header: &str) -> String {
        format!("HTTP/1.1 {status}\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n")
    }

    fn delivery() -> Delivery {
        Delivery { id: "muster-ab-1-9".into(), at: Instant::from_ms(1_795_867_200_000), note: NOTE.into() }
    }

    #[test]
    fn a_checkpoint_arrives_as_it_is_with_a_signature_of_the_delivery() {
        let (at, requests) = server(vec![answer("204 No Content", "")]);
        let key: DeliveryKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let webhook = Webhook::new(&format!("http://127.0.0.1:{}/anchors/secret-path", at.port()), Some(key.clone()));
        let webhook = webhook.unwrap();
        assert_eq!(webhook.name(), format!("webhook {at}"), "what follows the host is nobody's to see");
        webhook.take(&delivery()).unwrap();
        let request = requests.join().unwrap().remove(0);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, NOTE);
        assert!(head.starts_with("POST /anchors/secret-path HTTP/1.1\r\n"), "{head}");
        for line in [
            "content-type: text/plain; charset=utf-8".to_owned(),
            "webhook-id: muster-ab-1-9".to_owned(),
            "webhook-timestamp: 1795867200".to_owned(),
            format!("webhook-signature: {}", key.sign(&delivery())),
        ] {
            assert!(head.lines().any(|own| own.eq_ignore_ascii_case(&line)), "{line} in {head}");
        }
    }

    #[test]
    fn a_redirect_is_not_followed_and_a_failure_is_told_without_the_address() {
        // Whoever is led to would be asked, and this listener would have to answer twice.
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let leads = format!("location: http://{}/inside\r\n", elsewhere.local_addr().unwrap());
        let (at, requests) = server(vec![answer("307 Temporary Redirect", &leads), answer("500 Oh", "")]);
        let webhook = Webhook::new(&format!("http://127.0.0.1:{}/secret-path", at.port()), None).unwrap();
        let told = webhook.take(&delivery()).unwrap_err();
        assert!(told.contains("307") && told.contains("elsewhere") && !told.contains("inside"), "{told}");
        assert_eq!(webhook.take(&delivery()), Err("it answers with 500 Internal Server Error".into()));
        assert_eq!(requests.join().unwrap().len(), 2);
        assert!(elsewhere.accept().is_err(), "nobody asked there");
        let told = webhook.take(&delivery()).unwrap_err();
        assert!(told.starts_with("it cannot be reached") && !told.contains("secret-path"), "{told}");
    }

    #[test]
    fn an_address_is_safe_or_refused() {
        for (url, ok) in [
            ("https://anchors.example.org/muster", true),
            ("http://localhost:9000/muster", true),
            ("http://[::1]:9000/", true),
            ("http://anchors.example.org/muster", false),
            ("http://localhost.example.org/", false),
            ("https://user:password@anchors.example.org/", false),
            ("ftp://localhost/", false),
            ("anchors.example.org", false),
        ] {
            assert_eq!(Webhook::new(url, None).is_ok(), ok, "{url}");
        }
    }
}
