//! An append-only log over SQL in which every entry has one exact byte form and one hash.
//!
//! Who did what, and when, is written down so that a later edit shows, even one made with full access to the database. For that,
//! an entry must be bytes before it is anything else: [`Leaf`] has exactly one encoding, a stored entry is hashed as it lies
//! there and never written anew, and what does not read back to the same bytes is refused.
//!
//! The log is a Merkle tree as in RFC 6962 (Certificate Transparency), whose root changes when any entry is changed, added,
//! removed or moved. The crate has these parts:
//!
//! - **[`Leaf`]**: one entry as deterministic CBOR. It names people by id only; a personal value enters as a salted
//!   [`Commitment`], so that the value can be erased and all proofs still hold.
//! - **[`append`]**: the rows that put entries into the table `ledger_pending`, for the caller's transaction to write. An entry
//!   exists exactly if the change exists that it tells about.
//! - **[`seal`]** gives what waits its position. It is a step of its own because positions must be dense and in one order, and a
//!   writer that waited for its position would make all other writers wait. Until an entry is sealed, the database alone vouches
//!   for it.
//! - **[`sign`]** signs what the tree is: a *checkpoint*, a C2SP signed note with Ed25519 that other tools can check, and never
//!   one for a tree that is no extension of the last. An **[`Anchor`]** remembers checkpoints outside of the database.
//! - **[`inclusion`], [`consistency`]** make proofs, [`verify_inclusion`], [`verify_consistency`] check them with nothing else.
//! - **[`verify`], [`verify_export`]** walk through the whole log, in a database or in a file, and say what the first bad thing is.
//! - **[`keep`], [`erase`]**: private values and their salts, apart from the log and its proofs.
//! - **[`page`]** finds entries; **[`guards`]** looks whether the database itself refuses edits.
//! - **[`leaf_hash`], [`node_hash`], [`root`]**: the hashes of the tree, computed in the plainest way from all leaves. They are
//!   the definition that any faster way must agree with.
//!
//! Nothing here begins a transaction, reads a clock or draws chance. Whoever calls it gives a transaction, in which a piece of
//! work may be repeated, and creates the tables (`migration`).
//!
//! # What shows, and what does not
//!
//! | who | is found by |
//! |---|---|
//! | the application itself, or SQL brought in through it | the database: triggers refuse all but adding at the end |
//! | somebody with all rights in the database, without the key | [`verify`]: the entries are not those that were signed |
//! | the same, who brings back an older copy with its older checkpoint | an anchor that knows a newer one, and nothing else |
//! | somebody with the key as well | what was anchored before they had it stays proven; what comes after does not |
//! | somebody who adds entries that tell what never happened | nothing: the log proves what was written, not that it is true |
//! | somebody who takes an entry out before it is sealed | nothing: it is sealed within a second for that reason |
//!
//! ```
//! use muster_ledger::{Actor, Change, Commitment, Leaf, Object, Outcome, Value, leaf_hash, root};
//!
//! let salt = [7; 32]; // from a cryptographic random source, a fresh one for each value
//! let leaf = Leaf {
//!     kind: "command",
//!     entry: [1; 16],
//!     at_us: 1_795_867_200_000_000,
//!     actor: Actor { kind: "person", id: Some([2; 16]) },
//!     session: None,
//!     action: "rename_person",
//!     object: Object { kind: "person", id: Some([2; 16]) },
//!     project: None,
//!     outcome: Outcome::Done,
//!     changes: vec![Change { field: "name", old: Value::Absent, new: Value::Committed(Commitment::of(&salt, b"Ines")) }],
//!     request: Some([3; 16]),
//!     private: Vec::new(),
//! };
//! let body = leaf.encode();
//! assert_eq!(Leaf::decode(&body)?, leaf);
//!
//! // Whoever is shown the salt and the name can check them; whoever has only the entry cannot guess.
//! assert_eq!(leaf.changes[0].new, Value::Committed(Commitment::of(&salt, b"Ines")));
//!
//! let before = root(&[leaf_hash(&body)]);
//! let edited = Leaf { action: "nothing_to_see_here", ..leaf }.encode();
//! assert_ne!(root(&[leaf_hash(&edited)]), before);
//! # Ok::<(), muster_ledger::LeafError>(())
//! ```
//!
//! # The leaf, version 1
//!
//! A CBOR array in the deterministic encoding of RFC 8949, section 4.2 (definite lengths, shortest integers), with absent
//! values as `null`:
//!
//! ```text
//! [ 1, kind, entry id, time in µs, [actor kind, actor id], session hash, action, [object kind, object id], project id,
//!   outcome, [[field, old, new]...], request id, [[field, commitment]...] ]
//! ```
//!
//! Kinds, actions and fields are text, as given; ids are byte strings of 16, hashes and commitments byte strings of 32. `old` and
//! `new` are `null`, text, or a commitment. `outcome` is 0 (done), 1 (refused) or 2 (failed).

//!
//! # The tree, the checkpoints
//!
//! Positions begin with 0. Stored are the hashes of all entries and of complete subtrees of 16, 256, 4096 … of them
//! (`ledger_nodes`); what is complete never changes. The log's name is `muster/` and the first 16 digits of its first entry's hash,
//! its origin is the name, `/` and the epoch. A checkpoint has an extension line `time <ms>`; the keys that signed it are in its
//! row. A private value is committed to together with the length of the id of its person (16, or 0 without one), and that id:
//! `SHA-256(salt, length, id, value)`. Receipts of anchors are signed notes of `<name>/anchored`, sink, size and time.

mod anchor;
mod append;
mod checkpoint;
mod commitment;
mod entry;
mod error;
mod export;
mod finding;
mod frontier;
mod guards;
mod hashes;
mod leaf;
mod live;
mod note;
mod own;
mod proof;
mod query;
mod seal;
mod tree;
mod verify;

pub use anchor::{Anchor, AppendOnlyFile, notes};
pub use append::append;
pub use checkpoint::{Checkpoint, Receipt, epoch, name, newest, note_anchored, receipts, sign};
pub use commitment::Commitment;
pub use entry::{Entry, Projection};
pub use error::LedgerError;
pub use export::{ExportError, export, verify_export};
pub use finding::{Against, Fault, Finding, Verified};
pub use guards::guards;
pub use leaf::{Actor, Change, Leaf, LeafError, Object, Outcome, Private, Value};
pub use live::{Opener, verify};
pub use note::{NoteError, PublicKey, Signer, TreeHead, open as open_note};
pub use own::{By, Erase, Kept, Side, erase, keep, restart_epoch};
pub use proof::{consistency, inclusion, verify_consistency, verify_inclusion};
pub use query::{Cursor, Filter, Page, actions, covering, entry, kept, page, proof_text};
pub use seal::{Sealed, seal, size};
pub use tree::{Hash, leaf_hash, node_hash, root};
