//! Backwards and forwards through undo records: the trie after a crash, and rollback.

use super::{
    Store,
    codec::encode_slot,
    open::OpenError,
    schema::{self, MetaKey, PARTS, family},
    trie::leaf_value,
    undo::Undo,
};
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::Encodable as _;
use btt_runtime::state::{
    Account, AccountChange, SlotChange, StateChanges, StoreError, TrieId, TrieReader,
    trie::{self, BranchNode, Child, Nibbles, key_range},
};
use rocksdb::WriteBatch;
use std::collections::BTreeMap;

impl Store {
    /// Brings the stored trie to the head: a crash loses branches that were not flushed, and the flat
    /// state with the undo records has all it takes to make them again.
    pub(super) fn catch_up_trie(&self) -> Result<(), OpenError> {
        let (head, _) = self.head()?.unwrap_or_default();
        let flushed_to = self.meta_number(MetaKey::TrieHead)?.unwrap_or(0);
        {
            let mut cache = self.trie.lock();
            cache.number = flushed_to;
            cache.flushed_to = flushed_to;
        }
        if flushed_to == head {
            return Ok(());
        }
        let undo = self.merged_undo(flushed_to, head)?;
        let mut changes = StateChanges::default();
        for (address, before) in &undo.accounts {
            let mut slots = BTreeMap::new();
            for (slot, value) in &before.slots {
                let after = self.read_slot(*address, *slot)?;
                slots.insert(*slot, SlotChange { before: *value, after });
            }
            let after = self.read_account(*address)?;
            let change =
                AccountChange { before: before.account, after, wiped: before.wiped, slots };
            changes.accounts.insert(*address, change);
        }
        let (root, updates) = trie::apply(&Before::new(self, &undo), &mut changes)?;
        let header = self.header(head)?.ok_or_else(|| StoreError::new("the head has no header"))?;
        if root != header.state_root {
            return Err(StoreError::new(format!(
                "the trie rebuilt after a crash has root {root}, block {head} says {}",
                header.state_root
            ))
            .into());
        }
        self.trie.lock().absorb(head, updates);
        self.flush_trie()?;
        Ok(())
    }

    /// What blocks `from + 1` to `to` replaced, taken together.
    pub(super) fn merged_undo(&self, from: u64, to: u64) -> Result<Undo, StoreError> {
        let mut merged = Undo::default();
        for number in (from + 1..=to).rev() {
            let undo = self.undo(number)?;
            merged.precede(undo.ok_or_else(|| {
                StoreError::new(format!("what block {number} replaced is no longer kept"))
            })?);
        }
        Ok(merged)
    }

    /// Makes block `to` the head again; every later block is forgotten.
    pub fn rollback(&self, to: u64) -> Result<(), StoreError> {
        let (head, _) = self.head()?.ok_or_else(|| StoreError::new("the store is empty"))?;
        if to > head {
            return Err(StoreError::new(format!("block {to} is above the head {head}")));
        }
        let header = self.header(to)?.ok_or_else(|| StoreError::new(format!("no block {to}")))?;
        self.flush_trie()?;
        let undo = self.merged_undo(to, head)?;
        let mut changes = self.changes_back(&undo)?;
        let (root, updates) = trie::apply(self, &mut changes)?;
        if root != header.state_root {
            return Err(StoreError::new(format!(
                "rolled back state has root {root}, block {to} says {}; nothing was changed",
                header.state_root
            )));
        }
        let mut batch = WriteBatch::default();
        self.put_state(&mut batch, &changes)?;
        self.put_trie(&mut batch, &updates)?;
        for number in to + 1..=head {
            self.delete_history(&mut batch, number)?;
            self.delete_block(&mut batch, number)?;
        }
        self.put_head(&mut batch, to, header.hash_slow())?;
        let meta = self.family(family::META)?;
        batch.put_cf(meta, MetaKey::TrieHead.bytes(), to.to_be_bytes());
        self.write_synced(batch)?;
        self.forget_cached(undo.accounts.into_keys());
        let mut cache = self.trie.lock();
        cache.absorb(to, updates);
        cache.flushed_to = to;
        Ok(())
    }

