//! Tests of the trie as a whole, against alloy's hash builder, a fresh build and outside vectors.

mod blocks;
mod proofs;
mod random;
mod vectors;

use super::{BranchNode, Child, LeafUpdate, TrieId, TrieReader, build_sorted, key_range, update};
use crate::state::StoreError;
use alloy_primitives::B256;
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Keys with the values they are to get; `None` deletes.
type Batch = BTreeMap<B256, Option<Vec<u8>>>;

/// One trie with values of any length.
#[derive(Debug, Clone, Default, PartialEq)]
struct TestTrie {
    leaves: BTreeMap<B256, Vec<u8>>,
    root: Child,
    nodes: BTreeMap<Nibbles, BranchNode>,
}

impl TestTrie {
    /// The trie as a fresh build makes it from the leaves.
    fn built(leaves: &BTreeMap<B256, Vec<u8>>) -> Self {
        let mut nodes = BTreeMap::new();
        let sorted = leaves.iter().map(|(key, value)| Ok((*key, value)));
        let root = build_sorted(sorted, |path, node| {
            assert!(nodes.insert(path, node).is_none(), "{path:?} is built twice");
            Ok(())
        });
        Self { leaves: leaves.clone(), root: root.unwrap(), nodes }
    }

    /// Updates the trie; `hint` says whether the updates tell which keys existed.
    fn update(&mut self, batch: &Batch, hint: bool) {
        let updates: Vec<_> = batch
            .iter()
            .map(|(key, value)| LeafUpdate {
                key: *key,
                value: value.as_deref(),
                existed: hint && self.leaves.contains_key(key),
            })
            .collect();
        let change = update(&*self, TrieId::Accounts, self.root, &updates).unwrap();
        assert!(!change.wiped);
        for (path, node) in change.nodes {
            assert_ne!(self.nodes.get(&path), node.as_ref(), "{path:?} is written unchanged");
            match node {
                Some(node) => self.nodes.insert(path, node),
                None => self.nodes.remove(&path),
            };
        }
        self.root = change.root;
        for (key, value) in batch {
            match value {
                Some(value) => self.leaves.insert(*key, value.clone()),
                None => self.leaves.remove(key),
            };
        }
    }

    /// The root by alloy's hash builder.
    fn alloy_root(&self) -> B256 {
        let mut builder = HashBuilder::default();
        for (key, value) in &self.leaves {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        builder.root()
    }
}

impl TrieReader for TestTrie {
    fn root(&self, _: TrieId) -> Result<Child, StoreError> {
        Ok(self.root)
    }
    fn branch(&self, _: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        Ok(self.nodes.get(path).cloned())
    }
    fn leaf_under(
        &self,
        _: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let (first, last) = key_range(prefix);
        let mut under = self.leaves.range(first..=last);
        let leaf = under.next().map(|(key, value)| (*key, value.clone()));
        assert!(under.next().is_none(), "more than one leaf under {prefix:?}");
        Ok(leaf)
    }
}

/// Nibbles at which clustered keys may differ: near the root, in the middle, at the very end.
const FORKS: [usize; 7] = [0, 1, 7, 8, 61, 62, 63];

/// A key out of 3^7, whose prefixes are shared at all lengths; nodes at its end are held inline.
fn clustered_key() -> impl Strategy<Value = B256> {
    prop::array::uniform7(0u8..3).prop_map(|choices| {
        let mut nibbles = [5u8; 64];
        for (at, choice) in FORKS.into_iter().zip(choices) {
            nibbles[at] = choice;
        }
        B256::from_slice(&Nibbles::from_nibbles(nibbles).pack())
    })
}

/// A key of one long family: only its last three nibbles differ.
fn sibling_key() -> impl Strategy<Value = B256> {
    (0u16..64).prop_map(|tail| {
        let mut key = B256::repeat_byte(0xab);
        key[30..].copy_from_slice(&tail.to_be_bytes());
        key
    })
}

fn any_key() -> impl Strategy<Value = B256> {
    prop_oneof![
        6 => clustered_key(),
        3 => sibling_key(),
        2 => any::<[u8; 32]>().prop_map(B256::from),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any::<u8>().prop_map(|byte| vec![byte]),
        2 => prop::collection::vec(any::<u8>(), 2..40),
        1 => prop::collection::vec(any::<u8>(), 40..300),
    ]
}

fn batch(keys: usize) -> impl Strategy<Value = Batch> {
    prop::collection::btree_map(any_key(), prop::option::weighted(0.65, value()), 0..keys)
}
