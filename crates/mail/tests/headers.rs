//! What a mail's head says, and that no text gets into it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mail::{Address, Link, Mail, Unwritable};
use proptest::prelude::*;
use support::mails::{full_mail, headers, kept, mail};

fn eml(mail: &Mail) -> String {
    let eml = String::from_utf8(mail.eml().unwrap()).unwrap();
    assert!(eml.is_ascii());
    assert!(eml.split("\r\n").all(|line| line.len() <= 998), "RFC 5322, section 2.1.1");
    assert!(!eml.replace("\r\n", "").contains(['\r', '\n']), "every line ends with CR and LF");
    eml
}

#[test]
fn a_mail_has_the_headers_that_mail_programs_look_for() {
    assert_eq!(
        headers(&eml(&full_mail())),
        [
            "From: Muster <muster@tasks.example.org>",
            "To: \"=?utf-8?b?Qm8gw4VrZXJsdW5k?=\" <bo@example.org>".replace('"', "").as_str(),
            "Subject: Torque sensor",
            "Date: Mon, 23 Nov 2026 09:30:00 +0000",
            "Message-ID: <m1@tasks.example.org>",
            "Auto-Submitted: auto-generated",
            "Reply-To: Ana <ana@example.org>",
            "In-Reply-To: <task-5@tasks.example.org>",
            "References: <task-5@tasks.example.org>",
            "List-Unsubscribe: <https://tasks.example.org/unsubscribe/Jq3mXo2y?kind=summary>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative; boundary=\"=_m1tasksexampleorg\"",
        ]
    );
}

#[tokio::test]
async fn what_was_written_is_read_again() {
    let sent = full_mail();
    let kept = kept(&sent).await;
    assert_eq!((kept.to_name.as_str(), kept.to.as_str()), ("Bo Åkerlund", "bo@example.org"));
    assert_eq!(kept.from, "Muster <muster@tasks.example.org>");
    assert_eq!((kept.subject.as_str(), kept.date_ms), ("Torque sensor", sent.date_ms));
    assert_eq!((kept.text.as_str(), kept.html.as_str()), ("It drifts.\n", "<p>It drifts.\n</p>"));
    assert_eq!(
        (kept.message_id.as_str(), kept.thread.as_deref()),
        ("m1@tasks.example.org", Some("task-5@tasks.example.org"))
    );
    assert_eq!(kept.reply_to.as_deref(), Some("Ana <ana@example.org>"));
    assert_eq!(kept.unsubscribe.as_deref(), Some("https://tasks.example.org/unsubscribe/Jq3mXo2y?kind=summary"));
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    assert_eq!(full_mail().eml(), full_mail().eml());
}

#[tokio::test]
async fn a_subject_or_a_name_cannot_begin_a_header() {
    for text in [
        "a\r\nBcc: eve@example.org",
        "a\nBcc: eve@example.org",
        "a\rBcc: eve@example.org",
        "a\r\n\r\n<b>body</b>",
        "ä\r\nBcc: eve@example.org",
        "a\0b\u{b}c\u{c}d\u{7f}",
        "a\u{85}Bcc: eve@example.org\u{2028}x",
        "=?utf-8?q?a=0D=0ABcc:_eve@example.org?=",
        "\"\\\"> <eve@example.org>, ",
    ] {
        let mut mail = mail("m2", text, "text");
        mail.to = Address::new(text, "bo@example.org").unwrap();
        mail.reply_to = Some(Address::new(text, "ana@example.org").unwrap());
        let names: Vec<String> =
            headers(&eml(&mail)).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Reply-To",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected, "{text:?}");
        let kept = kept(&mail).await;
        assert_eq!(kept.to, "bo@example.org", "{text:?}");
        assert!(!kept.subject.contains(['\r', '\n']), "{text:?}");
    }
}

#[tokio::test]
async fn long_and_foreign_subjects_and_names_arrive_whole() {
    for text in [
        "Größe prüfen: Übergang zwischen Ä und Ö",
        "Проверить датчик крутящего момента после сорока градусов, и ещё раз",
        "トルクセンサーは40°Cのソーク後にドリフトします、確認してください",
        "🎉 and 👩‍🚀, and then a plain tail that goes on for a while so that the line must be folded",
        "A plain subject, long enough to be folded over several lines because it goes on, and on, and on, and then some more",
        "Quotes \" and \\ and (parentheses), commas; semicolons: colons",
    ] {
        let mut mail = mail("m3", text, "text");
        mail.to = Address::new(text, "bo@example.org").unwrap();
        let folded = eml(&mail);
        assert!(folded.split("\r\n\r\n").next().unwrap().lines().all(|line| line.len() <= 100), "{folded}");
        let kept = kept(&mail).await;
        assert_eq!(kept.subject, text);
        let name: String = text.chars().take(100).collect();
        assert_eq!(kept.to_name.chars().take(99).collect::<String>(), name.chars().take(99).collect::<String>());
    }
    let endless = kept(&mail("m4", &"a".repeat(5000), "text")).await.subject;
    assert_eq!((endless.chars().count(), endless.chars().last()), (240, Some('…')));
}

#[tokio::test]
async fn a_text_cannot_end_its_part_or_the_mail() {
    let text = "before\n--=_m5tasksexampleorg--\n.\n..\nQUIT\nFrom me\n=20 and äöü and a line that is much longer than seventy-six characters, which it is allowed to be\nafter\n";
    let kept = kept(&mail("m5", "Dots", text)).await;
    assert_eq!(kept.text, text);
    assert_eq!(kept.html, format!("<p>{text}</p>"));
}

#[test]
fn what_cannot_be_written_is_told() {
    for date_ms in [-1, 253_402_300_800_000, i64::MIN, i64::MAX] {
        assert_eq!(Mail { date_ms, ..full_mail() }.eml(), Err(Unwritable::Date), "{date_ms}");
    }
    for date_ms in [0, 253_402_300_799_999] {
        assert!(Mail { date_ms, ..full_mail() }.eml().is_ok(), "{date_ms}");
    }
    let endless = Link::parse(&format!("https://tasks.example.org/{}", "a".repeat(900))).unwrap();
    assert_eq!(Mail { unsubscribe: Some(endless), ..full_mail() }.eml(), Err(Unwritable::Link));
}

proptest! {
    #[test]
    fn whatever_the_texts_are_the_head_has_the_same_lines(subject in any::<String>(), name in any::<String>(), text in any::<String>()) {
        let mut mail = mail("m6", &subject, &text);
        mail.to = Address::new(&name, "bo@example.org").unwrap();
        prop_assert_eq!(headers(&eml(&mail)).len(), 8);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let kept = runtime.block_on(kept(&mail));
        prop_assert_eq!(kept.to.as_str(), "bo@example.org");
        prop_assert_eq!(kept.message_id.as_str(), "m6@tasks.example.org");
    }
}
