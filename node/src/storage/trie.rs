//! Trie branches: the newest in memory until they are flushed, the rest cached.

use super::{
    Store, codec,
    schema::{self, MetaKey, family},
};
use alloy_primitives::B256;
use alloy_rlp::Encodable as _;
use btt_runtime::state::{
    StoreError, TrieId, TrieReader, TrieUpdates,
    trie::{BranchNode, Child, Nibbles, key_range},
};
use rocksdb::{IteratorMode, ReadOptions, WriteBatch, WriteOptions};

/// Blocks after which unflushed branches are written.
const FLUSH_BLOCKS: u64 = 64;
/// Unflushed branches after which they are written: about 64 MB.
const FLUSH_BRANCHES: usize = 120_000;

/// What of the tries is in memory.
pub(super) struct TrieCache {
    unflushed: TrieUpdates,
    unflushed_branches: usize,
    /// Block whose tries these are.
    pub(super) number: u64,
    /// Block up to which the database holds them.
    pub(super) flushed_to: u64,
    clean: quick_cache::unsync::Cache<(TrieId, Nibbles), Option<BranchNode>>,
}

impl TrieCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            unflushed: TrieUpdates::default(),
            unflushed_branches: 0,
            number: 0,
            flushed_to: 0,
            clean: quick_cache::unsync::Cache::new(capacity),
        }
    }

    /// Takes in the updates of block `number`.
    pub(super) fn absorb(&mut self, number: u64, updates: TrieUpdates) {
        self.unflushed_branches += updates.tries.values().map(|t| t.nodes.len()).sum::<usize>();
        for (trie, change) in &updates.tries {
            if change.wiped {
                self.clean.retain(|(id, _), _| id != trie);
            }
            for (path, node) in &change.nodes {
                // Only what is cached already is replaced: the rest is found among the unflushed.
                if self.clean.peek(&(*trie, *path)).is_some() {
                    self.clean.insert((*trie, *path), node.clone());
                }
            }
        }
        self.unflushed.absorb(updates);
        self.number = number;
    }

    fn is_due(&self) -> bool {
        self.number.saturating_sub(self.flushed_to) >= FLUSH_BLOCKS
            || self.unflushed_branches >= FLUSH_BRANCHES
    }
}

impl Store {
    /// Writes unflushed branches if there are many.
    pub(super) fn flush_trie_if_due(&self) -> Result<(), StoreError> {
        let due = self.trie.lock().is_due();
        if due { self.flush_trie() } else { Ok(()) }
    }

    /// Writes unflushed branches.
    pub fn flush_trie(&self) -> Result<(), StoreError> {
        let mut cache = self.trie.lock();
        if cache.flushed_to == cache.number {
            return Ok(());
        }
        let mut batch = WriteBatch::default();
        self.put_trie(&mut batch, &cache.unflushed)?;
        let number = cache.number;
        batch.put_cf(self.family(family::META)?, MetaKey::TrieHead.bytes(), number.to_be_bytes());
        self.db.write_opt(batch, &WriteOptions::default()).map_err(StoreError::new)?;
        let written = std::mem::take(&mut cache.unflushed);
        for (trie, change) in written.tries {
            for (path, node) in change.nodes {
                cache.clean.insert((trie, path), node);
            }
        }
        cache.unflushed_branches = 0;
        cache.flushed_to = number;
        Ok(())
    }

    pub(super) fn put_trie(
        &self,
        batch: &mut WriteBatch,
        updates: &TrieUpdates,
    ) -> Result<(), StoreError> {
        let family = self.family(family::TRIE)?;
        for (trie, change) in &updates.tries {
            if change.wiped {
                let from = schema::trie_prefix(*trie);
                let mut to = schema::trie_root_key(*trie);
                to.push(0);
                batch.delete_range_cf(family, from, to);
            }
            let root_key = schema::trie_root_key(*trie);
            match change.root.encode_root() {
                Some(root) => batch.put_cf(family, root_key, root),
                None => batch.delete_cf(family, root_key),
            }
            for (path, node) in &change.nodes {
                let key = schema::trie_node_key(*trie, path);
                match node {
                    Some(node) => batch.put_cf(family, key, node.as_bytes()),
                    None => batch.delete_cf(family, key),
                }
            }
        }
        Ok(())
    }

    /// The branch as the database holds it.
    pub(super) fn flushed_branch(
        &self,
        trie: TrieId,
        path: &Nibbles,
    ) -> Result<Option<BranchNode>, StoreError> {
        let bytes = self.get(family::TRIE, &schema::trie_node_key(trie, path))?;
        bytes.map(|bytes| BranchNode::decode(&bytes)).transpose()
    }

    pub(super) fn flushed_root(&self, trie: TrieId) -> Result<Child, StoreError> {
        match self.get(family::TRIE, &schema::trie_root_key(trie))? {
            Some(bytes) => Child::decode_root(&bytes),
            None => Ok(Child::Empty),
        }
    }

    /// First entry of the flat state between two hashed keys of one trie, of those that count.
    pub(super) fn flat_leaf(
        &self,
        trie: TrieId,
        from: B256,
        to: B256,
        counts: impl Fn(&B256) -> bool,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let (family, prefix) = match trie {
            TrieId::Accounts => (family::ACCOUNT, None),
            TrieId::Storage(account) => (family::SLOT, Some(account)),
        };
        let key = |hash: B256| match prefix {
            Some(account) => schema::slot_key(account, hash).to_vec(),
            None => hash.to_vec(),
        };
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        let (start, end) = (key(from), key(to));
        let mode = IteratorMode::From(&start, rocksdb::Direction::Forward);
        for entry in self.db.iterator_cf_opt(self.family(family)?, options, mode) {
            let (found, value) = entry.map_err(StoreError::new)?;
            if *found > *end {
                break;
            }
            let hash = B256::from_slice(&found[found.len() - 32..]);
            if counts(&hash) {
                return Ok(Some((hash, leaf_value(trie, &value)?)));
            }
        }
        Ok(None)
    }
}

/// What the trie's leaf holds for a value of the flat state.
pub(super) fn leaf_value(trie: TrieId, value: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut rlp = Vec::with_capacity(112);
    match trie {
        TrieId::Accounts => codec::decode_account(value)?.1.encode(&mut rlp),
        TrieId::Storage(_) => codec::decode_slot(value)?.1.encode(&mut rlp),
    }
    Ok(rlp)
}

impl TrieReader for Store {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        if let Some(change) = self.trie.lock().unflushed.tries.get(&trie) {
            return Ok(change.root);
        }
        self.flushed_root(trie)
    }

    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        let mut cache = self.trie.lock();
        if let Some(change) = cache.unflushed.tries.get(&trie) {
            if let Some(node) = change.nodes.get(path) {
                return Ok(node.clone());
            }
            if change.wiped {
                return Ok(None);
            }
        }
        if let Some(node) = cache.clean.get(&(trie, *path)) {
            return Ok(node.clone());
        }
        let node = self.flushed_branch(trie, path)?;
        cache.clean.insert((trie, *path), node.clone());
        Ok(node)
    }

    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let (from, to) = key_range(prefix);
        self.flat_leaf(trie, from, to, |_| true)
    }
}
