//! The module's writes: authorise, check, write, move money, event.

mod claims;
mod delegations;
mod evidence;
mod ranking;
mod validators;

pub(super) use claims::{
    claim_all, claim_commission, claim_rewards, compound, lost_to, withdraw_unbonded,
};
pub(super) use delegations::{add_stake, delegate, is_accepting, redelegate, undelegate};
pub(super) use evidence::submit_evidence;
pub(super) use ranking::{MAX_CANDIDATES, enter_ranking, is_eligible, unrank};
pub use validators::possession_digest;
pub(super) use validators::{
    NewValidator, apply_rotation, create, declare_maintenance, edit, exit, rotate_key,
    set_commission, unjail,
};

use super::{
    IStaking, epochs,
    state::{Delegation, Totals, Validator, broken},
};
use crate::{
    modules::{Host, ModuleError, accounts},
    primitives::addresses::STAKING,
};
use alloy_primitives::{Address, Log, U256};
use alloy_sol_types::SolEvent;

/// Emits an event of the module.
pub(super) fn emit(host: &mut dyn Host, event: &impl SolEvent) -> Result<(), ModuleError> {
    host.log(Log { address: STAKING, data: event.encode_log_data() })
}

/// The validator of an operator, or the revert that there is none.
pub(super) fn validator(host: &mut dyn Host, operator: Address) -> Result<Validator, ModuleError> {
    Validator::load(host, operator)?
        .ok_or_else(|| ModuleError::revert(IStaking::UnknownValidator { operator }))
}

/// The delegation, or the revert that there is none.
fn delegation(
    host: &mut dyn Host,
    delegator: Address,
    validator: Address,
) -> Result<Delegation, ModuleError> {
    let delegation = Delegation::load(host, delegator, validator)?;
    if delegation.is_empty() {
        return Err(ModuleError::revert(IStaking::NoDelegation { delegator, validator }));
    }
    Ok(delegation)
}

/// Number of the epoch under way.
pub(super) fn epoch(host: &mut dyn Host) -> Result<u64, ModuleError> {
    Ok(epochs::current(host)?.ok_or_else(|| broken("there is no epoch"))?.number)
}

/// An amount of a call; nobody has more than 128 bits of wei.
fn amount(wei: U256) -> u128 {
    wei.try_into().unwrap_or(u128::MAX)
}

/// Pays out of the escrow.
fn pay(host: &mut dyn Host, to: Address, wei: u128) -> Result<(), ModuleError> {
    accounts::transfer(host, STAKING, to, U256::from(wei))
}

/// Changes the totals.
pub(super) fn with_totals(
    host: &mut dyn Host,
    change: impl FnOnce(&mut Totals) -> Result<(), ModuleError>,
) -> Result<(), ModuleError> {
    let mut totals = Totals::load(host)?;
    change(&mut totals)?;
    totals.save(host)
}
