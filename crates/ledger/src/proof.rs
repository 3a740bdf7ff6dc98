//! Proofs: that an entry is in a tree, and that a tree is the beginning of another (RFC 6962, sections 2.1.1 and 2.1.2).
//!
//! Making one needs stored hashes; checking one needs nothing but the proof (RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use std::ops::Range;

use sea_orm::ConnectionTrait;

use crate::{Hash, LedgerError, hashes::Hashes, tree::node_hash};

/// The hashes that lead from an entry to the root of a tree of `size` entries.
///
/// # Errors
///
/// [`LedgerError::NoEntry`] when `position` is not under `size`; the database's.
pub async fn inclusion(db: &impl ConnectionTrait, position: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
    if position >= size {
        return Err(LedgerError::NoEntry { position, size });
    }
    inclusion_in(&Hashes::load(db, size, &[position, size]).await?, position, size)
}

/// The hashes that show that the tree of `from` entries is the beginning of the one of `to`.
///
/// # Errors
///
/// [`LedgerError::NoEntry`] when `from` is over `to`; the database's.
pub async fn consistency(db: &impl ConnectionTrait, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError> {
    if from > to {
        return Err(LedgerError::NoEntry { position: from, size: to });
    }
    consistency_in(&Hashes::load(db, to, &[from.saturating_sub(1), from, to]).await?, from, to)
}

/// Whether these hashes lead from an entry's hash at `position` to this root of a tree of `size` entries.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, position: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if position >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (position, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            // A right edge that has no sibling on some levels.
            let up = place.trailing_zeros();
            place >>= up;
            last >>= up;
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether these hashes show that the tree of `from` entries with the root `old` is the beginning of the one of `to` with
/// the root `new`.
#[must_use]
pub fn verify_consistency(from: u64, to: u64, old: &Hash, new: &Hash, proof: &[Hash]) -> bool {
    if from == to {
        return proof.is_empty() && old == new;
    }
    if from == 0 || from > to {
        // Every tree begins with the empty one, whose root everybody knows.
        return from == 0 && proof.is_empty() && *old == crate::root(&[]);
    }
    let mut rest = proof.iter();
    // A tree of a power of two is itself the first subtree: its root needs no telling.
    let first = if from.is_power_of_two() { Some(old) } else { rest.next() };
    let Some(first) = first else { return false };
    let up = (from - 1).trailing_ones();
    let (mut place, mut last) = ((from - 1) >> up, (to - 1) >> up);
    let (mut of_old, mut of_new) = (*first, *first);
    for hash in rest {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            of_old = node_hash(hash, &of_old);
            of_new = node_hash(hash, &of_new);
            if place.is_multiple_of(2) {
                let up = place.trailing_zeros();
                place >>= up;
                last >>= up;
            }
        } else {
            of_new = node_hash(&of_new, hash);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && of_old == *old && of_new == *new
}

fn inclusion_in(hashes: &Hashes, position: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
    path(position, 0..size).into_iter().map(|range| hashes.root_of(range)).collect()
}

fn consistency_in(hashes: &Hashes, from: u64, to: u64) -> Result<Vec<Hash>, LedgerError> {
    if from == 0 || from == to {
        return Ok(Vec::new());
    }
    subproof(from, 0..to, true).into_iter().map(|range| hashes.root_of(range)).collect()
}

/// Where a tree over this range is split: behind the largest power of two that leaves something.
fn middle(range: &Range<u64>) -> u64 {
    range.start + (range.end - range.start).next_power_of_two() / 2
}

/// `PATH(m, D[n])`: the subtrees beside the way, the lowest first.
fn path(position: u64, mut range: Range<u64>) -> Vec<Range<u64>> {
    let mut beside = Vec::new();
    while range.end - range.start > 1 {
        let middle = middle(&range);
        if position < middle {
            beside.push(middle..range.end);
            range.end = middle;
        } else {
            beside.push(range.start..middle);
            range.start = middle;
        }
    }
    beside.reverse();
    beside
}

/// `SUBPROOF(m, D[n], b)`, the lowest first.
fn subproof(end: u64, mut range: Range<u64>, mut is_known: bool) -> Vec<Range<u64>> {
    let mut beside = Vec::new();
    while end != range.end {
        let middle = middle(&range);
        if end <= middle {
            beside.push(middle..range.end);
            range.end = middle;
        } else {
            beside.push(range.start..middle);
            range.start = middle;
            is_known = false;
        }
    }
    if !is_known {
        beside.push(range);
    }
    beside.reverse();
    beside
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::HashMap};

    use ct_merkle::{ConsistencyProof, InclusionProof, mem_backed_tree::MemoryBackedTree};

    use super::*;
    use crate::{leaf_hash, root};

    const MOST: u64 = 300;

    fn at(n: u64) -> usize {
        usize::try_from(n).unwrap()
    }

    fn leaves() -> Vec<Hash> {
        (0..MOST).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// RFC 6962 as it is written, over all leaves. What was computed once is remembered.
    struct Naive {
        leaves: Vec<Hash>,
        known: RefCell<HashMap<(usize, usize), Hash>>,
    }

    impl Naive {
        fn root(&self, from: usize, to: usize) -> Hash {
            let known = self.known.borrow().get(&(from, to)).copied();
            known.unwrap_or_else(|| {
                let hash = root(&self.leaves[from..to]);
                self.known.borrow_mut().insert((from, to), hash);
                hash
            })
        }

        fn path(&self, position: usize, from: usize, to: usize) -> Vec<Hash> {
            if to - from == 1 {
                return Vec::new();
            }
            let middle = from + (to - from).next_power_of_two() / 2;
            let (mut path, beside) = if position < middle {
                (self.path(position, from, middle), self.root(middle, to))
            } else {
                (self.path(position, middle, to), self.root(from, middle))
            };
            path.push(beside);
            path
        }

        fn subproof(&self, end: usize, from: usize, to: usize, is_known: bool) -> Vec<Hash> {
            if end == to {
                return if is_known { Vec::new() } else { vec![self.root(from, to)] };
            }
            let middle = from + (to - from).next_power_of_two() / 2;
            let (mut proof, beside) = if end <= middle {
                (self.subproof(end, from, middle, is_known), self.root(middle, to))
            } else {
                (self.subproof(end, middle, to, false), self.root(from, middle))
            };
            proof.push(beside);
            proof
        }
    }

    fn naive(leaves: &[Hash]) -> Naive {
        Naive { leaves: leaves.to_vec(), known: RefCell::default() }
    }

    #[test]
    fn every_inclusion_proof_up_to_300_is_the_naive_one_and_holds_for_nothing_else() {
        let leaves = leaves();
        let (hashes, naive) = (Hashes::of_leaves(&leaves), naive(&leaves));
        for size in 1..=MOST {
            let whole = naive.root(0, at(size));
            for position in 0..size {
                let proof = inclusion_in(&hashes, position, size).unwrap();
                assert_eq!(proof, naive.path(at(position), 0, at(size)), "{position} of {size}");
                let leaf = &leaves[at(position)];
                assert!(verify_inclusion(leaf, position, size, &proof, &whole), "{position} of {size}");
                assert!(!verify_inclusion(leaf, (position + 1) % size, size, &proof, &whole) || size == 1);
                assert!(!verify_inclusion(leaf, position, size, &proof, leaf) || size == 1);
                let other = &leaves[(at(position) + 1) % leaves.len()];
                assert!(!verify_inclusion(other, position, size, &proof, &whole));
            }
        }
    }

    #[test]
    fn every_consistency_proof_up_to_300_is_the_naive_one_and_holds_for_nothing_else() {
        let leaves = leaves();
        let (hashes, naive) = (Hashes::of_leaves(&leaves), naive(&leaves));
        let roots: Vec<Hash> = (0..=MOST).map(|n| hashes.root_of(0..n).unwrap()).collect();
        for to in 1..=MOST {
            for from in 1..=to {
                let proof = consistency_in(&hashes, from, to).unwrap();
                assert_eq!(proof, naive.subproof(at(from), 0, at(to), true), "{from} to {to}");
                let (old, new) = (&roots[at(from)], &roots[at(to)]);
                assert!(verify_consistency(from, to, old, new, &proof), "{from} to {to}");
                assert!(!verify_consistency(from, to, &roots[at(from) - 1], new, &proof));
                assert!(!verify_consistency(from, to, old, &roots[at(to) - 1], &proof));
            }
            assert!(verify_consistency(0, to, &roots[0], &roots[at(to)], &[]));
            assert!(!verify_consistency(to, to - 1, &roots[at(to)], &roots[at(to) - 1], &[]));
        }
    }

    #[test]
    fn proofs_with_any_change_fail() {
        let leaves = leaves();
        let hashes = Hashes::of_leaves(&leaves);
        for (position, size) in [(0, 2), (6, 7), (7, 8), (8, 9), (100, 257), (256, 257), (299, 300)] {
            let whole = hashes.root_of(0..size).unwrap();
            let proof = inclusion_in(&hashes, position, size).unwrap();
            for changed in mutations(&proof) {
                assert!(!verify_inclusion(&leaves[at(position)], position, size, &changed, &whole));
            }
            let (old, proof) = (hashes.root_of(0..position + 1).unwrap(), consistency_in(&hashes, position + 1, size));
            let proof = proof.unwrap();
            assert!(verify_consistency(position + 1, size, &old, &whole, &proof));
            for changed in mutations(&proof) {
                assert!(!verify_consistency(position + 1, size, &old, &whole, &changed), "{position} {size}");
            }
        }
    }

    /// A bit flipped in each hash, each hash left out, doubled or swapped with the next, one more at either end.
    fn mutations(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = Vec::new();
        let mut put = |change: &dyn Fn(&mut Vec<Hash>)| {
            let mut changed = proof.to_vec();
            change(&mut changed);
            if changed != proof {
                all.push(changed);
            }
        };
        for n in 0..proof.len() {
            put(&|p| p[n].0[31] ^= 1);
            put(&|p| {
                p.remove(n);
            });
            put(&|p| p.insert(n, p[n]));
            put(&|p| p.swap(n, (n + 1) % proof.len()));
        }
        put(&|p| p.push(Hash([0; 32])));
        put(&|p| p.insert(0, Hash([0; 32])));
        all
    }

    #[test]
    fn another_implementation_of_the_rfc_makes_and_takes_the_same_proofs() {
        let mut theirs = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        let mut ours = Vec::new();
        for n in 0..130_u64 {
            theirs.push(n.to_be_bytes().to_vec());
            ours.push(leaf_hash(&n.to_be_bytes()));
        }
        let hashes = Hashes::of_leaves(&ours);
        let their_root = theirs.root();
        assert_eq!(their_root.as_bytes().as_slice(), hashes.root_of(0..130).unwrap().0);
        for position in 0..130_u64 {
            let proof = inclusion_in(&hashes, position, 130).unwrap();
            let bytes: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(theirs.prove_inclusion(at(position)).as_bytes(), bytes);
            let read = InclusionProof::<sha2::Sha256>::try_from_bytes(bytes).unwrap();
            their_root.verify_inclusion(&position.to_be_bytes().to_vec(), position, &read).unwrap();
        }
        let mut old = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        for from in 1..130_u64 {
            old.push((from - 1).to_be_bytes().to_vec());
            let bytes: Vec<u8> = consistency_in(&hashes, from, 130).unwrap().iter().flat_map(|hash| hash.0).collect();
            assert_eq!(theirs.prove_consistency(at(130 - from)).as_bytes(), bytes, "{from}");
            let read = ConsistencyProof::<sha2::Sha256>::try_from_bytes(bytes).unwrap();
            their_root.verify_consistency(&old.root(), &read).unwrap();
        }
    }
}
