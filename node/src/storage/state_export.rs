//! `bttd export`: the whole state after a block as the chain spec of a new chain.

use super::{Store, codec, schema, schema::family, undo::Undo, view::ViewError};
use alloy_primitives::{Address, B256, U256};
use btt_genesis::AllocAccount;
use btt_runtime::state::{Account, StoreError, account::KECCAK256_EMPTY};
use rocksdb::IteratorMode;
use std::collections::BTreeMap;

impl Store {
    /// Hands every account after block `height` to `take`, in the order of keccak(address); accounts
    /// that a later block removed come last.
    pub fn export(
        &self,
        height: u64,
        mut take: impl FnMut(Address, AllocAccount) -> std::io::Result<()>,
    ) -> Result<(), ViewError> {
        // For the checks that it makes.
        drop(self.state_at(height)?);
        let (head, _) = self.head()?.ok_or_else(|| StoreError::new("the store is empty"))?;
        let mut undo = self.merged_undo(height, head)?;
        let mut give = |address: Address, account: Account, slots: BTreeMap<U256, U256>| {
            let alloc = self.alloc_account(account, slots)?;
            take(address, alloc).map_err(StoreError::new)
        };
        for entry in self.db.iterator_cf(self.family(family::ACCOUNT)?, IteratorMode::Start) {
            let (key, value) = entry.map_err(StoreError::new)?;
            let (address, account) = codec::decode_account(&value)?;
            let slots = self.slots_of(B256::from_slice(&key))?;
            match put_back(&mut undo, address, account, slots) {
                Some((account, slots)) => give(address, account, slots)?,
                None => continue,
            }
        }
        for (address, before) in undo.accounts {
            if let Some(account) = before.account {
                debug_assert!(self.read_account(address)?.is_none());
                let slots =
                    before.slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
                give(address, account, slots)?;
            }
        }
        Ok(())
    }

    fn alloc_account(
        &self,
        account: Account,
        storage: BTreeMap<U256, U256>,
    ) -> Result<AllocAccount, StoreError> {
        let code = if account.code_hash == KECCAK256_EMPTY {
            Vec::new()
        } else {
            let missing = || StoreError::new(format!("code {} is missing", account.code_hash));
            self.get(schema::family::CODE, account.code_hash.as_slice())?.ok_or_else(missing)?
        };
        Ok(AllocAccount {
            balance: account.balance,
            nonce: account.nonce,
            code: code.into(),
            storage,
        })
    }
}

/// An account and its slots as they were, and takes it out of the undo record.
fn put_back(
    undo: &mut Undo,
    address: Address,
    now: Account,
    mut slots: BTreeMap<U256, U256>,
) -> Option<(Account, BTreeMap<U256, U256>)> {
    let Some(before) = undo.accounts.remove(&address) else { return Some((now, slots)) };
    let account = before.account?;
    for (slot, value) in before.slots {
        if value.is_zero() {
            slots.remove(&slot);
        } else {
            slots.insert(slot, value);
        }
    }
    Some((account, slots))
}
