//! Accounts that stand in every genesis state whatever the spec says: modules, system accounts, Ethereum's
//! history contract.
//!
//! Modules and system accounts have nonce 1, so that EIP-161 never takes them; a module's code cannot run,
//! but lets Solidity see a contract (rule A.2).

use crate::AllocAccount;
use alloy_eips::eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE};
use alloy_primitives::{Address, Bytes};
use btt_runtime::primitives::addresses::{MODULE_CODE, MODULES, SYSTEM_ACCOUNTS};
use std::collections::BTreeMap;

/// All of them, without coins.
pub(crate) fn all() -> BTreeMap<Address, AllocAccount> {
    let account = |code| AllocAccount { nonce: 1, code, ..AllocAccount::default() };
    let modules = MODULES.into_iter().map(|address| (address, account(MODULE_CODE.into())));
    let system = SYSTEM_ACCOUNTS.into_iter().map(|address| (address, account(Bytes::new())));
    let history = [(HISTORY_STORAGE_ADDRESS, account(HISTORY_STORAGE_CODE.clone()))];
    modules.chain(system).chain(history).collect()
}
