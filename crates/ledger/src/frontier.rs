//! The right edge of a growing tree: all that is needed to add entries and to know the root.
//!
//! Must not know: where anything is stored.

use crate::{
    Hash, LedgerError,
    hashes::{Hashes, STRIDE, WIDTH, stored_levels},
    root,
};

/// The hashes at the right edge: on each stored level those that do not make a whole one of the next yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    size: u64,
    edges: Vec<Vec<Hash>>,
}

impl Frontier {
    /// That of a tree of `size` entries; `hashes` were loaded for this point.
    pub(crate) fn of(hashes: &Hashes, size: u64) -> Result<Self, LedgerError> {
        let edge = |level: u32| {
            let end = size >> level;
            (end / WIDTH * WIDTH..end).map(|place| hashes.stored(level, place)).collect()
        };
        Ok(Self { size, edges: stored_levels(size).map(edge).collect::<Result<_, _>>()? })
    }

    /// How many entries the tree has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry; answers the subtrees that it completes and that are stored, with level and place.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<(u32, u64, Hash)> {
        self.size += 1;
        let (mut done, mut hash) = (Vec::new(), leaf);
        for index in 0.. {
            if self.edges.len() == index {
                self.edges.push(Vec::with_capacity(16));
            }
            let edge = &mut self.edges[index];
            edge.push(hash);
            if (edge.len() as u64) < WIDTH {
                break;
            }
            hash = root(edge);
            edge.clear();
            let level = STRIDE * (u32::try_from(index).unwrap_or(u32::MAX) + 1);
            done.push((level, (self.size >> level) - 1, hash));
        }
        done
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> Hash {
        let mut tail: Option<Hash> = None;
        for edge in &self.edges {
            // Seen from its level, what is below is one ragged subtree at the end.
            let parts: Vec<Hash> = edge.iter().copied().chain(tail).collect();
            tail = if parts.is_empty() { None } else { Some(root(&parts)) };
        }
        tail.unwrap_or_else(|| root(&[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf_hash;

    #[test]
    fn the_edge_of_a_growing_tree_has_the_root_of_all_its_leaves() {
        let leaves: Vec<Hash> = (0..600_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let hashes = Hashes::of_leaves(&leaves);
        let mut frontier = Frontier::default();
        for n in 0..=leaves.len() {
            let naive = root(&leaves[..n]);
            assert_eq!(frontier.root(), naive, "{n} leaves");
            assert_eq!(Frontier::of(&hashes, n as u64).unwrap().root(), naive, "{n} leaves, from what is stored");
            assert_eq!(hashes.root_of(0..n as u64).unwrap(), naive, "{n} leaves, in parts");
            if let Some(leaf) = leaves.get(n) {
                frontier.push(*leaf);
            }
        }
    }
}
