//! A ring that a program prints: the command line of a secrets manager.

use std::{
    io::Read as _,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use zeroize::Zeroizing;

use super::{LONGEST, PATIENCE, SourceError};

pub(super) fn read(words: &[String], place: &str) -> Result<Zeroizing<String>, SourceError> {
    let fault = |why: String| SourceError::Command { place: place.to_owned(), why };
    let (program, arguments) = words.split_first().ok_or_else(|| fault("no program is named".into()))?;
    // What it says about its troubles may quote secrets, so nobody hears it.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fault(format!("it cannot be started: {error}")))?;
    let Some(out) = child.stdout.take() else { return Err(fault("it has no output".into())) };
    let (says, heard) = mpsc::channel();
    // The thread ends when the output does: at the latest when the program is killed below.
    thread::spawn(move || {
        let mut text = Zeroizing::new(String::with_capacity(LONGEST + 1));
        let read = out.take(LONGEST as u64 + 1).read_to_string(&mut text);
        // Nobody listens any more when it took too long.
        let _ = says.send(read.map(|_| text));
    });
    let text = heard.recv_timeout(PATIENCE);
    if text.is_err() {
        // Both fail only when it is gone already.
        let _ = child.kill();
        let _ = child.wait();
        return Err(fault(format!("it did not end within {} s", PATIENCE.as_secs())));
    }
    if matches!(&text, Ok(Ok(text)) if text.len() > LONGEST) {
        // It may wait for somebody to read the rest.
        let _ = child.kill();
        let _ = child.wait();
        return Err(fault("it prints more than a key ring".into()));
    }
    let status = child.wait().map_err(|error| fault(format!("it was lost: {error}")))?;
    if !status.success() {
        return Err(fault(format!("it ended with {status}; run it by hand to see why")));
    }
    match text {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) | Err(_) => Err(fault("what it prints is no text".into())),
    }
}
