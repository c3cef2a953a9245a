//! Stake under way: what unbonds, and what was redelegated and is still liable elsewhere. At most
//! [`MAX_ENTRIES`] of each for a delegator and a validator.

use super::{at, key, load, of, store};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, U256};

/// Most entries of one kind.
pub(in super::super) const MAX_ENTRIES: u8 = 7;

/// Stake on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Unbonding {
    pub(in super::super) tokens: u128,
    pub(in super::super) epoch: u64,
    pub(in super::super) block: u64,
    pub(in super::super) unlocks: Deadline,
}

/// Shares of a validator that came from another one, `source`, and are liable for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Lot {
    pub(in super::super) source: Address,
    pub(in super::super) shares: u128,
    pub(in super::super) epoch: u64,
    pub(in super::super) block: u64,
    pub(in super::super) unlocks: Deadline,
}

const UNBONDING_SLOTS: u64 = 2;
const LOT_SLOTS: u64 = 3;

fn first(name: &str, delegator: &Address, validator: &Address, index: u64, slots: u64) -> U256 {
    at(key(name, &[of(delegator), of(validator)]), index.saturating_mul(slots))
}

fn deadline(fields: &mut Unpack) -> Deadline {
    Deadline { time_ms: fields.u64(), block: fields.u64() }
}

/// The `count` entries on their way out, oldest first.
pub(in super::super) fn unbondings(
    host: &mut dyn Host,
    delegator: Address,
    validator: Address,
    count: u8,
) -> Result<Vec<Unbonding>, ModuleError> {
    (0..u64::from(count))
        .map(|index| {
            let slot = first("unbonding", &delegator, &validator, index, UNBONDING_SLOTS);
            let mut head = Unpack::new(load(host, slot)?);
            let mut when = Unpack::new(load(host, at(slot, 1))?);
            Ok(Unbonding {
                tokens: head.u128(),
                epoch: head.u64(),
                block: head.u64(),
                unlocks: deadline(&mut when),
            })
        })
        .collect()
}

/// Replaces the entries, of which there were `before`; returns how many there are.
pub(in super::super) fn write_unbondings(
    host: &mut dyn Host,
    delegator: Address,
    validator: Address,
    before: u8,
    entries: &[Unbonding],
) -> Result<u8, ModuleError> {
    let mut left = entries.iter();
    let mut count = 0u8;
    for index in 0..MAX_ENTRIES {
        let slot = first("unbonding", &delegator, &validator, u64::from(index), UNBONDING_SLOTS);
        let words = match left.next() {
            Some(e) => {
                count = count.saturating_add(1);
                [
                    Pack::default().u128(e.tokens).u64(e.epoch).u64(e.block).word(),
                    Pack::default().u64(e.unlocks.time_ms).u64(e.unlocks.block).word(),
                ]
            }
            None if index < before => [U256::ZERO; 2],
            None => break,
        };
        for (offset, word) in (0u64..).zip(words) {
            store(host, at(slot, offset), word)?;
        }
    }
    Ok(count)
}

/// The `count` lots, oldest first.
pub(in super::super) fn lots(
    host: &mut dyn Host,
    delegator: Address,
    validator: Address,
    count: u8,
) -> Result<Vec<Lot>, ModuleError> {
    (0..u64::from(count))
        .map(|index| {
            let slot = first("lot", &delegator, &validator, index, LOT_SLOTS);
            let mut head = Unpack::new(load(host, slot)?);
            let mut when = Unpack::new(load(host, at(slot, 1))?);
            let mut source = Unpack::new(load(host, at(slot, 2))?);
            Ok(Lot {
                shares: head.u128(),
                epoch: head.u64(),
                block: head.u64(),
                unlocks: deadline(&mut when),
                source: source.address(),
            })
        })
        .collect()
}

/// Replaces the lots, of which there were `before`; returns how many there are.
pub(in super::super) fn write_lots(
    host: &mut dyn Host,
    delegator: Address,
    validator: Address,
    before: u8,
    lots: &[Lot],
) -> Result<u8, ModuleError> {
    let mut left = lots.iter();
    let mut count = 0u8;
    for index in 0..MAX_ENTRIES {
        let slot = first("lot", &delegator, &validator, u64::from(index), LOT_SLOTS);
        let words = match left.next() {
            Some(lot) => {
                count = count.saturating_add(1);
                [
                    Pack::default().u128(lot.shares).u64(lot.epoch).u64(lot.block).word(),
                    Pack::default().u64(lot.unlocks.time_ms).u64(lot.unlocks.block).word(),
                    Pack::default().address(lot.source).word(),
                ]
            }
            None if index < before => [U256::ZERO; 3],
            None => break,
        };
        for (offset, word) in (0u64..).zip(words) {
            store(host, at(slot, offset), word)?;
        }
    }
    Ok(count)
}
