//! Writing block 0: accounts are streamed in any order, then the trie is built over the sorted flat state.

use super::{
    Store,
    codec::{encode_account, encode_slot},
    open::OpenError,
    schema::{self, MetaKey, SCHEMA_VERSION, family},
    trie::leaf_value,
};
use alloy_primitives::{Address, B256, keccak256};
use alloy_rlp::Encodable as _;
use btt_genesis::{AccountSink, AllocAccount, ChainSpec, SpecError, genesis_header};
use btt_runtime::{
    block::{Block, Body, Header},
    executor::{ExecutedBlock, LaneFees},
    state::{
        Account, StateChanges, StoreError, TrieId, TrieUpdates,
        trie::{BranchNode, Builder, Child, Nibbles},
    },
};
use rocksdb::{IteratorMode, WriteBatch, WriteOptions};
use std::collections::BTreeSet;

/// Accounts written in one batch.
const BATCH_ACCOUNTS: usize = 10_000;

/// Takes the accounts of a genesis state.
pub struct GenesisWriter<'s> {
    store: &'s Store,
    batch: WriteBatch,
    in_batch: BTreeSet<B256>,
    is_large: bool,
}

impl std::fmt::Debug for GenesisWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GenesisWriter").finish_non_exhaustive()
    }
}

fn sink(error: &StoreError) -> SpecError {
    SpecError::Sink(error.to_string())
}

impl<'s> GenesisWriter<'s> {
    /// For an empty store; what an interrupted attempt left is removed.
    pub fn new(store: &'s Store) -> Result<Self, StoreError> {
        if !store.is_empty()? {
            return Err(StoreError::new("the data folder holds a chain already"));
        }
        let mut batch = WriteBatch::default();
        for name in [family::ACCOUNT, family::SLOT, family::CODE, family::TRIE] {
            batch.delete_range_cf(store.family(name)?, &[][..], &[0xff; 80][..]);
        }
        store.db.write(batch).map_err(StoreError::new)?;
        Ok(Self { store, batch: WriteBatch::default(), in_batch: BTreeSet::new(), is_large: false })
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.in_batch.clear();
        let batch = std::mem::take(&mut self.batch);
        // Not synced: the head is, and it is written last.
        self.store.db.write_opt(batch, &WriteOptions::default()).map_err(StoreError::new)
    }

    fn storage_root(&mut self, key: B256, account: &AllocAccount) -> Result<B256, StoreError> {
        let slots = self.store.family(family::SLOT)?;
        let mut leaves = std::collections::BTreeMap::new();
        for (slot, value) in account.storage.iter().filter(|(_, value)| !value.is_zero()) {
            let hash = schema::slot_hash(*slot);
            self.batch.put_cf(slots, schema::slot_key(key, hash), encode_slot(*slot, *value));
            let mut rlp = Vec::new();
            value.encode(&mut rlp);
            leaves.insert(hash, rlp);
        }
        let trie = TrieId::Storage(key);
        let family = self.store.family(family::TRIE)?;
        let batch = &mut self.batch;
        let mut builder = Builder::new(|path: Nibbles, branch: BranchNode| {
            batch.put_cf(family, schema::trie_node_key(trie, &path), branch.as_bytes());
            Ok(())
        });
        for (hash, rlp) in leaves {
            builder.push(hash, &rlp)?;
        }
        let root = builder.finish()?;
        if let Some(record) = root.encode_root() {
            self.batch.put_cf(family, schema::trie_root_key(trie), record);
        }
        Ok(root.root_hash())
    }

