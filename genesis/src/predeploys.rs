//! Accounts that stand in every genesis state whatever the spec says: modules, system accounts, Ethereum's
//! history contract.
//!
//! Modules and system accounts have nonce 1, so that EIP-161 never takes them; a module's code cannot run,
//! but lets Solidity see a contract (rule A.2).

use crate::AllocAccount;
use alloy_eips::eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE};
use alloy_primitives::Address;
use btt_runtime::primitives::addresses::{MODULE_CODE, MODULES};

/// Nonce of module and system accounts.
pub(crate) const SYSTEM_NONCE: u64 = 1;

/// Whether a spec must not name this account.
pub(crate) fn is_reserved(address: &Address) -> bool {
    MODULES.contains(address) || *address == HISTORY_STORAGE_ADDRESS
}

/// A system account that the spec does not fund.
pub(crate) fn system_account(address: Address) -> (Address, AllocAccount) {
    (address, AllocAccount { nonce: SYSTEM_NONCE, ..AllocAccount::default() })
}

/// Modules, and the contract of EIP-2935.
pub(crate) fn contracts() -> impl Iterator<Item = (Address, AllocAccount)> {
    let account = |code| AllocAccount { nonce: SYSTEM_NONCE, code, ..AllocAccount::default() };
    let modules = MODULES.into_iter().map(move |address| (address, account(MODULE_CODE.into())));
    modules.chain([(HISTORY_STORAGE_ADDRESS, account(HISTORY_STORAGE_CODE.clone()))])
}
