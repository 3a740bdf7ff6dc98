//! An exported log is verified without its database, here and by a program in Python that shares no line with this one.

use muster_ledger::{Against, Erase, Fault, Signer, TreeHead, export, name, verify_export};
use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output},
};

use crate::{
    both_engines,
    kit::{Do, Log, START_MS, id, opened, signer, trusting},
};

async fn fill(log: &Log) -> (String, Against) {
    let both = Signer::new([&[2; 32], &[1; 32]]);
    let mut last = 0;
    for (at, size) in [17, 40, 300].into_iter().enumerate() {
        log.append(last..size).await;
        log.seal().await;
        let with = if at == 0 { signer(1) } else { both.clone() };
        log.sign(&with, 1000 + i64::try_from(at).unwrap()).await;
        last = size;
    }
    log.run(Do::Erase(Erase::Person(id(2, 3)))).await;
    log.seal().await;
    let name = name(log.store.reader()).await.unwrap().unwrap();
    let newest = muster_ledger::newest(log.store.reader()).await.unwrap().unwrap().note;
    let against = Against { anchors: vec![newest], ..trusting(&name, &signer(2)) };
    let mut file = Vec::new();
    let snapshot = log.store.snapshot().await.unwrap();
    export(&*snapshot, &mut file, START_MS, Some(&opened)).await.unwrap();
    (String::from_utf8(file).unwrap(), against)
}

