//! Mails that are kept instead of sent: in a folder, and in memory.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mail::{Config, SendError, Transport};
use std::fs;
use support::mails::{full_mail, mail};

fn folder_transport(path: &std::path::Path) -> Transport {
    Transport::open(&Config::folder(path)).unwrap()
}

#[tokio::test]
async fn a_folder_has_one_whole_file_a_mail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/there/yet");
    let transport = folder_transport(&path);
    assert_eq!(transport.mailbox().unwrap().list(10).await.unwrap(), []);
    transport.send(&full_mail()).await.unwrap();
    transport.send(&full_mail()).await.unwrap();
    let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        names,
        ["01795426200000-m1@tasks.example.org.eml"],
        "sent again it is the same, and nothing half done is left"
    );
    assert_eq!(fs::read(path.join(&names[0])).unwrap(), full_mail().eml().unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    folder_transport(&path).send(&full_mail()).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&fs::read_dir(&path).unwrap().next().unwrap().unwrap().path()), 0o600);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_may_be_writable_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    fs::write(&path, "a file stands where the folder should").unwrap();
    let sent = folder_transport(&path).send(&full_mail()).await;
    assert!(matches!(&sent, Err(SendError::Temporary(why)) if !why.contains('@')), "{sent:?}");
}

#[tokio::test]
async fn the_newest_mail_is_listed_first_and_one_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for transport in [folder_transport(folder.path()), Transport::open(&"memory:".parse().unwrap()).unwrap()] {
        for (id, hours) in [("m1", 2), ("m2", 3), ("m3", 1)] {
            let mut mail = mail(id, id, "text\n");
            mail.date_ms += hours * 3_600_000;
            transport.send(&mail).await.unwrap();
        }
        let mailbox = transport.mailbox().unwrap();
        let listed = mailbox.list(2).await.unwrap();
        assert_eq!(listed.iter().map(|kept| kept.subject.as_str()).collect::<Vec<_>>(), ["m2", "m1"]);
        assert_eq!(mailbox.read(&listed[1].id).await.unwrap(), Some(listed[1].clone()));
    }
}

#[tokio::test]
async fn what_is_no_mail_of_the_folder_is_not_read() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("mail");
    fs::create_dir(&path).unwrap();
    fs::write(outer.path().join("secret.eml"), full_mail().eml().unwrap()).unwrap();
    fs::write(path.join("01795426200000-m9.part"), "half a m").unwrap();
    fs::write(path.join("notes.txt"), "not a mail").unwrap();
    let mailbox = folder_transport(&path).mailbox().unwrap();
    assert_eq!(mailbox.list(10).await.unwrap(), []);
    for id in ["../secret", "secret", "", ".", "..", "/etc/passwd", "a/../../secret", "..\\secret"] {
        assert_eq!(mailbox.read(id).await.unwrap(), None, "{id:?}");
    }
}

#[tokio::test]
async fn memory_keeps_the_newest_and_forgets_the_others() {
    let transport = Transport::open(&"memory:".parse().unwrap()).unwrap();
    for n in 0..300 {
        let mut mail = mail(&format!("m{n}"), "Hello", "text\n");
        mail.date_ms += n;
        transport.send(&mail).await.unwrap();
    }
    let kept = transport.mailbox().unwrap().list(1000).await.unwrap();
    assert_eq!(kept.len(), 256);
    assert_eq!(
        (kept[0].message_id.as_str(), kept[255].message_id.as_str()),
        ("m299@tasks.example.org", "m44@tasks.example.org")
    );
}

#[tokio::test]
async fn links_are_found_in_the_text() {
    let text = "See <https://a.example/1>, or\nhttps://b.example/2?x=y\n(https://a.example/1) and ftp://c.example\n";
    let kept = support::mails::kept(&mail("m1", "Links", text)).await;
    assert_eq!(kept.links(), ["https://a.example/1", "https://b.example/2?x=y"]);
}
