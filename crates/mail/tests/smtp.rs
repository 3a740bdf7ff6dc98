//! Sending over SMTP to a server on a real socket.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mail::{Config, SendError, Transport};
use mail_parser::MessageParser;
use support::{
    mails::{full_mail, mail},
    server::{Server, Tls, Twist},
};
use tokio::task::JoinSet;

/// A way to a server that trusts its authority.
fn transport(scheme: &str, account: &str, server: &Server, more: &str) -> Transport {
    let url = format!("{scheme}://{account}localhost:{}?ca={}{more}", server.port, server.authority().display());
    Transport::open(&url.parse::<Config>().unwrap()).unwrap()
}

#[track_caller]
fn assert_temporary(sent: Result<mail::Receipt, SendError>, reason: &str) {
    match sent {
        Err(SendError::Temporary(why)) if why.contains(reason) => {}
        other => panic!("{other:?} is not temporary because of {reason:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written_over_both_kinds_of_tls() {
    for (scheme, tls) in [("smtp", Tls::Offered), ("smtps", Tls::Implicit)] {
        let server = Server::start(tls).await;
        let mut mail = full_mail();
        mail.content.subject = "Größe prüfen: トルク".into();
        mail.content.text = "One line.\n.\n..dots\nÄöü\n".into();
        let receipt = transport(scheme, "", &server, "").send(&mail).await.unwrap();
        assert_eq!(receipt.reference, "2.0.0 Ok: queued as 1 for [address]");
        let received = server.state().mails.clone();
        let [received] = received.as_slice() else { panic!("{received:?}") };
        // The line that ends the mail begins behind a line end of its own.
        assert_eq!(received.data.strip_suffix("\r\n").unwrap().as_bytes(), mail.eml().unwrap());
        assert_eq!((received.from.as_str(), received.over_tls), ("muster@tasks.example.org", true));
        assert_eq!(received.to, ["bo@example.org"]);
        let parsed = MessageParser::default().parse(received.data.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Größe prüfen: トルク"));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), mail.content.text);
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    for (scheme, tls) in [("smtp", Tls::Offered), ("smtps", Tls::Implicit)] {
        let impostor = Server::start_as("mail.example.org", tls).await;
        impostor.state().account = Some(("bo", "secret"));
        let sent = transport(scheme, "bo:secret@", &impostor, "").send(&full_mail()).await;
        assert_temporary(sent, "could not prove who it is");
        let unknown = Server::start(tls).await;
        let url = format!("{scheme}://bo:secret@localhost:{}", unknown.port);
        let sent = Transport::open(&url.parse().unwrap()).unwrap().send(&full_mail()).await;
        assert_temporary(sent, "could not prove who it is");
        for server in [impostor, unknown] {
            let commands = server.state().commands.clone();
            assert!(!commands.iter().any(|verb| verb == "AUTH" || verb == "MAIL"), "{commands:?}");
        }
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_mail() {
    let server = Server::start(Tls::Never).await;
    server.state().account = Some(("bo", "secret"));
    let sent = transport("smtp", "bo:secret@", &server, "").send(&full_mail()).await;
    assert_temporary(sent, "STARTTLS is not supported");
    let commands = server.state().commands.clone();
    assert!(!commands.iter().any(|verb| verb == "AUTH" || verb == "MAIL"), "{commands:?}");
}

#[tokio::test]
async fn without_tls_a_mail_leaves_only_if_that_was_asked_for() {
    let server = Server::start(Tls::Never).await;
    transport("smtp", "", &server, "&tls=none").send(&full_mail()).await.unwrap();
    assert!(!server.state().mails[0].over_tls);
}

#[tokio::test]
async fn a_password_lets_in_and_a_wrong_one_is_no_fault_of_the_mail() {
    let server = Server::start(Tls::Offered).await;
    server.state().account = Some(("bo@example.org", "p:w/ä"));
    let sent = transport("smtp", "bo%40example.org:p%3Aw%2F%C3%A4@", &server, "").send(&full_mail()).await;
    assert!(sent.is_ok(), "{sent:?}");
    let sent = transport("smtp", "bo%40example.org:wrong@", &server, "").send(&full_mail()).await;
    assert_temporary(sent.clone(), "did not let us in: 535 5.7.8 bad credentials for [name]");
    assert!(!sent.unwrap_err().reason().contains("wrong"));
    assert_temporary(transport("smtp", "", &server, "").send(&full_mail()).await, "530 5.7.0");
    assert_eq!(server.state().mails.len(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_for_now_may_be_sent_again_and_what_it_refuses_for_good_may_not() {
    for (command, answer, is_permanent, reason) in [
        ("RCPT", "451 4.7.1 greylisted, try again", false, "451 4.7.1 greylisted, try again"),
        ("RCPT", "550 5.1.1 <bo@example.org>: user unknown", true, "550 5.1.1 <[address]>: user unknown"),
        (
            "RCPT",
            "550-5.1.1 no such mailbox\r\n550 5.1.1 see https://example.org/bo",
            true,
            "550 5.1.1 no such mailbox see [link]",
        ),
        ("MAIL", "452 4.3.1 disk full", false, "452 4.3.1 disk full"),
        ("DATA", "554 5.5.1 no valid recipients", true, "554 5.5.1 no valid recipients"),
        (".", "552 5.3.4 too big", true, "552 5.3.4 too big"),
        (".", "421 4.3.2 shutting down", false, "421 4.3.2 shutting down"),
    ] {
        let server = Server::start(Tls::Offered).await;
        let transport = transport("smtp", "", &server, "");
        server.twist(command, Twist::Say(answer));
        let error = transport.send(&full_mail()).await.unwrap_err();
        assert_eq!((error.is_permanent(), error.reason()), (is_permanent, reason), "{answer}");
        assert_eq!(server.state().mails.len(), 0, "{answer}");
        server.behave();
        transport.send(&full_mail()).await.unwrap();
        assert_eq!(server.state().mails.len(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_turns_everybody_away_is_no_fault_of_the_mail() {
    let server = Server::start(Tls::Offered).await;
    let transport = transport("smtp", "", &server, "");
    server.twist("connect", Twist::Say("554 no service here"));
    assert_temporary(transport.send(&full_mail()).await, "did not let us in: 554 no service here");
    drop(server);
    assert_temporary(transport.send(&full_mail()).await, "could not be reached");
}

#[tokio::test]
async fn one_connection_carries_many_mails() {
    let server = Server::start(Tls::Offered).await;
    let transport = transport("smtp", "", &server, "");
    for n in 0..5 {
        transport.send(&mail(&format!("m{n}"), "Hello", "text\n")).await.unwrap();
    }
    assert_eq!(server.state().taken(), (5, 1));
    transport.close().await;
    assert_eq!(server.state().commands.last().map(String::as_str), Some("QUIT"));
    transport.send(&full_mail()).await.unwrap();
    assert_eq!(server.state().connections, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_mails_at_once_share_a_few_connections() {
    let server = Server::start(Tls::Offered).await;
    let transport = transport("smtp", "", &server, "");
    let mut sends = JoinSet::new();
    for n in 0..40 {
        let transport = transport.clone();
        sends.spawn(async move { transport.send(&mail(&format!("m{n}"), "Hello", "text\n")).await });
    }
    assert!(sends.join_all().await.iter().all(Result::is_ok));
    let state = server.state();
    assert!(state.mails.len() == 40 && (1..=4).contains(&state.connections), "{}", state.connections);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_no_mail() {
    let server = Server::start(Tls::Offered).await;
    let transport = transport("smtp", "", &server, "");
    server.twist(".", Twist::Leave);
    transport.send(&mail("m1", "Hello", "text\n")).await.unwrap();
    transport.send(&mail("m2", "Hello", "text\n")).await.unwrap();
    assert_eq!(server.state().taken(), (2, 2));
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_its_connection_with_it() {
    let mut stages = JoinSet::new();
    for stage in ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        stages.spawn(async move {
            let server = Server::start(Tls::Offered).await;
            let transport = transport("smtp", "", &server, "&timeout=1");
            server.twist(stage, Twist::Hang);
            assert_temporary(transport.send(&mail("m1", "Hello", "text\n")).await, "did not finish within 1 s");
            server.behave();
            transport.send(&mail("m2", "Hello again", "text\n")).await.unwrap();
            let state = server.state();
            let [received] = state.mails.as_slice() else { panic!("{stage}: {:?}", state.mails) };
            assert!(received.data.contains("Subject: Hello again"), "{stage}");
            assert_eq!(state.connections, 2, "{stage}");
        });
    }
    stages.join_all().await;
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_read_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("absent.pem", None), ("broken.pem", Some("-----BEGIN CERTIFICATE-----\nno\n"))] {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let config = format!("smtp://localhost?ca={}", path.display()).parse().unwrap();
        let error = Transport::open(&config).err().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    }
}
