//! Ethereum's Merkle Patricia trie over hashed keys, stored by path.
//!
//! ```text
//! path ◄ node (RLP, hashes) ◄ branch (stored form) ◄ {update, build, proof} ◄ apply
//! ```
//! All keys are 32-byte hashes: keccak(address) in the account trie, keccak(slot) in an account's
//! storage trie. Only branches are stored, each at its full path (0 to 63 nibbles), so that a block
//! overwrites them in place and nothing has to be collected later. Leaves are not stored: their
//! values are the flat state. Extension nodes are not stored: a branch's parent knows the nibbles
//! between them. The root of each trie is one [`Child`] record, and an empty trie has none.
//!
//! Invariants, held by the tests: a stored branch has two children or more; the stored nodes of a
//! trie depend on its content alone, not on the way there; equal [`Child`] values mean equal
//! subtries.
//!
//! Source: yellow paper, appendix D; proofs as in EIP-1186.

mod apply;
mod branch;
mod build;
mod node;
mod path;
mod proof;
#[cfg(test)]
mod tests;
mod update;

pub use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};
pub use apply::apply;
pub use branch::BranchNode;
pub use build::{Builder, build_sorted};
pub use node::{Child, NodeRef};
pub use path::key_range;
pub use proof::{ProofError, proof, verify_proof};
pub use update::{LeafUpdate, update};

use super::StoreError;
use alloy_primitives::{Address, B256, keccak256};
use std::collections::BTreeMap;

/// Which trie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrieId {
    /// The trie of all accounts; its root is a block's state root.
    Accounts,
    /// The storage trie of the account with this keccak(address).
    Storage(B256),
}

impl TrieId {
    /// The storage trie of the account at `address`.
    pub fn storage_of(address: Address) -> Self {
        Self::Storage(keccak256(address))
    }
}

/// Read access to the stored tries, and to the flat state by hashed key, after one block.
pub trait TrieReader {
    /// The root record of a trie; [`Child::Empty`] where there is none.
    fn root(&self, trie: TrieId) -> Result<Child, StoreError>;

    /// The branch at exactly `path`.
    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError>;

    /// Key and RLP value of the leaf under `prefix`, where the trie has exactly one. Accounts are
    /// the RLP of [`super::Account`], slots the RLP of the number. [`key_range`] gives the bounds to
    /// seek between.
    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError>;
}

impl<T: TrieReader + ?Sized> TrieReader for &T {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        (**self).root(trie)
    }
    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        (**self).branch(trie, path)
    }
    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        (**self).leaf_under(trie, prefix)
    }
}

/// What changes in one stored trie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrieChange {
    /// Whether all branches that were stored before go away first.
    pub wiped: bool,
    /// The new root record; [`Child::Empty`] deletes it.
    pub root: Child,
    /// Branches to write, or to delete where `None`, by path.
    pub nodes: BTreeMap<Nibbles, Option<BranchNode>>,
}

/// What changes in the stored tries. A trie that stays as it is has no entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrieUpdates {
    /// By trie, accounts first.
    pub tries: BTreeMap<TrieId, TrieChange>,
}

impl TrieUpdates {
    /// Adds the updates of a later block, so that both can be written at once.
    pub fn absorb(&mut self, later: Self) {
        for (trie, change) in later.tries {
            let mine = self.tries.entry(trie).or_default();
            if change.wiped {
                *mine = change;
            } else {
                mine.root = change.root;
                mine.nodes.extend(change.nodes);
            }
        }
    }
}

/// The branch that a child record says is at `path`.
fn stored_branch<R: TrieReader + ?Sized>(
    reader: &R,
    trie: TrieId,
    path: &Nibbles,
) -> Result<[Child; 16], StoreError> {
    reader
        .branch(trie, path)?
        .ok_or_else(|| StoreError::new(format_args!("{trie:?}: no branch at {path:?}")))?
        .children()
}

/// The leaf that a child record says is under `prefix`.
fn stored_leaf<R: TrieReader + ?Sized>(
    reader: &R,
    trie: TrieId,
    prefix: &Nibbles,
) -> Result<(B256, Vec<u8>), StoreError> {
    reader
        .leaf_under(trie, prefix)?
        .filter(|(key, _)| path::is_under(key, prefix))
        .ok_or_else(|| StoreError::new(format_args!("{trie:?}: no leaf under {prefix:?}")))
}
