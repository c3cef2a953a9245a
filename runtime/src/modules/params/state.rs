//! The module's slots: the only room that names its keys.

use super::{Param, ParamValues};
use crate::{
    config::ParamDefaults,
    modules::{Host, ModuleError},
    primitives::addresses::PARAMS,
    state::{StateReader, StoreError},
};
use alloy_primitives::{U256, keccak256};

/// keccak256("btt.param" ‖ name).
pub(super) fn slot(name: &str) -> U256 {
    keccak256([b"btt.param", name.as_bytes()].concat()).into()
}

/// The value that a slot's content stands for.
pub(super) fn value_of(stored: U256, default: u128) -> U256 {
    stored.checked_sub(U256::from(1)).unwrap_or_else(|| U256::from(default))
}

/// What a slot holds for a value. Ranges keep values far from the top.
pub(super) fn stored_form(value: U256) -> U256 {
    value.saturating_add(U256::from(1))
}

/// The value of a parameter in the block under way.
///
/// # Errors
/// If the store fails, or holds what no value is.
pub fn value(host: &mut dyn Host, param: &Param) -> Result<u128, ModuleError> {
    let default = (param.default)(&host.block().params);
    u128::try_from(value_of(host.load(PARAMS, slot(param.name))?, default))
        .map_err(|_| ModuleError::Broken(format!("parameter {} is damaged", param.name)))
}

/// The same for parameters that fit 64 bits.
///
/// # Errors
/// As [`value`].
pub fn narrow(host: &mut dyn Host, param: &Param) -> Result<u64, ModuleError> {
    Ok(u64::try_from(value(host, param)?).unwrap_or(u64::MAX))
}

/// The parameters that the child of this state uses.
pub fn effective(
    state: &impl StateReader,
    defaults: &ParamDefaults,
) -> Result<ParamValues, StoreError> {
    // A parameter that was never set has no slot, and an account without slots is read once.
    let has_slots = state
        .account(PARAMS)?
        .is_some_and(|account| account.storage_root != alloy_trie::EMPTY_ROOT_HASH);
    ParamValues::collect(|param: &Param| {
        let default = (param.default)(defaults);
        if !has_slots {
            return Ok(default);
        }
        value_at(state, defaults, param)
    })
}

/// The value of a parameter in a state.
///
/// # Errors
/// If the store fails, or holds what no value is.
pub fn value_at(
    state: &impl StateReader,
    defaults: &ParamDefaults,
    param: &Param,
) -> Result<u128, StoreError> {
    let value = value_of(state.storage(PARAMS, slot(param.name))?, (param.default)(defaults));
    u128::try_from(value)
        .map_err(|_| StoreError::new(format!("parameter {} is damaged", param.name)))
}
