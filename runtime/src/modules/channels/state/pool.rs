//! The record of a pool: four slots.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | deposit u104, settled u104, storage deposit u48 |
//! | 1 | collateral u104, least payees u16, grace u32, closing time u48, frozen u8 |
//! | 2 | signer, expiry time u48, expiry block u48 |
//! | 3 | payer, open index u48, closing block u48 |

use super::{at, key, load, minus, store, units_of, wei_of};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

/// Slots that a pool has: what its storage deposit pays for.
pub(in super::super) const POOL_SLOTS: u128 = 4;

/// An open pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Pool {
    pub(in super::super) id: B256,
    pub(in super::super) deposit_wei: u128,
    /// Paid to all payees.
    pub(in super::super) settled_wei: u128,
    pub(in super::super) storage_deposit_wei: u128,
    pub(in super::super) collateral_wei: u128,
    pub(in super::super) min_payees: u16,
    pub(in super::super) grace_s: u32,
    pub(in super::super) is_frozen: bool,
    pub(in super::super) signer: Address,
    pub(in super::super) closes: Option<Deadline>,
    pub(in super::super) expires: Option<Deadline>,
    pub(in super::super) payer: Address,
    pub(in super::super) open_index: u64,
}

impl Pool {
    fn first(id: B256) -> U256 {
        key("pool", &[id.as_slice()])
    }

    /// Whether there is one.
    pub(in super::super) fn exists(host: &mut dyn Host, id: B256) -> Result<bool, ModuleError> {
        Ok(!load(host, Self::first(id))?.is_zero())
    }

    /// The record, if the pool is open.
    pub(in super::super) fn load(
        host: &mut dyn Host,
        id: B256,
    ) -> Result<Option<Self>, ModuleError> {
        let first = Self::first(id);
        let mut money = Unpack::new(load(host, first)?);
        let (deposit_wei, settled_wei, storage) = (money.u104(), money.u104(), money.u48());
        // Every pool has a deposit above zero.
        if deposit_wei == 0 {
            return Ok(None);
        }
        let mut terms = Unpack::new(load(host, at(first, 1))?);
        let mut signer = Unpack::new(load(host, at(first, 2))?);
        let mut payer = Unpack::new(load(host, at(first, 3))?);
        let (collateral_wei, min_payees, grace_s) = (terms.u104(), terms.u16(), terms.u32());
        let (closes_ms, is_frozen) = (terms.u48(), terms.u8() != 0);
        let (signer, expires_ms, expires_block) = (signer.address(), signer.u48(), signer.u48());
        let (payer, open_index, closes_block) = (payer.address(), payer.u48(), payer.u48());
        let deadline = |time_ms: u64, block| (time_ms != 0).then_some(Deadline { time_ms, block });
        Ok(Some(Self {
            id,
            deposit_wei,
            settled_wei,
            storage_deposit_wei: wei_of(storage),
            collateral_wei,
            min_payees,
            grace_s,
            is_frozen,
            signer,
            closes: deadline(closes_ms, closes_block),
            expires: deadline(expires_ms, expires_block),
            payer,
            open_index,
        }))
    }

    /// Writes all of it.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.save_paid(host)?;
        let first = Self::first(self.id);
        let expires = self.expires.unwrap_or_default();
        let closes = self.closes.unwrap_or_default();
        let terms = Pack::default()
            .u104(self.collateral_wei)
            .u16(self.min_payees)
            .u32(self.grace_s)
            .u48(closes.time_ms)
            .u8(u8::from(self.is_frozen));
        let signer = Pack::default().address(self.signer).u48(expires.time_ms).u48(expires.block);
        let payer = Pack::default().address(self.payer).u48(self.open_index).u48(closes.block);
        store(host, at(first, 1), terms.word())?;
        store(host, at(first, 2), signer.word())?;
        store(host, at(first, 3), payer.word())
    }

    /// Writes what a payment changes.
    pub(in super::super) fn save_paid(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default()
            .u104(self.deposit_wei)
            .u104(self.settled_wei)
            .u48(units_of(self.storage_deposit_wei))
            .word();
        store(host, Self::first(self.id), word)
    }

    /// Deletes it; records of its payees stay until somebody prunes them.
    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::first(self.id);
        (0..4).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    /// What is not paid out of the deposit.
    pub(in super::super) fn remaining_wei(&self) -> Result<u128, ModuleError> {
        minus(self.deposit_wei, self.settled_wei)
    }

    /// Most that one payee may ever claim.
    pub(in super::super) fn payee_share_wei(&self) -> u128 {
        self.deposit_wei.checked_div(u128::from(self.min_payees)).unwrap_or(0)
    }
}
