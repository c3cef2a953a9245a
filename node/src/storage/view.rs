//! State as of one block: the head from the flat state, older blocks through history.

use super::{
    Store, codec,
    schema::{self, MetaKey, family},
};
use alloy_primitives::{Address, B256, U256, keccak256};
use btt_runtime::state::{Account, StateReader, StoreError, account::KECCAK256_EMPTY};
use revm::state::Bytecode;
use rocksdb::{DB, Direction, IteratorMode, ReadOptions, SnapshotWithThreadMode};

/// Why there is no state to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Above the head.
    #[error("block {number} is not known; the newest is {head}")]
    Unknown {
        /// Asked for.
        number: u64,
        /// Newest.
        head: u64,
    },
    /// History was not kept that long.
    #[error("state of block {number} is pruned; the oldest kept is {oldest} (see --history)")]
    Pruned {
        /// Asked for.
        number: u64,
        /// Oldest that can be read.
        oldest: u64,
    },
    /// Only the newest trie is kept.
    #[error("proofs are served for the newest block only: asked for {number}, newest is {head}")]
    ProofTooOld {
        /// Asked for.
        number: u64,
        /// Newest.
        head: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The state after one block, unchanging while commits go on.
pub struct StateView<'s> {
    store: &'s Store,
    snapshot: SnapshotWithThreadMode<'s, DB>,
    number: u64,
    is_head: bool,
}

impl std::fmt::Debug for StateView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateView").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Store {
    /// The state after block `number`.
    pub fn state_at(&self, number: u64) -> Result<StateView<'_>, ViewError> {
        self.view(Some(number))
    }

    /// The state after the newest block.
    pub fn newest_state(&self) -> Result<StateView<'_>, ViewError> {
        self.view(None)
    }

    fn view(&self, number: Option<u64>) -> Result<StateView<'_>, ViewError> {
        let snapshot = self.db.snapshot();
        let read = |key: MetaKey| {
            let bytes = snapshot
                .get_cf(self.family(family::META)?, key.bytes())
                .map_err(StoreError::new)?
                .unwrap_or_default();
            codec::Input(&bytes).u64()
        };
        let head = read(MetaKey::Head)?;
        let number = number.unwrap_or(head);
        if number > head {
            return Err(ViewError::Unknown { number, head });
        }
        let oldest = read(MetaKey::HistoryFrom)?;
        if number < oldest {
            return Err(ViewError::Pruned { number, oldest });
        }
        Ok(StateView { store: self, snapshot, number, is_head: number == head })
    }

    /// An account as of the newest block: the short way for the commonest question.
    pub fn head_account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        if let Some(known) = self.accounts.get(&address) {
            return Ok(known);
        }
        // A commit may pass between read and insert; its own insert must not be overwritten, so a
        // reader only reads. Execution fills the cache.
        self.read_account(address)
    }

    pub(super) fn read_account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        let key = schema::account_key(address);
        let pinned =
            self.db.get_pinned_cf(self.family(family::ACCOUNT)?, key).map_err(StoreError::new)?;
        pinned.map(|bytes| Ok(codec::decode_account(&bytes)?.1)).transpose()
    }

    pub(super) fn read_slot(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = schema::slot_key(schema::account_key(address), schema::slot_hash(slot));
        let pinned =
            self.db.get_pinned_cf(self.family(family::SLOT)?, key).map_err(StoreError::new)?;
        pinned.map_or(Ok(U256::ZERO), |bytes| Ok(codec::decode_slot(&bytes)?.1))
    }

    pub(super) fn read_code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        if code_hash == KECCAK256_EMPTY {
            return Ok(Some(Bytecode::default()));
        }
        if let Some(code) = self.codes.get(&code_hash) {
            return Ok(Some(code));
        }
        let Some(bytes) = self.get(family::CODE, code_hash.as_slice())? else { return Ok(None) };
        let code = Bytecode::new_raw(bytes.into());
        self.codes.insert(code_hash, code.clone());
        Ok(Some(code))
    }

    pub(super) fn read_block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        let header = self.get(family::BLOCK, &schema::block_key(number, schema::Part::Header))?;
        Ok(header.map(keccak256))
    }
}

impl StateView<'_> {
    /// Its block.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is the newest state, whose trie is at hand.
    pub fn is_head(&self) -> bool {
        self.is_head
    }

    /// What stood under `prefix` before the first block after this one that changed it. `None` if nothing
    /// changed it since: the flat state holds.
    fn replaced_since(
        &self,
        history: &'static str,
        prefix: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if self.is_head {
            return Ok(None);
        }
        let mut start = prefix.to_vec();
        start.extend_from_slice(&(self.number + 1).to_be_bytes());
        let mut options = ReadOptions::default();
        options.set_prefix_same_as_start(true);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let family = self.store.family(history)?;
        let Some(entry) = self.snapshot.iterator_cf_opt(family, options, mode).next() else {
            return Ok(None);
        };
        let (key, value) = entry.map_err(StoreError::new)?;
        Ok(key.starts_with(prefix).then(|| value.into_vec()))
    }
}

impl StateReader for StateView<'_> {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        let key = schema::account_key(address);
        let bytes = match self.replaced_since(family::ACCOUNT_HISTORY, key.as_slice())? {
            Some(bytes) if bytes.is_empty() => return Ok(None),
            Some(bytes) => Some(bytes),
            None => self
                .snapshot
                .get_cf(self.store.family(family::ACCOUNT)?, key)
                .map_err(StoreError::new)?,
        };
        bytes.map(|bytes| Ok(codec::decode_account(&bytes)?.1)).transpose()
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let key = schema::slot_key(schema::account_key(address), schema::slot_hash(slot));
        let bytes = match self.replaced_since(family::SLOT_HISTORY, &key)? {
            Some(bytes) => Some(bytes),
            None => self
                .snapshot
                .get_cf(self.store.family(family::SLOT)?, key)
                .map_err(StoreError::new)?,
        };
        bytes.map_or(Ok(U256::ZERO), |bytes| Ok(codec::decode_slot(&bytes)?.1))
    }

    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        self.store.read_code(code_hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        if number > self.number { Ok(None) } else { self.store.read_block_hash(number) }
    }
}

/// The head as execution sees it: one writer, so no snapshot, and everything read is kept.
impl StateReader for Store {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        if let Some(known) = self.accounts.get(&address) {
            return Ok(known);
        }
        let account = self.read_account(address)?;
        self.accounts.insert(address, account);
        Ok(account)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        self.read_slot(address, slot)
    }

    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        self.read_code(code_hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        self.read_block_hash(number)
    }
}
