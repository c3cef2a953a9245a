//! A block's own writes over the parent's state: what the EVM and the hooks read and write.
//!
//! Every write while a checkpoint is open is journaled, so that a failed hook or a dropped transaction
//! leaves no trace. Reads are kept, so that the store is asked once for each key a block.

use super::{Account, AccountChange, SlotChange, StateChanges, StateReader, StoreError};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::state::Bytecode;
use std::collections::{BTreeMap, btree_map::Entry};

#[derive(Debug, Clone, Default)]
struct OverlayAccount {
    before: Option<Account>,
    now: Option<Account>,
    wiped: bool,
    slots: BTreeMap<U256, SlotChange>,
}

/// How to take one write back.
#[derive(Debug, Clone)]
enum Undo {
    Account(Address, Option<Account>, bool),
    Slot(Address, U256, U256),
    Slots(Address, BTreeMap<U256, SlotChange>),
}

/// A point to which the overlay can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Checkpoint(usize);

/// Reads through to the parent's state, keeps all writes.
#[derive(Debug, Clone)]
pub struct Overlay<S> {
    reader: S,
    entries: BTreeMap<Address, OverlayAccount>,
    codes: BTreeMap<B256, Bytecode>,
    new_codes: BTreeMap<B256, Bytes>,
    journal: Vec<Undo>,
    open_checkpoints: usize,
}

impl<S: StateReader> Overlay<S> {
    /// An overlay without writes.
    pub fn new(reader: S) -> Self {
        Self {
            reader,
            entries: BTreeMap::new(),
            codes: BTreeMap::new(),
            new_codes: BTreeMap::new(),
            journal: Vec::new(),
            open_checkpoints: 0,
        }
    }

    /// The parent's state below.
    pub fn reader(&self) -> &S {
        &self.reader
    }

