//! The head as one execution sees it. Inserting a leaf asks the flat state for the leaf next to it; a
//! session seeks with one cursor for all of them, since making a cursor costs more than the seek.

use super::{Store, schema::family, trie::leaf_value};
use alloy_primitives::{Address, B256, U256};
use btt_runtime::state::{
    Account, StateReader, StoreError, TrieId, TrieReader,
    trie::{BranchNode, Child, Nibbles, key_range},
};
use revm::state::Bytecode;
use rocksdb::{DBRawIterator, ReadOptions};
use std::cell::RefCell;

/// Reads of one execution. Nothing may be committed while it lives: its cursor would not see it.
pub struct Session<'s> {
    store: &'s Store,
    cursor: RefCell<Option<DBRawIterator<'s>>>,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Store {
    /// A session on the head.
    pub fn session(&self) -> Session<'_> {
        Session { store: self, cursor: RefCell::new(None) }
    }
}

impl Session<'_> {
    /// The first account between two hashed addresses.
    fn account_leaf(&self, from: B256, to: B256) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        let mut cursor = self.cursor.borrow_mut();
        let cursor = match &mut *cursor {
            Some(cursor) => cursor,
            none => {
                let mut options = ReadOptions::default();
                options.set_total_order_seek(true);
                let family = self.store.family(family::ACCOUNT)?;
                none.insert(self.store.db.raw_iterator_cf_opt(family, options))
            }
        };
        cursor.seek(from);
        match cursor.item() {
            Some((key, value)) if key <= to.as_slice() => {
                Ok(Some((B256::from_slice(key), leaf_value(TrieId::Accounts, value)?)))
            }
            Some(_) => Ok(None),
            None => cursor.status().map(|()| None).map_err(StoreError::new),
        }
    }
}

impl TrieReader for Session<'_> {
    fn root(&self, trie: TrieId) -> Result<Child, StoreError> {
        self.store.root(trie)
    }

    fn branch(&self, trie: TrieId, path: &Nibbles) -> Result<Option<BranchNode>, StoreError> {
        self.store.branch(trie, path)
    }

    fn leaf_under(
        &self,
        trie: TrieId,
        prefix: &Nibbles,
    ) -> Result<Option<(B256, Vec<u8>)>, StoreError> {
        match trie {
            TrieId::Accounts => {
                let (from, to) = key_range(prefix);
                self.account_leaf(from, to)
            }
            TrieId::Storage(_) => self.store.leaf_under(trie, prefix),
        }
    }
}

impl StateReader for Session<'_> {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        self.store.account(address)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.store.storage(address, slot)
    }

    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        self.store.code(code_hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        self.store.block_hash(number)
    }
}
