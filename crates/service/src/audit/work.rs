//! What is written for the audit log beside its entries: pieces of work in a batch, each of them a short one.

use jobs::Ticket;
use ledger::{Checkpoint, Erase, LedgerError, Sealed, Signer, TreeHead};
use model::Instant;
use sea_orm::DbErr;
use sha2::{Digest as _, Sha256};

use super::{act::Act, by_operator, check::Noted, refused::Refused, roll_back};
use crate::{
    batch::Book,
    post::{self, NewMail},
};

/// How many entries are sealed at once.
pub(super) const AT_ONCE: u16 = 1000;

/// A piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// Give what waits its positions.
    Seal,
    /// Sign the tree, if it has grown.
    Sign { signer: Signer, at: Instant, anchored: Vec<TreeHead> },
    /// An anchor has taken a checkpoint.
    NoteAnchored { signer: Signer, sink: String, size: u64, at: Instant },
    /// Somebody afar has taken a checkpoint, or a mail to them is on its way: with the end of the job that saw to it.
    Handed { ticket: Ticket, mail: Option<Box<NewMail>>, signer: Signer, sink: String, size: u64, at: Instant },
    /// Erase private values.
    Erase { what: Erase, at: Instant, salt: [u8; 16] },
    /// Begin a new epoch.
    RestartEpoch { lost: Option<TreeHead>, reason: String, at: Instant, entry: [u8; 16] },
    /// Write down what was refused.
    Refused { refused: Refused, at: Instant },
    /// Keep what a check found.
    Checked(Box<Noted>),
    /// Do what somebody orders.
    Act(Box<Act>),
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Worked {
    Sealed(Sealed),
    /// An error is one that came before anything was written.
    Signed(Result<Option<Checkpoint>, LedgerError>),
    Noted,
    Erased(usize),
    Epoch(u32),
}

impl Work {
    pub(crate) async fn run(&self, book: &mut Book<'_>) -> Result<Worked, DbErr> {
        let tx = book.tx()?;
        Ok(match self {
            Self::Seal => Worked::Sealed(ledger::seal(tx, AT_ONCE).await.map_err(roll_back)?),
            Self::Sign { signer, at, anchored } => match ledger::sign(tx, signer, at.ms(), anchored).await {
                Err(LedgerError::Database(error)) => return Err(error),
                signed => Worked::Signed(signed),
            },
            Self::NoteAnchored { signer, sink, size, at } => {
                ledger::note_anchored(tx, signer, sink, *size, at.ms()).await.map_err(roll_back)?;
                Worked::Noted
            }
            Self::Handed { ticket, mail, signer, sink, size, at } => {
                if ticket.done_in(tx).await? {
                    ledger::note_anchored(tx, signer, sink, *size, at.ms()).await.map_err(roll_back)?;
                    if let Some(mail) = mail {
                        post::write(book, mail).await?;
                    }
                }
                Worked::Noted
            }
            Self::Erase { what, at, salt } => {
                // The work may run again: the ids must be the same, and those of no other erasure.
                let mut n = 0_u32;
                let next = || {
                    n += 1;
                    let hash = Sha256::new().chain_update(salt).chain_update(n.to_be_bytes()).finalize();
                    std::array::from_fn(|at| hash[at])
                };
                Worked::Erased(ledger::erase(tx, *what, by_operator(*at), next).await?)
            }
            Self::RestartEpoch { lost, reason, at, entry } => {
                let epoch = ledger::restart_epoch(tx, lost.as_ref(), reason, by_operator(*at), *entry).await;
                Worked::Epoch(epoch.map_err(roll_back)?)
            }
            Self::Refused { refused, at } => {
                refused.note(book, *at);
                Worked::Noted
            }
            Self::Checked(noted) => {
                noted.run(book).await?;
                Worked::Noted
            }
            Self::Act(act) => {
                act.run(book).await?;
                Worked::Noted
            }
        })
    }
}
