//! What calls pay beyond the slots that they touch: for signatures, and for work that hooks and clearing will
//! do for them later (design section 8: 4 gas an operation, 256 operations an element).

use super::limits::MAX_TIERS;
use crate::modules::{Host, ModuleError};

/// Recovering a signer and hashing the message.
const SIGNATURE_GAS: u64 = 3_150;
/// Clearing one tier of a bid, or one swarm of an offer.
const ELEMENT_GAS: u64 = 1_024;
/// Refunding a bid, opening its lease and closing it, in each epoch.
const APPLY_GAS: u64 = 10_000;
/// Opening and closing a further lease, in each epoch. In a swarm there are at most as many of these as it has sellers. Hooks
/// take 15 µs for it (`runtime/benches/market_slices.rs`), where recovering a signer takes 37 µs; and there is the root.
const LEASE_GAS: u64 = 2_000;
/// Checking a reveal's hash, for each tier.
const REVEAL_GAS: u64 = 300;

/// Of so many receipts, before the first signature is checked (rule A.3).
pub(super) fn charge_receipts(host: &mut dyn Host, count: usize) -> Result<(), ModuleError> {
    host.charge(times(SIGNATURE_GAS, count))
}

/// Of a bid for so many epochs: what every one of them will cost.
pub(super) fn charge_bid(host: &mut dyn Host, qmax: u32, epochs: u32) -> Result<(), ModuleError> {
    let tiers = usize::try_from(qmax).unwrap_or(MAX_TIERS).min(MAX_TIERS);
    let epoch = times(ELEMENT_GAS, tiers).saturating_add(APPLY_GAS);
    host.charge(epoch.saturating_mul(u64::from(epochs)))
}

/// Of an offer with so many swarms and units for so many epochs: what every one of them will cost.
pub(super) fn charge_offer(
    host: &mut dyn Host,
    swarms: usize,
    capacity: u32,
    epochs: u32,
) -> Result<(), ModuleError> {
    let leases = swarms.min(usize::try_from(capacity).unwrap_or(usize::MAX));
    let epoch = times(ELEMENT_GAS, swarms).saturating_add(times(LEASE_GAS, leases));
    host.charge(epoch.saturating_mul(u64::from(epochs)))
}

/// Of hashing a reveal with so many tiers.
pub(super) fn charge_reveal(host: &mut dyn Host, tiers: usize) -> Result<(), ModuleError> {
    host.charge(times(REVEAL_GAS, tiers.saturating_add(1)))
}

fn times(gas: u64, count: usize) -> u64 {
    gas.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX))
}