    fn entry(&mut self, address: Address) -> Result<&mut OverlayAccount, StoreError> {
        match self.entries.entry(address) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(vacant) => {
                let before = self.reader.account(address)?;
                Ok(vacant.insert(OverlayAccount {
                    before,
                    now: before,
                    ..OverlayAccount::default()
                }))
            }
        }
    }

    /// The account as of now.
    pub fn account(&mut self, address: Address) -> Result<Option<Account>, StoreError> {
        Ok(self.entry(address)?.now)
    }

    /// The account's balance in wei as of now.
    pub fn balance(&mut self, address: Address) -> Result<U256, StoreError> {
        Ok(self.account(address)?.map_or(U256::ZERO, |account| account.balance))
    }

    /// The slot's value as of now.
    pub fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StoreError> {
        let entry = self.entry(address)?;
        if let Some(change) = entry.slots.get(&slot) {
            return Ok(change.after);
        }
        // Nothing below where the account is new or wiped.
        let value = match entry.before {
            Some(_) if !entry.wiped => self.reader.storage(address, slot)?,
            _ => U256::ZERO,
        };
        self.entry(address)?.slots.insert(slot, SlotChange { before: value, after: value });
        Ok(value)
    }

    /// Code by hash, analysed once a block.
    pub fn code(&mut self, code_hash: B256) -> Result<Bytecode, StoreError> {
        if code_hash == super::account::KECCAK256_EMPTY || code_hash.is_zero() {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&code_hash) {
            return Ok(code.clone());
        }
        let code = self
            .reader
            .code(code_hash)?
            .ok_or_else(|| StoreError::new(format!("code {code_hash} is missing")))?;
        self.codes.insert(code_hash, code.clone());
        Ok(code)
    }

    /// Hash of one of the last 256 blocks, else zero.
    pub fn block_hash(&mut self, number: u64) -> Result<B256, StoreError> {
        Ok(self.reader.block_hash(number)?.unwrap_or_default())
    }

    /// Replaces the account; its storage stays.
    pub fn set_account(
        &mut self,
        address: Address,
        account: Option<Account>,
    ) -> Result<(), StoreError> {
        let journaled = self.open_checkpoints > 0;
        let entry = self.entry(address)?;
        let undo = Undo::Account(address, entry.now, entry.wiped);
        entry.now = account;
        if journaled {
            self.journal.push(undo);
        }
        Ok(())
    }

    /// Adds to a balance, making the account where there is none.
    pub fn credit(&mut self, address: Address, wei: U256) -> Result<(), StoreError> {
        if wei.is_zero() {
            return Ok(());
        }
        let mut account = self.account(address)?.unwrap_or_default();
        account.balance = account
            .balance
            .checked_add(wei)
            .ok_or_else(|| StoreError::new(format!("balance of {address} overflows")))?;
        self.set_account(address, Some(account))
    }

    /// Writes a slot.
    pub fn set_storage(
        &mut self,
        address: Address,
        slot: U256,
        value: U256,
    ) -> Result<(), StoreError> {
        let old = self.storage(address, slot)?;
        if old == value {
            return Ok(());
        }
        if self.open_checkpoints > 0 {
            self.journal.push(Undo::Slot(address, slot, old));
        }
        if let Some(change) = self.entry(address)?.slots.get_mut(&slot) {
            change.after = value;
        }
        Ok(())
    }

    /// Forgets all storage of an account that is created or destroyed.
    pub fn wipe_storage(&mut self, address: Address) -> Result<(), StoreError> {
        let journaled = self.open_checkpoints > 0;
        let entry = self.entry(address)?;
        let undo = [
            Undo::Slots(address, std::mem::take(&mut entry.slots)),
            Undo::Account(address, entry.now, entry.wiped),
        ];
        entry.wiped = true;
        if journaled {
            self.journal.extend(undo);
        }
        Ok(())
    }

    /// Keeps code for the block and for the store.
    pub fn add_code(&mut self, code_hash: B256, code: Bytecode) {
        debug_assert_eq!(code_hash, keccak256(code.original_byte_slice()));
        if !self.codes.contains_key(&code_hash) {
            self.new_codes.insert(code_hash, code.original_bytes());
            self.codes.insert(code_hash, code);
        }
    }

    /// Opens a checkpoint; close it with [`Self::commit`] or [`Self::revert`], the last opened first.
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.open_checkpoints = self.open_checkpoints.saturating_add(1);
        Checkpoint(self.journal.len())
    }

    /// Keeps what was written since.
    pub fn commit(&mut self, _checkpoint: Checkpoint) {
        self.open_checkpoints = self.open_checkpoints.saturating_sub(1);
        if self.open_checkpoints == 0 {
            self.journal.clear();
        }
    }

    /// Takes back what was written since.
    pub fn revert(&mut self, checkpoint: Checkpoint) {
        while self.journal.len() > checkpoint.0 {
            match self.journal.pop() {
                Some(Undo::Account(address, account, wiped)) => {
                    if let Some(entry) = self.entries.get_mut(&address) {
                        entry.now = account;
                        entry.wiped = wiped;
                    }
                }
                Some(Undo::Slot(address, slot, value)) => {
                    let entry = self.entries.get_mut(&address);
                    if let Some(change) = entry.and_then(|entry| entry.slots.get_mut(&slot)) {
                        change.after = value;
                    }
                }
                Some(Undo::Slots(address, slots)) => {
                    if let Some(entry) = self.entries.get_mut(&address) {
                        entry.slots = slots;
                    }
                }
                None => break,
            }
        }
        self.open_checkpoints = self.open_checkpoints.saturating_sub(1);
    }

    /// What differs from the parent's state.
    pub fn into_changes(self) -> StateChanges {
        let mut changes = StateChanges { codes: self.new_codes, ..StateChanges::default() };
        for (address, entry) in self.entries {
            let mut slots = entry.slots;
            slots.retain(|_, slot| slot.before != slot.after);
            // What did not exist before has nothing to wipe.
            let wiped = entry.wiped && entry.before.is_some();
            if entry.before != entry.now || wiped || !slots.is_empty() {
                let change = AccountChange { before: entry.before, after: entry.now, wiped, slots };
                changes.accounts.insert(address, change);
            }
        }
        changes
    }
}

impl<S: StateReader> revm::Database for Overlay<S> {
    type Error = StoreError;

    fn basic(&mut self, address: Address) -> Result<Option<revm::state::AccountInfo>, StoreError> {
        Ok(self.account(address)?.map(|account| revm::state::AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: None,
        }))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StoreError> {
        self.code(code_hash)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StoreError> {
        Overlay::storage(self, address, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StoreError> {
        Overlay::block_hash(self, number)
    }
}
