//! What the module stores: the only room that names its keys. A record begins at
//! keccak256("btt.market.<record>" ‖ whose) and goes on in the slots after it. Prices and locks are in ticks,
//! of which all the BTT there is makes fewer than 2⁶⁰; bonds are in wei, because penalties are.

mod bid;
mod book;
mod clock;
mod epoch;
mod job;
mod lease;
mod list;
mod offer;
mod seller;
mod share;
mod totals;

pub(super) use bid::{Bid, Sealed};
pub(super) use book::{Book, Heads};
pub(super) use clock::{Clock, Phase, seed, set_seed};
pub(super) use epoch::Epoch;
pub(super) use job::{Job, Step};
pub(super) use lease::Lease;
pub(super) use list::{BuyersBids, Ids};
pub(super) use offer::{HEADER_SLOTS, Offer};
pub(super) use seller::Seller;
pub(super) use share::{Share, priced_swarm, set_priced_swarm};
pub(super) use totals::Totals;

use super::limits::TICK_WEI;
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::MARKET,
};
use alloy_primitives::{B256, U256, keccak256};

/// First slot of a record.
fn key(name: &str, whose: &[&[u8]]) -> U256 {
    let mut bytes = [b"btt.market.", name.as_bytes()].concat();
    whose.iter().for_each(|part| bytes.extend_from_slice(part));
    keccak256(bytes).into()
}

/// The slot so many after a record's first.
fn at(first: U256, offset: u64) -> U256 {
    first.wrapping_add(U256::from(offset))
}

fn load(host: &mut dyn Host, slot: U256) -> Result<U256, ModuleError> {
    host.load(MARKET, slot)
}

fn store(host: &mut dyn Host, slot: U256, value: U256) -> Result<(), ModuleError> {
    host.store(MARKET, slot, value)
}

/// The hash that keys the list of an epoch's leases, one slot for each id.
pub(super) fn lease_id_at(
    host: &mut dyn Host,
    epoch: u32,
    index: u32,
) -> Result<B256, ModuleError> {
    Ok(load(host, leases_slot(epoch, index))?.into())
}

/// Writes it; zero deletes.
pub(super) fn set_lease_id(
    host: &mut dyn Host,
    epoch: u32,
    index: u32,
    id: B256,
) -> Result<(), ModuleError> {
    store(host, leases_slot(epoch, index), id.into())
}

fn leases_slot(epoch: u32, index: u32) -> U256 {
    at(key("leases", &[&epoch.to_be_bytes()]), u64::from(index))
}

/// Storage deposits are kept in ticks, so that they fit 48 bits.
fn ticks_of(wei: u128) -> u64 {
    u64::try_from(wei.checked_div(TICK_WEI).unwrap_or(0)).unwrap_or(u64::MAX)
}

/// An invariant is broken: the transaction is dropped, or the module paused (rule C.3).
pub(super) fn broken(what: &str) -> ModuleError {
    ModuleError::Broken(format!("market: {what}"))
}

/// a + b of money.
pub(super) fn plus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_add(b).ok_or_else(|| broken("an amount overflows"))
}

/// a − b of money.
pub(super) fn minus(a: u128, b: u128) -> Result<u128, ModuleError> {
    a.checked_sub(b).ok_or_else(|| broken("an amount falls below zero"))
}

/// a − 1 of a counter.
pub(super) fn less_one(a: u32) -> Result<u32, ModuleError> {
    a.checked_sub(1).ok_or_else(|| broken("a counter falls below zero"))
}
