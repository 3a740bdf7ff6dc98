//! Rings are read from wherever they are kept, and what is wrong is told without a byte of a key.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![cfg(unix)]

use muster_vault::{
    KeyId, KeyRing, KeyState, RingChangeError, Secret, Source, SourceError,
    source::{Kv, KvError, Token},
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    thread,
};

/// Base64 of 32 bytes of 0xA7.
const KEY: &str = "p6enp6enp6enp6enp6enp6enp6enp6enp6enp6enp6c=";

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Change(#[from] RingChangeError),
}

fn id(number: u32) -> KeyId {
    KeyId::new(number).unwrap()
}

fn ring() -> String {
    format!("1:active:{KEY}\n")
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

fn command(words: &[&str]) -> Source {
    Source::Command(words.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn a_ring_is_read_from_a_setting_a_file_a_credential_and_a_command() {
    let folder = Folder::new();
    let file = folder.file("keyring", &ring(), 0o600);
    let sources = [
        Source::Text(Secret::new(ring())),
        Source::File(file.clone()),
        // A container's secrets are often readable for everybody in it.
        Source::Credential(folder.file("credential", &ring(), 0o644)),
        command(&["cat", file.to_str().unwrap()]),
    ];
    for source in sources {
        assert_eq!(source.read().unwrap().active(), id(1), "{source}");
        assert_eq!(source.is_writable(), matches!(source, Source::File(_)), "{source}");
    }
}

#[test]
fn a_file_that_others_can_read_is_refused_with_what_to_do() {
    let folder = Folder::new();
    for (mode, is_fine) in [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o660, false), (0o606, false)]
    {
        let source = Source::File(folder.file("keyring", &ring(), mode));
        let read = source.read();
        assert_eq!(read.is_ok(), is_fine, "{mode:o}");
        if let Err(error) = read {
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }
}

#[test]
fn a_ring_is_replaced_whole_and_keeps_its_permissions() {
    let folder = Folder::new();
    let path = folder.file("keyring", &ring(), 0o640);
    let source = Source::File(path.clone());
    let before = source.stamp().unwrap();
    let changed = source.change(|ring| Ok::<_, Trouble>(ring.with_key(id(2), [2; 32])?)).unwrap();
    assert_eq!(changed.state(id(2)), Some(KeyState::DecryptOnly));
    assert_eq!(source.read().unwrap().keys().collect::<Vec<_>>(), changed.keys().collect::<Vec<_>>());
    assert_ne!(source.stamp().unwrap(), before);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    // What a killed process left behind is in nobody's way.
    folder.file("keyring.new", "half a ri", 0o600);
    source.change(|ring| Ok::<_, Trouble>(ring.promoted(id(2))?)).unwrap();
    assert_eq!(source.read().unwrap().active(), id(2));
}

#[test]
fn a_change_that_is_refused_leaves_the_ring_as_it_was() {
    let folder = Folder::new();
    let source = Source::File(folder.file("keyring", &ring(), 0o600));
    let refused = source.change(|ring| Ok::<_, Trouble>(ring.promoted(id(2))?)).unwrap_err();
    assert_eq!(refused.to_string(), "key 2 is not in the ring");
    assert_eq!(source.read().unwrap().keys().count(), 1);
    let refused = Source::Text(Secret::new(ring())).change(|ring| Ok::<_, Trouble>(ring.clone())).unwrap_err();
    assert!(matches!(refused, Trouble::Source(SourceError::ReadOnly(_))));
}

#[test]
fn two_processes_do_not_change_a_ring_at_the_same_time() {
    let folder = Folder::new();
    let source = Source::File(folder.file("keyring", &ring(), 0o600));
    let inner = source.clone();
    source
        .change(|ring| {
            let second = inner.change(|ring| Ok::<_, Trouble>(ring.clone())).unwrap_err();
            assert!(matches!(second, Trouble::Source(SourceError::Busy(_))), "{second}");
            Ok::<_, Trouble>(ring.clone())
        })
        .unwrap();
}

#[test]
fn a_ring_is_made_once_and_only_for_its_owner() {
    let folder = Folder::new();
    let path = folder.0.path().join("new").join("keyring");
    let source = Source::File(path.clone());
    let ring = KeyRing::generate(id(1), [7; 32]).unwrap();
    assert!(source.make(&ring).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!source.make(&KeyRing::generate(id(1), [8; 32]).unwrap()).unwrap());
    assert_eq!(source.read().unwrap().to_text().expose(), ring.to_text().expose());
}

#[test]
fn no_source_repeats_a_byte_of_what_it_read() {
    let folder = Folder::new();
    for broken in [
        String::new(),
        KEY.to_owned(),
        format!("1:active:{}", &KEY[..40]),
        format!("1:active:{}=", &"A".repeat(43)),
        format!("1:active:{KEY}\n1:retired:{KEY}"),
        format!("1:active:{KEY}\n2:active:{KEY}"),
        format!("1:{KEY}:active"),
    ] {
        let path = folder.file("keyring", &broken, 0o600);
        for source in [
            Source::Text(Secret::new(broken.clone())),
            Source::File(path.clone()),
            Source::Credential(path.clone()),
            command(&["cat", path.to_str().unwrap()]),
        ] {
            let error = source.read().unwrap_err();
            let told = format!("{error} {error:?} {source} {source:?}");
            assert!(!told.contains(&KEY[..8]) && !told.contains("AAAA"), "{told}");
        }
    }
}

#[test]
fn a_command_that_fails_says_how_and_not_what_it_printed() {
    for (words, why) in [
        (&["sh", "-c", "echo secret; echo secret >&2; exit 3"][..], "ended with exit status: 3"),
        (&["/nowhere/at/all"], "cannot be started"),
        (&["head", "-c", "100000", "/dev/zero"], "prints more than a key ring"),
        (&["printf", "\\377"], "is no text"),
        (&[], "no program is named"),
    ] {
        let error = command(words).read().unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("secret"), "{error}");
    }
}

/// A server that answers one request; gives back what it was asked.
fn server(status: &str, body: &str) -> (u16, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let asked = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let lines = BufReader::new(peer.try_clone().unwrap()).lines();
        let asked: Vec<String> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        peer.write_all(answer.as_bytes()).unwrap();
        asked.join("\n").to_lowercase()
    });
    (port, asked)
}

