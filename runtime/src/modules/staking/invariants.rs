//! What always holds, checked after every block in tests and simulation, and by `bttd verify`.

use super::{
    epochs,
    state::{List, Slash, SlashState, Totals, Validator, broken, plus},
};
use crate::{
    modules::{Host, ModuleError},
    primitives::addresses::STAKING,
};
use alloy_primitives::U256;

/// Checks all of them.
///
/// # Errors
/// [`ModuleError::Broken`] names the first that does not hold.
pub fn check(host: &mut dyn Host) -> Result<(), ModuleError> {
    escrow_holds_all_records(host)?;
    bonded_is_the_sum_of_validators(host)?;
    candidates_know_their_places(host)?;
    the_set_has_the_powers_its_members_know(host)?;
    open_slashes_are_listed(host)
}

fn escrow_holds_all_records(host: &mut dyn Host) -> Result<(), ModuleError> {
    let owed = U256::from(Totals::load(host)?.sum()?);
    let has = host.balance(STAKING)?;
    if has < owed {
        return Err(broken(&format!("the escrow holds {has} wei and owes {owed}")));
    }
    Ok(())
}

fn bonded_is_the_sum_of_validators(host: &mut dyn Host) -> Result<(), ModuleError> {
    let mut sum = 0;
    for operator in List::operators().all(host)? {
        let validator = Validator::load(host, operator)?
            .ok_or_else(|| broken("a listed operator has no validator"))?;
        if validator.shares == 0 && validator.tokens > 0 {
            return Err(broken(&format!("{operator} has stake that nobody owns")));
        }
        sum = plus(sum, validator.tokens)?;
    }
    let bonded = Totals::load(host)?.bonded_wei;
    if sum != bonded {
        return Err(broken(&format!("validators hold {sum} wei, the total says {bonded}")));
    }
    Ok(())
}

fn candidates_know_their_places(host: &mut dyn Host) -> Result<(), ModuleError> {
    for (index, operator) in (1u32..).zip(List::candidates().all(host)?) {
        let validator = Validator::load(host, operator)?;
        if validator.is_none_or(|v| v.place != index) {
            return Err(broken(&format!("candidate {operator} is not at place {index}")));
        }
    }
    Ok(())
}

fn the_set_has_the_powers_its_members_know(host: &mut dyn Host) -> Result<(), ModuleError> {
    let Some(epoch) = epochs::current(host)? else { return Ok(()) };
    for (index, member) in (0u16..).zip(epochs::set(host, epoch.set_version)?) {
        let validator = Validator::load(host, member.operator)?
            .ok_or_else(|| broken("a member is no validator"))?;
        if (validator.power, validator.set_index) != (member.power, index) {
            return Err(broken(&format!("{} does not know its power", member.operator)));
        }
    }
    Ok(())
}

fn open_slashes_are_listed(host: &mut dyn Host) -> Result<(), ModuleError> {
    let mut sum = 0;
    for operator in List::open_slashes().all(host)? {
        let slash = Slash::load(host, operator)?;
        if slash.state != SlashState::Open {
            return Err(broken(&format!("the slash of {operator} is listed and not open")));
        }
        sum = plus(
            plus(plus(sum, slash.bonded_taken)?, slash.unbonding_taken)?,
            slash.redelegated_taken,
        )?;
    }
    let escrow = Totals::load(host)?.slash_escrow_wei;
    if sum != escrow {
        return Err(broken(&format!("open slashes hold {sum} wei, the total says {escrow}")));
    }
    Ok(())
}