/// The exit code of the verifier in Python.
fn python(folder: &Path, file: &str, against: &Against) -> (i32, String) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end/verify_ledger.py");
    let (path, anchors) = (folder.join("log.jsonl"), folder.join("anchors"));
    std::fs::File::create(&path).unwrap().write_all(file.as_bytes()).unwrap();
    std::fs::write(&anchors, against.anchors.join("\n")).unwrap();
    let mut command = Command::new("python3");
    command.arg(program).arg(&path).arg("--anchor").arg(&anchors);
    if let Some(epoch) = against.epoch {
        command.arg("--epoch").arg(epoch.to_string());
    }
    for key in &against.keys {
        command.arg("--key").arg(key.to_string());
    }
    let Output { status, stdout, stderr } = command.output().expect("python3 runs");
    (status.code().unwrap(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// Both must say the same.
#[track_caller]
fn both_say(folder: &Path, what: &str, file: &str, against: &Against, expected: Option<Fault>) {
    let ours = verify_export(file.as_bytes(), against.clone()).unwrap();
    assert_eq!(ours.as_ref().err().map(|finding| finding.fault), expected, "{what}: {ours:?}");
    let (code, told) = python(folder, file, against);
    assert_eq!(code, expected.map_or(0, |fault| fault.exit_code().into()), "{what}, in Python: {told}");
}

/// The file with one line changed.
fn with(file: &str, line: usize, change: impl Fn(&str) -> String) -> String {
    let changed = file.lines().enumerate().map(|(at, text)| if at == line { change(text) } else { text.to_owned() });
    changed.map(|line| line + "\n").collect()
}

fn without(file: &str, gone: impl Fn(usize, &str) -> bool) -> String {
    let left = file.lines().enumerate().filter(|(at, text)| !gone(*at, text));
    left.map(|(_, line)| line.to_owned() + "\n").collect()
}

both_engines! {
    async fn two_programs_agree_on_an_export_and_on_what_is_wrong_with_others(log) {
        let (file, against) = fill(log).await;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        both_say(folder, "as it is", &file, &against, None);
        let verified = verify_export(file.as_bytes(), against.clone()).unwrap().unwrap();
        assert_eq!((verified.anchored, verified.n_erased), (Some(300), 40));
        assert_eq!(verified.root, log.verify(against.clone()).await.unwrap().root);

        // Lines: the log, three checkpoints, entries from line 4 on.
        let entry = |n: usize| n + 4;
        let flip = with(&file, entry(30), |line| line.replacen("\"body\":\"jQ", "\"body\":\"jR", 1));
        both_say(folder, "a body", &flip, &against, Some(Fault::Body));
        let other: Vec<&str> = file.lines().collect();
        let other = other[entry(31)].replace("\"position\":31", "\"position\":30");
        both_say(folder, "an entry doubled in another's place", &with(&file, entry(30), |_| other.clone()), &against, Some(Fault::Fork));
        both_say(folder, "a missing entry", &without(&file, |at, _| at == entry(30)), &against, Some(Fault::Gap));
        both_say(folder, "a missing checkpoint", &without(&file, |at, _| at == 2), &against, Some(Fault::Gap));
        let cut = without(&file, |at, line| at >= entry(150) && !line.contains("\"private\""));
        both_say(folder, "a file cut short", &without(&cut, |_, line| line.contains("\"private\"")), &against, Some(Fault::Truncated));
        let size = with(&file, 2, |line| line.replace("\"size\":40", "\"size\":41"));
        both_say(folder, "a checkpoint's size", &size, &against, Some(Fault::Column));
        let note = with(&file, 2, |line| line.replace("\\n40\\n", "\\n41\\n"));
        both_say(folder, "a checkpoint's note", &note, &against, Some(Fault::Signature));
        let stranger = Against { keys: signer(66).public(against.keys[0].name()), ..against.clone() };
        both_say(folder, "a stranger's key", &file, &stranger, Some(Fault::Signature));
        let private = file.lines().position(|line| line.contains("\"private\"")).unwrap();
        both_say(folder, "a value gone", &without(&file, |at, _| at == private), &against, Some(Fault::Vanished));
        let salt = with(&file, private, |line| line.replace("\"salt\":\"0", "\"salt\":\"f"));
        both_say(folder, "a salt", &salt, &against, Some(Fault::Commitment));
    }

    async fn two_programs_agree_on_an_epoch_that_was_begun_anew(log) {
        let (_, mut against) = fill(log).await;
        let lost = TreeHead { size: 400, ..TreeHead::of_note(&against.anchors[0]).unwrap() };
        log.run(Do::Restart(Some(lost.clone()))).await;
        let note = signer(2).sign(against.keys[0].name(), &lost.text());
        against.anchors.push(note);
        let mut file = Vec::new();
        export(log.store.reader(), &mut file, START_MS, None).await.unwrap();
        let file = String::from_utf8(file).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (epoch, expected) in [(1, Some(Fault::Truncated)), (2, None)] {
            let against = Against { epoch: Some(epoch), ..against.clone() };
            both_say(folder.path(), "an epoch", &file, &against, expected);
        }
    }

    async fn an_export_holds_no_private_value_unless_asked(log) {
        log.append(0..30).await;
        log.seal().await;
        log.sign(&signer(1), 0).await;
        let mut file = Vec::new();
        export(log.store.reader(), &mut file, START_MS, None).await.unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(!text.contains("private\":") && !text.contains("Ines"));
        assert!(verify_export(text.as_bytes(), Against::default()).unwrap().is_ok());
    }

    async fn what_is_no_export_is_refused_with_its_line(log) {
        let (file, against) = fill(log).await;
        for (text, line) in [
            (String::new(), None),
            ("hello\n".to_owned(), Some("line 1")),
            (without(&file, |at, _| at == 0), Some("line 1")),
            (with(&file, 0, |line| line.replace("\"format\":1", "\"format\":2")), Some("format 2")),
            (with(&file, 9, |line| line[..20].to_owned()), Some("line 10")),
        ] {
            match (verify_export(text.as_bytes(), against.clone()), line) {
                (Err(error), Some(line)) => assert!(error.to_string().contains(line), "{error}"),
                (Ok(Err(finding)), None) => assert_eq!(finding.fault, Fault::Truncated),
                other => panic!("{other:?}"),
            }
        }
    }
}
