//! A batch of sorted updates to one trie: insert, change, delete; branches split and collapse.
//!
//! Each slot of a branch gets the updates under it and gives back what stands there afterwards. A
//! branch whose children are as before is not written; one with a single child left disappears into
//! it.

use super::branch::BranchNode;
use super::node::{Child, NodeRef, leaf_rlp};
use super::path::{
    branch_path, is_under, key_path, key_prefix, nibble_at, prefix, shared_nibbles, slot_path,
    suffix,
};
use super::{TrieChange, TrieId, TrieReader, stored_branch, stored_leaf};
use crate::state::StoreError;
use alloy_primitives::B256;
use alloy_trie::Nibbles;
use std::borrow::Cow;

/// One key to write or delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafUpdate<'a> {
    /// The hashed key.
    pub key: B256,
    /// The new value as the leaf holds it (RLP for accounts and slots); `None` deletes. Deleting a
    /// key that is not there changes nothing.
    pub value: Option<&'a [u8]>,
    /// Whether the trie is known to hold this key already, which saves a look into the flat state.
    /// `false` is always right, `true` must be.
    pub existed: bool,
}

/// Computes what `updates` change in a trie with the root record `root`. `reader` shows the trie
/// and its leaves as they were before.
///
/// # Errors
/// If the keys do not ascend strictly, if the store fails, or if it misses a node or a leaf.
pub fn update<R: TrieReader + ?Sized>(
    reader: &R,
    trie: TrieId,
    root: Child,
    updates: &[LeafUpdate<'_>],
) -> Result<TrieChange, StoreError> {
    if !updates.is_sorted_by(|a, b| a.key < b.key) {
        return Err(StoreError::new(format_args!("{trie:?}: updates out of order")));
    }
    let mut updater = Updater { reader, trie, nodes: Vec::new(), scratch: Vec::new() };
    let root = match updater.slot(Nibbles::new(), root, updates)? {
        Slot::Child(child) => child,
        Slot::Leaf(leaf) => Child::Leaf(updater.leaf_ref(&leaf, 0)),
    };
    Ok(TrieChange { wiped: false, root, nodes: updater.nodes.into_iter().collect() })
}

/// What an update leaves in a slot. A leaf stays open until it is known how deep it ends up.
enum Slot<'u> {
    Child(Child),
    Leaf(Leaf<'u>),
}

struct Leaf<'u> {
    key: B256,
    value: Cow<'u, [u8]>,
}

struct Updater<'r, R: ?Sized> {
    reader: &'r R,
    trie: TrieId,
    /// Each path once, children before parents.
    nodes: Vec<(Nibbles, Option<BranchNode>)>,
    scratch: Vec<u8>,
}

