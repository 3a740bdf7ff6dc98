//! The hashes of the Merkle tree, as in RFC 6962, section 2.1.
//!
//! Must not know: what a leaf says, where nodes are stored.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash: of a leaf, of a node, or of a whole tree. As text, 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of a leaf: SHA-256 of `0x00` and its stored bytes.
#[must_use]
pub fn leaf_hash(body: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0x00]).chain_update(body).finalize().into())
}

/// The hash of a node: SHA-256 of `0x01` and the hashes of its two children. The other prefix keeps a leaf from passing as a
/// node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([0x01]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of the tree over these leaf hashes, in their order. That of no leaves is the SHA-256 of nothing.
///
/// Computes all nodes anew: n - 1 hashes for n leaves.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            // The left side is the largest full tree that leaves something for the right one.
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// Prints bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of the test vectors that Certificate Transparency implementations share.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    #[test]
    fn roots_are_the_known_answers_of_certificate_transparency() {
        let leaves = LEAVES.map(leaf_hash);
        for (n, expected) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
            (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(root(&leaves[..n]).to_string(), expected, "{n} leaves");
        }
    }

    #[test]
    fn two_children_passed_off_as_a_leaf_have_another_hash() {
        let [left, right] = [leaf_hash(b"a"), leaf_hash(b"b")];
        let forged = [left.0, right.0].concat();
        assert_ne!(leaf_hash(&forged), node_hash(&left, &right));
    }

    #[test]
    fn a_changed_moved_missing_or_added_leaf_changes_the_root() {
        let leaves: Vec<Hash> = LEAVES.map(leaf_hash).to_vec();
        let honest = root(&leaves);
        for i in 0..leaves.len() {
            let mut changed = leaves.clone();
            changed[i] = leaf_hash(b"other");
            assert_ne!(root(&changed), honest, "changed {i}");
            let mut moved = leaves.clone();
            moved.swap(i, (i + 1) % leaves.len());
            assert_ne!(root(&moved), honest, "moved {i}");
            let mut missing = leaves.clone();
            missing.remove(i);
            assert_ne!(root(&missing), honest, "missing {i}");
            let mut added = leaves.clone();
            added.insert(i, leaves[i]);
            assert_ne!(root(&added), honest, "added {i}");
        }
    }
}
