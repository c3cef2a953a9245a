//! What is paid out: rewards, commission, stake that has unlocked. All of it works while the module is
//! paused.

use super::{
    super::{
        IStaking,
        rewards::{WHOLE, settle},
        state::{self, Slash, SlashState, Unbonding, broken, minus, plus},
    },
    delegation,
    delegations::{add_stake, check_open, release},
    emit, epoch, pay, validator, with_totals,
};
use crate::{
    modules::{Host, ModuleError},
    primitives::math::mul_div_ceil,
};
use alloy_primitives::{Address, U256};

/// Most validators in one call.
const MAX_CLAIMS: usize = 32;

/// Pays out the rewards of one delegation.
pub(in super::super) fn claim_rewards(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<u128, ModuleError> {
    let wei = take_rewards(host, delegator, operator)?;
    pay(host, delegator, wei)?;
    let amount = U256::from(wei);
    emit(host, &IStaking::RewardsClaimed { delegator, validator: operator, amountWei: amount })?;
    Ok(wei)
}

/// Settles a delegation and takes what it is owed off the books.
fn take_rewards(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<u128, ModuleError> {
    let validator = validator(host, operator)?;
    let epoch = epoch(host)?;
    let before = delegation(host, delegator, operator)?;
    let mut settled = settle(host, &validator, before, epoch)?;
    let wei = std::mem::take(&mut settled.delegation.owed_wei);
    if wei == 0 {
        return Err(ModuleError::revert(IStaking::NothingToClaim {}));
    }
    let left = settled.save(host)?;
    release(host, left)?;
    with_totals(host, |totals| {
        totals.rewards_wei = minus(totals.rewards_wei, wei)?;
        Ok(())
    })?;
    Ok(wei)
}

/// Pays out the rewards of several delegations; those without any are passed over.
pub(in super::super) fn claim_all(
    host: &mut dyn Host,
    delegator: Address,
    operators: &[Address],
) -> Result<u128, ModuleError> {
    if operators.len() > MAX_CLAIMS {
        return Err(ModuleError::revert(IStaking::TooMany {
            count: U256::from(operators.len()),
            max: U256::from(MAX_CLAIMS),
        }));
    }
    let nothing = ModuleError::revert(IStaking::NothingToClaim {});
    let mut sum = 0u128;
    for operator in operators {
        match claim_rewards(host, delegator, *operator) {
            Ok(wei) => sum = plus(sum, wei)?,
            Err(error) if error == nothing => {}
            Err(error) => return Err(error),
        }
    }
    if sum == 0 { Err(nothing) } else { Ok(sum) }
}

/// Delegates the rewards of a delegation to its validator.
pub(in super::super) fn compound(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<u128, ModuleError> {
    let wei = take_rewards(host, delegator, operator)?;
    let mut validator = validator(host, operator)?;
    check_open(host, &validator, delegator, wei)?;
    add_stake(host, &mut validator, delegator, wei)?;
    validator.save(host)?;
    let amount = U256::from(wei);
    emit(host, &IStaking::RewardsCompounded { delegator, validator: operator, amountWei: amount })?;
    Ok(wei)
}

/// Pays out the commission of the operator's validator.
pub(in super::super) fn claim_commission(
    host: &mut dyn Host,
    operator: Address,
) -> Result<u128, ModuleError> {
    let mut validator = validator(host, operator)?;
    let wei = std::mem::take(&mut validator.commission_owed_wei);
    if wei == 0 {
        return Err(ModuleError::revert(IStaking::NothingToClaim {}));
    }
    validator.save(host)?;
    with_totals(host, |totals| {
        totals.rewards_wei = minus(totals.rewards_wei, wei)?;
        Ok(())
    })?;
    pay(host, operator, wei)?;
    emit(host, &IStaking::CommissionClaimed { operator, amountWei: U256::from(wei) })?;
    Ok(wei)
}

/// Pays out stake that has unlocked, less what a slash took of it.
pub(in super::super) fn withdraw_unbonded(
    host: &mut dyn Host,
    delegator: Address,
    operator: Address,
) -> Result<u128, ModuleError> {
    let mut delegation = delegation(host, delegator, operator)?;
    let slash = Slash::load(host, operator)?;
    if slash.state == SlashState::Open {
        return Err(ModuleError::revert(IStaking::SlashOpen { operator }));
    }
    let before = delegation.unbondings;
    let mut waiting = Vec::new();
    let mut wei = 0u128;
    for entry in state::unbondings(host, delegator, operator, before)? {
        if !entry.unlocks.has_passed(host.block()) {
            waiting.push(entry);
            continue;
        }
        let lost = lost_to(&slash, &entry)?;
        wei = plus(wei, minus(entry.tokens, lost)?)?;
    }
    if usize::from(before) == waiting.len() {
        return Err(ModuleError::revert(IStaking::NothingToClaim {}));
    }
    delegation.unbondings = state::write_unbondings(host, delegator, operator, before, &waiting)?;
    delegation.save(host)?;
    release(host, delegation)?;
    with_totals(host, |totals| {
        totals.unbonding_wei = minus(totals.unbonding_wei, wei)?;
        Ok(())
    })?;
    pay(host, delegator, wei)?;
    emit(
        host,
        &IStaking::Withdrawn { delegator, validator: operator, amountWei: U256::from(wei) },
    )?;
    Ok(wei)
}

/// What a slash of the validator takes of an entry, rounded up.
pub(in super::super) fn lost_to(slash: &Slash, entry: &Unbonding) -> Result<u128, ModuleError> {
    let is_hit = matches!(slash.state, SlashState::Open | SlashState::Burnt)
        && slash.hits(entry.epoch, entry.block);
    if !is_hit {
        return Ok(0);
    }
    mul_div_ceil(entry.tokens, u128::from(slash.fraction), WHOLE)
        .ok_or_else(|| broken("a slash of more than all"))
}
