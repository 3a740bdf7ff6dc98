//! The ways a mail can leave. What is common to them is here, each way has a file.

use std::sync::Arc;

use crate::{Config, Mail, Mailbox, Unwritable, config::Kind, mailbox::Source};

pub(crate) mod folder;
pub(crate) mod memory;
mod smtp;

use folder::Folder;
use memory::Memory;
use smtp::Smtp;

/// A way for mails to leave. Clones share connections, folder or memory.
#[derive(Clone)]
pub struct Transport(Way);

#[derive(Clone)]
enum Way {
    Smtp(Arc<Smtp>),
    Folder(Arc<Folder>),
    Memory(Arc<Memory>),
}

/// What whoever took the mail said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The server's last reply without people in it, often with the name it gave the mail; or the mail's id in the [`Mailbox`].
    pub reference: String,
}

/// Why a mail did not leave. Reasons name nobody: they may be logged, stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may leave if it is sent again later: the server said so (4xx, RFC 5321), could not be reached, did not answer in time,
    /// or did not let us in, which is the fault of the settings and not of the mail.
    #[error("not sent for now: {0}")]
    Temporary(String),
    /// It will never leave as it is: the server refused it for good (5xx), or it cannot be written.
    #[error("not sent: {0}")]
    Permanent(String),
}

impl SendError {
    /// The reason alone.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Temporary(reason) | Self::Permanent(reason) => reason,
        }
    }

    /// Whether it is of no use to try again.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }
}

impl From<Unwritable> for SendError {
    fn from(error: Unwritable) -> Self {
        Self::Permanent(error.to_string())
    }
}

/// Why a way cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file of trusted authorities.
    #[error("the certificates in {path} cannot be read: {why}")]
    Authorities {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl Transport {
    /// Makes a way ready. Nothing is connected or written before the first mail.
    ///
    /// # Errors
    ///
    /// If the file of trusted certificates cannot be read.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        Ok(Self(match &config.0 {
            Kind::Smtp(config) => Way::Smtp(Arc::new(Smtp::open(config.clone())?)),
            Kind::Folder(path) => Way::Folder(Arc::new(Folder::new(path.clone()))),
            Kind::Memory => Way::Memory(Arc::default()),
        }))
    }

    /// Sends a mail, or says why not. It is sent once: to try again is the caller's decision.
    ///
    /// A mail may arrive although this fails with [`SendError::Temporary`], namely if the server's last word was lost. Its id is
    /// the same when it is sent again, so that mail programs can tell.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn send(&self, mail: &Mail) -> Result<Receipt, SendError> {
        match &self.0 {
            Way::Smtp(smtp) => smtp.send(mail).await,
            Way::Folder(folder) => folder.keep(mail).await,
            Way::Memory(memory) => memory.keep(mail),
        }
    }

    /// Looks whether a mail could leave now: reaches the server, has it prove who it is, and signs in. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`SendError::Temporary`] with the reason. `from` is left out of what the server says.
    pub async fn reach(&self, from: &crate::Address) -> Result<(), SendError> {
        match &self.0 {
            Way::Smtp(smtp) => smtp.reach(from).await,
            Way::Folder(_) | Way::Memory(_) => Ok(()),
        }
    }

    /// What was sent, if it is still here: not over SMTP.
    #[must_use]
    pub fn mailbox(&self) -> Option<Mailbox> {
        match &self.0 {
            Way::Smtp(_) => None,
            Way::Folder(folder) => Some(Mailbox(Source::Folder(folder.clone()))),
            Way::Memory(memory) => Some(Mailbox(Source::Memory(memory.clone()))),
        }
    }

    /// Says goodbye to servers that are still connected. A mail that is sent later connects again.
    pub async fn close(&self) {
        if let Way::Smtp(smtp) = &self.0 {
            smtp.close().await;
        }
    }
}

/// A mail's id in a mailbox: ids sort by date, and can be file names.
pub(crate) fn kept_id(mail: &Mail) -> String {
    format!("{:014}-{}", mail.date_ms, mail.id)
}
