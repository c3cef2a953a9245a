//! What the module stores: the only room that names its keys. A record begins at
//! keccak256("btt.channels.<record>" ‖ whose) and goes on in the slots after it.

mod channel;
mod claim;
mod lanes;
mod payer;
mod pool;
mod totals;

pub(super) use channel::{CHANNEL_SLOTS, Channel, Origin};
pub(super) use claim::PoolClaim;
pub(super) use lanes::{Lanes, lane_of};
pub(super) use payer::{Payer, pair_count, set_pair_count};
pub(super) use pool::{POOL_SLOTS, Pool};
pub(super) use totals::Totals;

use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::CHANNELS,
};
use alloy_primitives::{U256, keccak256};

/// Storage deposits are kept in millionths of a BTT, so that they fit 48 bits.
pub(super) const STORAGE_DEPOSIT_UNIT_WEI: u128 = 1_000_000_000_000;

/// First slot of a record.
fn key(name: &str, whose: &[&[u8]]) -> U256 {
    let mut bytes = [b"btt.channels.", name.as_bytes()].concat();
    whose.iter().for_each(|part| bytes.extend_from_slice(part));
    keccak256(bytes).into()
}

/// The slot so many after a record's first.
fn at(first: U256, offset: u64) -> U256 {
    first.wrapping_add(U256::from(offset))
}

fn load(host: &mut dyn Host, slot: U256) -> Result<U256, ModuleError> {
    host.load(CHANNELS, slot)
}

fn store(host: &mut dyn Host, slot: U256, value: U256) -> Result<(), ModuleError> {
    host.store(CHANNELS, slot, value)
}

fn units_of(storage_deposit_wei: u128) -> u64 {
    let units = storage_deposit_wei.checked_div(STORAGE_DEPOSIT_UNIT_WEI).unwrap_or(0);
    u64::try_from(units).unwrap_or(u64::MAX)
}

fn wei_of(units: u64) -> u128 {
    u128::from(units).saturating_mul(STORAGE_DEPOSIT_UNIT_WEI)
}

/// An invariant is broken: the transaction is dropped (rule C.3).
pub(super) fn broken(what: &str) -> ModuleError {
    ModuleError::Broken(format!("channels: {what}"))
}

/// a + b of money.
pub(super) fn plus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_add(b).ok_or_else(|| broken("an amount overflows"))
}

/// a − b of money.
pub(super) fn minus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_sub(b).ok_or_else(|| broken("an amount falls below zero"))
}