    fn put(&mut self, address: Address, account: &AllocAccount) -> Result<bool, StoreError> {
        let key = schema::account_key(address);
        let accounts = self.store.family(family::ACCOUNT)?;
        let exists = !self.in_batch.insert(key)
            || self.store.db.get_pinned_cf(accounts, key).map_err(StoreError::new)?.is_some();
        if exists {
            return Ok(false);
        }
        let mut stored = Account::with_balance(account.balance);
        stored.nonce = account.nonce;
        if !account.code.is_empty() {
            stored.code_hash = keccak256(&account.code);
            self.batch.put_cf(self.store.family(family::CODE)?, stored.code_hash, &account.code);
        }
        if !account.storage.is_empty() {
            stored.storage_root = self.storage_root(key, account)?;
        }
        self.batch.put_cf(accounts, key, encode_account(address, &stored));
        if self.in_batch.len() >= BATCH_ACCOUNTS {
            self.is_large = true;
            self.flush()?;
        }
        Ok(true)
    }

    /// Builds the trie, writes block 0 and makes the store a chain. Returns the genesis hash.
    pub fn finish(mut self, spec: &ChainSpec) -> Result<B256, OpenError> {
        self.flush()?;
        let root = self.store.write_account_trie()?;
        let header = genesis_header(spec, root.root_hash()).map_err(StoreError::new)?;
        let hash = header.hash_slow();
        self.store.write_genesis_block(spec, header)?;
        if self.is_large {
            self.store.settle()?;
        }
        Ok(hash)
    }
}

impl AccountSink for GenesisWriter<'_> {
    fn account(&mut self, address: Address, account: AllocAccount) -> Result<(), SpecError> {
        if self.put(address, &account).map_err(|error| sink(&error))? {
            Ok(())
        } else {
            Err(SpecError::Duplicate(address))
        }
    }
}

impl Store {
    fn write_account_trie(&self) -> Result<Child, StoreError> {
        let family = self.family(family::TRIE)?;
        let mut batch = WriteBatch::default();
        let mut builder = Builder::new(|path: Nibbles, branch: BranchNode| {
            let key = schema::trie_node_key(TrieId::Accounts, &path);
            batch.put_cf(family, key, branch.as_bytes());
            if batch.len() >= BATCH_ACCOUNTS {
                let full = std::mem::take(&mut batch);
                self.db.write_opt(full, &WriteOptions::default()).map_err(StoreError::new)?;
            }
            Ok(())
        });
        for entry in self.db.iterator_cf(self.family(family::ACCOUNT)?, IteratorMode::Start) {
            let (key, value) = entry.map_err(StoreError::new)?;
            builder.push(B256::from_slice(&key), &leaf_value(TrieId::Accounts, &value)?)?;
        }
        let root = builder.finish()?;
        if let Some(record) = root.encode_root() {
            batch.put_cf(family, schema::trie_root_key(TrieId::Accounts), record);
        }
        self.db.write_opt(batch, &WriteOptions::default()).map_err(StoreError::new)?;
        Ok(root)
    }

    fn write_genesis_block(&self, spec: &ChainSpec, header: Header) -> Result<(), StoreError> {
        let hash = header.hash_slow();
        let executed = ExecutedBlock {
            lane_fees: LaneFees::default(),
            block: Block { header, body: Body::default() },
            hash,
            transactions: Vec::new(),
            receipts: Vec::new(),
            changes: StateChanges::default(),
            trie: TrieUpdates::default(),
            hook_logs: Vec::new(),
            hook_failures: Vec::new(),
            next_validators: None,
        };
        let mut batch = WriteBatch::default();
        self.put_block(&mut batch, &executed, None)?;
        let meta = self.family(family::META)?;
        let mut put = |key: MetaKey, value: &[u8]| batch.put_cf(meta, key.bytes(), value);
        put(MetaKey::Schema, &SCHEMA_VERSION.to_be_bytes());
        put(MetaKey::Genesis, hash.as_slice());
        put(MetaKey::Spec, &serde_json::to_vec(spec).map_err(StoreError::new)?);
        put(MetaKey::TrieHead, &0u64.to_be_bytes());
        put(MetaKey::HistoryFrom, &0u64.to_be_bytes());
        self.put_head(&mut batch, 0, hash)?;
        self.write_synced(batch)
    }
}
