//! Signed notes with Ed25519, as in C2SP signed-note, and what a checkpoint says, as in C2SP tlog-checkpoint.
//!
//! Must not know: where notes are kept. Other tools for transparency logs read and check these texts unchanged.

use std::fmt::{self, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::{Hash, tree::Hex};

/// Signature type 1 of C2SP signed-note: Ed25519.
const ED25519: u8 = 0x01;
/// The most signatures that are looked at in one note.
const MOST_SIGNATURES: usize = 32;

/// Why a text is no note, no checkpoint or no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text has another form.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// The text of a key has another form.
    #[error("not a verifier key; such a key looks like muster/0123456789abcdef+89abcdef+AbCd…")]
    BadKey,
    /// No signature is by a key that is trusted.
    #[error("no signature by a key that is trusted")]
    Untrusted,
    /// A signature is by a key that is known, and it is wrong.
    #[error("a signature is wrong")]
    WrongSignature,
}

/// A public key with the name it signs under: `name+key id+base64`, as C2SP writes verifier keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    fn id(&self) -> [u8; 4] {
        key_id(&self.name, &self.key)
    }

    /// The name it signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a verifier key.
    ///
    /// # Errors
    ///
    /// [`NoteError::BadKey`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (id, key) = rest.split_once('+')?;
            let bytes = STANDARD.decode(key).ok()?;
            let (&kind, key) = bytes.split_first()?;
            let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
            let read = Self { name: name.to_owned(), key };
            (kind == ED25519 && is_name(name) && id == Hex(&read.id()).to_string()).then_some(read)
        };
        read().ok_or(NoteError::BadKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, Hex(&self.id()), STANDARD.encode(key))
    }
}

/// The keys that sign, the current one first. Where there are several (while the ring of keys changes), all sign, so that
/// who trusts one of them can follow.
#[derive(Clone)]
pub struct Signer(Vec<SigningKey>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer([secret]; {})", self.0.len())
    }
}

impl Signer {
    /// Keys from their seeds, 32 secret bytes each (RFC 8032, section 5.1.5), the current one first.
    pub fn new<'a>(seeds: impl IntoIterator<Item = &'a [u8; 32]>) -> Self {
        Self(seeds.into_iter().map(SigningKey::from_bytes).collect())
    }

    /// The public keys under a name.
    #[must_use]
    pub fn public(&self, name: &str) -> Vec<PublicKey> {
        self.0.iter().map(|key| PublicKey { name: name.to_owned(), key: key.verifying_key() }).collect()
    }

    /// A note with this text, signed with all keys. The text ends with a line break and has no empty line.
    #[must_use]
    pub fn sign(&self, name: &str, text: &str) -> String {
        let mut note = format!("{text}\n");
        for key in &self.0 {
            let mut bytes = key_id(name, &key.verifying_key()).to_vec();
            bytes.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
            // Writing to a String cannot fail.
            let _ = writeln!(note, "\u{2014} {name} {}", STANDARD.encode(bytes));
        }
        note
    }
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn is_name(name: &str) -> bool {
    // No note has control characters, so what bears such a name could not be signed.
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// Checks a note, and gives its text.
///
/// Signatures by unknown keys are passed over, as C2SP signed-note says; one by a known key must be right.
///
/// # Errors
///
/// [`NoteError`]; among others when none is by one of `trusted`.
pub fn open<'n>(note: &'n str, trusted: &[PublicKey]) -> Result<&'n str, NoteError> {
    let (text, signatures) = split(note)?;
    let mut is_trusted = false;
    for line in signatures.lines() {
        let (name, id, signature) = parse_signature(line)?;
        for key in trusted.iter().filter(|key| key.name == name && key.id() == id) {
            let signature = Signature::from_slice(&signature).map_err(|_| NoteError::WrongSignature)?;
            key.key.verify_strict(text.as_bytes(), &signature).map_err(|_| NoteError::WrongSignature)?;
            is_trusted = true;
        }
    }
    if is_trusted { Ok(text) } else { Err(NoteError::Untrusted) }
}

/// Whether a note has a checkpoint and whole signatures; whether they are right is not looked at.
pub(crate) fn is_whole(note: &str) -> bool {
    const LENGTH: usize = 64;
    let are_whole =
        |lines: &str| lines.lines().all(|line| parse_signature(line).is_ok_and(|(.., s)| s.len() >= LENGTH));
    split(note).is_ok_and(|(text, signatures)| TreeHead::parse(text).is_ok() && are_whole(signatures))
}

/// How many signatures a note has.
pub(crate) fn n_signatures(note: &str) -> usize {
    split(note).map_or(0, |(_, signatures)| signatures.lines().count())
}

/// The text, and the lines of signatures.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    let end = note.rfind("\n\n").ok_or(NoteError::Malformed("it has no signatures"))?;
    let (text, signatures) = (&note[..=end], &note[end + 2..]);
    if note.contains(|c: char| c.is_control() && c != '\n') || !note.ends_with('\n') {
        return Err(NoteError::Malformed("it has control characters, or does not end with a line"));
    }
    if signatures.is_empty() || signatures.lines().count() > MOST_SIGNATURES {
        return Err(NoteError::Malformed("it has no signatures, or too many"));
    }
    Ok((text, signatures))
}

