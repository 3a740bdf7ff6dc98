//! The audit log: who did what, and whether anybody changed what was written.
//!
//! Entries are appended by each change itself ([`crate::batch`]). Here they are sealed, signed and anchored in the background
//! ([`Keeper`]), read by those who may, and checked.

mod act;
mod afar;
mod check;
mod desk;
mod keep;
mod names;
mod read;
mod refused;
mod work;

pub(crate) use act::Act;
pub use afar::{Afar, Delivery, DeliveryKey, Every, Receiver, send_to};
pub(crate) use afar::{MailCheckpoint, SendCheckpoint};
pub(crate) use check::CheckLog;
pub use check::{Checked, check_now};
pub use desk::{Desk, Line, Look, desk};
pub(crate) use keep::Shared;
pub use keep::{Keeper, State, state};
pub use ledger::{
    Against, Anchor, AppendOnlyFile, Cursor, ExportError, Fault, Finding, Hash, LedgerError, PublicKey, Receipt,
    TreeHead, Verified, notes, verify_export,
};
pub use names::{Called, Names};
pub use read::{Asked, Entries, Shown, Told, entries, entry, latest, look, proof};
pub(crate) use refused::{Tried, counted};
pub(crate) use work::{Work, Worked};

use ledger::{By, Erase, Kept, Signer};
use model::{Instant, PersonId, Refusal};
use sea_orm::{ConnectionTrait, DbErr};
use std::io::Write;
use store::{Lane, Store};
use vault::Vault;

use crate::{
    Actor, Cx,
    batch::{Item, Reply},
    keys::PRIVATE,
};

/// The purpose under which the keys that sign are derived from those of the ring. While the ring changes, all usable keys sign
/// each checkpoint, so that whoever trusts the old one hears of the new one; an old key's public part stays known in the
/// checkpoints it signed.
const PURPOSE: &str = "ledger/ed25519/1";

/// The keys that sign the log.
#[must_use]
pub fn signer(vault: &Vault) -> Signer {
    let seeds = vault.derive_all(PURPOSE);
    Signer::new(seeds.iter().map(|(_, seed)| seed.expose()))
}

/// The public keys with which the log of this database is signed, as C2SP writes them; none before its first entry is sealed.
///
/// # Errors
///
/// The database's.
pub async fn public_keys(store: &Store, vault: &Vault) -> Result<Vec<PublicKey>, DbErr> {
    let name = ledger::name(store.reader()).await?;
    Ok(name.map_or_else(Vec::new, |name| signer(vault).public(&name)))
}

/// Verifies the whole log of a database, of one moment. With a vault, private values are opened and compared with what their
/// entries commit to, and the vault's own keys are trusted beside those that are given.
///
/// # Errors
///
/// The database's: then nothing is known.
pub async fn verify(store: &Store, vault: &Vault, mut against: Against) -> Result<Result<Verified, Finding>, DbErr> {
    let snapshot = store.snapshot().await?;
    if let Some(name) = ledger::name(&*snapshot).await? {
        against.keys.extend(signer(vault).public(&name));
    }
    ledger::verify(&*snapshot, against, &|kept: &Kept| opened(vault, kept)).await
}

/// Verifies the whole log of the house against what anchors remember, as [`verify`].
///
/// # Errors
///
/// A fault of the database.
pub async fn check(cx: &Cx, anchors: Vec<String>) -> Result<Result<Verified, Finding>, Refusal> {
    let against = Against { anchors, now_ms: Some(cx.now().ms()), ..Against::default() };
    verify(&cx.store, &cx.vault, against).await.map_err(|e| crate::context::refuse(&e))
}

/// Writes the log as JSON lines, with private values only if asked for.
///
/// # Errors
///
/// The database's and the file's.
pub async fn export(
    store: &Store,
    vault: &Vault,
    out: &mut (dyn Write + Send),
    now: Instant,
    with_private: bool,
) -> Result<u64, ExportError> {
    let snapshot = store.snapshot().await?;
    let opener = |kept: &Kept| opened(vault, kept);
    ledger::export(&*snapshot, out, now.ms(), if with_private { Some(&opener) } else { None }).await
}

fn opened(vault: &Vault, kept: &Kept) -> Option<Vec<u8>> {
    vault.open(PRIVATE, kept.entry, &kept.value).ok().map(|value| value.expose().clone())
}

