//! An append-only log over SQL in which every entry has one exact byte form and one hash.
//!
//! Who did what, and when, is written down so that a later edit shows, even one made with full access to the database. For that,
//! an entry must be bytes before it is anything else: [`Leaf`] has exactly one encoding, a stored entry is hashed as it lies
//! there and never written anew, and what does not read back to the same bytes is refused.
//!
//! The log is a Merkle tree as in RFC 6962 (Certificate Transparency), whose root changes when any entry is changed, added,
//! removed or moved. The crate has three parts:
//!
//! - **[`Leaf`]**: one entry as deterministic CBOR. It names people by id only; a personal value enters as a salted
//!   [`Commitment`], so that the value can be erased and all proofs still hold.
//! - **[`append`]**: the rows that put entries into the table `ledger_pending`, for the caller's transaction to write. An entry
//!   exists exactly if the change exists that it tells about.
//! - **[`leaf_hash`], [`node_hash`], [`root`]**: the hashes of the tree, computed in the plainest way from all leaves. They are
//!   the definition that any faster way must agree with.
//!
//! Entries wait in `ledger_pending`, in the order of its identity column, for a *sealer* that gives them positions in the tree.
//! Sealing is a step of its own because positions must be dense and in one order, and a writer that waited for its position
//! would make all other writers wait. Until an entry is sealed, the database alone vouches for it. This crate does not seal and
//! does not sign.
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

mod append;
mod commitment;
mod leaf;
mod tree;

pub use append::append;
pub use commitment::Commitment;
pub use leaf::{Actor, Change, Leaf, LeafError, Object, Outcome, Private, Value};
pub use tree::{Hash, leaf_hash, node_hash, root};