    /// The changes that lead back to where the undo records come from.
    fn changes_back(&self, undo: &Undo) -> Result<StateChanges, StoreError> {
        let mut changes = StateChanges::default();
        for (address, before) in &undo.accounts {
            let now = self.read_account(*address)?;
            let mut slots = BTreeMap::new();
            for (slot, value) in &before.slots {
                let now = self.read_slot(*address, *slot)?;
                if now != *value {
                    slots.insert(*slot, SlotChange { before: now, after: *value });
                }
            }
            let change = AccountChange { before: now, after: before.account, wiped: false, slots };
            changes.accounts.insert(*address, change);
        }
        Ok(changes)
    }

    fn delete_block(&self, batch: &mut WriteBatch, number: u64) -> Result<(), StoreError> {
        if let Some(block) = self.block(number)? {
            let index = self.family(family::INDEX)?;
            batch.delete_cf(index, schema::block_index_key(block.hash));
            for tx in &block.transactions {
                batch.delete_cf(index, schema::transaction_index_key(tx.hash()));
            }
            self.delete_channels(batch, number, &block.receipts)?;
            self.delete_market(batch, &block.market_logs())?;
        }
        let family = self.family(family::BLOCK)?;
        for part in PARTS {
            batch.delete_cf(family, schema::block_key(number, part));
        }
        Ok(())
    }
}

/// The trie as it was flushed, over the flat state of that time: the head's, with what was replaced since
/// put back. Without that, a leaf made since would be taken for one that the old trie knows.
struct Before<'s> {
    store: &'s Store,
    accounts: BTreeMap<B256, (Address, Option<Account>)>,
    slots: BTreeMap<B256, BTreeMap<B256, (U256, U256)>>,
}

impl<'s> Before<'s> {
    fn new(store: &'s Store, undo: &Undo) -> Self {
        let slots = undo
            .accounts
            .iter()
            .filter(|(_, before)| !before.slots.is_empty())
            .map(|(address, before)| {
                let slots = before.slots.iter();
                let hashed = slots.map(|(slot, value)| (schema::slot_hash(*slot), (*slot, *value)));
                (schema::account_key(*address), hashed.collect())
            })
            .collect();
        Self { store, accounts: undo.hashed(), slots }
    }

    /// Whether the flat state's entry was changed since, and so does not count.
    fn is_replaced(&self, trie: TrieId, key: &B256) -> bool {
        match trie {
            TrieId::Accounts => self.accounts.contains_key(key),
            TrieId::Storage(account) => {
                self.slots.get(&account).is_some_and(|slots| slots.contains_key(key))
            }
        }
    }

    /// The first entry between `from` and `to` that was there and has been replaced.
    fn replaced(
        &self,
        trie: TrieId,
        from: B256,
        to: B256,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        match trie {
            TrieId::Accounts => {
                let found = self
                    .accounts
                    .range(from..=to)
                    .find_map(|(key, (_, account))| Some((*key, (*account)?)));
                Ok(found.map(|(key, account)| {
                    let mut rlp = Vec::new();
                    account.encode(&mut rlp);
                    (key, rlp)
                }))
            }
            TrieId::Storage(account) => {
                let slots = self.slots.get(&account);
                let found = slots.and_then(|slots| {
                    slots.range(from..=to).find(|(_, (_, value))| !value.is_zero())
                });
                found
                    .map(|(key, (slot, value))| {
                        Ok((*key, leaf_value(trie, &encode_slot(*slot, *value))?))
                    })
                    .transpose()
            }
        }
    }
}

impl TrieReader for Before<'_> {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        self.store.flushed_root(trie)
    }

    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        self.store.flushed_branch(trie, path)
    }

    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let (from, to) = key_range(prefix);
        if let Some(replaced) = self.replaced(trie, from, to)? {
            return Ok(Some(replaced));
        }
        self.store.flat_leaf(trie, from, to, |hash| !self.is_replaced(trie, hash))
    }
}