/// The note of the newest checkpoint.
///
/// # Errors
///
/// The database's.
pub async fn newest_checkpoint(store: &Store) -> Result<Option<String>, DbErr> {
    Ok(ledger::newest(store.reader()).await?.map(|checkpoint| checkpoint.note))
}

/// The newest of some checkpoints, by size. Who signed them is not looked at.
#[must_use]
pub fn newest_of(notes: &[String]) -> Option<TreeHead> {
    notes.iter().filter_map(|note| TreeHead::of_note(note).ok()).max_by_key(|head| head.size)
}

/// The proof that an entry is in the log, as [`proof`], for whoever has the database anyway.
///
/// # Errors
///
/// As [`ledger::proof_text`].
pub async fn proof_of(store: &Store, position: u64) -> Result<Option<String>, LedgerError> {
    ledger::proof_text(store.reader(), position).await
}

/// The proof that the log of one size is the beginning of that of another.
///
/// # Errors
///
/// As [`ledger::consistency`].
pub async fn consistency(store: &Store, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError> {
    let snapshot = store.snapshot().await?;
    let size = ledger::size(&*snapshot).await?;
    if to > size {
        return Err(LedgerError::NoEntry { position: to, size });
    }
    ledger::consistency(&*snapshot, from, to).await
}

/// Erases the private values of a person in all entries, or of one entry, on the word of somebody at the machine itself.
/// Answers how many there were.
///
/// # Errors
///
/// [`Refusal::NotFound`] for an entry that is not there; a fault of the database.
pub async fn erase(cx: &Cx, what: Erasure) -> Result<usize, Refusal> {
    let what = match what {
        Erasure::Person(person) => Erase::Person(person.bytes()),
        Erasure::Entry(position) => Erase::Entry(read::entry_id(cx, position).await?),
    };
    match work(cx, Lane::People, Work::Erase { what, at: cx.now(), salt: cx.random() }).await? {
        Worked::Erased(n) => Ok(n),
        _ => Err(Refusal::NotFound),
    }
}

/// Whose private values are erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// A person's.
    Person(PersonId),
    /// Those of the entry at a position.
    Entry(u64),
}

/// Begins a new epoch after an older copy of the database was brought back on purpose; answers its number. `lost` is the newest
/// checkpoint that was anchored.
///
/// # Errors
///
/// A fault of the database; busy while entries are being sealed elsewhere.
pub async fn restart_epoch(cx: &Cx, lost: Option<TreeHead>, reason: String) -> Result<u32, Refusal> {
    let entry = cx.new_id::<uuid::Uuid>().into_bytes();
    match work(cx, Lane::People, Work::RestartEpoch { lost, reason, at: cx.now(), entry }).await? {
        Worked::Epoch(epoch) => Ok(epoch),
        _ => Err(Refusal::Busy { after_s: 1 }),
    }
}

/// Whether somebody may read the log of a project.
///
/// # Errors
///
/// [`Refusal::NotFound`] if not; a fault of the database.
pub(crate) async fn may_read(cx: &Cx, actor: &Actor, project: model::ProjectId) -> Result<(), Refusal> {
    read::check(cx, actor, Some(project)).await
}

/// Which guards of the database are missing.
///
/// # Errors
///
/// The database's.
pub async fn guards(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    ledger::guards(db).await
}

pub(crate) async fn work(cx: &Cx, lane: Lane, work: Work) -> Result<Worked, Refusal> {
    match cx.write(lane, Item::Audit(Box::new(work))).await?.reply {
        Reply::Audit(worked) => Ok(worked),
        Reply::Command(_) | Reply::Errand(_) | Reply::Turn(_) | Reply::Done => Err(Refusal::NotFound),
    }
}

/// What is done from the command line has no person.
fn by_operator(at: Instant) -> By<'static> {
    let actor = ledger::Actor { kind: "operator", id: None };
    By { at_us: at.ms().saturating_mul(1000), actor, session: None::<Hash> }
}

/// An error of the ledger as one of the database, with which a piece of work is rolled back.
fn roll_back(error: LedgerError) -> DbErr {
    match error {
        LedgerError::Database(error) => error,
        other => DbErr::Custom(other.to_string()),
    }
}
