//! Mails for tests, and the one way in which they are read: as the other side would.

use mail::{Address, Content, Kept, Link, Mail, MessageId, Transport};

/// A mail to Bo that says `text`.
pub(crate) fn mail(id: &str, subject: &str, text: &str) -> Mail {
    Mail {
        id: MessageId::new(id, "tasks.example.org").unwrap(),
        date_ms: 1_795_426_200_000,
        from: "Muster <muster@tasks.example.org>".parse().unwrap(),
        to: Address::new("Bo Åkerlund", "bo@example.org").unwrap(),
        content: Content { subject: subject.into(), text: text.into(), html: format!("<p>{text}</p>") },
        reply_to: None,
        unsubscribe: None,
        thread: None,
    }
}

/// A mail with everything a mail can have.
pub(crate) fn full_mail() -> Mail {
    Mail {
        reply_to: Some("Ana <ana@example.org>".parse().unwrap()),
        unsubscribe: Some(Link::parse("https://tasks.example.org/unsubscribe/Jq3mXo2y?kind=summary").unwrap()),
        thread: Some(MessageId::new("task-5", "tasks.example.org").unwrap()),
        ..mail("m1", "Torque sensor", "It drifts.\n")
    }
}

/// The mail after the way through memory.
pub(crate) async fn kept(mail: &Mail) -> Kept {
    let transport = Transport::open(&"memory:".parse().unwrap()).unwrap();
    let receipt = transport.send(mail).await.unwrap();
    transport.mailbox().unwrap().read(&receipt.reference).await.unwrap().unwrap()
}

/// The lines of the head of a mail, unfolded (RFC 5322, section 2.2.3).
pub(crate) fn headers(eml: &str) -> Vec<String> {
    let head = eml.split("\r\n\r\n").next().unwrap();
    head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n").map(str::to_owned).collect()
}
