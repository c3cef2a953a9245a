//! A block's changes, turned into the new state root and the trie nodes to write.

use super::update::{LeafUpdate, update};
use super::{Child, TrieChange, TrieId, TrieReader, TrieUpdates};
use crate::state::{AccountChange, StateChanges, StoreError};
use alloy_primitives::{B256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::EMPTY_ROOT_HASH;
use std::ops::Range;

/// Computes the state root after `changes` and what to write into the stored tries. `reader` shows
/// the parent's state. Every `after` gets its right `storage_root`.
///
/// An account that is deleted loses its storage with it, whether or not it says `wiped`: its trie
/// is then `wiped` in the updates, and the store drops its slots. A trie that was empty before is
/// never marked `wiped`.
///
/// # Errors
/// If the store fails, or misses a node or a leaf.
pub fn apply<R: TrieReader + ?Sized>(
    reader: &R,
    changes: &mut StateChanges,
) -> Result<(B256, TrieUpdates), StoreError> {
    let mut updates = TrieUpdates::default();
    let mut leaves = Leaves::default();
    for (address, change) in &mut changes.accounts {
        let key = keccak256(address);
        if change.wiped || change.after.is_none() || !change.slots.is_empty() {
            let trie = TrieId::Storage(key);
            let (old, new) = apply_storage(reader, trie, change)?;
            if let Some(after) = &mut change.after {
                after.storage_root = new.root.root_hash();
            }
            if new.wiped || new.root != old {
                updates.tries.insert(trie, new);
            }
        } else if let Some(after) = &mut change.after {
            after.storage_root = change.before.map_or(EMPTY_ROOT_HASH, |old| old.storage_root);
        }
        leaves.push(key, change.after.as_ref(), change.before.is_some());
    }
    let old = reader.root(TrieId::Accounts)?;
    let accounts = update(reader, TrieId::Accounts, old, &leaves.sorted())?;
    let state_root = accounts.root.root_hash();
    if accounts.root != old {
        updates.tries.insert(TrieId::Accounts, accounts);
    }
    Ok((state_root, updates))
}

/// The storage trie's root record before, and what changes.
fn apply_storage<R: TrieReader + ?Sized>(
    reader: &R,
    trie: TrieId,
    change: &AccountChange,
) -> Result<(Child, TrieChange), StoreError> {
    let old = reader.root(trie)?;
    let wiped = (change.wiped || change.after.is_none()) && old != Child::Empty;
    let start = if wiped { Child::Empty } else { old };
    let mut leaves = Leaves::default();
    if change.after.is_some() {
        for (slot, values) in &change.slots {
            let value = (!values.after.is_zero()).then_some(&values.after);
            leaves.push(
                keccak256(slot.to_be_bytes::<32>()),
                value,
                !values.before.is_zero() && !wiped,
            );
        }
    }
    let new = update(reader, trie, start, &leaves.sorted())?;
    Ok((old, TrieChange { wiped, ..new }))
}

/// Leaf values, encoded one behind the other into one buffer.
#[derive(Default)]
struct Leaves {
    values: Vec<u8>,
    entries: Vec<(B256, Option<Range<usize>>, bool)>,
}

impl Leaves {
    fn push<T: Encodable>(&mut self, key: B256, value: Option<&T>, existed: bool) {
        let start = self.values.len();
        let range = value.map(|value| {
            value.encode(&mut self.values);
            start..self.values.len()
        });
        self.entries.push((key, range, existed));
    }

    fn sorted(&mut self) -> Vec<LeafUpdate<'_>> {
        self.entries.sort_unstable_by_key(|(key, ..)| *key);
        let value = |range: &Range<usize>| self.values.get(range.clone());
        self.entries
            .iter()
            .map(|(key, range, existed)| LeafUpdate {
                key: *key,
                value: range.as_ref().and_then(value),
                existed: *existed,
            })
            .collect()
    }
}
