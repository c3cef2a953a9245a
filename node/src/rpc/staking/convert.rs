//! From the staking module's ABI to the wire.

use crate::rpc::RpcError;
use btt_api::types::{
    Delegation, Epoch, Redelegation, Slash, SlashReason, SlashState, StakingTotals,
    StakingValidator, Unbonding, ValidatorStatus,
};
use btt_runtime::modules::staking::IStaking;

pub(super) fn status(status: IStaking::Status) -> Result<ValidatorStatus, RpcError> {
    Ok(match status {
        IStaking::Status::Candidate => ValidatorStatus::Candidate,
        IStaking::Status::Active => ValidatorStatus::Active,
        IStaking::Status::Jailed => ValidatorStatus::Jailed,
        IStaking::Status::Tombstoned => ValidatorStatus::Tombstoned,
        IStaking::Status::Maintenance => ValidatorStatus::Maintenance,
        IStaking::Status::Exited => ValidatorStatus::Exited,
        other => {
            return Err(RpcError::Internal(format!("a validator of status {other:?}")));
        }
    })
}

pub(super) fn validator(
    validator: IStaking::Validator,
    share_bps: u32,
) -> Result<StakingValidator, RpcError> {
    Ok(StakingValidator {
        operator: validator.operator,
        status: status(validator.status)?,
        public_key: validator.publicKey,
        name: validator.name,
        website: validator.website,
        commission_bps: validator.commissionBps,
        max_commission_bps: validator.maxCommissionBps,
        max_commission_change_bps: validator.maxCommissionChangeBps,
        stake_wei: validator.stakeWei,
        self_stake_wei: validator.selfStakeWei,
        shares: validator.shares,
        power: validator.power,
        share_bps,
        commission_owed_wei: validator.commissionOwedWei,
        jailed_until_ms: validator.jailedUntilMs,
        maintenance_until_epoch: validator.maintenanceUntilEpoch,
        accepts_delegations: validator.acceptsDelegations,
        signed_blocks: validator.signedBlocks,
        missed_blocks: validator.missedBlocks,
    })
}

pub(super) fn delegation(
    delegation: &IStaking::Delegation,
    validator_name: String,
    validator_status: ValidatorStatus,
) -> Delegation {
    Delegation {
        validator: delegation.validator,
        validator_name,
        validator_status,
        shares: delegation.shares,
        stake_wei: delegation.stakeWei,
        entering_wei: delegation.enteringWei,
        locked_wei: delegation.lockedWei,
        rewards_wei: delegation.rewardsWei,
        unbondings: delegation.unbondings,
    }
}

pub(super) fn unbonding(entry: &IStaking::Unbonding, validator_name: &str) -> Unbonding {
    Unbonding {
        validator: entry.validator,
        validator_name: validator_name.to_owned(),
        amount_wei: entry.amountWei,
        unlocks_at_ms: entry.unlocksAtMs,
        unlocks_at_block: entry.unlocksAtBlock,
        is_frozen: entry.isFrozen,
        is_unlocked: entry.isUnlocked,
    }
}

pub(super) fn redelegation(entry: &IStaking::Redelegation) -> Redelegation {
    Redelegation {
        from_validator: entry.fromValidator,
        to_validator: entry.toValidator,
        shares: entry.shares,
        unlocks_at_ms: entry.unlocksAtMs,
        unlocks_at_block: entry.unlocksAtBlock,
    }
}

/// The next epoch is expected from how fast this one's blocks came so far.
pub(super) fn epoch(epoch: &IStaking::Epoch, block: u64, block_ms: u64) -> Epoch {
    let passed_blocks = block.saturating_sub(epoch.firstBlock);
    let passed_ms = block_ms.saturating_sub(epoch.firstMs);
    let left = epoch.lastBlock.saturating_add(1).saturating_sub(block);
    let left_ms = u128::from(passed_ms)
        .saturating_mul(u128::from(left))
        .checked_div(u128::from(passed_blocks))
        .map(|left_ms| u64::try_from(left_ms).unwrap_or(u64::MAX))
        // The first epoch began when the chain's spec says, which may be in 1970: it tells no pace.
        .filter(|_| epoch.number > 1);
    Epoch {
        number: epoch.number,
        first_block: epoch.firstBlock,
        first_ms: epoch.firstMs,
        last_block: epoch.lastBlock,
        validators: epoch.validators,
        total_power: epoch.totalPower,
        block,
        block_ms,
        next_expected_ms: left_ms.map(|left_ms| block_ms.saturating_add(left_ms)),
    }
}

pub(super) fn slash(slash: &IStaking::Slash) -> Slash {
    Slash {
        validator: slash.validator,
        reason: match slash.reason {
            0 => SlashReason::SignedTwice,
            1 => SlashReason::Downtime,
            _ => SlashReason::Unknown,
        },
        state: match slash.state {
            0 => SlashState::Open,
            1 => SlashState::Burnt,
            2 => SlashState::Cancelled,
            _ => SlashState::Unknown,
        },
        fraction: slash.fraction,
        amount_wei: slash.amountWei,
        infraction_block: slash.infractionBlock,
        accepted_block: slash.acceptedBlock,
        accepted_ms: slash.acceptedMs,
        decided_at_ms: slash.decidedAtMs,
    }
}

pub(super) fn totals(totals: &IStaking::Totals) -> StakingTotals {
    StakingTotals {
        bonded_wei: totals.bondedWei,
        unbonding_wei: totals.unbondingWei,
        rewards_wei: totals.rewardsWei,
        slash_escrow_wei: totals.slashEscrowWei,
        candidates: totals.candidates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abi(first_block: u64, first_ms: u64) -> IStaking::Epoch {
        IStaking::Epoch {
            number: 3,
            firstBlock: first_block,
            firstMs: first_ms,
            lastBlock: first_block + 19,
            validators: 4,
            totalPower: 100,
        }
    }

    fn of(first_block: u64, first_ms: u64, block: u64, block_ms: u64) -> Option<u64> {
        epoch(&abi(first_block, first_ms), block, block_ms).next_expected_ms
    }

    #[test]
    fn the_next_epoch_is_expected_at_the_pace_of_this_one() {
        // Five blocks of 2 s each have passed, fifteen are left until block 120.
        assert_eq!(of(100, 1_000, 105, 11_000), Some(11_000 + 15 * 2_000));
        assert_eq!(of(100, 1_000, 100, 1_000), None);
        let genesis = IStaking::Epoch { number: 1, ..abi(1, 0) };
        assert_eq!(epoch(&genesis, 9, 1_700_000_000_000).next_expected_ms, None);
        // An epoch that lasts longer than it should ends at any block.
        assert_eq!(of(100, 0, 140, 80_000), Some(80_000));
        assert_eq!(of(0, 0, u64::MAX - 50, u64::MAX), Some(u64::MAX));
    }
}
