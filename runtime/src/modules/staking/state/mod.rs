//! What the module stores: the only room that names its keys. Each record has a key,
//! keccak256("btt.staking.<record>" ‖ whose), and slots from there on.

mod delegation;
mod entries;
mod history;
mod keys;
mod lists;
mod totals;
mod validator;

pub(super) use delegation::Delegation;
pub(super) use entries::{
    Lot, MAX_ENTRIES, Unbonding, lots, unbondings, write_lots, write_unbondings,
};
pub(super) use history::History;
pub(super) use keys::KeyOwner;
pub(super) use lists::List;
pub(super) use totals::Totals;
pub(super) use validator::{Description, Hold, Slash, SlashState, Standing, Validator};

use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::STAKING,
};
use alloy_primitives::{Address, U256, keccak256};

/// First slot of a record: keccak256 of its name and of whose it is.
pub(super) fn key(name: &str, whose: &[&[u8]]) -> U256 {
    let mut bytes = [b"btt.staking.", name.as_bytes()].concat();
    whose.iter().for_each(|part| bytes.extend_from_slice(part));
    keccak256(bytes).into()
}

/// The slot so many after a record's first.
pub(super) fn at(first: U256, offset: u64) -> U256 {
    first.wrapping_add(U256::from(offset))
}

pub(super) fn load(host: &mut dyn Host, slot: U256) -> Result<U256, ModuleError> {
    host.load(STAKING, slot)
}

pub(super) fn store(host: &mut dyn Host, slot: U256, value: U256) -> Result<(), ModuleError> {
    host.store(STAKING, slot, value)
}

/// An invariant is broken: the transaction is dropped, or the module paused (rule C.3).
pub(super) fn broken(what: &str) -> ModuleError {
    ModuleError::Broken(format!("staking: {what}"))
}

/// a + b of money.
pub(super) fn plus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_add(b).ok_or_else(|| broken("an amount overflows"))
}

/// a − b of money.
pub(super) fn minus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_sub(b).ok_or_else(|| broken("an amount falls below zero"))
}

/// Key part of an account.
pub(super) fn of(address: &Address) -> &[u8] {
    address.as_slice()
}
