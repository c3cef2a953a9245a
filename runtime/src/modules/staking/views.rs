//! The module's reads, shared by `eth_call` and RPC.

use super::{
    IStaking,
    calls::{self, is_accepting},
    epochs, params as p,
    rewards::settle,
    shares::Pool,
    signing::{self, Tally},
    slashing::history,
    state::{self, Delegation, Description, KeyOwner, List, Slash, SlashState, Validator, broken},
};
use crate::modules::{Host, ModuleError, params};
use alloy_primitives::{Address, Bytes, U256};

/// Most operators in one answer.
const MAX_LISTED: u32 = 128;

/// The epoch under way.
pub(super) fn epoch(host: &mut dyn Host) -> Result<IStaking::Epoch, ModuleError> {
    let epoch = epochs::current(host)?.ok_or_else(|| broken("there is no epoch"))?;
    let members = epochs::set(host, epoch.set_version)?;
    let length = params::narrow(host, &p::EPOCH_BLOCKS)?;
    Ok(IStaking::Epoch {
        number: epoch.number,
        firstBlock: epoch.first_block,
        firstMs: epoch.first_ms,
        lastBlock: epoch.first_block.saturating_add(length).saturating_sub(1),
        validators: u16::try_from(members.len()).unwrap_or(u16::MAX),
        totalPower: crate::block::total_power(&members),
    })
}

/// Sums over all validators.
pub(super) fn totals(host: &mut dyn Host) -> Result<IStaking::Totals, ModuleError> {
    let totals = state::Totals::load(host)?;
    Ok(IStaking::Totals {
        bondedWei: U256::from(totals.bonded_wei),
        unbondingWei: U256::from(totals.unbonding_wei),
        rewardsWei: U256::from(totals.rewards_wei),
        slashEscrowWei: U256::from(totals.slash_escrow_wei),
        candidates: u16::try_from(List::candidates().len(host)?).unwrap_or(u16::MAX),
    })
}

/// A validator.
pub(super) fn validator(
    host: &mut dyn Host,
    operator: Address,
) -> Result<IStaking::Validator, ModuleError> {
    let validator = calls::validator(host, operator)?;
    let Description { name, website } = Description::load(host, operator)?;
    let own = Delegation::load(host, operator, operator)?;
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    let tally = Tally::load(host)?;
    let record = if validator.power > 0 {
        signing::record(host, tally, validator.set_index)?
    } else {
        signing::Record::default()
    };
    let epoch = calls::epoch(host)?;
    Ok(IStaking::Validator {
        operator,
        status: status(&validator, epoch),
        publicKey: Bytes::copy_from_slice(validator.public_key.as_slice()),
        name,
        website,
        commissionBps: validator.commission_bps,
        maxCommissionBps: validator.max_commission_bps,
        maxCommissionChangeBps: validator.max_commission_change_bps,
        stakeWei: U256::from(validator.tokens),
        selfStakeWei: U256::from(pool.worth(own.shares)),
        shares: U256::from(validator.shares),
        power: validator.power,
        commissionOwedWei: U256::from(validator.commission_owed_wei),
        jailedUntilMs: validator.jailed_until_ms,
        maintenanceUntilEpoch: validator.maintenance_until,
        acceptsDelegations: is_accepting(host, &validator)?,
        signedBlocks: record.signed,
        missedBlocks: record.missed,
    })
}

fn status(validator: &Validator, epoch: u64) -> IStaking::Status {
    let standing = validator.standing;
    if standing.is_tombstoned {
        IStaking::Status::Tombstoned
    } else if standing.has_exited {
        IStaking::Status::Exited
    } else if standing.is_jailed {
        IStaking::Status::Jailed
    } else if validator.is_in_maintenance(epoch) {
        IStaking::Status::Maintenance
    } else if validator.power > 0 {
        IStaking::Status::Active
    } else {
        IStaking::Status::Candidate
    }
}