impl<R: TrieReader + ?Sized> Updater<'_, R> {
    /// Applies `updates`, all of which lie under `path`, to the slot there.
    fn slot<'u>(
        &mut self,
        path: Nibbles,
        old: Child,
        updates: &[LeafUpdate<'u>],
    ) -> Result<Slot<'u>, StoreError> {
        match old {
            _ if updates.is_empty() => Ok(Slot::Child(old)),
            Child::Empty => self.empty_slot(path, updates),
            Child::Leaf(_) => self.leaf_slot(path, updates),
            Child::Branch { extension, node } => self.branch_slot(path, extension, node, updates),
        }
    }

    fn empty_slot<'u>(
        &mut self,
        path: Nibbles,
        updates: &[LeafUpdate<'u>],
    ) -> Result<Slot<'u>, StoreError> {
        let mut inserts = updates.iter().filter_map(|update| Some((update.key, update.value?)));
        let Some((first, value)) = inserts.next() else { return Ok(Slot::Child(Child::Empty)) };
        let Some((last, _)) = inserts.next_back() else {
            return Ok(Slot::Leaf(Leaf { key: first, value: Cow::Borrowed(value) }));
        };
        let at = key_prefix(&first, shared_nibbles(&first, &last));
        self.branch(path, at, &mut [Child::Empty; 16], None, under(updates, &at))
    }

    /// A slot with one leaf. Where an update is known to be about that leaf it need not be read.
    fn leaf_slot<'u>(
        &mut self,
        path: Nibbles,
        updates: &[LeafUpdate<'u>],
    ) -> Result<Slot<'u>, StoreError> {
        if updates.iter().any(|update| update.existed) {
            return self.empty_slot(path, updates);
        }
        let (key, value) = stored_leaf(self.reader, self.trie, &path)?;
        let Err(position) = updates.binary_search_by_key(&key, |update| update.key) else {
            return self.empty_slot(path, updates);
        };
        let mut merged: Vec<LeafUpdate<'_>> = updates.to_vec();
        merged.insert(position, LeafUpdate { key, value: Some(&value), existed: true });
        Ok(match self.empty_slot(path, &merged)? {
            Slot::Child(child) => Slot::Child(child),
            Slot::Leaf(Leaf { key, value }) => {
                Slot::Leaf(Leaf { key, value: Cow::Owned(value.into_owned()) })
            }
        })
    }

    fn branch_slot<'u>(
        &mut self,
        path: Nibbles,
        extension: Nibbles,
        node: NodeRef,
        updates: &[LeafUpdate<'u>],
    ) -> Result<Slot<'u>, StoreError> {
        let old_at = branch_path(&path, &extension)?;
        let shared = |update: &LeafUpdate<'_>| key_path(&update.key).common_prefix_length(&old_at);
        let mut inserts = updates.iter().filter(|update| update.value.is_some());
        let first = inserts.next().map_or(old_at.len(), shared);
        let last = inserts.next_back().map_or(old_at.len(), shared);
        let at = prefix(&old_at, first.min(last));
        let updates = under(updates, &at);
        if updates.is_empty() {
            return Ok(Slot::Child(Child::Branch { extension, node }));
        }
        let Some(nibble) = old_at.get(at.len()) else {
            let mut children = stored_branch(self.reader, self.trie, &at)?;
            return self.branch(
                path,
                at,
                &mut children,
                Some(Child::Branch { extension, node }),
                updates,
            );
        };
        // An insert leaves the extension half way: a new branch there holds the old one.
        let mut children = [Child::Empty; 16];
        let below = suffix(&old_at, slot_path(&at, nibble)?.len());
        if let Some(child) = children.get_mut(usize::from(nibble)) {
            *child = Child::Branch { extension: below, node };
        }
        self.branch(path, at, &mut children, None, updates)
    }

    /// Applies `updates` to the branch at `at`, reached from the slot at `path`. `stored` is the
    /// record of the branch if it was there before.
    fn branch<'u>(
        &mut self,
        path: Nibbles,
        at: Nibbles,
        children: &mut [Child; 16],
        stored: Option<Child>,
        updates: &[LeafUpdate<'u>],
    ) -> Result<Slot<'u>, StoreError> {
        let mut changed = false;
        let mut last_leaf = None;
        let mut rest = updates;
        for (nibble, child) in (0u8..).zip(children.iter_mut()) {
            let count = rest.iter().take_while(|u| nibble_at(&u.key, at.len()) == nibble).count();
            let Some((mine, others)) = rest.split_at_checked(count) else { break };
            rest = others;
            if mine.is_empty() {
                continue;
            }
            let path = slot_path(&at, nibble)?;
            let new = match self.slot(path, *child, mine)? {
                Slot::Child(new) => new,
                Slot::Leaf(leaf) => {
                    let new = Child::Leaf(self.leaf_ref(&leaf, path.len()));
                    last_leaf = Some((nibble, leaf));
                    new
                }
            };
            changed |= new != *child;
            *child = new;
        }
        if let Some(unchanged) = stored.filter(|_| !changed) {
            return Ok(Slot::Child(unchanged));
        }
        let mut left = (0u8..).zip(children.iter()).filter(|(_, child)| **child != Child::Empty);
        let (one, another) = (left.next(), left.next());
        if let (Some(_), Some(_)) = (one, another) {
            let (node, packed) = BranchNode::seal(children, &mut self.scratch);
            self.nodes.push((at, Some(packed)));
            return Ok(Slot::Child(Child::Branch { extension: suffix(&at, path.len()), node }));
        }
        if stored.is_some() {
            self.nodes.push((at, None));
        }
        let Some((nibble, child)) = one else { return Ok(Slot::Child(Child::Empty)) };
        let slot = slot_path(&at, nibble)?;
        match *child {
            Child::Empty => Ok(Slot::Child(Child::Empty)),
            Child::Branch { extension, node } => {
                let extension = suffix(&branch_path(&slot, &extension)?, path.len());
                Ok(Slot::Child(Child::Branch { extension, node }))
            }
            Child::Leaf(_) => match last_leaf.filter(|(at, _)| *at == nibble) {
                Some((_, leaf)) => Ok(Slot::Leaf(leaf)),
                None => {
                    let (key, value) = stored_leaf(self.reader, self.trie, &slot)?;
                    Ok(Slot::Leaf(Leaf { key, value: Cow::Owned(value) }))
                }
            },
        }
    }

    fn leaf_ref(&mut self, leaf: &Leaf<'_>, depth: usize) -> NodeRef {
        leaf_rlp(&leaf.key, depth, &leaf.value, &mut self.scratch);
        NodeRef::of(&self.scratch)
    }
}

/// Those of the sorted `updates` that lie under `path`: mostly all.
fn under<'s, 'u>(updates: &'s [LeafUpdate<'u>], path: &Nibbles) -> &'s [LeafUpdate<'u>] {
    let is_inside = |update: &LeafUpdate<'_>| is_under(&update.key, path);
    if updates.first().is_some_and(is_inside) && updates.last().is_some_and(is_inside) {
        return updates;
    }
    let start = updates.iter().take_while(|update| !is_inside(update)).count();
    let rest = updates.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|update| is_inside(update)).count();
    rest.get(..count).unwrap_or_default()
}
