//! What stands before the first block: validators with their self stakes, and delegations.

use super::{
    calls::{self, NewValidator, add_stake},
    epochs,
    state::{Description, Validator, broken},
    turnover::power_of,
};
use crate::{
    config::Validator as Member,
    modules::{Host, ModuleError},
};
use alloy_primitives::{Address, FixedBytes};
use std::cmp::Reverse;

/// A validator of genesis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisValidator {
    /// Account that operates it.
    pub operator: Address,
    /// Compressed secp256k1 public key of its consensus key.
    pub public_key: FixedBytes<33>,
    /// What people call it; at most 32 bytes.
    pub name: String,
    /// Its own stake.
    pub self_stake_wei: u128,
    /// Commission, and the most it may be and may rise in a day.
    pub commission_bps: u16,
    /// Most it may ever be.
    pub max_commission_bps: u16,
    /// Most it may rise in a day.
    pub max_commission_change_bps: u16,
}

/// A delegation of genesis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisDelegation {
    /// Who delegates.
    pub delegator: Address,
    /// To which validator.
    pub validator: Address,
    /// How much.
    pub wei: u128,
}

/// Writes the first epoch. The escrow must hold the sum of all stakes already.
///
/// # Errors
/// What the same calls would say of a validator or a delegation.
pub fn init(
    host: &mut dyn Host,
    validators: &[GenesisValidator],
    delegations: &[GenesisDelegation],
) -> Result<(), ModuleError> {
    let mut members: Vec<Member> = validators
        .iter()
        .map(|v| Member {
            public_key: v.public_key,
            operator: v.operator,
            power: power_of(v.self_stake_wei),
        })
        .collect();
    let time_ms = host.block().time_ms;
    // The calls need an epoch; its set is written anew with all delegations.
    epochs::start(host, 0, time_ms, &members)?;
    for validator in validators {
        let new = NewValidator {
            public_key: validator.public_key,
            description: Description { name: validator.name.clone(), website: String::new() },
            commission_bps: validator.commission_bps,
            max_commission_bps: validator.max_commission_bps,
            max_commission_change_bps: validator.max_commission_change_bps,
        };
        calls::create(host, validator.operator, new, None, validator.self_stake_wei)?;
    }
    for GenesisDelegation { delegator, validator, wei } in delegations {
        let mut record = calls::validator(host, *validator)?;
        add_stake(host, &mut record, *delegator, *wei)?;
        record.save(host)?;
    }
    for member in &mut members {
        let record = calls::validator(host, member.operator)?;
        member.power = power_of(record.tokens);
    }
    members.sort_unstable_by_key(|member| (Reverse(member.power), member.operator));
    // Genesis stake earns from the first block on: epoch 0 ends here, before it.
    epochs::start(host, 1, time_ms, &members)?;
    for (index, member) in (0u16..).zip(&members) {
        let mut record = Validator::load(host, member.operator)?
            .ok_or_else(|| broken("a validator of genesis is missing"))?;
        (record.power, record.set_index) = (member.power, index);
        record.save(host)?;
    }
    Ok(())
}