fn parse_signature(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteError> {
    let read = || {
        let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        (is_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
    };
    read().ok_or(NoteError::Malformed("a line of a signature has another form"))
}

/// What a checkpoint says: that the log of this origin had so many entries, with this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Which log: its name, and its epoch behind a `/`.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// When it was signed, in milliseconds since 1970 UTC: an extension line of ours, `time 1795867200000`.
    pub at_ms: Option<i64>,
}

impl TreeHead {
    /// The lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { origin, size, root, at_ms } = self;
        let time = at_ms.map(|at| format!("time {at}\n")).unwrap_or_default();
        format!("{origin}\n{size}\n{}\n{time}", STANDARD.encode(root.0))
    }

    /// Reads the text of a checkpoint. Nothing is known of its signatures then.
    ///
    /// # Errors
    ///
    /// [`NoteError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("it is no checkpoint of a log");
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(malformed);
        };
        let n_size: u64 = size.parse().map_err(|_| malformed.clone())?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(malformed.clone())?;
        // No sign, no zeros in front.
        if n_size.to_string() != size || !is_name(origin) {
            return Err(malformed);
        }
        let at_ms = lines.find_map(|line| line.strip_prefix("time ")).and_then(|at| at.parse().ok());
        Ok(Self { origin: origin.to_owned(), size: n_size, root: Hash(root), at_ms })
    }

    /// Reads a checkpoint from a note without looking at who signed it.
    ///
    /// # Errors
    ///
    /// [`NoteError::Malformed`].
    pub fn of_note(note: &str) -> Result<Self, NoteError> {
        Self::parse(split(note)?.0)
    }

    /// The name of the log, and its epoch: 1, and one more each time an older copy of the database was brought back on
    /// purpose.
    #[must_use]
    pub fn name_and_epoch(&self) -> Option<(&str, u32)> {
        let (name, epoch) = self.origin.rsplit_once('/')?;
        Some((name, epoch.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::new([&[seed; 32]])
    }

    fn head() -> TreeHead {
        TreeHead { origin: "muster/ab/1".into(), size: 7, root: Hash([9; 32]), at_ms: Some(1_795_867_200_000) }
    }

    #[test]
    fn what_could_not_stand_in_a_note_is_no_checkpoint() {
        let text = head().text();
        assert_eq!(TreeHead::parse(&text), Ok(head()));
        for name in ["muster\0/ab/1", "muster\u{7f}/ab/1", "mus ter/ab/1", "mus+ter/ab/1", ""] {
            assert!(TreeHead::parse(&text.replace("muster/ab/1", name)).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        // C2SP signed-note and tlog-checkpoint, the key of the first and the log of the second.
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let key = PublicKey::parse(key).unwrap();
        assert_eq!(open(note, std::slice::from_ref(&key)).unwrap().lines().count(), 2);
        let other = note.replace("answer", "answers");
        assert_eq!(open(&other, &[key]), Err(NoteError::WrongSignature));
        let head = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        assert_eq!(TreeHead::parse(head).unwrap().size, 20_852_163);
    }

    #[test]
    fn a_checkpoint_reads_back_and_is_trusted_by_any_of_its_keys() {
        let both = Signer::new([&[1; 32], &[2; 32]]);
        let note = both.sign("muster/ab", &head().text());
        for seed in [1, 2] {
            let text = open(&note, &signer(seed).public("muster/ab")).unwrap();
            assert_eq!(TreeHead::parse(text).unwrap(), head());
        }
        assert_eq!(open(&note, &signer(3).public("muster/ab")), Err(NoteError::Untrusted));
        assert_eq!(open(&note, &signer(1).public("muster/cd")), Err(NoteError::Untrusted));
        assert_eq!(head().name_and_epoch(), Some(("muster/ab", 1)));
    }

    #[test]
    fn every_flipped_bit_of_a_note_is_found() {
        let note = signer(1).sign("muster/ab", &head().text());
        let keys = signer(1).public("muster/ab");
        for bit in 0..note.len() * 8 {
            let mut bytes = note.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(open(&changed, &keys).is_err(), "bit {bit}: {changed}");
        }
    }

    #[test]
    fn a_key_reads_back_and_a_changed_one_is_refused() {
        let key = signer(1).public("muster/ab").remove(0);
        let text = key.to_string();
        assert_eq!(PublicKey::parse(&text), Ok(key));
        for other in [text.replace("ab+", "ac+"), text.replace('+', "-"), text[..text.len() - 8].to_owned()] {
            assert_eq!(PublicKey::parse(&other), Err(NoteError::BadKey), "{other}");
        }
    }

    #[test]
    fn texts_that_are_no_checkpoints_are_refused() {
        let root = STANDARD.encode([9; 32]);
        for text in [
            String::new(),
            format!("muster/ab/1\n07\n{root}\n"),
            format!("muster/ab/1\n+7\n{root}\n"),
            format!("muster/ab/1\n7\n{}\n", &root[4..]),
            format!("muster ab\n7\n{root}\n"),
            format!("\n7\n{root}\n"),
        ] {
            assert!(TreeHead::parse(&text).is_err(), "{text:?}");
        }
    }
}