fn kv(port: u16) -> Kv {
    format!("http://127.0.0.1:{port}/v1/secret/data/muster#keyring").parse().unwrap()
}

#[test]
fn a_ring_is_read_from_a_key_value_engine_with_its_token_and_namespace() {
    let folder = Folder::new();
    let body = format!(r#"{{"data":{{"data":{{"keyring":"1:active:{KEY}\n"}},"metadata":{{"version":3}}}}}}"#);
    let (port, asked) = server("200 OK", &body);
    let token = Token::File(folder.file("token", "hvs.abc\n", 0o600));
    let source = Source::Kv(kv(port).token(token).namespace("team".into()));
    assert_eq!(source.read().unwrap().active(), id(1));
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("get /v1/secret/data/muster http/1.1"), "{asked}");
    assert!(asked.contains("x-vault-token: hvs.abc") && asked.contains("x-vault-namespace: team"), "{asked}");
}

#[test]
fn a_key_value_engine_that_gives_no_ring_is_told_in_words_without_its_answer() {
    for (status, body, why) in [
        ("403 Forbidden", "{}", "refuses the token"),
        ("404 Not Found", "{}", "no such secret"),
        ("503 Service Unavailable", "{}", "status 503"),
        ("301 Moved\r\nlocation: http://127.0.0.1:1/", "", "status 301"),
        ("200 OK", "p6enp6en", "no JSON"),
        ("200 OK", r#"{"data":{"data":{"other":"p6enp6en"}}}"#, "no text in the field keyring"),
        ("200 OK", r#"{"data":{"data":{"keyring":"p6enp6en"}}}"#, "not of the form"),
    ] {
        let (port, _) = server(status, body);
        let token = Token::Text(Secret::new("hvs.abc".to_owned()));
        let error = Source::Kv(kv(port).token(token)).read().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(why) && !told.contains("p6en") && !told.contains("hvs"), "{told}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Source::Kv(kv(nobody)).read().unwrap_err().to_string();
    assert!(error.contains("cannot be reached"), "{error}");
}

#[test]
fn keys_do_not_travel_in_the_clear_and_an_address_names_a_secret() {
    for (address, expected) in [
        ("https://vault.example:8200/v1/secret/data/muster#keyring", Ok(())),
        ("http://localhost:8200/v1/secret/data/muster#keyring", Ok(())),
        ("http://vault.example:8200/v1/secret/data/muster#keyring", Err(KvError::NotSafe)),
        ("http://localhost.example/v1/secret/data/muster#keyring", Err(KvError::NotSafe)),
        ("https://vault.example/v1/secret/data/muster", Err(KvError::Malformed)),
        ("https://vault.example/v1/secret/muster#keyring", Err(KvError::Malformed)),
        ("https://token@vault.example/v1/secret/data/muster#keyring", Err(KvError::Malformed)),
        ("vault.example#keyring", Err(KvError::Malformed)),
    ] {
        assert_eq!(address.parse::<Kv>().map(drop), expected, "{address}");
    }
}
