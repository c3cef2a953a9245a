//! What one transaction did, written to the block's overlay: the supply rule, fees, accounts, storage, code.

use crate::{
    config::Fees,
    modules::accounts::{SupplyBroken, SupplyCheck},
    primitives::addresses::{BURNT, FEE_POOL},
    state::{Account, Overlay, StateReader, StoreError},
};
use alloy_primitives::{Address, U256};
use revm::state::{Account as EvmAccount, EvmState};

/// Why a transaction's writes were not taken.
#[derive(Debug)]
pub(super) enum CommitError {
    Store(StoreError),
    Supply(SupplyBroken),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What revm took from the sender as base fee for all gas used.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaseFee {
    pub(super) all_wei: U256,
    /// Part of it that nobody gets.
    pub(super) burnt_wei: U256,
}

/// Writes `state` to the overlay; nothing is written where the supply rule is broken.
pub(super) fn commit<S: StateReader>(
    overlay: &mut Overlay<S>,
    state: EvmState,
    fees: Fees,
    base_fee: BaseFee,
) -> Result<(), CommitError> {
    let destroyed = match fees {
        Fees::Pool => supply_check(overlay, &state, base_fee.all_wei)?,
        Fees::Ethereum => U256::ZERO,
    };
    for (address, account) in state {
        if account.is_touched() {
            write(overlay, address, account)?;
        }
    }
    if fees == Fees::Pool {
        overlay.credit(FEE_POOL, base_fee.all_wei.saturating_sub(base_fee.burnt_wei))?;
        overlay.credit(BURNT, destroyed.saturating_add(base_fee.burnt_wei))?;
    }
    Ok(())
}

fn supply_check<S: StateReader>(
    overlay: &mut Overlay<S>,
    state: &EvmState,
    base_fee_wei: U256,
) -> Result<U256, CommitError> {
    let mut check = SupplyCheck::default();
    for (address, account) in state.iter().filter(|(_, account)| account.is_touched()) {
        let destructed = account.is_selfdestructed();
        let after = if destructed { U256::ZERO } else { account.info.balance };
        check.account(overlay.balance(*address)?, after, destructed);
    }
    check.credited(base_fee_wei);
    check.destroyed().map_err(CommitError::Supply)
}

fn write<S: StateReader>(
    overlay: &mut Overlay<S>,
    address: Address,
    account: EvmAccount,
) -> Result<(), StoreError> {
    let old = overlay.account(address)?;
    let info = &account.info;
    // EIP-161: what is touched and empty is not there, with all its storage.
    if account.is_selfdestructed() || info.is_empty() {
        if old.is_some() {
            overlay.wipe_storage(address)?;
            overlay.set_account(address, None)?;
        }
        return Ok(());
    }
    if account.is_created() && old.is_some() {
        overlay.wipe_storage(address)?;
    }
    let now = Account {
        nonce: info.nonce,
        balance: info.balance,
        storage_root: old.unwrap_or_default().storage_root,
        code_hash: info.code_hash,
    };
    if old != Some(now) {
        overlay.set_account(address, Some(now))?;
    }
    if old.is_none_or(|old| old.code_hash != now.code_hash)
        && let Some(code) = info.code.as_ref().filter(|code| !code.is_empty())
    {
        overlay.add_code(now.code_hash, code.clone());
    }
    for (slot, value) in account.storage {
        if value.is_changed() {
            overlay.set_storage(address, slot, value.present_value())?;
        }
    }
    Ok(())
}
