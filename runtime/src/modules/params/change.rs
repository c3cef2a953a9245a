//! Writes of parameters and pauses, for the module's calls and for governance's enactments.

use super::{IParams, Param, state};
use crate::{
    modules::{Host, ModuleError, hooks},
    primitives::addresses::PARAMS,
};
use alloy_primitives::{Address, Log, U256};
use alloy_sol_types::SolEvent;

/// Changes a parameter. Who may, and what must hold between parameters, the caller has checked.
///
/// # Errors
/// [`IParams::OutOfRange`], and those of the store.
pub fn set(host: &mut dyn Host, param: &Param, value: U256) -> Result<(), ModuleError> {
    if !param.allows(value) {
        return Err(ModuleError::revert(IParams::OutOfRange {
            name: param.name.to_owned(),
            value,
            min: U256::from(param.min),
            max: U256::from(param.max),
        }));
    }
    let old = U256::from(state::value(host, param)?);
    host.store(PARAMS, state::slot(param.name), state::stored_form(value))?;
    let name = param.name.to_owned();
    emit(host, &IParams::ParamChanged { name, oldValue: old, newValue: value })
}

/// Clears the pause of a module.
///
/// # Errors
/// [`IParams::NotPaused`], and those of the store.
pub fn unpause(host: &mut dyn Host, module: Address) -> Result<(), ModuleError> {
    if !hooks::is_paused(host, module)? {
        return Err(ModuleError::revert(IParams::NotPaused { module }));
    }
    host.store(PARAMS, hooks::pause_slot(module), U256::ZERO)?;
    emit(host, &IParams::ModuleUnpaused { module })
}

fn emit(host: &mut dyn Host, event: &impl SolEvent) -> Result<(), ModuleError> {
    host.log(Log { address: PARAMS, data: event.encode_log_data() })
}
