//! The module's writes: authorise, check, write, event.

use super::{IParams, change, registry};
use crate::{
    modules::{Call, ModuleError},
    primitives::addresses::GOVERNANCE,
};
use alloy_primitives::{Address, U256};

/// Changes a parameter.
pub(super) fn set(call: &mut Call<'_>, name: &str, value: U256) -> Result<(), ModuleError> {
    authorise(call)?;
    let param = registry::find(name)
        .ok_or_else(|| ModuleError::revert(IParams::UnknownParam { name: name.to_owned() }))?;
    change::set(call.host(), param, value)
}

/// Clears the pause of a module.
pub(super) fn unpause(call: &mut Call<'_>, module: Address) -> Result<(), ModuleError> {
    authorise(call)?;
    change::unpause(call.host(), module)
}

fn authorise(call: &Call<'_>) -> Result<(), ModuleError> {
    call.may_write()?;
    if call.caller == GOVERNANCE {
        return Ok(());
    }
    Err(ModuleError::revert(IParams::NotGovernance { caller: call.caller }))
}