/// Part of a list.
pub(super) fn page(
    host: &mut dyn Host,
    list: List,
    offset: U256,
    limit: U256,
) -> Result<(Vec<Address>, U256), ModuleError> {
    let len = list.len(host)?;
    let first = u32::try_from(offset).unwrap_or(u32::MAX);
    let count = u32::try_from(limit).unwrap_or(u32::MAX).min(MAX_LISTED);
    let end = first.saturating_add(count).min(len);
    let entries = (first..end).map(|index| list.get(host, index)).collect::<Result<_, _>>()?;
    Ok((entries, U256::from(len)))
}

/// The epoch's set.
pub(super) fn active_set(host: &mut dyn Host) -> Result<(Vec<Address>, Vec<u64>), ModuleError> {
    let epoch = epochs::current(host)?.ok_or_else(|| broken("there is no epoch"))?;
    Ok(epochs::set(host, epoch.set_version)?.into_iter().map(|m| (m.operator, m.power)).unzip())
}

/// Whose consensus key an address is.
pub(super) fn key_owner(host: &mut dyn Host, key: Address) -> Result<(Address, u64), ModuleError> {
    let owner = KeyOwner::load(host, key)?;
    Ok(owner.map_or((Address::ZERO, 0), |owner| (owner.operator, owner.from_epoch)))
}

/// A delegation as it is when settled.
pub(super) fn delegation(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<IStaking::Delegation, ModuleError> {
    let validator = calls::validator(host, operator)?;
    let before = Delegation::load(host, delegator, operator)?;
    let unbondings = u16::from(before.unbondings);
    let epoch = calls::epoch(host)?;
    let settled = settle(host, &validator, before, epoch)?;
    let pool = Pool { tokens: validator.tokens, shares: validator.shares };
    Ok(IStaking::Delegation {
        validator: operator,
        shares: U256::from(settled.delegation.shares),
        stakeWei: U256::from(pool.worth(settled.delegation.shares)),
        enteringWei: U256::from(pool.worth(settled.delegation.entering_shares)),
        lockedWei: U256::from(pool.worth(settled.locked())),
        rewardsWei: U256::from(settled.delegation.owed_wei),
        unbondings,
    })
}

/// All delegations of an account.
pub(super) fn delegations(
    host: &mut dyn Host,
    delegator: Address,
) -> Result<Vec<IStaking::Delegation>, ModuleError> {
    let validators = List::of_delegator(delegator).all(host)?;
    validators.into_iter().map(|operator| delegation(host, delegator, operator)).collect()
}

/// Stake on its way out, less what a slash took.
pub(super) fn unbondings(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<Vec<IStaking::Unbonding>, ModuleError> {
    let count = Delegation::load(host, delegator, operator)?.unbondings;
    let slash = Slash::load(host, operator)?;
    let is_open = slash.state == SlashState::Open;
    let entries = state::unbondings(host, delegator, operator, count)?;
    entries
        .into_iter()
        .map(|entry| {
            let left = entry.tokens.saturating_sub(calls::lost_to(&slash, &entry)?);
            Ok(IStaking::Unbonding {
                validator: operator,
                amountWei: U256::from(left),
                unlocksAtMs: entry.unlocks.time_ms,
                unlocksAtBlock: entry.unlocks.block,
                isFrozen: is_open,
                isUnlocked: !is_open && entry.unlocks.has_passed(host.block()),
            })
        })
        .collect()
}

/// Stake that came from other validators and is locked.
pub(super) fn redelegations(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<Vec<IStaking::Redelegation>, ModuleError> {
    let count = Delegation::load(host, delegator, operator)?.lots;
    let lots = state::lots(host, delegator, operator, count)?;
    let entry = |lot: state::Lot| IStaking::Redelegation {
        fromValidator: lot.source,
        toValidator: operator,
        shares: U256::from(lot.shares),
        unlocksAtMs: lot.unlocks.time_ms,
        unlocksAtBlock: lot.unlocks.block,
    };
    Ok(lots.into_iter().map(entry).collect())
}

/// The newest slashes.
pub(super) fn slashes(
    host: &mut dyn Host,
    limit: U256,
) -> Result<Vec<IStaking::Slash>, ModuleError> {
    history::newest(host, u64::try_from(limit).unwrap_or(u64::MAX))
}
