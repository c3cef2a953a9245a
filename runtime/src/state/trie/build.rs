//! A whole trie from sorted leaves, in one pass and little memory: genesis, `bttd verify`.

use super::branch::BranchNode;
use super::node::{Child, NodeRef, leaf_rlp};
use super::path::{key_prefix, nibble_at, shared_nibbles, suffix};
use crate::state::StoreError;
use alloy_primitives::B256;
use alloy_trie::Nibbles;

/// Builds a trie from leaves in ascending order of their keys, and hands each branch to `sink` when
/// it is finished, children before parents. Memory: the
/// branches on one path.
#[derive(Debug)]
pub struct Builder<S> {
    sink: S,
    /// Branches on the way to the last leaf, outermost first, each deeper than the one before.
    open: Vec<Open>,
    /// The last leaf, which waits for the next one to tell how deep it lies.
    key: B256,
    value: Vec<u8>,
    is_empty: bool,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Open {
    depth: usize,
    children: [Child; 16],
}

impl Open {
    fn set(&mut self, key: &B256, child: Child) {
        if let Some(slot) = self.children.get_mut(usize::from(nibble_at(key, self.depth))) {
            *slot = child;
        }
    }
}

impl<S: FnMut(Nibbles, BranchNode) -> Result<(), StoreError>> Builder<S> {
    /// An empty trie.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            open: Vec::new(),
            key: B256::ZERO,
            value: Vec::new(),
            is_empty: true,
            scratch: Vec::new(),
        }
    }

    /// Adds the next leaf. `value` is what the leaf holds: RLP for accounts and slots.
    ///
    /// # Errors
    /// If `key` is not above the last one, or if the sink fails.
    pub fn push(&mut self, key: B256, value: &[u8]) -> Result<(), StoreError> {
        if !self.is_empty {
            if key <= self.key {
                return Err(StoreError::new(format_args!("trie leaf {key} is out of order")));
            }
            let shared = shared_nibbles(&self.key, &key);
            let child = self.close_below(Some(shared))?;
            match self.open.last_mut().filter(|branch| branch.depth == shared) {
                Some(branch) => branch.set(&self.key, child),
                None => {
                    let mut branch = Open { depth: shared, children: [Child::Empty; 16] };
                    branch.set(&self.key, child);
                    self.open.push(branch);
                }
            }
        }
        self.is_empty = false;
        self.key = key;
        self.value.clear();
        self.value.extend_from_slice(value);
        Ok(())
    }

    /// The root record of the trie.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn finish(mut self) -> Result<Child, StoreError> {
        if self.is_empty { Ok(Child::Empty) } else { self.close_below(None) }
    }

    /// Finishes the open branches deeper than `keep` (all where `None`), the last leaf in them.
    /// Gives what stands in the branch at `keep`, or at the root.
    fn close_below(&mut self, keep: Option<usize>) -> Result<Child, StoreError> {
        leaf_rlp(&self.key, self.slot_depth(keep), &self.value, &mut self.scratch);
        let mut child = Child::Leaf(NodeRef::of(&self.scratch));
        while let Some(mut branch) = self.open.pop_if(|branch| Some(branch.depth) > keep) {
            branch.set(&self.key, child);
            let at = key_prefix(&self.key, branch.depth);
            let (node, packed) = BranchNode::seal(&branch.children, &mut self.scratch);
            (self.sink)(at, packed)?;
            child = Child::Branch { extension: suffix(&at, self.slot_depth(keep)), node };
        }
        Ok(child)
    }

    /// Depth of the next slot on the way to the last leaf, given that a branch will be at `keep`.
    fn slot_depth(&self, keep: Option<usize>) -> usize {
        let parent = keep.max(self.open.last().map(|branch| branch.depth));
        parent.map_or(0, |depth| depth.saturating_add(1))
    }
}

/// Builds a trie from leaves in ascending order; see [`Builder`].
///
/// # Errors
/// If a leaf is an error or out of order, or if `sink` fails.
pub fn build_sorted<V: AsRef<[u8]>>(
    leaves: impl IntoIterator<Item = Result<(B256, V), StoreError>>,
    sink: impl FnMut(Nibbles, BranchNode) -> Result<(), StoreError>,
) -> Result<Child, StoreError> {
    let mut builder = Builder::new(sink);
    for leaf in leaves {
        let (key, value) = leaf?;
        builder.push(key, value.as_ref())?;
    }
    builder.finish()
}
