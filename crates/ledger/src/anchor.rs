//! Anchors: places outside of the database that remember checkpoints.
//!
//! Without one, whoever brings back an older copy of the database brings back its older checkpoint with it, and nothing shows.

use std::{
    fs::OpenOptions,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use crate::{TreeHead, note::is_whole};

/// How much of the end of a file is read to find its last note.
const TAIL: u64 = 64 * 1024;

/// A place that remembers checkpoints. Its methods may block.
pub trait Anchor: Send + Sync + 'static {
    /// What people call it.
    fn name(&self) -> String;

    /// The newest checkpoint that it remembers, if it can tell.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn newest_note(&self) -> io::Result<Option<String>>;

    /// What the newest note is about.
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    fn newest(&self) -> io::Result<Option<TreeHead>> {
        Ok(self.newest_note()?.and_then(|note| TreeHead::of_note(&note).ok()))
    }

    /// Remembers a note. It is safe there when this returns.
    ///
    /// # Errors
    ///
    /// When it may not be there; it is then tried again.
    fn remember(&self, note: &str) -> io::Result<()>;
}

/// A file that notes are appended to. Best on another volume, on which the server may append and nobody may change anything
/// (`chattr +a`), or followed by something that carries each line away.
#[derive(Clone, Debug)]
pub struct AppendOnlyFile(PathBuf);

impl AppendOnlyFile {
    /// The file at this path; it is made when something is to be remembered.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Anchor for AppendOnlyFile {
    fn name(&self) -> String {
        format!("file {}", self.0.display())
    }

    fn newest_note(&self) -> io::Result<Option<String>> {
        let mut file = match OpenOptions::new().read(true).open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = file.metadata()?.len();
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        let mut notes = notes(&String::from_utf8_lossy(&end));
        // What the cut went through is no note, and comes first.
        notes.retain(|note| TreeHead::of_note(note).is_ok());
        Ok(notes.pop())
    }

    fn remember(&self, note: &str) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&self.0)?;
        // One write: notes of two nodes do not mix. The empty lines in front end what a crash may have left unfinished.
        let is_new = file.metadata()?.len() == 0;
        file.write_all(format!("{}{note}", if is_new { "" } else { "\n\n" }).as_bytes())?;
        file.sync_all()
    }
}

/// The signed notes in a text, in their order: a text of lines, an empty line, and lines of signatures; an empty line after
/// each. Anything else is passed over, such as what a crash left unfinished.
#[must_use]
pub fn notes(text: &str) -> Vec<String> {
    // Mails and some editors end lines with CR and LF.
    let text = text.replace("\r\n", "\n");
    let blocks: Vec<&str> = text.split("\n\n").map(|block| block.trim_matches('\n')).collect();
    let is_signed = |block: &str| block.starts_with('\u{2014}');
    let pairs = blocks.windows(2).filter(|pair| !is_signed(pair[0]) && is_signed(pair[1]));
    pairs.map(|pair| format!("{}\n\n{}\n", pair[0], pair[1])).filter(|note| is_whole(note)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hash, Signer};

    #[test]
    fn notes_are_found_between_other_words_and_with_any_line_ends() {
        let head = TreeHead { origin: "muster/ab/1".into(), size: 9, root: Hash([9; 32]), at_ms: Some(7) };
        let note = Signer::new([&[1; 32], &[2; 32]]).sign("muster/ab", &head.text());
        let letter = format!("Keep this mail.\n\nSize: 9\n\n{note}\nTo verify, save it.\n");
        assert_eq!(notes(&letter), [note.as_str()]);
        assert_eq!(notes(&letter.replace('\n', "\r\n")), [note.as_str()]);
    }

    #[test]
    fn a_file_remembers_every_note_and_knows_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/anchor");
        let anchor = AppendOnlyFile::new(&path);
        assert_eq!(anchor.newest().unwrap(), None);
        let signer = Signer::new([&[1; 32]]);
        let head = |size| TreeHead { origin: "muster/ab/1".into(), size, root: Hash([9; 32]), at_ms: None };
        let sign = |size| signer.sign("muster/ab", &head(size).text());
        for size in 1..=600 {
            anchor.remember(&sign(size)).unwrap();
        }
        assert_eq!(anchor.newest().unwrap(), Some(head(600)));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() as u64 > TAIL);
        assert_eq!(notes(&text), (1..=600).map(sign).collect::<Vec<_>>());
        // A crash in mid-write, and what comes after it.
        let whole = sign(601);
        for len in (0..whole.len()).filter(|len| whole.is_char_boundary(*len)) {
            std::fs::write(&path, format!("{text}\n\n{}", &whole[..len])).unwrap();
            let last = if len + 1 == whole.len() { 601 } else { 600 };
            assert_eq!(anchor.newest().unwrap(), Some(head(last)), "{len} bytes");
            anchor.remember(&sign(602)).unwrap();
            assert_eq!(anchor.newest().unwrap(), Some(head(602)), "{len} bytes");
            assert_eq!(notes(&std::fs::read_to_string(&path).unwrap()).len() as u64, last + 1, "{len} bytes");
        }
    }
}
