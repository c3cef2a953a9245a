//! Opening a sealed bid.

use super::{
    super::{
        IMarket,
        clearing::Tier,
        gas,
        limits::MAX_TIERS,
        signed::{commit_hash, to_abi},
        state::{Bid, Phase, Sealed},
    },
    emit, in_phase,
};
use crate::modules::{Host, ModuleError};
use alloy_primitives::{Address, B256, U256};

/// Opens a bid of the epoch under way.
pub(in super::super) fn reveal(
    host: &mut dyn Host,
    caller: Address,
    id: u64,
    tiers: &[Tier],
    salt: B256,
) -> Result<(), ModuleError> {
    gas::charge_reveal(host, tiers.len())?;
    let mut bid = Bid::load(host, id)?
        .ok_or_else(|| ModuleError::revert(IMarket::UnknownBid { bidId: id }))?;
    if bid.buyer != caller {
        return Err(ModuleError::revert(IMarket::NotBuyer { caller }));
    }
    let clock = in_phase(host, Phase::Reveal)?;
    // A bid that stands is revealed in its first epoch or never.
    if bid.epoch != clock.epoch || bid.is_renewed {
        let (epoch, current) = (bid.epoch, clock.epoch);
        return Err(ModuleError::revert(IMarket::WrongEpoch { epoch, current }));
    }
    let Sealed::Hash(sealed) = bid.sealed else {
        return Err(ModuleError::revert(IMarket::AlreadyRevealed { bidId: id }));
    };
    check_tiers(&bid, tiers)?;
    let chain_id = host.block().chain_id;
    let hash = commit_hash(chain_id, bid.epoch, bid.buyer, bid.swarm, tiers, salt);
    if hash != sealed {
        return Err(ModuleError::revert(IMarket::RevealMismatch { hash }));
    }
    bid.sealed = Sealed::Tiers(tiers.to_vec());
    bid.save_sealed(host)?;
    let event = IMarket::BidRevealed {
        bidId: id,
        buyer: bid.buyer,
        swarm: bid.swarm,
        epoch: bid.epoch,
        tiers: tiers.iter().copied().map(to_abi).collect(),
    };
    emit(host, &event)
}

/// Takes the gas of hashing so many tiers, if a bid may have so many.
pub(in super::super) fn charge_tiers(host: &mut dyn Host, tiers: usize) -> Result<(), ModuleError> {
    check_count(tiers)?;
    gas::charge_reveal(host, tiers)
}

fn check_count(tiers: usize) -> Result<(), ModuleError> {
    if (1..=MAX_TIERS).contains(&tiers) {
        return Ok(());
    }
    let (count, max) = (U256::from(tiers), U256::from(MAX_TIERS));
    Err(ModuleError::revert(IMarket::BadTierCount { count, max }))
}

fn check_tiers(bid: &Bid, tiers: &[Tier]) -> Result<(), ModuleError> {
    check_count(tiers.len())?;
    let ceiling = bid.ceiling_ticks();
    let (mut units, mut ticks, mut before) = (0u64, U256::ZERO, u64::MAX);
    for &Tier { price, quantity } in tiers {
        if price == 0 {
            return Err(ModuleError::revert(IMarket::ZeroPrice {}));
        }
        if quantity == 0 {
            return Err(ModuleError::revert(IMarket::ZeroQuantity {}));
        }
        if price > before {
            return Err(ModuleError::revert(IMarket::RisingPrice { price }));
        }
        if price > ceiling {
            return Err(ModuleError::revert(IMarket::AboveCeiling { price, ceiling }));
        }
        before = price;
        units = units.saturating_add(u64::from(quantity));
        let cost = U256::from(price).saturating_mul(U256::from(quantity));
        ticks = ticks.saturating_add(cost);
    }
    if units > u64::from(bid.qmax) {
        let (units, qmax) = (U256::from(units), bid.qmax);
        return Err(ModuleError::revert(IMarket::TooManyUnits { units, qmax }));
    }
    // With every price at most the ceiling this cannot happen; the rule is checked all the same.
    if ticks > U256::from(bid.lock_ticks) {
        let lock_ticks = bid.lock_ticks;
        return Err(ModuleError::revert(IMarket::AboveLock { ticks, lockTicks: lock_ticks }));
    }
    Ok(())
}
