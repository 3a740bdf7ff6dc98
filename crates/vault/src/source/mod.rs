//! Where a ring is kept: in a setting, a file, the output of a command, or HashiCorp Vault.
//!
//! Must not know: what the keys encrypt, and when to read again; whoever holds a [`Vault`](crate::Vault) decides that. Nothing
//! that is read is ever repeated in an error: in a mistyped source, anything may be the key.

mod command;
mod file;
#[cfg(feature = "kv")]
mod kv;

use std::{fmt, io, path::PathBuf, time::Duration};

use zeroize::Zeroizing;

pub use file::Stamp;
#[cfg(feature = "kv")]
pub use kv::{Kv, KvError, Token};

use crate::{KeyRing, KeyRingError, Secret};

/// The longest text of a ring, in bytes: some eight hundred keys.
pub const LONGEST: usize = 64 * 1024;
/// How long a command or a server may take to answer. A start waits for it.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Why a ring could not be read, or written back.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It was read, and is no ring.
    #[error("{place} holds no usable key ring: {error}")]
    Ring {
        /// Where it was read.
        place: String,
        /// What is wrong with it.
        error: KeyRingError,
    },
    /// The file is not there, or not for this process.
    #[error("{place} cannot be used: {error}")]
    File {
        /// Which.
        place: String,
        /// What the system said.
        error: io::Error,
    },
    /// Others on the machine could take the keys.
    #[error("{place} can be read or changed by others on this machine (its mode is {mode:04o}); run: chmod 600 {}", path.display())]
    Open {
        /// Which.
        place: String,
        /// The same as a path.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The command did not give a ring.
    #[error("{place} gave no key ring: {why}")]
    Command {
        /// Which.
        place: String,
        /// What happened, in words.
        why: String,
    },
    /// The server did not give a ring.
    #[error("{place} gave no key ring: {why}")]
    Server {
        /// Which.
        place: String,
        /// What happened, in words.
        why: String,
    },
    /// It can only be read from here.
    #[error("{0} can only be read from here; change the ring where it is kept")]
    ReadOnly(String),
    /// Somebody else changes it at this moment.
    #[error("{0} is being changed by another process; try again")]
    Busy(String),
}

/// Where a ring is kept.
#[derive(Clone, Debug)]
pub enum Source {
    /// In full, in a setting such as an environment variable. It never changes while the process runs.
    Text(Secret<String>),
    /// In a file that only the process's own user can read. The only source that can be written back.
    File(PathBuf),
    /// In a file that a service manager puts there: a systemd credential, a secret that is mounted into a container. As a file,
    /// but not written back, and its permissions are the manager's business.
    Credential(PathBuf),
    /// What a program prints, such as the command line of any secrets manager. The first is the program, the others are its
    /// arguments; no shell reads them.
    Command(Vec<String>),
    /// A secret of HashiCorp Vault or OpenBao, key-value engine version 2.
    #[cfg(feature = "kv")]
    Kv(Kv),
}

impl Source {
    /// Reads the ring. Blocks for up to [`PATIENCE`].
    ///
    /// # Errors
    ///
    /// A [`SourceError`] that says which source it was and what to do, and repeats nothing that was read.
    pub fn read(&self) -> Result<KeyRing, SourceError> {
        let text = match self {
            Self::Text(text) => Zeroizing::new(text.expose().clone()),
            Self::File(path) => {
                file::refuse_open(path, &self.to_string())?;
                file::read(path, &self.to_string())?
            }
            Self::Credential(path) => file::read(path, &self.to_string())?,
            Self::Command(words) => command::read(words, &self.to_string())?,
            #[cfg(feature = "kv")]
            Self::Kv(kv) => kv.read(&self.to_string())?,
        };
        KeyRing::parse(&text).map_err(|error| SourceError::Ring { place: self.to_string(), error })
    }

    /// Whether [`change`](Self::change) can work: whether this process may replace the file.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        match self {
            Self::File(path) => file::is_writable(path),
            _ => false,
        }
    }

    /// Makes the file with this ring, if it is not there; answers whether it did. Only its owner can read it.
    ///
    /// # Errors
    ///
    /// [`SourceError::ReadOnly`] for what is no file; the system's.
    pub fn make(&self, ring: &KeyRing) -> Result<bool, SourceError> {
        match self {
            Self::File(path) => file::make(path, ring, &self.to_string()),
            _ => Err(SourceError::ReadOnly(self.to_string())),
        }
    }

    /// Reads the ring, changes it and puts it in the place of the old one, all at once: whoever reads meanwhile, or after a power
    /// cut, finds the old or the new one. Nobody else can change it in between.
    ///
    /// # Errors
    ///
    /// [`SourceError::ReadOnly`] for what is no file, [`SourceError::Busy`]; or what `change` says. Then the ring is as it was.
    pub fn change<E: From<SourceError>>(
        &self,
        change: impl FnOnce(&KeyRing) -> Result<KeyRing, E>,
    ) -> Result<KeyRing, E> {
        let Self::File(path) = self else { return Err(SourceError::ReadOnly(self.to_string()).into()) };
        let place = self.to_string();
        let _lock = file::lock(path, &place)?;
        let ring = change(&self.read()?)?;
        file::replace(path, &ring, &place)?;
        Ok(ring)
    }

    /// What differs when a file was changed; nothing for other sources.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::File(path) | Self::Credential(path) => file::stamp(path),
            _ => None,
        }
    }
}

impl fmt::Display for Source {
    /// Where it is, for people: no key, no argument of a command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("the setting with the key ring"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Credential(path) => write!(f, "the credential {}", path.display()),
            Self::Command(words) => write!(f, "the command {}", words.first().map_or("", String::as_str)),
            #[cfg(feature = "kv")]
            Self::Kv(kv) => write!(f, "the secret {kv}"),
        }
    }
}
