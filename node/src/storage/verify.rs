//! `bttd verify`: recomputes everything that can be recomputed from the flat state, and compares.

use super::{Store, codec, schema::family, trie::leaf_value};
use alloy_primitives::{B256, U256};
use btt_runtime::{
    primitives::SUPPLY_WEI,
    state::{
        StoreError, TrieId,
        trie::{BranchNode, Builder, Child, Nibbles},
    },
};
use rocksdb::{Direction, IteratorMode};
use std::cell::{Cell, RefCell};

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The head.
    pub number: u64,
    /// Its state root, recomputed.
    pub state_root: B256,
    /// Accounts in the state.
    pub accounts: u64,
    /// Storage slots in the state.
    pub slots: u64,
    /// Trie branches compared.
    pub branches: u64,
}

/// What does not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No chain.
    #[error("the data folder holds no chain")]
    Empty,
    /// The state is not what the head's header says.
    #[error("state root of block {number} is {have} by its header, {want} by the state")]
    Root {
        /// The head.
        number: u64,
        /// In the header.
        have: B256,
        /// Recomputed.
        want: B256,
    },
    /// An account's storage is not what the account says.
    #[error("storage root of account {account} is {have}, {want} by its slots")]
    StorageRoot {
        /// keccak(address).
        account: B256,
        /// In the account.
        have: B256,
        /// Recomputed.
        want: B256,
    },
    /// A stored branch differs from the one that follows from the state.
    #[error("trie branch {path} of {trie:?} is missing or wrong")]
    Branch {
        /// Which trie.
        trie: TrieId,
        /// Where.
        path: String,
    },
    /// Coins appeared or vanished.
    #[error("all balances sum to {have} wei, the supply is {SUPPLY_WEI} wei")]
    Supply {
        /// The sum.
        have: U256,
    },
}

impl Store {
    /// Recomputes the state root from the flat state, compares every trie branch, and sums all balances.
    pub fn verify(&self) -> Result<VerifyReport, VerifyError> {
        let (number, _) = self.head()?.ok_or(VerifyError::Empty)?;
        let header = self
            .header(number)?
            .ok_or_else(|| StoreError::new(format!("header of block {number} is missing")))?;
        self.flush_trie()?;
        let mut report = VerifyReport {
            number,
            state_root: header.state_root,
            accounts: 0,
            slots: 0,
            branches: 0,
        };
        let mut supply = U256::ZERO;
        let check = BranchCheck::new(self, TrieId::Accounts);
        let mut builder = Builder::new(|path, branch| check.branch(&path, &branch));
        for entry in self.db.iterator_cf(self.family(family::ACCOUNT)?, IteratorMode::Start) {
            let (key, value) = entry.map_err(StoreError::new)?;
            let key = B256::from_slice(&key);
            let (_, account) = codec::decode_account(&value)?;
            supply = supply.saturating_add(account.balance);
            report.accounts += 1;
            self.verify_storage(key, account.storage_root, &mut report)?;
            builder.push(key, &leaf_value(TrieId::Accounts, &value)?)?;
        }
        let root = builder.finish()?;
        report.branches += check.finish(&root)?;
        if root.root_hash() != header.state_root {
            let (have, want) = (header.state_root, root.root_hash());
            return Err(VerifyError::Root { number, have, want });
        }
        if supply != U256::from(SUPPLY_WEI) {
            return Err(VerifyError::Supply { have: supply });
        }
        Ok(report)
    }

    fn verify_storage(
        &self,
        account: B256,
        have: B256,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let trie = TrieId::Storage(account);
        let check = BranchCheck::new(self, trie);
        let mut builder = Builder::new(|path, branch| check.branch(&path, &branch));
        let mode = IteratorMode::From(account.as_slice(), Direction::Forward);
        for entry in self.db.iterator_cf(self.family(family::SLOT)?, mode) {
            let (key, value) = entry.map_err(StoreError::new)?;
            if !key.starts_with(account.as_slice()) {
                break;
            }
            report.slots += 1;
            builder.push(B256::from_slice(&key[32..]), &leaf_value(trie, &value)?)?;
        }
        let root = builder.finish()?;
        report.branches += check.finish(&root)?;
        let want = root.root_hash();
        if have == want { Ok(()) } else { Err(VerifyError::StorageRoot { account, have, want }) }
    }
}

/// Compares each branch that the state gives with the stored one; remembers the first that differs.
struct BranchCheck<'s> {
    store: &'s Store,
    trie: TrieId,
    count: Cell<u64>,
    wrong: RefCell<Option<VerifyError>>,
}

impl<'s> BranchCheck<'s> {
    fn new(store: &'s Store, trie: TrieId) -> Self {
        Self { store, trie, count: Cell::new(0), wrong: RefCell::new(None) }
    }

    fn branch(&self, path: &Nibbles, branch: &BranchNode) -> Result<(), StoreError> {
        self.count.set(self.count.get() + 1);
        if self.store.flushed_branch(self.trie, path)?.as_ref() != Some(branch) {
            self.remember(format!("{path:?}"));
        }
        Ok(())
    }

    fn remember(&self, path: String) {
        let trie = self.trie;
        self.wrong.borrow_mut().get_or_insert(VerifyError::Branch { trie, path });
    }

    /// How many branches were compared, if all agree and the root record too.
    fn finish(&self, root: &Child) -> Result<u64, VerifyError> {
        if self.store.flushed_root(self.trie)? != *root {
            self.remember("root".into());
        }
        self.wrong.take().map_or(Ok(self.count.get()), Err)
    }
}
