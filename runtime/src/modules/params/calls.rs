//! The module's writes: authorise, check, write, event.

use super::{IParams, registry, state};
use crate::{
    modules::{Call, ModuleError, hooks},
    primitives::addresses::GOVERNANCE,
};
use alloy_primitives::{Address, U256};

/// Changes a parameter.
pub(super) fn set(call: &mut Call<'_>, name: &str, value: U256) -> Result<(), ModuleError> {
    authorise(call)?;
    let param = registry::find(name)
        .ok_or_else(|| ModuleError::revert(IParams::UnknownParam { name: name.to_owned() }))?;
    if !param.allows(value) {
        return Err(ModuleError::revert(IParams::OutOfRange {
            name: name.to_owned(),
            value,
            min: U256::from(param.min),
            max: U256::from(param.max),
        }));
    }
    let old = super::views::get(call, name)?;
    call.store(state::slot(name), state::stored_form(value))?;
    call.emit(&IParams::ParamChanged { name: name.to_owned(), oldValue: old, newValue: value })
}

/// Clears the pause of a module.
pub(super) fn unpause(call: &mut Call<'_>, module: Address) -> Result<(), ModuleError> {
    authorise(call)?;
    let slot = hooks::pause_slot(module);
    if call.load(slot)?.is_zero() {
        return Err(ModuleError::revert(IParams::NotPaused { module }));
    }
    call.store(slot, U256::ZERO)?;
    call.emit(&IParams::ModuleUnpaused { module })
}

fn authorise(call: &Call<'_>) -> Result<(), ModuleError> {
    call.may_write()?;
    if call.caller == GOVERNANCE {
        return Ok(());
    }
    Err(ModuleError::revert(IParams::NotGovernance { caller: call.caller }))
}
